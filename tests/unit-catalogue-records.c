/* Pages over records of all layers, those of one peer, and what became of each.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/catalogue.h"

#include "daemon/changes.h"
#include "tests/ledger.h"
#include "tests/listing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { NOW = STRATA_NOW };

static const struct config config = {.lifetime_cap = 1000, .undo_period = 1000};

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

  listing_expect(policy, &any, all_records);
  policy_free(policy);
}

static void test_record_filters(void **state)
{
  struct policy *policy = open_records(*state);
  struct store_filter filter = STORE_FILTER_ANY;

  filter.records = false;
  listing_expect(policy, &filter, "user a.example/443 masked\n");
  filter = STORE_FILTER_ANY;
  filter.tickets = false;
  listing_expect(policy, &filter, strchr(all_records, '\n') + 1);
  filter.status = KEYPIN_CRITICAL;
  listing_expect(policy, &filter,
                 "user b.example:443 critical 13 masked\n80.db b.example critical 21 active\n"
                 "80.db .d.org critical 22 reported\n");
  filter.status = -1;
  filter.scope = SCOPE_ONE_LABEL;
  listing_expect(policy, &filter, "user *.d.example active 15 active\n");
  filter.tickets = filter.records = false;
  listing_expect(policy, &filter, "");
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
    assert_int_equal(listing_get(policy, cases[i].host, text, &problem), TLSPIN_OK);
    assert_string_equal(text->str, cases[i].expected);
    assert_null(problem);
  }
  policy_free(policy);
}

/* A page that ends in a record goes on behind it, also when it is gone. */
static void test_cursor_after_record(void **state)
{
  struct policy *policy = open_records(*state);
  struct store_filter one = STORE_FILTER_ANY;
  struct policy_cursor cursor = {.layer = ""};
  g_autoptr(GString) text = g_string_new(NULL);
  struct store_change change;
  char *problem = NULL;

  listing_page(policy, &cursor, 4, text);
  assert_int_equal((int)cursor.after, AFTER_RECORD);
  assert_int_equal(cursor.pin.status, KEYPIN_INACTIVE);
  one.status = KEYPIN_INACTIVE;
  one.tickets = false;
  assert_int_equal(policy_clear(policy, &one, NOW, &change, &problem), TLSPIN_OK);
  g_string_truncate(text, 0);
  listing_page(policy, &cursor, 2, text);
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
  assert_int_equal(policy_entries(policy, &judged, NOW, listing_append, text), decided);
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
      TEST(test_records),          TEST(test_record_filters),
      TEST(test_get_records),      TEST(test_cursor_after_record),
      TEST(test_entries),          TEST(test_entries_of_ticket),
      TEST(test_many_of_one_peer),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
