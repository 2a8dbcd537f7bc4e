/* Records that the user puts: see changes.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/changes.h"

#include "common/text.h"
#include "daemon/learn.h"
#include "daemon/policy-private.h"
#include "daemon/standing.h"
#include "daemon/suffixes.h"

/* Whether a subtree, or all names of one label more, reaches into names of many owners, which no
 * key is common to. What holds for every name at all may be a wish all the same: no pinning, or a
 * key that is to be rejected. */
static bool is_too_wide(const struct suffixes *suffixes, const struct keypin *pin)
{
  if (pin->place.scope == SCOPE_EXACT)
    return false;
  if (pin->place.host[0] != '\0')
    return suffixes_have(suffixes, pin->place.host);
  return pin->kind == KEYPIN_EXCEPTION ||
         (pin->kind == KEYPIN_PIN &&
          (pin->status == KEYPIN_ACTIVE || pin->status == KEYPIN_CRITICAL));
}

static bool any_wide(const struct policy_put *put)
{
  for (size_t i = 0; i < put->count; i++)
    if (put->pins[i].place.scope != SCOPE_EXACT)
      return true;
  return false;
}

static enum tlspin_code check_width(const struct policy_put *put, char **problem)
{
  struct suffixes *suffixes = any_wide(put) ? suffixes_load() : NULL;
  size_t i = 0;

  while (i < put->count && !is_too_wide(suffixes, &put->pins[i]))
    i++;
  suffixes_free(suffixes);
  if (i == put->count)
    return TLSPIN_OK;
  *problem = g_strdup_printf(_("entry %zu: below '%s' anybody can have a name, so nothing can be "
                               "said about all names there; name a host, or a domain of one owner"),
                             i + 1, put->pins[i].place.host);
  return TLSPIN_E_ARGUMENT;
}

/* A pin of the same set, which a server may meet instead. */
static bool is_beside(const struct keypin *pin, const struct keypin *critical, int64_t now)
{
  return pin->kind == KEYPIN_PIN && pin->origin == critical->origin &&
         (pin->status == KEYPIN_ACTIVE || pin->status == KEYPIN_CRITICAL) &&
         place_equal(&pin->place, &critical->place) && keypin_force(pin, now) != KEYPIN_EXPIRED &&
         keypin_compare_key(pin, critical) != 0;
}

static bool is_replaced(const struct policy_put *put, const struct keypin *pin)
{
  for (size_t i = 0; i < put->count; i++)
    if (keypin_compare_key(&put->pins[i], pin) == 0)
      return true;
  return false;
}

static bool has_backup(const struct policy_put *put, size_t i, const struct policy_judged *stored,
                       int64_t now)
{
  const struct keypin *critical = &put->pins[i];

  if (put->backed != NULL && put->backed[i])
    return true;
  for (size_t j = 0; j < put->count; j++)
    if (is_beside(&put->pins[j], critical, now))
      return true;
  for (size_t j = 0; j < standing_records(stored); j++) {
    const struct verdict_entry *entry = &stored->gathering.entries[j];

    if (entry->layer == 0 && is_beside(entry->pin, critical, now) && !is_replaced(put, entry->pin))
      return true;
  }
  return false;
}

/* What a locked entry overrules: see the ranks in pinning/verdict.c. */
static bool has_no_say(const struct keypin *pin)
{
  return pin->kind != KEYPIN_PIN || pin->status == KEYPIN_ACTIVE || pin->status == KEYPIN_CRITICAL;
}

/* The system layer with a locked pin or mode in force, or NULL. */
static const struct layer *find_lock(struct policy *policy, const struct policy_judged *stored,
                                     int64_t now)
{
  const struct layers_answer *ticket = &stored->gathering.ticket;

  for (size_t i = 0; i < stored->gathering.count; i++) {
    const struct verdict_entry *entry = &stored->gathering.entries[i];

    if (entry->pin->locked && entry->pin->kind != KEYPIN_EXCEPTION && has_no_say(entry->pin) &&
        place_covers(&entry->pin->place, stored->input.peer) &&
        keypin_force(entry->pin, now) != KEYPIN_EXPIRED)
      return gathering_layer(policy->layers, entry);
  }
  return ticket->row.lock != LOCK_NONE ? ticket->layer : NULL;
}

