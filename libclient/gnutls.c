/* Pinning for programs that use GnuTLS: see tlspin-gnutls.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "handshake/hello.h"
#include "handshake/probe.h"
#include "libclient/pin.h"

#include <gnutls/dtls.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE_TICKET = 16384, USUAL_MESSAGES = 131072 }; /* octets */

static void tell_failure(struct pin *pin)
{
  tlspin_report_failure(pin->context, pin->peer.host, protocol_token(pin->peer.protocol),
                        pin->peer.port, refusal_token(pin->refusal));
}

/* The library's own level, and what a lock of the administrator's makes of it. */
static bool only_reports(const struct pin *pin)
{
  return (pin->flags & TLSPIN_ADVISORY) != 0 ||
         (pin->entry != NULL && strcmp(tlspin_entry_lock(pin->entry), "report") == 0);
}

static void await_answer(struct pin *pin)
{
  struct lookup *lookup = pin->lookup;

  if (lookup == NULL)
    return;
  pin->lookup = NULL;
  pin->answer = lookup_wait(lookup, &pin->entry);
  pin->evidence.pinned = pin->answer == TLSPIN_MATCH;
  if (pin->answer == TLSPIN_NO_PIN && !handshake_supported())
    pin->answer = TLSPIN_CANNOT_BE_PINNED;
}

/* Whether the level forbids to go on with such an answer (the table in tlspin-gnutls.h). */
static bool forbids(const struct pin *pin)
{
  switch (pin->answer) {
  case TLSPIN_MATCH:
  case TLSPIN_NO_PIN:
  case TLSPIN_OPTED_OUT:
  case TLSPIN_CANNOT_BE_PINNED:
    return false;
  default:
    return (pin->flags & TLSPIN_STRICT) != 0;
  }
}

/* To be asked first at every step: GnuTLS writes no extension at all where its priorities say so,
 * and a program may take our hook away, but the answer counts all the same. */
static bool may_go_on(struct pin *pin)
{
  await_answer(pin);
  if (forbids(pin))
    pin->refused = true;
  return !pin->refused;
}

static struct span ticket_of(const struct pin *pin)
{
  struct span ticket = {NULL, 0};

  if (pin->entry != NULL)
    ticket.data = tlspin_entry_ticket(pin->entry, &ticket.size);
  return ticket;
}

/* GnuTLS bounds all messages of a handshake together at 128 KiB, and a large ticket goes there and
 * comes back. */
static void make_room(gnutls_session_t session, size_t ticket_size)
{
  if (ticket_size > LARGE_TICKET)
    gnutls_handshake_set_max_packet_length(session, USUAL_MESSAGES + 2 * TICKET_MAX);
}

/* ClientHello; after a HelloRetryRequest a second time. Without a readable store nothing could be
 * kept, so that nothing is asked for. */
static enum handshake_step send_ticket(struct handshake *h, struct writer *body)
{
  struct pin *pin = handshake_user(h);

  if (!may_go_on(pin))
    return HANDSHAKE_REFUSE;
  if ((pin->flags & TLSPIN_RESUMING) != 0 ||
      (pin->answer != TLSPIN_MATCH && pin->answer != TLSPIN_NO_PIN))
    return HANDSHAKE_OMIT;
  pin->evidence.asked = true;
  pin->evidence.ticket_sent = pin->evidence.pinned;
  make_room(handshake_gnutls(h), ticket_of(pin).size);
  ticket_write_client(body, ticket_of(pin));
  return HANDSHAKE_GO_ON;
}

static bool keep_ticket(struct pin *pin, const struct ticket_answer *answer)
{
  pin->has_ticket = answer->has_ticket;
  pin->lifetime = answer->lifetime;
  if (answer->ticket.size == 0)
    return true;
  free(pin->ticket);
  pin->ticket = malloc(answer->ticket.size);
  if (pin->ticket == NULL)
    return false;
  memcpy(pin->ticket, answer->ticket.data, answer->ticket.size);
  pin->ticket_size = answer->ticket.size;
  return true;
}

/* EncryptedExtensions. Nothing is decided here: the server is not authenticated yet. */
static enum handshake_step receive_answer(struct handshake *h, struct span body)
{
  struct pin *pin = handshake_user(h);
  struct ticket_answer answer;

  pin->evidence.extensions++;
  if (!ticket_read_server(body, &answer) || !keep_ticket(pin, &answer)) {
    pin->evidence.malformed = true;
    return HANDSHAKE_GO_ON;
  }
  pin->evidence.proof_came = answer.has_proof;
  ticket_secret_set(&pin->proof, answer.proof);
  return HANDSHAKE_GO_ON;
}

