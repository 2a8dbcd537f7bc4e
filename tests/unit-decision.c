/* Tests of libclient/decision.c: our own verdict, the daemon's, and what is learned; with a daemon
 * that says what it is told to. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/decision.h"

#include "pinning/digest.h"
#include "tests/pki.h"
#include "tests/stand.h"
#include "tests/visit.h"
#include "tests/wire.h"
#include "tests/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define HOST "www.example"
#define NONE "answer=no-pin ticket=0 secret=0 hash= series=0 expires=0 log=%log "

static struct pki_identity ca, server;
static gnutls_certificate_credentials_t trust, nobody, credentials;
static char right[80], wrong[80]; /* digest= of the server's key, and of none */
static char seen[80];             /* seen= of the server's certificate */

/* NAME= and SHA-256 in hex; frees what is digested. */
static void write_digest(const char *name, gnutls_datum_t der, char text[80])
{
  uint8_t digest[CHAIN_DIGEST_MAX];
  int used = snprintf(text, 80, "%s=", name);

  assert_true(digest_gnutls(MATCHING_SHA256, (struct span){der.data, der.size}, digest));
  for (size_t i = 0; i < 32; i++)
    snprintf(text + used + 2 * i, 3, "%02x", digest[i]);
  gnutls_free(der.data);
}

static int set_up_all(void **state)
{
  const struct pki_identity *chain[] = {&server};

  (void)state;
  pki_make(&ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Test CA"});
  pki_make(&server, &ca, &(struct pki_request){.purpose = PKI_SERVER, .name = HOST});
  credentials = pki_credentials(chain, 1);
  assert_int_equal(gnutls_certificate_allocate_credentials(&trust), 0);
  assert_int_equal(gnutls_certificate_allocate_credentials(&nobody), 0);
  pki_trust(trust, &ca);
  write_digest("digest", pki_spki_der(&server), right);
  write_digest("digest", pki_certificate_der(&ca), wrong);
  write_digest("seen", pki_certificate_der(&server), seen);
  return 0;
}

static int tear_down_all(void **state)
{
  (void)state;
  gnutls_certificate_free_credentials(trust);
  gnutls_certificate_free_credentials(nobody);
  gnutls_certificate_free_credentials(credentials);
  pki_free(&server);
  pki_free(&ca);
  return 0;
}

static struct visit_request visitor(unsigned flags)
{
  return (struct visit_request){
      .context = context, .host = HOST, .credentials = trust, .flags = flags};
}

static struct visit go(const struct visit_request *request)
{
  struct stand stand;
  struct visit met;

  stand_open(&stand, &(struct stand_request){.credentials = credentials});
  visit(request, stand.port, &met);
  stand_close(&stand);
  assert_int_equal(stand.received, met.conversed);
  return met;
}

/* One visit, with a daemon of these arguments. */
static struct visit go_with(unsigned flags, const char *arguments, const char *digest)
{
  struct visit_request request = visitor(flags);
  char all[512];
  struct visit met;
  pid_t daemon;

  snprintf(all, sizeof all, "%s%s %s", NONE, arguments, digest);
  daemon = test_bus_daemon(&world, all);
  met = go(&request);
  test_process_end(daemon);
  return met;
}

static void expect_refused(unsigned flags, const char *arguments, const char *digest,
                           const char *reason)
{
  struct visit met = go_with(flags, arguments, digest);

  assert_int_equal(met.finished, TLSPIN_MISMATCH);
  assert_string_equal(met.reason, reason);
  assert_false(met.conversed || met.may_resume);
}

static void expect_fine(unsigned flags, const char *arguments, const char *digest, int answer)
{
  struct visit met = go_with(flags, arguments, digest);

  assert_int_equal(met.finished, TLSPIN_OK);
  assert_string_equal(met.reason, "");
  assert_int_equal(met.answer, answer);
  assert_true(met.conversed);
}

/* The daemon leaves after the lookup: its pins count all the same. */
static void test_our_own_verdict(void **state)
{
  static const unsigned levels[] = {TLSPIN_TOFU, TLSPIN_STRICT};

  (void)state;
  for (size_t i = 0; i < 2; i++) {
    expect_refused(levels[i], "leave=1 keys=1", wrong, "critical-differs");
    expect_refused(levels[i], "leave=1 keys=1 status=active origin=tofu", wrong, "changed");
    expect_refused(levels[i], "leave=1 keys=1 status=rejected", right, "key-rejected");
    expect_refused(levels[i], "leave=1 keys=1 level=anchor", wrong, "critical-differs");
    expect_fine(levels[i], "leave=1 keys=1", right, TLSPIN_MATCH);
    expect_fine(levels[i], "leave=1 keys=1 level=any", right, TLSPIN_MATCH);
    expect_fine(levels[i], "leave=1 keys=1 status=active origin=tofu", right, TLSPIN_MATCH);
    expect_fine(levels[i], "leave=1 keys=1 status=rejected", wrong, TLSPIN_NO_PIN);
    expect_fine(levels[i], "leave=1 keys=1 status=active", wrong, TLSPIN_NO_PIN);
  }
}

/* A match needs no asking, whoever pinned. */
static void test_a_match_is_not_asked_about(void **state)
{
  (void)state;
  expect_fine(TLSPIN_TOFU, "keys=1 check=mismatch why=changed", right, TLSPIN_MATCH);
  assert_int_equal(test_bus_calls(&world, "CheckChain"), 0);
}

static void test_the_daemons_word(void **state)
{
  struct visit met;

  (void)state;
  expect_fine(TLSPIN_TOFU, "keys=1 check=match why=change-accepted", wrong, TLSPIN_MATCH);
  expect_fine(TLSPIN_TOFU, "keys=1 check=opted-out why=added-anchor", wrong, TLSPIN_OPTED_OUT);
  expect_fine(TLSPIN_TOFU, "keys=1 check=no-pin why=none", wrong, TLSPIN_NO_PIN);
  expect_refused(TLSPIN_TOFU, "keys=1 check=mismatch why=changed change=unexplained", wrong,
                 "changed");
  met = go_with(TLSPIN_TOFU, "keys=1 check=mismatch why=changed enforced=0 layer=20-lab.db", wrong);
  assert_int_equal(met.finished, TLSPIN_OK);
  assert_string_equal(met.reason, "changed");
  assert_string_equal(met.layer, "20-lab.db");
  assert_true(met.conversed);
  assert_false(met.may_resume);
  met = go_with(TLSPIN_TOFU, "keys=1 check=match why=change-accepted change=same-issuer", wrong);
  assert_string_equal(met.change, "same-issuer");
  assert_non_null(strstr(met.message, HOST));
}

/* Where its answer is none, ours stands. */
static void test_no_word(void **state)
{
  static const char *const answers[] = {"check=unavailable why=unreadable",
                                        "check=store-damaged why=none",
                                        "check=clock-suspect why=none",
                                        "check=cannot-be-pinned why=address",
                                        "check=ok",
                                        "why=because",
                                        "check=match change=what"};
  char arguments[128];

  (void)state;
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    snprintf(arguments, sizeof arguments, "keys=1 %s", answers[i]);
    expect_refused(TLSPIN_TOFU, arguments, wrong, "critical-differs");
    expect_refused(TLSPIN_STRICT, arguments, wrong, "critical-differs");
  }
}

