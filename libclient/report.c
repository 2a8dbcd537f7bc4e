/* What happened in a pinned handshake, for programs and for people: see tlspin-gnutls.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/spki.h"
#include "common/text.h"
#include "libclient/describe.h"
#include "libclient/pin.h"

#include <stdio.h>
#include <string.h>

static bool is_mismatch(const struct pin *pin)
{
  return pin->decided ? pin->verdict.answer == TLSPIN_MISMATCH : pin->refusal != REFUSAL_NONE;
}

/* A peer without a ticket may have keys; what is known of them is known once they were judged. */
int tlspin_gnutls_answer(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  if (pin == NULL)
    return TLSPIN_CANNOT_BE_PINNED;
  return pin->answer == TLSPIN_NO_PIN && pin->decided ? pin->verdict.answer : pin->answer;
}

const char *tlspin_gnutls_reason(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  if (pin == NULL || !is_mismatch(pin))
    return "";
  return pin->decided ? pin->verdict.reason : refusal_token(pin->refusal);
}

const char *tlspin_gnutls_layer(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  if (pin != NULL && pin->decided && pin->verdict.layer[0] != '\0')
    return pin->verdict.layer;
  return pin != NULL && pin->entry != NULL ? tlspin_entry_layer(pin->entry) : "";
}

const char *tlspin_gnutls_change(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  return pin != NULL && pin->decided ? pin->verdict.change : "";
}

unsigned tlspin_gnutls_rule(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  return pin != NULL && pin->decided ? pin->verdict.rule : 0;
}

int tlspin_gnutls_asked(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  return pin != NULL && pin->evidence.asked;
}

int tlspin_gnutls_sent(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  return pin != NULL && pin->evidence.ticket_sent;
}

int tlspin_gnutls_proved(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  return pin != NULL && pin->judged && pin->refusal == REFUSAL_NONE && pin->evidence.proof_right;
}

/* What an exception excused, or a pin alone vouched for, is to be looked at anew each time. */
static bool is_plain(const struct pin *pin)
{
  return pin->refusal == REFUSAL_NONE && !(pin->verified && pin->pki != PKI_OK) &&
         (pin->verdict.answer == TLSPIN_MATCH || pin->verdict.answer == TLSPIN_NO_PIN ||
          pin->verdict.answer == TLSPIN_OPTED_OUT);
}

/* A first ticket that could have been kept. */
static bool came_with_ticket(const struct pin *pin)
{
  return pin->has_ticket && pin->ticket_size > 0 && pin->lifetime > 0;
}

/* A server of which the store knew no ticket: either a key of it was met, or this connection pinned
 * it, or there was nothing to be pinned. What was only sent to the daemon may not be kept there: it
 * keeps neither a ticket nor a key from behind an anchor that was added to the system, and neither
 * where the store can't be written or another program was faster. */
static bool is_settled(const struct pin *pin)
{
  if (pin->kept == TLSPIN_OK)
    return pin->stored != 0;
  if (pin->kept != TLSPIN_NO_PIN)
    return false;
  return pin->verdict.answer == TLSPIN_MATCH || (!came_with_ticket(pin) && !pin->unsettled);
}

/* Who resumes speaks to whoever had the session: that must be a server that was authenticated by
 * its pin, or by the connection that pinned it, or by a session of which the same holds. A pin that
 * was passed over, for an anchor that was added to the system, authenticated nobody. */
int tlspin_gnutls_may_resume(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  if (pin == NULL || !pin->finished || pin->outcome != TLSPIN_OK || !is_plain(pin))
    return 0;
  if (pin->evidence.resumed)
    return (pin->flags & TLSPIN_RESUMING) != 0;
  return pin->evidence.proof_right || pin->answer == TLSPIN_OPTED_OUT ||
         (pin->answer == TLSPIN_NO_PIN && pin->verdict.answer != TLSPIN_OPTED_OUT &&
          is_settled(pin));
}

uint32_t tlspin_gnutls_lifetime(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  return pin != NULL ? pin->lifetime : 0;
}

uint64_t tlspin_gnutls_stored(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  return pin != NULL ? pin->stored : 0;
}

int tlspin_gnutls_kept(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  return pin != NULL ? pin->kept : TLSPIN_NO_PIN;
}

const char *tlspin_gnutls_host(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  return pin != NULL ? pin->peer.host : "";
}

/* Without a verdict: the ticket's part alone, for which the daemon was not asked. */
static struct tlspin_verdict verdict_of(const struct pin *pin)
{
  struct tlspin_verdict verdict = pin->verdict;

  if (pin->decided)
    return verdict;
  verdict = (struct tlspin_verdict){.peer = pin->peer, .answer = TLSPIN_MISMATCH};
  snprintf(verdict.reason, sizeof verdict.reason, "%s", refusal_token(pin->refusal));
  snprintf(verdict.layer, sizeof verdict.layer, "%s",
           pin->entry != NULL ? tlspin_entry_layer(pin->entry) : "");
  return verdict;
}

static void append(struct pin *pin, const char *sentence)
{
  size_t used = strlen(pin->message);

  snprintf(pin->message + used, sizeof pin->message - used, " %s", sentence);
}

/* A server that breaks a rule for all servers need not be pinned, and then there is nothing to
 * forget. */
static void describe_mismatch(struct pin *pin)
{
  struct tlspin_verdict verdict = verdict_of(pin);

  describe_verdict(&verdict, pin->message, sizeof pin->message);
  if (!pin->decided && !pin->evidence.pinned)
    return;
  append(pin, pin->refused ? _("No data was sent to it.") : _("It is only reported."));
  describe_remedy(&verdict, pin->message, sizeof pin->message);
}

/* With TLSPIN_VERIFY: the PKI said no, and nobody else yes. */
static bool is_unvouched(const struct pin *pin)
{
  return pin->refused && pin->decided && pin->verified && pin->pki != PKI_OK;
}

static void describe_refused(gnutls_session_t session, struct pin *pin)
{
  char key[SPKI_PIN_TEXT_SIZE] = "";
  struct span spki;

  if (handshake_spki(session, false, &spki) && !spki_pin_text(spki, key))
    key[0] = '\0';
  describe_verdict(&pin->verdict, pin->message, sizeof pin->message);
  describe_unvouched(&pin->verdict, pin->pki == PKI_FAILED ? pin->errors : 0, key, pin->message,
                     sizeof pin->message);
}

const char *tlspin_gnutls_message(gnutls_session_t session)
{
  struct pin *pin = pin_of(session);

  if (pin == NULL)
    return tlspin_code_text(TLSPIN_CANNOT_BE_PINNED);
  if (is_mismatch(pin))
    describe_mismatch(pin);
  else if (is_unvouched(pin))
    describe_refused(session, pin);
  else if (pin->decided && pin->verdict.change[0] != '\0')
    describe_verdict(&pin->verdict, pin->message, sizeof pin->message);
  else
    snprintf(pin->message, sizeof pin->message, "%s",
             tlspin_code_text((enum tlspin_code)tlspin_gnutls_answer(session)));
  return pin->message;
}
