/* Tests of libclient/examine.c: certificates from anywhere, judged by the PKI.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/tlspin-gnutls.h"

#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 86400, MOST = 24 };

#define HOST "www.example"

static struct pki_identity root, middle, leaf, old, stranger, self;
static gnutls_certificate_credentials_t trust;

static int set_up(void **state)
{
  time_t now = time(NULL);

  (void)state;
  pki_make(&root, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Root"});
  pki_make(&middle, &root, &(struct pki_request){.purpose = PKI_CA, .name = "Middle"});
  pki_make(&leaf, &middle, &(struct pki_request){.purpose = PKI_SERVER, .name = HOST});
  pki_make(&old, &middle,
           &(struct pki_request){.purpose = PKI_SERVER,
                                 .name = HOST,
                                 .not_before = now - 9 * DAY,
                                 .not_after = now - DAY});
  pki_make(&stranger, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Stranger"});
  pki_make(&self, NULL, &(struct pki_request){.purpose = PKI_SERVER, .name = HOST});
  if (gnutls_certificate_allocate_credentials(&trust) < 0)
    return -1;
  pki_trust(trust, &root);
  return 0;
}

static int tear_down(void **state)
{
  struct pki_identity *all[] = {&root, &middle, &leaf, &old, &stranger, &self};

  (void)state;
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    pki_free(all[i]);
  gnutls_certificate_free_credentials(trust);
  return 0;
}

static bool is(const struct tlspin_octets *octets, const struct pki_identity *identity)
{
  gnutls_datum_t der = pki_certificate_der(identity);
  bool same = octets->size == der.size && memcmp(octets->data, der.data, der.size) == 0;

  gnutls_free(der.data);
  return same;
}

/* What came is freed before the result is looked at: it was copied. */
static tlspin_gnutls_shown_t *examine(const struct pki_identity *const *sent, const char *host)
{
  gnutls_datum_t certificates[MOST] = {{NULL, 0}};
  tlspin_gnutls_shown_t *shown = NULL;
  unsigned count = 0;

  for (; sent[count] != NULL; count++)
    certificates[count] = pki_certificate_der(sent[count]);
  assert_int_equal(tlspin_gnutls_examine(trust, certificates, count, host, &shown), TLSPIN_OK);
  assert_non_null(shown);
  while (count > 0) {
    count--;
    memset(certificates[count].data, 0, certificates[count].size);
    gnutls_free(certificates[count].data);
  }
  return shown;
}

static void assert_path(const struct pki_identity *const *sent, const char *host, unsigned errors,
                        const struct pki_identity *const *path)
{
  tlspin_gnutls_shown_t *shown = examine(sent, host);
  const struct tlspin_check *check = tlspin_gnutls_shown_check(shown);
  size_t count = 0;

  assert_int_equal(check->pki, errors == 0 ? TLSPIN_PKI_OK : TLSPIN_PKI_FAILED);
  assert_int_equal(check->errors, errors);
  assert_int_equal(check->flags, TLSPIN_CHECK_PATH);
  for (; path[count] != NULL; count++)
    assert_true(count < check->chain_size && is(&check->chain[count], path[count]));
  assert_int_equal(check->chain_size, count);
  for (count = 0; sent[count] != NULL; count++)
    assert_true(count < check->served_size && is(&check->served[count], sent[count]));
  assert_int_equal(check->served_size, count);
  tlspin_gnutls_shown_free(shown);
}

#define CHAIN(...) ((const struct pki_identity *[]){__VA_ARGS__, NULL})

/* The path ends in the anchor, be that sent or not; and what doesn't belong to it is gone. What was
 * sent stands beside it, just so. */
static void test_path(void **state)
{
  (void)state;
  assert_path(CHAIN(&leaf, &middle), HOST, 0, CHAIN(&leaf, &middle, &root));
  assert_path(CHAIN(&leaf, &middle, &root), HOST, 0, CHAIN(&leaf, &middle, &root));
  assert_path(CHAIN(&leaf, &middle, &stranger), HOST, 0, CHAIN(&leaf, &middle, &root));
  assert_path(CHAIN(&leaf, &middle), "WWW.Example.", 0, CHAIN(&leaf, &middle, &root));
}

/* Names and dates don't hide a path. */
static void test_failed_path(void **state)
{
  (void)state;
  assert_path(CHAIN(&old, &middle), HOST, TLSPIN_PKI_EXPIRED, CHAIN(&old, &middle, &root));
  assert_path(CHAIN(&leaf, &middle), "other.example", TLSPIN_PKI_NAME,
              CHAIN(&leaf, &middle, &root));
}

/* Without a path only the server's own certificate is known to count. */
static void test_no_path(void **state)
{
  const struct pki_identity *const *const sent[] = {CHAIN(&self), CHAIN(&leaf),
                                                    CHAIN(&self, &root)};

  (void)state;
  for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
    tlspin_gnutls_shown_t *shown = examine(sent[i], HOST);
    const struct tlspin_check *check = tlspin_gnutls_shown_check(shown);

    assert_int_equal(check->pki, TLSPIN_PKI_FAILED);
    assert_int_equal(check->errors, TLSPIN_PKI_UNKNOWN_ISSUER);
    assert_int_equal(check->flags & TLSPIN_CHECK_PATH, 0);
    assert_true(is(&check->chain[0], sent[i][0]));
    tlspin_gnutls_shown_free(shown);
  }
}

