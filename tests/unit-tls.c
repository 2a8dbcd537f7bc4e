/* A client's TLS over a socket that doesn't block.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tls.h"

#include "tests/greeter.h"
#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct pki_identity ca, server, old, stranger;
static gnutls_certificate_credentials_t credentials, old_credentials, strange_credentials;
static char directory[] = "/tmp/tlspin-unit-tls-XXXXXX";
static char *ca_file;

static gnutls_certificate_credentials_t make(struct pki_identity *identity,
                                             const struct pki_identity *issuer, time_t until)
{
  const struct pki_identity *chain[] = {identity};
  struct pki_request request = {.purpose = PKI_SERVER, .name = "www.example.org"};

  if (until != 0) {
    request.not_before = until - 86400;
    request.not_after = until;
  }
  pki_make(identity, issuer, &request);
  return pki_credentials(chain, 1);
}

static int set_up(void **state)
{
  const struct pki_identity *chain[] = {&ca};

  (void)state;
  pki_make(&ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Test CA"});
  credentials = make(&server, &ca, 0);
  old_credentials = make(&old, &ca, time(NULL) - 3600);
  strange_credentials = make(&stranger, NULL, 0);
  if (mkdtemp(directory) == NULL)
    return -1;
  ca_file = g_build_filename(directory, "ca.pem", NULL);
  pki_write(chain, 1, ca_file, NULL);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  gnutls_certificate_free_credentials(credentials);
  gnutls_certificate_free_credentials(old_credentials);
  gnutls_certificate_free_credentials(strange_credentials);
  pki_free(&ca);
  pki_free(&server);
  pki_free(&old);
  pki_free(&stranger);
  g_unlink(ca_file);
  g_free(ca_file);
  return g_rmdir(directory);
}

static void open_for(struct tls *tls, const char *name)
{
  g_autofree char *problem = NULL;

  if (!tls_open(tls, name, ca_file, false, &problem))
    fail_msg("%s", problem);
  assert_null(problem);
  tls_check(tls);
}

static gint64 in_seconds(unsigned seconds)
{
  return g_get_monotonic_time() + seconds * (gint64)G_USEC_PER_SEC;
}

/* The server sees the farewell, and not just the end. */
static void test_polite(void **state)
{
  struct greeter greeter;
  struct tls tls;

  (void)state;
  open_for(&tls, "www.example.org");
  greeter_begin(&greeter, GREETER_POLITE, credentials);
  assert_int_equal(tls_handshake(&tls, greeter.socket, in_seconds(20)), GNUTLS_E_SUCCESS);
  tls_bye(&tls, greeter.socket);
  tls_close(&tls);
  greeter_end(&greeter);
  assert_int_equal(greeter.handshake, 0);
  assert_int_equal(greeter.farewell, 0);
}

/* Without tls_check the handshake checks nothing, and what is wrong can be asked for. */
static void assert_unchecked(gnutls_certificate_credentials_t with, const char *expected)
{
  struct greeter greeter;
  struct tls tls;
  g_autofree char *problem = NULL, *wrong = NULL;

  assert_true(tls_open(&tls, "www.example.org", ca_file, false, &problem));
  greeter_begin(&greeter, GREETER_POLITE, with);
  assert_int_equal(tls_handshake(&tls, greeter.socket, in_seconds(20)), GNUTLS_E_SUCCESS);
  wrong = tls_certificate_problem(&tls);
  tls_bye(&tls, greeter.socket);
  tls_close(&tls);
  greeter_end(&greeter);
  if (expected == NULL)
    assert_null(wrong);
  else if (wrong == NULL || strstr(wrong, expected) == NULL)
    fail_msg("'%s' is not in '%s'", expected, wrong != NULL ? wrong : "(null)");
}

static void test_unchecked(void **state)
{
  (void)state;
  assert_unchecked(credentials, NULL);
  assert_unchecked(old_credentials, "expired");
  assert_unchecked(strange_credentials, "issuer is unknown");
}

/* The name goes to the server, but an address never does (RFC 6066 section 3). */
static void test_server_name(void **state)
{
  static const struct {
    const char *name, *sent;
  } rows[] = {{"www.example.org", "www.example.org"}, {"192.0.2.7", ""}, {"2001:db8::7", ""}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    struct greeter greeter;
    struct tls tls;
    g_autofree char *problem = NULL;

    assert_true(tls_open(&tls, rows[i].name, ca_file, false, &problem));
    greeter_begin(&greeter, GREETER_POLITE, credentials);
    assert_int_equal(tls_handshake(&tls, greeter.socket, in_seconds(20)), GNUTLS_E_SUCCESS);
    tls_bye(&tls, greeter.socket);
    tls_close(&tls);
    greeter_end(&greeter);
    assert_string_equal(greeter.name, rows[i].sent);
  }
}

/* A raw public key comes only where it was allowed, and the PKI has nothing to say of it. */
static void test_raw_key(void **state)
{
  gnutls_certificate_credentials_t raw = pki_raw_credentials(&server);

  (void)state;
  for (int allowed = 0; allowed < 2; allowed++) {
    struct greeter greeter;
    struct tls tls;
    g_autofree char *problem = NULL, *wrong = NULL;
    int rc;

    assert_true(tls_open(&tls, "www.example.org", ca_file, allowed != 0, &problem));
    greeter_begin(&greeter, GREETER_RAW, raw);
    rc = tls_handshake(&tls, greeter.socket, in_seconds(20));
    assert_int_equal(rc == GNUTLS_E_SUCCESS, allowed);
    if (allowed) {
      assert_int_equal(gnutls_certificate_type_get2(tls.session, GNUTLS_CTYPE_SERVER),
                       GNUTLS_CRT_RAWPK);
      wrong = tls_certificate_problem(&tls);
      assert_null(wrong);
      tls_bye(&tls, greeter.socket);
    }
    tls_close(&tls);
    greeter_end(&greeter);
  }
  gnutls_certificate_free_credentials(raw);
}

