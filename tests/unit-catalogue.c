/* Pages over all layers, and the entries of one peer: of tickets. Of records:
 * unit-catalogue-records.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/catalogue.h"

#include "daemon/changes.h"
#include "tests/listing.h"
#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { NOW = STRATA_NOW };

static const struct config config = {.lifetime_cap = 1000, .undo_period = 1000};

/* Three layers; of a.example the administrator's entry decides, of b.example the user's, of
 * c.example the vendor's. d.example's has expired. */
static struct policy *open_three(struct strata *strata)
{
  struct ticket_row user[] = {
      strata_row("a.example", LOCK_NONE, 1), strata_row("b.example", LOCK_NONE, 2),
      strata_row("d.example", LOCK_NONE, 3), strata_row("d.example", LOCK_NONE, 4)};
  struct ticket_row admin = strata_row("a.example", LOCK_ENFORCE, 5);
  struct ticket_row vendor[] = {strata_row("a.example", LOCK_NONE, 6),
                                strata_row("b.example", LOCK_NONE, 7),
                                strata_row("c.example", LOCK_OFF, 8)};

  user[2].expires = NOW;
  user[3].peer.port = 8443;
  for (size_t i = 0; i < G_N_ELEMENTS(user); i++)
    strata_put(strata, &user[i]);
  strata_layer(strata->admin, "80.db", &admin, 1);
  strata_layer(strata->vendor, "20.db", vendor, G_N_ELEMENTS(vendor));
  return policy_new(strata_open(strata), &config, NULL);
}

static const char everything[] = "user a.example/443 masked\n"
                                 "user b.example/443 active\n"
                                 "user d.example/443 expired\n"
                                 "user d.example/8443 active\n"
                                 "80.db a.example/443 active\n"
                                 "20.db a.example/443 masked\n"
                                 "20.db b.example/443 masked\n"
                                 "20.db c.example/443 active\n";

/* However large its pages, a list holds the same. */
static void test_pages(void **state)
{
  struct policy *policy = open_three(*state);
  struct store_filter any = STORE_FILTER_ANY;
  unsigned pages;

  listing_expect(policy, &any, everything);
  g_free(listing_pages(policy, &any, 9, &pages));
  assert_int_equal(pages, 1);
  g_free(listing_pages(policy, &any, 3, &pages));
  assert_int_equal(pages, 3);
  policy_free(policy);
}

static void test_filters(void **state)
{
  struct policy *policy = open_three(*state);
  struct store_filter filter = STORE_FILTER_ANY;

  filter.host = "a.example";
  listing_expect(
      policy, &filter,
      "user a.example/443 masked\n80.db a.example/443 active\n20.db a.example/443 masked\n");
  filter = STORE_FILTER_ANY;
  filter.port = 8443;
  listing_expect(policy, &filter, "user d.example/8443 active\n");
  filter = STORE_FILTER_ANY;
  filter.pattern = "[c*";
  listing_expect(policy, &filter, "");
  filter.pattern = "?.example";
  listing_expect(policy, &filter, everything);
  filter = STORE_FILTER_ANY;
  filter.protocol = PROTOCOL_DTLS;
  listing_expect(policy, &filter, "");
  policy_free(policy);
}

static void test_failures(void **state)
{
  struct policy *policy = open_three(*state);
  struct store_filter filter = STORE_FILTER_ANY;
  struct peer peer = strata_peer("b.example");
  char *problem = NULL;
  uint64_t event;

  assert_int_equal(policy_report(policy, &peer, REFUSAL_PROOF_WRONG, NOW, &event, &problem),
                   TLSPIN_OK);
  filter.host = "b.example";
  listing_expect(
      policy, &filter,
      "user b.example/443 active 1*proof-wrong\n20.db b.example/443 masked 1*proof-wrong\n");
  policy_free(policy);
}

/* A cursor goes on behind its entry, whether that one is still there or not. */
static void test_cursor_after_clear(void **state)
{
  struct policy *policy = open_three(*state);
  struct store_filter one = STORE_FILTER_ANY;
  struct policy_cursor cursor = {.layer = ""};
  g_autoptr(GString) text = g_string_new(NULL);
  struct store_change change;
  char *problem = NULL;

  listing_page(policy, &cursor, 2, text);
  assert_string_equal(cursor.layer, LAYER_USER);
  assert_string_equal(cursor.peer.host, "b.example");
  one.host = "b.example";
  assert_int_equal(policy_clear(policy, &one, NOW, &change, &problem), TLSPIN_OK);
  listing_page(policy, &cursor, 100, text);
  /* The user's entry was seen before it went; now the vendor's decides about b.example. */
  assert_non_null(strstr(text->str, "user b.example/443 active\nuser d.example/443 expired\n"));
  assert_non_null(strstr(text->str, "20.db b.example/443 active\n"));
  policy_free(policy);
}

static void test_cursor_of_gone_layer(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = open_three(strata);
  struct store_filter any = STORE_FILTER_ANY;
  struct policy_cursor cursor = {.layer = "80.db"};
  g_autoptr(GString) text = g_string_new(NULL);
  char *problem = NULL;

  listing_page(policy, &cursor, 100, text);
  assert_string_equal(text->str, strstr(everything, "80.db"));
  g_strlcpy(cursor.layer, "80.db", sizeof cursor.layer);
  assert_int_equal(g_unlink(strata_path(strata->admin, "80.db")), 0);
  assert_true(layers_reload_system(strata->layers));
  g_string_truncate(text, 0);
  assert_int_equal(policy_list(policy, &any, NOW, &cursor, 100, listing_append, text, &problem),
                   TLSPIN_E_ARGUMENT);
  assert_string_equal(text->str, "");
  policy_free(policy);
}

