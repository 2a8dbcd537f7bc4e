/* Calls to a daemon on a bus of the test's own, for the tests of libclient/bus.c and
 * libclient/call.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TESTS_CALLER_H
#define TESTS_CALLER_H

#include "libclient/call.h"
#include "tests/bus.h"

#include <pthread.h>

enum {
  CALLER_LONG = 10000, /* milliseconds */
  CALLER_THREADS = 8,
  CALLER_ROUNDS = 200,
  CALLER_SOON = 5000, /* milliseconds: far less than the budgets that must not be used up */
  CALLER_ANSWER = 32  /* fits the answer in a reply to Lookup */
};

/* Budgets of which one can be told from the other on a busy machine. */
extern const struct call_budget caller_ample, caller_short_warm, caller_short_both;

extern struct test_bus world; /* of tests/world.c */
extern struct bus *bus;

/* Setup with what the bus starts for the names (NULL: nothing), and teardown, of a test. */
int caller_set_up(const char *service);
int caller_tear_down(void **state);

DBusMessage *caller_message(void);

/* Makes and sends a call, and leaves it to the test what happens then. */
void caller_start(struct call *call, const struct call_budget *budget);

/* Waits for it and ends it. answer: "" where there is none. */
int caller_finish(struct call *call, char answer[CALLER_ANSWER]);

/* A whole call, with a check that "match" is answered where there is an answer, and that there is a
 * message where there is none. */
int caller_lookup(const struct call_budget *budget, bool repeatable);

/* A call that the bus itself answers. */
DBusMessage *caller_question(void);

/* Asks it; true where it was answered in time. */
bool caller_ask(unsigned milliseconds);

/* Threads that ask so many times each, and the check that they were all answered. */
void caller_start_threads(pthread_t threads[CALLER_THREADS]);
void caller_join_threads(pthread_t threads[CALLER_THREADS]);

/* Milliseconds since the last call was made. */
long caller_elapsed(void);
void caller_count_from_now(void);

#endif