/* What is asked: the path, where there is one, and what the PKI says of it. */
static void test_the_question(void **state)
{
  struct visit_request request = visitor(TLSPIN_TOFU);
  char all[512], expected[256];
  pid_t daemon;

  (void)state;
  snprintf(all, sizeof all, "%skeys=1 check=mismatch why=critical-differs %s", NONE, wrong);
  daemon = test_bus_daemon(&world, all);
  go(&request);
  snprintf(expected, sizeof expected,
           "CheckChain " HOST " tls 443 2 p---- pki=ok/0 ticket= until=0 by=%s reply",
           check_program());
  assert_string_equal(test_bus_call(&world, "CheckChain"), expected);
  request.flags = TLSPIN_PRIVATE;
  go(&request);
  assert_memory_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain " HOST " tls 443 2 p--s- pki=ok/0", 40);
  request.credentials = nobody;
  request.unverified = true;
  request.flags = TLSPIN_TOFU;
  go(&request);
  assert_memory_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain " HOST " tls 443 1 ----- pki=unchecked/0", 46);
  assert_int_equal(test_bus_calls(&world, "CheckChain"), 3);
  test_process_end(daemon);
}

/* For the report of a header's pins, and only where there are such: what the server sent, without
 * the anchor that the path ends in. */
