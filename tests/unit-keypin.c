/* Records of key pins: validity, order, force, and how a chain matches them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/keypin.h"

#include "tests/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct path path;

static int set_up(void **state)
{
  (void)state;
  path_make(&path, NULL);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  path_free(&path);
  return 0;
}

static const struct place place = {
    .host = "example.com", .scope = SCOPE_EXACT, .protocol = PROTOCOL_TLS, .port = 443};

static struct keypin some_pin(void)
{
  return keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_USER);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static bool no_memory;

void *__wrap_malloc(size_t size)
{
  return no_memory ? NULL : __real_malloc(size);
}

/* Every token, there and back; what is none leaves the value alone. */
#define CHECK_TOKENS(type, count, name)                                                            \
  do {                                                                                             \
    type found = (type)0;                                                                          \
    for (unsigned i = 0; i < (unsigned)(count); i++) {                                             \
      assert_true(name##_from_token(name##_token((type)i), &found));                               \
      assert_int_equal(found, i);                                                                  \
    }                                                                                              \
    assert_false(name##_from_token("", &found));                                                   \
    assert_false(name##_from_token("nothing", &found));                                            \
    assert_int_equal(found, (count)-1);                                                            \
  } while (0)

static void test_tokens(void **state)
{
  (void)state;
  CHECK_TOKENS(enum keypin_kind, KEYPIN_KINDS, keypin_kind);
  CHECK_TOKENS(enum keypin_status, KEYPIN_STATUSES, keypin_status);
  CHECK_TOKENS(enum keypin_origin, KEYPIN_ORIGINS, keypin_origin);
  CHECK_TOKENS(enum keypin_level, KEYPIN_LEVELS, keypin_level);
  assert_string_equal(keypin_kind_token(KEYPIN_EXCEPTION), "exception");
  assert_string_equal(keypin_status_token(KEYPIN_EXCEPTED), "excepted");
  assert_string_equal(keypin_origin_token(KEYPIN_PROGRAM), "program");
  assert_string_equal(keypin_level_token(KEYPIN_AUTHORITY), "authority");
}

static void test_error_tokens(void **state)
{
  static const char *const tokens[PKI_ERRORS] = {
      "unknown-issuer", "expired", "not-yet-valid", "name", "weak", "purpose", "revoked", "other"};
  enum pki_error error = PKI_OTHER;

  (void)state;
  for (unsigned bit = 0; bit < PKI_ERRORS; bit++) {
    assert_string_equal(pki_error_token((enum pki_error)(1u << bit)), tokens[bit]);
    assert_true(pki_error_from_token(tokens[bit], &error));
    assert_int_equal(error, 1 << bit);
  }
  assert_false(pki_error_from_token("", &error));
  assert_false(pki_error_from_token("Expired", &error));
  assert_int_equal(error, PKI_OTHER);
  assert_int_equal(PKI_EXCUSABLE & (PKI_REVOKED | PKI_OTHER), 0);
}

static void test_new(void **state)
{
  struct keypin pin = some_pin();

  (void)state;
  assert_true(keypin_is_valid(&pin));
  assert_int_equal(place_compare(&pin.place, &place), 0);
  assert_string_equal(pin.place.host, place.host);
  assert_int_equal(pin.enforce_until, KEYPIN_FOREVER);
  assert_int_equal(pin.report_until, KEYPIN_FOREVER);
  assert_int_equal(pin.first_seen, 0);
  assert_int_equal(pin.last_seen, 0);
  assert_int_equal(pin.count_seen, 0);
  assert_string_equal(pin.note, "");
  assert_int_equal(pin.seen.size, 0);
  assert_null(pin.owned);
  assert_false(pin.locked || pin.always);
}

/* Which statuses go with which kind. */
static void test_kinds(void **state)
{
  static const bool fits[KEYPIN_KINDS][KEYPIN_STATUSES] = {
      [KEYPIN_PIN] = {true, true, true, true, false, false, false},
      [KEYPIN_EXCEPTION] = {false, false, false, false, true, false, false},
      [KEYPIN_MODE] = {false, false, false, false, false, true, true},
  };

  (void)state;
  for (int kind = -1; kind <= KEYPIN_KINDS; kind++)
    for (int status = -1; status <= KEYPIN_STATUSES; status++) {
      struct keypin pin =
          keypin_new(&place, (enum keypin_kind)kind, (enum keypin_status)status, KEYPIN_USER);
      bool inside = kind >= 0 && kind < KEYPIN_KINDS && status >= 0 && status < KEYPIN_STATUSES;

      pin.errors = kind == KEYPIN_EXCEPTION ? PKI_EXPIRED : 0;
      assert_int_equal(keypin_is_valid(&pin), inside && fits[kind][status]);
    }
}

static void test_errors(void **state)
{
  struct keypin pin = some_pin();

  (void)state;
  pin.errors = PKI_EXPIRED;
  assert_false(keypin_is_valid(&pin)); /* no exception */
  pin.kind = KEYPIN_EXCEPTION;
  pin.status = KEYPIN_EXCEPTED;
  for (unsigned errors = 0; errors < 512; errors++) {
    pin.errors = errors;
    assert_int_equal(keypin_is_valid(&pin), errors >= 1 && errors <= 63);
  }
}

static void test_modes(void **state)
{
  struct keypin mode = keypin_new(&place, KEYPIN_MODE, KEYPIN_OFF, KEYPIN_USER), other = mode;

  (void)state;
  assert_true(keypin_is_valid(&mode));
  other.level = KEYPIN_ANY;
  assert_false(keypin_is_valid(&other));
  other = mode;
  other.selector = SELECTOR_CERTIFICATE;
  assert_false(keypin_is_valid(&other));
  other = mode;
  other.matching = MATCHING_SHA512;
  assert_false(keypin_is_valid(&other));
  other = mode;
  other.digest[31] = 1;
  assert_false(keypin_is_valid(&other));
}

static void test_ranges(void **state)
{
  struct keypin pin = some_pin();

  (void)state;
  pin.place.host[0] = '\0';
  assert_false(keypin_is_valid(&pin));
  pin = some_pin();
  pin.origin = KEYPIN_ORIGINS;
  assert_false(keypin_is_valid(&pin));
  pin = some_pin();
  pin.level = KEYPIN_LEVELS;
  assert_false(keypin_is_valid(&pin));
  pin = some_pin();
  pin.selector = SELECTOR_COUNT;
  assert_false(keypin_is_valid(&pin));
  for (int matching = -1; matching < 5; matching++) {
    pin = some_pin();
    pin.matching = (enum matching)matching;
    assert_int_equal(keypin_is_valid(&pin), matching == 1 || matching == 2);
  }
  pin = some_pin();
  pin.count_seen = INT64_MAX;
  assert_true(keypin_is_valid(&pin));
  pin.count_seen++;
  assert_false(keypin_is_valid(&pin));
  pin = some_pin();
  pin.seen.size = CHAIN_SEEN_MAX;
  assert_true(keypin_is_valid(&pin));
  pin.seen.size = CHAIN_SEEN_MAX + 1;
  assert_false(keypin_is_valid(&pin));
}

static void test_times(void **state)
{
  struct keypin pin = some_pin();
  int64_t *const times[] = {&pin.enforce_until, &pin.report_until, &pin.first_seen, &pin.last_seen};

  (void)state;
  for (size_t i = 0; i < 4; i++) {
    pin = some_pin();
    *times[i] = -1;
    assert_false(keypin_is_valid(&pin));
    *times[i] = KEYPIN_FOREVER + 1;
    assert_false(keypin_is_valid(&pin));
    *times[i] = KEYPIN_FOREVER;
    assert_true(keypin_is_valid(&pin));
  }
  pin = some_pin();
  pin.enforce_until = 1000;
  pin.report_until = 1000;
  assert_true(keypin_is_valid(&pin));
  pin.report_until = 999;
  assert_false(keypin_is_valid(&pin));
  pin.enforce_until = 0; /* report only */
  assert_true(keypin_is_valid(&pin));
}

static void test_notes(void **state)
{
  char note[KEYPIN_NOTE_MAX + 2];
  struct keypin pin = some_pin();

  (void)state;
  memset(note, 'x', sizeof note);
  note[KEYPIN_NOTE_MAX] = '\0';
  pin.note = note;
  assert_true(keypin_is_valid(&pin));
  note[KEYPIN_NOTE_MAX] = 'x';
  note[KEYPIN_NOTE_MAX + 1] = '\0';
  assert_false(keypin_is_valid(&pin));
  pin.note = "Gr\xc3\xbc\xc3\x9f"
             "e";
  assert_true(keypin_is_valid(&pin));
  pin.note = "a\nb";
  assert_false(keypin_is_valid(&pin));
  pin.note = "\xc3";
  assert_false(keypin_is_valid(&pin));
  pin.note = NULL;
  assert_false(keypin_is_valid(&pin));
}

enum { KEY_FIELDS = 10 };

/* Makes one field of the table's key greater; words go by the alphabet. */
static void raise_field(struct keypin *pin, int field)
{
  switch (field) {
  case 0:
    strcpy(pin->place.host, "example.org");
    break;
  case 1:
    pin->place.scope = SCOPE_ONE_LABEL;
    break;
  case 2:
    pin->place.protocol = PROTOCOL_TLS;
    break;
  case 3:
    pin->place.port = 444;
    break;
  case 4:
    pin->kind = KEYPIN_PIN;
    break;
  case 5:
    pin->origin = KEYPIN_USER;
    break;
  case 6:
    pin->level = KEYPIN_LEAF;
    break;
  case 7:
    pin->selector = SELECTOR_SPKI;
    break;
  case 8:
    pin->matching = MATCHING_SHA512;
    break;
  default:
    pin->digest[31] = 1;
    break;
  }
}

/* Each field counts more than all behind it together. */
static void test_order(void **state)
{
  struct keypin least = keypin_new(&place, KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, KEYPIN_HPKP);

  (void)state;
  least.place.protocol = PROTOCOL_DTLS;
  least.level = KEYPIN_ANCHOR;
  least.selector = SELECTOR_CERTIFICATE;
  for (int field = 0; field < KEY_FIELDS; field++) {
    struct keypin low = least, high = least;

    assert_int_equal(keypin_compare_key(&low, &high), 0);
    raise_field(&high, field);
    for (int behind = field + 1; behind < KEY_FIELDS; behind++)
      raise_field(&low, behind);
    assert_true(keypin_compare_key(&low, &high) < 0);
    assert_true(keypin_compare_key(&high, &low) > 0);
  }
}

/* Only what is in the key counts. */
static void test_same_key(void **state)
{
  struct keypin a = some_pin(), b = a;

  (void)state;
  b.status = KEYPIN_CRITICAL;
  b.locked = b.always = true;
  b.enforce_until = 0;
  b.note = "another";
  b.count_seen = 7;
  b.digest[32] = 1; /* behind a SHA-256 */
  assert_int_equal(keypin_compare_key(&a, &b), 0);
  a.matching = b.matching = MATCHING_SHA512;
  assert_true(keypin_compare_key(&a, &b) < 0);
  a.place.protocol = PLACE_ANY_PROTOCOL;
  assert_true(keypin_compare_key(&a, &b) < 0);
}

static void test_own(void **state)
{
  char note[] = "note";
  uint8_t seen[] = {1, 2, 3};
  struct keypin pin = some_pin();

  (void)state;
  pin.note = note;
  pin.seen = (struct span){seen, sizeof seen};
  assert_true(keypin_own(&pin));
  note[0] = 'x';
  seen[0] = 9;
  assert_string_equal(pin.note, "note");
  assert_memory_equal(pin.seen.data, "\1\2\3", 3);
  assert_true(keypin_own(&pin)); /* what it owns already */
  assert_string_equal(pin.note, "note");
  assert_int_equal(pin.seen.size, 3);
  keypin_clear(&pin);
  assert_string_equal(pin.note, "");
  assert_int_equal(pin.seen.size, 0);
  assert_null(pin.owned);
  keypin_clear(&pin);
  assert_true(keypin_own(&pin)); /* and of nothing */
  assert_string_equal(pin.note, "");
  keypin_clear(&pin);
}

/* Without memory the record stays as it is. */
static void test_own_without_memory(void **state)
{
  char note[] = "note";
  struct keypin pin = some_pin();

  (void)state;
  pin.note = note;
  no_memory = true;
  assert_false(keypin_own(&pin));
  no_memory = false;
  assert_ptr_equal(pin.note, note);
  assert_null(pin.owned);
}

static void test_force(void **state)
{
  static const struct {
    int64_t enforce_until, report_until, now;
    enum keypin_force force;
  } cases[] = {
      {KEYPIN_FOREVER, KEYPIN_FOREVER, 0, KEYPIN_ENFORCED},
      {KEYPIN_FOREVER, KEYPIN_FOREVER, KEYPIN_FOREVER, KEYPIN_ENFORCED}, /* no end is none */
      {KEYPIN_FOREVER, KEYPIN_FOREVER, INT64_MAX, KEYPIN_ENFORCED},
      {0, KEYPIN_FOREVER, 0, KEYPIN_REPORTED},
      {0, KEYPIN_FOREVER, INT64_MAX, KEYPIN_REPORTED},
      {1000, 1000, 999, KEYPIN_ENFORCED},
      {1000, 1000, 1000, KEYPIN_EXPIRED},
      {1000, 2000, 999, KEYPIN_ENFORCED},
      {1000, 2000, 1000, KEYPIN_REPORTED},
      {1000, 2000, 1999, KEYPIN_REPORTED},
      {1000, 2000, 2000, KEYPIN_EXPIRED},
      {0, 0, 0, KEYPIN_EXPIRED},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct keypin pin = some_pin();

    pin.enforce_until = cases[i].enforce_until;
    pin.report_until = cases[i].report_until;
    assert_int_equal(keypin_force(&pin, cases[i].now), cases[i].force);
  }
}

/* What a pin of the level says of a chain, by the index of the certificate that holds its key:
 * M matches, D differs, U unknown. The last column is a key that is nowhere. */
static void check_levels(struct chain *chain, const char *const expected[KEYPIN_LEVELS])
{
  for (int level = 0; level < KEYPIN_LEVELS; level++)
    for (size_t index = 0; index <= PATH_SIZE; index++)
      for (int form = 0; form < 4; form++) {
        struct keypin pin = some_pin();
        enum keypin_match match;

        pin.level = (enum keypin_level)level;
        path_pin(&path, index < PATH_SIZE ? index : 0, (enum selector)(form & 1),
                 form & 2 ? MATCHING_SHA512 : MATCHING_SHA256, &pin);
        pin.digest[matching_size(pin.matching) - 1] ^= index == PATH_SIZE;
        match = keypin_match(&pin, chain);
        if ("MDU"[match] != expected[level][index])
          fail_msg("%s, %zu: %c", keypin_level_token((enum keypin_level)level), index,
                   "MDU"[match]);
      }
}

static void test_match_path(void **state)
{
  struct chain chain;

  (void)state;
  path_read(&path, PATH_SIZE, true, &chain);
  check_levels(&chain, (const char *[]){[KEYPIN_LEAF] = "MDDD",
                                        [KEYPIN_ISSUER] = "DMDD",
                                        [KEYPIN_ANCHOR] = "DDMD",
                                        [KEYPIN_AUTHORITY] = "DMMD",
                                        [KEYPIN_ANY] = "MMMD"});
}

/* What was sent, but not validated: only the first certificate counts, and of the rest nothing is
 * known, be the key there or not. */
static void test_match_no_path(void **state)
{
  struct chain chain;

  (void)state;
  path_read(&path, PATH_SIZE, false, &chain);
  check_levels(&chain, (const char *[]){[KEYPIN_LEAF] = "MDDD",
                                        [KEYPIN_ISSUER] = "UUUU",
                                        [KEYPIN_ANCHOR] = "UUUU",
                                        [KEYPIN_AUTHORITY] = "UUUU",
                                        [KEYPIN_ANY] = "MUUU"});
}

/* Paths of two (the issuer is the anchor) and of one (the server's certificate is trusted). */
static void test_match_short_paths(void **state)
{
  struct chain chain;

  (void)state;
  path_read(&path, 2, true, &chain);
  check_levels(&chain, (const char *[]){[KEYPIN_LEAF] = "MDDD",
                                        [KEYPIN_ISSUER] = "DMDD",
                                        [KEYPIN_ANCHOR] = "DMDD",
                                        [KEYPIN_AUTHORITY] = "DMDD",
                                        [KEYPIN_ANY] = "MMDD"});
  path_read(&path, 1, true, &chain);
  check_levels(&chain, (const char *[]){[KEYPIN_LEAF] = "MDDD",
                                        [KEYPIN_ISSUER] = "DDDD",
                                        [KEYPIN_ANCHOR] = "MDDD",
                                        [KEYPIN_AUTHORITY] = "DDDD",
                                        [KEYPIN_ANY] = "MDDD"});
}

/* A bare key is known to have nothing above it, and no certificate. */
static void test_match_raw(void **state)
{
  struct chain chain;

  (void)state;
  path_read_raw(&path, &chain);
  for (int level = 0; level < KEYPIN_LEVELS; level++) {
    struct keypin pin = some_pin();
    bool there = level == KEYPIN_LEAF || level == KEYPIN_ANY;

    pin.level = (enum keypin_level)level;
    path_pin(&path, 0, SELECTOR_SPKI, MATCHING_SHA256, &pin);
    assert_int_equal(keypin_match(&pin, &chain), there ? KEYPIN_MATCHES : KEYPIN_DIFFERS);
    pin.digest[0] ^= 1;
    assert_int_equal(keypin_match(&pin, &chain), KEYPIN_DIFFERS);
    path_pin(&path, 0, SELECTOR_CERTIFICATE, MATCHING_SHA256, &pin);
    assert_int_equal(keypin_match(&pin, &chain), KEYPIN_DIFFERS);
  }
}

/* Of a key alone the certificate is not known, nor what is above it; but it is the server's own. */
static void test_match_key_alone(void **state)
{
  struct chain chain;

  (void)state;
  path_read_raw(&path, &chain);
  chain.alone = true;
  for (int level = 0; level < KEYPIN_LEVELS; level++) {
    struct keypin pin = some_pin();
    bool own = level == KEYPIN_LEAF, there = own || level == KEYPIN_ANY;

    pin.level = (enum keypin_level)level;
    path_pin(&path, 0, SELECTOR_SPKI, MATCHING_SHA512, &pin);
    assert_int_equal(keypin_match(&pin, &chain), there ? KEYPIN_MATCHES : KEYPIN_UNKNOWN);
    pin.digest[63] ^= 1;
    assert_int_equal(keypin_match(&pin, &chain), own ? KEYPIN_DIFFERS : KEYPIN_UNKNOWN);
    path_pin(&path, 0, SELECTOR_CERTIFICATE, MATCHING_SHA256, &pin);
    assert_int_equal(keypin_match(&pin, &chain), KEYPIN_UNKNOWN);
  }
}

/* A rejected key is found wherever it is, in what was only sent, too. */
static void test_match_rejected(void **state)
{
  (void)state;
  for (int validated = 0; validated < 2; validated++)
    for (size_t index = 0; index < PATH_SIZE; index++)
      for (int level = 0; level < KEYPIN_LEVELS; level++) {
        struct keypin pin = some_pin();
        struct chain chain;

        path_read(&path, PATH_SIZE, validated, &chain);
        pin.status = KEYPIN_REJECTED;
        pin.level = (enum keypin_level)level;
        path_pin(&path, index, SELECTOR_SPKI, MATCHING_SHA256, &pin);
        assert_int_equal(keypin_match(&pin, &chain), KEYPIN_MATCHES);
      }
}

static void test_match_rejected_elsewhere(void **state)
{
  struct keypin pin = some_pin();
  struct chain chain;

  (void)state;
  pin.status = KEYPIN_REJECTED;
  path_pin(&path, PATH_ANCHOR, SELECTOR_SPKI, MATCHING_SHA256, &pin);
  path_read(&path, 2, false, &chain);
  assert_int_equal(keypin_match(&pin, &chain), KEYPIN_DIFFERS);
  path_read_raw(&path, &chain);
  assert_int_equal(keypin_match(&pin, &chain), KEYPIN_DIFFERS);
  path_pin(&path, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &pin);
  assert_int_equal(keypin_match(&pin, &chain), KEYPIN_MATCHES);
}

/* As with a chain without its path: what was not shown is not searched, at whatever level. */
static void test_match_rejected_in_key_alone(void **state)
{
  struct chain chain;

  (void)state;
  path_read_raw(&path, &chain);
  chain.alone = true;
  for (int level = 0; level < KEYPIN_LEVELS; level++)
    for (size_t index = 0; index < PATH_SIZE; index++) {
      struct keypin pin = some_pin();

      pin.status = KEYPIN_REJECTED;
      pin.level = (enum keypin_level)level;
      path_pin(&path, index, SELECTOR_SPKI, MATCHING_SHA256, &pin);
      assert_int_equal(keypin_match(&pin, &chain), index == 0 ? KEYPIN_MATCHES : KEYPIN_DIFFERS);
      path_pin(&path, index, SELECTOR_CERTIFICATE, MATCHING_SHA256, &pin);
      assert_int_equal(keypin_match(&pin, &chain), KEYPIN_DIFFERS);
    }
}

static bool no_digest(enum matching matching, struct span octets, uint8_t digest[CHAIN_DIGEST_MAX])
{
  (void)octets;
  (void)digest;
  return matching == MATCHING_COUNT;
}

/* Where no digest can be made nothing is known; a match is never said. */
static void test_match_no_digest(void **state)
{
  struct keypin pin = some_pin();
  struct chain chain;

  (void)state;
  path_pin(&path, 0, SELECTOR_SPKI, MATCHING_SHA256, &pin);
  path_read(&path, PATH_SIZE, true, &chain);
  chain.digest = no_digest;
  assert_int_equal(keypin_match(&pin, &chain), KEYPIN_UNKNOWN);
  pin.status = KEYPIN_REJECTED;
  assert_int_equal(keypin_match(&pin, &chain), KEYPIN_UNKNOWN);
  pin.level = KEYPIN_ANY;
  pin.status = KEYPIN_CRITICAL;
  assert_int_equal(keypin_match(&pin, &chain), KEYPIN_UNKNOWN);
}

static void test_match_nothing(void **state)
{
  struct keypin mode = keypin_new(&place, KEYPIN_MODE, KEYPIN_OFF, KEYPIN_USER);
  struct keypin pin = some_pin();
  struct chain chain;

  (void)state;
  path_read(&path, PATH_SIZE, true, &chain);
  path_pin(&path, 0, SELECTOR_SPKI, MATCHING_SHA256, &mode);
  assert_int_equal(keypin_match(&mode, &chain), KEYPIN_DIFFERS); /* a mode has no key */
  path_pin(&path, 0, SELECTOR_SPKI, MATCHING_SHA256, &pin);
  chain.count = 0;
  for (int level = 0; level < KEYPIN_LEVELS; level++) {
    pin.level = (enum keypin_level)level;
    assert_int_not_equal(keypin_match(&pin, &chain), KEYPIN_MATCHES);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tokens),
      cmocka_unit_test(test_error_tokens),
      cmocka_unit_test(test_new),
      cmocka_unit_test(test_kinds),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_modes),
      cmocka_unit_test(test_ranges),
      cmocka_unit_test(test_times),
      cmocka_unit_test(test_notes),
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_same_key),
      cmocka_unit_test(test_own),
      cmocka_unit_test(test_own_without_memory),
      cmocka_unit_test(test_force),
      cmocka_unit_test(test_match_path),
      cmocka_unit_test(test_match_no_path),
      cmocka_unit_test(test_match_short_paths),
      cmocka_unit_test(test_match_raw),
      cmocka_unit_test(test_match_key_alone),
      cmocka_unit_test(test_match_rejected),
      cmocka_unit_test(test_match_rejected_elsewhere),
      cmocka_unit_test(test_match_rejected_in_key_alone),
      cmocka_unit_test(test_match_no_digest),
      cmocka_unit_test(test_match_nothing),
  };

  return cmocka_run_group_tests(tests, set_up, tear_down);
}
