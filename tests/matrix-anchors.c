/* Behind a company's proxy: who goes between its clients and all servers, with certificates of an
 * authority that was added to the system, is let through unless policy says otherwise, and nothing
 * is learned from him, be it a key or a ticket. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinned.h"

#include <string.h>

#define PROXY_LAYER "00-anchors.db"

/* The vendor's authority is the stage's own; the client trusts the company's, too. */
static struct {
  struct pki_identity authority, identity;
  gnutls_certificate_credentials_t credentials;
} proxy;

static int open_all(void **state)
{
  const struct pki_identity *chain[] = {&proxy.identity};
  struct stage *stage;

  stage_open(state);
  stage = *state;
  pki_make(&proxy.authority, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Company CA"});
  pki_make(&proxy.identity, &proxy.authority,
           &(struct pki_request){.purpose = PKI_SERVER, .name = STAGE_HOST});
  proxy.credentials = pki_credentials(chain, 1);
  pki_trust(stage->trust, &proxy.authority);
  pinned_vendor(stage, &stage->ca);
  return 0;
}

static int close_all(void **state)
{
  pinned_vendor_remove(*state);
  gnutls_certificate_free_credentials(proxy.credentials);
  pki_free(&proxy.identity);
  pki_free(&proxy.authority);
  return stage_close(state);
}

/* The proxy, as a server that knows nothing of tickets. */
static struct stand_request plain_proxy(void)
{
  return (struct stand_request){.credentials = proxy.credentials};
}

static struct stand_request ticketing_proxy(struct stage *stage)
{
  return (struct stand_request){.credentials = proxy.credentials, .pinning = stage->pinning};
}

/* Data went there and back. */
static struct visit go(const struct visit_request *client, const struct stand_request *server)
{
  struct meeting met;

  meet(client, server, &met);
  if (met.visit.finished != TLSPIN_OK)
    print_error("%s\n", met.visit.message);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_string_equal(met.visit.reason, "");
  assert_true(met.visit.conversed);
  return met.visit;
}

static int sum_failures(const tlspin_entry_t *entry, void *data)
{
  unsigned *sum = data;

  *sum += tlspin_entry_failures(entry);
  return 0;
}

static unsigned failures(struct stage *stage)
{
  unsigned sum = 0;

  assert_int_equal(tlspin_list(stage->context, NULL, sum_failures, &sum), TLSPIN_OK);
  return sum;
}

static void expect_no_ticket(struct stage *stage)
{
  tlspin_entry_t *entry = stage_entry(stage);

  assert_null(entry);
}

static void test_keys(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA), between = plain_proxy(),
                       misissued = pinned_server(stage, PKI_RSA);
  struct visit_request client = stage_client(stage);

  assert_false(go(&client, &between).may_resume);
  client.finish_flags = 1U << 31; /* any but TLSPIN_WAIT */
  assert_false(go(&client, &between).may_resume);
  client = stage_client(stage);
  assert_int_equal(pinned_count(stage, NULL, NULL), 0);
  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  assert_false(go(&client, &between).may_resume);
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
  pinned_refuse(stage, &misissued, "changed");
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
}

/* A first ticket is as little kept as a key. */
static void test_first_ticket(void **state)
{
  struct stage *stage = *state;
  struct stand_request between = ticketing_proxy(stage), server = stage_server(stage);
  struct visit_request client = stage_client(stage);
  struct visit visit = go(&client, &between);

  assert_true(visit.asked && visit.lifetime > 0);
  assert_int_equal(visit.kept, TLSPIN_OPTED_OUT);
  assert_true(visit.stored == 0);
  assert_false(visit.may_resume);
  expect_no_ticket(stage);
  client.finish_flags = 1U << 31; /* any but TLSPIN_WAIT */
  visit = go(&client, &between);
  assert_int_equal(visit.kept, TLSPIN_OK); /* sent */
  assert_false(visit.may_resume);
  expect_no_ticket(stage);
  client.flags = TLSPIN_PRIVATE;
  assert_false(go(&client, &between).may_resume);
  client.flags = TLSPIN_VERIFY;
  client.finish_flags = 0;
  client.unverified = true;
  assert_int_equal(go(&client, &between).kept, TLSPIN_OPTED_OUT);
  expect_no_ticket(stage);
  assert_int_equal(pinned_count(stage, NULL, NULL), 0);
  client = stage_client(stage);
  meet_first(&client, &server);
  meet_again(&client, &server);
}

