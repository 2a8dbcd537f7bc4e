/* What kind of change a server's key underwent: see change.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/change.h"

#include "common/text.h"

#include <string.h>

static const struct {
  const char *token;
  const char *text;
} rows[CHANGES] = {
    [CHANGE_NONE] = {"", ""},
    [CHANGE_SAME_KEY] = {"same-key", N_("the server has a new certificate for the same key")},
    [CHANGE_SEEN_BEFORE] = {"seen-before", N_("the server has a key again that it had before")},
    [CHANGE_SAME_ISSUER] = {"same-issuer",
                            N_("the old certificate was about to expire, and the same authority "
                               "certified the new key")},
    [CHANGE_PROVED] = {"proved", N_("the server proved the new key with its pinning ticket")},
    [CHANGE_UNEXPLAINED] = {"unexplained", N_("the server has another key, and nothing explains "
                                              "the change")},
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

/* Near the end is the last third of a certificate's life, but no more than 30 days. */
static bool near_expiry(const struct chain_seen_certificate *leaf, int64_t now)
{
  int64_t third = (leaf->not_after - leaf->not_before) / 3;
  int64_t near = third < 0 ? 0 : third < 30 * 86400 ? third : 30 * 86400;

  return now >= leaf->not_after - near;
}

static bool renewed(const struct keypin *pin, struct chain *chain, int64_t now)
{
  struct chain_seen seen;

  return is_active(pin, now) && chain->path && chain->count >= 2 &&
         chain_seen_decode(pin->seen, &seen) && seen.count >= 2 && near_expiry(&seen.at[0], now) &&
         (is_authority(chain, seen.at[1].spki) ||
          is_authority(chain, seen.at[seen.count - 1].spki));
}

static bool holds(const struct keypin *pin, struct chain *chain, int64_t now)
{
  return is_active(pin, now) && keypin_match(pin, chain) == KEYPIN_MATCHES;
}

static bool held_once(const struct keypin *pin, struct chain *chain, int64_t now)
{
  return is_history(pin, now) && keypin_match(pin, chain) == KEYPIN_MATCHES;
}

static bool holds_unchanged(const struct keypin *pin, struct chain *chain, int64_t now)
{
  return holds(pin, chain, now) && in_same_certificate(pin, chain);
}

typedef bool test(const struct keypin *pin, struct chain *chain, int64_t now);

static bool any(test *is, const struct keypin *const *known, size_t count, struct chain *chain,
                int64_t now)
{
  for (size_t i = 0; i < count; i++)
    if (is(known[i], chain, now))
      return true;
  return false;
}

/* The first rule that applies decides.
 *
 * 1. An active pin's key is there: nothing changed if one such pin was last seen in this very
 * certificate, or it isn't known in which; else it is the same key in a new certificate. The
 * certificate is the server's own, at whatever level the key is pinned.
 * 2. A key of the history (inactive, or expired): seen before.
 * 3. The server proved its pinning ticket: proved.
 * 4. The path has the issuer or the anchor of a path in which an active pin was seen, and that
 * path's first certificate was near its end or is past it: same issuer.
 * 5. Else it is unexplained.
 */
enum change change_classify(const struct keypin *const *known, size_t count, struct chain *chain,
                            bool proved, int64_t now)
{
  if (any(holds_unchanged, known, count, chain, now)) /* 1 */
    return CHANGE_NONE;
  if (any(holds, known, count, chain, now))
    return CHANGE_SAME_KEY;
  if (any(held_once, known, count, chain, now)) /* 2 */
    return CHANGE_SEEN_BEFORE;
  if (proved) /* 3 */
    return CHANGE_PROVED;
  if (any(renewed, known, count, chain, now)) /* 4 */
    return CHANGE_SAME_ISSUER;
  return CHANGE_UNEXPLAINED; /* 5 */
}
