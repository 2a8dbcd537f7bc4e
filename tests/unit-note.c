/* Public-Key-Pins: what is stored of a header, and what is not.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/policy.h"

#include "tests/gate.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define NOW  GATE_NOW
#define HOST "a.example"

/* "pin-sha256=...; " of a server's key. */
static char *pin_text(size_t server, size_t index)
{
  struct keypin pin = gate_pin(server, index, KEYPIN_CRITICAL, KEYPIN_HPKP);
  char text[KEYPIN_KEY_TEXT_SIZE];

  pin.level = KEYPIN_LEAF;
  assert_true(keypin_key_text(&pin, text));
  return g_strdup_printf("pin-sha256=\"%s\"; ", text + strlen("sha256//"));
}

/* A header with the keys of FIRST and, for a backup, of FOREIGN, and this at its end. */
static char *header_of(const char *rest)
{
  g_autofree char *first = pin_text(GATE_FIRST, PATH_SERVER);
  g_autofree char *backup = pin_text(GATE_FOREIGN, PATH_SERVER);

  return g_strconcat(first, backup, rest, NULL);
}

static enum tlspin_code try_note(struct gate *gate, const char *host, struct chain *chain,
                                 const char *text, bool report_only, int64_t now,
                                 struct policy_noted *noted, char **problem)
{
  struct peer peer = strata_peer(host);
  struct policy_header header = {
      .text = {(const uint8_t *)text, strlen(text)}, .report_only = report_only, .chain = chain};

  return policy_note(gate->policy, &peer, &header, now, noted, problem);
}

/* Notes a header of a host that came with a server's whole path; the outcome must be this. */
static struct policy_noted note_of(struct gate *gate, const char *host, size_t server,
                                   const char *text, bool report_only, int64_t now,
                                   enum hpkp_outcome outcome)
{
  struct chain chain = gate_chain(server);
  struct policy_noted noted;
  char *problem = NULL;

