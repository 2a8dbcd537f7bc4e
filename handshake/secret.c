/* The Handshake Secret of a GnuTLS session: see secret.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "handshake/secret.h"

#include "pinning/proof.h"

#include <malloc.h>
#include <stdatomic.h>
#include <string.h>

enum {
  STEP = 4,       /* the members around it are aligned to that */
  SEARCHED = 1024 /* octets below the client's traffic secret */
};

/* Distance in octets from the client's traffic secret down to the Handshake Secret; 0: not yet
 * known. */
static atomic_uint remembered;

bool traffic_secrets_note(struct traffic_secrets *traffic, const char *label,
                          const gnutls_datum_t *secret)
{
  struct span octets = {secret->data, secret->size};

  if (strcmp(label, "CLIENT_HANDSHAKE_TRAFFIC_SECRET") == 0) {
    traffic->inside = secret->data;
    ticket_secret_set(&traffic->client, octets);
  } else if (strcmp(label, "SERVER_HANDSHAKE_TRAFFIC_SECRET") == 0) {
    ticket_secret_set(&traffic->server, octets);
  } else {
    return false;
  }
  return traffic->client.size > 0 && traffic->server.size > 0;
}

struct proof {
  const struct traffic_secrets *traffic;
  enum ticket_hash hash;
  struct span transcript;
};

static bool derives(const struct proof *proof, struct span candidate, const char *label,
                    const struct ticket_secret *expected)
{
  struct ticket_secret derived;
  bool same = ticket_expand_label(proof->hash, candidate, label, proof->transcript, &derived) &&
              span_equal_secret(ticket_secret_span(&derived), ticket_secret_span(expected));

  explicit_bzero(&derived, sizeof derived);
  return same;
}

static bool is_handshake_secret(const struct proof *proof, struct span candidate)
{
  return derives(proof, candidate, "c hs traffic", &proof->traffic->client) &&
         derives(proof, candidate, "s hs traffic", &proof->traffic->server);
}

/* Octets below the client's traffic secret that belong to the session object. GnuTLS allocates that
 * in one piece, so the allocator knows where it ends; a pointer behind the end is to a copy
 * somewhere else. */
static size_t room_below(gnutls_session_t session, const struct traffic_secrets *traffic)
{
  uintptr_t bottom = (uintptr_t)session, inside = (uintptr_t)traffic->inside;

  if (inside <= bottom || inside - bottom >= malloc_usable_size(session))
    return 0;
  return inside - bottom < SEARCHED ? inside - bottom : SEARCHED;
}

/* The distance at which the secret lies, or 0. */
static unsigned search(const struct proof *proof, size_t room, size_t size)
{
  const uint8_t *inside = proof->traffic->inside;
  unsigned distance = atomic_load(&remembered);

  if (distance >= size && distance <= room &&
      is_handshake_secret(proof, (struct span){inside - distance, size}))
    return distance;
  for (distance = (unsigned)(size + STEP - 1) / STEP * STEP; distance <= room; distance += STEP)
    if (is_handshake_secret(proof, (struct span){inside - distance, size}))
      return distance;
  return 0;
}

bool secret_find(gnutls_session_t session, const struct traffic_secrets *traffic,
                 enum ticket_hash hash, struct span transcript_hash, struct ticket_secret *secret)
{
  struct proof proof = {traffic, hash, transcript_hash};
  size_t size = ticket_hash_size(hash);
  unsigned distance;

  if (traffic->client.size != size || traffic->server.size != size)
    return false;
  distance = search(&proof, room_below(session, traffic), size);
  if (distance == 0)
    return false;
  atomic_store(&remembered, distance);
  return ticket_secret_set(secret, (struct span){traffic->inside - distance, size});
}
