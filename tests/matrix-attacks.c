/* Key pins against servers with a certificate of a trusted authority and the wrong key: every one
 * is refused before it gets a byte, and what was pinned stays. SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinned.h"

#include <stdio.h>
#include <string.h>

/* The first key is pinned; a certificate that a trusted authority should never have made is not
 * enough. */
static void test_trust_on_first_use(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  assert_int_equal(pinned_count(stage, "tofu", "active"), 1);
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
  pinned_refused(stage, &client, &misissued, "changed", &met);
  assert_string_equal(met.visit.change, "unexplained");
  assert_string_equal(met.visit.layer, "user");
  assert_non_null(strstr(met.visit.message, "tlspin clear " STAGE_HOST ":443"));
  assert_non_null(strstr(met.visit.message, "tlspin why --connect " STAGE_HOST ":443"));
  client.flags = TLSPIN_STRICT;
  pinned_refused(stage, &client, &misissued, "changed", &met);
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
}

static void test_critical_pin(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA);
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);

  pinned_put(stage, &pin);
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
  pinned_refuse(stage, &misissued, "critical-differs");
  assert_int_equal(pinned_count(stage, "tofu", NULL), 0);
  pin = pinned_record("critical", &stage->servers[PKI_RSA]);
  pinned_put(stage, &pin);
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
  pinned_go_well(stage, &misissued, TLSPIN_MATCH, "");
}

/* A TLSA record of usage 3 with the hash of the certificate: the same key in another certificate
 * doesn't do. */
static void test_tlsa_pin(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA), renewed = server;
  struct tlspin_octets digest = pinned_digest(&stage->servers[PKI_ECDSA], SELECTOR_CERTIFICATE);
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  struct pki_identity identity;
  unsigned char storage[64];
  char text[80] = "3 0 1 ";

  for (size_t i = 0; i < digest.size; i++)
    snprintf(text + 6 + 2 * i, 3, "%02x", ((const uint8_t *)digest.data)[i]);
  assert_int_equal(tlspin_read_key(text, &pin, storage), TLSPIN_OK);
  pinned_put(stage, &pin);
  renewed.credentials = pinned_make_server(
      stage, NULL, &(struct pki_request){.key = stage->servers[PKI_ECDSA].key}, &identity);
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
  pinned_refuse(stage, &misissued, "critical-differs");
  pinned_refuse(stage, &renewed, "critical-differs");
  pinned_drop_server(renewed.credentials, &identity);
}

/* An authority is pinned. One that is trusted as well, and sends the pinned one's certificate
 * along, gains nothing by that. */
static void test_appended_certificate(void **state)
{
  static const char *const levels[] = {"issuer", "anchor", "authority", "any"};
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       sibling = pinned_server(stage, PKI_RSA), fraud = {.credentials = NULL};
  struct tlspin_record pin = pinned_record("critical", &stage->ca);
  struct pki_identity other_ca, other;
  const struct pki_identity *chains[3][3] = {
      {&other, &stage->ca, NULL}, {&other, &other_ca, &stage->ca}, {&other, &stage->ca, &other_ca}};
  static const size_t sizes[] = {2, 3, 3};

  pki_make(&other_ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Other CA"});
  pki_make(&other, &other_ca, &(struct pki_request){.purpose = PKI_SERVER, .name = STAGE_HOST});
  pki_trust(stage->trust, &other_ca);
  for (size_t i = 0; i < 4; i++) {
    stage_clear(state);
    pin.level = levels[i];
    pinned_put(stage, &pin);
    pinned_go_well(stage, &server, TLSPIN_MATCH, "");
    pinned_go_well(stage, &sibling, TLSPIN_MATCH, "");
    for (size_t j = 0; j < 3; j++) {
      fraud.credentials = pki_credentials_as_given(chains[j], sizes[j]);
      pinned_refuse(stage, &fraud, "critical-differs");
      gnutls_certificate_free_credentials(fraud.credentials);
    }
  }
  pki_free(&other);
  pki_free(&other_ca);
}

/* The administrator's lock stands against whatever the user says. */
static void test_locked_pin(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA);
  struct keypin locked = pinned_locked(&stage->servers[PKI_ECDSA]);
  struct visit_request client = stage_client(stage);
  struct tlspin_record off = {.host = STAGE_HOST, .kind = "mode", .status = "off"}, own, except;
  struct meeting met;

  pinned_layer(stage, "10-site.db", &locked, 1);
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
  pinned_refused(stage, &client, &misissued, "critical-differs", &met);
  assert_string_equal(met.visit.layer, "10-site.db");
  assert_non_null(strstr(met.visit.message, "administrator"));
  assert_null(strstr(met.visit.message, "tlspin clear"));
  pinned_put(stage, &off);
  pinned_refuse(stage, &misissued, "critical-differs");
  own = pinned_record("critical", &stage->servers[PKI_RSA]);
  pinned_put(stage, &own);
  pinned_refuse(stage, &misissued, "critical-differs");
  except = pinned_record("excepted", &stage->servers[PKI_RSA]);
  except.errors = TLSPIN_PKI_UNKNOWN_ISSUER;
  pinned_put(stage, &except);
  pinned_refuse(stage, &misissued, "critical-differs");
  pinned_layer_remove(stage, "10-site.db");
  pinned_go_well(stage, &misissued, TLSPIN_MATCH,
                 ""); /* the user's pin is more specific than his off */
}

