/* The method Events of org.tlspin.Admin1: daemon/log.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/counter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS "Events", "tsu"

/* Two pinned hosts, of which one failed twice, in two ways. */
static void open_log(struct counter *counter, struct strata *strata)
{
  struct ticket_row rows[] = {strata_row("a.example", LOCK_NONE, 1),
                              strata_row("b.example", LOCK_NONE, 2)};

  strata_put(strata, &rows[0]);
  strata_put(strata, &rows[1]);
  counter_open(counter, strata);
  counter_expect(counter, "ReportFailure", "ssqs", "a.example|tls|443|proof-wrong", "");
  counter_expect(counter, "ReportFailure", "ssqs", "b.example|tls|443|tls-version", "");
  counter_now += 5;
  counter_expect(counter, "ReportFailure", "ssqs", "a.example|tls|443|proof-wrong", "");
  counter_expect(counter, "ReportFailure", "ssqs", "a.example|tls|443|proof-missing", "");
}

#define FIRST                                                                                      \
  "id=1  made=1700000000  last=1700000005  count=2  kind=mismatch  host=a.example  protocol=tls  " \
  "port=443  reason=proof-wrong  layer=user  key=  report=  program=  operation=0\n"
#define SECOND                                                                                     \
  "id=2  made=1700000000  last=1700000000  count=1  kind=mismatch  host=b.example  protocol=tls  " \
  "port=443  reason=tls-version  layer=user  key=  report=  program=  operation=0\n"
#define THIRD                                                                                      \
  "id=3  made=1700000005  last=1700000005  count=1  kind=mismatch  host=a.example  protocol=tls  " \
  "port=443  reason=proof-missing  layer=user  key=  report=  program=  operation=0\n"

static void test_events(void **state)
{
  struct counter counter;

  open_log(&counter, *state);
  counter_expect(&counter, EVENTS, "0||1000", FIRST SECOND THIRD);
  counter_expect(&counter, EVENTS, "0||2", FIRST SECOND);
  counter_expect(&counter, EVENTS, "1||1000", SECOND THIRD);
  counter_expect(&counter, EVENTS, "3||1000", "");
  counter_expect(&counter, EVENTS, "18446744073709551615||1000", "");
  counter_expect(&counter, EVENTS, "0|A.Example.|1000", FIRST THIRD);
  counter_expect(&counter, EVENTS, "1|a.example|1000", THIRD);
  counter_expect(&counter, EVENTS, "0|c.example|1000", "");
  counter_close(&counter);
}

static void test_refused(void **state)
{
  struct counter counter;

  open_log(&counter, *state);
  counter_refuse(&counter, EVENTS, "0||0", "InvalidArgument", "'limit'");
  counter_refuse(&counter, EVENTS, "0||1001", "InvalidArgument", "'limit'");
  counter_refuse(&counter, EVENTS, "0|a b|10", "InvalidArgument", "'host'");
  counter_refuse(&counter, EVENTS, "0|*|10", "InvalidArgument", "'host'");
  counter_refuse(&counter, EVENTS, "0|192.0.2.1|10", "CannotBePinned", "'host'");
  counter_refuse(&counter, "Events", "usu", "0|a.example|10", "InvalidArgument", "'after'");
  counter_close(&counter);
}

static void test_unavailable(void **state)
{
  struct strata *strata = *state;
  struct counter counter;

  strata_write(strata->folder, "home", "a file in the folder's place");
  counter_open(&counter, strata);
  counter_refuse(&counter, EVENTS, "0||10", "Unavailable", "/home");
  counter_close(&counter);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_events),
      TEST(test_refused),
      TEST(test_unavailable),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