/* The user's record that a new one replaces, or NULL. */
static const struct keypin *find_known(const struct policy_judged *stored, const struct keypin *pin)
{
  for (size_t i = 0; i < standing_records(stored); i++) {
    const struct verdict_entry *entry = &stored->gathering.entries[i];

    if (entry->layer == 0 && keypin_compare_key(entry->pin, pin) == 0)
      return entry->pin;
  }
  return NULL;
}

/* What a caller does not say of when a key was seen, and with which chain, stays as it is known. */
static enum tlspin_code keep_seen(const struct keypin *known, int64_t now, struct keypin *pin)
{
  if (pin->first_seen == 0)
    pin->first_seen = known != NULL ? known->first_seen : MAX(now, 0);
  if (known != NULL && pin->last_seen == 0 && pin->count_seen == 0) {
    pin->last_seen = known->last_seen;
    pin->count_seen = known->count_seen;
  }
  if (known == NULL || pin->seen.size > 0)
    return TLSPIN_OK;
  pin->seen = known->seen;
  return keypin_own(pin) ? TLSPIN_OK : TLSPIN_E_MEMORY;
}

/* What is to be said of the i-th record, whose place is as wide as `stored`. */
static void warn_of(struct policy *policy, const struct policy_put *put, size_t i,
                    const struct policy_judged *stored, int64_t now, GPtrArray *warnings)
{
  const struct keypin *pin = &put->pins[i];
  const struct layer *lock = has_no_say(pin) ? find_lock(policy, stored, now) : NULL;
  char place[PLACE_TEXT_SIZE];

  place_text(&pin->place, place);
  if (lock != NULL)
    g_ptr_array_add(warnings, g_strdup_printf(_("entry %zu: A locked entry of the system's layer "
                                                "'%s' decides all the same."),
                                              i + 1, lock->name));
  if (pin->kind == KEYPIN_PIN && pin->status == KEYPIN_CRITICAL && !has_backup(put, i, stored, now))
    g_ptr_array_add(warnings,
                    g_strdup_printf(_("entry %zu: This is the only key for '%s'. Without a second "
                                      "one, a server can't be reached after it changed its key."),
                                    i + 1, place));
}

/* Looks at what is there already for the place of the i-th record. */
static enum tlspin_code prepare(struct policy *policy, const struct policy_put *put, size_t i,
                                int64_t now, struct keypin *pin, GPtrArray *warnings)
{
  struct policy_judged stored;
  enum tlspin_code code;
  struct peer peer;

  if (!standing_peer(&pin->place, &peer))
    return keep_seen(NULL, now, pin);
  standing_judge(policy, &peer, now, &stored);
  warn_of(policy, put, i, &stored, now, warnings);
  code = keep_seen(find_known(&stored, pin), now, pin);
  policy_judged_clear(&stored);
  return code;
}

static void clear_pin(void *pin)
{
  keypin_clear(pin);
}

/* What they own now stays the caller's. */
static GArray *copy_records(const struct policy_put *put)
{
  GArray *pins = g_array_sized_new(FALSE, FALSE, sizeof(struct keypin), (guint)put->count);

  g_array_append_vals(pins, put->pins, (guint)put->count);
  for (guint i = 0; i < pins->len; i++)
    g_array_index(pins, struct keypin, i).owned = NULL;
  g_array_set_clear_func(pins, clear_pin);
  return pins;
}

static enum tlspin_code put_all(struct store_edit *edit, const struct policy_put *put,
                                const struct keypin *pins, size_t *done)
{
  enum tlspin_code code = TLSPIN_OK;

  for (*done = 0; code == TLSPIN_OK && *done < put->count; *done += code == TLSPIN_OK)
    code = store_edit_put(edit, &pins[*done]);
  return code;
}

static bool any_history(const struct policy_put *put)
{
  for (size_t i = 0; i < put->count; i++)
    if (put->pins[i].status == KEYPIN_INACTIVE)
      return true;
  return false;
}

static void warn_of_dropped(uint64_t dropped, GPtrArray *warnings)
{
  if (dropped > 0)
    g_ptr_array_add(warnings,
                    g_strdup_printf(text_translate_count(
                                        "%lu entry of the history was dropped: %d are kept for one "
                                        "place and %d in all, and the oldest go",
                                        "%lu entries of the history were dropped: %d are kept for "
                                        "one place and %d in all, and the oldest go",
                                        (unsigned long)dropped),
                                    (unsigned long)dropped, HISTORY_EACH, HISTORY_MAX));
}

