/* A server that may break every rule: see twist.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/twist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 65535, TWIN = 0xfe20 }; /* TWIN: an extension that becomes the second one */

static enum handshake_step receive(struct handshake *h, struct span body)
{
  struct twist *twist = handshake_user(h);
  struct span ticket;

  twist->asked = true;
  if (!ticket_read_client(body, &ticket))
    return HANDSHAKE_REFUSE;
  twist->ticket_came = ticket.size > 0;
  if (ticket.size > 0)
    ticket_secret_set(&twist->original, (struct span){ticket.data + 1, ticket.data[0]});
  return HANDSHAKE_GO_ON;
}

/* The ticket: the size of the secret, the secret, filling. */
static struct span make_ticket(const struct twist *twist, const struct handshake_secrets *secrets,
                               uint8_t *octets)
{
  size_t least = 1 + (size_t)secrets->pinning.size;

  if (twist->empty_ticket)
    return (struct span){octets, 0};
  octets[0] = secrets->pinning.size;
  memcpy(octets + 1, secrets->pinning.octets, secrets->pinning.size);
  return (struct span){octets, twist->ticket_size > least ? twist->ticket_size : least};
}

static void make_proof(struct handshake *h, const struct twist *twist,
                       const struct handshake_secrets *secrets, struct ticket_secret *proof)
{
  static uint8_t other_key[] = {0x30, 0x03, 0x02, 0x01, 0x01};
  struct span spki = {other_key, sizeof other_key};

  if (twist->kind != TWIST_RELAYED)
    handshake_spki(handshake_gnutls(h), true, &spki);
  ticket_proof(secrets->hash,
               twist->ticket_came ? ticket_secret_span(&twist->original)
                                  : ticket_secret_span(&secrets->pinning),
               &secrets->proof, spki, proof);
  if (twist->kind == TWIST_WRONG_PROOF)
    proof->octets[5] ^= 0x20;
  if (twist->kind == TWIST_SHORT_PROOF)
    proof->size--;
}

static void write_body(const struct twist *twist, struct writer *body,
                       const struct ticket_answer *answer)
{
  if (twist->kind == TWIST_TWO_TICKETS) {
    writer_u8(body, 0);
    writer_u16(body, 10);
    writer_vector16(body, (struct span){(const uint8_t *)"abc", 3});
    writer_vector16(body, (struct span){(const uint8_t *)"def", 3});
    writer_u32(body, answer->lifetime);
    return;
  }
  ticket_write_server(body, answer);
  if (twist->kind == TWIST_TRUNCATED)
    body->used--;
  if (twist->kind == TWIST_TRAILING)
    writer_u8(body, 0);
}

static enum handshake_step answer_to(struct handshake *h, struct writer *body)
{
  struct twist *twist = handshake_user(h);
  struct ticket_secret proof = {.size = 0};
  struct handshake_secrets secrets;
  struct ticket_answer answer = {.lifetime = twist->lifetime};
  uint8_t *ticket = calloc(1, BODY_MAX);

  if (twist->kind == TWIST_MISSING || gnutls_session_is_resumed(handshake_gnutls(h)) != 0 ||
      !handshake_secrets(h, &secrets)) {
    free(ticket);
    return HANDSHAKE_OMIT;
  }
  make_proof(h, twist, &secrets, &proof);
  answer.has_proof =
      (twist->ticket_came && twist->kind != TWIST_NO_PROOF) || twist->kind == TWIST_UNASKED_PROOF;
  answer.proof = ticket_secret_span(&proof);
  answer.has_ticket = twist->kind != TWIST_NO_TICKET;
  answer.ticket = make_ticket(twist, &secrets, ticket);
  if (twist->kind != TWIST_EMPTY)
    write_body(twist, body, &answer);
  free(ticket);
  return HANDSHAKE_GO_ON;
}

static enum handshake_step pass(struct handshake *h, unsigned type, bool incoming, struct span body)
{
  (void)h, (void)type, (void)incoming, (void)body;
  return HANDSHAKE_GO_ON;
}

/* GnuTLS registers no number twice, so the twin gets the number of the other one when its header is
 * already in the buffer. That looks into an opaque struct of GnuTLS 3, whose second member is where
 * the octets begin. */
static void rename_twin(gnutls_buffer_t extension)
{
  struct {
    uint8_t *allocated, *octets;
    size_t room, size;
  } inside;
  uint8_t *header;

  memcpy(&inside, extension, sizeof inside);
  header = inside.octets + inside.size - 4;
  if (inside.size < 4 || header[0] != TWIN >> 8 || header[1] != (TWIN & 0xff)) {
    fprintf(stderr, "this GnuTLS keeps its buffers in another way\n");
    abort();
  }
  header[0] = 0;
  header[1] = TICKET_EXTENSION;
}

static int send_twin(gnutls_session_t session, gnutls_buffer_t extension)
{
  static const uint8_t body[] = {0, 0, 5, 0, 3, 'a', 'b', 'c', 0, 1, 0, 0};

  if (gnutls_ext_get_current_msg(session) != GNUTLS_EXT_FLAG_EE)
    return 0;
  rename_twin(extension);
  return gnutls_buffer_append_data(extension, body, sizeof body) < 0 ? GNUTLS_E_MEMORY_ERROR
                                                                     : (int)sizeof body;
}

static int ignore_twin(gnutls_session_t session, const unsigned char *data, size_t size)
{
  (void)session, (void)data, (void)size;
  return 0;
}

static void keep(void *user)
{
  (void)user;
}

static const struct handshake_role twisted = {answer_to, receive, pass, keep};

void twist_attach(struct twist *twist, gnutls_session_t session)
{
  bool fine = handshake_attach(session, &twisted, twist);

  if (fine && twist->kind == TWIST_TWICE)
    fine = gnutls_session_ext_register(session, "Twin", TWIN, GNUTLS_EXT_TLS, ignore_twin,
                                       send_twin, NULL, NULL, NULL,
                                       GNUTLS_EXT_FLAG_EE | GNUTLS_EXT_FLAG_TLS |
                                           GNUTLS_EXT_FLAG_IGNORE_CLIENT_REQUEST) == 0;
  if (fine)
    return;
  fprintf(stderr, "GnuTLS refuses the extension\n");
  abort();
}