/* Who doesn't wait may resume as soon as there is something that the server has met. */
static void test_first_ticket_not_waited_for(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = stage_server(stage), plain = pinned_server(stage, PKI_ECDSA);
  struct visit_request client = stage_client(stage), waiting = client;
  struct visit visit;

  client.finish_flags = 1U << 31; /* any but TLSPIN_WAIT */
  assert_false(go(&client, &server).may_resume);
  meet_again(&waiting, &server);
  visit = go(&client, &server);
  assert_true(visit.proved && visit.may_resume);
  stage_clear(state);
  assert_false(go(&client, &plain).may_resume);
  pinned_go_well(stage, &plain, TLSPIN_MATCH, "");
  assert_true(go(&client, &plain).may_resume);
}

/* The key is known, and the server has learned to hand out tickets meanwhile. */
static void test_first_ticket_for_a_known_key(void **state)
{
  struct stage *stage = *state;
  struct stand_request plain = pinned_server(stage, PKI_ECDSA), server = stage_server(stage);
  struct visit_request client = stage_client(stage);
  struct pki_identity vendor;

  pinned_go_well(stage, &plain, TLSPIN_NO_PIN, "");
  pki_make(&vendor, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Vendor CA"});
  pinned_vendor(stage, &vendor); /* the stage's authority is one that was added, too */
  assert_int_equal(go(&client, &server).kept, TLSPIN_OPTED_OUT);
  expect_no_ticket(stage);
  pinned_vendor(stage, &stage->ca);
  assert_int_equal(go(&client, &server).kept, TLSPIN_OK);
  meet_again(&client, &server);
  pki_free(&vendor);
}

/* The vendor's anchors aren't known: none counts as added. */
static void test_nothing_is_known_of_anchors(void **state)
{
  struct stage *stage = *state;
  struct stand_request between = ticketing_proxy(stage);
  struct visit_request client = stage_client(stage);

  pinned_vendor_remove(stage);
  meet_first(&client, &between);
  pinned_vendor(stage, &stage->ca);
}

/* What is pinned is passed over, a ticket as well as a key: no failure is counted, and all of it
 * holds again on the way without the proxy. */
static void test_a_pinned_server(void **state)
{
  static const char *const versions[] = {NULL, "NORMAL:-VERS-ALL:+VERS-TLS1.2"};
  static const unsigned levels[] = {TLSPIN_TOFU, TLSPIN_STRICT, TLSPIN_VERIFY};
  struct stage *stage = *state;
  struct stand_request server = stage_server(stage), between = plain_proxy(),
                       misissued = pinned_server(stage, PKI_RSA);
  struct visit_request client = stage_client(stage), usual = client;
  unsigned events = pinned_events(stage, NULL, NULL);
  struct meeting met;

  meet_first(&usual, &server);
  for (size_t i = 0; i < 2; i++)
    for (size_t j = 0; j < 3; j++) {
      struct visit visit;

      between.priority = versions[i];
      client.flags = levels[j];
      client.unverified = levels[j] == TLSPIN_VERIFY;
      visit = go(&client, &between);
      assert_true(visit.sent && !visit.proved && !visit.may_resume);
      assert_int_equal(visit.kept, TLSPIN_NO_PIN);
    }
  assert_int_equal(failures(stage), 0);
  assert_int_equal(pinned_events(stage, NULL, NULL), events);
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
  meet_again(&usual, &server);
  pinned_refused(stage, &usual, &misissued, "extension-missing", &met);
  assert_int_equal(failures(stage), 1);
}

/* Policy wants pins enforced there, too, and locks that: so they are made there, as well. */
static void test_enforced(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = stage_server(stage), plain = pinned_server(stage, PKI_ECDSA),
                       between = plain_proxy(), ticketing = ticketing_proxy(stage);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  pinned_setting(stage, PROXY_LAYER, "anchors", "enforce");
  meet_first(&client, &server);
  pinned_refused(stage, &client, &between, "extension-missing", &met);
  assert_int_equal(failures(stage), 1);
  stage_clear(state);
  pinned_go_well(stage, &plain, TLSPIN_NO_PIN, "");
  pinned_refuse(stage, &between, "changed");
  stage_clear(state);
  meet_first(&client, &ticketing); /* and what is met first is pinned there, too */
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
  stage_clear(state);
  pinned_go_well(stage, &between, TLSPIN_NO_PIN, "");
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
  pinned_go_well(stage, &between, TLSPIN_MATCH, "");
  pinned_refuse(stage, &plain, "changed");
  pinned_layer_remove(stage, PROXY_LAYER);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_keys),
      STAGE_TEST(test_first_ticket),
      STAGE_TEST(test_first_ticket_not_waited_for),
      STAGE_TEST(test_first_ticket_for_a_known_key),
      STAGE_TEST(test_nothing_is_known_of_anchors),
      STAGE_TEST(test_a_pinned_server),
      STAGE_TEST(test_enforced),
  };

  return cmocka_run_group_tests(tests, open_all, close_all);
}