static void test_what_was_sent(void **state)
{
  struct visit_request request = visitor(TLSPIN_TOFU);
  gnutls_datum_t der = pki_certificate_der(&server);
  char all[512], end[64];
  pid_t daemon;

  (void)state;
  snprintf(all, sizeof all, "%skeys=1 origin=hpkp level=any check=mismatch why=critical-differs %s",
           NONE, wrong);
  snprintf(end, sizeof end, " reply served=1/%u", der.size);
  daemon = test_bus_daemon(&world, all);
  go(&request);
  assert_memory_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain " HOST " tls 443 2 p---- pki=ok/0", 40);
  assert_non_null(strstr(test_bus_call(&world, "CheckChain"), end));
  test_process_end(daemon);
  gnutls_free(der.data);
}

static void test_what_is_learned(void **state)
{
  struct visit_request request = visitor(TLSPIN_TOFU);
  pid_t daemon = test_bus_daemon(&world, NONE "check=no-pin why=none learned=1");

  (void)state;
  go(&request);
  assert_memory_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain " HOST " tls 443 2 p-l-- pki=ok/0", 40);
  assert_non_null(strstr(test_bus_call(&world, "CheckChain"), " reply"));
  request.finish_flags = 1U << 31; /* any but TLSPIN_WAIT */
  go(&request);
  test_bus_await_calls(&world, "CheckChain", 2);
  assert_non_null(strstr(test_bus_call(&world, "CheckChain"), " no-reply"));
  request.flags = TLSPIN_PRIVATE;
  go(&request);
  request.flags = TLSPIN_TOFU;
  request.credentials = nobody;
  request.unverified = true;
  go(&request);
  assert_int_equal(test_bus_calls(&world, "CheckChain"), 2);
  test_process_end(daemon);
}

/* A learned key in the certificate that was seen last is only counted: for that the certificate
 * alone is sent, and no path is looked for. */
static void test_what_is_counted(void **state)
{
  char arguments[160];

  (void)state;
  snprintf(arguments, sizeof arguments, "keys=1 status=active origin=tofu check=match %s", seen);
  expect_fine(TLSPIN_TOFU, arguments, right, TLSPIN_MATCH);
  expect_fine(TLSPIN_PRIVATE, arguments, right, TLSPIN_MATCH);
  assert_int_equal(test_bus_calls(&world, "CheckChain"), 1);
  assert_memory_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain " HOST " tls 443 1 -cl-- pki=unchecked/0", 46);
  strcat(arguments, " level=any"); /* the path was looked for, and is there */
  expect_fine(TLSPIN_TOFU, arguments, right, TLSPIN_MATCH);
  assert_memory_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain " HOST " tls 443 2 p-l-- pki=ok/0", 40);
  snprintf(arguments, sizeof arguments, "keys=1 status=active origin=tofu seen=%s why=none",
           wrong + 7);
  expect_fine(TLSPIN_TOFU, arguments, right, TLSPIN_MATCH); /* another certificate was */
  assert_memory_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain " HOST " tls 443 2 p-l-- pki=ok/0", 40);
}

/* A pin above the certificate came since the lookup, so that it must be told on which path it is:
 * who waits does so, and the word about that counts. */
static void test_counted_too_late(void **state)
{
  struct visit_request request = visitor(TLSPIN_TOFU);
  char all[512];
  struct visit met;
  pid_t daemon;

  (void)state;
  snprintf(all, sizeof all,
           "%skeys=1 status=active origin=tofu check=mismatch why=path-unknown %s %s", NONE, seen,
           right);
  daemon = test_bus_daemon(&world, all);
  met = go(&request);
  assert_int_equal(test_bus_calls(&world, "CheckChain"), 2);
  assert_memory_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain " HOST " tls 443 2 p-l-- pki=ok/0", 40);
  assert_int_equal(met.finished, TLSPIN_MISMATCH);
  assert_string_equal(met.reason, "path-unknown");
  request.finish_flags = 1U << 31; /* any but TLSPIN_WAIT */
  met = go(&request);
  assert_int_equal(met.finished, TLSPIN_OK);
  assert_true(met.conversed && met.may_resume);
  test_bus_await_calls(&world, "CheckChain", 3);
  assert_memory_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain " HOST " tls 443 1 -cl-- pki=unchecked/0", 46);
  test_process_end(daemon);
}

