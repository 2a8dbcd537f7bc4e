/* Vectors for RFC 8672: "vectors" of secrets and proofs, and the "encodings" of the extension.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every member of encodings.nested is a body, its name beginning with "client_" or "server_". The
 * same name in encodings.flat, if there, says what is in it in a form that has one length for each
 * field; reading only the nested one and writing it again would not tell a reader of flat bodies
 * from a right one. */
#include "config.h"

#include "tests/vectors.h"

#include "pinning/proof.h"

static void run_vector(struct vectors *v, JsonObject *test)
{
  const char *name = vectors_text(v, test, "name"), *token = vectors_text(v, test, "hash");
  struct span handshake_secret = vectors_hex(v, test, "handshake_secret");
  struct span transcript_hash = vectors_hex(v, test, "transcript_hash");
  struct span original = vectors_hex(v, test, "original_pinning_secret");
  struct span spki = vectors_hex(v, test, "spki");
  struct span expected[] = {vectors_hex(v, test, "pinning_secret"),
                            vectors_hex(v, test, "pinning_proof_secret"),
                            vectors_hex(v, test, "proof")};
  static const char *const parts[] = {"pinning secret", "proof secret", "proof"};
  struct ticket_secret found[3] = {{.size = 0}};
  enum ticket_hash hash;

  if (!ticket_hash_from_token(token, &hash))
    vectors_wrong(v, "hash", "is neither sha256 nor sha384");
  if (v->wrong != NULL)
    return;
  if (ticket_derive(hash, handshake_secret, transcript_hash, &found[0], &found[1]))
    ticket_proof(hash, original, &found[1], spki, &found[2]);
  for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
    g_autofree char *part = g_strdup_printf("%s, %s", name, parts[i]);

    vectors_compare(v, part, ticket_secret_span(&found[i]), expected[i]);
  }
}

/* One body: of a client `ticket` is all there is. */
struct body {
  bool client;
  struct ticket_answer answer;
};

static bool read_nested(struct body *body, struct span octets)
{
  if (!body->client)
    return ticket_read_server(octets, &body->answer);
  body->answer = (struct ticket_answer){.has_ticket = false};
  return ticket_read_client(octets, &body->answer.ticket);
}

static bool read_flat(struct body *body, struct span octets)
{
  struct reader r = reader_of(octets);

  body->answer = (struct ticket_answer){.has_proof = false};
  if (!body->client)
    body->answer.proof = reader_vector8(&r);
  body->answer.ticket = reader_vector16(&r);
  if (!body->client)
    body->answer.lifetime = reader_u32(&r);
  body->answer.has_proof = body->answer.proof.size > 0;
  body->answer.has_ticket = !body->client && body->answer.ticket.size > 0;
  return reader_done(&r);
}

static bool same(const struct ticket_answer *a, const struct ticket_answer *b)
{
  return a->has_proof == b->has_proof && a->has_ticket == b->has_ticket &&
         span_equal(a->proof, b->proof) && span_equal(a->ticket, b->ticket) &&
         a->lifetime == b->lifetime;
}

static void check_reading(struct vectors *v, const char *name, struct body *nested,
                          struct span octets, JsonObject *flat)
{
  struct body other = {.client = nested->client};
  g_autofree char *part = g_strdup_printf("%s, reading", name);
  bool read = read_nested(nested, octets);

  if (vectors_has(flat, name)) {
    if (!read_flat(&other, vectors_hex(v, flat, name)))
      vectors_wrong(v, name, "the flat form can't be read");
    vectors_result(v, read && same(&nested->answer, &other.answer), part,
                   read ? "something else" : "an error", "what the flat form says");
  } else {
    vectors_result(v, read, part, "an error", "a body");
  }
}

static void check_writing(struct vectors *v, const char *name, const struct body *nested,
                          struct span octets)
{
  g_autofree uint8_t *buffer = g_malloc(octets.size + 1);
  g_autofree char *part = g_strdup_printf("%s, writing", name);
  struct writer w = writer_of(buffer, octets.size + 1);

  if (nested->client)
    ticket_write_client(&w, nested->answer.ticket);
  else
    ticket_write_server(&w, &nested->answer);
  vectors_compare(v, part, writer_span(&w), octets);
}

static void run_encoding(struct vectors *v, JsonObject *nested, JsonObject *flat, const char *name)
{
  struct span octets = vectors_hex(v, nested, name);
  struct body body = {.client = g_str_has_prefix(name, "client_")};

  if (!body.client && !g_str_has_prefix(name, "server_"))
    vectors_wrong(v, name, "is of neither client nor server");
  if (v->wrong != NULL)
    return;
  check_reading(v, name, &body, octets, flat);
  check_writing(v, name, &body, octets);
}

static void run_encodings(struct vectors *v, JsonObject *encodings)
{
  JsonObject *nested = vectors_object(v, encodings, "nested"), *flat = NULL;
  g_autoptr(GList) names = nested != NULL ? json_object_get_members(nested) : NULL;

  if (vectors_has(encodings, "flat"))
    flat = vectors_object(v, encodings, "flat");
  for (GList *name = names; name != NULL; name = name->next)
    run_encoding(v, nested, flat, name->data);
}

void vectors_ticket(struct vectors *v, JsonObject *root)
{
  JsonArray *tests = vectors_array(v, root, "vectors");

  for (guint i = 0; v->wrong == NULL && i < json_array_get_length(tests); i++)
    run_vector(v, vectors_element(v, tests, i));
  run_encodings(v, vectors_object(v, root, "encodings"));
}