/* A pin for a domain and all below it. */
static void test_subtree_pin(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  struct visit_request client = stage_client(stage);
  struct stand_request good = {.credentials = NULL}, misissued = good;
  struct pki_identity right, wrong;
  struct meeting met;

  client.host = "deep.www." STAGE_HOST;
  good.credentials = pinned_make_server(
      stage, NULL,
      &(struct pki_request){.name = "deep.www." STAGE_HOST, .key = stage->servers[PKI_ECDSA].key},
      &right);
  misissued.credentials = pinned_make_server(
      stage, NULL, &(struct pki_request){.name = "deep.www." STAGE_HOST}, &wrong);
  pin.scope = "subtree";
  pin.port = 0;
  pin.protocol = "";
  pinned_put(stage, &pin);
  meet(&client, &good, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_int_equal(met.visit.answer, TLSPIN_MATCH);
  meet(&client, &misissued, &met);
  assert_int_equal(met.visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(met.visit.reason, "critical-differs");
  assert_int_equal(met.stand.received, 0);
  pinned_drop_server(good.credentials, &right);
  pinned_drop_server(misissued.credentials, &wrong);
}

/* A blocked key is refused, though the PKI vouches for it and it was learned before. Also where it
 * is that of a certificate which was sent and is in no path. */
static void test_blocked_key(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA);
  struct tlspin_record blocked = pinned_record("rejected", &stage->servers[PKI_ECDSA]);
  struct visit_request client = stage_client(stage);
  struct pki_identity stranger;
  const struct pki_identity *chain[] = {&stage->servers[PKI_ECDSA], &stranger};
  struct meeting met;

  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  pinned_put(stage, &blocked);
  pinned_refused(stage, &client, &server, "key-rejected", &met);
  assert_null(strstr(met.visit.message, "tlspin clear"));
  assert_non_null(strstr(met.visit.message, "tlspin why --connect"));
  stage_clear(state);
  blocked = pinned_record("rejected", &stage->ca);
  pinned_put(stage, &blocked);
  pinned_refuse(stage, &server, "key-rejected");
  pki_make(&stranger, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Stranger"});
  stage_clear(state);
  blocked = pinned_record("rejected", &stranger);
  pinned_put(stage, &blocked);
  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  server.credentials = pki_credentials_as_given(chain, 2);
  pinned_refuse(stage, &server, "key-rejected");
  gnutls_certificate_free_credentials(server.credentials);
  pki_free(&stranger);
}

/* A misissued certificate, and with it one that has name and key of the authority, but that nobody
 * signed: the path still ends in the authority, and not in something that was added. */
static void test_twin_of_the_anchor(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA), fraud = {.credentials = NULL};
  struct pki_identity twin, stranger;
  const struct pki_identity *chain[] = {&stage->servers[PKI_RSA], &twin};

  pki_make(&stranger, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Stranger"});
  pki_make(&twin, &stranger,
           &(struct pki_request){.purpose = PKI_CA, .name = "Test CA", .key = stage->ca.key});
  fraud.credentials = pki_credentials_as_given(chain, 2);
  pinned_vendor(stage, &stage->ca);
  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
  pinned_refuse(stage, &fraud, "changed");
  pinned_vendor_remove(stage);
  gnutls_certificate_free_credentials(fraud.credentials);
  pki_free(&twin);
  pki_free(&stranger);
}

/* What a program, which may be anything, tells of a server. */
static int claim(struct stage *stage, const struct pki_identity *identity, unsigned flags,
                 const char *ticket)
{
  gnutls_datum_t der[] = {pki_certificate_der(identity), pki_certificate_der(&stage->ca)};
  struct tlspin_octets chain[2];
  struct tlspin_check check = {.chain = chain,
                               .chain_size = 2,
                               .flags = TLSPIN_CHECK_PATH | TLSPIN_CHECK_LEARN | flags,
                               .pki = TLSPIN_PKI_OK,
                               .ticket = ticket,
                               .program = "malware"};
  int answer;

  for (size_t i = 0; i < 2; i++)
    chain[i] = (struct tlspin_octets){der[i].data, der[i].size};
  answer = tlspin_check_chain(stage->context, STAGE_HOST, "tls", VISIT_PORT, &check, NULL);
  for (size_t i = 0; i < 2; i++)
    gnutls_free(der[i].data);
  return answer;
}

/* It claims that the ticket was proved with the wrong key, and there is no ticket. */
static void test_claimed_proof(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA);

  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  assert_int_equal(claim(stage, &stage->servers[PKI_RSA], 0, "proved"), TLSPIN_MISMATCH);
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
  pinned_refuse(stage, &misissued, "changed");
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
}

struct acceptance {
  char program[65];
  uint64_t operation;
};

static int find_acceptance(const tlspin_entry_t *event, void *data)
{
  struct acceptance *found = data;

  if (strcmp(tlspin_entry_string(event, "kind"), "accepted") != 0)
    return 0;
  snprintf(found->program, sizeof found->program, "%s", tlspin_entry_string(event, "program"));
  found->operation = (uint64_t)tlspin_entry_number(event, "operation");
  return 0;
}

/* It claims that the user accepted the wrong key. That is what a program may say; so it is in the
 * log, with its name, and an undo of the number there takes it back. */
static void test_claimed_word(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA);
  unsigned before = pinned_events(stage, "accepted", "unexplained");
  struct tlspin_change change;
  struct acceptance found = {.program = ""};

  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  assert_int_equal(claim(stage, &stage->servers[PKI_RSA], TLSPIN_CHECK_ACCEPTED, NULL),
                   TLSPIN_MATCH);
  assert_int_equal(pinned_events(stage, "accepted", "unexplained"), before + 1);
  assert_int_equal(tlspin_events(stage->context, 0, STAGE_HOST, find_acceptance, &found),
                   TLSPIN_OK);
  assert_string_equal(found.program, "malware");
  pinned_go_well(stage, &misissued, TLSPIN_MATCH, "");
  assert_int_equal(tlspin_undo(stage->context, found.operation, &change), TLSPIN_OK);
  pinned_refuse(stage, &misissued, "changed");
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
}

static void displace_hook(gnutls_session_t session)
{
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, NULL);
}

/* A program that takes our hook away: then finish refuses. */
static void test_displaced_hook(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  client.before = displace_hook;
  meet(&client, &misissued, &met);
  assert_int_equal(met.visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(met.visit.reason, "changed");
  assert_int_equal(met.stand.received, 0);
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
}

/* TLS 1.2, where the server's flight looks different. */
static void test_tls12(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA);

  server.priority = misissued.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
  pinned_refuse(stage, &misissued, "changed");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_trust_on_first_use), STAGE_TEST(test_critical_pin),
      STAGE_TEST(test_tlsa_pin),           STAGE_TEST(test_appended_certificate),
      STAGE_TEST(test_locked_pin),         STAGE_TEST(test_subtree_pin),
      STAGE_TEST(test_blocked_key),        STAGE_TEST(test_twin_of_the_anchor),
      STAGE_TEST(test_displaced_hook),     STAGE_TEST(test_tls12),
      STAGE_TEST(test_claimed_proof),      STAGE_TEST(test_claimed_word),
  };

  return cmocka_run_group_tests(tests, stage_open, stage_close);
}
