/* Public-Key-Pins of HTTP programs, and verdicts for programs that shake hands by themselves, with
 * the real daemon.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinned.h"

#include "libclient/tlspin-gnutls.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* pin-sha256 of two identities and a lifetime. */
static const char *header_of(const struct pki_identity *one, const struct pki_identity *two,
                             unsigned age)
{
  static char header[256];
  const struct pki_identity *const pins[] = {one, two};
  char texts[2][64];

  for (int i = 0; i < 2; i++) {
    struct tlspin_octets digest = pinned_digest(pins[i], SELECTOR_SPKI);
    const gnutls_datum_t octets = {(unsigned char *)(uintptr_t)digest.data, 32};
    gnutls_datum_t base64;

    assert_int_equal(gnutls_base64_encode2(&octets, &base64), 0);
    snprintf(texts[i], sizeof texts[i], "%.*s", (int)base64.size, base64.data);
    gnutls_free(base64.data);
  }
  snprintf(header, sizeof header, "pin-sha256=\"%s\"; pin-sha256=\"%s\"; max-age=%u", texts[0],
           texts[1], age);
  return header;
}

static const char *note(struct stage *stage, const char *header, int report_only,
                        const struct tlspin_octets *chain, size_t count)
{
  const char *outcome = NULL;
  struct tlspin_octets octets = {header, strlen(header)};

  if (tlspin_note_hpkp(stage->context, STAGE_HOST, "tls", VISIT_PORT, octets, report_only, chain,
                       count, &outcome) != TLSPIN_OK)
    fail_msg("%s", tlspin_last_message());
  return outcome;
}

static struct tlspin_octets octets_of(const gnutls_datum_t *datum)
{
  return (struct tlspin_octets){datum->data, datum->size};
}

