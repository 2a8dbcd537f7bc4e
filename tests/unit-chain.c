/* What a server showed: certificates, raw keys, and what is neither.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/chain.h"

#include "pinning/digest.h"
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
  path_make(&path, &(struct pki_request){.purpose = PKI_SERVER,
                                         .name = "www.example.org",
                                         .not_before = 1700000000,
                                         .not_after = 1800000000});
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  path_free(&path);
  return 0;
}

static unsigned digests;

static bool count_digests(enum matching matching, struct span octets,
                          uint8_t digest[CHAIN_DIGEST_MAX])
{
  digests++;
  return digest_gnutls(matching, octets, digest);
}

static bool fail_digest(enum matching matching, struct span octets,
                        uint8_t digest[CHAIN_DIGEST_MAX])
{
  (void)matching;
  (void)octets;
  (void)digest;
  digests++;
  return false;
}

static void test_read(void **state)
{
  struct chain chain;

  (void)state;
  assert_int_equal(chain_read(path.certificate, PATH_SIZE, false, true, digest_gnutls, &chain),
                   CHAIN_FINE);
  assert_int_equal(chain.count, PATH_SIZE);
  assert_true(chain.path);
  assert_false(chain.raw);
  for (size_t i = 0; i < PATH_SIZE; i++) {
    assert_ptr_equal(chain.at[i].der.data, path.certificate[i].data);
    assert_true(span_equal(chain.at[i].spki, path.spki[i]));
  }
  assert_int_equal(chain_read(path.certificate, 1, false, false, digest_gnutls, &chain),
                   CHAIN_FINE);
  assert_false(chain.path);
}

static void test_raw(void **state)
{
  struct chain chain;

  (void)state;
  assert_int_equal(chain_read(path.spki, 1, true, true, digest_gnutls, &chain), CHAIN_FINE);
  assert_true(chain.raw);
  assert_false(chain.alone); /* which the reader of a chain can't see */
  assert_false(chain.path);  /* nothing above it was validated */
  assert_int_equal(chain.at[0].der.size, 0);
  assert_true(span_equal(chain.at[0].spki, path.spki[0]));
  assert_int_equal(chain_read(path.spki, 2, true, false, digest_gnutls, &chain), CHAIN_LONG);
  assert_int_equal(chain_read(path.certificate, 1, true, false, digest_gnutls, &chain),
                   CHAIN_NOT_DER);
  assert_int_equal(chain_read(path.spki, 1, false, false, digest_gnutls, &chain), CHAIN_NOT_DER);
  assert_int_equal(chain.count, 0);
}

/* What is refused leaves an empty chain, in which nothing is ever found. */
static void refused(const struct span *certificates, size_t count, enum chain_fault fault)
{
  struct chain chain;
  struct span digest;

  assert_int_equal(chain_read(certificates, count, false, true, digest_gnutls, &chain), fault);
  assert_int_equal(chain.count, 0);
  for (size_t i = 0; i < CHAIN_MAX + 2; i++)
    assert_false(chain_digest_at(&chain, i, SELECTOR_SPKI, MATCHING_SHA256, &digest));
}

static void test_refused(void **state)
{
  const struct span leaf = path.certificate[0], issuer = path.certificate[1];
  const struct span cycle[] = {leaf, issuer, path.certificate[2], issuer};
  const struct span twice[] = {leaf, leaf};
  const struct span empty[] = {leaf, {NULL, 0}};
  const struct span text[] = {leaf, {(const uint8_t *)"-----BEGIN CERTIFICATE-----", 27}};
  const struct span cut[] = {{leaf.data, leaf.size - 1}};
  struct span many[100];

  (void)state;
  for (size_t i = 0; i < 100; i++)
    many[i] = path.certificate[i % PATH_SIZE];
  refused(NULL, 0, CHAIN_EMPTY);
  refused(cycle, 4, CHAIN_TWICE);
  refused(twice, 2, CHAIN_TWICE);
  refused(empty, 2, CHAIN_NOT_DER);
  refused(text, 2, CHAIN_NOT_DER);
  refused(cut, 1, CHAIN_NOT_DER);
  refused(many, 100, CHAIN_LONG);
  refused(many, CHAIN_MAX + 1, CHAIN_LONG);
  refused(many, CHAIN_MAX, CHAIN_TWICE); /* as many as there may be: they are looked at */
}

