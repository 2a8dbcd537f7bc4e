/* Tests of libclient/check.c and libclient/verdict.c: what is asked, and what is made of the
 * answer. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/check.h"

#include "libclient/last.h"
#include "tests/pki.h"
#include "tests/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { HUNDRED = 100 };

static gnutls_datum_t certificate, key;
static struct tlspin_octets chain[1], raw[1];

static int set_up_all(void **state)
{
  struct pki_identity identity;

  (void)state;
  pki_make(&identity, NULL, &(struct pki_request){.purpose = PKI_SERVER, .name = "www.example"});
  certificate = pki_certificate_der(&identity);
  key = pki_spki_der(&identity);
  chain[0] = (struct tlspin_octets){certificate.data, certificate.size};
  raw[0] = (struct tlspin_octets){key.data, key.size};
  pki_free(&identity);
  return 0;
}

static int tear_down_all(void **state)
{
  (void)state;
  gnutls_free(certificate.data);
  gnutls_free(key.data);
  return 0;
}

static int ask(const struct tlspin_check *check, tlspin_verdict_t **verdict)
{
  return tlspin_check_chain(context, "WWW.example.", "tls", 443, check, verdict);
}

static void test_what_is_asked(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  struct tlspin_check check = {.chain = chain, .chain_size = 1};
  char expected[256];

  (void)state;
  assert_int_equal(ask(&check, NULL), TLSPIN_MATCH);
  snprintf(expected, sizeof expected,
           "CheckChain www.example tls 443 1 ----- pki=unchecked/0 ticket= until=0 by=%s reply",
           check_program());
  assert_string_equal(test_bus_call(&world, "CheckChain"), expected);
  check = (struct tlspin_check){.chain = raw,
                                .chain_size = 1,
                                .flags = TLSPIN_CHECK_RAW_KEY | TLSPIN_CHECK_LEARN |
                                         TLSPIN_CHECK_PRIVATE | TLSPIN_CHECK_ACCEPTED,
                                .pki = TLSPIN_PKI_FAILED,
                                .errors = TLSPIN_PKI_EXPIRED | TLSPIN_PKI_OTHER,
                                .ticket = "proof-wrong",
                                .expires = 5000000000,
                                .program = "a program"};
  assert_int_equal(ask(&check, NULL), TLSPIN_MATCH);
  assert_string_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain www.example tls 443 1 -rlsa pki=failed/130 ticket=proof-wrong "
                      "until=5000000000 by=a program reply");
  check = (struct tlspin_check){
      .chain = raw, .chain_size = 1, .flags = TLSPIN_CHECK_KEY_ALONE, .program = "p"};
  assert_int_equal(ask(&check, NULL), TLSPIN_MATCH);
  assert_string_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain www.example tls 443 1 -k--- pki=unchecked/0 ticket= until=0 by=p "
                      "reply");
  check = (struct tlspin_check){.chain = chain,
                                .chain_size = 1,
                                .flags = TLSPIN_CHECK_PATH,
                                .pki = TLSPIN_PKI_OK,
                                .ticket = "proved",
                                .program = "p"};
  assert_int_equal(ask(&check, NULL), TLSPIN_MATCH);
  assert_string_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain www.example tls 443 1 p---- pki=ok/0 ticket=proved until=0 by=p "
                      "reply");
  test_process_end(daemon);
}

/* What the server sent, and its bounds. */
static void test_what_was_sent(void **state)
{
  enum { MOST = 16, LARGEST = 65535 };
  static uint8_t octets[LARGEST + 1];
  struct tlspin_octets served[MOST + 1];
  struct tlspin_check check = {
      .chain = chain, .chain_size = 1, .program = "p", .served = served, .served_size = MOST};
  pid_t daemon = test_bus_daemon(&world, "log=%log");

  (void)state;
  for (size_t i = 0; i <= MOST; i++)
    served[i] = (struct tlspin_octets){octets, i};
  served[0] = (struct tlspin_octets){octets, LARGEST};
  served[1] = (struct tlspin_octets){NULL, 0};
  assert_int_equal(ask(&check, NULL), TLSPIN_MATCH);
  assert_string_equal(test_bus_call(&world, "CheckChain"),
                      "CheckChain www.example tls 443 1 ----- pki=unchecked/0 ticket= until=0 by=p "
                      "reply served=16/65654");
  check.served_size = MOST + 1;
  assert_int_equal(ask(&check, NULL), TLSPIN_E_ARGUMENT);
  assert_non_null(strstr(tlspin_last_message(), "served"));
  check.served_size = SIZE_MAX;
  assert_int_equal(ask(&check, NULL), TLSPIN_E_ARGUMENT);
  check.served_size = 2;
  served[1].size = 1; /* of NULL */
  assert_int_equal(ask(&check, NULL), TLSPIN_E_ARGUMENT);
  served[1] = (struct tlspin_octets){octets, LARGEST + 1};
  assert_int_equal(ask(&check, NULL), TLSPIN_E_ARGUMENT);
  assert_non_null(strstr(tlspin_last_message(), "served"));
  check.served = NULL;
  assert_int_equal(ask(&check, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(test_bus_calls(&world, "CheckChain"), 1);
  test_process_end(daemon);
}

static void test_verdict(void **state)
{
  static const struct tlspin_check check = {.chain = chain, .chain_size = 1};
  pid_t daemon = test_bus_daemon(
      &world, "check=match why=change-accepted change=same-issuer layer=10-site.db learned=1 "
              "excused=3");
  tlspin_verdict_t *verdict;

  (void)state;
  assert_int_equal(ask(&check, &verdict), TLSPIN_MATCH);
  assert_string_equal(tlspin_verdict_reason(verdict), "change-accepted");
  assert_string_equal(tlspin_verdict_layer(verdict), "10-site.db");
  assert_string_equal(tlspin_verdict_change(verdict), "same-issuer");
  assert_int_equal(tlspin_verdict_rule(verdict), 6);
  assert_true(tlspin_verdict_enforced(verdict));
  assert_true(tlspin_verdict_learned(verdict));
  assert_int_equal(tlspin_verdict_excused(verdict), 3);
  assert_non_null(strstr(tlspin_verdict_text(verdict), "www.example"));
  tlspin_verdict_free(verdict);
  tlspin_verdict_free(NULL);
  test_process_end(daemon);
}

static void expect(const char *arguments, int code, const char *reason, int enforced)
{
  static const struct tlspin_check check = {.chain = chain, .chain_size = 1};
  pid_t daemon = test_bus_daemon(&world, arguments);
  tlspin_verdict_t *verdict;

  assert_int_equal(ask(&check, &verdict), code);
  assert_string_equal(tlspin_verdict_reason(verdict), reason);
  assert_int_equal(tlspin_verdict_enforced(verdict), enforced);
  assert_string_not_equal(tlspin_verdict_text(verdict), "");
  tlspin_verdict_free(verdict);
  test_process_end(daemon);
}

static void test_answers(void **state)
{
  (void)state;
  expect("check=mismatch why=changed change=unexplained", TLSPIN_MISMATCH, "changed", 1);
  expect("check=mismatch why=critical-differs enforced=0", TLSPIN_MISMATCH, "critical-differs", 0);
  expect("check=mismatch why=proof-wrong", TLSPIN_MISMATCH, "proof-wrong", 1);
  expect("check=no-pin why=none", TLSPIN_NO_PIN, "none", 1);
  expect("check=opted-out why=added-anchor", TLSPIN_OPTED_OUT, "added-anchor", 1);
  expect("check=store-damaged why=none", TLSPIN_STORE_DAMAGED, "none", 1);
  expect("check=clock-suspect why=none", TLSPIN_CLOCK_SUSPECT, "none", 1);
  expect("check=unavailable why=unreadable", TLSPIN_UNAVAILABLE, "unreadable", 1);
  expect("check=cannot-be-pinned why=address", TLSPIN_CANNOT_BE_PINNED, "address", 1);
  expect("check=mismatch why=changed enforced=0 otherwise=match", TLSPIN_MISMATCH, "changed", 0);
}

/* Whatever can't be understood is no answer, and never a match. */
static void test_garbage(void **state)
{
  static const char *const garbage[] = {
      "check=ok",
      "check=",
      "check=MATCH",
      "check=bad-reply",
      "check=not-found",
      "check=match otherwise=ok",
      "check=match otherwise=bad-reply",
      "why=",
      "why=ticket",
      "why=because",
      "change=other",
      "excused=64",
      "excused=4294967295",
      "do=empty",
      "do=text",
      "do=error error=org.tlspin.Error.NoPin",
      "do=error error=org.tlspin.Error.CannotBePinned",
      "do=error error=org.tlspin.Error.UnknownMethod",
  };

  (void)state;
  for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
    expect(garbage[i], TLSPIN_UNAVAILABLE, "unreadable", 0);
    assert_string_not_equal(tlspin_last_message(), "");
  }
}

static void test_nobody_answers(void **state)
{
  static const struct tlspin_check check = {.chain = chain, .chain_size = 1};
  tlspin_verdict_t *verdict;

  (void)state;
  assert_int_equal(ask(&check, &verdict), TLSPIN_UNAVAILABLE);
  assert_string_equal(tlspin_verdict_layer(verdict), "");
  assert_int_equal(tlspin_verdict_rule(verdict), 0);
  tlspin_verdict_free(verdict);
  test_bus_kill(&world);
  assert_int_equal(ask(&check, NULL), TLSPIN_UNAVAILABLE);
}

static void test_an_address(void **state)
{
  static const struct tlspin_check check = {.chain = chain, .chain_size = 1};
  tlspin_verdict_t *verdict;

  (void)state;
  assert_int_equal(tlspin_check_chain(context, "192.0.2.1", "tls", 443, &check, &verdict),
                   TLSPIN_CANNOT_BE_PINNED);
  assert_string_equal(tlspin_verdict_reason(verdict), "address");
  assert_string_equal(tlspin_verdict_text(verdict), tlspin_code_text(TLSPIN_CANNOT_BE_PINNED));
  tlspin_verdict_free(verdict);
}

/* What is wrong is said before anything is sent. */
static void test_wrong_questions(void **state)
{
  static const struct tlspin_octets junk[] = {{"junk", 4}}, empty[] = {{NULL, 0}};
  static const struct tlspin_octets missing[] = {{NULL, 5}};
  struct tlspin_octets twice[] = {chain[0], chain[0]}, many[20];
  const struct {
    struct tlspin_check check;
    const char *named;
  } wrong[] = {
      {{.chain = NULL, .chain_size = 0}, "chain:"},
      {{.chain = NULL, .chain_size = 1}, "chain:"},
      {{.chain = missing, .chain_size = 1}, "chain:"},
      {{.chain = junk, .chain_size = 1}, "chain:"},
      {{.chain = empty, .chain_size = 1}, "chain:"},
      {{.chain = twice, .chain_size = 2}, "chain:"},
      {{.chain = many, .chain_size = 20}, "chain:"},
      {{.chain = raw, .chain_size = 1}, "chain:"},
      {{.chain = chain, .chain_size = 1, .flags = TLSPIN_CHECK_RAW_KEY}, "chain:"},
      {{.chain = chain, .chain_size = 1, .flags = 1 << 6}, "flags:"},
      {{.chain = chain, .chain_size = 1, .flags = TLSPIN_CHECK_KEY_ALONE}, "chain:"},
      {{.chain = raw, .chain_size = 1, .flags = TLSPIN_CHECK_KEY_ALONE | TLSPIN_CHECK_PATH},
       "flags: KEY_ALONE"},
      {{.chain = raw, .chain_size = 1, .flags = TLSPIN_CHECK_KEY_ALONE | TLSPIN_CHECK_RAW_KEY},
       "flags: KEY_ALONE"},
      {{.chain = chain, .chain_size = 1, .flags = TLSPIN_CHECK_ACCEPTED}, "flags:"},
      {{.chain = chain, .chain_size = 1, .flags = TLSPIN_CHECK_LEARN, .expires = 1}, "expires:"},
      {{.chain = chain, .chain_size = 1, .pki = (enum tlspin_pki)3}, "pki:"},
      {{.chain = chain, .chain_size = 1, .pki = TLSPIN_PKI_FAILED}, "errors:"},
      {{.chain = chain, .chain_size = 1, .pki = TLSPIN_PKI_OK, .errors = 1}, "errors:"},
      {{.chain = chain, .chain_size = 1, .pki = TLSPIN_PKI_FAILED, .errors = 256}, "errors:"},
      {{.chain = chain, .chain_size = 1, .ticket = ""}, "ticket:"},
      {{.chain = chain, .chain_size = 1, .ticket = "fine"}, "ticket:"},
      {{.chain = chain, .chain_size = 1, .program = "\xff"}, "program:"},
      {{.chain = chain, .chain_size = 1, .program = ""}, "program:"},
  };
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  tlspin_verdict_t *verdict;

  (void)state;
  for (size_t i = 0; i < 20; i++)
    many[i] = chain[0];
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    verdict = (tlspin_verdict_t *)&world;
    assert_int_equal(ask(&wrong[i].check, &verdict), TLSPIN_E_ARGUMENT);
    assert_null(verdict);
    assert_memory_equal(tlspin_last_message(), wrong[i].named, strlen(wrong[i].named));
  }
  assert_int_equal(ask(NULL, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_check_chain(NULL, "a.example", "tls", 443, NULL, NULL),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(test_bus_calls(&world, "CheckChain"), 0);
  test_process_end(daemon);
}

static gnutls_datum_t make_der(const struct pki_identity *issuer, gnutls_x509_privkey_t certified,
                               size_t noise)
{
  struct pki_identity identity;
  gnutls_datum_t der;

  pki_make(&identity, issuer,
           &(struct pki_request){
               .purpose = PKI_CA, .name = "An authority", .key = certified, .noise = noise});
  der = pki_certificate_der(&identity);
  pki_free(&identity);
  return der;
}

static int ask_of(const struct tlspin_octets *octets, size_t count)
{
  const struct tlspin_check check = {
      .chain = octets, .chain_size = count, .flags = TLSPIN_CHECK_PATH, .pki = TLSPIN_PKI_OK};
  tlspin_verdict_t *verdict = (tlspin_verdict_t *)&world;
  int code = ask(&check, &verdict);

  assert_true(verdict == NULL || code != TLSPIN_E_ARGUMENT);
  tlspin_verdict_free(verdict);
  return code;
}

/* What is too much is a wrong question, and the daemon isn't asked: a hundred certificates, all
 * different, and one of a megabyte, be it the server's own or another. */
static void test_too_much(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  struct tlspin_octets octets[HUNDRED] = {chain[0]}, large[2];
  gnutls_datum_t der[HUNDRED], huge;
  struct pki_identity authority;

  (void)state;
  pki_make(&authority, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "An authority"});
  for (size_t i = 1; i < HUNDRED; i++) {
    der[i] = make_der(NULL, authority.key, 0);
    octets[i] = (struct tlspin_octets){der[i].data, der[i].size};
  }
  huge = make_der(NULL, authority.key, 1 << 20);
  large[0] = chain[0];
  large[1] = (struct tlspin_octets){huge.data, huge.size};
  for (size_t count = 17; count <= HUNDRED; count++) {
    assert_int_equal(ask_of(octets, count), TLSPIN_E_ARGUMENT);
    assert_memory_equal(tlspin_last_message(), "chain:", 6);
  }
  assert_int_equal(ask_of(large, 2), TLSPIN_E_ARGUMENT);
  assert_memory_equal(tlspin_last_message(), "chain:", 6);
  assert_int_equal(ask_of(&large[1], 1), TLSPIN_E_ARGUMENT);
  assert_int_equal(test_bus_calls(&world, "CheckChain"), 0);
  assert_int_equal(ask_of(octets, 16), TLSPIN_MATCH); /* which is not too much */
  test_bus_await_calls(&world, "CheckChain", 1);
  test_process_end(daemon);
  for (size_t i = 1; i < HUNDRED; i++)
    gnutls_free(der[i].data);
  gnutls_free(huge.data);
  pki_free(&authority);
}

/* Authorities that certify each other are two certificates, of which nothing is wrong as octets:
 * each is sent once, and whether they are a path was the program's to say. The first one again is
 * the cycle closed, and that is no chain. */
static void test_cycle(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  struct pki_identity self, other;
  struct tlspin_octets octets[4];
  gnutls_datum_t der[2];

  (void)state;
  pki_make(&self, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "An authority"});
  pki_make(&other, &self, &(struct pki_request){.purpose = PKI_CA, .name = "Other"});
  der[0] = make_der(&other, self.key, 0);
  der[1] = pki_certificate_der(&other);
  octets[0] = chain[0];
  for (size_t i = 0; i < 2; i++)
    octets[i + 1] = (struct tlspin_octets){der[i].data, der[i].size};
  octets[3] = octets[1];
  assert_int_equal(ask_of(octets, 4), TLSPIN_E_ARGUMENT);
  assert_memory_equal(tlspin_last_message(), "chain:", 6);
  assert_int_equal(test_bus_calls(&world, "CheckChain"), 0);
  assert_int_equal(ask_of(octets, 3), TLSPIN_MATCH);
  test_bus_await_calls(&world, "CheckChain", 1);
  test_process_end(daemon);
  for (size_t i = 0; i < 2; i++)
    gnutls_free(der[i].data);
  pki_free(&other);
  pki_free(&self);
}

