/* Pages over all layers, and the entries of one peer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/catalogue.h"

#include "daemon/changes.h"
#include "tests/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>

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

static void append_record(const struct policy_entry *entry, GString *text)
{
  char place[PLACE_TEXT_SIZE];

  place_text(&entry->pin->place, place);
  g_string_append_printf(text, "%s %s %s %02x %s", entry->layer->name, place,
                         keypin_status_token(entry->pin->status), entry->pin->digest[0],
                         entry->state);
}

static void append_entry(const struct policy_entry *entry, void *data)
{
  assert_true((entry->row == NULL) != (entry->pin == NULL));
  if (entry->pin != NULL) {
    append_record(entry, data);
    if (entry->role != NULL)
      g_string_append_printf(data, " %s", entry->role);
    g_string_append_c(data, '\n');
    return;
  }
  g_string_append_printf(data, "%s %s/%u %s", entry->layer->name, entry->row->peer.host,
                         entry->row->peer.port, entry->state);
  if (entry->failure != NULL)
    g_string_append_printf(data, " %u*%s", entry->failure->count, entry->failure->reason);
  if (entry->role != NULL)
    g_string_append_printf(data, " %s", entry->role);
  g_string_append_c(data, '\n');
}

/* All pages of a list, one after the other; *pages: how many there were. */
static char *list(struct policy *policy, const struct store_filter *filter, uint32_t limit,
                  unsigned *pages)
{
  struct policy_cursor cursor = {.layer = ""};
  GString *text = g_string_new(NULL);
  char *problem = NULL;

  *pages = 0;
  do {
    assert_int_equal(policy_list(policy, filter, NOW, &cursor, limit, append_entry, text, &problem),
                     TLSPIN_OK);
    assert_null(problem);
    (*pages)++;
    assert_true(*pages < 100);
  } while (cursor.layer[0] != '\0');
  return g_string_free(text, FALSE);
}

static void expect_list(struct policy *policy, const struct store_filter *filter,
                        const char *expected)
{
  for (uint32_t limit = 1; limit <= 9; limit++) {
    unsigned pages;
    g_autofree char *text = list(policy, filter, limit, &pages);

    assert_string_equal(text, expected);
  }
}

/* However large its pages, a list holds the same. */
static void test_pages(void **state)
{
  struct policy *policy = open_three(*state);
  struct store_filter any = STORE_FILTER_ANY;
  unsigned pages;

  expect_list(policy, &any, everything);
  g_free(list(policy, &any, 9, &pages));
  assert_int_equal(pages, 1);
  g_free(list(policy, &any, 3, &pages));
  assert_int_equal(pages, 3);
  policy_free(policy);
}

static void test_filters(void **state)
{
  struct policy *policy = open_three(*state);
  struct store_filter filter = STORE_FILTER_ANY;

  filter.host = "a.example";
  expect_list(
      policy, &filter,
      "user a.example/443 masked\n80.db a.example/443 active\n20.db a.example/443 masked\n");
  filter = STORE_FILTER_ANY;
  filter.port = 8443;
  expect_list(policy, &filter, "user d.example/8443 active\n");
  filter = STORE_FILTER_ANY;
  filter.pattern = "[c*";
  expect_list(policy, &filter, "");
  filter.pattern = "?.example";
  expect_list(policy, &filter, everything);
  filter = STORE_FILTER_ANY;
  filter.protocol = PROTOCOL_DTLS;
  expect_list(policy, &filter, "");
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
  expect_list(
      policy, &filter,
      "user b.example/443 active 1*proof-wrong\n20.db b.example/443 masked 1*proof-wrong\n");
  policy_free(policy);
}

/* A cursor goes on behind its entry, whether that one is still there or not. */
static void test_cursor_after_clear(void **state)
{
  struct policy *policy = open_three(*state);
  struct store_filter any = STORE_FILTER_ANY, one = STORE_FILTER_ANY;
  struct policy_cursor cursor = {.layer = ""};
  g_autoptr(GString) text = g_string_new(NULL);
  struct store_change change;
  char *problem = NULL;

  assert_int_equal(policy_list(policy, &any, NOW, &cursor, 2, append_entry, text, &problem),
                   TLSPIN_OK);
  assert_string_equal(cursor.layer, LAYER_USER);
  assert_string_equal(cursor.peer.host, "b.example");
  one.host = "b.example";
  assert_int_equal(policy_clear(policy, &one, NOW, &change, &problem), TLSPIN_OK);
  assert_int_equal(policy_list(policy, &any, NOW, &cursor, 100, append_entry, text, &problem),
                   TLSPIN_OK);
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

  assert_int_equal(policy_list(policy, &any, NOW, &cursor, 100, append_entry, text, &problem),
                   TLSPIN_OK);
  assert_string_equal(text->str, strstr(everything, "80.db"));
  g_strlcpy(cursor.layer, "80.db", sizeof cursor.layer);
  assert_int_equal(g_unlink(strata_path(strata->admin, "80.db")), 0);
  assert_true(layers_reload_system(strata->layers));
  g_string_truncate(text, 0);
  assert_int_equal(policy_list(policy, &any, NOW, &cursor, 100, append_entry, text, &problem),
                   TLSPIN_E_ARGUMENT);
  assert_string_equal(text->str, "");
  policy_free(policy);
}

