/* The Handshake Secret: found where it is, and nothing else taken for it.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * secret_find never looks into a session but for the octets below the traffic secret, so a block of
 * memory serves as one here. ASan and valgrind see what is read outside of the block. */
#include "config.h"

#include "handshake/secret.h"

#include "handshake/transcript.h"
#include "pinning/proof.h"
#include "tests/pki.h"
#include "tests/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECT = 4000, INSIDE = 2000, SEARCHED = 1024 };

#define CLIENT_LABEL "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
#define SERVER_LABEL "SERVER_HANDSHAKE_TRAFFIC_SECRET"

static const uint8_t transcript_octets[48] = {0xaa};

struct fake {
  uint8_t *object;
  enum ticket_hash hash;
  struct span transcript;
  struct ticket_secret secret; /* the one that should be found */
  struct traffic_secrets traffic;
};

static void derive(struct fake *f)
{
  struct span secret = ticket_secret_span(&f->secret);

  assert_true(
      ticket_expand_label(f->hash, secret, "c hs traffic", f->transcript, &f->traffic.client));
  assert_true(
      ticket_expand_label(f->hash, secret, "s hs traffic", f->transcript, &f->traffic.server));
}

/* seed: makes the secret another one each time. */
static void fake_open(struct fake *f, enum ticket_hash hash, uint8_t seed)
{
  memset(f, 0, sizeof *f);
  f->object = malloc(OBJECT);
  assert_non_null(f->object);
  memset(f->object, 0x11, OBJECT);
  f->hash = hash;
  f->transcript = (struct span){transcript_octets, ticket_hash_size(hash)};
  f->secret.size = ticket_hash_size(hash);
  memset(f->secret.octets, seed, f->secret.size);
  derive(f);
  f->traffic.inside = f->object + INSIDE;
}

static void place(struct fake *f, size_t distance)
{
  memcpy(f->object + INSIDE - distance, f->secret.octets, f->secret.size);
}

static bool finds(const struct fake *f)
{
  struct ticket_secret secret = {.size = 7};
  bool found = secret_find((gnutls_session_t)(void *)f->object, &f->traffic, f->hash, f->transcript,
                           &secret);

  if (found)
    assert_true(span_equal(ticket_secret_span(&secret), ticket_secret_span(&f->secret)));
  else
    assert_int_equal(secret.size, 7);
  return found;
}

static bool finds_at(enum ticket_hash hash, size_t distance)
{
  struct fake f;
  bool found;

  fake_open(&f, hash, (uint8_t)distance);
  place(&f, distance);
  found = finds(&f);
  free(f.object);
  return found;
}

/* In any order: what was remembered from the one before does not matter. */
static void test_distances(void **state)
{
  static const size_t distances[] = {132, 48, 132, 1024, 136, 100, 512, 132, 128, 64};

  (void)state;
  for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
    assert_true(finds_at(TICKET_SHA256, distances[i]));
    assert_true(finds_at(TICKET_SHA384, distances[i]));
  }
  assert_true(finds_at(TICKET_SHA256, 32));
  assert_true(finds_at(TICKET_SHA384, 48));
  assert_false(finds_at(TICKET_SHA256, SEARCHED + 4));
  assert_false(finds_at(TICKET_SHA384, SEARCHED + 4));
  assert_false(finds_at(TICKET_SHA256, 130)); /* members are aligned */
}

/* A Handshake Secret of another connection, where the right one was the last time. */
static void test_another_secret_is_not_taken(void **state)
{
  struct fake f;

  (void)state;
  assert_true(finds_at(TICKET_SHA256, 132));
  fake_open(&f, TICKET_SHA256, 1);
  place(&f, 132);
  memset(f.secret.octets, 2, f.secret.size);
  derive(&f);
  assert_false(finds(&f));
  place(&f, 200);
  assert_true(finds(&f));
  free(f.object);
}

/* Both traffic secrets and the transcript must follow: each bit of them counts. */
static void test_each_proof_counts(void **state)
{
  struct fake f;
  uint8_t transcript[32] = {0xaa};

  (void)state;
  fake_open(&f, TICKET_SHA256, 3);
  place(&f, 132);
  assert_true(finds(&f));
  for (size_t at = 0; at < 32; at++) {
    f.traffic.client.octets[at] ^= 0x80;
    assert_false(finds(&f));
    f.traffic.client.octets[at] ^= 0x80;
    f.traffic.server.octets[at] ^= 0x01;
    assert_false(finds(&f));
    f.traffic.server.octets[at] ^= 0x01;
    transcript[at] ^= 0x10;
    f.transcript = (struct span){transcript, 32};
    assert_false(finds(&f));
    transcript[at] ^= 0x10;
  }
  assert_true(finds(&f));
  free(f.object);
}