static bool may_resume(unsigned flags, unsigned finish_flags, const char *arguments,
                       const char *digest)
{
  struct visit_request request = visitor(flags);
  struct visit met;
  char all[512];
  pid_t daemon;

  snprintf(all, sizeof all, "%s%s %s", NONE, arguments, digest);
  daemon = test_bus_daemon(&world, all);
  request.finish_flags = finish_flags;
  met = go(&request);
  test_process_end(daemon);
  assert_int_equal(met.finished, TLSPIN_OK);
  assert_true(met.conversed);
  return met.may_resume;
}

/* A session of a first connection rests on the pin that was made in it: until that is known to be
 * there it is not to be resumed. A key that was met needs nobody's word. */
static void test_resumption(void **state)
{
  const unsigned others = 1U << 31; /* any but TLSPIN_WAIT */

  (void)state;
  assert_true(may_resume(TLSPIN_TOFU, TLSPIN_WAIT, "check=no-pin why=none learned=1", right));
  assert_true(may_resume(TLSPIN_TOFU, TLSPIN_WAIT, "check=match", right)); /* another learned it */
  assert_false(
      may_resume(TLSPIN_TOFU, TLSPIN_WAIT, "check=opted-out why=added-anchor enforced=1", right));
  assert_false(may_resume(TLSPIN_TOFU, TLSPIN_WAIT, "check=unavailable why=unreadable", right));
  assert_false(may_resume(TLSPIN_TOFU, TLSPIN_WAIT, "leave=1", right));
  assert_false(may_resume(TLSPIN_TOFU, others, "check=no-pin why=none learned=1", right));
  assert_true(may_resume(TLSPIN_TOFU, others, "keys=1 status=active origin=tofu", right));
  assert_true(may_resume(TLSPIN_TOFU, others, "keys=1", right));
  assert_true(may_resume(TLSPIN_TOFU, others, "answer=opted-out", right));
  assert_true(may_resume(TLSPIN_TOFU, others, "policy=8", right)); /* nothing is ever learned */
}

static unsigned learned_with(unsigned flags, const char *arguments, const char *digest)
{
  unsigned before = test_bus_calls(&world, "CheckChain");

  go_with(flags, arguments, digest);
  return test_bus_calls(&world, "CheckChain") - before;
}

/* Nothing where policy decides, where nothing may be learned, or where the store wasn't clear. */
static void test_what_is_not_learned(void **state)
{
  (void)state;
  assert_int_equal(learned_with(TLSPIN_TOFU, "check=no-pin why=none", right), 1);
  assert_int_equal(learned_with(TLSPIN_TOFU, "keys=1 status=active origin=tofu check=match", right),
                   1);
  assert_int_equal(learned_with(TLSPIN_TOFU, "policy=8", right), 0);
  assert_int_equal(learned_with(TLSPIN_TOFU, "policy=1", right), 0);
  assert_int_equal(learned_with(TLSPIN_TOFU, "answer=unavailable policy=1", right), 0);
  assert_int_equal(learned_with(TLSPIN_TOFU, "answer=store-damaged", right), 0);
  assert_int_equal(learned_with(TLSPIN_TOFU, "answer=clock-suspect", right), 0);
  assert_int_equal(learned_with(TLSPIN_TOFU, "keys=1", right), 0);
  assert_int_equal(learned_with(TLSPIN_TOFU, "keys=1 origin=policy rank=1", right), 0);
  assert_int_equal(learned_with(TLSPIN_TOFU, "keys=1 key=status", right), 0);
}

/* Somebody else pinned another key meanwhile: the one who waits is told. */
static void test_last_word(void **state)
{
  struct visit met;

  (void)state;
  met = go_with(TLSPIN_TOFU, "check=mismatch why=changed change=unexplained", right);
  assert_int_equal(met.handshake, GNUTLS_E_SUCCESS);
  assert_int_equal(met.finished, TLSPIN_MISMATCH);
  assert_string_equal(met.reason, "changed");
  assert_false(met.conversed);
  met = go_with(TLSPIN_ADVISORY, "check=mismatch why=changed change=unexplained", right);
  assert_int_equal(met.finished, TLSPIN_OK);
  assert_string_equal(met.reason, "changed");
  expect_fine(TLSPIN_TOFU, "check=unavailable why=unreadable", right, TLSPIN_NO_PIN);
}

/* A store that can't be read, or a reply that can't: the level says what to do, and so does the
 * administrator. */
