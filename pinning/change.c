/* What kind of change a server's key underwent: see change.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/change.h"

#include "common/text.h"

#include <string.h>

/* The pinned key is that of the level: the server's own, or one above it, beside which the server's
 * own may be another. The texts hold for each. */
static const struct {
  const char *token;
  const char *text;
} rows[CHANGES] = {
    [CHANGE_NONE] = {"", ""},
    [CHANGE_SAME_KEY] = {"same-key",
                         N_("the server has a new certificate, and the pinned key is the same")},
    [CHANGE_SEEN_BEFORE] = {"seen-before",
                            N_("the server shows a key again that was pinned before")},
    [CHANGE_SAME_ISSUER] = {"same-issuer",
                            N_("the old certificate was about to expire, and the new one comes "
                               "from the same authority")},
    [CHANGE_PROVED] = {"proved", N_("the server shows another key than the pinned one, and proved "
                                    "its pinning ticket")},
    [CHANGE_UNEXPLAINED] = {"unexplained", N_("the server shows another key than the pinned one, "
                                              "and nothing explains the change")},
};

const char *change_token(enum change change)
{
  return rows[change].token;
}

bool change_from_token(const char *token, enum change *change)
{
  for (int i = CHANGE_NONE + 1; i < CHANGES; i++)
    if (strcmp(rows[i].token, token) == 0) {
      *change = (enum change)i;
      return true;
    }
  return false;
}

const char *change_text(enum change change)
{
  return rows[change].text;
}

/* Of what is known: what still holds, and what is but history. */
static bool is_active(const struct keypin *pin, int64_t now)
{
  return (pin->status == KEYPIN_ACTIVE || pin->status == KEYPIN_CRITICAL) &&
         keypin_force(pin, now) != KEYPIN_EXPIRED;
}

static bool is_history(const struct keypin *pin, int64_t now)
{
  return pin->status != KEYPIN_REJECTED && !is_active(pin, now);
}

/* Where no certificate was seen with the key there is none that this one could differ from. */
static bool in_same_certificate(const struct keypin *pin, struct chain *chain)
{
  struct chain_seen seen;
  struct span digest;

  if (!chain_seen_decode(pin->seen, &seen) || seen.count == 0 || seen.raw || chain->raw)
    return true;
  return chain_digest_at(chain, 0, SELECTOR_CERTIFICATE, MATCHING_SHA256, &digest) &&
         memcmp(digest.data, seen.at[0].certificate, digest.size) == 0;
}

/* Whether the key is one of those that are above the leaf at the ends of the path. */
static bool is_authority(struct chain *chain, const uint8_t spki[32])
{
  const size_t ends[] = {1, chain->count - 1};
  struct span digest;

  for (size_t i = 0; i < 2; i++)
    if (chain_digest_at(chain, ends[i], SELECTOR_SPKI, MATCHING_SHA256, &digest) &&
        memcmp(digest.data, spki, digest.size) == 0)
      return true;
  return false;
}

/* What a change is classified by. */
struct evidence {
  const struct keypin *const *known;
  size_t count;
  struct chain *chain;
  int64_t now;
};

enum { RENEWAL_SPAN = 30 * 86400 }; /* seconds before a certificate's end, and after it */

/* Near the end is the last third of a certificate's life, but no more than 30 days. */
static bool is_near_end(const struct chain_seen_certificate *leaf, int64_t now)
{
  int64_t third = (leaf->not_after - leaf->not_before) / 3;
  int64_t near = third < 0 ? 0 : third < RENEWAL_SPAN ? third : RENEWAL_SPAN;

  return now >= leaf->not_after - near;
}

/* Whether the server was seen with another of its keys after that time. */
static bool was_visited_since(const struct evidence *e, const struct keypin *pin, int64_t time)
{
  for (size_t i = 0; i < e->count; i++)
    if (e->known[i] != pin && is_active(e->known[i], e->now) && e->known[i]->last_seen > time)
      return true;
  return false;
}

