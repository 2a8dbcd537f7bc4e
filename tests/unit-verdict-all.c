/* The verdict over all combinations of what it is made of, against the oracle in tests/oracle.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One entry of every kind in every situation; every two entries of a shorter list; and sets of
 * three to eight, drawn by a generator that always draws the same. */
#include "config.h"

#include "pinning/verdict.h"

#include "tests/court.h"
#include "tests/oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/brief.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct path path, before; /* `before`: what the authorities had certified earlier */
static struct chain whole, alone, raw, bare;

/* What was counted, to see that all there is did come up. */
static unsigned reasons[VERDICT_REASONS], changes[CHANGES], rules[8], learned, told, doubts;

static uint8_t seen_now[CHAIN_SEEN_MAX], seen_before[CHAIN_SEEN_MAX];
static struct span seen[3]; /* nothing, this very path, another one of the same authorities */

static struct span see(const struct path *of, uint8_t buffer[CHAIN_SEEN_MAX])
{
  struct writer w = writer_of(buffer, CHAIN_SEEN_MAX);
  struct chain_seen found;
  struct chain chain;

  path_read(of, PATH_SIZE, true, &chain);
  assert_true(chain_see(&chain, &found));
  assert_true(chain_seen_encode(&found, &w));
  return writer_span(&w);
}

static int set_up(void **state)
{
  (void)state;
  path_make(&path, NULL);
  path_make_below(&before, &path,
                  &(struct pki_request){.purpose = PKI_SERVER,
                                        .name = "www.example.org",
                                        .not_before = COURT_NOW - 90 * 86400,
                                        .not_after = COURT_NOW + 86400});
  path_read(&path, PATH_SIZE, true, &whole);
  path_read(&path, PATH_SIZE, false, &alone);
  path_read_raw(&path, &raw);
  path_read_raw(&path, &bare);
  bare.alone = true; /* of a certificate that nobody knows */
  seen[1] = see(&path, seen_now);
  seen[2] = see(&before, seen_before);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  path_free(&before);
  path_free(&path);
  return 0;
}

/* What an entry is made of. */
struct draft {
  uint8_t status, rank, place, force, key, seen, always;
};

static const struct {
  unsigned layer;
  enum keypin_origin origin;
  bool locked;
} sources[] = {
    {0, KEYPIN_TOFU, false},    {0, KEYPIN_HPKP, false},   {0, KEYPIN_USER, false},
    {0, KEYPIN_PROGRAM, false}, {0, KEYPIN_IMPORT, false}, {1, KEYPIN_POLICY, true},
    {2, KEYPIN_POLICY, true},   {1, KEYPIN_POLICY, false}, {2, KEYPIN_POLICY, false},
    {0, KEYPIN_USER, true},
};

static const struct place places[] = {
    {"a.www.example.org", SCOPE_EXACT, PROTOCOL_TLS, 443},
    {"www.example.org", SCOPE_SUBTREE, PLACE_ANY_PROTOCOL, PLACE_ANY_PORT},
    {"www.example.org", SCOPE_EXACT, PLACE_ANY_PROTOCOL, PLACE_ANY_PORT},
    {"example.org", SCOPE_SUBTREE, PLACE_ANY_PROTOCOL, 443},
    {"www.example.org", SCOPE_ONE_LABEL, PROTOCOL_TLS, PLACE_ANY_PORT},
    {"a.www.example.org", SCOPE_EXACT, PLACE_ANY_PROTOCOL, PLACE_ANY_PORT},
    {"", SCOPE_SUBTREE, PLACE_ANY_PROTOCOL, PLACE_ANY_PORT},
    {"a.www.example.org", SCOPE_SUBTREE, PLACE_ANY_PROTOCOL, PLACE_ANY_PORT},
    {"a.www.example.org", SCOPE_EXACT, PROTOCOL_TLS, 444},
    {"b.www.example.org", SCOPE_SUBTREE, PLACE_ANY_PROTOCOL, PLACE_ANY_PORT},
    {"www.example.org", SCOPE_EXACT, PROTOCOL_DTLS, PLACE_ANY_PORT},
};

enum { FORCES = 3, KEYS = 3 };

static enum keypin_kind kind_of(enum keypin_status status)
{
  if (status <= KEYPIN_REJECTED)
    return KEYPIN_PIN;
  return status == KEYPIN_EXCEPTED ? KEYPIN_EXCEPTION : KEYPIN_MODE;
}

