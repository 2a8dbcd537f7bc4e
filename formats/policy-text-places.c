/* What was gathered place by place: see policy-text-places.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/policy-text-places.h"

#include <string.h>

struct places {
  int64_t now;
  GPtrArray *groups;
  GHashTable *by_name;
  GHashTable *by_host; /* lists of groups */
};

static void list_free(void *list)
{
  g_ptr_array_unref(list);
}

struct places *places_new(int64_t now)
{
  struct places *places = g_new0(struct places, 1);

  places->now = now;
  places->groups = g_ptr_array_new_with_free_func(text_group_free);
  places->by_name = g_hash_table_new(g_str_hash, g_str_equal);
  places->by_host = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, list_free);
  return places;
}

void places_free(struct places *places)
{
  g_hash_table_unref(places->by_name);
  g_hash_table_unref(places->by_host);
  g_ptr_array_unref(places->groups);
  g_free(places);
}

static void note_host(struct places *places, struct text_group *group)
{
  GPtrArray *list = g_hash_table_lookup(places->by_host, group->place.host);

  if (list == NULL) {
    list = g_ptr_array_new();
    g_hash_table_insert(places->by_host, group->place.host, list);
  }
  g_ptr_array_add(list, group);
}

static struct text_group *group_of(struct places *places, const struct place *place)
{
  char name[PLACE_TEXT_SIZE];
  struct text_group *group;

  place_text(place, name);
  group = g_hash_table_lookup(places->by_name, name);
  if (group != NULL)
    return group;
  group = text_group_new(place);
  g_ptr_array_add(places->groups, group);
  g_hash_table_insert(places->by_name, group->name, group);
  note_host(places, group);
  return group;
}

/* Records that say nothing: those that were seen and nothing more, that have ended, and of what was
 * learned all but pins. */
static bool is_history(const struct keypin *pin, enum keypin_force force)
{
  const struct verdict_entry entry = {pin, 0};

  if (pin->kind == KEYPIN_PIN)
    return pin->status == KEYPIN_INACTIVE || force == KEYPIN_EXPIRED;
  return force != KEYPIN_ENFORCED || ranks_of(&entry) == RANK_LEARNED;
}

void places_put(struct places *places, const struct keypin *pin, size_t line)
{
  enum keypin_force force = keypin_force(pin, places->now);

  if (!is_history(pin, force))
    text_group_add(group_of(places, &pin->place), pin, force, line);
}

const GPtrArray *places_groups(const struct places *places)
{
  return places->groups;
}

/* enforced: what is only reported as if it were not. */
static void lend(const struct text_group *group, bool enforced, GArray *pins)
{
  for (guint i = 0; i < group->records->len; i++) {
    struct keypin pin = text_group_record(group, i)->pin;

    if (enforced)
      pin.enforce_until = pin.report_until;
    if (pin.kind != KEYPIN_EXCEPTION && pin.status != KEYPIN_REJECTED)
      g_array_append_val(pins, pin);
  }
}

/* Whether a place of the same host counts. */
typedef bool (*beside)(const struct place *place, const struct place *group);

static bool is_decided(const struct place *place, const struct place *group)
{
  return place_compare(place, group) >= 0;
}

static bool is_exact(const struct place *place, const struct place *group)
{
  (void)group;
  return place->scope == SCOPE_EXACT;
}

/* Those of the places of parents, and some of the host's own. */
static GArray *lend_all(const struct places *places, const struct text_group *group, beside counts)
{
  const char *names[PLACE_NAMES_MAX];
  size_t count = place_names(group->place.host, names);
  GArray *pins = g_array_new(FALSE, FALSE, sizeof(struct keypin));

  for (size_t i = 0; i < count; i++) {
    const GPtrArray *list = g_hash_table_lookup(places->by_host, names[i]);

    for (guint k = 0; list != NULL && k < list->len; k++) {
      const struct text_group *other = list->pdata[k];

      if (strcmp(names[i], group->place.host) != 0 || counts(&other->place, &group->place))
        lend(other, false, pins);
    }
  }
  return pins;
}

struct accord *places_accord(const struct places *places, const struct text_group *group)
{
  return accord_new(&group->place, lend_all(places, group, is_decided), places->now);
}

struct accord *places_own_accord(const struct places *places, const struct text_group *group)
{
  GArray *pins = g_array_new(FALSE, FALSE, sizeof(struct keypin));

  lend(group, true, pins);
  return accord_new(&group->place, pins, places->now);
}

bool places_make_hole(const struct places *places, const struct text_group *group)
{
  struct place below = group->place;
  struct accord *accord;
  enum rank by;
  bool hole;

  if (group->place.scope != SCOPE_EXACT || group->pins->len == 0)
    return false;
  below.scope = SCOPE_ONE_LABEL;
  accord = accord_new(&below, lend_all(places, group, is_exact), places->now);
  hole = accord == NULL || accord_restricts(accord, PLACE_ANY_PROTOCOL, &by);
  g_clear_pointer(&accord, accord_free);
  return hole;
}