/* A broken layer of the system's doesn't hide the others; that of the user's is what a list is
 * about. */
static void test_list_unreadable(void **state)
{
  struct strata *strata = *state;
  struct store_filter any = STORE_FILTER_ANY;
  struct policy_cursor cursor = {.layer = ""};
  g_autoptr(GString) text = g_string_new(NULL);
  struct policy *policy;
  char *problem = NULL;

  strata_write(strata->admin, "90.db", "not a database");
  policy = open_three(strata);
  assert_int_equal(policy_list(policy, &any, NOW, &cursor, 100, append_entry, text, &problem),
                   TLSPIN_OK);
  assert_null(problem);
  assert_string_equal(text->str, everything);
  assert_string_equal(cursor.layer, "");
  policy_free(policy);
}

static enum tlspin_code get(struct policy *policy, const char *host, GString *text, char **problem)
{
  struct peer peer = strata_peer(host);

  g_string_truncate(text, 0);
  *problem = NULL;
  return policy_get(policy, &peer, NOW, append_entry, text, problem);
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
    assert_int_equal(get(policy, cases[i].host, text, &problem), TLSPIN_OK);
    assert_string_equal(text->str, cases[i].expected);
    assert_null(problem);
  }
  assert_int_equal(get(policy, "e.example", text, &problem), TLSPIN_E_NOT_FOUND);
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
  assert_int_equal(get(policy, "b.example", text, &problem), TLSPIN_OK);
  assert_non_null(strstr(text->str, "user b.example/443 active"));
  assert_null(problem);
  assert_int_equal(get(policy, "e.example", text, &problem), TLSPIN_UNAVAILABLE);
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
static void test_file_moved_in_a_walk(void **state)
{
  struct strata *strata = *state;
  struct mischief mischief = {strata, 0};
  struct policy *policy = open_three(strata);
  struct store_filter any = STORE_FILTER_ANY;
  struct policy_cursor cursor = {.layer = ""};
  char *problem = NULL;

  assert_int_equal(policy_list(policy, &any, NOW, &cursor, 100, move_file, &mischief, &problem),
                   TLSPIN_OK);
  assert_int_equal(mischief.visits, 8);
  assert_int_equal(policy_list(policy, &any, NOW, &cursor, 100, move_file, &mischief, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, strata->user));
  g_free(problem);
  policy_free(policy);
}

/* Records of every state, in the user's layer and two of the system's. */
static struct policy *open_records(struct strata *strata)
{
  struct ticket_row row = strata_row("a.example", LOCK_NONE, 1);
  struct keypin user[] = {ledger_pin_of("a.example", KEYPIN_ACTIVE, KEYPIN_TOFU, 0x11),
                          ledger_pin_of("a.example", KEYPIN_INACTIVE, KEYPIN_TOFU, 0x12),
                          ledger_pin_of("b.example", KEYPIN_CRITICAL, KEYPIN_USER, 0x13),
                          ledger_pin_of("c.example", KEYPIN_EXCEPTED, KEYPIN_USER, 0x14),
                          ledger_pin("*.d.example", KEYPIN_ACTIVE, KEYPIN_IMPORT, 0x15),
                          ledger_pin("*", KEYPIN_REJECTED, KEYPIN_USER, 0x16)};
  struct keypin admin[] = {ledger_pin("b.example", KEYPIN_CRITICAL, KEYPIN_POLICY, 0x21),
                           ledger_pin(".d.org", KEYPIN_CRITICAL, KEYPIN_POLICY, 0x22)};
  struct keypin vendor = ledger_pin(".example", KEYPIN_OFF, KEYPIN_POLICY, 0);

  user[3].enforce_until = user[3].report_until = NOW;
  admin[0].locked = admin[1].locked = true;
  admin[1].enforce_until = 0;
  strata_put(strata, &row);
  ledger_put(strata, user, G_N_ELEMENTS(user));
  ledger_layer(strata->admin, "80.db", admin, G_N_ELEMENTS(admin));
  ledger_layer(strata->vendor, "20.db", &vendor, 1);
  return policy_new(strata_open(strata), &config, NULL);
}