static void test_levels(void **state)
{
  static const char *const unclear[] = {"answer=unavailable policy=1", "keys=1 key=status",
                                        "keys=1 key=times"};
  struct visit met;

  (void)state;
  for (size_t i = 0; i < 3; i++) {
    met = go_with(TLSPIN_STRICT, unclear[i], right);
    assert_int_equal(met.finished, TLSPIN_UNAVAILABLE);
    assert_false(met.conversed);
    expect_fine(TLSPIN_TOFU, unclear[i], right, TLSPIN_UNAVAILABLE);
    expect_fine(TLSPIN_ADVISORY, unclear[i], right, TLSPIN_UNAVAILABLE);
  }
  met = go_with(TLSPIN_TOFU, "answer=unavailable policy=5", right);
  assert_int_equal(met.finished, TLSPIN_UNAVAILABLE);
  assert_false(met.conversed);
  expect_fine(TLSPIN_ADVISORY, "answer=unavailable policy=5", right, TLSPIN_UNAVAILABLE);
  expect_refused(TLSPIN_TOFU, "answer=unavailable policy=1 keys=1 leave=1", wrong,
                 "critical-differs");
  met = go_with(TLSPIN_ADVISORY, "keys=1 leave=1", wrong);
  assert_int_equal(met.finished, TLSPIN_OK);
  assert_string_equal(met.reason, "critical-differs");
  assert_true(met.conversed);
}

static struct visit show_raw_key(const char *arguments, const char *digest)
{
  struct visit_request request = visitor(TLSPIN_VERIFY);
  struct stand_request raw = {.credentials = pki_raw_credentials(&server),
                              .priority =
                                  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CTYPE-SRV-ALL:+CTYPE-SRV-RAWPK",
                              .flags = GNUTLS_ENABLE_RAWPK};
  struct stand stand;
  char all[512];
  struct visit met;
  pid_t daemon;

  snprintf(all, sizeof all, "%s%s %s", NONE, arguments, digest);
  daemon = test_bus_daemon(&world, all);
  request.priority = raw.priority;
  request.init_flags = GNUTLS_ENABLE_RAWPK;
  request.unverified = true;
  stand_open(&stand, &raw);
  visit(&request, stand.port, &met);
  stand_close(&stand);
  test_process_end(daemon);
  gnutls_certificate_free_credentials(raw.credentials);
  return met;
}

/* For a raw key the daemon's word doesn't take the place of our own. */
static void test_raw_key(void **state)
{
  static const char *const without[] = {"keys=1", "keys=1 status=active origin=tofu",
                                        "keys=1 status=active", "keys=0", "policy=16"};
  char arguments[128];
  struct visit met;

  (void)state;
  met = show_raw_key("keys=1", right);
  assert_int_equal(met.finished, TLSPIN_OK);
  assert_true(met.conversed);
  for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
    snprintf(arguments, sizeof arguments, "%s check=match why=critical-matched", without[i]);
    met = show_raw_key(arguments, wrong);
    assert_int_equal(met.handshake, GNUTLS_E_CERTIFICATE_ERROR);
    assert_int_equal(met.finished, TLSPIN_E_TLS);
    assert_false(met.conversed);
  }
}

/* There are more records than the lookup brought, or it brought more than it may: the daemon
 * judges, and without its word no pin is met. */
static void test_crowded(void **state)
{
  static const char *const crowds[] = {"policy=16", "keys=5000", "answer=opted-out policy=16",
                                       "keys=1 policy=16"};
  static const unsigned levels[] = {TLSPIN_TOFU, TLSPIN_STRICT};
  char arguments[128];
  struct visit met;

  (void)state;
  for (size_t i = 0; i < 4; i++) {
    for (size_t j = 0; j < 2; j++) {
      snprintf(arguments, sizeof arguments, "%s leave=1", crowds[i]);
      expect_refused(levels[j], arguments, right, "path-unknown");
      snprintf(arguments, sizeof arguments, "%s check=unavailable why=unreadable", crowds[i]);
      expect_refused(levels[j], arguments, right, "path-unknown");
      snprintf(arguments, sizeof arguments, "%s check=mismatch why=critical-differs", crowds[i]);
      expect_refused(levels[j], arguments, right, "critical-differs");
    }
    snprintf(arguments, sizeof arguments, "%s leave=1", crowds[i]);
    met = go_with(TLSPIN_ADVISORY, arguments, right);
    assert_int_equal(met.finished, TLSPIN_OK);
    assert_string_equal(met.reason, "path-unknown");
    snprintf(arguments, sizeof arguments, "%s check=match why=critical-matched", crowds[i]);
    met = go_with(TLSPIN_TOFU, arguments, right);
    assert_int_equal(met.finished, TLSPIN_OK);
    assert_true(met.conversed);
  }
}