static int note(struct tlspin_octets header, const char **outcome)
{
  return tlspin_note_hpkp(context, "www.example", "tls", 443, header, 1, chain, 1, outcome);
}

static void test_notes(void **state)
{
  static const char *const outcomes[] = {"note", "remove", "ignore", "evaluate"};
  static char long_header[70000];
  const struct tlspin_octets header = {"max-age=1", 9}, largest = {long_header, sizeof long_header};
  const char *outcome;
  char arguments[32];
  pid_t daemon;

  (void)state;
  for (size_t i = 0; i < 4; i++) {
    snprintf(arguments, sizeof arguments, "log=%%log note=%s", outcomes[i]);
    daemon = test_bus_daemon(&world, arguments);
    assert_int_equal(note(header, &outcome), TLSPIN_OK);
    assert_string_equal(outcome, outcomes[i]);
    assert_string_equal(test_bus_call(&world, "NoteHpkp"),
                        "NoteHpkp www.example tls 443 9 1 1 reply");
    test_process_end(daemon);
  }
  daemon = test_bus_daemon(&world, "log=%log");
  assert_int_equal(note(largest, &outcome), TLSPIN_OK);
  assert_string_equal(test_bus_call(&world, "NoteHpkp"),
                      "NoteHpkp www.example tls 443 16385 1 1 reply");
  assert_int_equal(note((struct tlspin_octets){NULL, 0}, NULL), TLSPIN_OK);
  test_bus_await_calls(&world, "NoteHpkp", 6);
  assert_string_equal(test_bus_call(&world, "NoteHpkp"),
                      "NoteHpkp www.example tls 443 0 1 1 no-reply");
  test_process_end(daemon);
  daemon = test_bus_daemon(&world, "note=done");
  assert_int_equal(note(header, &outcome), TLSPIN_UNAVAILABLE);
  assert_null(outcome);
  test_process_end(daemon);
  assert_int_equal(note(header, &outcome), TLSPIN_UNAVAILABLE);
}

