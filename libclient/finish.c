/* The end of a pinned handshake: see tlspin-gnutls.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "libclient/decision.h"
#include "libclient/last.h"

static void store_ticket(struct pin *pin, const struct decision_anchor *anchor, bool wait)
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

  if (anchor->known) {
    ticket.anchor = anchor->digest;
    ticket.anchor_size = sizeof anchor->digest;
  }
  pin->kept = tlspin_store(pin->context, pin->peer.host, protocol_token(pin->peer.protocol),
                           pin->peer.port, &ticket, wait ? &pin->stored : NULL);
  if (pin->kept == TLSPIN_OK && wait && pin->stored == 0)
    pin->kept = TLSPIN_MISMATCH;
}

/* A ticket that was proved is continued whatever is on the way. A first one is not, where that ends
 * in an anchor that was added to the system: so the daemon is told where, and nothing is stored
 * where that can't be read. */
static void continue_or_begin(gnutls_session_t session, struct pin *pin, bool wait)
{
  struct decision_anchor anchor = {.known = false};

  if (pin->entry != NULL || decision_anchor(session, pin, &anchor))
    store_ticket(pin, &anchor, wait);
  else
    pin->kept = TLSPIN_E_TLS;
}

/* RFC 8672 section 2.1: a ticket from an authenticated server, that can be proved next time. One
 * without lifetime or octets stores nothing. */
static bool may_store(const struct pin *pin)
{
  return (pin->flags & TLSPIN_PRIVATE) == 0 && pin->refusal == REFUSAL_NONE &&
         (pin->verdict.answer == TLSPIN_MATCH || pin->verdict.answer == TLSPIN_NO_PIN) &&
         pin->evidence.asked && !pin->evidence.resumed && pin->evidence.secrets_found &&
         pin->has_ticket && pin->ticket_size > 0 && pin->lifetime > 0;
}

/* Where the PKI alone says no, as it may with TLSPIN_VERIFY, no pin is the cause. */
static int code_of_verdict(const struct pin *pin)
{
  switch (pin->verdict.answer) {
  case TLSPIN_MATCH:
  case TLSPIN_NO_PIN:
  case TLSPIN_OPTED_OUT:
    return TLSPIN_E_TLS;
  default:
    return pin->verdict.answer;
  }
}

static int code_of_refusal(const struct pin *pin)
{
  if (pin->decided)
    return code_of_verdict(pin);
  return pin->refusal != REFUSAL_NONE ? TLSPIN_MISMATCH : pin->answer;
}

/* A server that can't open our ticket says handshake_failure (RFC 8672 section 2.2) before it has
 * sent anything else. */
static bool was_ticket_refused(gnutls_session_t session, const struct pin *pin, int handshake)
{
  return !pin->judged && pin->evidence.ticket_sent && handshake == GNUTLS_E_FATAL_ALERT_RECEIVED &&
         gnutls_alert_get(session) == GNUTLS_A_HANDSHAKE_FAILURE;
}

/* The handshake failed: was it for the pin? */
static int finish_failed(gnutls_session_t session, struct pin *pin, int handshake)
{
  if (!pin->refused && was_ticket_refused(session, pin, handshake)) {
    pin->refusal = REFUSAL_TICKET_REFUSED;
    pin->refused = true;
    pin_tell_failure(pin);
  }
  return pin->refused ? code_of_refusal(pin) : TLSPIN_E_TLS;
}

/* Had the program displaced our hook, nobody would have judged. */
static void judge_late(gnutls_session_t session, struct pin *pin)
{
  pin->evidence.resumed = gnutls_session_is_resumed(session) != 0;
  if (pin->evidence.pinned || (pin->flags & TLSPIN_VERIFY) != 0)
    pin->refusal = REFUSAL_HOOKS_DISPLACED;
  pin_decide(session, pin);
}

/* The handshake worked, and the program accepts the certificate. */
static int finish_done(gnutls_session_t session, struct pin *pin, unsigned flags)
{
  bool wait = (flags & TLSPIN_WAIT) != 0;

  if (pin_may_go_on(pin) && !pin->judged)
    judge_late(session, pin);
  if (!pin->refused)
    decision_learn(session, pin, wait);
  if (pin->refused || !decision_permits(pin, pin->verdict.answer, pin->verdict.enforced)) {
    pin->refused = true;
    gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
    return code_of_refusal(pin);
  }
  if (may_store(pin))
    continue_or_begin(session, pin, wait);
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

/* The path as it was validated goes along: pins are only taken from what they match. */
int tlspin_gnutls_note_hpkp(gnutls_session_t session, const void *header, size_t size,
                            int report_only)
{
  struct pin *pin = pin_of(session);
  struct tlspin_octets chain[CHAIN_MAX];
  struct shown shown;
  int code;

  last_clear();
  if (pin == NULL || !pin->finished || pin->outcome != TLSPIN_OK)
    return last_say(TLSPIN_E_ARGUMENT, _("session: it was not finished, or not well"));
  if ((pin->flags & TLSPIN_PRIVATE) != 0)
    return TLSPIN_OK;
  shown_open(session, &pin->path, &shown);
  shown_validate(session, pin->peer.host, pin->anchor, &shown);
  if (pin->anchor != 0 || shown.path.pki != PKI_OK || !shown.chain.path ||
      pin->refusal != REFUSAL_NONE) {
    shown_close(&shown, &pin->path);
    return last_say(TLSPIN_E_ARGUMENT, _("session: its certificates have no validated path"));
  }
  for (size_t i = 0; i < shown.chain.count; i++)
    chain[i] = (struct tlspin_octets){shown.chain.at[i].der.data, shown.chain.at[i].der.size};
  code = tlspin_note_hpkp(pin->context, pin->peer.host, protocol_token(pin->peer.protocol),
                          pin->peer.port, (struct tlspin_octets){header, size}, report_only, chain,
                          shown.chain.count, NULL);
  shown_close(&shown, &pin->path);
  return code;
}
