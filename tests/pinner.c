/* A client of RFC 8672 for tests of servers: see pinner.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinner.h"

#include "handshake/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum handshake_step on_send(struct handshake *h, struct writer *body)
{
  struct pinner *pinner = handshake_user(h);

  pinner->asked++;
  if (pinner->body.size > 0)
    writer_put(body, pinner->body);
  else
    ticket_write_client(body, pinner->ticket);
  return HANDSHAKE_GO_ON;
}

static enum handshake_step on_receive(struct handshake *h, struct span body)
{
  struct pinner *pinner = handshake_user(h);
  struct handshake_secrets secrets;

  if (body.size > sizeof pinner->octets || pinner->answered) {
    fprintf(stderr, "pinner.c: too long an answer, or a second one\n");
    abort();
  }
  pinner->answered = true;
  memcpy(pinner->octets, body.data, body.size);
  pinner->size = body.size;
  pinner->malformed =
      !ticket_read_server((struct span){pinner->octets, body.size}, &pinner->answer);
  if (handshake_secrets(h, &secrets)) {
    pinner->hash = secrets.hash;
    pinner->pinning = secrets.pinning;
    pinner->proof = secrets.proof;
  }
  return HANDSHAKE_GO_ON;
}

static enum handshake_step on_message(struct handshake *h, unsigned type, bool incoming,
                                      struct span body)
{
  (void)h;
  (void)type;
  (void)incoming;
  (void)body;
  return HANDSHAKE_GO_ON;
}

static void on_deinit(void *user)
{
  (void)user; /* the test's own */
}

static const struct handshake_role role = {
    .send = on_send, .receive = on_receive, .message = on_message, .destroy = on_deinit};

void pinner_attach(struct pinner *pinner, gnutls_session_t session)
{
  if (!handshake_attach(session, &role, pinner)) {
    fprintf(stderr, "pinner.c: the session could not be attached\n");
    abort();
  }
}

bool pinner_proved(const struct pinner *pinner, gnutls_session_t session,
                   const struct ticket_secret *original)
{
  struct ticket_secret expected;
  struct span spki;

  return pinner->answered && !pinner->malformed && pinner->answer.has_proof &&
         handshake_spki(session, false, &spki) &&
         ticket_proof(pinner->hash, ticket_secret_span(original), &pinner->proof, spki,
                      &expected) &&
         span_equal(pinner->answer.proof, ticket_secret_span(&expected));
}