/* The same with a copy: what counts are the octets, not where they are. */
static void test_copies(void **state)
{
  uint8_t *copy = malloc(path.certificate[0].size);
  struct span certificates[] = {path.certificate[0], {copy, path.certificate[0].size}};

  (void)state;
  assert_non_null(copy);
  memcpy(copy, path.certificate[0].data, path.certificate[0].size);
  refused(certificates, 2, CHAIN_TWICE);
  copy[certificates[1].size - 1] ^= 1; /* of the signature: another certificate */
  refused(certificates, 0, CHAIN_EMPTY);
  assert_int_equal(chain_read(certificates, 2, false, true, digest_gnutls, &(struct chain){0}),
                   CHAIN_FINE);
  free(copy);
}

static void test_large(void **state)
{
  uint8_t *octets = calloc(1, 1 << 20);

  (void)state;
  assert_non_null(octets);
  refused(&(struct span){octets, 1 << 20}, 1, CHAIN_LARGE);
  refused(&(struct span){octets, CHAIN_CERTIFICATE_MAX + 1}, 1, CHAIN_LARGE);
  refused(&(struct span){octets, CHAIN_CERTIFICATE_MAX}, 1, CHAIN_NOT_DER);
  assert_int_equal(chain_read(&(struct span){octets, CHAIN_CERTIFICATE_MAX + 1}, 1, true, false,
                              digest_gnutls, &(struct chain){0}),
                   CHAIN_LARGE);
  free(octets);
}

static void test_digests(void **state)
{
  struct chain chain;
  struct span digest, again;
  uint8_t expected[CHAIN_DIGEST_MAX];

  (void)state;
  digests = 0;
  assert_int_equal(chain_read(path.certificate, PATH_SIZE, false, true, count_digests, &chain),
                   CHAIN_FINE);
  assert_int_equal(digests, 0); /* none unasked */
  for (int m = MATCHING_SHA256; m < MATCHING_COUNT; m++)
    for (int s = 0; s < SELECTOR_COUNT; s++) {
      assert_true(chain_digest_at(&chain, 1, (enum selector)s, (enum matching)m, &digest));
      assert_true(digest_gnutls((enum matching)m,
                                s == SELECTOR_SPKI ? path.spki[1] : path.certificate[1], expected));
      assert_true(span_equal(digest, (struct span){expected, matching_size((enum matching)m)}));
      assert_true(chain_digest_at(&chain, 1, (enum selector)s, (enum matching)m, &again));
      assert_ptr_equal(again.data, digest.data);
    }
  assert_int_equal(digests, 4); /* each once */
}

static void test_digests_that_are_none(void **state)
{
  struct chain chain;
  struct span digest;

  (void)state;
  assert_int_equal(chain_read(path.certificate, 2, false, true, digest_gnutls, &chain), CHAIN_FINE);
  assert_false(chain_digest_at(&chain, 2, SELECTOR_SPKI, MATCHING_SHA256, &digest));
  assert_false(chain_digest_at(&chain, SIZE_MAX, SELECTOR_SPKI, MATCHING_SHA256, &digest));
  assert_false(chain_digest_at(&chain, 0, SELECTOR_COUNT, MATCHING_SHA256, &digest));
  assert_false(chain_digest_at(&chain, 0, (enum selector) - 1, MATCHING_SHA256, &digest));
  assert_false(chain_digest_at(&chain, 0, SELECTOR_SPKI, (enum matching)0, &digest));
  assert_false(chain_digest_at(&chain, 0, SELECTOR_SPKI, MATCHING_COUNT, &digest));
  path_read_raw(&path, &chain);
  assert_true(chain_digest_at(&chain, 0, SELECTOR_SPKI, MATCHING_SHA512, &digest));
  assert_false(chain_digest_at(&chain, 0, SELECTOR_CERTIFICATE, MATCHING_SHA256, &digest));
}

