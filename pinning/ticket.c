/* Pinning tickets (RFC 8672): see ticket.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/ticket.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

static const struct {
  const char *token;
  uint8_t size;
  gnutls_mac_algorithm_t mac;
  gnutls_digest_algorithm_t digest;
} hashes[TICKET_HASHES] = {
    [TICKET_SHA256] = {"sha256", 32, GNUTLS_MAC_SHA256, GNUTLS_DIG_SHA256},
    [TICKET_SHA384] = {"sha384", 48, GNUTLS_MAC_SHA384, GNUTLS_DIG_SHA384},
};

struct span ticket_secret_span(const struct ticket_secret *secret)
{
  return (struct span){secret->octets, secret->size};
}

bool ticket_secret_set(struct ticket_secret *secret, struct span octets)
{
  if (octets.size != 32 && octets.size != 48)
    return false;
  memcpy(secret->octets, octets.data, octets.size);
  secret->size = (uint8_t)octets.size;
  return true;
}

uint8_t ticket_hash_size(enum ticket_hash hash)
{
  return hashes[hash].size;
}

const char *ticket_hash_token(enum ticket_hash hash)
{
  return hashes[hash].token;
}

bool ticket_hash_from_token(const char *token, enum ticket_hash *hash)
{
  for (int i = 0; i < TICKET_HASHES; i++)
    if (strcmp(hashes[i].token, token) == 0) {
      *hash = (enum ticket_hash)i;
      return true;
    }
  return false;
}

/* struct { uint16 length; opaque label<7..255> = "tls13 " + Label; opaque context<0..255>; }
 * HkdfLabel */
static struct span write_hkdf_label(struct writer *w, uint8_t size, const char *label,
                                    struct span context)
{
  size_t label_size = strlen(label);

  if (label_size > UINT8_MAX - 6)
    w->failed = true;
  writer_u16(w, size);
  writer_u8(w, (uint8_t)(6 + label_size));
  writer_put(w, (struct span){(const uint8_t *)"tls13 ", 6});
  writer_put(w, (struct span){(const uint8_t *)label, label_size});
  writer_vector8(w, context);
  return writer_span(w);
}

bool ticket_expand_label(enum ticket_hash hash, struct span secret, const char *label,
                         struct span context, struct ticket_secret *out)
{
  uint8_t buffer[2 + 256 + 256], key_octets[TICKET_SECRET_MAX];
  struct writer w = writer_of(buffer, sizeof buffer);
  struct span info = write_hkdf_label(&w, hashes[hash].size, label, context);
  gnutls_datum_t key = {key_octets, hashes[hash].size};
  gnutls_datum_t info_datum = {buffer, (unsigned)info.size};
  bool done;

  if (info.size == 0 || secret.size != hashes[hash].size)
    return false;
  memcpy(key_octets, secret.data, secret.size);
  done =
      gnutls_hkdf_expand(hashes[hash].mac, &key, &info_datum, out->octets, hashes[hash].size) >= 0;
  out->size = done ? hashes[hash].size : 0;
  explicit_bzero(key_octets, sizeof key_octets);
  return done;
}

bool ticket_derive(enum ticket_hash hash, struct span handshake_secret, struct span transcript_hash,
                   struct ticket_secret *pinning_secret, struct ticket_secret *proof_secret)
{
  return ticket_expand_label(hash, handshake_secret, "pinning secret", transcript_hash,
                             pinning_secret) &&
         ticket_expand_label(hash, handshake_secret, "pinning proof 1", transcript_hash,
                             proof_secret);
}

bool ticket_proof(enum ticket_hash hash, struct span original_secret,
                  const struct ticket_secret *proof_secret, struct span spki,
                  struct ticket_secret *proof)
{
  static const char label[] = "pinning proof 2";
  uint8_t message[sizeof label - 1 + 2 * TICKET_SECRET_MAX], key_hash[TICKET_SECRET_MAX];
  struct writer w = writer_of(message, sizeof message);
  bool done;

  proof->size = 0;
  if (original_secret.size == 0 || proof_secret->size != hashes[hash].size ||
      gnutls_hash_fast(hashes[hash].digest, spki.data, spki.size, key_hash) < 0)
    return false;
  writer_put(&w, (struct span){(const uint8_t *)label, sizeof label - 1});
  writer_put(&w, ticket_secret_span(proof_secret));
  writer_put(&w, (struct span){key_hash, hashes[hash].size});
  done = !w.failed && gnutls_hmac_fast(hashes[hash].mac, original_secret.data, original_secret.size,
                                       message, w.used, proof->octets) >= 0;
  proof->size = done ? hashes[hash].size : 0;
  explicit_bzero(message, sizeof message);
  return done;
}

/* "pinning_ticket ticket<0..2^16-1>" is a vector of vectors (RFC 8446 section 3.4): an outer length
 * in octets, and in it none or one element with a length of its own. */
static void write_ticket(struct writer *w, bool present, struct span ticket)
{
  if (ticket.size > UINT16_MAX - 2)
    w->failed = true;
  writer_u16(w, present ? (uint16_t)(2 + ticket.size) : 0);
  if (present)
    writer_vector16(w, ticket);
}

static void write_proof(struct writer *w, bool present, struct span proof)
{
  if (proof.size > UINT8_MAX - 1)
    w->failed = true;
  writer_u8(w, present ? (uint8_t)(1 + proof.size) : 0);
  if (present)
    writer_vector8(w, proof);
}

/* The one element of a list, or none. */
static bool read_ticket(struct reader *r, struct span *ticket)
{
  struct reader list = reader_of(reader_vector16(r));

  *ticket = (struct span){NULL, 0};
  if (list.left == 0)
    return false;
  *ticket = reader_vector16(&list);
  r->failed = r->failed || !reader_done(&list);
  return true;
}

static bool read_proof(struct reader *r, struct span *proof)
{
  struct reader list = reader_of(reader_vector8(r));

  *proof = (struct span){NULL, 0};
  if (list.left == 0)
    return false;
  *proof = reader_vector8(&list);
  r->failed = r->failed || !reader_done(&list);
  return true;
}

void ticket_write_client(struct writer *w, struct span ticket)
{
  write_ticket(w, ticket.size > 0, ticket);
}

bool ticket_read_client(struct span body, struct span *ticket)
{
  struct reader r = reader_of(body);

  *ticket = (struct span){NULL, 0};
  if (body.size == 0)
    return true;
  read_ticket(&r, ticket);
  return reader_done(&r);
}

void ticket_write_server(struct writer *w, const struct ticket_answer *answer)
{
  write_proof(w, answer->has_proof, answer->proof);
  write_ticket(w, answer->has_ticket, answer->ticket);
  writer_u32(w, answer->lifetime);
}

bool ticket_read_server(struct span body, struct ticket_answer *answer)
{
  struct reader r = reader_of(body);

  answer->has_proof = read_proof(&r, &answer->proof);
  answer->has_ticket = read_ticket(&r, &answer->ticket);
  answer->lifetime = reader_u32(&r);
  return reader_done(&r);
}
