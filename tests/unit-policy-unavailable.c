/* What is said where a layer can't be read or written.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/changes.h"

#include "tests/nobody.h"
#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#define HOST "a.example"

enum { NOW = STRATA_NOW };

static const struct config config = {.lifetime_cap = 5000, .undo_period = 5000};

/* A ticket of one octet's value: `mark`. */
static struct policy_ticket ticket_of(uint8_t mark, uint64_t series)
{
  struct ticket_row row = strata_row(HOST, LOCK_NONE, mark);

  return (struct policy_ticket){.peer = row.peer,
                                .ticket = row.ticket,
                                .secret = row.secret,
                                .hash = row.hash,
                                .lifetime = 1000,
                                .series = series};
}

static void expect_pin(struct policy *policy, uint8_t mark, uint64_t series)
{
  struct layers_answer answer = strata_lookup(policy, HOST, NOW);

  assert_int_equal(answer.code, TLSPIN_MATCH);
  assert_int_equal(answer.row.ticket.data[0], mark);
  assert_true(answer.row.series == series);
  layers_answer_clear(&answer);
}

static void expect_unavailable(struct policy *policy, const struct policy_ticket *ticket,
                               const char *words)
{
  enum policy_outcome outcome;
  int64_t expires;
  char *problem = NULL;

  assert_int_equal(policy_store(policy, ticket, NOW, &outcome, &expires, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(problem);
  assert_non_null(strstr(problem, words));
  assert_true(expires == 0);
  g_free(problem);
}

/* What was not known to be "no pin" is no place for a first one. */
static void test_layer_unreadable(void **state)
{
  struct strata *strata = *state;
  struct policy_ticket ticket = ticket_of(1, 0);
  struct peer peer = strata_peer(HOST);
  struct policy *policy;
  uint64_t event;
  char *problem = NULL;
  uint64_t count;

  strata_write(strata->admin, "50.db", "not a database");
  policy = policy_new(strata_open(strata), &config, NULL);
  expect_unavailable(policy, &ticket, "admin/50.db");
  assert_int_equal(store_count(layers_at(strata->layers, 0)->store, &count), TLSPIN_OK);
  assert_int_equal(count, 0);
  assert_int_equal(policy_report(policy, &peer, REFUSAL_PROOF_WRONG, NOW, &event, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "admin/50.db"));
  g_free(problem);
  policy_free(policy);
}

/* Without the user's store, a system pin is enforced as ever; nothing can be written. */
static void test_user_unreadable(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 50);
  struct policy_ticket ticket = ticket_of(1, 50);
  struct store_filter all = STORE_FILTER_ANY;
  struct peer peer = row.peer;
  struct store_change change;
  struct policy *policy;
  uint64_t event;
  char *problem = NULL;

  strata_layer(strata->vendor, "50.db", &row, 1);
  strata_write(strata->folder, "home", "a file in the folder's place");
  policy = policy_new(strata_open(strata), &config, NULL);
  expect_pin(policy, 50, 50);
  expect_unavailable(policy, &ticket, "home");
  assert_int_equal(policy_report(policy, &peer, REFUSAL_PROOF_WRONG, NOW, &event, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "home"));
  g_clear_pointer(&problem, g_free);
  assert_int_equal(policy_clear(policy, &all, NOW, &change, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "home"));
  g_clear_pointer(&problem, g_free);
  assert_int_equal(policy_undo(policy, 0, NOW, &change, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "home"));
  g_free(problem);
  policy_tidy(policy, NOW);
  policy_free(policy);
}

static struct strata *forbidden;

/* The folder isn't nobody's, nor is the file. */
static void check_forbidden(void **state)
{
  struct layer layer = {.path = forbidden->user};
  g_autofree char *problem = layer_write_problem(&layer);

  (void)state;
  assert_non_null(problem);
  assert_non_null(strstr(problem, forbidden->user));
  assert_non_null(strstr(problem, g_strerror(EACCES)));
  assert_non_null(strstr(problem, "chmod"));
}

static void test_forbidden(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);
  struct layer layer = {.path = strata->user};
  g_autofree char *home = g_path_get_dirname(strata->user);

  strata_put(strata, &row);
  assert_null(layer_write_problem(&layer));
  forbidden = strata;
  assert_int_equal(g_chmod(home, 0555), 0);
  nobody_checks(check_forbidden, state);
  if (geteuid() != 0) {
    struct policy_ticket next = ticket_of(2, 1);
    struct policy *policy = policy_new(strata_open(strata), &config, NULL);

    expect_unavailable(policy, &next, g_strerror(EACCES));
    policy_free(policy);
  }
  assert_int_equal(g_chmod(home, 0700), 0);
  assert_null(layer_write_problem(&layer));
}

static void limit_files(rlim_t size)
{
  struct rlimit limit;

  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = MIN(size, limit.rlim_max);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A full disk: an error that names the file, old pins intact, and all well again afterwards. */
static void test_disk_full(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);
  struct policy_ticket next = ticket_of(2, 1);
  enum policy_outcome outcome;
  struct policy *policy;
  int64_t expires;
  char *problem = NULL;

  strata_put(strata, &row);
  policy = policy_new(strata_open(strata), &config, NULL);
  signal(SIGXFSZ, SIG_IGN);
  limit_files(0);
  expect_unavailable(policy, &next, strata->user);
  limit_files(RLIM_INFINITY);
  expect_pin(policy, 1, 1);
  assert_int_equal(policy_store(policy, &next, NOW, &outcome, &expires, &problem), TLSPIN_OK);
  assert_int_equal(outcome, POLICY_RENEWED);
  expect_pin(policy, 2, 1);
  policy_free(policy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_layer_unreadable),
      TEST(test_user_unreadable),
      TEST(test_disk_full),
      TEST(test_forbidden),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