static void test_header(void **state)
{
  struct stage *stage = *state;
  gnutls_datum_t leaf = pki_certificate_der(&stage->servers[PKI_ECDSA]),
                 ca = pki_certificate_der(&stage->ca);
  const struct tlspin_octets chain[] = {octets_of(&leaf), octets_of(&ca)};
  struct stand_request server = {.credentials = stage->credentials[PKI_ECDSA]}, other = server;
  const struct pki_identity *mine = &stage->servers[PKI_ECDSA],
                            *backup = &stage->servers[PKI_ED25519];
  struct visit_request client = stage_client(stage);
  struct meeting met;

  assert_string_equal(note(stage, "max-age=10", 0, chain, 2), "ignore");
  assert_string_equal(note(stage, header_of(backup, backup, 9999), 0, chain, 2), "ignore");
  assert_string_equal(note(stage, header_of(mine, backup, 9999), 1, chain, 2), "evaluate");
  assert_int_equal(pinned_count(stage, "hpkp", NULL), 0);
  assert_string_equal(note(stage, header_of(mine, backup, 9999), 0, chain, 2), "note");
  assert_int_equal(pinned_count(stage, "hpkp", NULL), 2);
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  other.credentials = stage->credentials[PKI_RSA];
  meet(&client, &other, &met);
  assert_int_equal(met.visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(met.visit.reason, "critical-differs");
  assert_int_equal(met.stand.received, 0);
  assert_string_equal(note(stage, header_of(mine, backup, 0), 0, chain, 2), "remove");
  assert_int_equal(pinned_count(stage, "hpkp", NULL), 0);
  gnutls_free(leaf.data);
  gnutls_free(ca.data);
}

/* Whoever can speak to the daemon can note a header that names his own key as the backup of the
 * server's: what was learned of the server stands against it. */
static void test_header_explains_nothing(void **state)
{
  struct stage *stage = *state;
  gnutls_datum_t leaf = pki_certificate_der(&stage->servers[PKI_ECDSA]),
                 ca = pki_certificate_der(&stage->ca);
  const struct tlspin_octets chain[] = {octets_of(&leaf), octets_of(&ca)};
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       attacker = pinned_server(stage, PKI_RSA);

  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  assert_int_equal(pinned_count(stage, "tofu", "active"), 1);
  assert_string_equal(note(stage,
                           header_of(&stage->servers[PKI_ECDSA], &stage->servers[PKI_RSA], 9999), 0,
                           chain, 2),
                      "note");
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
  pinned_refuse(stage, &attacker, "changed");
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
  gnutls_free(leaf.data);
  gnutls_free(ca.data);
}

/* A program says that its user accepted the key. */
static int accept_key(struct stage *stage, const struct pki_identity *identity)
{
  gnutls_datum_t leaf = pki_certificate_der(identity), ca = pki_certificate_der(&stage->ca);
  const struct tlspin_octets chain[] = {octets_of(&leaf), octets_of(&ca)};
  struct tlspin_check check = {.chain = chain,
                               .chain_size = 2,
                               .flags =
                                   TLSPIN_CHECK_PATH | TLSPIN_CHECK_LEARN | TLSPIN_CHECK_ACCEPTED,
                               .pki = TLSPIN_PKI_OK};
  int answer = tlspin_check_chain(stage->context, STAGE_HOST, "tls", VISIT_PORT, &check, NULL);

  gnutls_free(leaf.data);
  gnutls_free(ca.data);
  return answer;
}

static const char *note_over(struct stage *stage, const struct pki_identity *identity,
                             const char *header)
{
  gnutls_datum_t leaf = pki_certificate_der(identity), ca = pki_certificate_der(&stage->ca);
  const struct tlspin_octets chain[] = {octets_of(&leaf), octets_of(&ca)};
  const char *outcome = note(stage, header, 0, chain, 2);

  gnutls_free(leaf.data);
  gnutls_free(ca.data);
  return outcome;
}

/* An attack: the user is talked into a wrong key. Pins of the server's header stand against it,
 * whichever came first, and can't be removed over that connection. */
static void test_word_and_header(void **state)
{
  struct stage *stage = *state;
  const struct pki_identity *right = &stage->servers[PKI_ECDSA], *wrong = &stage->servers[PKI_RSA];
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       attacker = pinned_server(stage, PKI_RSA);

  for (int first = 0; first < 2; first++) {
    pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
    if (first)
      assert_int_equal(accept_key(stage, wrong), TLSPIN_MATCH);
    assert_string_equal(
        note_over(stage, right, header_of(right, &stage->servers[PKI_ED25519], 9999)), "note");
    if (!first)
      assert_int_equal(accept_key(stage, wrong), TLSPIN_MISMATCH);
    pinned_refuse(stage, &attacker, "critical-differs");
    assert_string_equal(note_over(stage, wrong, "max-age=0"), "ignore");
    pinned_refuse(stage, &attacker, "critical-differs");
    pinned_go_well(stage, &server, TLSPIN_MATCH, "");
    stage_clear(state);
  }
}

/* The same with an administrator's keys, which are not even locked. */
static void test_word_and_policy(void **state)
{
  struct stage *stage = *state;
  const struct pki_identity *wrong = &stage->servers[PKI_RSA];
  struct keypin pin = pinned_locked(&stage->servers[PKI_ECDSA]);
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       attacker = pinned_server(stage, PKI_RSA);

  pin.locked = false;
  for (int first = 0; first < 2; first++) {
    pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
    if (first) {
      assert_int_equal(accept_key(stage, wrong), TLSPIN_MATCH);
      pinned_go_well(stage, &attacker, TLSPIN_MATCH, "");
    }
    pinned_layer(stage, "50-policy.db", &pin, 1);
    if (!first)
      assert_int_equal(accept_key(stage, wrong), TLSPIN_MISMATCH);
    pinned_refuse(stage, &attacker, "critical-differs");
    pinned_go_well(stage, &server, TLSPIN_MATCH, "");
    pinned_layer_remove(stage, "50-policy.db");
    stage_clear(state);
  }
}

/* An attack: a program claims that the PKI vouched for a raw key. */
static void test_raw_key_is_not_learned(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA);
  gnutls_datum_t der = pki_spki_der(&stage->servers[PKI_RSA]);
  struct tlspin_octets key = {der.data, der.size};
  struct tlspin_check check = {.chain = &key,
                               .chain_size = 1,
                               .flags = TLSPIN_CHECK_RAW_KEY | TLSPIN_CHECK_LEARN,
                               .pki = TLSPIN_PKI_OK};

  assert_int_equal(tlspin_check_chain(stage->context, STAGE_HOST, "tls", VISIT_PORT, &check, NULL),
                   TLSPIN_NO_PIN);
  assert_int_equal(pinned_count(stage, NULL, NULL), 0);
  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
  gnutls_free(der.data);
}

/* Through the session that the header came over. */
static char session_header[256];
static int noted;

static void note_in_session(gnutls_session_t session)
{
  noted = tlspin_gnutls_note_hpkp(session, session_header, strlen(session_header), 0);
}

static void await_pins(struct stage *stage, unsigned count)
{
  for (int i = 0; i < 2400 && pinned_count(stage, "hpkp", NULL) != count; i++)
    usleep(25000);
  assert_int_equal(pinned_count(stage, "hpkp", NULL), count);
}

