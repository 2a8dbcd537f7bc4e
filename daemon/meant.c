/* The ways in which entries are meant: see meant.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/meant.h"

#include "daemon/standing.h"

GPtrArray *meant_find(const struct policy_judged *judged, meant_test test)
{
  GPtrArray *found = g_ptr_array_new();

  for (size_t i = 0; i < standing_records(judged); i++)
    if (test(judged, i))
      g_ptr_array_add(found, &judged->gathering.entries[i]);
  return found;
}

bool meant_any(const struct policy_judged *judged, meant_test test)
{
  g_autoptr(GPtrArray) found = meant_find(judged, test);

  return found->len > 0;
}

static const struct verdict_entry *entry_at(const struct policy_judged *judged, size_t index)
{
  return &judged->gathering.entries[index];
}

static bool decided(const struct policy_judged *judged, size_t index)
{
  return judged->verdict.decided_by == (int)index;
}

bool meant_is_users(const struct verdict_entry *entry)
{
  return entry->layer == 0;
}

bool meant_is_locked(const struct verdict_entry *entry)
{
  return !meant_is_users(entry) && entry->pin->locked;
}

static bool is_pin(const struct keypin *pin)
{
  return pin->kind == KEYPIN_PIN &&
         (pin->status == KEYPIN_CRITICAL || pin->status == KEYPIN_ACTIVE);
}

static bool is_learned(const struct keypin *pin)
{
  return pin->origin == KEYPIN_TOFU || pin->origin == KEYPIN_HPKP;
}

static bool is_in_force(enum verdict_role role)
{
  return role != VERDICT_EXPIRED && role != VERDICT_ELSEWHERE && role != VERDICT_HISTORY;
}

static bool has_shown(const struct policy_judged *judged, size_t index)
{
  return decided(judged, index) || judged->roles[index] == VERDICT_MATCHED;
}

bool meant_as_blocked(const struct policy_judged *judged, size_t index)
{
  return entry_at(judged, index)->pin->status == KEYPIN_REJECTED && has_shown(judged, index);
}

bool meant_as_systems_block(const struct policy_judged *judged, size_t index)
{
  return !meant_is_users(entry_at(judged, index)) && meant_as_blocked(judged, index);
}

bool meant_as_excuse(const struct policy_judged *judged, size_t index)
{
  const struct verdict_entry *entry = entry_at(judged, index);

  return meant_is_users(entry) && entry->pin->kind == KEYPIN_EXCEPTION && has_shown(judged, index);
}

bool meant_as_decider(const struct policy_judged *judged, size_t index)
{
  return decided(judged, index) && meant_is_users(entry_at(judged, index));
}

bool meant_as_unmet(const struct policy_judged *judged, size_t index)
{
  const struct verdict_entry *entry = entry_at(judged, index);
  const struct keypin *pin = entry->pin;

  return meant_is_users(entry) && is_pin(pin) &&
         (decided(judged, index) ||
          (judged->roles[index] == VERDICT_LOOKED_AT &&
           (pin->status == KEYPIN_CRITICAL || pin->origin == KEYPIN_TOFU)));
}

bool meant_as_beside(const struct policy_judged *judged, size_t index)
{
  const struct keypin *pin = entry_at(judged, index)->pin;

  return meant_as_unmet(judged, index) && !is_learned(pin) && pin->origin != KEYPIN_PROGRAM &&
         (pin->origin != KEYPIN_USER || pin->place.protocol != PLACE_ANY_PROTOCOL);
}

bool meant_as_narrower(const struct policy_judged *judged, size_t index)
{
  const struct verdict_entry *entry = entry_at(judged, index);
  const struct keypin *pin = entry->pin;

  return meant_is_users(entry) && is_pin(pin) && is_in_force(judged->roles[index]) &&
         !is_learned(pin) && pin->origin != KEYPIN_PROGRAM && pin->place.scope == SCOPE_EXACT &&
         pin->place.port != PLACE_ANY_PORT && pin->place.protocol != PLACE_ANY_PROTOCOL;
}

bool meant_as_commanding(const struct policy_judged *judged, size_t index)
{
  const struct verdict_entry *entry = entry_at(judged, index);

  return meant_is_locked(entry) && is_in_force(judged->roles[index]) &&
         keypin_force(entry->pin, judged->input.now) == KEYPIN_ENFORCED &&
         (is_pin(entry->pin) || entry->pin->kind == KEYPIN_MODE);
}

bool meant_as_next(const struct policy_judged *judged, size_t index)
{
  const struct keypin *pin = entry_at(judged, index)->pin;

  return !decided(judged, index) &&
         ((is_pin(pin) && judged->roles[index] == VERDICT_MASKED) ||
          (pin->kind == KEYPIN_EXCEPTION && judged->roles[index] == VERDICT_MATCHED));
}
