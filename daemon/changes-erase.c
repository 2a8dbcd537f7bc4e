/* What the user has erased: see changes.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/changes.h"

#include "common/text.h"
#include "daemon/damage.h"
#include "daemon/owed.h"
#include "daemon/policy-private.h"
#include "daemon/traces.h"

enum tlspin_code policy_erase_survey(struct policy *policy, struct erasure *erasure, int64_t now,
                                     bool *found, char **problem)
{
  struct store *store = policy_writable(policy, now, problem);
  struct erased erased;
  enum tlspin_code code;

  *found = false;
  if (store == NULL)
    return TLSPIN_UNAVAILABLE;
  code = erasure_survey(erasure, store, true, &erased);
  *found = erased.entries + erased.others > 0;
  return policy_fault(policy, code, problem);
}

/* What is reported about a damage names the file that was set aside. */
static enum tlspin_code forget_aside(struct store *store)
{
  struct damage damage;
  enum tlspin_code code = damage_get(store, &damage);

  if (code == TLSPIN_OK && damage.aside[0] != '\0') {
    damage.aside[0] = '\0';
    code = damage_put(store, &damage);
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

static enum tlspin_code settle_asides(struct store *store)
{
  enum tlspin_code code = forget_aside(store);

  return code == TLSPIN_OK ? owed_settle(store, OWED_ASIDES) : code;
}

enum tlspin_code policy_erase(struct policy *policy, const struct erasure *erasure, bool asides,
                              int64_t now, struct erased *erased, char **problem)
{
  struct store *store = policy_writable(policy, now, problem);
  enum tlspin_code code;

  *erased = (struct erased){.entries = 0};
  if (store == NULL)
    return TLSPIN_UNAVAILABLE;
  code = store_erase(store, erasure, erased);
  if (code == TLSPIN_OK && asides)
    code = settle_asides(store);
  return policy_fault(policy, code, problem);
}

/* Not while the clock isn't trusted, nor before the user has seen what was lost. */
void policy_remove_asides(struct policy *policy)
{
  const struct layer *user = layers_at(policy->layers, 0);
  g_autofree char *problem = NULL;
  unsigned removed;
  bool owed;

  if (layers_clock(policy->layers) != NULL || layers_lost(policy->layers) ||
      owed_look(user->store, OWED_ASIDES, &owed) != TLSPIN_OK || !owed)
    return;
  if (traces_remove_asides(user->path, &removed, &problem) != TLSPIN_OK)
    g_warning("%s", problem);
  else if (settle_asides(user->store) == TLSPIN_OK && removed > 0)
    g_message(_("Files that were set aside beside %s were removed: servers that they may name were "
                "cleared, and the undo period is over."),
              user->path);
}
