/* What a test of the client library needs: a private bus, and a context that knows the way to it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WORLD_H
#define WORLD_H

#include "libclient/tlspin.h"
#include "tests/bus.h"

enum { AMPLE = 20000 /* milliseconds: the context's budget, which nothing should use up */ };

extern struct test_bus world;
extern tlspin_t *context;

/* For each test. */
int world_open(void **state);
int world_close(void **state);

#define WITH(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)

#endif
