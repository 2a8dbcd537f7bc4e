/* Pinning tickets (RFC 8672): see ticket.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/ticket.h"

#include <string.h>

static const struct {
  const char *token;
  uint8_t size;
} hashes[TICKET_HASHES] = {
    [TICKET_SHA256] = {"sha256", 32},
    [TICKET_SHA384] = {"sha384", 48},
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
