/* Pinning for programs that use GnuTLS: see tlspin-gnutls.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/vault.h"
#include "handshake/hello.h"
#include "handshake/probe.h"
#include "libclient/decision.h"
#include "libclient/verify.h"

#include <gnutls/dtls.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE_TICKET = 16384, USUAL_MESSAGES = 131072 }; /* octets */

static const struct handshake_role client;

void pin_tell_failure(const struct pin *pin)
{
  if ((pin->flags & TLSPIN_PRIVATE) == 0)
    tlspin_report_failure(pin->context, pin->peer.host, protocol_token(pin->peer.protocol),
                          pin->peer.port, refusal_token(pin->refusal));
}

static void await_answer(struct pin *pin)
{
  struct lookup *lookup = pin->lookup;

  if (lookup == NULL)
    return;
  pin->lookup = NULL;
  pin->answer = lookup_wait(lookup, &pin->entry, &pin->keys);
  pin->evidence.pinned = pin->answer == TLSPIN_MATCH;
  if (pin->answer == TLSPIN_NO_PIN && !handshake_supported())
    pin->answer = TLSPIN_CANNOT_BE_PINNED;
}

bool pin_may_go_on(struct pin *pin)
{
  await_answer(pin);
  if (!decision_permits(pin, pin->answer, true))
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

  if (!pin_may_go_on(pin))
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

void pin_judge_ticket(gnutls_session_t session, struct pin *pin)
{
  struct handshake *h = handshake_of(session, &client);
  struct ticket_evidence *evidence = &pin->evidence;

  if (pin->judged)
    return;
  evidence->tls13 = gnutls_protocol_get_version(session) == GNUTLS_TLS1_3;
  evidence->resumed = gnutls_session_is_resumed(session) != 0;
  evidence->secrets_found = handshake_secrets(h, &pin->secrets);
  evidence->proof_right = evidence->proof_came && evidence->secrets_found && proof_is_right(h, pin);
  pin->refusal = refusal_judge(evidence);
  pin->judged = true;
}

/* What no server may send, pinned or not, ends the handshake in any case. */
bool pin_decide(gnutls_session_t session, struct pin *pin)
{
  if (pin->refusal != REFUSAL_NONE && !pin->evidence.pinned) {
    pin->refused = true;
    return false;
  }
  decision_make(session, pin);
  if (pin->refusal != REFUSAL_NONE && pin->verdict.answer == TLSPIN_MISMATCH)
    pin_tell_failure(pin);
  if (!decision_permits(pin, pin->verdict.answer, pin->verdict.enforced))
    pin->refused = true;
  return !pin->refused;
}

void pin_refuse(gnutls_session_t session, struct pin *pin)
{
  pin->refused = true;
  handshake_refuse(handshake_of(session, &client));
}

/* The key of the entry is what goes into SNI (RFC 8672 section 2.3); a program that changed it
 * afterwards would use one server's pin for another. */
static bool sends_name(const struct pin *pin, struct span hello)
{
  struct span name, expected = {(const uint8_t *)pin->peer.host, strlen(pin->peer.host)};

  return hello_server_name(hello, &name) && span_equal(name, expected);
}

/* Before the server has shown anything there is no verdict to be made. */
static bool refuses_name(struct pin *pin, struct span hello)
{
  if ((!pin->evidence.pinned && !pin->evidence.asked) || sends_name(pin, hello))
    return false;
  pin->refusal = REFUSAL_NAME_DIFFERS;
  if (pin->evidence.pinned)
    pin_tell_failure(pin);
  pin->refused = !pin->evidence.pinned || !decision_permits_refusal(pin);
  return pin->refused;
}

/* With TLSPIN_VERIFY nobody else has looked at the certificate. */
static bool is_unverified(const struct pin *pin)
{
  return (pin->flags & TLSPIN_VERIFY) != 0 && !pin->verified && !pin->evidence.resumed;
}

static bool passes(gnutls_session_t session, struct pin *pin)
{
  pin_judge_ticket(session, pin);
  if (is_unverified(pin)) {
    pin->refusal = REFUSAL_HOOKS_DISPLACED;
    pin->refused = true;
    return false;
  }
  return pin_decide(session, pin);
}

/* The first message that we send after ClientHello, be it our certificate or Finished: all that
 * GnuTLS checks is behind, and the server has seen nothing of us yet. */
static enum handshake_step before_message(struct handshake *h, unsigned type, bool incoming,
                                          struct span body)
{
  struct pin *pin = handshake_user(h);
  bool fine = true;

  if (incoming)
    return HANDSHAKE_GO_ON;
  if (!pin_may_go_on(pin))
    fine = false;
  else if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO)
    fine = !refuses_name(pin, body);
  else if (!pin->judged)
    fine = passes(handshake_gnutls(h), pin);
  return fine ? HANDSHAKE_GO_ON : HANDSHAKE_REFUSE;
}

static void pin_free(void *user)
{
  struct pin *pin = user;

  lookup_cancel(pin->lookup);
  tlspin_entry_free(pin->entry);
  keyset_clear(&pin->keys);
  path_clear(&pin->path.path);
  free(pin->ticket);
  vault_give(pin);
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
  struct pin *pin = vault_take(sizeof *pin);

  if (pin == NULL)
    return NULL;
  pin->context = context;
  pin->peer = *peer;
  pin->flags = flags;
  pin->answer = TLSPIN_UNAVAILABLE;
  pin->kept = TLSPIN_NO_PIN;
  return pin;
}

static bool flags_fit(unsigned flags)
{
  const unsigned both = TLSPIN_STRICT | TLSPIN_ADVISORY;

  return (flags & ~(both | TLSPIN_RESUMING | TLSPIN_VERIFY | TLSPIN_PRIVATE)) == 0 &&
         (flags & both) != both;
}

int tlspin_gnutls_attach_with(gnutls_session_t session, tlspin_t *context, const char *host,
                              unsigned port, unsigned flags)
{
  struct peer peer = {.protocol = PROTOCOL_TLS, .port = (uint16_t)port};
  int code = read_host(host, &peer);
  struct pin *pin;

  if (code != TLSPIN_OK)
    return code;
  if (session == NULL || context == NULL)
    return TLSPIN_E_ARGUMENT;
  if (gnutls_dtls_get_mtu(session) > 0)
    return TLSPIN_CANNOT_BE_PINNED;
  if (port < 1 || port > UINT16_MAX || !flags_fit(flags))
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
  if ((flags & TLSPIN_VERIFY) != 0)
    gnutls_session_set_verify_function(session, verify_peer);
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
