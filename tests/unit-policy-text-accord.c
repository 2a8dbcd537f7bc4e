/* What policy text accepts, the records that it was made of accept, too: random sets of records are
 * written, read again as a layer, and judged beside each other for all that a server could show.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/policy-text.h"
#include "pinning/verdict.h"
#include "policy/group.h"

#include "tests/path.h"
#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { SERVERS = 4, KEYS = SERVERS + 1, RECORDS_MAX = 6, CASES = 1500 };

static struct path paths[SERVERS]; /* of one authority */
static struct chain chains[SERVERS];

/* Records of a layer. */
struct records {
  struct keypin pins[64];
  struct verdict_entry entries[64];
  size_t count;
};

static void *random_state;

static unsigned draw(unsigned below)
{
  return (unsigned)g_rand_int_range(random_state, 0, (gint32)below);
}

static int make_paths(void **state)
{
  const struct pki_request server = {.purpose = PKI_SERVER, .name = "a.example"};

  path_make(&paths[0], &server);
  for (int i = 1; i < SERVERS; i++)
    path_make_below(&paths[i], &paths[0], &server);
  for (int i = 0; i < SERVERS; i++)
    path_read(&paths[i], PATH_SIZE, true, &chains[i]);
  random_state = g_rand_new_with_seed(20261122);
  return policies_setup(state);
}

static int free_paths(void **state)
{
  for (int i = 0; i < SERVERS; i++)
    path_free(&paths[i]);
  g_rand_free(random_state);
  return policies_teardown(state);
}

static void add(struct records *records, const struct keypin *pin, unsigned layer)
{
  for (size_t i = 0; i < records->count; i++)
    if (keypin_compare_key(&records->pins[i], pin) == 0)
      return;
  assert_true(records->count < G_N_ELEMENTS(records->pins));
  assert_null(keypin_fault(pin));
  records->pins[records->count] = *pin;
  records->pins[records->count].note = "";
  records->entries[records->count] = (struct verdict_entry){&records->pins[records->count], layer};
  records->count++;
}

/* The key of one of the servers, or of their authority. */
static void draw_key(struct keypin *pin)
{
  unsigned key = draw(KEYS);

  if (pin->kind == KEYPIN_MODE)
    return;
  if (key < SERVERS)
    path_pin(&paths[key], PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, pin);
  else
    path_pin(&paths[0], PATH_ISSUER, SELECTOR_SPKI, MATCHING_SHA256, pin);
  pin->level = draw(3) == 0 ? KEYPIN_ANY : key < SERVERS ? KEYPIN_LEAF : KEYPIN_AUTHORITY;
}

static void draw_record(const char *const *places, unsigned count, struct records *records)
{
  static const enum keypin_status statuses[] = {KEYPIN_CRITICAL, KEYPIN_CRITICAL, KEYPIN_CRITICAL,
                                                KEYPIN_ACTIVE,   KEYPIN_ACTIVE,   KEYPIN_ACTIVE,
                                                KEYPIN_REJECTED, KEYPIN_INACTIVE, KEYPIN_EXCEPTED,
                                                KEYPIN_OFF,      KEYPIN_ON};
  enum keypin_status status = statuses[draw(G_N_ELEMENTS(statuses) - (count > 1 ? 2 : 0))];
  enum keypin_kind kind = status == KEYPIN_EXCEPTED ? KEYPIN_EXCEPTION
                          : status >= KEYPIN_ON     ? KEYPIN_MODE
                                                    : KEYPIN_PIN;
  struct place place;
  struct keypin pin;

  assert_int_equal(place_read(places[draw(count)], &place), HOST_FINE);
  place.protocol = draw(3) != 0 ? PLACE_ANY_PROTOCOL : (int)draw(2);
  pin = keypin_new(&place, kind, status, (enum keypin_origin)draw(KEYPIN_POLICY));
  draw_key(&pin);
  pin.errors = kind == KEYPIN_EXCEPTION ? PKI_EXPIRED : 0;
  pin.always = draw(4) == 0;
  if (draw(5) == 0)
    pin.enforce_until = draw(2) == 0 ? 1 : POLICIES_NOW + 100 * draw(3);
  pin.report_until = draw(2) == 0 ? pin.enforce_until : KEYPIN_FOREVER;
  add(records, &pin, 0);
}

static void on_remark(size_t line, enum remark remark, const char *text, void *data)
{
  (void)line;
  (void)remark;
  g_string_append_printf(data, "%s\n", text);
}

static char *write_text(const struct records *records, bool *whole, GString *remarks)
{
  struct policy_text *text = policy_text_new(POLICIES_NOW, 0, on_remark, remarks);

  for (size_t i = 0; i < records->count; i++)
    policy_text_put(text, &records->pins[i], i + 1);
  return policy_text_end(text, whole);
}

/* As the compiler reads it: any finding is an error. */
static void read_text(struct policies *policies, const char *text, struct records *records)
{
  struct pemfiles *files = pemfiles_new(TRUST_SYSTEM);
  struct source *source = source_open(policies_write(policies, "10-test.conf", text), TRUST_SYSTEM,
                                      &policies->findings);
  struct section section;
  struct group group;

  records->count = 0;
  while (source_next(source, &section)) {
    group_init(&group);
    assert_true(group_read(&group, &section, files, POLICIES_NOW, &policies->findings));
    for (guint i = 0; i < group.records->len; i++)
      add(records, &g_array_index(group.records, struct keypin, i), 1);
    group_clear(&group);
  }
  policies_expect(policies, "");
  source_close(source);
  pemfiles_free(files);
}

/* What a server shows, and what the PKI says of it. */
struct visit {
  struct peer peer;
  unsigned server;
  enum pki_status pki;
  bool added_anchor;
};