/* A digest that can't be made is asked for again, and never taken for one. */
static void test_failing_digest(void **state)
{
  struct chain chain;
  struct chain_seen seen;
  struct span digest;

  (void)state;
  digests = 0;
  assert_int_equal(chain_read(path.certificate, 2, false, true, fail_digest, &chain), CHAIN_FINE);
  assert_false(chain_digest_at(&chain, 0, SELECTOR_SPKI, MATCHING_SHA256, &digest));
  assert_false(chain_digest_at(&chain, 0, SELECTOR_SPKI, MATCHING_SHA256, &digest));
  assert_int_equal(digests, 2);
  assert_false(chain_see(&chain, &seen));
  assert_int_equal(seen.count, 0);
  assert_int_equal(chain_read(path.spki, 1, true, false, fail_digest, &chain), CHAIN_FINE);
  assert_false(chain_see(&chain, &seen));
  assert_int_equal(seen.count, 0);
}

static void check_seen(const struct chain_seen *seen, size_t index, const char *subject)
{
  uint8_t digest[CHAIN_DIGEST_MAX];

  assert_string_equal(seen->at[index].subject, subject);
  assert_true(digest_gnutls(MATCHING_SHA256, path.certificate[index], digest));
  assert_memory_equal(seen->at[index].certificate, digest, 32);
  assert_true(digest_gnutls(MATCHING_SHA256, path.spki[index], digest));
  assert_memory_equal(seen->at[index].spki, digest, 32);
}

static void test_see(void **state)
{
  struct chain chain;
  struct chain_seen seen;

  (void)state;
  path_read(&path, PATH_SIZE, true, &chain);
  assert_true(chain_see(&chain, &seen));
  assert_int_equal(seen.count, PATH_SIZE);
  assert_false(seen.raw);
  check_seen(&seen, PATH_SERVER, "www.example.org");
  check_seen(&seen, PATH_ISSUER, "Test Issuer");
  check_seen(&seen, PATH_ANCHOR, "Test Anchor");
  assert_int_equal(seen.at[0].not_before, 1700000000);
  assert_int_equal(seen.at[0].not_after, 1800000000);
}

/* What only came along, and is not known to be of the path, is not kept. */
static void test_see_no_path(void **state)
{
  struct chain chain;
  struct chain_seen seen;
  uint8_t zeros[32] = {0};

  (void)state;
  path_read(&path, PATH_SIZE, false, &chain);
  assert_true(chain_see(&chain, &seen));
  assert_int_equal(seen.count, 1);
  check_seen(&seen, 0, "www.example.org");
  path_read_raw(&path, &chain);
  assert_true(chain_see(&chain, &seen));
  assert_int_equal(seen.count, 1);
  assert_true(seen.raw);
  assert_string_equal(seen.at[0].subject, "");
  assert_memory_equal(seen.at[0].certificate, zeros, 32);
  assert_memory_not_equal(seen.at[0].spki, zeros, 32);
  assert_int_equal(seen.at[0].not_after, 0);
  chain.alone = true; /* of a certificate that isn't known: it would look as if it had none */
  assert_true(chain_see(&chain, &seen));
  assert_int_equal(seen.count, 0);
  assert_false(seen.raw);
  refused(NULL, 0, CHAIN_EMPTY);
  chain = (struct chain){.digest = digest_gnutls};
  assert_true(chain_see(&chain, &seen));
  assert_int_equal(seen.count, 0);
}

static void test_texts(void **state)
{
  (void)state;
  for (int i = CHAIN_FINE; i <= CHAIN_TWICE; i++) {
    assert_true(strlen(chain_fault_text((enum chain_fault)i)) > 10);
    for (int j = CHAIN_FINE; j < i; j++)
      assert_string_not_equal(chain_fault_text((enum chain_fault)i),
                              chain_fault_text((enum chain_fault)j));
  }
  assert_int_equal(matching_size(MATCHING_SHA256), 32);
  assert_int_equal(matching_size(MATCHING_SHA512), 64);
  assert_int_equal(matching_size((enum matching)0), 0);
  assert_int_equal(matching_size(MATCHING_COUNT), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_read),
      cmocka_unit_test(test_raw),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_copies),
      cmocka_unit_test(test_large),
      cmocka_unit_test(test_digests),
      cmocka_unit_test(test_digests_that_are_none),
      cmocka_unit_test(test_failing_digest),
      cmocka_unit_test(test_see),
      cmocka_unit_test(test_see_no_path),
      cmocka_unit_test(test_texts),
  };

  return cmocka_run_group_tests(tests, set_up, tear_down);
}