/* A broken layer of the system's doesn't hide the others; that of the user's is what a list is
 * about. */
static void test_list_unreadable(void **state)
{
  struct strata *strata = *state;
  struct policy_cursor cursor = {.layer = ""};
  g_autoptr(GString) text = g_string_new(NULL);
  struct policy *policy;

  strata_write(strata->admin, "90.db", "not a database");
  policy = open_three(strata);
  listing_page(policy, &cursor, 100, text);
  assert_string_equal(text->str, everything);
  assert_string_equal(cursor.layer, "");
  policy_free(policy);
}

/* The one that decides comes first, then the others by their layers. */
static void test_get(void **state)
{
  static const struct {
    const char *host, *expected;
  } cases[] = {
      {"a.example",
       "80.db a.example/443 active\nuser a.example/443 masked\n20.db a.example/443 masked\n"},
      {"b.example", "user b.example/443 active\n20.db b.example/443 masked\n"},
      {"c.example", "20.db c.example/443 active\n"},
      {"d.example", "user d.example/443 expired\n"},
  };
  struct policy *policy = open_three(*state);
  g_autoptr(GString) text = g_string_new(NULL);
  char *problem;

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    assert_int_equal(listing_get(policy, cases[i].host, text, &problem), TLSPIN_OK);
    assert_string_equal(text->str, cases[i].expected);
    assert_null(problem);
  }
  assert_int_equal(listing_get(policy, "e.example", text, &problem), TLSPIN_E_NOT_FOUND);
  assert_string_equal(text->str, "");
  assert_null(problem);
  policy_free(policy);
}

static void test_get_unreadable(void **state)
{
  struct strata *strata = *state;
  g_autoptr(GString) text = g_string_new(NULL);
  struct policy *policy;
  char *problem;

  strata_write(strata->admin, "90.db", "not a database");
  policy = open_three(strata);
  assert_int_equal(listing_get(policy, "b.example", text, &problem), TLSPIN_OK);
  assert_non_null(strstr(text->str, "user b.example/443 active"));
  assert_null(problem);
  assert_int_equal(listing_get(policy, "e.example", text, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "admin/90.db"));
  g_free(problem);
  policy_free(policy);
}

struct mischief {
  struct strata *strata;
  unsigned visits;
};

/* Takes the user's file away while it is being read. */
static void move_file(const struct policy_entry *entry, void *data)
{
  struct mischief *mischief = data;

  (void)entry;
  if (mischief->visits++ == 0)
    assert_int_equal(g_rename(mischief->strata->user, strata_path(mischief->strata->folder, "x")),
                     0);
}

/* The store stays open until the walk over it has ended; the next call notices. */
/* Another process has the store open, so that nothing is recovered. */
static int hold_lock(const struct strata *strata)
{
  int fd = g_open(strata_path(strata->folder, "home/pins.lock"), O_RDWR | O_CLOEXEC, 0);

  assert_int_equal(flock(fd, LOCK_SH), 0);
  return fd;
}

static void test_file_moved_in_a_walk(void **state)
{
  struct strata *strata = *state;
  struct mischief mischief = {strata, 0};
  struct policy *policy = open_three(strata);
  struct store_filter any = STORE_FILTER_ANY;
  struct policy_cursor cursor = {.layer = ""};
  char *problem = NULL;
  int lock;

  lock = hold_lock(strata);
  assert_int_equal(policy_list(policy, &any, NOW, &cursor, 100, move_file, &mischief, &problem),
                   TLSPIN_OK);
  assert_int_equal(mischief.visits, 8);
  assert_int_equal(policy_list(policy, &any, NOW, &cursor, 100, move_file, &mischief, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "locked by another process"));
  close(lock);
  g_free(problem);
  policy_free(policy);
}

static bool append_event(const struct event_row *event, void *data)
{
  g_string_append_printf(data, "%s %s\n", event->peer.host, event->reason);
  return true;
}

static void test_events(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = open_three(strata);
  struct peer peer = strata_peer("b.example");
  g_autoptr(GString) text = g_string_new(NULL);
  char *problem = NULL;
  uint64_t event;
  int lock;

  assert_int_equal(policy_report(policy, &peer, REFUSAL_PROOF_WRONG, NOW, &event, &problem),
                   TLSPIN_OK);
  assert_int_equal(policy_events(policy, 0, NULL, 9, NOW, append_event, text, &problem), TLSPIN_OK);
  assert_string_equal(text->str, "b.example proof-wrong\n");
  g_string_truncate(text, 0);
  assert_int_equal(policy_events(policy, event, NULL, 9, NOW, append_event, text, &problem),
                   TLSPIN_OK);
  assert_int_equal(policy_events(policy, 0, "a.example", 9, NOW, append_event, text, &problem),
                   TLSPIN_OK);
  assert_string_equal(text->str, "");
  lock = hold_lock(strata);
  assert_int_equal(g_rename(strata->user, strata_path(strata->folder, "x")), 0);
  assert_int_equal(policy_events(policy, 0, NULL, 9, NOW, append_event, text, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "locked by another process"));
  close(lock);
  g_free(problem);
  policy_free(policy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_pages),
      TEST(test_filters),
      TEST(test_failures),
      TEST(test_cursor_after_clear),
      TEST(test_cursor_of_gone_layer),
      TEST(test_list_unreadable),
      TEST(test_get),
      TEST(test_get_unreadable),
      TEST(test_file_moved_in_a_walk),
      TEST(test_events),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
