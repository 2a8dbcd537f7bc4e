/* Certificates that GnuTLS takes and that are no DER: whoever has one can write it anew outside of
 * what its issuer signed. What they hold must not be overlooked for it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinned.h"

#include <string.h>

/* A server behind an intermediate authority; `odd`: the same certificate of that, encoded anew. */
static struct {
  struct pki_identity intermediate, odd, server;
  gnutls_certificate_credentials_t usual, encoded;
} behind;

/* The length of the whole certificate gets an octet more than it needs (X.690 section 10.1 forbids
 * that, and GnuTLS doesn't mind). */
static void encode_anew(const struct pki_identity *identity, struct pki_identity *odd)
{
  gnutls_datum_t der = pki_certificate_der(identity);
  uint8_t octets[4096] = {0x30, 0x83, 0x00};
  gnutls_datum_t anew = {octets, der.size + 1};

  assert_true(der.size + 1 <= sizeof octets && der.data[0] == 0x30 && der.data[1] == 0x82);
  memcpy(octets + 3, der.data + 2, der.size - 2);
  assert_int_equal(gnutls_x509_crt_init(&odd->certificate), 0);
  assert_int_equal(gnutls_x509_crt_import(odd->certificate, &anew, GNUTLS_X509_FMT_DER), 0);
  assert_int_equal(gnutls_x509_privkey_init(&odd->key), 0);
  assert_int_equal(gnutls_x509_privkey_cpy(odd->key, identity->key), 0);
  gnutls_free(der.data);
}

static int open_all(void **state)
{
  const struct pki_identity *usual[] = {&behind.server, &behind.intermediate};
  const struct pki_identity *encoded[] = {&behind.server, &behind.odd};
  struct stage *stage;

  stage_open(state);
  stage = *state;
  pki_make(&behind.intermediate, &stage->ca,
           &(struct pki_request){.purpose = PKI_CA, .name = "Intermediate CA"});
  encode_anew(&behind.intermediate, &behind.odd);
  pki_make(&behind.server, &behind.intermediate,
           &(struct pki_request){.purpose = PKI_SERVER, .name = STAGE_HOST});
  behind.usual = pki_credentials_as_given(usual, 2);
  behind.encoded = pki_credentials_as_given(encoded, 2);
  pinned_vendor(stage, &stage->ca);
  return 0;
}

static int close_all(void **state)
{
  pinned_vendor_remove(*state);
  gnutls_certificate_free_credentials(behind.usual);
  gnutls_certificate_free_credentials(behind.encoded);
  pki_free(&behind.server);
  pki_free(&behind.odd);
  pki_free(&behind.intermediate);
  return stage_close(state);
}

static struct stand_request server_with(struct stage *stage,
                                        gnutls_certificate_credentials_t credentials)
{
  struct stand_request server = stage_server(stage);

  server.credentials = credentials;
  return server;
}

/* The PKI takes both; of the odd one nothing is learned, neither the key nor the ticket, and no
 * pins of its header. */
static void test_nothing_is_learned(void **state)
{
  struct stage *stage = *state;
  struct stand_request odd = server_with(stage, behind.encoded),
                       usual = server_with(stage, behind.usual);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  meet(&client, &odd, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_true(met.visit.conversed && met.visit.lifetime > 0);
  assert_int_equal(met.visit.kept, TLSPIN_E_TLS);
  assert_null(stage_entry(stage));
  assert_int_equal(pinned_count(stage, NULL, NULL), 0);
  meet_first(&client, &usual);
  assert_int_equal(pinned_count(stage, "tofu", "active"), 1);
}

/* What is pinned already is met by it as ever, and the ticket is continued. */
static void test_a_pinned_server(void **state)
{
  struct stage *stage = *state;
  struct stand_request odd = server_with(stage, behind.encoded),
                       usual = server_with(stage, behind.usual);
  struct visit_request client = stage_client(stage);

  meet_first(&client, &usual);
  meet_again(&client, &odd);
  meet_again(&client, &usual);
  assert_int_equal(pinned_count(stage, "tofu", "active"), 1);
}

/* Whose key is blocked is refused, however his certificate is written, and be it in the path or
 * only the anchor of it. */
static void test_blocked_authorities(void **state)
{
  struct stage *stage = *state;
  const struct pki_identity *blocked[] = {&behind.intermediate, &stage->ca};
  struct stand_request odd = server_with(stage, behind.encoded);
  static const unsigned levels[] = {TLSPIN_TOFU, TLSPIN_STRICT, TLSPIN_TOFU | TLSPIN_VERIFY};

  for (size_t i = 0; i < 2; i++)
    for (size_t j = 0; j < 3; j++) {
      struct visit_request client = stage_client(stage);
      struct tlspin_record record = pinned_record("rejected", blocked[i]);
      struct meeting met;

      stage_clear(state);
      pinned_put(stage, &record);
      client.flags = levels[j];
      client.unverified = (levels[j] & TLSPIN_VERIFY) != 0;
      meet(&client, &odd, &met);
      assert_int_equal(met.visit.finished, TLSPIN_MISMATCH);
      assert_string_equal(met.visit.reason, "key-rejected");
      assert_false(met.visit.conversed);
      assert_int_equal(pinned_count(stage, "tofu", NULL), 0);
    }
}

/* A critical pin of the authority can't be met by what can't be read. */
static void test_pinned_authority(void **state)
{
  struct stage *stage = *state;
  struct stand_request odd = server_with(stage, behind.encoded),
                       usual = server_with(stage, behind.usual);
  struct visit_request client = stage_client(stage);
  struct tlspin_record record = pinned_record("critical", &behind.intermediate);
  struct meeting met;

  record.level = "issuer";
  pinned_put(stage, &record);
  meet(&client, &odd, &met);
  assert_int_equal(met.visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(met.visit.reason, "path-unknown");
  meet(&client, &usual, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
}

/* Certificates that a tool was given: an error, and no answer. */
static void test_examined(void **state)
{
  struct stage *stage = *state;
  gnutls_datum_t sent[] = {pki_certificate_der(&behind.server), pki_certificate_der(&behind.odd)};
  tlspin_gnutls_shown_t *shown;

  assert_int_equal(tlspin_gnutls_examine(stage->trust, sent, 2, STAGE_HOST, &shown),
                   TLSPIN_E_ARGUMENT);
  assert_null(shown);
  gnutls_free(sent[0].data);
  gnutls_free(sent[1].data);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_nothing_is_learned),
      STAGE_TEST(test_a_pinned_server),
      STAGE_TEST(test_blocked_authorities),
      STAGE_TEST(test_pinned_authority),
      STAGE_TEST(test_examined),
  };

  return cmocka_run_group_tests_name("matrix-encodings", tests, open_all, close_all);
}