  if (try_note(gate, host, &chain, text, report_only, now, &noted, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  if (noted.outcome != outcome)
    fail_msg("%s: %s (%s)", text, hpkp_outcome_token(noted.outcome), noted.reason);
  assert_int_equal(noted.expires != 0, outcome == HPKP_NOTE);
  assert_true((noted.reason[0] != '\0') == (outcome == HPKP_IGNORE) ||
              outcome == HPKP_REMOVE); /* which may have one */
  return noted;
}

static struct policy_noted note_at(struct gate *gate, size_t server, const char *text,
                                   bool report_only, int64_t now, enum hpkp_outcome outcome)
{
  return note_of(gate, HOST, server, text, report_only, now, outcome);
}

static struct policy_noted note(struct gate *gate, const char *text, enum hpkp_outcome outcome)
{
  return note_at(gate, GATE_FIRST, text, false, NOW, outcome);
}

static void test_noted(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");
  struct policy_noted noted;

  gate_open(gate);
  noted = note(gate, header, HPKP_NOTE);
  assert_true(noted.expires == NOW + 1000);
  assert_true(noted.changed);
  assert_true(noted.event == 0);
  gate_expect_records(gate, "0.0 hpkp critical any 1\n3.0 hpkp critical any 1");
  gate_meet(gate, GATE_FOREIGN, NOW + 999, TLSPIN_MATCH, "critical-matched", true);
  gate_meet(gate, GATE_SECOND, NOW + 999, TLSPIN_MISMATCH, "critical-differs", false);
}

static bool check_pin(const struct keypin *pin, void *data)
{
  assert_string_equal(pin->place.host, HOST);
  assert_int_equal(pin->place.scope, SCOPE_SUBTREE);
  assert_int_equal(pin->place.protocol, PROTOCOL_TLS);
  assert_int_equal(pin->place.port, 443);
  assert_int_equal(pin->level, KEYPIN_ANY);
  assert_int_equal(pin->origin, KEYPIN_HPKP);
  assert_false(pin->always || pin->locked);
  assert_true(pin->enforce_until == NOW + 2000 && pin->report_until == NOW + 2000);
  assert_true(pin->first_seen == NOW);
  assert_string_equal(pin->note, "https://report.example/x");
  ++*(int *)data;
  return true;
}

/* All that is kept, and that it holds below the host. */
static void test_kept(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header =
      header_of("max-age=2000; includeSubDomains; report-uri=\"https://report.example/x\"");
  struct peer peer = strata_peer("www." HOST);
  int count = 0;

  gate_open(gate);
  note(gate, header, HPKP_NOTE);
  assert_int_equal(store_pins(layers_at(gate->strata->layers, 0)->store, &peer, check_pin, &count),
                   TLSPIN_OK);
  assert_int_equal(count, 2);
}

/* The records that a header made, for the peer. */
static void expect_pinned(struct gate *gate, const char *host, enum protocol protocol,
                          uint16_t port, bool expected)
{
  struct peer peer = {.protocol = protocol, .port = port};
  struct chain chain = gate_chain(GATE_SECOND);
  struct policy_shown shown = gate_shown(&chain);
  struct policy_judged judged;

  g_strlcpy(peer.host, host, sizeof peer.host);
  policy_explain(gate->policy, &peer, &shown, NOW, &judged);
  assert_int_equal(judged.verdict.answer, expected ? TLSPIN_MISMATCH : TLSPIN_NO_PIN);
  policy_judged_clear(&judged);
}

/* A web server's header says nothing about what else there is at its host: the RFC knows of HTTP
 * alone. */
static void test_one_service(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=2000; includeSubDomains");

  gate_open(gate);
  note(gate, header, HPKP_NOTE);
  expect_pinned(gate, HOST, PROTOCOL_TLS, 443, true);
  expect_pinned(gate, "www." HOST, PROTOCOL_TLS, 443, true);
  expect_pinned(gate, HOST, PROTOCOL_TLS, 993, false);
  expect_pinned(gate, "mail." HOST, PROTOCOL_TLS, 993, false);
  expect_pinned(gate, HOST, PROTOCOL_DTLS, 443, false);
}

/* Nor does it take away what another service's header pinned. */
static void test_another_service(void **state)
{
  struct gate *gate = *state;
  struct keypin others[2];
  g_autofree char *header = header_of("max-age=1000");

  for (size_t i = 0; i < 2; i++)
    others[i] = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP);
  others[0].place.port = 8443;
  others[1].place.port = PLACE_ANY_PORT;
  gate_put(gate, others, 2);
  gate_open(gate);
  note(gate, header, HPKP_NOTE);
  gate_expect_records(gate, "0.0 hpkp critical any 1\n0.0 hpkp critical leaf 0\n"
                            "3.0 hpkp critical any 1");
  note(gate, "max-age=0", HPKP_REMOVE);
  gate_expect_records(gate, "0.0 hpkp critical leaf 0");
  expect_pinned(gate, HOST, PROTOCOL_TLS, 8443, true);
}

/* Below a public suffix anybody can have a name, and so can who sent the header. */
static void test_public_suffix(void **state)
{
  static const struct {
    const char *host;
    bool noted;
  } cases[] = {{"com", false}, {"co.uk", false}, {"github.io", false}, {"example.com", true}};
  struct gate *gate = *state;
  g_autofree char *wide = header_of("max-age=1000; includeSubDomains");
  g_autofree char *narrow = header_of("max-age=1000");

  gate_open(gate);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct policy_noted noted = note_of(gate, cases[i].host, GATE_FIRST, wide, false, NOW,
                                        cases[i].noted ? HPKP_NOTE : HPKP_IGNORE);

    if (!cases[i].noted)
      assert_string_equal(noted.reason, "it includes all names below a public suffix");
    assert_int_equal(noted.changed, cases[i].noted);
  }
  note_of(gate, "co.uk", GATE_FIRST, narrow, false, NOW, HPKP_NOTE);
  expect_pinned(gate, "co.uk", PROTOCOL_TLS, 443, true);
  expect_pinned(gate, "www.co.uk", PROTOCOL_TLS, 443, false);
  expect_pinned(gate, "www.example.com", PROTOCOL_TLS, 443, true);
}