/* proof = HMAC(original secret, ...) over the key that the server is using now. */
static bool proof_is_right(struct handshake *h, const struct pin *pin)
{
  struct span original = {NULL, 0}, spki;
  struct ticket_secret expected;
  bool right;

  if (pin->entry == NULL || !handshake_spki(handshake_gnutls(h), false, &spki))
    return false;
  original.data = tlspin_entry_secret(pin->entry, &original.size);
  right = ticket_proof(pin->secrets.hash, original, &pin->secrets.proof, spki, &expected) &&
          span_equal_secret(ticket_secret_span(&expected), ticket_secret_span(&pin->proof));
  explicit_bzero(&expected, sizeof expected);
  return right;
}

static void judge(struct handshake *h, struct pin *pin)
{
  gnutls_session_t session = handshake_gnutls(h);
  struct ticket_evidence *evidence = &pin->evidence;

  evidence->tls13 = gnutls_protocol_get_version(session) == GNUTLS_TLS1_3;
  evidence->resumed = gnutls_session_is_resumed(session) != 0;
  evidence->secrets_found = handshake_secrets(h, &pin->secrets);
  evidence->proof_right = evidence->proof_came && evidence->secrets_found && proof_is_right(h, pin);
  pin->refusal = refusal_judge(evidence);
  pin->judged = true;
}

/* A pin that is not met is reported and, unless it is only to be reported, ends the handshake. What
 * no server may send, pinned or not, ends it in any case. */
static enum handshake_step enforce(struct pin *pin)
{
  if (pin->refusal == REFUSAL_NONE)
    return HANDSHAKE_GO_ON;
  if (pin->evidence.pinned)
    tell_failure(pin);
  pin->refused = !pin->evidence.pinned || !only_reports(pin);
  return pin->refused ? HANDSHAKE_REFUSE : HANDSHAKE_GO_ON;
}

/* The key of the entry is what goes into SNI (RFC 8672 section 2.3); a program that changed it
 * afterwards would use one server's pin for another. */
static bool sends_name(const struct pin *pin, struct span hello)
{
  struct span name, expected = {(const uint8_t *)pin->peer.host, strlen(pin->peer.host)};

  return hello_server_name(hello, &name) && span_equal(name, expected);
}

/* The first message that we send after ClientHello, be it our certificate or Finished: all that
 * GnuTLS checks is behind, and the server has seen nothing of us yet. */
static enum handshake_step before_message(struct handshake *h, unsigned type, bool incoming,
                                          struct span body)
{
  struct pin *pin = handshake_user(h);

  if (incoming || pin->judged)
    return HANDSHAKE_GO_ON;
  if (!may_go_on(pin))
    return HANDSHAKE_REFUSE;
  if (type != GNUTLS_HANDSHAKE_CLIENT_HELLO)
    judge(h, pin);
  else if ((pin->evidence.pinned || pin->evidence.asked) && !sends_name(pin, body))
    pin->refusal = REFUSAL_NAME_DIFFERS;
  return enforce(pin);
}

static void pin_free(void *user)
{
  struct pin *pin = user;

  lookup_cancel(pin->lookup);
  tlspin_entry_free(pin->entry);
  free(pin->ticket);
  explicit_bzero(pin, sizeof *pin);
  free(pin);
}

static const struct handshake_role client = {send_ticket, receive_answer, before_message, pin_free};

struct pin *pin_of(gnutls_session_t session)
{
  struct handshake *h = handshake_of(session, &client);

  return h != NULL ? handshake_user(h) : NULL;
}

static int read_host(const char *host, struct peer *peer)
{
  if (host == NULL)
    return TLSPIN_CANNOT_BE_PINNED;
  switch (host_normalise(host, strlen(host), peer->host)) {
  case HOST_FINE:
    return TLSPIN_OK;
  case HOST_IP:
  case HOST_LABEL: /* an underscore, say: DNS and certificates carry it, and the program goes on
                      without a pin */
  case HOST_IDNA:
    return TLSPIN_CANNOT_BE_PINNED;
  default:
    return TLSPIN_E_ARGUMENT;
  }
}

static struct pin *pin_new(tlspin_t *context, const struct peer *peer, unsigned flags)
{
  struct pin *pin = calloc(1, sizeof *pin);

  if (pin == NULL)
    return NULL;
  pin->context = context;
  pin->peer = *peer;
  pin->flags = flags;
  pin->answer = TLSPIN_UNAVAILABLE;
  pin->kept = TLSPIN_NO_PIN;
  return pin;
}

