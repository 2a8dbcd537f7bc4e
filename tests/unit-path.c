/* Tests of libclient/path.c and libclient/shown.c: which path a chain has, whatever is sent with
 * it. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/path.h"

#include "libclient/shown.h"
#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { DAY = 86400, MOST = 24, HUNDRED = 100 };

#define HOST "www.example"

static struct pki_identity root, middle, leaf, twin, cross, stranger, other_leaf;
static gnutls_certificate_credentials_t trust, both, nobody, leaf_only;

static void make(struct pki_identity *identity, const struct pki_identity *issuer,
                 enum pki_purpose purpose, const char *name, gnutls_x509_privkey_t key)
{
  pki_make(identity, issuer, &(struct pki_request){.purpose = purpose, .name = name, .key = key});
}

static gnutls_certificate_credentials_t trusting(const struct pki_identity *anchor)
{
  gnutls_certificate_credentials_t credentials;

  assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
  if (anchor != NULL)
    pki_trust(credentials, anchor);
  return credentials;
}

static int set_up(void **state)
{
  (void)state;
  make(&root, NULL, PKI_CA, "Root", NULL);
  make(&stranger, NULL, PKI_CA, "Stranger", NULL);
  make(&middle, &root, PKI_CA, "Middle", NULL);
  make(&leaf, &middle, PKI_SERVER, HOST, NULL);
  make(&other_leaf, &stranger, PKI_SERVER, HOST, NULL);
  make(&twin, &stranger, PKI_CA, "Root", root.key);      /* the root's name and key, by another */
  make(&cross, &stranger, PKI_CA, "Middle", middle.key); /* a cross-certificate */
  trust = trusting(&root);
  both = trusting(&root);
  pki_trust(both, &stranger);
  nobody = trusting(NULL);
  leaf_only = trusting(&leaf);
  return 0;
}

static int tear_down(void **state)
{
  struct pki_identity *all[] = {&root, &middle, &leaf, &twin, &cross, &stranger, &other_leaf};

  (void)state;
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    pki_free(all[i]);
  gnutls_certificate_free_credentials(trust);
  gnutls_certificate_free_credentials(both);
  gnutls_certificate_free_credentials(nobody);
  gnutls_certificate_free_credentials(leaf_only);
  return 0;
}

/* What is sent: the identities up to NULL. */
struct sent {
  gnutls_datum_t at[MOST];
  unsigned count;
};

static struct sent send_all(const struct pki_identity *const *identities)
{
  struct sent sent = {.count = 0};

  for (; identities[sent.count] != NULL; sent.count++)
    sent.at[sent.count] = pki_certificate_der(identities[sent.count]);
  return sent;
}

static void sent_free(struct sent *sent)
{
  while (sent->count > 0)
    gnutls_free(sent->at[--sent->count].data);
}

static void find(gnutls_certificate_credentials_t credentials,
                 const struct pki_identity *const *identities, const char *host, struct path *path)
{
  struct sent sent = send_all(identities);

  path_find(&(struct path_question){credentials, sent.at, sent.count, host}, path);
  sent_free(&sent);
}

static void expect_path(const struct path *path, const struct pki_identity *const *expected)
{
  struct sent wanted = send_all(expected);

  assert_int_equal(path->count, wanted.count);
  for (size_t i = 0; i < path->count; i++) {
    assert_int_equal(path->at[i].size, wanted.at[i].size);
    assert_memory_equal(path->at[i].data, wanted.at[i].data, wanted.at[i].size);
  }
  sent_free(&wanted);
}

#define IDENTITIES(...) ((const struct pki_identity *const[]){__VA_ARGS__, NULL})