/* The cap of the settings, 60 days at the most. */
static void test_capped(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=99999999999");

  gate_open(gate);
  assert_true(note(gate, header, HPKP_NOTE).expires == NOW + 60 * GATE_DAY);
  gate_setting(gate, "hpkp-cap", "2d");
  gate_open(gate);
  assert_true(note(gate, header, HPKP_NOTE).expires == NOW + 2 * GATE_DAY);
  gate_setting(gate, "hpkp-cap", "0");
  gate_open(gate);
  note(gate, header, HPKP_IGNORE);
}

/* The set of a host is replaced by exactly the new one, whatever its reach. */
static void test_replaced(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000; includeSubDomains");
  g_autofree char *server = pin_text(GATE_FIRST, PATH_ISSUER);
  g_autofree char *backup = pin_text(GATE_FOREIGN, PATH_ISSUER);
  g_autofree char *other = g_strconcat(server, backup, "max-age=1000", NULL);

  gate_open(gate);
  note(gate, header, HPKP_NOTE);
  assert_true(note(gate, other, HPKP_NOTE).changed);
  gate_expect_records(gate, "0.1 hpkp critical any 1\n3.1 hpkp critical any 1");
  assert_true(note(gate, header, HPKP_NOTE).changed);
  gate_expect_records(gate, "0.0 hpkp critical any 1\n3.0 hpkp critical any 1");
}

/* Every part of a page has the header: the store is written where the end moves by some way. */
static void test_repeated(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=3000");
  g_autofree char *shorter = header_of("max-age=1000");
  g_autofree char *told = header_of("max-age=3000; report-uri=\"http://r.example/\"");
  struct policy_noted noted;

  gate_open(gate);
  note(gate, header, HPKP_NOTE);
  noted = note_at(gate, GATE_FIRST, header, false, NOW + 100, HPKP_NOTE);
  assert_false(noted.changed);
  assert_true(noted.expires == NOW + 3000);
  noted = note_at(gate, GATE_FIRST, header, false, NOW + 101, HPKP_NOTE);
  assert_true(noted.changed);
  assert_true(noted.expires == NOW + 3101);
  noted = note_at(gate, GATE_FIRST, shorter, false, NOW + 101, HPKP_NOTE);
  assert_true(noted.changed && noted.expires == NOW + 1101);
  noted = note_at(gate, GATE_FIRST, told, false, NOW + 101, HPKP_NOTE);
  assert_true(noted.changed);
}

/* max-age=0 takes the host's own pins away, and those of nobody else. */
static void test_removed(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");
  struct keypin others[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER),
                            gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP)};
  struct policy_noted noted;

  g_strlcpy(others[1].place.host, "example", sizeof others[1].place.host);
  others[1].place.scope = SCOPE_SUBTREE;
  gate_put(gate, others, 2);
  gate_open(gate);
  note(gate, header, HPKP_NOTE);
  gate_expect_records(gate, "0.0 hpkp critical any 1\n0.0 hpkp critical leaf 0\n"
                            "0.0 user critical leaf 0\n3.0 hpkp critical any 1");
  noted = note(gate, "max-age=0", HPKP_REMOVE);
  assert_true(noted.changed && noted.expires == 0);
  gate_expect_records(gate, "0.0 hpkp critical leaf 0\n0.0 user critical leaf 0");
  assert_false(note(gate, "max-age=0", HPKP_REMOVE).changed);
}

static enum tlspin_code undo_of(struct gate *gate, uint64_t operation)
{
  struct store_change change;

  return store_undo(layers_at(gate->strata->layers, 0)->store, operation, NOW, &change);
}

static bool read_operation(const struct event_row *event, void *data)
{
  *(uint64_t *)data = event->operation;
  return true;
}

/* What the newest event names is taken back; and nothing goes by itself. */
static enum tlspin_code undo(struct gate *gate)
{
  uint64_t operation = 0;

  assert_int_equal(undo_of(gate, 0), TLSPIN_E_NOTHING_TO_UNDO);
  assert_int_equal(store_events(layers_at(gate->strata->layers, 0)->store, 0, NULL, EVENTS_KEPT,
                                read_operation, &operation),
                   TLSPIN_OK);
  return operation != 0 ? undo_of(gate, operation) : TLSPIN_E_NOTHING_TO_UNDO;
}

