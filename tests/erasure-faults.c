/* An erasure from all files in which everything that is asked of the system fails, one call after
 * the other, once and ever after; and one that is killed at any moment.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It is an error, or it is done. Where it is said to be done, no file holds anything of what was
 * erased, not even one that a crash had left there. Whatever happens, nothing of others is lost,
 * and it can be asked for again. */
#include "config.h"

#include "daemon/erasure.h"

#include "tests/full.h"
#include "tests/mishap.h"
#include "tests/vestiges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

static void expect_none(char *fault)
{
  if (fault != NULL)
    fail_msg("%s", fault);
}

static void expect_gone(const struct stores *stores)
{
  g_autofree char *found = vestiges_find(stores->folder, VESTIGES_LIVED);

  if (found != NULL)
    fail_msg("%s holds what was erased", found);
}

/* Nothing fails any more. said: that it is done. */
static void expect_all(const struct stores *stores, bool said)
{
  unsigned gone, erased = 1u << VESTIGES_LIVED;
  char *problem;
  enum tlspin_code code;

  if (said)
    expect_gone(stores);
  expect_none(vestiges_check(stores, erased, &gone));
  code = vestiges_erase(stores, VESTIGES_LIVED, NULL, NULL, &problem);
  expect_none(problem);
  assert_true(code == TLSPIN_E_NOT_FOUND || (code == TLSPIN_OK && !said));
  expect_gone(stores);
  expect_none(vestiges_check(stores, erased, &gone));
  assert_int_equal(gone, erased);
  expect_none(vestiges_check_names(stores));
}

/* The daemon has the store open by then. */
static void begin_faults(void *data)
{
  mishap_resume(*(const enum mishap *)data);
}

static unsigned done; /* lives in which it was */

static void lead_life(struct stores *stores)
{
  enum mishap mishap = mishap_pause();
  char *problem;
  enum tlspin_code code;

  vestiges_make(stores);
  code = vestiges_erase(stores, VESTIGES_LIVED, begin_faults, &mishap, &problem);
  mishap_pause();
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY ||
              code == TLSPIN_E_BUSY);
  assert_true((code == TLSPIN_OK) == (problem == NULL));
  g_free(problem);
  done += code == TLSPIN_OK;
  expect_all(stores, code == TLSPIN_OK);
}

static void test_faults(void **state)
{
  static const long steps[3][2] = {{11, 22}, {77, 121}, {2801, 3301}};

  (void)state;
  mishap_run_all(steps, lead_life);
}

static int ends[2]; /* by which a process says that it is done */
static unsigned killed_done;

static void prepare(struct stores *stores)
{
  vestiges_make(stores);
  assert_int_equal(pipe(ends), 0);
}

static void erase_and_say(struct stores *stores)
{
  char *problem;
  enum tlspin_code code = vestiges_erase(stores, VESTIGES_LIVED, NULL, NULL, &problem);

  assert_int_equal(code, TLSPIN_OK);
  assert_int_equal(write(ends[1], "", 1), 1);
}

static void check(struct stores *stores)
{
  char octet;
  bool said;

  close(ends[1]);
  said = read(ends[0], &octet, 1) == 1;
  close(ends[0]);
  killed_done += said;
  expect_all(stores, said);
}

static void test_kills(void **state)
{
  static const struct mishap_life life = {prepare, erase_and_say, check};

  (void)state;
  mishap_kill(full_count(6, 20, 1000), &life);
  print_message("           %u were done\n", killed_done);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_faults),
      cmocka_unit_test(test_kills),
  };
  int failed = cmocka_run_group_tests(tests, mishap_setup, NULL);

  full_say("T5g",
           "an erasure in which every k-th call fails, or that is killed: an error or done, and "
           "where it is said to be done no trace is left",
           failed == 0, "%u lives, of which %u were done, %u kills", mishap_lives(), done,
           mishap_kills());
  return failed;
}
