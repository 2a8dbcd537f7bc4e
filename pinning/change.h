/* What kind of change a server's key underwent since it was learned.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CHANGE_H
#define CHANGE_H

#include "pinning/keypin.h"

enum change {
  CHANGE_NONE,        /* the pinned key, with the server's certificate that was seen last */
  CHANGE_SAME_KEY,    /* "same-key": the pinned key, with a new certificate of the server's; where
                         the pin is above the leaf the server's own key may be another */
  CHANGE_SEEN_BEFORE, /* "seen-before": a pinned key from the history */
  CHANGE_SAME_ISSUER, /* "same-issuer": from the same authority, when the old one was about to
                         expire */
  CHANGE_PROVED,      /* "proved": the server proved its pinning ticket with the new key */
  CHANGE_UNEXPLAINED, /* "unexplained" */
  CHANGES
};

enum {
  CHANGES_DEFAULT =
      1 << CHANGE_SAME_KEY | 1 << CHANGE_SEEN_BEFORE | 1 << CHANGE_SAME_ISSUER | 1 << CHANGE_PROVED
};

const char *change_token(enum change change); /* "" for CHANGE_NONE; static */
bool change_from_token(const char *token, enum change *change);
const char *change_text(enum change change); /* a sentence for gettext; static */

/* known: the learned pins of the peer, active and inactive, in any order. proved: by its ticket.
 * Rules in change.c. */
enum change change_classify(const struct keypin *const *known, size_t count, struct chain *chain,
                            bool proved, int64_t now);

/* Whether rule 4 holds of this one pin among all that are known: then the new key takes its place,
 * and the others stay. */
bool change_is_renewal(const struct keypin *pin, const struct keypin *const *known, size_t count,
                       struct chain *chain, int64_t now);

#endif
