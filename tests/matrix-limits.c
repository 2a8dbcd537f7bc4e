/* RFC 8672 at its limits: lifetimes, sizes of tickets, names.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/stage.h"

#include <time.h>

enum { CAP = 31 * 86400 };

static void meet_twisted(struct stage *stage, struct twist *twist, struct meeting *met)
{
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);

  server.pinning = NULL;
  server.twist = twist;
  meet(&client, &server, met);
  assert_int_equal(met->visit.finished, TLSPIN_OK);
  assert_true(met->visit.conversed);
}

static void test_lifetime_zero(void **state)
{
  struct twist twist = {.lifetime = 0};
  struct meeting met;

  meet_twisted(*state, &twist, &met);
  assert_int_equal(met.visit.kept, TLSPIN_NO_PIN);
  assert_null(stage_entry(*state));
}

/* A later lifetime of 0 does not take the pin away either. */
static void test_lifetime_zero_later(void **state)
{
  struct twist twist = {.lifetime = 86400};
  tlspin_entry_t *entry;
  struct meeting met;

  meet_twisted(*state, &twist, &met);
  twist.lifetime = 0;
  meet_twisted(*state, &twist, &met);
  assert_true(met.visit.proved);
  entry = stage_entry(*state);
  assert_non_null(entry);
  tlspin_entry_free(entry);
}

static void test_lifetime_endless(void **state)
{
  struct twist twist = {.lifetime = UINT32_MAX};
  uint64_t now = (uint64_t)time(NULL);
  struct meeting met;

  meet_twisted(*state, &twist, &met);
  assert_int_equal(met.visit.lifetime, UINT32_MAX);
  assert_true(met.visit.stored >= now + CAP - 60 && met.visit.stored <= now + CAP + 60);
}

static void test_ticket_empty(void **state)
{
  struct twist twist = {.lifetime = 86400, .empty_ticket = true};
  struct meeting met;

  meet_twisted(*state, &twist, &met);
  assert_int_equal(met.visit.kept, TLSPIN_NO_PIN);
  assert_null(stage_entry(*state));
}

static void test_ticket_large(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct twist twist = {.lifetime = 86400, .ticket_size = 65000};
  tlspin_entry_t *entry;

  server.pinning = NULL;
  server.twist = &twist;
  meet_first(&client, &server);
  entry = stage_entry(stage);
  assert_int_equal(tlspin_entry_ticket_size(entry), 65000);
  tlspin_entry_free(entry);
  meet_again(&client, &server);
  assert_true(twist.ticket_came);
}

static void attach_fails(struct stage *stage, const char *host, int code)
{
  struct stand_request server = stage_server(stage);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  client.host = host;
  client.unverified = true;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.attached, code);
  assert_int_equal(met.visit.finished, TLSPIN_E_ARGUMENT);
  assert_int_equal(met.visit.handshake, 0); /* the session is as it was */
  assert_false(met.visit.asked);
  assert_int_equal(met.stand.pinned, TLSPIN_SERVER_NOT_ASKED);
}

static void test_names(void **state)
{
  attach_fails(*state, NULL, TLSPIN_CANNOT_BE_PINNED);
  attach_fails(*state, "127.0.0.1", TLSPIN_CANNOT_BE_PINNED);
  attach_fails(*state, "2001:db8::1", TLSPIN_CANNOT_BE_PINNED);
  attach_fails(*state, "[2001:db8::1]", TLSPIN_CANNOT_BE_PINNED);
  attach_fails(*state, "0x7f.1", TLSPIN_CANNOT_BE_PINNED);
  attach_fails(*state, "under_score.example", TLSPIN_CANNOT_BE_PINNED);
  attach_fails(*state, "a\u200db.example", TLSPIN_CANNOT_BE_PINNED);
  attach_fails(*state, "www.example.org:443", TLSPIN_E_ARGUMENT); /* it would never be pinned */
  attach_fails(*state, "", TLSPIN_E_ARGUMENT);
  attach_fails(*state, "\xff.example", TLSPIN_E_ARGUMENT);
}

/* Spelt in another way it is the same server. */
static void test_spelling(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);

  meet_first(&client, &server);
  client.unverified = true; /* GnuTLS does not take the final dot */
  client.host = "PINNED.Example.";
  meet_again(&client, &server);
}

static void drop_name(gnutls_session_t session)
{
  gnutls_server_name_set(session, GNUTLS_NAME_DNS, "", 0);
}

/* Without SNI the server can't know whose ticket it is: a pinned client doesn't go on (RFC 8672
 * section 2.3). */
static void test_no_sni(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct meeting met;

  meet_first(&client, &server);
  client.before = drop_name;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(met.visit.reason, "name-differs");
  assert_int_equal(met.stand.received, 0);
}

static void test_arguments(void **state)
{
  struct stage *stage = *state;
  gnutls_session_t session;

  assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT), 0);
  assert_int_equal(tlspin_gnutls_attach_with(session, stage->context, STAGE_HOST, 0, 0),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_attach_with(session, stage->context, STAGE_HOST, 65536, 0),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_attach_with(session, stage->context, STAGE_HOST, 443, 1u << 20),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_attach_with(session, stage->context, STAGE_HOST, 443,
                                             TLSPIN_STRICT | TLSPIN_ADVISORY),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_attach_with(session, NULL, STAGE_HOST, 443, 0), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_attach_with(NULL, stage->context, STAGE_HOST, 443, 0),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_finish(session, 0, 0), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_attach_with(session, stage->context, STAGE_HOST, 443, 0),
                   TLSPIN_OK);
  assert_int_equal(tlspin_gnutls_attach_with(session, stage->context, STAGE_HOST, 443, 0),
                   TLSPIN_E_TLS);
  gnutls_deinit(session);
  assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_DATAGRAM), 0);
  assert_int_equal(tlspin_gnutls_attach_with(session, stage->context, STAGE_HOST, 443, 0),
                   TLSPIN_CANNOT_BE_PINNED);
  gnutls_deinit(session);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_lifetime_zero),    STAGE_TEST(test_lifetime_zero_later),
      STAGE_TEST(test_lifetime_endless), STAGE_TEST(test_ticket_empty),
      STAGE_TEST(test_ticket_large),     STAGE_TEST(test_names),
      STAGE_TEST(test_spelling),         STAGE_TEST(test_no_sni),
      STAGE_TEST(test_arguments),
  };

  return cmocka_run_group_tests(tests, stage_open, stage_close);
}