/* However it is sent, and with whatever: the path is that of the PKI, with the anchor. */
static void test_one_path(void **state)
{
  const struct pki_identity *const *const ways[] = {
      IDENTITIES(&leaf, &middle),
      IDENTITIES(&leaf, &middle, &root),
      IDENTITIES(&leaf, &root, &middle),
      IDENTITIES(&leaf, &stranger, &middle),
      IDENTITIES(&leaf, &middle, &stranger),
      IDENTITIES(&leaf, &stranger, &middle, &twin),
      IDENTITIES(&leaf, &middle, &twin),
      IDENTITIES(&leaf, &middle, &twin, &root),
      IDENTITIES(&leaf, &middle, &root, &twin),
      IDENTITIES(&leaf, &middle, &twin, &stranger),
      IDENTITIES(&leaf, &middle, &middle),
  };

  (void)state;
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    struct path path;

    find(trust, ways[i], HOST, &path);
    if (path.errors != 0)
      fail_msg("way %zu: errors %x", i, path.errors);
    assert_int_equal(path.pki, PKI_OK);
    expect_path(&path, IDENTITIES(&leaf, &middle, &root));
    path_clear(&path);
    assert_int_equal(path.count, 0);
  }
}

/* Where two anchors are trusted GnuTLS chooses, and the path is the one that it chose: each of its
 * certificates issued the one before it, and the last is an anchor. */
static void test_two_ways(void **state)
{
  const struct pki_identity *const *const ways[] = {
      IDENTITIES(&leaf, &middle),
      IDENTITIES(&leaf, &cross),
      IDENTITIES(&leaf, &cross, &middle),
      IDENTITIES(&leaf, &middle, &cross, &stranger),
  };

  (void)state;
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    struct path path;
    bool by_root;

    find(both, ways[i], HOST, &path);
    assert_int_equal(path.pki, PKI_OK);
    assert_int_equal(path.count, 3);
    by_root = path.at[2].size > 0 && i != 1 &&
              memmem(path.at[2].data, path.at[2].size, "Root", 4) != NULL;
    expect_path(&path,
                by_root ? IDENTITIES(&leaf, &middle, &root) : IDENTITIES(&leaf, &cross, &stranger));
    path_clear(&path);
  }
}

/* The certificate itself is trusted, as programs have it that let their users do so. */
static void test_the_leaf_is_the_anchor(void **state)
{
  struct path path;

  (void)state;
  find(leaf_only, IDENTITIES(&leaf), HOST, &path);
  assert_int_equal(path.pki, PKI_OK);
  expect_path(&path, IDENTITIES(&leaf));
  path_clear(&path);
}

static unsigned errors_of(gnutls_certificate_credentials_t credentials,
                          const struct pki_identity *const *identities, const char *host,
                          size_t *count)
{
  struct path path;
  unsigned errors;

  find(credentials, identities, host, &path);
  assert_int_equal(path.pki, path.errors == 0 ? PKI_OK : PKI_FAILED);
  errors = path.errors;
  *count = path.count;
  path_clear(&path);
  return errors;
}

static void test_errors(void **state)
{
  size_t count;

  (void)state;
  assert_int_equal(errors_of(nobody, IDENTITIES(&leaf, &middle), HOST, &count), PKI_UNKNOWN_ISSUER);
  assert_int_equal(count, 0);
  assert_int_equal(errors_of(nobody, IDENTITIES(&root), HOST, &count) & PKI_UNKNOWN_ISSUER,
                   PKI_UNKNOWN_ISSUER);
  assert_int_equal(errors_of(trust, IDENTITIES(&other_leaf, &root), HOST, &count),
                   PKI_UNKNOWN_ISSUER);
  assert_int_equal(count, 0);
  assert_int_equal(errors_of(trust, IDENTITIES(&leaf, &middle), "else.example", &count), PKI_NAME);
  assert_int_equal(count, 3); /* the path is known for all that */
  assert_int_equal(errors_of(nobody, IDENTITIES(&leaf, &middle), "else.example", &count),
                   PKI_NAME | PKI_UNKNOWN_ISSUER);
}

static unsigned errors_of_time(const struct pki_identity *issuer, time_t from, time_t until,
                               gnutls_certificate_credentials_t credentials, size_t *count)
{
  struct pki_identity identity;
  unsigned errors;

  pki_make(&identity, issuer,
           &(struct pki_request){
               .purpose = PKI_SERVER, .name = HOST, .not_before = from, .not_after = until});
  errors = errors_of(credentials, IDENTITIES(&identity, &middle), HOST, count);
  pki_free(&identity);
  return errors;
}

