/* Why a handshake with a pinned server is refused: see refusal.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/refusal.h"

#include "common/text.h"

#include <string.h>

static const struct {
  const char *token;
  const char *text;
} rows[REFUSAL_COUNT] = {
    [REFUSAL_NONE] = {"", ""},
    [REFUSAL_EXTENSION_MISSING] = {"extension-missing",
                                   N_("the server did not answer the pinning ticket")},
    [REFUSAL_EXTENSION_MALFORMED] = {"extension-malformed",
                                     N_("the server's answer to the pinning ticket was malformed")},
    [REFUSAL_EXTENSION_TWICE] = {"extension-twice",
                                 N_("the server answered the pinning ticket twice")},
    [REFUSAL_EXTENSION_UNEXPECTED] = {"extension-unexpected",
                                      N_("the server sent pinning data where none is allowed")},
    [REFUSAL_PROOF_MISSING] = {"proof-missing",
                               N_("the server did not prove that it knows the pinning secret")},
    [REFUSAL_PROOF_WRONG] = {"proof-wrong", N_("the server's proof was wrong")},
    [REFUSAL_PROOF_UNASKED] = {"proof-unasked",
                               N_("the server sent a proof that nobody asked for")},
    [REFUSAL_TLS_VERSION] = {"tls-version",
                             N_("the server speaks an older TLS than when it was pinned")},
    [REFUSAL_TICKET_REFUSED] = {"ticket-refused", N_("the server refused the pinning ticket")},
    [REFUSAL_RESUMPTION_DECLINED] = {"resumption-declined",
                                     N_("the server declined to resume the session, and so did not "
                                        "prove itself; connect anew")},
    [REFUSAL_SECRET_NOT_FOUND] = {"secret-not-found",
                                  N_("this version of GnuTLS does not let the proof be checked")},
    [REFUSAL_HOOKS_DISPLACED] = {"hooks-displaced",
                                 N_("the program replaced the functions that check the proof")},
    [REFUSAL_NAME_DIFFERS] = {"name-differs",
                              N_("the program sent another server name than it looked up")},
};

const char *refusal_token(enum refusal refusal)
{
  return rows[refusal].token;
}

bool refusal_from_token(const char *token, enum refusal *refusal)
{
  for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++)
    if (strcmp(rows[i].token, token) == 0) {
      *refusal = (enum refusal)i;
      return true;
    }
  return false;
}

const char *refusal_text(enum refusal refusal)
{
  return rows[refusal].text;
}

/* The first rule that applies decides (RFC 8672 sections 2.2, 6.4, 6.5; RFC 8446 section 4.2).
 *
 * 1. A pinned server that answers with a TLS older than 1.3 can't prove anything: refused. One that
 * is not pinned may; the rest speaks of TLS 1.3.
 * 2. Where a PSK was selected the extension must not come. Its absence is fine: the session goes
 * back to a handshake that was authenticated.
 * 3. A pinned server to which the ticket was not sent, because a PSK was offered, and which
 * declined that PSK, would have passed unproved: refused, to be tried again without the PSK.
 * 4. What was not asked for must not come; nothing may come twice; what comes must be well-formed,
 * be the server pinned or not.
 * 5. A proof answers a ticket: without one it must not come.
 * 6. A server that is not pinned has nothing to prove.
 * 7. A pinned server must answer, with a proof; we must be able to check it; and it must be right.
 */
enum refusal refusal_judge(const struct ticket_evidence *e)
{
  if (!e->tls13) /* 1 */
    return e->pinned ? REFUSAL_TLS_VERSION : REFUSAL_NONE;
  if (e->resumed) /* 2 */
    return e->extensions > 0 ? REFUSAL_EXTENSION_UNEXPECTED : REFUSAL_NONE;
  if (e->pinned && !e->ticket_sent) /* 3 */
    return REFUSAL_RESUMPTION_DECLINED;
  if (e->extensions > 0 && !e->asked) /* 4 */
    return REFUSAL_EXTENSION_UNEXPECTED;
  if (e->extensions > 1)
    return REFUSAL_EXTENSION_TWICE;
  if (e->malformed)
    return REFUSAL_EXTENSION_MALFORMED;
  if (e->proof_came && !e->ticket_sent) /* 5 */
    return REFUSAL_PROOF_UNASKED;
  if (!e->pinned) /* 6 */
    return REFUSAL_NONE;
  if (e->extensions == 0) /* 7 */
    return REFUSAL_EXTENSION_MISSING;
  if (!e->proof_came)
    return REFUSAL_PROOF_MISSING;
  if (!e->secrets_found)
    return REFUSAL_SECRET_NOT_FOUND;
  return e->proof_right ? REFUSAL_NONE : REFUSAL_PROOF_WRONG;
}