/* Any program may tell of such a header: that it was there leaves a trace, and can be undone. */
static void test_removal_is_logged(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");
  struct policy_noted noted;

  gate_open(gate);
  noted = note(gate, header, HPKP_NOTE);
  assert_true(noted.event == 0);
  assert_int_equal(undo(gate),
                   TLSPIN_E_NOTHING_TO_UNDO); /* what is learned is not in the journal */
  noted = note(gate, "max-age=0", HPKP_REMOVE);
  assert_true(noted.event != 0);
  gate_expect_log(gate, "hpkp removed  1");
  gate_expect_records(gate, "");
  noted = note(gate, "max-age=0", HPKP_REMOVE);
  assert_true(noted.event == 0); /* there was nothing left */
  gate_expect_log(gate, "hpkp removed  1");
  assert_int_equal(undo(gate), TLSPIN_OK);
  gate_expect_records(gate, "0.0 hpkp critical any 1\n3.0 hpkp critical any 1");
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MISMATCH, "critical-differs", false);
}

/* What had ended anyway is no loss. */
static void test_ended_is_no_loss(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");

  gate_open(gate);
  note(gate, header, HPKP_NOTE);
  assert_true(note_at(gate, GATE_FIRST, "max-age=0", false, NOW + 1000, HPKP_REMOVE).changed);
  gate_expect_log(gate, "");
  gate_expect_records(gate, "");
}

/* So is another set in its place: with other keys, for fewer names, or with an earlier end. The
 * same for more names or a longer time is not. */
static void test_other_set_is_logged(void **state)
{
  g_autofree char *first = header_of("max-age=1000; includeSubDomains");
  g_autofree char *other_key = pin_text(GATE_SECOND, PATH_SERVER);
  g_autofree char *one_more = g_strconcat(other_key, first, NULL);
  g_autofree char *own = pin_text(GATE_FIRST, PATH_SERVER);
  g_autofree char *replaced = g_strconcat(own, other_key, "max-age=1000; includeSubDomains", NULL);
  g_autofree char *narrower = header_of("max-age=1000");
  g_autofree char *shorter = header_of("max-age=1; includeSubDomains");
  g_autofree char *longer = header_of("max-age=2000; includeSubDomains");
  const struct {
    const char *before, *after;
    bool logged;
  } cases[] = {{first, one_more, true}, {first, replaced, true}, {first, narrower, true},
               {first, shorter, true},  {first, longer, false},  {narrower, first, false},
               {one_more, first, true}, {first, first, false}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct gate *gate;
    void *own_state = NULL;

    gate_setup(&own_state);
    gate = own_state;
    gate_open(gate);
    note(gate, cases[i].before, HPKP_NOTE);
    if ((note(gate, cases[i].after, HPKP_NOTE).event != 0) != cases[i].logged)
      fail_msg("case %zu", i);
    gate_expect_log(gate, cases[i].logged ? "hpkp replaced  1" : "");
    assert_int_equal(undo(gate), cases[i].logged ? TLSPIN_OK : TLSPIN_E_NOTHING_TO_UNDO);
    if (cases[i].logged && cases[i].before == first)
      gate_expect_records(gate, "0.0 hpkp critical any 1\n3.0 hpkp critical any 1");
    gate_teardown(&own_state);
  }
}

