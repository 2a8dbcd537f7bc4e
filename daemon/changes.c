/* What the user changes: see changes.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/changes.h"

#include "common/text.h"
#include "daemon/learn.h"
#include "daemon/policy-private.h"

#include <inttypes.h>

static void add_applied(struct store_applied *sum, const struct store_applied *more)
{
  if (sum->operation != more->operation)
    *sum = (struct store_applied){.operation = more->operation};
  sum->changed += more->changed;
  sum->left_out += more->left_out;
  sum->dropped += more->dropped;
  sum->over = more->over;
}

enum tlspin_code policy_apply(struct policy *policy, int64_t now, struct store_applied *applied,
                              char **problem)
{
  struct store *store = policy_writable(policy, now, problem);
  struct store_applied some;
  enum tlspin_code code = TLSPIN_UNAVAILABLE;

  *applied = (struct store_applied){.operation = 0};
  if (store != NULL)
    code = store_apply(store, HISTORY_MAX, HISTORY_EACH, &some);
  policy->due = code == TLSPIN_OK || (store != NULL && code == TLSPIN_UNAVAILABLE);
  if (store != NULL)
    layers_wait(policy->layers, code == TLSPIN_UNAVAILABLE && store_is_applying(store));
  if (code != TLSPIN_OK)
    return store != NULL ? policy_fault(policy, code, problem) : code;
  add_applied(&policy->applied, &some);
  policy->images += some.changed + some.dropped;
  *applied = policy->applied;
  return TLSPIN_OK;
}

enum tlspin_code policy_drop_draft(struct policy *policy, uint64_t operation, char **problem)
{
  struct store *store = layers_at(policy->layers, 0)->store;

  if (store == NULL)
    return policy_unavailable(layers_at(policy->layers, 0), problem);
  policy->due = true;
  return policy_fault(policy, store_drop_draft(store, operation), problem);
}

enum tlspin_code policy_clear(struct policy *policy, const struct store_filter *filter, int64_t now,
                              struct store_change *change, char **problem)
{
  struct store *store = policy_writable(policy, now, problem);
  enum tlspin_code code;

  if (store == NULL)
    return TLSPIN_UNAVAILABLE;
  code = store_clear(store, filter, now, change);
  policy->images += change->changed;
  return policy_fault(policy, code, problem);
}

/* By its number, since the clear that makes room is the newest then. */
static enum tlspin_code name_undo_crowd(const struct store *store, char **problem)
{
  uint64_t operation;
  const struct place *place = store_crowd(store, &operation);
  const char *host = place->host[0] != '\0' ? place->host : "*";
  char text[PLACE_TEXT_SIZE];

  place_text(place, text);
  *problem = g_strdup_printf(
      _("There would be more than %d entries for '%s', so nothing was taken back. 'tlspin list %s' "
        "shows those that are there now, 'tlspin clear %s' removes them, and then 'tlspin undo "
        "%" PRIu64 "' takes it back."),
      STORE_PLACE_MAX, text, host, host, operation);
  return TLSPIN_E_LIMIT;
}

/* NULL where there is nothing more to say than that. */
static char *say_bereft(const struct store *store)
{
  bool partly;
  uint64_t operation = store_bereft(store, &partly);

  if (operation == 0)
    return NULL;
  if (partly)
    return g_strdup_printf(
        _("Operation %" PRIu64 " was made before the store was damaged, and a part of what it had "
          "kept may be lost. 'tlspin undo %" PRIu64 "' takes back what is left of it."),
        operation, operation);
  return g_strdup_printf(
      _("What operation %" PRIu64 " had kept was lost when the store was damaged, so it can't be "
        "taken back. An older one can, by its number; 'tlspin log' names those of changes."),
      operation);
}

enum tlspin_code policy_undo(struct policy *policy, uint64_t operation, int64_t now,
                             struct store_change *change, char **problem)
{
  struct store *store = policy_writable(policy, now, problem);
  enum tlspin_code code;

  if (store == NULL)
    return TLSPIN_UNAVAILABLE;
  code = store_undo(store, operation, now, change);
  if (code == TLSPIN_E_LIMIT)
    return name_undo_crowd(store, problem);
  if (code == TLSPIN_E_NOTHING_TO_UNDO)
    *problem = say_bereft(store);
  policy->images += change->changed;
  return policy_fault(policy, code, problem);
}

void policy_touched(struct policy *policy, uint64_t operation, uint32_t limit,
                    void (*visit)(const struct peer *peer, void *data), void *data)
{
  struct store *store = layers_at(policy->layers, 0)->store;

  if (store != NULL)
    store_touched(store, operation, limit, visit, data);
}