static struct verdict judge(const struct records *records, const struct visit *visit)
{
  const struct verdict_input input = {.peer = &visit->peer,
                                      .entries = records->entries,
                                      .count = records->count,
                                      .chain = &chains[visit->server],
                                      .pki = visit->pki,
                                      .errors = visit->pki == PKI_FAILED ? PKI_EXPIRED : 0,
                                      .added_anchor = visit->added_anchor,
                                      .changes = ~0U,
                                      .now = POLICIES_NOW};
  struct verdict verdict;

  verdict_judge(&input, &verdict);
  return verdict;
}

/* What isn't refused is left to the PKI, or accepted. */
static bool refuses(const struct verdict *verdict, const struct visit *visit)
{
  if (verdict->answer == TLSPIN_MATCH || verdict->answer == TLSPIN_OPTED_OUT)
    return false;
  return visit->pki == PKI_FAILED || (verdict->answer == TLSPIN_MISMATCH && verdict->enforced);
}

/* A mismatch that is but reported hides whether an exception excuses the PKI's error. */
static bool hides(const struct verdict *verdict, const struct visit *visit)
{
  return visit->pki == PKI_FAILED && verdict->answer == TLSPIN_MISMATCH && !verdict->enforced &&
         verdict->reason != VERDICT_PKI_FAILED;
}

/* Where something had to be left out, policy may have nothing to say, but never what is wrong. */
static bool is_wider(const struct verdict *policy, const struct verdict *store,
                     const struct visit *visit, bool whole)
{
  bool accepts = whole ? !refuses(policy, visit)
                       : policy->answer == TLSPIN_MATCH || policy->reason == VERDICT_OFF;

  return accepts && refuses(store, visit);
}

static void print_records(const struct records *records)
{
  for (size_t i = 0; i < records->count; i++) {
    const struct keypin *pin = &records->pins[i];
    char place[PLACE_TEXT_SIZE], key[KEYPIN_KEY_TEXT_SIZE] = "";

    place_text(&pin->place, place);
    keypin_key_text(pin, key);
    print_message("%s %s %s %s %s %s%s %lld %lld\n", place,
                  place_protocol_token(pin->place.protocol), keypin_status_token(pin->status),
                  keypin_origin_token(pin->origin), keypin_level_token(pin->level), key,
                  pin->always ? " always" : "", (long long)pin->enforce_until,
                  (long long)pin->report_until);
  }
}

static unsigned compare(const struct records *store, const struct records *policy, bool whole,
                        const struct visit *visit, const char *text)
{
  struct verdict written = judge(policy, visit), stored = judge(store, visit);

  if (!hides(&written, visit) && !hides(&stored, visit) &&
      is_wider(&written, &stored, visit, whole)) {
    print_records(store);
    fail_msg("%s\nserver %u, %s, port %u, PKI %d, anchor %d: %s for %s", text, visit->server,
             visit->peer.host, visit->peer.port, (int)visit->pki, visit->added_anchor,
             verdict_reason_token(written.reason), verdict_reason_token(stored.reason));
  }
  return refuses(&stored, visit) ? 1 : 0;
}

/* How many of the visits are refused. */
static unsigned compare_all(const struct records *store, const struct records *policy, bool whole,
                            const char *text)
{
  static const char *const hosts[] = {"a.example", "b.example", "b.a.example"};
  unsigned refused = 0;

  for (unsigned i = 0; i < 2 * 2 * 3 * 2 * 3 * SERVERS; i++) {
    struct visit visit = {.server = i % SERVERS,
                          .pki = (enum pki_status)(i / SERVERS % 3),
                          .added_anchor = i / SERVERS / 3 % 2 != 0};

    visit.peer.protocol = i / SERVERS / 6 % 2 != 0 ? PROTOCOL_DTLS : PROTOCOL_TLS;
    visit.peer.port = i / SERVERS / 12 % 2 != 0 ? 443 : 444;
    strcpy(visit.peer.host, hosts[i / SERVERS / 24 % 3]);
    refused += compare(store, policy, whole, &visit, text);
  }
  return refused;
}

/* Sets at these places: how many of them could be written whole and refuse something. */
static unsigned try_places(struct policies *policies, const char *const *places, unsigned count,
                           bool only_whole)
{
  unsigned good = 0;

  for (unsigned i = 0; i < CASES; i++) {
    static struct records store, policy;
    g_autoptr(GString) remarks = g_string_new(NULL);
    g_autofree char *text = NULL;
    bool whole;

    store.count = 0;
    for (unsigned k = 1 + draw(RECORDS_MAX); k > 0; k--)
      draw_record(places, count, &store);
    text = write_text(&store, &whole, remarks);
    assert_true(whole || strstr(remarks->str, "no group can say") != NULL);
    read_text(policies, text, &policy);
    if ((whole || !only_whole) && compare_all(&store, &policy, whole, text) > 0 && whole)
      good++;
  }
  return good;
}

static void test_one_place(void **state)
{
  static const char *const places[][1] = {
      {"a.example"}, {"a.example:443"}, {".example"}, {"*.example"}, {"*"}};

  for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
    assert_true(try_places(*state, places[i], 1, false) > CASES / 5);
}

/* Policy knows the most specific place alone, and the records one of each origin. Without modes:
 * one of a wider place counts or not by what stands below. */
static void test_places(void **state)
{
  static const char *const places[] = {"a.example", "a.example:443", ".example",
                                       "*.example", ".example:443",  ".a.example"};

  assert_true(try_places(*state, places, G_N_ELEMENTS(places), true) > CASES / 5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_place),
      cmocka_unit_test(test_places),
  };

  return cmocka_run_group_tests(tests, make_paths, free_paths);
}