/* The vendor's unlocked "off" is weaker than what the user said, and stronger than what was
 * learned. */
static const char all_records[] = "user a.example/443 masked\n"
                                  "user * rejected 16 active\n"
                                  "user a.example:443 active 11 masked\n"
                                  "user a.example:443 inactive 12 history\n"
                                  "user b.example:443 critical 13 masked\n"
                                  "user c.example:443 excepted 14 expired\n"
                                  "user *.d.example active 15 active\n"
                                  "80.db b.example critical 21 active\n"
                                  "80.db .d.org critical 22 reported\n"
                                  "20.db .example off 00 active\n";

static void test_records(void **state)
{
  struct policy *policy = open_records(*state);
  struct store_filter any = STORE_FILTER_ANY;

  expect_list(policy, &any, all_records);
  policy_free(policy);
}

static void test_record_filters(void **state)
{
  struct policy *policy = open_records(*state);
  struct store_filter filter = STORE_FILTER_ANY;

  filter.records = false;
  expect_list(policy, &filter, "user a.example/443 masked\n");
  filter = STORE_FILTER_ANY;
  filter.tickets = false;
  expect_list(policy, &filter, strchr(all_records, '\n') + 1);
  filter.status = KEYPIN_CRITICAL;
  expect_list(policy, &filter,
              "user b.example:443 critical 13 masked\n80.db b.example critical 21 active\n"
              "80.db .d.org critical 22 reported\n");
  filter.status = -1;
  filter.scope = SCOPE_ONE_LABEL;
  expect_list(policy, &filter, "user *.d.example active 15 active\n");
  filter.tickets = filter.records = false;
  expect_list(policy, &filter, "");
  policy_free(policy);
}

/* What covers the peer, the deciding record in front; the rest as it stands in the layers. */
static void test_get_records(void **state)
{
  static const struct {
    const char *host, *expected;
  } cases[] = {
      {"b.example", "80.db b.example critical 21 active\nuser * rejected 16 active\n"
                    "user b.example:443 critical 13 masked\n20.db .example off 00 masked\n"},
      {"a.example", "20.db .example off 00 active\nuser a.example/443 masked\n"
                    "user * rejected 16 active\nuser a.example:443 active 11 masked\n"
                    "user a.example:443 inactive 12 history\n"},
      {"x.org", "user * rejected 16 active\n"},
  };
  struct policy *policy = open_records(*state);
  g_autoptr(GString) text = g_string_new(NULL);
  char *problem;

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    assert_int_equal(get(policy, cases[i].host, text, &problem), TLSPIN_OK);
    assert_string_equal(text->str, cases[i].expected);
    assert_null(problem);
  }
  policy_free(policy);
}

/* A page that ends in a record goes on behind it, also when it is gone. */
static void test_cursor_after_record(void **state)
{
  struct policy *policy = open_records(*state);
  struct store_filter any = STORE_FILTER_ANY, one = STORE_FILTER_ANY;
  struct policy_cursor cursor = {.layer = ""};
  g_autoptr(GString) text = g_string_new(NULL);
  struct store_change change;
  char *problem = NULL;

  assert_int_equal(policy_list(policy, &any, NOW, &cursor, 4, append_entry, text, &problem),
                   TLSPIN_OK);
  assert_int_equal((int)cursor.after, AFTER_RECORD);
  assert_int_equal(cursor.pin.status, KEYPIN_INACTIVE);
  one.status = KEYPIN_INACTIVE;
  one.tickets = false;
  assert_int_equal(policy_clear(policy, &one, NOW, &change, &problem), TLSPIN_OK);
  g_string_truncate(text, 0);
  assert_int_equal(policy_list(policy, &any, NOW, &cursor, 2, append_entry, text, &problem),
                   TLSPIN_OK);
  assert_string_equal(text->str, "user b.example:443 critical 13 masked\n"
                                 "user c.example:443 excepted 14 expired\n");
  policy_free(policy);
}

/* The roles of all that was looked at: records, then tickets. */
static void explain(struct policy *policy, const char *host, int decided, const char *expected)
{
  static const struct policy_shown nothing = {.program = ""};
  struct peer peer = strata_peer(host);
  g_autoptr(GString) text = g_string_new(NULL);
  struct policy_judged judged;

  policy_explain(policy, &peer, &nothing, NOW, &judged);
  assert_int_equal(policy_entries(policy, &judged, NOW, append_entry, text), decided);
  assert_string_equal(text->str, expected);
  policy_judged_clear(&judged);
}