/* It is asked about the validated path, and has the last word on what is learned. */
static void test_question_in_a_crowd(void **state)
{
  (void)state;
  expect_fine(TLSPIN_TOFU, "policy=16 check=match why=critical-matched", right, TLSPIN_MATCH);
  assert_int_equal(test_bus_calls(&world, "CheckChain"), 2);
  assert_memory_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain " HOST " tls 443 2 p-l-- pki=ok/0", 40);
  expect_fine(TLSPIN_PRIVATE, "policy=16 check=no-pin why=none", right, TLSPIN_NO_PIN);
  assert_int_equal(test_bus_calls(&world, "CheckChain"), 3);
  assert_memory_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain " HOST " tls 443 2 p--s- pki=ok/0", 40);
}

/* A handshake in which the server shows nothing of itself. */
static void shake_anonymously(struct wire *wire)
{
  static const char priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-ECDH";
  gnutls_anon_client_credentials_t client;
  gnutls_anon_server_credentials_t anonymous;

  assert_int_equal(gnutls_anon_allocate_client_credentials(&client), 0);
  assert_int_equal(gnutls_anon_allocate_server_credentials(&anonymous), 0);
  assert_int_equal(gnutls_priority_set_direct(wire->client.session, priority, NULL), 0);
  assert_int_equal(gnutls_priority_set_direct(wire->server.session, priority, NULL), 0);
  assert_int_equal(gnutls_credentials_set(wire->client.session, GNUTLS_CRD_ANON, client), 0);
  assert_int_equal(gnutls_credentials_set(wire->server.session, GNUTLS_CRD_ANON, anonymous), 0);
  wire_shake(wire);
  gnutls_anon_free_client_credentials(client);
  gnutls_anon_free_server_credentials(anonymous);
}

static void meet_anonymous(unsigned flags, const char *arguments, const char *reason)
{
  struct wire wire;
  char all[512];
  pid_t daemon;
  int code;

  snprintf(all, sizeof all, "%s%s %s", NONE, arguments, right);
  daemon = test_bus_daemon(&world, all);
  wire_open(&wire, &(struct wire_request){0});
  assert_int_equal(tlspin_gnutls_attach_with(wire.client.session, context, HOST, 443, flags),
                   TLSPIN_OK);
  shake_anonymously(&wire);
  assert_int_equal(wire.client.result == 0, wire.server.result == 0);
  code = tlspin_gnutls_finish(wire.client.session, wire.client.result, TLSPIN_WAIT);
  assert_string_equal(tlspin_gnutls_reason(wire.client.session), reason);
  assert_int_equal(code, reason[0] != '\0' ? TLSPIN_MISMATCH : TLSPIN_OK);
  wire_close(&wire);
  test_process_end(daemon);
}

/* No pin can be met; a key that is rejected may be the one that was not shown. */
static void test_nothing_shown(void **state)
{
  (void)state;
  meet_anonymous(TLSPIN_TOFU, "", "");
  meet_anonymous(TLSPIN_TOFU, "keys=1", "path-unknown");
  meet_anonymous(TLSPIN_TOFU, "keys=1 status=active origin=tofu", "path-unknown");
  meet_anonymous(TLSPIN_TOFU, "policy=16", "path-unknown");
  meet_anonymous(TLSPIN_TOFU, "keys=1 status=rejected", "key-rejected");
  meet_anonymous(TLSPIN_TOFU, "answer=opted-out keys=1 status=rejected", "key-rejected");
  meet_anonymous(TLSPIN_VERIFY, "", "hooks-displaced");
  assert_int_equal(test_bus_calls(&world, "CheckChain"), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_our_own_verdict),
      WITH(test_a_match_is_not_asked_about),
      WITH(test_the_daemons_word),
      WITH(test_no_word),
      WITH(test_the_question),
      WITH(test_what_was_sent),
      WITH(test_what_is_learned),
      WITH(test_what_is_counted),
      WITH(test_counted_too_late),
      WITH(test_resumption),
      WITH(test_what_is_not_learned),
      WITH(test_last_word),
      WITH(test_levels),
      WITH(test_raw_key),
      WITH(test_crowded),
      WITH(test_question_in_a_crowd),
      WITH(test_nothing_shown),
  };

  return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