static void test_dates(void **state)
{
  time_t now = time(NULL);
  size_t count;

  (void)state;
  assert_int_equal(errors_of_time(&middle, now - 2 * DAY, now - DAY, trust, &count), PKI_EXPIRED);
  assert_int_equal(count, 3);
  assert_int_equal(errors_of_time(&middle, now + DAY, now + 2 * DAY, trust, &count),
                   PKI_NOT_YET_VALID);
  assert_int_equal(count, 3);
  assert_int_equal(errors_of_time(&middle, now - 2 * DAY, now - DAY, nobody, &count),
                   PKI_EXPIRED | PKI_UNKNOWN_ISSUER);
  assert_int_equal(count, 0);
}

static void test_purpose(void **state)
{
  struct pki_identity client;
  size_t count;

  (void)state;
  make(&client, &root, PKI_CLIENT, HOST, NULL);
  assert_int_equal(errors_of(trust, IDENTITIES(&client), HOST, &count) & PKI_PURPOSE, PKI_PURPOSE);
  pki_free(&client);
}

/* A forged certificate: signed by nobody that its issuer's name belongs to. */
static void test_forged(void **state)
{
  struct pki_identity fake_root, forged;
  size_t count;
  unsigned errors;

  (void)state;
  make(&fake_root, NULL, PKI_CA, "Root", NULL);
  make(&forged, &fake_root, PKI_SERVER, HOST, NULL);
  errors = errors_of(trust, IDENTITIES(&forged), HOST, &count);
  assert_true(errors != 0);
  assert_int_equal(count, 0);
  errors = errors_of(trust, IDENTITIES(&forged, &root), HOST, &count);
  assert_true(errors != 0);
  assert_int_equal(count, 0);
  pki_free(&forged);
  pki_free(&fake_root);
}

static void test_what_can_not_be_read(void **state)
{
  gnutls_datum_t sent[MOST], junk = {(unsigned char *)(uintptr_t) "junk", 4};
  gnutls_datum_t own = pki_certificate_der(&leaf), upper = pki_certificate_der(&middle);
  struct path path;

  (void)state;
  path_find(&(struct path_question){trust, &junk, 1, HOST}, &path);
  assert_int_equal(path.pki, PKI_FAILED);
  assert_int_equal(path.errors, PKI_OTHER);
  assert_int_equal(path.count, 0);
  path_find(&(struct path_question){trust, sent, 0, HOST}, &path);
  assert_int_equal(path.errors, PKI_OTHER);
  sent[0] = own;
  sent[1] = junk;
  path_find(&(struct path_question){trust, sent, 2, HOST}, &path);
  assert_int_equal(path.errors, PKI_OTHER);
  for (size_t i = 1; i < MOST; i++)
    sent[i] = upper;
  path_find(&(struct path_question){trust, sent, CHAIN_MAX + 1, HOST}, &path);
  assert_int_equal(path.errors, PKI_OTHER);
  assert_int_equal(path.count, 0);
  gnutls_free(own.data);
  gnutls_free(upper.data);
}

static void find_by(const struct pki_identity *anchor, const struct pki_identity *const *identities,
                    struct path *path)
{
  struct sent sent = send_all(identities);
  gnutls_datum_t der = pki_certificate_der(anchor);

  path_find_by(&(struct path_question){nobody, sent.at, sent.count, HOST},
               (struct span){der.data, der.size}, path);
  gnutls_free(der.data);
  sent_free(&sent);
}

static void test_by_one_anchor(void **state)
{
  struct path path;

  (void)state;
  find_by(&root, IDENTITIES(&leaf, &middle, &root), &path);
  assert_int_equal(path.pki, PKI_OK);
  expect_path(&path, IDENTITIES(&leaf, &middle, &root));
  path_clear(&path);
  find_by(&middle, IDENTITIES(&leaf, &middle, &root), &path);
  assert_int_equal(path.pki, PKI_OK);
  expect_path(&path, IDENTITIES(&leaf, &middle));
  path_clear(&path);
  find_by(&stranger, IDENTITIES(&leaf, &middle, &stranger), &path);
  assert_int_equal(path.pki, PKI_FAILED);
  assert_int_equal(path.count, 0);
  path_find_by(&(struct path_question){nobody, NULL, 0, HOST},
               (struct span){(const uint8_t *)"x", 1}, &path);
  assert_int_equal(path.errors, PKI_OTHER);
}