static int count_rows(struct gate *gate, const char *table)
{
  g_autofree char *text = g_strdup_printf("SELECT count(*) FROM %s", table);
  sqlite3 *db = stores_raw(gate->strata->user);
  sqlite3_stmt *statement = NULL;
  int count;

  assert_int_equal(sqlite3_prepare_v2(db, text, -1, &statement, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
  count = sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return count;
}

/* A header with the key of FIRST and one that is nobody's; the number makes it another each time.
 */
static char *header_number(unsigned number)
{
  uint8_t digest[32] = {(uint8_t)number, 1};
  g_autofree char *own = pin_text(GATE_FIRST, PATH_SERVER);
  g_autofree char *other = g_base64_encode(digest, sizeof digest);

  return g_strdup_printf("%spin-sha256=\"%s\"; max-age=1000", own, other);
}

/* An attack: one header after the other, each with another set. The journal doesn't grow by them,
 * the log tells of all, and what stood before the first comes back. */
static void test_one_replacement_is_kept(void **state)
{
  struct gate *gate = *state;
  g_autofree char *first = header_of("max-age=1000");

  gate_open(gate);
  note(gate, first, HPKP_NOTE);
  for (unsigned i = 0; i < 50; i++) {
    g_autofree char *header = header_number(i);

    assert_true(note(gate, header, HPKP_NOTE).changed);
    if (i % 10 == 9) {
      note(gate, "max-age=0", HPKP_REMOVE);
      note(gate, first, HPKP_NOTE);
    }
  }
  assert_int_equal(count_rows(gate, "operation"), 1);
  assert_int_equal(count_rows(gate, "image"), 2); /* the backup went, another came */
  gate_expect_log(gate, "hpkp replaced  50\nhpkp removed  5");
  note(gate, "max-age=0", HPKP_REMOVE);
  assert_int_equal(undo(gate), TLSPIN_OK);
  gate_expect_records(gate, "3.0 hpkp critical any 1"); /* that of FIRST was in both sets */
  assert_int_equal(undo(gate), TLSPIN_E_NOTHING_TO_UNDO);
}

/* It is of this place and origin alone; and once it is taken back, or forgotten, the next is kept.
 */
static void test_next_replacement(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");
  struct keypin others[] = {gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_USER),
                            gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_PROGRAM)};
  bool more;

  gate_put(gate, others, 2);
  gate_open(gate);
  note(gate, header, HPKP_NOTE);
  note_of(gate, "b.example", GATE_FIRST, header, false, NOW, HPKP_NOTE);
  note_of(gate, "b.example", GATE_FIRST, "max-age=0", false, NOW, HPKP_REMOVE);
  for (int i = 0; i < 2; i++) {
    note(gate, "max-age=0", HPKP_REMOVE);
    assert_int_equal(undo(gate), TLSPIN_OK); /* and that of b.example stays */
  }
  note(gate, "max-age=0", HPKP_REMOVE);
  assert_int_equal(store_forget(layers_at(gate->strata->layers, 0)->store, NOW + 1, 0, &more),
                   TLSPIN_OK);
  note(gate, header, HPKP_NOTE);
  assert_int_equal(undo(gate), TLSPIN_E_NOTHING_TO_UNDO);
  note(gate, "max-age=0", HPKP_REMOVE);
  assert_int_equal(undo(gate), TLSPIN_OK);
}

/* An attack: what a server says after the user's own change must not get in front of it. */
static void test_users_change_is_the_newest(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");
  struct keypin own = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_USER);
  static const char noted[] = "0.0 hpkp critical any 1\n3.0 hpkp critical any 1";
  struct store *store;

  gate_open(gate);
  store = layers_at(gate->strata->layers, 0)->store;
  note(gate, header, HPKP_NOTE);
  assert_true(stores_edit(store, &own) == 1);
  note(gate, "max-age=0", HPKP_REMOVE);
  gate_expect_records(gate, "0.0 user active leaf 0");
  assert_int_equal(undo_of(gate, 0), TLSPIN_OK);
  gate_expect_records(gate, "");
  assert_int_equal(undo(gate), TLSPIN_OK);
  gate_expect_records(gate, noted);
}

/* The user's own change of such pins is none of theirs: the next header's can still be undone. */
static void test_users_edit_does_not_count(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP);
  struct store *store;

  pin.level = KEYPIN_ANY;
  gate_open(gate);
  store = layers_at(gate->strata->layers, 0)->store;
  note(gate, header, HPKP_NOTE);
  assert_true(stores_drop(store, &pin) == 1);
  gate_expect_records(gate, "3.0 hpkp critical any 1");
  assert_true(stores_edit(store, &pin) == 2);
  assert_true(note(gate, "max-age=0", HPKP_REMOVE).changed);
  assert_int_equal(undo_of(gate, 3), TLSPIN_OK);
  gate_expect_records(gate, "0.0 hpkp critical any 0\n3.0 hpkp critical any 1");
}