static void test_header_of_a_session(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = {.credentials = stage->credentials[PKI_ECDSA]};
  struct visit_request client = stage_client(stage);
  struct meeting met;

  strcpy(session_header, header_of(&stage->servers[PKI_ECDSA], &stage->servers[PKI_ED25519], 9999));
  client.after = note_in_session;
  client.flags = TLSPIN_PRIVATE;
  meet(&client, &server, &met);
  assert_int_equal(noted, TLSPIN_OK);
  client.flags = TLSPIN_TOFU;
  meet(&client, &server, &met);
  assert_int_equal(noted, TLSPIN_OK);
  await_pins(stage, 2);
  client.before = note_in_session; /* too early */
  client.after = NULL;
  meet(&client, &server, &met);
  assert_int_equal(noted, TLSPIN_E_ARGUMENT);
  client.before = NULL;
  client.after = note_in_session;
  client.credentials = stage->nobody; /* no path */
  client.unverified = true;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_int_equal(noted, TLSPIN_E_ARGUMENT);
  assert_string_not_equal(tlspin_last_message(), "");
}

/* A program with a handshake of its own. */
static void test_check_chain(void **state)
{
  struct stage *stage = *state;
  gnutls_datum_t leaf = pki_certificate_der(&stage->servers[PKI_ECDSA]),
                 other = pki_certificate_der(&stage->servers[PKI_RSA]),
                 ca = pki_certificate_der(&stage->ca);
  struct tlspin_octets chain[] = {octets_of(&leaf), octets_of(&ca)};
  struct tlspin_check check = {.chain = chain,
                               .chain_size = 2,
                               .flags = TLSPIN_CHECK_PATH | TLSPIN_CHECK_LEARN,
                               .pki = TLSPIN_PKI_OK};
  tlspin_verdict_t *verdict;

  assert_int_equal(tlspin_check_chain(stage->context, STAGE_HOST, "tls", 443, &check, &verdict),
                   TLSPIN_NO_PIN);
  assert_true(tlspin_verdict_learned(verdict));
  assert_string_equal(tlspin_verdict_reason(verdict), "none");
  tlspin_verdict_free(verdict);
  assert_int_equal(pinned_count(stage, "tofu", "active"), 1);
  assert_int_equal(tlspin_check_chain(stage->context, STAGE_HOST, "tls", 443, &check, NULL),
                   TLSPIN_MATCH);
  chain[0] = octets_of(&other);
  assert_int_equal(tlspin_check_chain(stage->context, STAGE_HOST, "tls", 443, &check, &verdict),
                   TLSPIN_MISMATCH);
  assert_true(tlspin_verdict_enforced(verdict));
  assert_string_equal(tlspin_verdict_reason(verdict), "changed");
  assert_string_equal(tlspin_verdict_change(verdict), "unexplained");
  assert_string_equal(tlspin_verdict_layer(verdict), "user");
  assert_int_equal(tlspin_verdict_rule(verdict), 6);
  assert_int_equal(tlspin_verdict_excused(verdict), 0);
  assert_false(tlspin_verdict_learned(verdict));
  assert_non_null(strstr(tlspin_verdict_text(verdict), STAGE_HOST));
  tlspin_verdict_free(verdict);
  gnutls_free(leaf.data);
  gnutls_free(other.data);
  gnutls_free(ca.data);
}

/* The same question, answered with all that was looked at. */
static void test_explain(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  gnutls_datum_t other = pki_certificate_der(&stage->servers[PKI_RSA]);
  const struct tlspin_octets chain[] = {octets_of(&other)};
  const struct tlspin_check check = {.chain = chain, .chain_size = 1, .pki = TLSPIN_PKI_OK};
  tlspin_explanation_t *explanation;
  const tlspin_entry_t *entry;

  pinned_put(stage, &pin);
  assert_int_equal(tlspin_explain(stage->context, STAGE_HOST, "tls", 443, &check, &explanation),
                   TLSPIN_OK);
  entry = tlspin_explanation_verdict(explanation);
  assert_string_equal(tlspin_entry_string(entry, "answer"), "mismatch");
  assert_string_equal(tlspin_entry_string(entry, "reason"), "critical-differs");
  assert_int_equal(tlspin_explanation_count(explanation, TLSPIN_ENTRIES), 1);
  entry = tlspin_explanation_at(explanation, TLSPIN_ENTRIES, 0);
  assert_string_equal(tlspin_entry_string(entry, "role"), "decided");
  assert_true(tlspin_explanation_count(explanation, TLSPIN_LAYERS) >= 1);
  assert_true(tlspin_explanation_count(explanation, TLSPIN_SETTINGS) >= 1);
  entry = tlspin_explanation_at(explanation, TLSPIN_SETTINGS, 0);
  assert_non_null(tlspin_entry_string(entry, "name"));
  assert_null(tlspin_explanation_at(explanation, TLSPIN_ENTRIES, 1));
  assert_int_equal(tlspin_explanation_count(explanation, (enum tlspin_part)9), 0);
  tlspin_explanation_free(explanation);
  assert_int_equal(tlspin_explain(stage->context, STAGE_HOST, "tls", 443, NULL, &explanation),
                   TLSPIN_OK);
  entry = tlspin_explanation_verdict(explanation);
  assert_string_equal(tlspin_entry_string(entry, "reason"), "stands");
  tlspin_explanation_free(explanation);
  tlspin_explanation_free(NULL);
  gnutls_free(other.data);
}

