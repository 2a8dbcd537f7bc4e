/* Verdicts in words: see describe.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/describe.h"

#include "common/text.h"
#include "pinning/keypin.h"
#include "pinning/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What happened, as part of a sentence. */
static const char *clause(const struct tlspin_verdict *verdict)
{
  enum verdict_reason reason;
  enum refusal refusal;
  enum change change;

  if (refusal_from_token(verdict->reason, &refusal))
    return _(refusal_text(refusal));
  if (change_from_token(verdict->change, &change))
    return _(change_text(change));
  if (verdict_reason_from_token(verdict->reason, &reason))
    return _(verdict_reason_text(reason));
  return tlspin_code_text((enum tlspin_code)verdict->answer);
}

void describe_verdict(const struct tlspin_verdict *verdict, char *text, size_t size)
{
  if (verdict->peer.host[0] == '\0') /* no host that has a name */
    snprintf(text, size, "%s", clause(verdict));
  else
    snprintf(text, size, _("%s, port %u: %s."), verdict->peer.host, verdict->peer.port,
             clause(verdict));
}

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *format,
                                                      ...)
{
  size_t used = strlen(text);
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(text + used, size - used, format, arguments);
  va_end(arguments);
}

/* Without --connect it knows no more of the server than what is stored: not which key it showed. */
static const char *why_command(const struct peer *peer)
{
  return peer->protocol == PROTOCOL_DTLS ? "why --dtls" : "why --connect";
}

static void append(char *text, size_t size, const char *sentence, const char *command,
                   const struct peer *peer)
{
  const char *gap = strchr(text, '\n') != NULL ? "\n" : " "; /* a command has its line alone */

  add(text, size, "%s%s\n  tlspin %s %s:%u", gap, sentence, command, peer->host, peer->port);
}

static bool is(const struct tlspin_verdict *verdict, enum verdict_reason reason)
{
  return strcmp(verdict->reason, verdict_reason_token(reason)) == 0;
}

/* The user's own pins can be cleared; for the administrator's somebody else must be asked; and a
 * declined session is mended by the next connection. What was learned or proved before is all that
 * `clear` is good for: a blocked key, say, was blocked on purpose. */
void describe_remedy(const struct tlspin_verdict *verdict, char *text, size_t size)
{
  bool users = strcmp(verdict->layer, "user") == 0;
  enum refusal refusal;
  bool ticket = refusal_from_token(verdict->reason, &refusal);

  if (ticket && refusal == REFUSAL_RESUMPTION_DECLINED)
    return;
  if (verdict->layer[0] != '\0' && !users)
    add(text, size, " %s", _("This pin was set by the administrator of this computer; ask there."));
  else if (users && (ticket || is(verdict, VERDICT_CHANGED)))
    append(text, size, _("If you know that the server was changed on purpose, forget its pin:"),
           "clear", &verdict->peer);
  if (!ticket)
    append(text, size, _("Why, and what can be done:"), why_command(&verdict->peer),
           &verdict->peer);
}

/* Each error with what stands before and behind it. */
static void add_errors(unsigned errors, const char *before, const char *between, char *text,
                       size_t size)
{
  const char *separator = before;

  for (unsigned i = 0; i < PKI_ERRORS; i++)
    if ((errors & 1U << i) != 0) {
      add(text, size, "%s%s", separator, pki_error_token((enum pki_error)(1U << i)));
      separator = between;
    }
}

/* With revocation, or worse, there is nothing to be accepted. */
void describe_unvouched(const struct tlspin_verdict *verdict, unsigned errors, const char *key,
                        char *text, size_t size)
{
  if (errors == 0)
    add(text, size, " %s", _("It has a key without a certificate, and no pin for that key."));
  else
    add_errors(errors, _(" What stands against its certificate: "), ", ", text, size);
  add(text, size, "%s %s", errors == 0 ? "" : ".", _("No data was sent to it."));
  if (key[0] == '\0' || (errors & ~(unsigned)PKI_EXCUSABLE) != 0)
    return;
  append(text, size, _("If you know that the server is the right one all the same, say so:"),
         errors == 0 ? "pin" : "except", &verdict->peer);
  add(text, size, " --key %s", key);
  if (errors != 0) {
    add_errors(errors, " --error ", " --error ", text, size);
    add(text, size, " --until TIME");
  }
}