/* Two authorities that certify each other. Who trusts neither has no path, also where one of them
 * vouches for itself elsewhere; who trusts one has that which ends there. */
static void test_cycle(void **state)
{
  struct pki_identity self, one, other, below;
  gnutls_certificate_credentials_t by_one;
  struct path path;
  size_t count;

  (void)state;
  make(&self, NULL, PKI_CA, "One", NULL);
  make(&other, &self, PKI_CA, "Other", NULL);
  make(&one, &other, PKI_CA, "One", self.key);
  make(&below, &one, PKI_SERVER, HOST, NULL);
  const struct pki_identity *const *const ways[] = {
      IDENTITIES(&below, &one, &other), IDENTITIES(&below, &other, &one),
      IDENTITIES(&below, &one, &other, &one, &other), IDENTITIES(&below, &one, &other, &self)};

  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    assert_int_equal(errors_of(nobody, ways[i], HOST, &count), PKI_UNKNOWN_ISSUER);
    assert_int_equal(count, 0);
    assert_int_equal(errors_of(trust, ways[i], HOST, &count), PKI_UNKNOWN_ISSUER);
    assert_int_equal(count, 0);
    find_by(&root, ways[i], &path);
    assert_int_equal(path.pki, PKI_FAILED);
    assert_int_equal(path.count, 0);
  }
  by_one = trusting(&self);
  find(by_one, ways[0], HOST, &path);
  assert_int_equal(path.pki, PKI_OK);
  expect_path(&path, IDENTITIES(&below, &self));
  path_clear(&path);
  gnutls_certificate_free_credentials(by_one);
  pki_free(&below);
  pki_free(&one);
  pki_free(&other);
  pki_free(&self);
}

/* A certificate of one megabyte, and a hundred others: GnuTLS reads them, and no key is pinned by
 * what they say. */
static void test_large_and_many(void **state)
{
  gnutls_datum_t own = pki_certificate_der(&leaf), sent[HUNDRED + 2];
  struct pki_identity large;
  struct shown shown;

  (void)state;
  pki_make(&large, &root,
           &(struct pki_request){
               .purpose = PKI_CA, .name = "Middle", .key = middle.key, .noise = 1 << 20});
  sent[0] = own;
  sent[1] = pki_certificate_der(&large);
  shown_of(sent, 2, false, &shown);
  assert_true(shown.there && shown.partly);
  assert_int_equal(shown.chain.count, 1);
  shown_find_path(&(struct path_question){trust, sent, 2, HOST}, &shown);
  assert_false(shown.chain.path);
  assert_true(shown.partly);
  shown_clear(&shown);
  shown_of(&sent[1], 1, false, &shown);
  assert_false(shown.there);
  gnutls_free(sent[1].data);
  pki_free(&large);
  for (size_t i = 1; i < HUNDRED + 2; i++) {
    const struct pki_identity *issuer = i == HUNDRED + 1 ? &root : &stranger;
    struct pki_identity extra;

    make(&extra, issuer, PKI_CA, "Middle", middle.key);
    sent[i] = pki_certificate_der(&extra);
    pki_free(&extra);
  }
  shown_of(sent, HUNDRED + 2, false, &shown);
  assert_true(shown.there && shown.partly);
  assert_int_equal(shown.chain.count, CHAIN_MAX);
  shown_find_path(&(struct path_question){trust, sent, HUNDRED + 2, HOST}, &shown);
  assert_int_equal(shown.path.pki, PKI_FAILED);
  assert_int_equal(shown.path.errors, PKI_OTHER);
  assert_false(shown.chain.path);
  shown_clear(&shown);
  for (size_t i = 1; i < HUNDRED + 2; i++)
    gnutls_free(sent[i].data);
  gnutls_free(own.data);
}

