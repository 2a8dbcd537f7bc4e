/* How a chain matches key pins.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/keypin.h"

#include "tests/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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
