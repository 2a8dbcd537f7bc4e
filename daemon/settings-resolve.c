/* What holds of what is set: see settings_resolve in settings.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/settings-private.h"

#include "daemon/config-file.h"
#include "daemon/recall.h"

#include <stddef.h>
#include <string.h>

/* A value, and who says so; value NULL: nobody. */
struct said {
  char *value;
  const char *source;
};

/* What the system's layers say. */
struct sayings {
  struct said locked[SETTINGS_COUNT], unlocked[SETTINGS_COUNT];
  const char *layer;      /* that is being read */
  const char *unreadable; /* the first that can't be */
  bool lasting;           /* they are so until the layers are read anew */
};

/* Layers come in order of precedence: the first one counts. What the compiler would have refused is
 * as if it weren't there. */
static bool visit_row(const struct setting_row *row, void *data)
{
  struct sayings *sayings = data;
  size_t i = settings_find(row->name);
  g_autofree char *problem = NULL;
  struct said *said;

  if (strcmp(row->name, SETTINGS_COMPILED_FROM) == 0)
    return true;
  if (!settings_check(row->name, row->value, &problem)) {
    g_warning("%s: %s", sayings->layer, problem);
    return true;
  }
  said = row->locked ? &sayings->locked[i] : &sayings->unlocked[i];
  if (said->value == NULL)
    *said = (struct said){g_strdup(row->value), sayings->layer};
  return true;
}

static void read_layers(struct layers *layers, struct sayings *sayings)
{
  for (size_t i = 1; i < layers_count(layers); i++) {
    const struct layer *layer = layers_at(layers, i);

    sayings->layer = layer->name;
    if (layer->store != NULL && store_settings(layer->store, visit_row, sayings) == TLSPIN_OK)
      continue;
    if (sayings->unreadable == NULL)
      sayings->unreadable = layer->name;
    sayings->lasting = sayings->lasting && layer->store == NULL;
  }
}

static void free_sayings(struct sayings *sayings)
{
  for (size_t i = 0; i < SETTINGS_COUNT; i++) {
    g_free(sayings->locked[i].value);
    g_free(sayings->unlocked[i].value);
  }
}

static void hold(struct recall *recall, size_t i, const struct said *said, bool locked)
{
  if (said->value != NULL)
    recall_hold(recall, i,
                &(struct recalled){said->value, (char *)(uintptr_t)said->source, locked, true});
}

/* Rules 2 and 3. */
static void regard(const struct sayings *sayings, struct recall *recall)
{
  for (size_t i = 0; i < SETTINGS_COUNT; i++) {
    hold(recall, i, &sayings->unlocked[i], settings_table[i].member == SETTING_SYSTEM_ONLY);
    hold(recall, i, &sayings->locked[i], true);
  }
}

static void recollect(struct layers *layers, struct sayings *sayings, struct recall *recall)
{
  struct store *user = layers_at(layers, 0)->store;

  recall->saved = false;
  recall->empty = layers_count(layers) == 1;
  if (sayings->unreadable == NULL) {
    recall_renew(recall);
  } else {
    if (user != NULL)
      recall_load(recall, user);
    recall_age(recall);
    sayings->lasting = sayings->lasting && (recall->known || recall->loaded);
  }
  regard(sayings, recall);
}

/* number: room for a value that is kept as one. */
static const char *find_member(const struct config *config, const struct setting *setting,
                               char number[16])
{
  if (config == NULL || setting->member == SETTING_SYSTEM_ONLY)
    return NULL;
  if (setting->member != offsetof(struct config, lifetime_cap))
    return G_STRUCT_MEMBER(const char *, config, setting->member);
  if (config->lifetime_cap == 0)
    return NULL;
  g_snprintf(number, 16, "%u", config->lifetime_cap);
  return number;
}

/* What a layer says or said, or nobody. *source: to be freed by g_free. */
static struct said find_held(const struct recalled *held, char **source)
{
  if (held->value == NULL)
    return (struct said){NULL, NULL};
  *source = g_strconcat(held->layer, held->now ? NULL : " (remembered)", NULL);
  return (struct said){held->value, *source};
}

static struct said resolve_unlocked(const struct recall *recall, const struct config *config,
                                    size_t i, char number[16], char **source)
{
  const char *member = find_member(config, &settings_table[i], number);
  struct said held;

  if (member != NULL)
    return (struct said){(char *)member, "tlspind.conf"};
  held = find_held(&recall->at[i], source);
  if (held.value != NULL)
    return held;
  return (struct said){(char *)settings_table[i].fallback, "default"};
}

/* What is locked, by rules 1, 3 and 4; value NULL: it isn't. *source: to be freed by g_free. */
static struct said resolve_locked(const struct sayings *sayings, const struct recall *recall,
                                  size_t i, char **source)
{
  const struct recalled *held = &recall->at[i];
  const char *cautious =
      sayings->unreadable != NULL && !recall->known ? settings_table[i].cautious : NULL;

  if (cautious != NULL && !(held->locked && g_strcmp0(held->value, cautious) == 0)) {
    *source = g_strconcat(sayings->unreadable, " (unreadable)", NULL);
    return (struct said){(char *)cautious, *source};
  }
  return held->locked ? find_held(held, source) : (struct said){NULL, NULL};
}

static void settle(const struct sayings *sayings, const struct config *config,
                   const struct recall *recall, size_t i, struct settings *settings,
                   settings_visit visit, void *data)
{
  g_autofree char *source = NULL;
  char number[16];
  struct said locked = resolve_locked(sayings, recall, i, &source);
  struct said said =
      locked.value != NULL ? locked : resolve_unlocked(recall, config, i, number, &source);

  settings_table[i].read(said.value, settings);
  if (settings_table[i].member == offsetof(struct config, learn))
    settings->learn_locked = locked.value != NULL;
  if (visit != NULL)
    visit(settings_table[i].name, said.value, said.source, locked.value != NULL, data);
}

bool settings_resolve(struct layers *layers, const struct config *config, struct recall *recall,
                      struct settings *settings, settings_visit visit, void *data)
{
  struct sayings sayings = {.layer = "", .lasting = true};

  read_layers(layers, &sayings);
  recollect(layers, &sayings, recall);
  for (size_t i = 0; i < SETTINGS_COUNT; i++)
    settle(&sayings, config, recall, i, settings, visit, data);
  free_sayings(&sayings);
  return sayings.lasting;
}
