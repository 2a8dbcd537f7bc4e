/* The words of the verdict, and what a program does with it: see verdict.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include "common/text.h"

#include <string.h>

static const struct {
  const char *token;
  const char *text;
} reasons[VERDICT_REASONS] = {
    [VERDICT_NONE] = {"none", N_("nothing is stored for the server")},
    [VERDICT_KEY_REJECTED] = {"key-rejected", N_("the server showed a key that is rejected")},
    [VERDICT_OFF] = {"off", N_("pinning is switched off for the server")},
    [VERDICT_LOCKED_OFF] = {"locked-off",
                            N_("the administrator switched pinning off for the server")},
    [VERDICT_TICKET] = {"ticket", N_("the server did not prove its pinning ticket")},
    [VERDICT_PROVED] = {"proved", N_("the server proved its pinning ticket")},
    [VERDICT_PKI_FAILED] = {"pki-failed", N_("the server's certificate is not valid")},
    [VERDICT_EXCEPTED] = {"excepted", N_("an exception accepts the server's certificate although "
                                         "it is not valid")},
    [VERDICT_ADDED_ANCHOR] = {"added-anchor",
                              N_("the server's certificate comes from an authority that was added "
                                 "to the system, for which pins don't hold")},
    [VERDICT_CRITICAL_MATCHED] = {"critical-matched",
                                  N_("the server has a key that is pinned for it")},
    [VERDICT_CRITICAL_DIFFERS] = {"critical-differs",
                                  N_("the server has none of the keys that are pinned for it")},
    [VERDICT_PATH_UNKNOWN] =
        {"path-unknown", N_("a certificate or an authority's key is pinned for the server, and the "
                            "path of its certificates is not known")},
    [VERDICT_ACTIVE_MATCHED] = {"active-matched", N_("the server has a key that is known of it")},
    [VERDICT_ACTIVE_DIFFERS] = {"active-differs",
                                N_("the server has none of the keys that are known of it, and its "
                                   "certificate decides")},
    [VERDICT_CHANGE_ACCEPTED] = {"change-accepted",
                                 N_("the server has a new key or certificate, and the change is "
                                    "explained")},
    [VERDICT_CHANGED] = {"changed", N_("the server shows another key than the pinned one, and "
                                       "nothing explains it")},
    [VERDICT_UNREADABLE] = {"unreadable", N_("a part of the pin store can't be read")},
    [VERDICT_LOST] = {"pins-lost", N_("nothing is pinned for the server now, but pins were lost "
                                      "from the pin store")},
    [VERDICT_CLOCK] = {"clock-suspect",
                       N_("whether the server's pin has ended can't be told, since "
                          "the computer's clock has jumped")},
    [VERDICT_STANDS] = {"stands", N_("the server is pinned")},
};

static const char *const roles[VERDICT_ROLES] = {
    [VERDICT_ELSEWHERE] = "elsewhere",   [VERDICT_EXPIRED] = "expired",
    [VERDICT_HISTORY] = "history",       [VERDICT_MASKED] = "masked",
    [VERDICT_LOCKED_OUT] = "locked-out", [VERDICT_EXEMPTED] = "exempted",
    [VERDICT_LOOKED_AT] = "looked-at",   [VERDICT_MATCHED] = "matched",
    [VERDICT_DECIDED] = "decided",
};

const char *verdict_reason_token(enum verdict_reason reason)
{
  return reasons[reason].token;
}

bool verdict_reason_from_token(const char *token, enum verdict_reason *reason)
{
  for (int i = 0; i < VERDICT_REASONS; i++)
    if (strcmp(reasons[i].token, token) == 0) {
      *reason = (enum verdict_reason)i;
      return true;
    }
  return false;
}

const char *verdict_reason_text(enum verdict_reason reason)
{
  return reasons[reason].text;
}

const char *verdict_role_token(enum verdict_role role)
{
  return roles[role];
}

bool verdict_permits(enum tlspin_code answer, bool enforced, enum verdict_level level,
                     bool unavailable_fails)
{
  switch (answer) {
  case TLSPIN_MATCH:
  case TLSPIN_NO_PIN:
  case TLSPIN_OPTED_OUT:
  case TLSPIN_CANNOT_BE_PINNED:
    return true;
  case TLSPIN_MISMATCH:
    return !enforced || level == LEVEL_ADVISORY;
  case TLSPIN_UNAVAILABLE:
    return level == LEVEL_ADVISORY || (level == LEVEL_TOFU && !unavailable_fails);
  case TLSPIN_STORE_DAMAGED:
  case TLSPIN_CLOCK_SUSPECT:
    return level != LEVEL_STRICT;
  default: /* what is no answer */
    return false;
  }
}