/* The user accepted another key, by whatever record: over that connection nobody speaks for the
 * pins that were noted before, which it doesn't meet. */
static void test_own_pins_are_not_met(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");
  g_autofree char *second = pin_text(GATE_SECOND, PATH_SERVER);
  g_autofree char *other = g_strconcat(second, header, NULL);
  struct keypin own = gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER);
  static const char expected[] = "0.0 hpkp critical any 1\n1.0 user critical leaf 1\n"
                                 "3.0 hpkp critical any 1";

  gate_open(gate);
  note(gate, header, HPKP_NOTE);
  gate_put(gate, &own, 1);
  gate_open(gate);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MATCH, "critical-matched", false);
  note_at(gate, GATE_SECOND, "max-age=0", false, NOW, HPKP_IGNORE);
  note_at(gate, GATE_SECOND, other, false, NOW, HPKP_IGNORE);
  note_at(gate, GATE_SECOND, other, true, NOW, HPKP_IGNORE);
  gate_expect_records(gate, expected);
  note_at(gate, GATE_SECOND, other, false, NOW + 1000, HPKP_NOTE); /* they ended */
}

/* Where the place is full nothing of the set is stored, and what stands stays. */
static void test_no_room(void **state)
{
  struct gate *gate = *state;
  static struct keypin pins[STORE_PLACE_MAX - 1];
  g_autofree char *header = header_of("max-age=1000");
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_noted noted;
  char *problem = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS(pins); i++) {
    pins[i] = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_EXCEPTED, KEYPIN_USER);
    pins[i].errors = PKI_EXPIRED;
    memset(pins[i].digest, (int)i, 32);
  }
  gate_put(gate, pins, G_N_ELEMENTS(pins));
  gate_open(gate);
  assert_int_equal(try_note(gate, HOST, &chain, header, false, NOW, &noted, &problem),
                   TLSPIN_E_LIMIT);
  assert_false(noted.changed);
  assert_non_null(problem);
  assert_non_null(strstr(problem, "256 entries for 'a.example:443'"));
  g_free(problem);
  expect_pinned(gate, HOST, PROTOCOL_TLS, 443, false);
}

/* Pins by hashes that nobody knows here unpin the host (section 2.1.1). */
static void test_forgotten(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");

  gate_open(gate);
  note(gate, header, HPKP_NOTE);
  note(gate, "pin-sha999=\"AAAA\"; max-age=1000", HPKP_REMOVE);
  gate_expect_records(gate, "");
}

/* The old pins stay. */
static void test_ignored(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");
  g_autofree char *no_age = header_of("includeSubDomains");
  g_autofree char *only = pin_text(GATE_FIRST, PATH_SERVER);
  g_autofree char *no_backup = g_strconcat(only, "max-age=1000", NULL);
  g_autofree char *foreign = pin_text(GATE_FOREIGN, PATH_SERVER);
  g_autofree char *no_match = g_strconcat(foreign, "max-age=1000", NULL);
  g_autofree char *twice = header_of("max-age=1000; max-age=1000");
  g_autofree char *long_rest = g_strnfill(HPKP_HEADER_MAX + 1, ' ');
  g_autofree char *long_header = header_of(long_rest);
  const char *const texts[] = {no_age, no_backup,   no_match,  twice, "",
                               "\xff", long_header, "max-age", ";;;"};

  gate_open(gate);
  note(gate, header, HPKP_NOTE);
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
    assert_false(note(gate, texts[i], HPKP_IGNORE).changed);
  gate_expect_records(gate, "0.0 hpkp critical any 1\n3.0 hpkp critical any 1");
}

/* Only over a connection that meets the pins there are, and of a path that is known. */
static void test_bad_connection(void **state)
{
  struct gate *gate = *state;
  struct keypin critical = gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER);
  g_autofree char *header = header_of("max-age=1000");
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_noted noted;
  char *problem = NULL;

  gate_open(gate);
  chain.path = false;
  assert_int_equal(try_note(gate, HOST, &chain, header, false, NOW, &noted, &problem), TLSPIN_OK);
  assert_int_equal(noted.outcome, HPKP_IGNORE);
  gate_put(gate, &critical, 1);
  gate_open(gate);
  note(gate, header, HPKP_IGNORE);
  note(gate, "max-age=0", HPKP_IGNORE);
  gate_expect_log(gate, ""); /* that is CheckChain's to tell */
  gate_expect_records(gate, "1.0 user critical leaf 0");
}

