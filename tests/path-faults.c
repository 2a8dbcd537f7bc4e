/* libclient/path.c while GnuTLS's calls fail, one after the other: a path is whole or none, and
 * nothing becomes good by a failure. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/path.h"

#include "libclient/tlspin-gnutls.h"
#include "tests/nth.h"
#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST = 200 };

#define WRAP(name, parameters, arguments)                                                          \
  NTH(int, name, parameters, arguments, ENOMEM, GNUTLS_E_MEMORY_ERROR)

WRAP(gnutls_x509_crt_init, (gnutls_x509_crt_t * certificate), (certificate))
WRAP(gnutls_x509_crt_import,
     (gnutls_x509_crt_t certificate, const gnutls_datum_t *data, gnutls_x509_crt_fmt_t format),
     (certificate, data, format))
WRAP(gnutls_x509_crt_export2,
     (gnutls_x509_crt_t certificate, gnutls_x509_crt_fmt_t format, gnutls_datum_t *out),
     (certificate, format, out))
WRAP(gnutls_x509_trust_list_init, (gnutls_x509_trust_list_t * list, unsigned size), (list, size))
WRAP(gnutls_x509_trust_list_add_cas,
     (gnutls_x509_trust_list_t list, const gnutls_x509_crt_t *cas, unsigned size, unsigned flags),
     (list, cas, size, flags))
WRAP(gnutls_x509_trust_list_verify_crt2,
     (gnutls_x509_trust_list_t list, gnutls_x509_crt_t *certificates, unsigned size,
      gnutls_typed_vdata_st *data, unsigned elements, unsigned flags, unsigned *status,
      gnutls_verify_output_function *function),
     (list, certificates, size, data, elements, flags, status, function))

static struct pki_identity root, middle, leaf;
static gnutls_certificate_credentials_t trust;
static gnutls_datum_t sent[2], anchor;

static int set_up(void **state)
{
  (void)state;
  pki_make(&root, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Root"});
  pki_make(&middle, &root, &(struct pki_request){.purpose = PKI_CA, .name = "Middle"});
  pki_make(&leaf, &middle, &(struct pki_request){.purpose = PKI_SERVER, .name = "www.example"});
  assert_int_equal(gnutls_certificate_allocate_credentials(&trust), 0);
  pki_trust(trust, &root);
  sent[0] = pki_certificate_der(&leaf);
  sent[1] = pki_certificate_der(&middle);
  anchor = pki_certificate_der(&root);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  gnutls_free(sent[0].data);
  gnutls_free(sent[1].data);
  gnutls_free(anchor.data);
  gnutls_certificate_free_credentials(trust);
  pki_free(&leaf);
  pki_free(&middle);
  pki_free(&root);
  return 0;
}

static void find(const char *host, bool by_anchor, struct path *path)
{
  const struct path_question question = {trust, sent, 2, host};

  if (by_anchor)
    path_find_by(&question, (struct span){anchor.data, anchor.size}, path);
  else
    path_find(&question, path);
}

static void try_all(const char *host, bool by_anchor, unsigned errors)
{
  unsigned which, failed = 0;
  bool through = false;

  for (which = 1; which < MOST && !through; which++) {
    struct path path;

    nth_arm(which);
    find(host, by_anchor, &path);
    through = nth_disarm();
    assert_true(path.count == 0 || path.count == 3);
    assert_true(path.errors == errors || path.errors == PKI_OTHER);
    assert_int_equal(path.pki, path.errors == 0 ? PKI_OK : PKI_FAILED);
    failed += path.count == 0;
    path_clear(&path);
  }
  assert_true(through);
  assert_true(failed >= 5);
}

static void test_paths(void **state)
{
  (void)state;
  try_all("www.example", false, 0);
  try_all("www.example", true, 0);
  try_all("else.example", false, PKI_NAME);
}

static void test_status(void **state)
{
  (void)state;
  for (unsigned which = 1; which <= 2; which++) {
    nth_arm(which);
    assert_int_equal(path_errors(&sent[0], GNUTLS_CERT_EXPIRED), PKI_OTHER);
    nth_disarm();
  }
}

static void test_examine(void **state)
{
  unsigned failed = 0;
  bool through = false;

  (void)state;
  for (unsigned which = 1; which < MOST && !through; which++) {
    tlspin_gnutls_shown_t *shown;
    const struct tlspin_check *check;
    int code;

    nth_arm(which);
    code = tlspin_gnutls_examine(trust, sent, 2, "www.example", &shown);
    through = nth_disarm();
    if (code == TLSPIN_OK) {
      check = tlspin_gnutls_shown_check(shown);
      assert_int_equal(check->chain_size, (check->flags & TLSPIN_CHECK_PATH) != 0 ? 3 : 2);
      failed += check->pki != TLSPIN_PKI_OK || check->flags == 0;
    } else { /* a certificate that could not be read */
      assert_int_equal(code, TLSPIN_E_ARGUMENT);
      assert_null(shown);
      failed++;
    }
    tlspin_gnutls_shown_free(shown);
  }
  assert_true(through);
  assert_true(failed >= 5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_paths),
      cmocka_unit_test(test_status),
      cmocka_unit_test(test_examine),
  };

  return cmocka_run_group_tests(tests, set_up, tear_down);
}
