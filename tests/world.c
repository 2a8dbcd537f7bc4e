/* What a test of the client library needs: see world.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/world.h"

#include "libclient/last.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct test_bus world;
tlspin_t *context;

int world_open(void **state)
{
  (void)state;
  test_bus_start(&world, NULL);
  assert_int_equal(tlspin_new(&context, world.address), TLSPIN_OK);
  tlspin_set_budget(context, AMPLE, AMPLE);
  last_clear();
  return 0;
}

int world_close(void **state)
{
  (void)state;
  tlspin_free(context);
  test_bus_free(&world);
  return 0;
}