static void test_rude(void **state)
{
  struct greeter greeter;
  struct tls tls;
  gint64 begin;

  (void)state;
  open_for(&tls, "www.example.org");
  greeter_begin(&greeter, GREETER_RUDE, credentials);
  assert_int_equal(tls_handshake(&tls, greeter.socket, in_seconds(20)), GNUTLS_E_SUCCESS);
  begin = g_get_monotonic_time();
  tls_bye(&tls, greeter.socket);
  assert_true(g_get_monotonic_time() - begin < 10 * G_USEC_PER_SEC);
  tls_close(&tls);
  greeter_end(&greeter);
  assert_int_equal(greeter.farewell, 0);
}

enum { ANY = 1 }; /* no error of GnuTLS is positive */

static void assert_fails(enum greeter_manner manner, gnutls_certificate_credentials_t with,
                         const char *name, int expected, const char *text)
{
  struct greeter greeter;
  struct tls tls;
  g_autofree char *problem = NULL;
  int rc;

  open_for(&tls, name);
  greeter_begin(&greeter, manner, with);
  rc = tls_handshake(&tls, greeter.socket, in_seconds(manner == GREETER_SILENT ? 1 : 20));
  problem = tls_problem(&tls, rc);
  tls_close(&tls);
  greeter_end(&greeter);
  assert_true(gnutls_error_is_fatal(rc));
  if (expected != ANY)
    assert_int_equal(rc, expected);
  if (strstr(problem, text) == NULL)
    fail_msg("'%s' is not in '%s'", text, problem);
  assert_false(g_str_has_suffix(problem, " "));
}

static void test_certificate(void **state)
{
  enum { REFUSED = GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR };

  (void)state;
  assert_fails(GREETER_POLITE, credentials, "mail.example.org", REFUSED, "name in the certificate");
  assert_fails(GREETER_POLITE, credentials, "127.0.0.1", REFUSED, "name in the certificate");
  assert_fails(GREETER_POLITE, old_credentials, "www.example.org", REFUSED, "expired");
  assert_fails(GREETER_POLITE, strange_credentials, "www.example.org", REFUSED,
               "issuer is unknown");
}

static void test_failures(void **state)
{
  (void)state;
  assert_fails(GREETER_REFUSES, credentials, "www.example.org", GNUTLS_E_FATAL_ALERT_RECEIVED,
               "ended the handshake: Handshake failed");
  assert_fails(GREETER_SILENT, credentials, "www.example.org", GNUTLS_E_TIMEDOUT,
               "did not finish the handshake in time");
  assert_fails(GREETER_GARBLED, credentials, "www.example.org", ANY, "");
}

static void assert_untrusted(const char *path, const char *expected)
{
  struct tls tls;
  g_autofree char *problem = NULL;

  assert_false(tls_open(&tls, "www.example.org", path, false, &problem));
  tls_close(&tls);
  if (strstr(problem, expected) == NULL)
    fail_msg("'%s' is not in '%s'", expected, problem);
}

static void test_trust_file(void **state)
{
  g_autofree char *empty = g_build_filename(directory, "empty.pem", NULL);
  g_autofree char *text = g_build_filename(directory, "text.pem", NULL);
  g_autofree char *missing = g_build_filename(directory, "missing.pem", NULL);

  (void)state;
  assert_true(g_file_set_contents(empty, "", 0, NULL));
  assert_true(g_file_set_contents(text, "certificate\n", -1, NULL));
  assert_untrusted(missing, "No such file or directory");
  assert_untrusted(directory, "Is a directory");
  assert_untrusted(empty, "holds no certificate");
  assert_untrusted(text, "holds no certificate");
  g_unlink(empty);
  g_unlink(text);
}

/* Whether this system trusts anybody or not: it must say so. */
static void test_trust_system(void **state)
{
  struct tls tls;
  g_autofree char *problem = NULL;
  bool opened = tls_open(&tls, "www.example.org", NULL, false, &problem);

  (void)state;
  assert_true(opened == (problem == NULL));
  assert_true(opened || strstr(problem, "--ca") != NULL);
  tls_close(&tls);
}

/* Whoever chose the name of a file chooses nothing else of what is said. */
static void test_hostile_name(void **state)
{
  g_autofree char *name = g_build_filename(directory, "a\nb\033[2J.pem", NULL), *problem = NULL;
  struct tls tls;

  (void)state;
  assert_true(g_file_set_contents(name, "", -1, NULL));
  assert_false(tls_open(&tls, "www.example.org", name, false, &problem));
  tls_close(&tls);
  assert_non_null(strstr(problem, "[2J.pem' holds no certificate"));
  assert_null(strpbrk(problem, "\n\033"));
  assert_int_equal(g_unlink(name), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_polite),       cmocka_unit_test(test_rude),
      cmocka_unit_test(test_unchecked),    cmocka_unit_test(test_server_name),
      cmocka_unit_test(test_raw_key),      cmocka_unit_test(test_certificate),
      cmocka_unit_test(test_failures),     cmocka_unit_test(test_trust_file),
      cmocka_unit_test(test_trust_system), cmocka_unit_test(test_hostile_name),
  };

  setlocale(LC_ALL, "C.UTF-8");
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