/* Whoever certified the server now says that it is no earlier than this. Where a clock can't be
 * trusted, and `now` is when it last could be, that is all that tells of the time since. */
static int64_t time_by_issuer(const struct evidence *e)
{
  struct chain_seen shown;

  if (!chain_see(e->chain, &shown) || shown.at[0].not_before < e->now)
    return e->now;
  return shown.at[0].not_before;
}

static bool is_due(const struct evidence *e, const struct keypin *pin,
                   const struct chain_seen_certificate *leaf)
{
  int64_t now = time_by_issuer(e);

  return is_near_end(leaf, now) &&
         (now <= leaf->not_after + RENEWAL_SPAN || !was_visited_since(e, pin, leaf->not_after));
}

/* 4, of one pin. */
static bool is_renewed(const struct evidence *e, const struct keypin *pin)
{
  struct chain *chain = e->chain;
  struct chain_seen seen;

  return is_active(pin, e->now) && chain->path && chain->count >= 2 &&
         chain_seen_decode(pin->seen, &seen) && seen.count >= 2 && is_due(e, pin, &seen.at[0]) &&
         (is_authority(chain, seen.at[1].spki) ||
          is_authority(chain, seen.at[seen.count - 1].spki));
}

static bool holds(const struct evidence *e, const struct keypin *pin)
{
  return is_active(pin, e->now) && keypin_match(pin, e->chain) == KEYPIN_MATCHES;
}

static bool held_once(const struct evidence *e, const struct keypin *pin)
{
  return is_history(pin, e->now) && keypin_match(pin, e->chain) == KEYPIN_MATCHES;
}

static bool holds_unchanged(const struct evidence *e, const struct keypin *pin)
{
  return holds(e, pin) && in_same_certificate(pin, e->chain);
}

static bool any(const struct evidence *e,
                bool (*is)(const struct evidence *e, const struct keypin *pin))
{
  for (size_t i = 0; i < e->count; i++)
    if (is(e, e->known[i]))
      return true;
  return false;
}

bool change_is_renewal(const struct keypin *pin, const struct keypin *const *known, size_t count,
                       struct chain *chain, int64_t now)
{
  const struct evidence e = {known, count, chain, now};

  return is_renewed(&e, pin);
}

/* The first rule that applies decides.
 *
 * 1. An active pin's key is there: nothing changed if one such pin was last seen in this very
 * certificate, or it isn't known in which; else it is the same key in a new certificate. The
 * certificate is the server's own, at whatever level the key is pinned: where that is an
 * authority's key the server's own may be another.
 * 2. A key of the history (inactive, or expired): seen before.
 * 3. The server proved its pinning ticket: proved.
 * 4. The path has the issuer or the anchor of a path in which an active pin was seen, and the
 * server was due for another key: that path's first certificate is near its end, or ended no more
 * than 30 days ago, or ended earlier and no other active pin was seen after that. (Who comes back
 * after half a year finds a renewed certificate; but a key that is kept beside one in daily use
 * does not stand open for ever.) A certificate that was issued later than `now` says that it is
 * later. Same issuer.
 * 5. Else it is unexplained.
 */
enum change change_classify(const struct keypin *const *known, size_t count, struct chain *chain,
                            bool proved, int64_t now)
{
  const struct evidence e = {known, count, chain, now};

  if (any(&e, holds_unchanged)) /* 1 */
    return CHANGE_NONE;
  if (any(&e, holds))
    return CHANGE_SAME_KEY;
  if (any(&e, held_once)) /* 2 */
    return CHANGE_SEEN_BEFORE;
  if (proved) /* 3 */
    return CHANGE_PROVED;
  if (any(&e, is_renewed)) /* 4 */
    return CHANGE_SAME_ISSUER;
  return CHANGE_UNEXPLAINED; /* 5 */
}
