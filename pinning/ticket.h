/* Pinning tickets: extension bodies, and what belongs to a ticket (RFC 8672).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure functions: no session, no clock, no I/O. Any thread.
 */
#ifndef TICKET_H
#define TICKET_H

#include "common/bytes.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  TICKET_EXTENSION = 32,  /* ticket_pinning (RFC 8672 section 8) */
  TICKET_MAX = 65535 - 4, /* octets of a ticket that still fits both nested lengths of a client's
                           * body inside extension_data<0..2^16-1> */
  TICKET_SECRET_MAX = 48  /* octets of a secret or a proof: SHA-384 */
};

/* The hash of a TLS 1.3 cipher suite. */
enum ticket_hash { TICKET_SHA256, TICKET_SHA384, TICKET_HASHES };

/* A secret, a proof or a digest. */
struct ticket_secret {
  uint8_t octets[TICKET_SECRET_MAX];
  uint8_t size; /* 32 or 48; 0: none */
};

struct span ticket_secret_span(const struct ticket_secret *secret);

/* False unless the octets are 32 or 48. */
bool ticket_secret_set(struct ticket_secret *secret, struct span octets);

/* Octets of a hash's output. */
uint8_t ticket_hash_size(enum ticket_hash hash);

/* The token of a hash ("sha256"); static. */
const char *ticket_hash_token(enum ticket_hash hash);
bool ticket_hash_from_token(const char *token, enum ticket_hash *hash);

/* What a client sends: the ticket, or no ticket (size 0) on a first connection. */
void ticket_write_client(struct writer *w, struct span ticket);

/* What a server reads. No ticket: *ticket has size 0. A server also takes a body of zero octets for
 * "no ticket", which can mean nothing else. False: malformed. */
bool ticket_read_client(struct span body, struct span *ticket);

/* What a server sends: proof and ticket may each be there or not. */
struct ticket_answer {
  bool has_proof;
  bool has_ticket; /* a ticket of zero octets is one, too */
  struct span proof;
  struct span ticket;
  uint32_t lifetime; /* seconds */
};

void ticket_write_server(struct writer *w, const struct ticket_answer *answer);

/* What a client reads; spans point into body. False: malformed, which includes zero octets, two
 * tickets or proofs, trailing octets and an overrun. */
bool ticket_read_server(struct span body, struct ticket_answer *answer);

#endif