int tlspin_gnutls_attach_with(gnutls_session_t session, tlspin_t *context, const char *host,
                              unsigned port, unsigned flags)
{
  struct peer peer = {.protocol = PROTOCOL_TLS, .port = (uint16_t)port};
  int code = read_host(host, &peer);
  struct pin *pin;

  if (code != TLSPIN_OK)
    return code;
  if (gnutls_dtls_get_mtu(session) > 0)
    return TLSPIN_CANNOT_BE_PINNED;
  if (port < 1 || port > UINT16_MAX ||
      (flags & ~(unsigned)(TLSPIN_STRICT | TLSPIN_ADVISORY | TLSPIN_RESUMING)) != 0 ||
      (flags & (TLSPIN_STRICT | TLSPIN_ADVISORY)) == (TLSPIN_STRICT | TLSPIN_ADVISORY))
    return TLSPIN_E_ARGUMENT;
  pin = pin_new(context, &peer, flags);
  if (pin == NULL)
    return TLSPIN_E_MEMORY;
  code = lookup_start(context, &peer, &pin->lookup);
  if (code == TLSPIN_OK && !handshake_attach(session, &client, pin))
    code = TLSPIN_E_TLS;
  if (code != TLSPIN_OK) {
    pin_free(pin);
    return code;
  }
  return gnutls_server_name_set(session, GNUTLS_NAME_DNS, peer.host, strlen(peer.host)) < 0
             ? TLSPIN_E_MEMORY
             : TLSPIN_OK;
}

int tlspin_gnutls_attach(gnutls_session_t session, const char *host, unsigned port, unsigned flags)
{
  tlspin_t *context = tlspin_default();

  return context != NULL ? tlspin_gnutls_attach_with(session, context, host, port, flags)
                         : TLSPIN_E_MEMORY;
}

static void store_ticket(struct pin *pin, unsigned flags)
{
  struct span secret = ticket_secret_span(&pin->secrets.pinning);
  struct tlspin_ticket ticket = {
      .ticket = pin->ticket,
      .ticket_size = pin->ticket_size,
      .secret = secret.data,
      .secret_size = secret.size,
      .hash = ticket_hash_token(pin->secrets.hash),
      .lifetime = pin->lifetime,
      .series = pin->entry != NULL ? tlspin_entry_series(pin->entry) : 0,
  };
  bool wait = (flags & TLSPIN_WAIT) != 0;

  pin->kept = tlspin_store(pin->context, pin->peer.host, protocol_token(pin->peer.protocol),
                           pin->peer.port, &ticket, wait ? &pin->stored : NULL);
  if (pin->kept == TLSPIN_OK && wait && pin->stored == 0)
    pin->kept = TLSPIN_MISMATCH;
}

/* RFC 8672 section 2.1: a ticket from an authenticated server, that can be proved next time. One
 * without lifetime or octets stores nothing. */
static bool may_store(const struct pin *pin)
{
  return pin->refusal == REFUSAL_NONE && pin->evidence.asked && !pin->evidence.resumed &&
         pin->evidence.secrets_found && pin->has_ticket && pin->ticket_size > 0 &&
         pin->lifetime > 0;
}

/* The handshake failed: was it for the pin? A server that can't open our ticket says
 * handshake_failure (RFC 8672 section 2.2) before it has sent anything else. */
static int finish_failed(gnutls_session_t session, struct pin *pin, int handshake)
{
  if (pin->refused && pin->refusal == REFUSAL_NONE)
    return pin->answer;
  if (!pin->judged && pin->evidence.ticket_sent && handshake == GNUTLS_E_FATAL_ALERT_RECEIVED &&
      gnutls_alert_get(session) == GNUTLS_A_HANDSHAKE_FAILURE) {
    pin->refusal = REFUSAL_TICKET_REFUSED;
    pin->refused = true;
    tell_failure(pin);
  }
  return pin->refused ? TLSPIN_MISMATCH : TLSPIN_E_TLS;
}

/* The handshake worked, and the program accepts the certificate. Had it displaced our hook, nobody
 * would have judged. */
static int finish_done(gnutls_session_t session, struct pin *pin, unsigned flags)
{
  if (may_go_on(pin) && !pin->judged && pin->evidence.pinned) {
    pin->refusal = REFUSAL_HOOKS_DISPLACED;
    enforce(pin);
  }
  if (pin->refused) {
    gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
    return pin->refusal != REFUSAL_NONE ? TLSPIN_MISMATCH : pin->answer;
  }
  if (may_store(pin))
    store_ticket(pin, flags);
  return TLSPIN_OK;
}

int tlspin_gnutls_finish(gnutls_session_t session, int handshake, unsigned flags)
{
  struct pin *pin = pin_of(session);

  if (pin == NULL)
    return TLSPIN_E_ARGUMENT;
  if (!pin->finished)
    pin->outcome = handshake == GNUTLS_E_SUCCESS ? finish_done(session, pin, flags)
                                                 : finish_failed(session, pin, handshake);
  pin->finished = true;
  return pin->outcome;
}
