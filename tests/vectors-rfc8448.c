/* Vectors of one handshake in the form of RFC 8448: messages, secrets, certificate, and what
 * follows. SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * "rfc" holds the document's values, with or without "hello_retry_request" and "client_hello_2";
 * "certificate" and "derived" may be left out. Every value that tlspin computes is a case. */
#include "config.h"

#include "tests/vectors.h"

#include "common/spki.h"
#include "handshake/transcript.h"
#include "pinning/proof.h"

#include <gnutls/gnutls.h>
#include <string.h>

struct handshake_values {
  enum ticket_hash hash;
  struct span secret;
  struct ticket_secret transcript, pinning, proof;
};

static void compare(struct vectors *v, JsonObject *object, const char *name,
                    const struct ticket_secret *found)
{
  if (vectors_has(object, name))
    vectors_compare(v, name, ticket_secret_span(found), vectors_hex(v, object, name));
}

/* A message with its header, given to the transcript as GnuTLS's hook would. */
static void add_message(struct vectors *v, struct transcript *t, JsonObject *rfc, const char *name,
                        unsigned type)
{
  struct reader r = reader_of(vectors_hex(v, rfc, name));
  struct span body;

  reader_u8(&r);
  body = reader_take(&r, reader_u24(&r));
  if (!reader_done(&r))
    vectors_wrong(v, name, "is not one handshake message");
  transcript_add(t, type, body);
}

static void add_messages(struct vectors *v, struct transcript *t, JsonObject *rfc)
{
  add_message(v, t, rfc, "client_hello", GNUTLS_HANDSHAKE_CLIENT_HELLO);
  if (vectors_has(rfc, "hello_retry_request")) {
    add_message(v, t, rfc, "hello_retry_request", GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST);
    add_message(v, t, rfc, "client_hello_2", GNUTLS_HANDSHAKE_CLIENT_HELLO);
  }
  add_message(v, t, rfc, "server_hello", GNUTLS_HANDSHAKE_SERVER_HELLO);
}

/* The secret's length tells the hash. */
static void read_secret(struct vectors *v, JsonObject *rfc, struct handshake_values *values)
{
  values->secret = vectors_hex(v, rfc, "handshake_secret");
  values->hash = values->secret.size == 48 ? TICKET_SHA384 : TICKET_SHA256;
  if (values->secret.size != ticket_hash_size(values->hash))
    vectors_wrong(v, "handshake_secret", "is neither of 32 nor of 48 octets");
}

static void check_traffic(struct vectors *v, JsonObject *rfc, const struct handshake_values *values,
                          const char *name, const char *label)
{
  struct ticket_secret found = {.size = 0};

  ticket_expand_label(values->hash, values->secret, label, ticket_secret_span(&values->transcript),
                      &found);
  compare(v, rfc, name, &found);
}

static void check_handshake(struct vectors *v, JsonObject *rfc, struct handshake_values *values)
{
  struct transcript t = {0};

  add_messages(v, &t, rfc);
  read_secret(v, rfc, values);
  if (!vectors_has(rfc, "hash_ch_sh"))
    vectors_wrong(v, "hash_ch_sh", "is missing");
  if (v->wrong == NULL) {
    transcript_hash(&t, values->hash, &values->transcript);
    compare(v, rfc, "hash_ch_sh", &values->transcript);
    check_traffic(v, rfc, values, "client_handshake_traffic_secret", "c hs traffic");
    check_traffic(v, rfc, values, "server_handshake_traffic_secret", "s hs traffic");
  }
  transcript_clear(&t);
}

static struct span check_certificate(struct vectors *v, JsonObject *certificate)
{
  struct span der = vectors_hex(v, certificate, "der"), spki = {NULL, 0};
  struct span expected = vectors_hex(v, certificate, "spki_der");
  g_autofree char *pin = NULL;
  char text[SPKI_PIN_TEXT_SIZE] = "";

  if (v->wrong != NULL)
    return spki;
  if (!spki_of_certificate(der, &spki))
    spki.size = 0;
  vectors_compare(v, "spki_der", spki, expected);
  if (vectors_has(certificate, "pin_sha256")) {
    pin = g_strconcat("sha256//", vectors_text(v, certificate, "pin_sha256"), NULL);
    spki_pin_text(spki, text);
    vectors_result(v, strcmp(text, pin) == 0, "pin_sha256", text, pin);
  }
  return spki;
}

static void check_derived(struct vectors *v, JsonObject *derived, struct handshake_values *values,
                          struct span spki)
{
  struct ticket_secret proof = {.size = 0};

  if (v->wrong != NULL)
    return;
  ticket_derive(values->hash, values->secret, ticket_secret_span(&values->transcript),
                &values->pinning, &values->proof);
  if (spki.size > 0)
    ticket_proof(values->hash, ticket_secret_span(&values->pinning), &values->proof, spki, &proof);
  compare(v, derived, "rfc8672_pinning_secret", &values->pinning);
  compare(v, derived, "rfc8672_pinning_proof_secret", &values->proof);
  compare(v, derived, "rfc8672_proof_if_original_secret_is_same_session", &proof);
}

static void count_ignored(JsonObject *derived, const gchar *name, JsonNode *node, gpointer data)
{
  struct vectors *v = data;

  (void)derived, (void)node;
  v->ignored += !g_str_has_prefix(name, "rfc8672_") && !g_str_has_suffix(name, "_formula");
}

void vectors_rfc8448(struct vectors *v, JsonObject *root)
{
  JsonObject *rfc = vectors_object(v, root, "rfc"), *derived;
  struct handshake_values values = {.hash = TICKET_SHA256};
  struct span spki = {NULL, 0};

  check_handshake(v, rfc, &values);
  if (vectors_has(root, "certificate"))
    spki = check_certificate(v, vectors_object(v, root, "certificate"));
  if (!vectors_has(root, "derived"))
    return;
  derived = vectors_object(v, root, "derived");
  check_derived(v, derived, &values, spki);
  if (derived != NULL)
    json_object_foreach_member(derived, count_ignored, v);
}