void policy_warn_of_applied(const struct store_applied *applied, GPtrArray *warnings)
{
  warn_of_dropped(applied->dropped, warnings);
  if (applied->left_out > 0)
    g_ptr_array_add(warnings,
                    g_strdup_printf(text_translate_count(
                                        "%lu entry was left out: there are %d at its place by now, "
                                        "and there can't be more",
                                        "%lu entries were left out: there are %d at their places "
                                        "by now, and there can't be more",
                                        (unsigned long)applied->left_out),
                                    (unsigned long)applied->left_out, STORE_PLACE_MAX));
}

/* It is no longer than where it was learned. Of a draft that is seen to as it is applied. */
static enum tlspin_code trim(struct store_edit *edit, const struct policy_put *put,
                             uint64_t *dropped, GPtrArray *warnings)
{
  enum tlspin_code code = TLSPIN_OK;

  *dropped = 0;
  if (!put->more && put->operation == 0 && any_history(put))
    code = store_edit_trim(edit, HISTORY_MAX, HISTORY_EACH, dropped);
  warn_of_dropped(*dropped, warnings);
  return code;
}

/* A dry run does all but the commit. *done: how many records were taken. What made way for them is
 * told in the warnings. */
static enum tlspin_code store_all(struct store *store, const struct policy_put *put,
                                  const struct keypin *pins, int64_t now,
                                  struct store_change *change, size_t *done, GPtrArray *warnings)
{
  struct store_edit *edit;
  uint64_t changed, dropped = 0;
  enum store_journal journal = put->more && !put->dry_run ? STORE_DRAFT : STORE_UNDOABLE;
  enum tlspin_code code = store_edit_begin(store, journal, put->operation, now, &edit);

  if (code != TLSPIN_OK)
    return code;
  code = put_all(edit, put, pins, done);
  if (code == TLSPIN_OK)
    code = trim(edit, put, &dropped, warnings);
  changed = store_edit_changed(edit) - dropped;
  if (code != TLSPIN_OK || !put->dry_run) {
    code = store_edit_end(edit, code, change);
    change->changed = code == TLSPIN_OK ? changed : 0;
    return code;
  }
  store_edit_end(edit, TLSPIN_E_DENIED, change);
  *change = (struct store_change){.changed = changed};
  return TLSPIN_OK;
}

/* The number-th record has no room where it belongs. */
static enum tlspin_code name_crowd(const struct keypin *pin, size_t number, char **problem)
{
  g_autofree char *crowd = NULL;

  policy_crowded(&pin->place, &crowd);
  *problem = g_strdup_printf(_("entry %zu: %s"), number, crowd);
  return TLSPIN_E_ARGUMENT;
}

enum tlspin_code policy_put(struct policy *policy, const struct policy_put *put, int64_t now,
                            struct store_change *change, GPtrArray *warnings, char **problem)
{
  g_autoptr(GArray) copies = copy_records(put);
  struct keypin *pins = (struct keypin *)copies->data;
  struct store *store;
  enum tlspin_code code;
  size_t done = 0;

  *change = (struct store_change){0, 0, 0};
  if (policy_writable(policy, now, problem) == NULL)
    return TLSPIN_UNAVAILABLE;
  code = check_width(put, problem);
  if (code != TLSPIN_OK)
    return code;
  for (size_t i = 0; i < put->count && code == TLSPIN_OK; i++)
    code = prepare(policy, put, i, now, &pins[i], warnings);
  if (code != TLSPIN_OK)
    return code;
  store = policy_writable(policy, now, problem); /* a judgement may have opened it again */
  if (store == NULL)
    return TLSPIN_UNAVAILABLE;
  code = store_all(store, put, pins, now, change, &done, warnings);
  policy->due = policy->due || (code == TLSPIN_OK && policy_put_finishes(put));
  policy->images += change->operation != 0 ? change->changed : 0;
  if (code == TLSPIN_E_LIMIT)
    return name_crowd(&pins[done], done + 1, problem);
  if (code != TLSPIN_E_NOT_FOUND)
    return policy_fault(policy, code, problem);
  *problem = g_strdup_printf(_("key '%s' of argument '%s': %s"), "operation", "options",
                             _("there is no such operation of Put, or it was taken back"));
  return TLSPIN_E_ARGUMENT;
}

bool policy_put_finishes(const struct policy_put *put)
{
  return put->operation != 0 && !put->more && !put->dry_run;
}
