/* The transcript of a handshake: see transcript.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "handshake/transcript.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

enum {
  HEADER = 4,
  MESSAGE_HASH = 254, /* RFC 8446 section 4 */
  LIMIT = 1 << 20     /* octets; GnuTLS bounds a message at 128 KiB */
};

static void append(struct transcript *t, uint8_t type, struct span body)
{
  uint8_t *grown = NULL;
  struct writer w;

  if (body.size <= LIMIT && t->used <= LIMIT)
    grown = realloc(t->octets, t->used + HEADER + body.size);
  if (grown == NULL) {
    t->failed = true;
    return;
  }
  t->octets = grown;
  w = writer_of(grown + t->used, HEADER + body.size);
  writer_u8(&w, type);
  writer_u24(&w, (uint32_t)body.size);
  writer_put(&w, body);
  t->failed = t->failed || w.failed;
  t->used += HEADER + body.size;
}

static void add_hello_retry_request(struct transcript *t, struct span body)
{
  if (t->first_hello > 0 || !t->hello)
    t->failed = true;
  t->first_hello = t->used;
  t->hello = false; /* the client says it again */
  append(t, GNUTLS_HANDSHAKE_SERVER_HELLO, body);
}

void transcript_add(struct transcript *t, unsigned type, struct span body)
{
  if (t->complete || t->failed)
    return;
  switch (type) {
  case GNUTLS_HANDSHAKE_CLIENT_HELLO:
    t->failed = t->hello;
    t->hello = true;
    append(t, GNUTLS_HANDSHAKE_CLIENT_HELLO, body);
    break;
  case GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST: /* a ServerHello on the wire */
    add_hello_retry_request(t, body);
    break;
  case GNUTLS_HANDSHAKE_SERVER_HELLO:
    append(t, GNUTLS_HANDSHAKE_SERVER_HELLO, body);
    t->complete = t->hello;
    t->failed = t->failed || !t->hello;
    break;
  default:
    break;
  }
}

/* message_hash || 00 00 Hash.length || Hash(ClientHello1) (RFC 8446 section 4.4.1) */
static bool add_first_hello(gnutls_hash_hd_t state, gnutls_digest_algorithm_t digest, uint8_t size,
                            struct span hello)
{
  uint8_t message[HEADER + TICKET_SECRET_MAX] = {MESSAGE_HASH, 0, 0, size};

  return gnutls_hash_fast(digest, hello.data, hello.size, message + HEADER) >= 0 &&
         gnutls_hash(state, message, HEADER + (size_t)size) >= 0;
}

bool transcript_hash(const struct transcript *t, enum ticket_hash hash, struct ticket_secret *out)
{
  gnutls_digest_algorithm_t digest = hash == TICKET_SHA384 ? GNUTLS_DIG_SHA384 : GNUTLS_DIG_SHA256;
  uint8_t size = ticket_hash_size(hash);
  gnutls_hash_hd_t state;
  bool done = true;

  if (!t->complete || t->failed || gnutls_hash_init(&state, digest) < 0)
    return false;
  if (t->first_hello > 0)
    done = add_first_hello(state, digest, size, (struct span){t->octets, t->first_hello});
  done = done && gnutls_hash(state, t->octets + t->first_hello, t->used - t->first_hello) >= 0;
  gnutls_hash_deinit(state, out->octets);
  out->size = done ? size : 0;
  return done;
}

void transcript_clear(struct transcript *t)
{
  free(t->octets);
  *t = (struct transcript){0};
}