/* There is no room for what was to be learned: an error with the daemon's text, and no verdict. */
static void test_no_room(void **state)
{
  static const struct tlspin_check check = {.chain = chain, .chain_size = 1};
  const struct tlspin_octets header = {"max-age=1", 9};
  pid_t daemon =
      test_bus_daemon(&world, "do=error error=org.tlspin.Error.LimitsExceeded message=m");
  const char *outcome = "x";
  tlspin_verdict_t *verdict;

  (void)state;
  assert_int_equal(ask(&check, &verdict), TLSPIN_E_LIMIT);
  assert_null(verdict);
  assert_string_equal(tlspin_last_message(), "m");
  assert_int_equal(note(header, &outcome), TLSPIN_E_LIMIT);
  assert_null(outcome);
  assert_string_equal(tlspin_last_message(), "m");
  test_process_end(daemon);
}

static void test_wrong_notes(void **state)
{
  const struct tlspin_octets header = {"max-age=1", 9};
  const char *outcome = "x";

  (void)state;
  assert_int_equal(note((struct tlspin_octets){NULL, 9}, &outcome), TLSPIN_E_ARGUMENT);
  assert_null(outcome);
  assert_int_equal(
      tlspin_note_hpkp(context, "www.example", "tls", 443, header, 0, raw, 1, &outcome),
      TLSPIN_E_ARGUMENT);
  assert_int_equal(
      tlspin_note_hpkp(context, "www.example", "tls", 443, header, 0, NULL, 0, &outcome),
      TLSPIN_E_ARGUMENT);
  assert_int_equal(
      tlspin_note_hpkp(context, "192.0.2.1", "tls", 443, header, 0, chain, 1, &outcome),
      TLSPIN_CANNOT_BE_PINNED);
  assert_int_equal(tlspin_note_hpkp(NULL, "www.example", "tls", 443, header, 0, chain, 1, &outcome),
                   TLSPIN_E_ARGUMENT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_what_is_asked),   WITH(test_verdict),    WITH(test_answers),
      WITH(test_garbage),         WITH(test_an_address), WITH(test_nobody_answers),
      WITH(test_wrong_questions), WITH(test_notes),      WITH(test_wrong_notes),
      WITH(test_no_room),         WITH(test_too_much),   WITH(test_cycle),
      WITH(test_what_was_sent),
  };

  return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
