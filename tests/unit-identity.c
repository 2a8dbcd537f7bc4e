/* What is shown of a server's certificate.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/identity.h"

#include "tests/greeter.h"
#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

enum { FROM = 1700000000, DAYS = 86400 };

static struct pki_identity ca, server;

static int set_up(void **state)
{
  (void)state;
  pki_make(&ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Test CA"});
  pki_make(&server, &ca,
           &(struct pki_request){.purpose = PKI_SERVER,
                                 .name = "www.example.org",
                                 .not_before = FROM,
                                 .not_after = FROM + 5 * DAYS});
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  pki_free(&server);
  pki_free(&ca);
  return 0;
}

/* priority: NULL for the default. */
static gnutls_session_t client(gnutls_certificate_credentials_t *credentials, unsigned flags,
                               const char *priority)
{
  gnutls_session_t session;

  assert_int_equal(gnutls_certificate_allocate_credentials(credentials), 0);
  assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL | flags), 0);
  assert_int_equal(priority == NULL ? gnutls_set_default_priority(session)
                                    : gnutls_priority_set_direct(session, priority, NULL),
                   0);
  assert_int_equal(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, *credentials), 0);
  return session;
}

/* What is read of a server with these credentials, which are freed. */
static struct identity meet(enum greeter_manner manner, gnutls_certificate_credentials_t its,
                            unsigned flags, const char *priority)
{
  gnutls_certificate_credentials_t ours;
  gnutls_session_t session = client(&ours, flags, priority);
  struct identity certificate;
  struct greeter greeter;
  int rc;

  greeter_begin(&greeter, manner, its);
  g_socket_set_blocking(greeter.socket, TRUE);
  gnutls_transport_set_int(session, g_socket_get_fd(greeter.socket));
  do
    rc = gnutls_handshake(session);
  while (rc == GNUTLS_E_AGAIN);
  assert_int_equal(rc, 0);
  assert_true(identity_read(session, &certificate));
  gnutls_deinit(session);
  greeter_end(&greeter);
  gnutls_certificate_free_credentials(ours);
  gnutls_certificate_free_credentials(its);
  return certificate;
}

static void assert_key(const struct pki_identity *identity, const char *key)
{
  gnutls_datum_t der = pki_spki_der(identity);
  char expected[SPKI_PIN_TEXT_SIZE];

  assert_true(spki_pin_text((struct span){der.data, der.size}, expected));
  assert_string_equal(key, expected);
  gnutls_free(der.data);
}

/* It is not valid any more, and is shown all the same. */
static void test_read(void **state)
{
  const struct pki_identity *chain[] = {&server};
  struct identity certificate = meet(GREETER_POLITE, pki_credentials(chain, 1), 0, NULL);

  (void)state;
  assert_false(certificate.raw);
  assert_string_equal(certificate.subject, "CN=www.example.org");
  assert_string_equal(certificate.issuer, "CN=Test CA");
  assert_int_equal(certificate.not_before, FROM);
  assert_int_equal(certificate.not_after, FROM + 5 * DAYS);
  assert_key(&server, certificate.key);
  identity_clear(&certificate);
}

/* Nothing but a key (RFC 7250). */
static void test_raw(void **state)
{
  struct identity certificate = meet(GREETER_RAW, pki_raw_credentials(&server), GNUTLS_ENABLE_RAWPK,
                                     "NORMAL:+CTYPE-SRV-RAWPK");

  (void)state;
  assert_true(certificate.raw);
  assert_null(certificate.subject);
  assert_int_equal(certificate.not_after, 0);
  assert_key(&server, certificate.key);
  identity_clear(&certificate);
}

/* Before the server has sent any. */
static void test_none(void **state)
{
  gnutls_certificate_credentials_t ours;
  gnutls_session_t session = client(&ours, 0, NULL);
  struct identity certificate;

  (void)state;
  assert_false(identity_read(session, &certificate));
  assert_null(certificate.subject);
  assert_null(certificate.issuer);
  assert_int_equal(certificate.not_after, 0);
  assert_string_equal(certificate.key, "");
  identity_clear(&certificate);
  gnutls_deinit(session);
  gnutls_certificate_free_credentials(ours);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_read),
      cmocka_unit_test(test_raw),
      cmocka_unit_test(test_none),
  };

  return cmocka_run_group_tests(tests, set_up, tear_down);
}