static struct keypin make(struct draft d)
{
  static const int64_t ends[FORCES][2] = {
      {COURT_NOW + 1, COURT_NOW + 1}, {COURT_NOW, COURT_NOW + 1}, {COURT_NOW, COURT_NOW}};
  enum keypin_status status = (enum keypin_status)d.status;
  struct keypin pin = keypin_new(&places[d.place], kind_of(status), status, sources[d.rank].origin);

  pin.locked = sources[d.rank].locked;
  pin.enforce_until = ends[d.force][0];
  pin.report_until = ends[d.force][1];
  pin.always = d.always;
  pin.seen = seen[d.seen];
  pin.errors = pin.kind == KEYPIN_EXCEPTION ? (d.always ? PKI_EXPIRED | PKI_NAME : PKI_EXPIRED) : 0;
  if (pin.kind == KEYPIN_MODE)
    return pin;
  pin.level = d.key == 1 ? KEYPIN_AUTHORITY : KEYPIN_LEAF;
  path_pin(&path, d.key == 1 ? PATH_ISSUER : PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &pin);
  pin.digest[0] ^= d.key == 2;
  return pin;
}

/* The situations: each digit of the number is one circumstance. */
static const unsigned circumstances[] = {5, 5, 3, 7, 2, 2, 2};

static unsigned situations(void)
{
  unsigned all = 1;

  for (size_t i = 0; i < COUNT(circumstances); i++)
    all *= circumstances[i];
  return all;
}

static unsigned draw_digit(unsigned *number, size_t circumstance)
{
  unsigned digit = *number % circumstances[circumstance];

  *number /= circumstances[circumstance];
  return digit;
}

static struct verdict_input situation(unsigned number)
{
  static const struct peer peer = {"a.www.example.org", PROTOCOL_TLS, 443};
  static struct chain *const chains[] = {&whole, &alone, &raw, &bare, NULL};
  static const struct {
    enum pki_status status;
    unsigned errors;
  } pki[] = {{PKI_OK, 0},
             {PKI_FAILED, PKI_EXPIRED},
             {PKI_FAILED, PKI_EXPIRED | PKI_NAME},
             {PKI_FAILED, PKI_REVOKED | PKI_EXPIRED},
             {PKI_UNCHECKED, 0}};
  static const enum ticket_result tickets[] = {TICKET_NONE,   TICKET_STANDS, TICKET_PROVED,
                                               TICKET_FAILED, TICKET_FAILED, TICKET_FAILED,
                                               TICKET_PROVED};
  struct verdict_input in = {.peer = &peer, .now = COURT_NOW};
  unsigned digit;

  in.chain = chains[draw_digit(&number, 0)];
  digit = draw_digit(&number, 1);
  in.pki = pki[digit].status;
  in.errors = pki[digit].errors;
  digit = draw_digit(&number, 2);
  in.added_anchor = digit > 0;
  in.anchors_enforced = digit > 1;
  digit = draw_digit(&number, 3);
  in.ticket = tickets[digit];
  in.refusal = in.ticket == TICKET_FAILED ? REFUSAL_PROOF_WRONG : REFUSAL_NONE;
  in.ticket_reported = digit == 4;
  in.ticket_locked = digit == 5 || digit == 6;
  in.unreadable = draw_digit(&number, 4);
  in.changes = draw_digit(&number, 5) ? 0 : CHANGES_DEFAULT;
  if (draw_digit(&number, 6))
    in.changes &= ~(1u << CHANGE_SAME_KEY);
  return in;
}

static void print_entry(const struct verdict_entry *entry)
{
  char place[PLACE_TEXT_SIZE];

  place_text(&entry->pin->place, place);
  print_message("  layer %u%s %s %s %s at %s%s, until %d %d, %s\n", entry->layer,
                entry->pin->locked ? " locked" : "", keypin_origin_token(entry->pin->origin),
                keypin_status_token(entry->pin->status), keypin_level_token(entry->pin->level),
                place, entry->pin->place.protocol == PROTOCOL_TLS ? " (tls)" : "",
                (int)(entry->pin->enforce_until - COURT_NOW),
                (int)(entry->pin->report_until - COURT_NOW), entry->pin->always ? "always" : "");
}

static void print_verdict(const char *whose, const struct verdict *v)
{
  print_message("%s: %s %s by %d, rule %u, %s%s%s\n", whose, tlspin_code_token(v->answer),
                verdict_reason_token(v->reason), v->decided_by, v->rule, change_token(v->change),
                v->enforced ? "" : " reported", v->learn ? " learn" : "");
}

