/* The keys of PEM files.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/pemfile.h"

#include "pinning/digest.h"
#include "tests/pki.h"
#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <gnutls/abstract.h>
#include <string.h>

static struct pki_identity ca, server;

static int make_identities(void **state)
{
  (void)state;
  pki_make(&ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Test CA"});
  pki_make(&server, &ca, &(struct pki_request){.purpose = PKI_SERVER, .name = "www.example.org"});
  return 0;
}

static int free_identities(void **state)
{
  (void)state;
  pki_free(&server);
  pki_free(&ca);
  return 0;
}

static char *pem(const char *label, gnutls_datum_t der)
{
  gnutls_datum_t text;
  char *copy;

  assert_int_equal(gnutls_pem_base64_encode2(label, &der, &text), 0);
  copy = g_strndup((const char *)text.data, text.size);
  gnutls_free(text.data);
  gnutls_free(der.data);
  return copy;
}

static char *certificate_pem(const struct pki_identity *identity)
{
  return pem("CERTIFICATE", pki_certificate_der(identity));
}

static char *key_pem(const struct pki_identity *identity)
{
  return pem("PUBLIC KEY", pki_spki_der(identity));
}

static const struct pemfile_key *get(struct policies *policies, struct pemfiles *files,
                                     const char *name, size_t *count)
{
  g_autofree char *text = g_build_filename(policies->text, "10-test.conf", NULL);

  *count = 99;
  return pemfiles_get(files, name, (struct spot){g_intern_string(text), 3}, "pins",
                      &policies->findings, count);
}

/* The key must be that of the identity. */
static void expect_key(const struct pemfile_key *key, const struct pki_identity *identity)
{
  gnutls_datum_t spki = pki_spki_der(identity);
  uint8_t digest[CHAIN_DIGEST_MAX];

  assert_true(digest_gnutls(MATCHING_SHA256, (struct span){spki.data, spki.size}, digest));
  assert_memory_equal(key->digest, digest, sizeof key->digest);
  gnutls_free(spki.data);
}

/* Certificates and public keys in one file, with other text around them. */
static void test_good(void **state)
{
  struct pemfiles *files = pemfiles_new(TRUST_SYSTEM);
  g_autofree char *one = certificate_pem(&server), *two = key_pem(&server),
                  *three = certificate_pem(&ca);
  g_autofree char *text = g_strconcat("Certificate:\n", one, "text\r\n", two, three, "\n", NULL);
  const char *path = policies_write(*state, "keys.pem", text);
  const struct pemfile_key *keys;
  size_t count;

  keys = get(*state, files, "keys.pem", &count);
  assert_int_equal(count, 3);
  expect_key(&keys[0], &server);
  expect_key(&keys[1], &server);
  expect_key(&keys[2], &ca);
  assert_ptr_equal(get(*state, files, path, &count), keys); /* by its whole name, and kept */
  assert_int_equal(g_unlink(path), 0);
  assert_ptr_equal(get(*state, files, "keys.pem", &count), keys);
  policies_expect(*state, "");
  pemfiles_free(files);
}

static void expect_bad(struct policies *policies, const char *text, size_t size, const char *words)
{
  struct pemfiles *files = pemfiles_new(TRUST_SYSTEM);
  size_t count;

  policies_write_octets(policies, "keys.pem", text, size);
  policies_forget(policies);
  assert_null(get(policies, files, "keys.pem", &count));
  policies_expect(policies, "3:pem:pins");
  policies_expect_words(policies, words);
  pemfiles_free(files);
}

static void expect_bad_text(struct policies *policies, const char *text, const char *words)
{
  expect_bad(policies, text, strlen(text), words);
}

static void test_no_pem(void **state)
{
  gnutls_datum_t der = pki_certificate_der(&server);
  g_autofree char *good = certificate_pem(&server);
  g_autofree char *hidden = g_strconcat("x", good, NULL);

  expect_bad_text(*state, "", "neither a certificate nor a public key");
  expect_bad_text(*state, "hello\n", "neither a certificate nor a public key");
  expect_bad(*state, (const char *)der.data, der.size, "neither a certificate nor a public key");
  hidden[0] = '\0';
  expect_bad(*state, hidden, strlen(good) + 1, "neither a certificate nor a public key");
  gnutls_free(der.data);
}

/* One bad block, and nothing of the file is pinned. */
static void test_damaged(void **state)
{
  g_autofree char *good = certificate_pem(&server), *bad = certificate_pem(&ca);
  g_autofree char *both = NULL, *cut = NULL;

  memcpy(strchr(bad, '\n') + 1, "AAAA", 4);
  both = g_strconcat(good, bad, NULL);
  expect_bad_text(*state, both, "The 'CERTIFICATE' that begins on line");
  cut = g_strndup(good, strlen(good) - 10);
  expect_bad_text(*state, cut, "begins on line 1 of");
  expect_bad_text(*state, "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
                  "is damaged");
  expect_bad_text(*state, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
                  "is damaged");
  expect_bad_text(*state, "\n\n-----BEGIN CERTIFICATE\n", "begins on line 3 of");
}

/* A certificate under the label of a key, and the other way round. */
static void test_labels(void **state)
{
  g_autofree char *one = pem("PUBLIC KEY", pki_certificate_der(&server));
  g_autofree char *two = pem("CERTIFICATE", pki_spki_der(&server));
  g_autofree char *request = pem("CERTIFICATE REQUEST", pki_certificate_der(&server));

  expect_bad_text(*state, one, "is damaged");
  expect_bad_text(*state, two, "is damaged");
  expect_bad_text(*state, request, "begins a 'CERTIFICATE REQUEST', which can't be pinned");
}

static void test_private_key(void **state)
{
  g_autofree char *good = certificate_pem(&server);
  g_autofree char *text = g_strconcat(
      good, "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", NULL);

  expect_bad_text(*state, text, "There is a private key on line");
}

static void test_large(void **state)
{
  g_autofree char *text = g_strnfill(PEMFILE_MAX + 1, '\n');

  expect_bad(*state, text, PEMFILE_MAX + 1, "is larger than");
}

static void test_unreadable(void **state)
{
  struct pemfiles *files = pemfiles_new(TRUST_SYSTEM);
  g_autofree char *text = certificate_pem(&server);
  const char *path = policies_write(*state, "keys.pem", text);
  size_t count;

  assert_null(get(*state, files, "none.pem", &count));
  policies_expect(*state, "3:file:pins");
  policies_expect_words(*state, "/policy.d/none.pem can't be read");
  policies_forget(*state);
  assert_null(get(*state, files, ".", &count));
  policies_expect_words(*state, "is not a regular file");
  assert_int_equal(g_chmod(path, 0666), 0);
  policies_forget(*state);
  assert_null(get(*state, files, "keys.pem", &count));
  policies_expect(*state, "3:file:pins");
  pemfiles_free(files);
  /* Anyone's text may name anyone's file. */
  files = pemfiles_new(TRUST_ANYONE);
  policies_forget(*state);
  assert_non_null(get(*state, files, "keys.pem", &count));
  assert_int_equal(count, 1);
  policies_expect(*state, "3:owner:pins");
  pemfiles_free(files);
  pemfiles_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_good),        TEST(test_no_pem), TEST(test_damaged),    TEST(test_labels),
      TEST(test_private_key), TEST(test_large),  TEST(test_unreadable),
  };

  return cmocka_run_group_tests(tests, make_identities, free_identities);
}
