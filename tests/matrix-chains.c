/* Chains that no honest server sends, in whole handshakes: whatever is pinned of them, and whoever
 * checks the certificate, such a chain meets no pin and teaches nothing.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinned.h"

#include "dbus/check.h"
#include "dbus/names.h"

#include <stdio.h>
#include <string.h>

/* LARGE: a server with GnuTLS sends no more than 32 records of 16 KiB at once. */
enum { EXTRA = 100, LARGE = 400000, MEGABYTE = 1 << 20 };

static const char *const above[] = {"issuer", "anchor", "authority", "any"};

/* As much as a program can let GnuTLS take. */
static void take_much(gnutls_session_t session)
{
  gnutls_handshake_set_max_packet_length(session, 2 * LARGE);
}

/* Who checks the certificate: nobody, GnuTLS for the program, or tlspin. */
static const struct checker {
  bool unverified;
  unsigned flags;
} checkers[] = {{true, 0}, {false, 0}, {true, TLSPIN_VERIFY}};

static const unsigned levels[] = {TLSPIN_TOFU, TLSPIN_STRICT, TLSPIN_ADVISORY};

static void meet_in_vain(struct stage *stage, const struct visit_request *client,
                         const struct stand_request *server)
{
  unsigned records = pinned_count(stage, NULL, NULL);
  bool advisory = (client->flags & TLSPIN_ADVISORY) != 0;
  struct meeting met;

  meet(client, server, &met);
  assert_int_not_equal(met.visit.answer, TLSPIN_MATCH);
  assert_false(met.visit.may_resume);
  assert_int_equal(met.visit.stored, 0);
  assert_int_not_equal(met.visit.kept, TLSPIN_OK);
  assert_int_equal(pinned_count(stage, NULL, NULL), records);
  if (!advisory || met.visit.handshake < 0) {
    assert_true(met.visit.handshake < 0);
    assert_int_not_equal(met.visit.finished, TLSPIN_OK);
    assert_int_equal(met.stand.received, 0);
  }
  if (client->unverified && client->before == take_much)
    assert_string_not_equal(met.visit.reason, "");
}

/* At each level, whoever checks, and however much is taken. */
static void never(struct stage *stage, const struct stand_request *server)
{
  struct visit_request client = stage_client(stage);

  for (size_t i = 0; i < sizeof checkers / sizeof checkers[0]; i++)
    for (size_t j = 0; j < sizeof levels / sizeof levels[0]; j++) {
      client.init_flags = GNUTLS_NO_SIGNAL;
      client.unverified = checkers[i].unverified;
      client.flags = checkers[i].flags | levels[j];
      client.before = NULL;
      meet_in_vain(stage, &client, server);
      client.before = take_much;
      meet_in_vain(stage, &client, server);
    }
}

static void make(struct pki_identity *identity, const struct pki_identity *issuer, const char *name,
                 gnutls_x509_privkey_t key, size_t noise)
{
  pki_make(identity, issuer,
           &(struct pki_request){.purpose = strcmp(name, STAGE_HOST) == 0 ? PKI_SERVER : PKI_CA,
                                 .name = name,
                                 .key = key,
                                 .noise = noise});
}

/* The pin is met by the honest chain, which gets no ticket, and not by the other. */
static void pin_and_try(struct stage *stage, const char *level, const struct pki_identity *pinned,
                        const struct stand_request *honest, const struct stand_request *hostile)
{
  void *state = stage;
  struct tlspin_record pin = pinned_record("critical", pinned);

  assert_int_equal(stage_clear(&state), 0);
  pin.level = level;
  pinned_put(stage, &pin);
  pinned_go_well(stage, honest, TLSPIN_MATCH, "");
  never(stage, hostile);
  pinned_go_well(stage, honest, TLSPIN_MATCH, "");
}

static struct stand_request sending(struct stage *stage, const struct pki_identity *const *chain,
                                    size_t count)
{
  struct stand_request server = stage_server(stage);

  server.flags = GNUTLS_NO_SIGNAL; /* who doesn't take it all hangs up */
  server.credentials = pki_credentials_as_given(chain, count);
  return server;
}

/* A hundred certificates behind the server's own, all different, and the last of them is the pinned
 * authority's. */
static void test_hundred(void **state)
{
  struct stage *stage = *state;
  struct stand_request honest = pinned_server(stage, PKI_ECDSA), hostile;
  const struct pki_identity *chain[EXTRA + 2] = {&stage->servers[PKI_ECDSA]};
  static struct pki_identity extra[EXTRA];

  for (size_t i = 0; i < EXTRA; i++) {
    make(&extra[i], NULL, "Extra CA", i > 0 ? extra[0].key : NULL, 0);
    chain[i + 1] = &extra[i];
  }
  chain[EXTRA + 1] = &stage->ca;
  hostile = sending(stage, chain, EXTRA + 2);
  for (size_t i = 0; i < sizeof above / sizeof above[0]; i++)
    pin_and_try(stage, above[i], &stage->ca, &honest, &hostile);
  gnutls_certificate_free_credentials(hostile.credentials);
  for (size_t i = 0; i < EXTRA; i++)
    pki_free(&extra[i]);
}