/* The PKI sees more than a chain may have: it says no, and that is all. */
static void test_many(void **state)
{
  const struct pki_identity *sent[MOST] = {&leaf};
  tlspin_gnutls_shown_t *shown;
  const struct tlspin_check *check;

  (void)state;
  for (size_t i = 1; i < MOST - 1; i++)
    sent[i] = &stranger;
  shown = examine(sent, HOST);
  check = tlspin_gnutls_shown_check(shown);
  assert_int_equal(check->pki, TLSPIN_PKI_FAILED);
  assert_true(check->chain_size >= 1 && check->chain_size <= 16);
  assert_true(is(&check->chain[0], &leaf));
  tlspin_gnutls_shown_free(shown);
}

/* Two authorities that certify each other, and nobody trusts. */
static void test_cycle(void **state)
{
  struct pki_identity self_made, one, other, below;
  tlspin_gnutls_shown_t *shown;
  const struct tlspin_check *check;

  (void)state;
  pki_make(&self_made, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "One"});
  pki_make(&other, &self_made, &(struct pki_request){.purpose = PKI_CA, .name = "Other"});
  pki_make(&one, &other,
           &(struct pki_request){.purpose = PKI_CA, .name = "One", .key = self_made.key});
  pki_make(&below, &one, &(struct pki_request){.purpose = PKI_SERVER, .name = HOST});
  shown = examine(CHAIN(&below, &one, &other, &one), HOST);
  check = tlspin_gnutls_shown_check(shown);
  assert_int_equal(check->pki, TLSPIN_PKI_FAILED);
  assert_int_equal(check->errors, TLSPIN_PKI_UNKNOWN_ISSUER);
  assert_int_equal(check->flags & TLSPIN_CHECK_PATH, 0);
  assert_int_equal(check->chain_size, 3); /* each once */
  assert_true(is(&check->chain[0], &below));
  tlspin_gnutls_shown_free(shown);
  pki_free(&below);
  pki_free(&one);
  pki_free(&other);
  pki_free(&self_made);
}

static void assert_refused(gnutls_certificate_credentials_t credentials,
                           const gnutls_datum_t *certificates, unsigned count, const char *host)
{
  tlspin_gnutls_shown_t *shown = (tlspin_gnutls_shown_t *)&shown;

  assert_int_equal(tlspin_gnutls_examine(credentials, certificates, count, host, &shown),
                   TLSPIN_E_ARGUMENT);
  assert_null(shown);
  assert_true(tlspin_last_message()[0] != '\0');
}

static void test_arguments(void **state)
{
  gnutls_datum_t good = pki_certificate_der(&leaf), text = {(unsigned char *)(uintptr_t) "text", 4};
  gnutls_datum_t empty = {NULL, 0}, cut = {good.data, good.size - 1};

  (void)state;
  assert_refused(NULL, &good, 1, HOST);
  assert_refused(trust, NULL, 1, HOST);
  assert_refused(trust, &good, 0, HOST);
  assert_refused(trust, &good, 1, NULL);
  assert_refused(trust, &good, 1, "a..b");
  assert_refused(trust, &good, 1, "192.0.2.7");
  assert_refused(trust, &text, 1, HOST);
  assert_refused(trust, &empty, 1, HOST);
  assert_refused(trust, &cut, 1, HOST);
  assert_int_equal(tlspin_gnutls_examine(trust, &good, 1, HOST, NULL), TLSPIN_E_ARGUMENT);
  tlspin_gnutls_shown_free(NULL);
  gnutls_free(good.data);
}

/* What can't be read behind the first might be one of the path, which GnuTLS can read: an error,
 * and never an answer for the rest. */
static void test_garbage_behind(void **state)
{
  gnutls_datum_t sent[] = {pki_certificate_der(&leaf),
                           pki_certificate_der(&middle),
                           {(unsigned char *)(uintptr_t) "text", 4}};
  tlspin_gnutls_shown_t *shown = NULL;

  (void)state;
  assert_int_equal(tlspin_gnutls_examine(trust, sent, 3, HOST, &shown), TLSPIN_E_ARGUMENT);
  assert_null(shown);
  assert_non_null(strstr(tlspin_last_message(), "not all of them"));
  gnutls_free(sent[0].data);
  gnutls_free(sent[1].data);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_path),      cmocka_unit_test(test_failed_path),
      cmocka_unit_test(test_no_path),   cmocka_unit_test(test_many),
      cmocka_unit_test(test_arguments), cmocka_unit_test(test_garbage_behind),
      cmocka_unit_test(test_cycle),
  };

  return cmocka_run_group_tests(tests, set_up, tear_down);
}
