/* The transcript of a handshake from ClientHello to ServerHello (RFC 8446 section 4.4.1).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The hash is known only after ServerHello, so the messages are kept until then.
 */
#ifndef HANDSHAKE_TRANSCRIPT_H
#define HANDSHAKE_TRANSCRIPT_H

#include "common/bytes.h"
#include "pinning/ticket.h"

#include <stdbool.h>

struct transcript {
  uint8_t *octets;
  size_t used;
  size_t first_hello; /* octets of the first ClientHello where a HelloRetryRequest came, else 0 */
  bool hello;         /* the ClientHello that the next message answers is in it */
  bool complete;      /* the ServerHello is in it */
  bool failed;        /* out of memory or an impossible order */
};

/* Adds a message, if it is one of those up to ServerHello; later ones are ignored.
 * type: enum gnutls_handshake_description_t; body: without the 4-octet header. */
void transcript_add(struct transcript *t, unsigned type, struct span body);

/* Transcript-Hash(ClientHello...ServerHello). After a HelloRetryRequest the first ClientHello is
 * replaced by message_hash. False while the transcript is not complete. */
bool transcript_hash(const struct transcript *t, enum ticket_hash hash, struct ticket_secret *out);

void transcript_clear(struct transcript *t);

#endif