/* A very large certificate has the pinned key, and is in the way to the anchor. */
static void test_large_above(void **state)
{
  struct stage *stage = *state;
  struct pki_identity small, large, leaf;
  struct stand_request honest, hostile;

  make(&small, &stage->ca, "Middle", NULL, 0);
  make(&large, &stage->ca, "Middle", small.key, LARGE);
  make(&leaf, &small, STAGE_HOST, NULL, 0);
  honest = sending(stage, (const struct pki_identity *[]){&leaf, &small}, 2);
  honest.pinning = NULL;
  hostile = sending(stage, (const struct pki_identity *[]){&leaf, &large}, 2);
  for (size_t i = 0; i < sizeof above / sizeof above[0]; i++)
    pin_and_try(stage, above[i], strcmp(above[i], "anchor") == 0 ? &stage->ca : &small, &honest,
                &hostile);
  gnutls_certificate_free_credentials(honest.credentials);
  gnutls_certificate_free_credentials(hostile.credentials);
  pki_free(&leaf);
  pki_free(&large);
  pki_free(&small);
}

/* The server's own is very large, and has the pinned key. */
static void test_large(void **state)
{
  struct stage *stage = *state;
  struct stand_request honest = pinned_server(stage, PKI_ECDSA), hostile;
  struct pki_identity large;

  make(&large, &stage->ca, STAGE_HOST, stage->servers[PKI_ECDSA].key, LARGE);
  hostile = sending(stage, (const struct pki_identity *[]){&large}, 1);
  pin_and_try(stage, "leaf", &large, &honest, &hostile);
  pin_and_try(stage, "any", &large, &honest, &hostile);
  gnutls_certificate_free_credentials(hostile.credentials);
  pki_free(&large);
}

/* Two authorities that certify each other, and nobody else certifies them. Whoever trusts one of
 * them has a path; who trusts neither has none, however long he walks. */
static void test_cycle(void **state)
{
  struct stage *stage = *state;
  gnutls_certificate_credentials_t usual = stage->trust, trusting;
  struct pki_identity self, one, other, leaf;
  struct stand_request cycle;

  make(&self, NULL, "One", NULL, 0);
  make(&other, &self, "Other", NULL, 0);
  make(&one, &other, "One", self.key, 0);
  make(&leaf, &one, STAGE_HOST, NULL, 0);
  cycle = sending(stage, (const struct pki_identity *[]){&leaf, &one, &other}, 3);
  assert_int_equal(gnutls_certificate_allocate_credentials(&trusting), 0);
  pki_trust(trusting, &self);
  for (size_t i = 0; i < sizeof above / sizeof above[0]; i++) {
    struct tlspin_record pin = pinned_record("critical", &one);

    stage_clear(state);
    pin.level = above[i];
    pinned_put(stage, &pin);
    never(stage, &cycle);
    stage->trust = trusting;
    pinned_go_well(stage, &cycle, TLSPIN_MATCH, "");
    stage->trust = usual;
  }
  gnutls_certificate_free_credentials(trusting);
  gnutls_certificate_free_credentials(cycle.credentials);
  pki_free(&leaf);
  pki_free(&one);
  pki_free(&other);
  pki_free(&self);
}

/* One server's certificate twice. Where the PKI finds a path that is no harm; else it stands for
 * nothing that is missing or not pinned. */
static void test_twice(void **state)
{
  struct stage *stage = *state;
  const struct pki_identity *ca = &stage->ca;
  struct pki_identity middle, leaf, other_ca, other;
  const struct pki_identity *chains[][4] = {
      {&leaf, &leaf},       {&leaf, &leaf, ca},         {&other, &other},
      {&other, &other, ca}, {&other, &leaf, &leaf, ca}, {&other, ca, ca, &other}};
  static const size_t sizes[] = {2, 3, 2, 3, 4, 4};
  struct stand_request honest, hostile;

  make(&middle, ca, "Middle", NULL, 0);
  make(&leaf, &middle, STAGE_HOST, NULL, 0);
  make(&other_ca, NULL, "Other CA", NULL, 0);
  make(&other, &other_ca, STAGE_HOST, NULL, 0);
  pki_trust(stage->trust, &other_ca);
  honest = sending(stage, (const struct pki_identity *[]){&leaf, &middle, &middle}, 3);
  honest.pinning = NULL;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    hostile = sending(stage, chains[i], sizes[i]);
    for (size_t j = 1; j < sizeof above / sizeof above[0]; j++) /* the issuer is another */
      pin_and_try(stage, above[j], ca, &honest, &hostile);
    gnutls_certificate_free_credentials(hostile.credentials);
  }
  gnutls_certificate_free_credentials(honest.credentials);
  pki_free(&other);
  pki_free(&other_ca);
  pki_free(&leaf);
  pki_free(&middle);
}

