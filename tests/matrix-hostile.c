/* RFC 8672 against servers that break its rules: every one is refused before it gets a byte, and
 * the pin stays. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/stage.h"

#include <string.h>

static void be_pinned(struct visit_request *client, struct stand_request *server,
                      struct twist *twist)
{
  *twist = (struct twist){.kind = TWIST_NONE, .lifetime = 86400};
  server->pinning = NULL;
  server->twist = twist;
  meet_first(client, server);
  meet_again(client, server);
}

/* Pins a server that keeps the rules, which then breaks one. */
static void break_rule(void **state, enum twist_kind kind, const char *reason)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct twist twist;
  struct meeting met;

  be_pinned(&client, &server, &twist);
  twist.kind = kind;
  meet_refused(stage, &client, &server, reason, &met);
  assert_true(twist.ticket_came);
  assert_non_null(strstr(met.visit.message, "tlspin clear " STAGE_HOST ":443"));
  client.flags = TLSPIN_STRICT;
  meet_refused(stage, &client, &server, reason, &met);
  twist.kind = TWIST_NONE;
  meet_again(&client, &server);
}

#define RULE(name, kind, reason)                                                                   \
  static void test_##name(void **state)                                                            \
  {                                                                                                \
    break_rule(state, kind, reason);                                                               \
  }

RULE(missing, TWIST_MISSING, "extension-missing")
RULE(empty, TWIST_EMPTY, "extension-malformed")
RULE(truncated, TWIST_TRUNCATED, "extension-malformed")
RULE(trailing, TWIST_TRAILING, "extension-malformed")
RULE(twice, TWIST_TWICE, "extension-twice")
RULE(two_tickets, TWIST_TWO_TICKETS, "extension-malformed")
RULE(no_proof, TWIST_NO_PROOF, "proof-missing")
RULE(wrong_proof, TWIST_WRONG_PROOF, "proof-wrong")
RULE(short_proof, TWIST_SHORT_PROOF, "proof-wrong")
RULE(relayed, TWIST_RELAYED, "proof-wrong")

/* Rules that hold for a server that is not pinned, too. */
static void break_rule_unpinned(void **state, enum twist_kind kind, const char *reason)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct twist twist = {.kind = kind, .lifetime = 86400};
  struct meeting met;

  server.pinning = NULL;
  server.twist = &twist;
  meet_refused(stage, &client, &server, reason, &met);
  assert_true(twist.asked && !twist.ticket_came);
}

static void test_unpinned(void **state)
{
  break_rule_unpinned(state, TWIST_UNASKED_PROOF, "proof-unasked");
  break_rule_unpinned(state, TWIST_TRUNCATED, "extension-malformed");
  break_rule_unpinned(state, TWIST_EMPTY, "extension-malformed");
  break_rule_unpinned(state, TWIST_TWICE, "extension-twice");
}

static void test_tls12(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct meeting met;

  meet_first(&client, &server);
  server.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
  server.pinning = NULL;
  meet_refused(stage, &client, &server, "tls-version", &met);
  server = stage_server(stage);
  meet_again(&client, &server);
}

static void test_tls12_unpinned(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct meeting met;

  server.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_true(met.visit.conversed);
  assert_null(stage_entry(stage));
}

/* At level advisory the same is reported, and the pin stays as well. */
static void test_advisory(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  tlspin_entry_t *before, *after;
  struct twist twist;
  struct meeting met;

  be_pinned(&client, &server, &twist);
  before = stage_entry(stage);
  client.flags = TLSPIN_ADVISORY;
  twist.kind = TWIST_WRONG_PROOF;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_string_equal(met.visit.reason, "proof-wrong");
  assert_false(met.visit.proved);
  assert_true(met.visit.conversed);
  assert_int_equal(met.visit.kept, TLSPIN_NO_PIN);
  after = stage_entry(stage);
  assert_int_equal(tlspin_entry_series(before), tlspin_entry_series(after));
  assert_int_equal(tlspin_entry_expires(before), tlspin_entry_expires(after));
  tlspin_entry_free(before);
  tlspin_entry_free(after);
}

static void displace_hook(gnutls_session_t session)
{
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, NULL);
}

static void displace_name(gnutls_session_t session)
{
  static const char name[] = "other.example";

  gnutls_server_name_set(session, GNUTLS_NAME_DNS, name, sizeof name - 1);
}

static int swallow(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
  (void)session, (void)label, (void)secret;
  return 0;
}

static void displace_keylog(gnutls_session_t session)
{
  gnutls_session_set_keylog_function(session, swallow);
}

/* A program that takes our hooks away fails closed, though perhaps only in finish. */
static void test_clumsy_program(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct meeting met;

  meet_first(&client, &server);
  client.before = displace_keylog;
  meet_refused(stage, &client, &server, "secret-not-found", &met);
  client.before = displace_hook;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(met.visit.reason, "hooks-displaced");
  assert_int_equal(met.stand.received, 0);
  client.before = displace_name;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(met.visit.reason, "name-differs");
  assert_int_equal(met.stand.received, 0);
  client.before = NULL;
  meet_again(&client, &server);
}

/* A priority string that keeps every extension out of ClientHello: GnuTLS then never asks for ours,
 * and speaks TLS 1.2 at the most. The pin counts all the same. */
static void test_no_extensions(void **state)
{
  static const unsigned levels[] = {TLSPIN_TOFU, TLSPIN_STRICT};
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct meeting met;

  meet_first(&client, &server);
  client.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_EXTENSIONS";
  server.priority = "NORMAL";
  server.pinning = NULL;
  for (size_t i = 0; i < 2; i++) {
    client.flags = levels[i];
    meet(&client, &server, &met);
    assert_int_equal(met.visit.answer, TLSPIN_MATCH);
    assert_int_equal(met.visit.finished, TLSPIN_MISMATCH);
    assert_int_equal(met.stand.received, 0);
    client.before = displace_hook;
    meet(&client, &server, &met);
    assert_int_equal(met.visit.finished, TLSPIN_MISMATCH);
    assert_int_equal(met.stand.received, 0);
    client.before = NULL;
  }
}

/* The same where nothing is pinned yet: nothing may be stored. */
static void test_clumsy_program_unpinned(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct meeting met;

  client.before = displace_keylog;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_null(stage_entry(stage));
  client.before = displace_hook;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_null(stage_entry(stage));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_missing),
      STAGE_TEST(test_empty),
      STAGE_TEST(test_truncated),
      STAGE_TEST(test_trailing),
      STAGE_TEST(test_twice),
      STAGE_TEST(test_two_tickets),
      STAGE_TEST(test_no_proof),
      STAGE_TEST(test_wrong_proof),
      STAGE_TEST(test_short_proof),
      STAGE_TEST(test_relayed),
      STAGE_TEST(test_unpinned),
      STAGE_TEST(test_tls12),
      STAGE_TEST(test_tls12_unpinned),
      STAGE_TEST(test_advisory),
      STAGE_TEST(test_no_extensions),
      STAGE_TEST(test_clumsy_program),
      STAGE_TEST(test_clumsy_program_unpinned),
  };

  return cmocka_run_group_tests(tests, stage_open, stage_close);
}