static void test_status_bits(void **state)
{
  static const struct {
    unsigned status, errors;
  } rows[] = {
      {0, 0},
      {GNUTLS_CERT_INVALID, PKI_OTHER},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_FOUND, PKI_UNKNOWN_ISSUER},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED, PKI_EXPIRED},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_NOT_ACTIVATED, PKI_NOT_YET_VALID},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_UNEXPECTED_OWNER, PKI_NAME},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_INSECURE_ALGORITHM, PKI_WEAK},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_PURPOSE_MISMATCH, PKI_PURPOSE},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_REVOKED, PKI_REVOKED},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNATURE_FAILURE, PKI_OTHER},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_CA, PKI_OTHER},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, PKI_OTHER},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, PKI_OTHER},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_MISSING_OCSP_STATUS, PKI_OTHER},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_INVALID_OCSP_STATUS, PKI_OTHER},
      {GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED | GNUTLS_CERT_SIGNATURE_FAILURE,
       PKI_EXPIRED | PKI_OTHER},
      {GNUTLS_CERT_INVALID | 1U << 31, PKI_OTHER},
  };
  gnutls_datum_t own = pki_certificate_der(&leaf), junk = {(unsigned char *)(uintptr_t) "x", 1};

  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    assert_int_equal(path_errors(&own, rows[i].status), rows[i].errors);
  assert_int_equal(path_errors(&junk, GNUTLS_CERT_EXPIRED), PKI_OTHER);
  gnutls_free(own.data);
}

/* What can't be used behind the first certificate is left out; the first must be one. */
static void test_shown(void **state)
{
  static unsigned char large[CHAIN_CERTIFICATE_MAX + 1] = {0x30};
  gnutls_datum_t own = pki_certificate_der(&leaf), upper = pki_certificate_der(&middle);
  gnutls_datum_t sent[] = {own, own, upper, {large, sizeof large}, upper, own};
  gnutls_datum_t junk = {large, 4}, key = pki_spki_der(&leaf);
  struct shown shown;

  (void)state;
  shown_of(sent, 6, false, &shown);
  assert_true(shown.there && !shown.chain.path && !shown.chain.raw);
  assert_int_equal(shown.chain.count, 2);
  shown_find_path(&(struct path_question){trust, sent, 2, HOST}, &shown);
  assert_int_equal(shown.path.pki, PKI_FAILED); /* the second is the first once more */
  assert_false(shown.chain.path);
  shown_clear(&shown);
  sent[1] = upper;
  shown_of(sent, 2, false, &shown);
  shown_find_path(&(struct path_question){trust, sent, 2, HOST}, &shown);
  assert_true(shown.chain.path);
  assert_int_equal(shown.chain.count, 3);
  shown_clear(&shown);
  sent[1] = junk; /* doesn't hide what is behind it */
  shown_of(sent, 3, false, &shown);
  assert_true(shown.there);
  assert_int_equal(shown.chain.count, 2);
  assert_true(span_equal(shown.chain.at[1].der, (struct span){upper.data, upper.size}));
  shown_clear(&shown);
  shown_of(&sent[1], 2, false, &shown); /* but the first must be one */
  assert_false(shown.there);
  shown_of(&junk, 1, false, &shown);
  assert_false(shown.there);
  shown_of(NULL, 0, false, &shown);
  assert_false(shown.there);
  shown_of(&key, 1, true, &shown);
  assert_true(shown.there && shown.chain.raw);
  shown_clear(&shown);
  shown_of(&own, 1, true, &shown);
  assert_false(shown.there);
  gnutls_free(own.data);
  gnutls_free(upper.data);
  gnutls_free(key.data);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_path),
      cmocka_unit_test(test_two_ways),
      cmocka_unit_test(test_the_leaf_is_the_anchor),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_dates),
      cmocka_unit_test(test_purpose),
      cmocka_unit_test(test_forged),
      cmocka_unit_test(test_what_can_not_be_read),
      cmocka_unit_test(test_by_one_anchor),
      cmocka_unit_test(test_cycle),
      cmocka_unit_test(test_large_and_many),
      cmocka_unit_test(test_status_bits),
      cmocka_unit_test(test_shown),
  };

  return cmocka_run_group_tests(tests, set_up, tear_down);
}