static void test_sizes_of_the_hash(void **state)
{
  struct fake f;

  (void)state;
  fake_open(&f, TICKET_SHA256, 4);
  place(&f, 132);
  f.hash = TICKET_SHA384;
  assert_false(finds(&f));
  f.hash = TICKET_SHA256;
  f.traffic.server.size = 0;
  assert_false(finds(&f));
  f.traffic.server.size = 48;
  assert_false(finds(&f));
  f.traffic.server.size = 32;
  f.traffic.client.size = 48;
  assert_false(finds(&f));
  f.traffic.client.size = 32;
  assert_true(finds(&f));
  free(f.object);
}

/* A secret close to the object's start is found; what lies in front of the object is not read. */
static void test_start_of_the_object(void **state)
{
  struct fake f;

  (void)state;
  assert_true(finds_at(TICKET_SHA256, 132));
  fake_open(&f, TICKET_SHA256, 5);
  place(&f, INSIDE);
  for (size_t inside = 0; inside <= 200; inside += 4) {
    f.traffic.inside = f.object + inside;
    assert_int_equal(finds(&f), inside >= 32);
  }
  free(f.object);
}

/* Directly below the traffic secret: the place remembered for the shorter hash is not read for the
 * longer one. */
static void test_end_of_the_object(void **state)
{
  struct fake f;

  (void)state;
  assert_true(finds_at(TICKET_SHA256, 32));
  fake_open(&f, TICKET_SHA384, 6);
  f.traffic.inside = f.object + OBJECT - 1;
  assert_false(finds(&f));
  free(f.object);
}

/* The traffic secret was handed out as a copy: the secret below that copy is not even looked at. */
static void test_outside_the_object(void **state)
{
  struct fake f, other;
  uint8_t on_stack[512];

  (void)state;
  fake_open(&f, TICKET_SHA256, 7);
  fake_open(&other, TICKET_SHA256, 7);
  place(&other, 132);
  memcpy(on_stack, other.object + INSIDE - 256, 256);
  f.traffic.inside = other.traffic.inside;
  assert_false(finds(&f));
  f.traffic.inside = other.object;
  assert_false(finds(&f));
  f.traffic.inside = on_stack + 256;
  assert_false(finds(&f));
  f.traffic.inside = f.object;
  assert_false(finds(&f));
  f.traffic.inside = NULL;
  assert_false(finds(&f));
  free(f.object);
  free(other.object);
}

static void test_note(void **state)
{
  uint8_t client[48] = {1}, server[48] = {2};
  gnutls_datum_t client_datum = {client, 32}, server_datum = {server, 32};
  struct traffic_secrets t = {0};

  (void)state;
  assert_false(traffic_secrets_note(&t, "CLIENT_RANDOM", &client_datum));
  assert_false(traffic_secrets_note(&t, "CLIENT_TRAFFIC_SECRET_0", &client_datum));
  assert_int_equal(t.client.size + t.server.size, 0);
  assert_false(traffic_secrets_note(&t, CLIENT_LABEL, &client_datum));
  assert_true(traffic_secrets_note(&t, SERVER_LABEL, &server_datum));
  assert_ptr_equal(t.inside, client);
  assert_true(span_equal(ticket_secret_span(&t.client), (struct span){client, 32}));
  assert_true(span_equal(ticket_secret_span(&t.server), (struct span){server, 32}));
  assert_false(traffic_secrets_note(&t, "CLIENT_TRAFFIC_SECRET_0", &client_datum));
}

static void test_note_in_the_other_order(void **state)
{
  uint8_t octets[48] = {1};
  gnutls_datum_t datum = {octets, 48}, odd = {octets, 20};
  struct traffic_secrets t = {0}, unusable = {0};

  (void)state;
  assert_false(traffic_secrets_note(&t, SERVER_LABEL, &datum));
  assert_true(traffic_secrets_note(&t, CLIENT_LABEL, &datum));
  assert_int_equal(t.client.size, 48);
  assert_false(traffic_secrets_note(&unusable, CLIENT_LABEL, &odd));
  assert_false(traffic_secrets_note(&unusable, SERVER_LABEL, &datum));
}

/* One end of a real connection. */
struct end {
  struct transcript transcript;
  struct traffic_secrets traffic;
  struct ticket_secret secret;
  enum ticket_hash hash;
  bool copy; /* take the client's traffic secret from a copy on the heap */
  bool asked, found;
};