/* What tools do with a chain that they have got from somewhere. */
static void test_examine(void **state)
{
  struct stage *stage = *state;
  struct pki_identity stranger;
  gnutls_datum_t sent[2];
  const struct tlspin_check *check;
  struct tlspin_check learning;
  tlspin_gnutls_shown_t *shown;

  pki_make(&stranger, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Stranger"});
  sent[0] = pki_certificate_der(&stage->servers[PKI_ECDSA]);
  sent[1] = pki_certificate_der(&stranger);
  assert_int_equal(tlspin_gnutls_examine(stage->trust, sent, 2, STAGE_HOST, &shown), TLSPIN_OK);
  check = tlspin_gnutls_shown_check(shown);
  assert_int_equal(check->pki, TLSPIN_PKI_OK);
  assert_int_equal(check->errors, 0);
  assert_int_equal(check->flags, TLSPIN_CHECK_PATH);
  assert_int_equal(check->chain_size, 2); /* with the anchor, and without the stranger */
  learning = *check;
  learning.flags |= TLSPIN_CHECK_LEARN;
  assert_int_equal(tlspin_check_chain(stage->context, STAGE_HOST, "tls", 443, &learning, NULL),
                   TLSPIN_NO_PIN);
  assert_int_equal(pinned_count(stage, "tofu", "active"), 1);
  tlspin_gnutls_shown_free(shown);
  assert_int_equal(tlspin_gnutls_examine(stage->nobody, sent, 2, "other.example", &shown),
                   TLSPIN_OK);
  check = tlspin_gnutls_shown_check(shown);
  assert_int_equal(check->pki, TLSPIN_PKI_FAILED);
  assert_int_equal(check->errors, TLSPIN_PKI_UNKNOWN_ISSUER | TLSPIN_PKI_NAME);
  assert_int_equal(check->flags, 0);
  assert_int_equal(check->chain_size, 2); /* as it was sent */
  tlspin_gnutls_shown_free(shown);
  tlspin_gnutls_shown_free(NULL);
  gnutls_free(sent[0].data);
  gnutls_free(sent[1].data);
  pki_free(&stranger);
}

static void test_examine_wrong_arguments(void **state)
{
  struct stage *stage = *state;
  gnutls_datum_t junk = {(unsigned char *)(uintptr_t) "junk", 4}, empty = {NULL, 0};
  tlspin_gnutls_shown_t *shown = (tlspin_gnutls_shown_t *)stage;

  assert_int_equal(tlspin_gnutls_examine(stage->trust, &junk, 1, STAGE_HOST, &shown),
                   TLSPIN_E_ARGUMENT);
  assert_null(shown);
  assert_int_equal(tlspin_gnutls_examine(stage->trust, &empty, 1, STAGE_HOST, &shown),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_examine(stage->trust, &junk, 0, STAGE_HOST, &shown),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_examine(NULL, &junk, 1, STAGE_HOST, &shown), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_examine(stage->trust, NULL, 1, STAGE_HOST, &shown),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_examine(stage->trust, &junk, 1, NULL, &shown), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_examine(stage->trust, &junk, 1, "192.0.2.1", &shown),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_examine(stage->trust, &junk, 1, STAGE_HOST, NULL),
                   TLSPIN_E_ARGUMENT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_header),
      STAGE_TEST(test_header_explains_nothing),
      STAGE_TEST(test_word_and_header),
      STAGE_TEST(test_word_and_policy),
      STAGE_TEST(test_raw_key_is_not_learned),
      STAGE_TEST(test_header_of_a_session),
      STAGE_TEST(test_check_chain),
      STAGE_TEST(test_explain),
      STAGE_TEST(test_examine),
      STAGE_TEST(test_examine_wrong_arguments),
  };

  return cmocka_run_group_tests(tests, stage_open, stage_close);
}