static bool same(const struct verdict *a, const struct verdict *b)
{
  return a->answer == b->answer && a->reason == b->reason && a->refusal == b->refusal &&
         a->change == b->change && a->decided_by == b->decided_by && a->rule == b->rule &&
         a->enforced == b->enforced && a->learn == b->learn;
}

static void count(const struct verdict *v)
{
  reasons[v->reason]++;
  changes[v->change]++;
  rules[v->rule]++;
  learned += v->learn;
  told += !v->enforced;
  doubts += v->rule == 4 && v->answer == TLSPIN_UNAVAILABLE;
}

/* In whatever doubt, the verdict is the same but for the answer of the doubt and its reason. */
static void compare_doubts(const struct verdict_input *unreadable, const struct verdict *expected)
{
  static const struct {
    bool lost, suspect;
    enum tlspin_code answer;
    enum verdict_reason reason;
  } doubts_of[] = {{true, false, TLSPIN_STORE_DAMAGED, VERDICT_LOST},
                   {true, true, TLSPIN_STORE_DAMAGED, VERDICT_LOST},
                   {false, true, TLSPIN_CLOCK_SUSPECT, VERDICT_CLOCK}};

  for (size_t i = 0; i < COUNT(doubts_of); i++) {
    struct verdict_input in = *unreadable;
    struct verdict found, mapped = *expected;

    in.unreadable = false;
    in.lost = doubts_of[i].lost;
    in.suspect = doubts_of[i].suspect;
    verdict_judge(&in, &found);
    if (mapped.answer == TLSPIN_UNAVAILABLE)
      mapped.answer = doubts_of[i].answer;
    if (mapped.reason == VERDICT_UNREADABLE)
      mapped.reason = doubts_of[i].reason;
    count(&found);
    if (same(&found, &mapped))
      continue;
    print_verdict("found", &found);
    print_verdict("expected", &mapped);
    fail_msg("doubt %zu", i);
  }
}

static void compare(const struct draft *drafts, size_t drawn, unsigned number)
{
  struct keypin pins[8];
  struct verdict_entry entries[8];
  struct verdict_input in = situation(number);
  struct verdict found, expected;

  for (size_t i = 0; i < drawn; i++) {
    pins[i] = make(drafts[i]);
    entries[i] = (struct verdict_entry){&pins[i], sources[drafts[i].rank].layer};
  }
  in.entries = entries;
  in.count = drawn;
  verdict_judge(&in, &found);
  oracle_judge(&in, &expected);
  count(&found);
  if (in.unreadable && found.reason == VERDICT_ADDED_ANCHOR)
    fail_msg("exempt in spite of a layer that can't be read");
  if (in.unreadable)
    compare_doubts(&in, &found);
  if (same(&found, &expected))
    return;
  for (size_t i = 0; i < drawn; i++)
    print_entry(&entries[i]);
  print_message("chain %s, pki %d (%u), anchor %d %d, ticket %d %s%s, changes %x%s\n",
                in.chain == NULL  ? "none"
                : in.chain->path  ? "path"
                : in.chain->alone ? "key"
                : in.chain->raw   ? "raw"
                                  : "sent",
                in.pki, in.errors, in.added_anchor, in.anchors_enforced, in.ticket,
                in.ticket_reported ? "reported" : "", in.ticket_locked ? "locked" : "", in.changes,
                in.unreadable ? ", unreadable" : "");
  print_verdict("found", &found);
  print_verdict("expected", &expected);
  fail_msg("situation %u", number);
}

static void test_nothing(void **state)
{
  (void)state;
  for (unsigned number = 0; number < situations(); number++)
    compare(NULL, 0, number);
}

/* Every entry; in every 97th situation, each time others. */
static void test_one(void **state)
{
  unsigned first = 0;

  (void)state;
  for (uint8_t status = 0; status < KEYPIN_STATUSES; status++)
    for (uint8_t rank = 0; rank < COUNT(sources); rank++)
      for (uint8_t place = 0; place < COUNT(places); place++)
        for (uint8_t rest = 0; rest < FORCES * KEYS * 3 * 2; rest++) {
          struct draft d = {.status = status,
                            .rank = rank,
                            .place = place,
                            .force = rest % 3,
                            .key = rest / 3 % 3,
                            .seen = rest / 9 % 3,
                            .always = rest / 27};

          for (unsigned number = first++ % 97; number < situations(); number += 97)
            compare(&d, 1, number);
        }
}