static int on_message(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                      const gnutls_datum_t *message)
{
  struct end *end = gnutls_session_get_ptr(session);

  (void)when, (void)incoming;
  transcript_add(&end->transcript, type, (struct span){message->data, message->size});
  return 0;
}

static bool ask(gnutls_session_t session, struct end *end)
{
  struct ticket_secret hash;
  uint8_t *copy = malloc(48);
  bool found;

  assert_non_null(copy);
  if (end->copy)
    end->traffic.inside = copy;
  found = transcript_hash(&end->transcript, end->hash, &hash) &&
          secret_find(session, &end->traffic, end->hash, ticket_secret_span(&hash), &end->secret);
  free(copy);
  return found;
}

static int on_secret(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
  struct end *end = gnutls_session_get_ptr(session);

  if (!end->asked && traffic_secrets_note(&end->traffic, label, secret)) {
    end->asked = true;
    end->found = ask(session, end);
  }
  return 0;
}

static void listen_to(gnutls_session_t session, struct end *end)
{
  gnutls_session_set_ptr(session, end);
  gnutls_session_set_keylog_function(session, on_secret);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, on_message);
}

static void connect_with(const char *priority, struct end *client, struct end *server)
{
  struct pki_identity identity = {NULL, NULL};
  const struct pki_identity *chain[] = {&identity};
  gnutls_certificate_credentials_t credentials;
  struct wire wire;

  pki_make(&identity, NULL, &(struct pki_request){.purpose = PKI_SERVER, .name = "x.example"});
  credentials = pki_credentials(chain, 1);
  wire_open(&wire,
            &(struct wire_request){.client_priority = priority, .server_credentials = credentials});
  listen_to(wire.client.session, client);
  listen_to(wire.server.session, server);
  wire_shake(&wire);
  assert_int_equal(wire.client.result, 0);
  assert_int_equal(wire.server.result, 0);
  assert_true(client->asked && server->asked);
  wire_close(&wire);
  transcript_clear(&client->transcript);
  transcript_clear(&server->transcript);
  gnutls_certificate_free_credentials(credentials);
  pki_free(&identity);
}

static const struct suite {
  enum ticket_hash hash;
  const char *priority;
} suites[] = {
    {TICKET_SHA256, WIRE_PRIORITY ":-CIPHER-ALL:+AES-128-GCM"},
    {TICKET_SHA256, WIRE_PRIORITY ":-CIPHER-ALL:+CHACHA20-POLY1305"},
    {TICKET_SHA384, WIRE_PRIORITY ":-CIPHER-ALL:+AES-256-GCM"},
};

enum { SUITES = sizeof suites / sizeof suites[0] };

/* Unmodified GnuTLS: both ends find the same secret, another one in each connection. */
static void test_real_sessions(void **state)
{
  struct ticket_secret last = {.size = 0};

  (void)state;
  for (size_t i = 0; i < 2 * SUITES; i++) {
    struct end client = {.hash = suites[i / 2].hash}, server = client;

    connect_with(suites[i / 2].priority, &client, &server);
    assert_true(client.found && server.found);
    assert_true(span_equal(ticket_secret_span(&client.secret), ticket_secret_span(&server.secret)));
    assert_false(span_equal(ticket_secret_span(&client.secret), ticket_secret_span(&last)));
    last = client.secret;
  }
}

/* A GnuTLS that would hand out copies, and the hash of another suite. */
static void test_real_sessions_not_found(void **state)
{
  (void)state;
  for (size_t i = 0; i < SUITES; i++) {
    struct end client = {.hash = suites[i].hash, .copy = true}, server = client;
    struct end wrong_client = {.hash = TICKET_SHA256 + TICKET_SHA384 - suites[i].hash};
    struct end wrong_server = wrong_client;

    connect_with(suites[i].priority, &client, &server);
    assert_false(client.found || server.found);
    connect_with(suites[i].priority, &wrong_client, &wrong_server);
    assert_false(wrong_client.found || wrong_server.found);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_distances),
      cmocka_unit_test(test_another_secret_is_not_taken),
      cmocka_unit_test(test_each_proof_counts),
      cmocka_unit_test(test_sizes_of_the_hash),
      cmocka_unit_test(test_start_of_the_object),
      cmocka_unit_test(test_end_of_the_object),
      cmocka_unit_test(test_outside_the_object),
      cmocka_unit_test(test_note),
      cmocka_unit_test(test_note_in_the_other_order),
      cmocka_unit_test(test_real_sessions),
      cmocka_unit_test(test_real_sessions_not_found),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
