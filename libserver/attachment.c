/* What the server's half of RFC 8672 does in one session: see tlspin-server.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "common/vault.h"
#include "handshake/session.h"
#include "libserver/seal.h"
#include "libserver/server.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

struct attachment {
  tlspin_server_t *server;
  struct server_view view; /* since ClientHello */
  const struct key *key;   /* of it, for a fresh ticket; NULL where none is given */
  bool asked;
  bool has_ticket; /* and it was ours: `original` is what was in it */
  char
      name[HOST_MAX + 1]; /* of the server, normalised; "" where there is none that can be pinned */
  struct ticket_secret original;
  uint32_t lifetime; /* of the ticket that was given, or 0 */
  enum tlspin_server_result result;
};

static void forget(struct attachment *a)
{
  keyring_release(a->view.ring);
  a->view.ring = NULL;
  a->key = NULL;
  a->asked = a->has_ticket = false;
  a->name[0] = '\0';
  a->lifetime = 0;
  a->result = TLSPIN_SERVER_NOT_ASKED;
  explicit_bzero(&a->original, sizeof a->original);
}

static enum handshake_step refuse(struct attachment *a)
{
  a->result = TLSPIN_SERVER_REFUSED;
  return HANDSHAKE_REFUSE;
}

/* The name by which the client calls us. A name that can't be pinned (an address, say) counts as
 * none. */
static void read_name(gnutls_session_t session, char name[HOST_MAX + 1])
{
  char given[HOST_INPUT_MAX];
  size_t size = sizeof given;
  unsigned type;

  name[0] = '\0';
  if (gnutls_server_name_get(session, given, &size, &type, 0) == 0 && type == GNUTLS_NAME_DNS)
    host_normalise(given, strnlen(given, size < sizeof given ? size : sizeof given), name);
}

/* "The server MUST then abort the connection with a handshake_failure alert, and SHOULD log this
 * failure" (section 2.2). */
static enum handshake_step open_ticket(struct attachment *a, gnutls_session_t session,
                                       struct span ticket)
{
  struct seal_content content;
  enum seal_outcome outcome;

  if (a->name[0] == '\0') {
    server_log(
        a->server, session, LOG_WARNING,
        _("A client sent a pinning ticket but no server name that can be pinned; it was refused."));
    return refuse(a);
  }
  outcome = seal_read(ticket, keyring_keys(a->view.ring), a->name, &content);
  if (outcome != SEAL_OPENED) {
    server_log(a->server, session, LOG_WARNING,
               _("A client's pinning ticket for %s was refused: %s. Somebody may have posed as "
                 "this server to that "
                 "client before; or a key was taken from the key file too early."),
               a->name, text_translate(seal_outcome_text(outcome)));
    return refuse(a);
  }
  a->original = content.secret;
  a->has_ticket = true;
  explicit_bzero(&content, sizeof content);
  return HANDSHAKE_GO_ON;
}

/* Called a second time after a HelloRetryRequest; the second ClientHello is the one that counts. */
static enum handshake_step on_receive(struct handshake *h, struct span body)
{
  struct attachment *a = handshake_user(h);
  gnutls_session_t session = handshake_gnutls(h);
  struct span ticket;

  forget(a);
  a->asked = true;
  a->result = TLSPIN_SERVER_LEFT_OUT;
  a->view = server_look(a->server);
  read_name(session, a->name);
  if (!a->view.ramp_down)
    a->key = keys_sealing(keyring_keys(a->view.ring), a->name, a->view.now);
  if (!ticket_read_client(body, &ticket)) {
    server_log(a->server, session, LOG_WARNING,
               _("A client sent a malformed pinning extension; it was refused."));
    return refuse(a);
  }
  return ticket.size > 0 ? open_ticket(a, session, ticket) : HANDSHAKE_GO_ON;
}

/* Resumption, or a pre-shared key from elsewhere: neither authenticates with a certificate, so
 * there is nothing that a proof could be bound to. */
static bool uses_psk(gnutls_session_t session)
{
  switch (gnutls_kx_get(session)) {
  case GNUTLS_KX_PSK:
  case GNUTLS_KX_DHE_PSK:
  case GNUTLS_KX_ECDHE_PSK:
    return true;
  default:
    return gnutls_session_is_resumed(session) != 0;
  }
}

static bool make_proof(struct attachment *a, gnutls_session_t session,
                       const struct handshake_secrets *secrets, struct ticket_secret *proof)
{
  struct span spki;

  return handshake_spki(session, true, &spki) &&
         ticket_proof(secrets->hash, ticket_secret_span(&a->original), &secrets->proof, spki,
                      proof);
}

static bool make_ticket(struct attachment *a, const struct handshake_secrets *secrets,
                        struct writer *ticket)
{
  struct seal_content content = {secrets->pinning, (uint64_t)a->view.now, a->view.lifetime};
  bool made = seal_write(ticket, a->key, a->name, &content);