static void test_entries(void **state)
{
  struct policy *policy = open_records(*state);

  explain(policy, "a.example", 3,
          "user * rejected 16 active looked-at\n"
          "user a.example:443 active 11 masked masked\n"
          "user a.example:443 inactive 12 history history\n"
          "20.db .example off 00 active decided\n"
          "user a.example/443 masked masked\n");
  explain(policy, "x.org", -1, "user * rejected 16 active looked-at\n");
  policy_free(policy);
}

/* Where a ticket decides, it stands behind the records; a locked "off" too. */
static void test_entries_of_ticket(void **state)
{
  struct strata *strata = *state;
  struct ticket_row rows[] = {strata_row("a.example", LOCK_NONE, 1),
                              strata_row("b.example", LOCK_OFF, 2)};
  struct keypin learned = ledger_pin_of("b.example", KEYPIN_ACTIVE, KEYPIN_TOFU, 0x11);
  struct policy *policy;

  strata_put(strata, &rows[0]);
  ledger_put(strata, &learned, 1);
  strata_layer(strata->admin, "80.db", &rows[1], 1);
  policy = policy_new(strata_open(strata), &config, NULL);
  explain(policy, "a.example", 0, "user a.example/443 active decided\n");
  explain(policy, "b.example", 1,
          "user b.example:443 active 11 masked locked-out\n80.db b.example/443 active decided\n");
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
  assert_int_equal(g_rename(strata->user, strata_path(strata->folder, "x")), 0);
  assert_int_equal(policy_events(policy, 0, NULL, 9, NOW, append_event, text, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, strata->user));
  g_free(problem);
  policy_free(policy);
}

/* Of the administrator's one record, and of the vendor's many. */
struct crowd {
  unsigned seen;
  uint8_t last[2]; /* of the digest */
};

static void count_entry(const struct policy_entry *entry, void *data)
{
  struct crowd *crowd = data;
  const struct keypin *pin = entry->pin;

  if (strcmp(entry->layer->name, "80.db") == 0) {
    assert_string_equal(entry->state, "active");
    return;
  }
  assert_string_equal(entry->state, pin->place.port == 443 ? "masked" : "active");
  assert_true(crowd->seen == 0 || memcmp(crowd->last, pin->digest, sizeof crowd->last) < 0);
  memcpy(crowd->last, pin->digest, sizeof crowd->last);
  crowd->seen++;
}

/* So many records of the vendor's for one host, of which the last is for another port than that
 * which the administrator has locked. */
static struct policy *open_crowd(struct strata *strata, unsigned count)
{
  struct keypin *pins = g_new(struct keypin, count);
  struct keypin locked = ledger_pin_of("a.example", KEYPIN_CRITICAL, KEYPIN_POLICY, 0x21);

  for (unsigned i = 0; i < count; i++) {
    pins[i] = ledger_pin_of("a.example", KEYPIN_CRITICAL, KEYPIN_POLICY, 0x11);
    pins[i].digest[0] = (uint8_t)(i >> 8);
    pins[i].digest[1] = (uint8_t)i;
  }
  pins[count - 1].place.port = 8443;
  locked.locked = true;
  ledger_layer(strata->vendor, "20.db", pins, count);
  ledger_layer(strata->admin, "80.db", &locked, 1);
  g_free(pins);
  return policy_new(strata_open(strata), &config, NULL);
}

/* A peer is judged once for a page, and not for each of its entries, which would take minutes
 * here. */
static void test_many_of_one_peer(void **state)
{
  enum { CROWD = 20000, PAGE = 1000, SECONDS = 60 };
  struct policy *policy = open_crowd(*state, CROWD);
  struct policy_cursor cursor = {.layer = ""};
  struct store_filter any = STORE_FILTER_ANY;
  gint64 start = g_get_monotonic_time();
  struct crowd crowd = {.seen = 0};
  char *problem = NULL;

  do {
    assert_int_equal(policy_list(policy, &any, NOW, &cursor, PAGE, count_entry, &crowd, &problem),
                     TLSPIN_OK);
    assert_true(g_get_monotonic_time() - start < SECONDS * G_USEC_PER_SEC);
  } while (cursor.layer[0] != '\0');
  assert_int_equal(crowd.seen, CROWD);
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
      TEST(test_records),
      TEST(test_record_filters),
      TEST(test_get_records),
      TEST(test_cursor_after_record),
      TEST(test_entries),
      TEST(test_entries_of_ticket),
      TEST(test_events),
      TEST(test_many_of_one_peer),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