/* The library's function, with everything said that could let a chain match or be learned. */
static int check(struct stage *stage, const gnutls_datum_t *der, size_t count, unsigned flags)
{
  struct tlspin_octets chain[CHAIN_MAX];
  struct tlspin_check check = {
      .chain = chain, .chain_size = count, .flags = flags, .pki = TLSPIN_PKI_OK};

  for (size_t i = 0; i < count; i++)
    chain[i] = (struct tlspin_octets){der[i].data, der[i].size};
  return tlspin_check_chain(stage->context, STAGE_HOST, "tls", VISIT_PORT, &check, NULL);
}

/* The method alone, which a program may call that has no library; the name of the error, or "". */
static void call_method(struct stage *stage, const gnutls_datum_t *der, size_t count,
                        const struct bus_check_options *options, char error[128])
{
  struct bus_check_call call = {
      .peer = {STAGE_HOST, "tls", VISIT_PORT}, .chain = {.count = count}, .options = *options};
  DBusConnection *connection = test_bus_join(&stage->desk.bus);
  DBusMessage *message =
      dbus_message_new_method_call(BUS_PINS, BUS_PINS_PATH, BUS_PINS, "CheckChain");
  DBusError trouble = DBUS_ERROR_INIT;
  DBusMessage *reply;

  for (size_t i = 0; i < count; i++)
    call.chain.at[i] = (struct span){der[i].data, der[i].size};
  assert_true(bus_append_check_call(message, &call));
  reply = dbus_connection_send_with_reply_and_block(connection, message, 20000, &trouble);
  snprintf(error, 128, "%s", reply == NULL ? trouble.name : "");
  if (reply != NULL)
    dbus_message_unref(reply);
  dbus_error_free(&trouble);
  dbus_message_unref(message);
  test_bus_leave(connection);
}

static void expect_error(struct stage *stage, const gnutls_datum_t *der, size_t count)
{
  static const struct bus_check_options options[] = {
      {.pki = "ok", .ticket = "", .program = "", .learn = true},
      {.pki = "ok", .ticket = "", .program = "", .learn = true, .path = true},
      {.pki = "ok", .ticket = "proved", .program = "", .learn = true, .accepted = true}};
  static const unsigned flags[] = {0, TLSPIN_CHECK_PATH, TLSPIN_CHECK_LEARN,
                                   TLSPIN_CHECK_PATH | TLSPIN_CHECK_LEARN,
                                   TLSPIN_CHECK_LEARN | TLSPIN_CHECK_ACCEPTED};
  char error[128];

  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
    assert_int_equal(check(stage, der, count, flags[i]), TLSPIN_E_ARGUMENT);
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
    call_method(stage, der, count, &options[i], error);
    assert_string_equal(error, "org.tlspin.Error.InvalidArgument");
  }
}

/* A certificate of a megabyte that is as it should be, with the pinned key, the server's own or
 * that of its authority: by the library's function and by the method it is an error. */
static void test_megabyte(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  gnutls_datum_t server = pki_certificate_der(&stage->servers[PKI_ECDSA]),
                 ca = pki_certificate_der(&stage->ca), large, large_ca;
  struct pki_identity leaf, authority;

  make(&leaf, &stage->ca, STAGE_HOST, stage->servers[PKI_ECDSA].key, MEGABYTE);
  make(&authority, NULL, "Test CA", stage->ca.key, MEGABYTE);
  large = pki_certificate_der(&leaf);
  large_ca = pki_certificate_der(&authority);
  assert_true(large.size > MEGABYTE && large_ca.size > MEGABYTE);
  pin.level = "any";
  for (int i = 0; i < 2; i++) {
    if (i == 1)
      pin = pinned_record("critical", &stage->ca), pin.level = "anchor";
    assert_int_equal(stage_clear(state), 0);
    pinned_put(stage, &pin);
    expect_error(stage, (gnutls_datum_t[]){large}, 1);
    expect_error(stage, (gnutls_datum_t[]){large, ca}, 2);
    expect_error(stage, (gnutls_datum_t[]){server, large_ca}, 2);
    assert_int_equal(check(stage, (gnutls_datum_t[]){server, ca}, 2, TLSPIN_CHECK_PATH),
                     TLSPIN_MATCH);
    assert_int_equal(pinned_count(stage, NULL, NULL), 1);
  }
  pki_free(&leaf);
  pki_free(&authority);
  gnutls_free(server.data);
  gnutls_free(ca.data);
  gnutls_free(large.data);
  gnutls_free(large_ca.data);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_hundred), STAGE_TEST(test_large_above), STAGE_TEST(test_large),
      STAGE_TEST(test_cycle),   STAGE_TEST(test_twice),       STAGE_TEST(test_megabyte),
  };

  return cmocka_run_group_tests(tests, stage_open, stage_close);
}