/* The entries of the shorter list: no history, nothing expired, four places. */
static size_t make_list(struct draft *list)
{
  size_t n = 0;

  for (uint8_t status = KEYPIN_ACTIVE; status < KEYPIN_STATUSES; status++)
    for (uint8_t rank = 0; rank < 8; rank++)
      for (uint8_t place = 0; place < 4; place++)
        for (uint8_t rest = 0; rest < 4; rest++)
          if (kind_of((enum keypin_status)status) == KEYPIN_PIN || (rest < 2))
            list[n++] = (struct draft){.status = status,
                                       .rank = rank,
                                       .place = place,
                                       .key = rest % 2 ? 2 : 0,
                                       .force = rest / 2,
                                       .always = status == KEYPIN_CRITICAL && place == 1,
                                       .seen = place == 0 ? 1 : 2};
  return n;
}

static void test_two(void **state)
{
  static struct draft list[KEYPIN_STATUSES * 8 * 4 * 4];
  size_t n = make_list(list);
  unsigned first = 0;

  (void)state;
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < n; k++) {
      struct draft two[] = {list[i], list[k]};

      for (unsigned number = first++ % 653; number < situations(); number += 653)
        compare(two, 2, number);
    }
}

/* Every two learned pins, for the changes. */
static void test_learned(void **state)
{
  static struct draft list[2 * 2 * FORCES * KEYS * 3];
  size_t n = 0;
  unsigned first = 0;

  (void)state;
  for (uint8_t i = 0; i < COUNT(list); i++)
    list[n++] = (struct draft){.status = i % 2 ? KEYPIN_ACTIVE : KEYPIN_INACTIVE,
                               .place = i / 2 % 2,
                               .force = i / 4 % FORCES,
                               .key = i / 12 % KEYS,
                               .seen = i / 36 % 3};
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < n; k++) {
      struct draft two[] = {list[i], list[k]};

      for (unsigned number = first++ % 197; number < situations(); number += 197)
        compare(two, 2, number);
    }
}

/* xorshift64 (Marsaglia 2003): the same numbers everywhere. */
static unsigned random_below(unsigned end)
{
  static uint64_t x = 88172645463325252;

  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return (unsigned)(x >> 33) % end;
}

static struct draft random_draft(void)
{
  return (struct draft){.status = (uint8_t)random_below(KEYPIN_STATUSES),
                        .rank = (uint8_t)random_below(COUNT(sources)),
                        .place = (uint8_t)random_below(COUNT(places)),
                        .force = (uint8_t)(random_below(8) < 5 ? 0 : random_below(FORCES)),
                        .key = (uint8_t)random_below(KEYS),
                        .seen = (uint8_t)random_below(3),
                        .always = (uint8_t)random_below(2)};
}

static void test_many(void **state)
{
  unsigned rounds = brief_number(600000, "rounds");

  (void)state;
  for (unsigned round = 0; round < rounds; round++) {
    struct draft drafts[8];
    size_t drawn = 3 + random_below(6);

    for (size_t i = 0; i < drawn; i++) {
      drafts[i] = random_draft();
      if (round % 2 == 0 && drafts[i].status == KEYPIN_REJECTED) /* they end too many */
        drafts[i].status = KEYPIN_CRITICAL;
      if (round % 4 == 0 && drafts[i].status == KEYPIN_OFF)
        drafts[i].status = KEYPIN_ACTIVE;
    }
    compare(drafts, drawn, random_below(situations()));
  }
}

static void test_all_came_up(void **state)
{
  (void)state;
  for (int i = 0; i < VERDICT_REASONS; i++)
    if (reasons[i] < 200)
      fail_msg("%s: %u", verdict_reason_token((enum verdict_reason)i), reasons[i]);
  for (int i = 0; i < CHANGES; i++)
    if (changes[i] < 200)
      fail_msg("%s: %u", change_token((enum change)i), changes[i]);
  for (int i = 1; i <= 7; i++)
    assert_true(rules[i] > 10000);
  assert_int_equal(rules[0], 0);
  assert_true(learned > 1000);
  assert_true(told > 1000);
  assert_true(doubts > 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing), cmocka_unit_test(test_one),
      cmocka_unit_test(test_two),     cmocka_unit_test(test_learned),
      cmocka_unit_test(test_many),    cmocka_unit_test(test_all_came_up),
  };

  return cmocka_run_group_tests(tests, set_up, tear_down);
}
