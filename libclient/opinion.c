/* The library's own verdict: see opinion.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/opinion.h"

#include "dbus/names.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A key in a new certificate is still the key that is pinned. Whether any other change is to be
 * accepted is for the daemon to say. */
enum { CHANGES_OF_OUR_OWN = 1 << CHANGE_SAME_KEY };

enum ticket_result opinion_ticket(const struct pin *pin)
{
  if (!pin->evidence.pinned)
    return TICKET_NONE;
  if (pin->refusal != REFUSAL_NONE)
    return TICKET_FAILED;
  return pin->evidence.proof_right ? TICKET_PROVED : TICKET_STANDS;
}

bool opinion_is_locked(const struct pin *pin, const char *lock)
{
  return pin->entry != NULL && strcmp(tlspin_entry_lock(pin->entry), lock) == 0;
}

/* A program that checks the certificate by itself accepts what it accepts, perhaps for reasons of
 * its own; so without TLSPIN_VERIFY the PKI's yes counts, and its no is no more than silence. */
enum pki_status opinion_pki(const struct pin *pin, const struct shown *shown)
{
  if (pin->verified)
    return pin->pki;
  return shown->path.pki == PKI_OK ? PKI_OK : PKI_UNCHECKED;
}

static void judge(const struct pin *pin, struct shown *shown, const struct verdict_entry *entries,
                  size_t count, struct verdict *verdict)
{
  bool enforced = opinion_is_locked(pin, "enforce"), reported = opinion_is_locked(pin, "report");
  const struct verdict_input input = {
      .peer = &pin->peer,
      .entries = entries,
      .count = count,
      .unreadable = keyset_is_unreadable(&pin->keys),
      .lost = (pin->keys.policy & BUS_POLICY_LOST) != 0,
      .suspect = (pin->keys.policy & BUS_POLICY_CLOCK) != 0,
      .chain = shown->there ? &shown->chain : NULL,
      .pki = opinion_pki(pin, shown),
      .errors = pin->errors,
      .anchors_enforced = (pin->keys.policy & BUS_POLICY_ANCHORS) != 0,
      .changes = CHANGES_OF_OUR_OWN,
      .ticket = opinion_ticket(pin),
      .refusal = pin->refusal,
      .ticket_reported = reported,
      .ticket_locked = enforced || reported,
      .now = time(NULL),
  };

  verdict_judge(&input, verdict);
}

/* The first rejected key for the peer that is in force so, or -1. */
static int find_rejected(const struct pin *pin, enum keypin_force force)
{
  time_t now = time(NULL);

  for (size_t i = 0; i < pin->keys.count; i++) {
    const struct keypin *key = pin->keys.entries[i].pin;

    if (key->status == KEYPIN_REJECTED && place_covers(&key->place, &pin->peer) &&
        keypin_force(key, now) == force)
      return (int)i;
  }
  return -1;
}

static void refuse(struct verdict *verdict, enum verdict_reason reason, unsigned rule,
                   int decided_by, bool enforced)
{
  *verdict = (struct verdict){.answer = TLSPIN_MISMATCH,
                              .reason = reason,
                              .decided_by = decided_by,
                              .rule = rule,
                              .enforced = enforced};
}

/* Rule 1 of verdict.c where there is nothing that a rejected key could be compared with: it counts
 * as found. */
static bool judge_rejected(const struct pin *pin, enum keypin_force force, struct verdict *verdict)
{
  int rejected = find_rejected(pin, force);

  if (rejected >= 0)
    refuse(verdict, VERDICT_KEY_REJECTED, 1, rejected, force == KEYPIN_ENFORCED);
  return rejected >= 0;
}

/* What verdict.c can't know of a program; the first rule that applies:
 *
 * 1. A session that is resumed, so that nothing was shown, was judged when it was made.
 * 2. There was no certificate or key, or one of them could not be read: a rejected key of the peer,
 * be it whose it may, counts as found.
 * 3. Where there was none, or the first can't be read, no pin can be met: what stands is a
 * mismatch.
 * 4. There are more records than the lookup brought. That something is pinned is known, and that it
 * is met is not.
 * 5. As 2 for a key whose rejection is only reported. */
static void judge_unseen(const struct pin *pin, const struct shown *shown, struct verdict *verdict)
{
  bool refused, blind = !shown->there || shown->partly;
  bool stands = !shown->there && verdict->reason == VERDICT_STANDS;

  if (!shown->there && pin->evidence.resumed) /* 1 */
    return;
  if (blind && judge_rejected(pin, KEYPIN_ENFORCED, verdict)) /* 2 */
    return;
  refused = verdict->answer == TLSPIN_MISMATCH && verdict->enforced;
  if (!refused && (stands || keyset_is_crowded(&pin->keys))) /* 3, 4 */
    refuse(verdict, VERDICT_PATH_UNKNOWN, 6, -1, true);
  else if (!refused && blind) /* 5 */
    judge_rejected(pin, KEYPIN_REPORTED, verdict);
}

void opinion_form(const struct pin *pin, struct shown *shown, struct verdict *verdict)
{
  judge(pin, shown, pin->keys.entries, pin->keys.count, verdict);
  judge_unseen(pin, shown, verdict);
}

/* A rejected key, an exception or a mode vouches for nothing, and takes nothing away. */
static bool may_vouch(const struct keypin *pin, time_t now)
{
  if (pin->kind != KEYPIN_PIN || pin->status == KEYPIN_REJECTED)
    return true;
  return pin->origin != KEYPIN_HPKP && pin->origin != KEYPIN_PROGRAM &&
         keypin_force(pin, now) == KEYPIN_ENFORCED;
}

bool opinion_vouches(const struct pin *pin, struct shown *shown)
{
  struct verdict_entry *entries = calloc(pin->keys.count + 1, sizeof *entries);
  time_t now = time(NULL);
  struct verdict verdict;
  size_t count = 0;

  if (entries == NULL)
    return false;
  for (size_t i = 0; i < pin->keys.count; i++)
    if (may_vouch(pin->keys.entries[i].pin, now))
      entries[count++] = pin->keys.entries[i];
  judge(pin, shown, entries, count, &verdict);
  free(entries);
  return verdict.answer == TLSPIN_MATCH &&
         (verdict.reason == VERDICT_CRITICAL_MATCHED || verdict.reason == VERDICT_ACTIVE_MATCHED);
}