/* Nothing is learned by wish, where pinning is off, or over an added anchor; what was noted may be
 * removed all the same in the first case. */
static void test_not_learned(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");
  struct keypin off = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_OFF, KEYPIN_USER);

  gate_open(gate);
  note(gate, header, HPKP_NOTE);
  gate_trust(gate, &gate_paths[GATE_FOREIGN]);
  note(gate, header, HPKP_IGNORE);
  note(gate, "max-age=0", HPKP_IGNORE);
  gate_trust(gate, &gate_paths[GATE_FIRST]);
  gate_setting(gate, "learn", "no");
  gate_open(gate);
  note(gate, header, HPKP_IGNORE);
  note(gate, "max-age=0", HPKP_REMOVE);
  gate_put(gate, &off, 1);
  gate_open(gate);
  note(gate, "max-age=0", HPKP_IGNORE);
}

/* A layer that can't be read may hold a pin that is not met. */
static void test_unreadable(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");

  strata_write(gate->strata->admin, "50.db", "no database");
  gate_open(gate);
  note(gate, header, HPKP_IGNORE);
  gate_expect_records(gate, "");
}

static bool take_report(const struct event_row *event, void *data)
{
  assert_string_equal(event->kind, "hpkp");
  g_string_assign(data, event->report);
  return true;
}

/* Report-only: a violation is told, with its report; nothing is stored. */
static void test_report_only(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000; includeSubDomains");
  g_autoptr(GString) report = g_string_new(NULL);
  struct policy_noted noted;

  gate_open(gate);
  noted = note_at(gate, GATE_FIRST, header, true, NOW, HPKP_EVALUATE);
  assert_true(noted.event == 0 && !noted.changed);
  noted = note_at(gate, GATE_SECOND, header, true, NOW, HPKP_EVALUATE);
  assert_true(noted.event != 0 && !noted.changed);
  policy_logged(gate->policy, noted.event, take_report, report);
  assert_non_null(strstr(report->str, "\"noted-hostname\": \"a.example\""));
  assert_non_null(strstr(report->str, "\"include-subdomains\": true"));
  assert_non_null(strstr(report->str, "\"effective-expiration-date\": \"2023-11-14T22:30:00Z\""));
  note_at(gate, GATE_FIRST, "max-age=0", true, NOW, HPKP_IGNORE); /* it has no pin */
  gate_expect_log(gate, "hpkp critical-differs  1");
  gate_expect_records(gate, "");
}

static void test_not_written(void **state)
{
  struct gate *gate = *state;
  g_autofree char *header = header_of("max-age=1000");
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_noted noted;
  char *problem = NULL;
  sqlite3 *other;

  gate_open(gate);
  other = stores_raw(gate->strata->user); /* holds the lock of the file */
  assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(try_note(gate, HOST, &chain, header, false, NOW, &noted, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "pins.db"));
  assert_false(noted.changed);
  g_free(problem);
  sqlite3_close(other);
  gate_expect_records(gate, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_noted),
      TEST(test_kept),
      TEST(test_capped),
      TEST(test_replaced),
      TEST(test_repeated),
      TEST(test_removed),
      TEST(test_forgotten),
      TEST(test_ignored),
      TEST(test_bad_connection),
      TEST(test_not_learned),
      TEST(test_unreadable),
      TEST(test_report_only),
      TEST(test_not_written),
      TEST(test_one_service),
      TEST(test_another_service),
      TEST(test_public_suffix),
      TEST(test_removal_is_logged),
      TEST(test_ended_is_no_loss),
      TEST(test_one_replacement_is_kept),
      TEST(test_next_replacement),
      TEST(test_users_change_is_the_newest),
      TEST(test_users_edit_does_not_count),
      TEST(test_own_pins_are_not_met),
      TEST(test_no_room),
      cmocka_unit_test(test_other_set_is_logged),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}
