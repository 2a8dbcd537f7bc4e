/* What happened in a pinned handshake, for programs and for people: see tlspin-gnutls.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "libclient/pin.h"

#include <stdio.h>
#include <string.h>

int tlspin_gnutls_answer(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  return pin != NULL ? pin->answer : TLSPIN_CANNOT_BE_PINNED;
}

const char *tlspin_gnutls_reason(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  return refusal_token(pin != NULL ? pin->refusal : REFUSAL_NONE);
}

const char *tlspin_gnutls_layer(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  return pin != NULL && pin->entry != NULL ? tlspin_entry_layer(pin->entry) : "";
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

/* Who resumes speaks to whoever had the session: that must be a server that was authenticated by
 * its pin, or by the connection that pinned it, or by a session of which the same holds. */
int tlspin_gnutls_may_resume(gnutls_session_t session)
{
  const struct pin *pin = pin_of(session);

  if (pin == NULL || !pin->finished || pin->outcome != TLSPIN_OK || pin->refusal != REFUSAL_NONE)
    return 0;
  if (pin->evidence.resumed)
    return (pin->flags & TLSPIN_RESUMING) != 0;
  return pin->evidence.proof_right || pin->answer == TLSPIN_OPTED_OUT ||
         (pin->answer == TLSPIN_NO_PIN && (pin->kept == TLSPIN_OK || pin->kept == TLSPIN_NO_PIN));
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

/* The user's own pins can be cleared; for the administrator's somebody else must be asked; and a
 * declined session is mended by the next connection. */
static const char *remedy(const struct pin *pin)
{
  if (pin->refusal == REFUSAL_RESUMPTION_DECLINED)
    return "";
  if (pin->entry != NULL && strcmp(tlspin_entry_layer(pin->entry), "user") != 0)
    return _("This pin was set by the administrator of this computer; ask there.");
  return _("If you know that the server was changed on purpose, forget its pin:");
}

static void describe_refusal(struct pin *pin)
{
  bool clearable = pin->refusal != REFUSAL_RESUMPTION_DECLINED && pin->entry != NULL &&
                   strcmp(tlspin_entry_layer(pin->entry), "user") == 0;
  char command[HOST_MAX + 32] = "";

  if (clearable)
    snprintf(command, sizeof command, "\n  tlspin clear %s:%u", pin->peer.host, pin->peer.port);
  if (!pin->evidence.pinned)
    snprintf(pin->message, sizeof pin->message, _("%s, port %u: %s."), pin->peer.host,
             pin->peer.port, _(refusal_text(pin->refusal)));
  else
    snprintf(pin->message, sizeof pin->message, _("%s, port %u, is pinned, and %s. %s %s%s"),
             pin->peer.host, pin->peer.port, _(refusal_text(pin->refusal)),
             pin->refused ? _("No data was sent to it.") : _("It is only reported."), remedy(pin),
             command);
}

const char *tlspin_gnutls_message(gnutls_session_t session)
{
  struct pin *pin = pin_of(session);

  if (pin == NULL)
    return tlspin_code_text(TLSPIN_CANNOT_BE_PINNED);
  if (pin->refusal != REFUSAL_NONE)
    describe_refusal(pin);
  else
    snprintf(pin->message, sizeof pin->message, "%s", tlspin_code_text(pin->answer));
  return pin->message;
}
