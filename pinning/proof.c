/* Secrets and proofs of pinning tickets (RFC 8672): see proof.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/proof.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

static const struct {
  gnutls_mac_algorithm_t mac;
  gnutls_digest_algorithm_t digest;
} algorithms[TICKET_HASHES] = {
    [TICKET_SHA256] = {GNUTLS_MAC_SHA256, GNUTLS_DIG_SHA256},
    [TICKET_SHA384] = {GNUTLS_MAC_SHA384, GNUTLS_DIG_SHA384},
};

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
  struct span info = write_hkdf_label(&w, ticket_hash_size(hash), label, context);
  gnutls_datum_t key = {key_octets, ticket_hash_size(hash)};
  gnutls_datum_t info_datum = {buffer, (unsigned)info.size};
  bool done;

  if (info.size == 0 || secret.size != ticket_hash_size(hash))
    return false;
  memcpy(key_octets, secret.data, secret.size);
  done = gnutls_hkdf_expand(algorithms[hash].mac, &key, &info_datum, out->octets,
                            ticket_hash_size(hash)) >= 0;
  out->size = done ? ticket_hash_size(hash) : 0;
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
  if (original_secret.size == 0 || proof_secret->size != ticket_hash_size(hash) ||
      gnutls_hash_fast(algorithms[hash].digest, spki.data, spki.size, key_hash) < 0)
    return false;
  writer_put(&w, (struct span){(const uint8_t *)label, sizeof label - 1});
  writer_put(&w, ticket_secret_span(proof_secret));
  writer_put(&w, (struct span){key_hash, ticket_hash_size(hash)});
  done = !w.failed && gnutls_hmac_fast(algorithms[hash].mac, original_secret.data,
                                       original_secret.size, message, w.used, proof->octets) >= 0;
  proof->size = done ? ticket_hash_size(hash) : 0;
  explicit_bzero(message, sizeof message);
  return done;
}