  explicit_bzero(&content, sizeof content);
  return made;
}

/* Proof where a ticket came (section 2.2); fresh ticket and its lifetime where there is a key for
 * it. Without one the client keeps its old ticket, as in a ramp-down (section 5.5). */
static bool write_answer(struct attachment *a, gnutls_session_t session,
                         const struct handshake_secrets *secrets, struct writer *body)
{
  uint8_t ticket_octets[SEAL_MAX];
  struct writer ticket = writer_of(ticket_octets, sizeof ticket_octets);
  struct ticket_secret proof = {.size = 0};
  struct ticket_answer answer = {.has_proof = a->has_ticket, .has_ticket = a->key != NULL};

  if (answer.has_proof && !make_proof(a, session, secrets, &proof))
    return false;
  if (answer.has_ticket && !make_ticket(a, secrets, &ticket))
    return false;
  answer.proof = ticket_secret_span(&proof);
  answer.ticket = writer_span(&ticket);
  answer.lifetime = answer.has_ticket ? a->view.lifetime : 0;
  ticket_write_server(body, &answer);
  a->lifetime = answer.lifetime;
  return !body->failed;
}

static enum tlspin_server_result result_of(const struct attachment *a)
{
  if (!a->has_ticket)
    return TLSPIN_SERVER_PINNED;
  return a->key != NULL ? TLSPIN_SERVER_PROVED : TLSPIN_SERVER_RAMP_DOWN;
}

/* A client that sent a ticket would take a missing answer for an attack, so it is refused; for
 * another one it only means that it is not pinned. */
static enum handshake_step on_send(struct handshake *h, struct writer *body)
{
  struct attachment *a = handshake_user(h);
  gnutls_session_t session = handshake_gnutls(h);
  struct handshake_secrets secrets;
  bool answered;

  if (!a->asked || a->name[0] == '\0' || uses_psk(session) || (a->key == NULL && !a->has_ticket))
    return HANDSHAKE_OMIT;
  answered = handshake_secrets(h, &secrets) && write_answer(a, session, &secrets, body);
  explicit_bzero(&secrets, sizeof secrets);
  if (answered) {
    a->result = result_of(a);
    return HANDSHAKE_GO_ON;
  }
  if (!a->has_ticket)
    return HANDSHAKE_OMIT;
  server_log(a->server, session, LOG_ERR,
             _("The proof for a client that was pinned to %s could not be made; it was refused. "
               "Look whether this "
               "version of GnuTLS is supported."),
             a->name);
  return refuse(a);
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
  struct attachment *a = user;

  forget(a);
  server_release(a->server);
  vault_give(a);
}

static const struct handshake_role role = {
    .send = on_send, .receive = on_receive, .message = on_message, .destroy = on_deinit};

static bool has_keys(tlspin_server_t *server)
{
  struct server_view view = server_look(server);
  bool has = view.ring != NULL;

  keyring_release(view.ring);
  return has;
}

enum tlspin_code tlspin_server_attach(tlspin_server_t *server, gnutls_session_t session)
{
  struct attachment *a;

  if (server == NULL || session == NULL)
    return TLSPIN_E_ARGUMENT;
  if (!has_keys(server))
    return TLSPIN_E_KEYS;
  server_warn_lifetime(server);
  a = vault_take(sizeof *a);
  if (a == NULL)
    return TLSPIN_E_MEMORY;
  a->server = server_hold(server);
  if (handshake_attach(session, &role, a))
    return TLSPIN_OK;
  on_deinit(a);
  return TLSPIN_E_TLS;
}

static const struct attachment *attachment_of(gnutls_session_t session)
{
  const struct handshake *h = session != NULL ? handshake_of(session, &role) : NULL;

  return h != NULL ? handshake_user(h) : NULL;
}

enum tlspin_server_result tlspin_server_result(gnutls_session_t session)
{
  const struct attachment *a = attachment_of(session);

  return a != NULL ? a->result : TLSPIN_SERVER_NOT_ASKED;
}

const char *tlspin_server_name(gnutls_session_t session)
{
  const struct attachment *a = attachment_of(session);

  return a != NULL ? a->name : "";
}

uint32_t tlspin_server_ticket_lifetime(gnutls_session_t session)
{
  const struct attachment *a = attachment_of(session);

  return a != NULL ? a->lifetime : 0;
}

const char *tlspin_server_result_token(enum tlspin_server_result result)
{
  static const char *const tokens[] = {
      [TLSPIN_SERVER_NOT_ASKED] = "not-asked", [TLSPIN_SERVER_LEFT_OUT] = "left-out",
      [TLSPIN_SERVER_PINNED] = "pinned",       [TLSPIN_SERVER_PROVED] = "proved",
      [TLSPIN_SERVER_RAMP_DOWN] = "ramp-down", [TLSPIN_SERVER_REFUSED] = "refused",
  };

  return (size_t)result < sizeof tokens / sizeof tokens[0] ? tokens[result] : "unknown";
}
