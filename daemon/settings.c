/* What may be set, by whom, and what holds: see settings.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/settings.h"

#include "common/text.h"
#include "daemon/config-file.h"
#include "pinning/hpkp.h"

#include <stddef.h>
#include <string.h>

enum { DAY = 24 * 60 * 60, LIFETIME_CAP_MAX = 366 * DAY };

/* Seconds, or days with a 'd'. */
static bool read_seconds(const char *value, uint32_t most, uint32_t *seconds)
{
  bool days = g_str_has_suffix(value, "d");
  g_autofree char *digits = g_strndup(value, strlen(value) - days);
  uint32_t unit = days ? DAY : 1;
  guint64 number;

  if (!g_ascii_string_to_unsigned(digits, 10, 0, most / unit, &number, NULL))
    return false;
  *seconds = (uint32_t)number * unit;
  return true;
}

static bool read_lifetime_cap(const char *value, struct settings *settings)
{
  return read_seconds(value, LIFETIME_CAP_MAX, &settings->lifetime_cap);
}

static bool read_hpkp_cap(const char *value, struct settings *settings)
{
  return read_seconds(value, HPKP_AGE_MAX, &settings->hpkp_cap);
}

/* One of two words. */
static bool read_choice(const char *value, const char *off, const char *on, bool *choice)
{
  *choice = strcmp(value, on) == 0;
  return *choice || strcmp(value, off) == 0;
}

static bool read_learn(const char *value, struct settings *settings)
{
  return read_choice(value, "no", "yes", &settings->learn);
}

static bool read_anchors(const char *value, struct settings *settings)
{
  return read_choice(value, "exempt", "enforce", &settings->anchors_enforced);
}

static bool read_unavailable(const char *value, struct settings *settings)
{
  return read_choice(value, "go-on", "fail", &settings->unavailable_fails);
}

/* The other levels are of authorities that may be any of several: nothing to learn. */
static bool read_level(const char *value, struct settings *settings)
{
  return keypin_level_from_token(value, &settings->level) && settings->level <= KEYPIN_ANCHOR;
}

/* What nothing explains can't be accepted without a word, whoever wants it. */
static bool read_changes(const char *value, struct settings *settings)
{
  g_auto(GStrv) words = g_strsplit(value, ";", -1);
  enum change change;

  settings->changes = 0;
  if (strcmp(value, "none") == 0)
    return true;
  for (size_t i = 0; words[i] != NULL; i++) {
    const char *word = g_strstrip(words[i]);

    if (word[0] == '\0' && i > 0 && words[i + 1] == NULL) /* GKeyFile ends a list so */
      return true;
    if (!change_from_token(word, &change) || change == CHANGE_NONE || change == CHANGE_UNEXPLAINED)
      return false;
    settings->changes |= 1U << change;
  }
  return settings->changes != 0;
}

enum { SYSTEM_ONLY = -1, SETTINGS = 7 };

/* The one table. The default is written as a value is. */
static const struct setting {
  const char *name;
  const char *fallback;
  bool (*read)(const char *value, struct settings *settings);
  const char *form;
  int member; /* of struct config */
} table[SETTINGS] = {
    {"lifetime-cap", "31d", read_lifetime_cap,
     N_("a number of seconds, or of days as in '31d'; 366 days at the most"),
     offsetof(struct config, lifetime_cap)},
    {"hpkp-cap", "60d", read_hpkp_cap,
     N_("a number of seconds, or of days as in '31d'; 60 days at the most"),
     offsetof(struct config, hpkp_cap)},
    {"learn", "yes", read_learn, N_("'yes' or 'no'"), offsetof(struct config, learn)},
    {"level", "leaf", read_level, N_("'leaf', 'issuer' or 'anchor'"),
     offsetof(struct config, level)},
    {"changes", "same-key;seen-before;same-issuer;proved", read_changes,
     N_("'none', or a list of 'same-key', 'seen-before', 'same-issuer' and 'proved' with ';' "
        "between"),
     offsetof(struct config, changes)},
    {"anchors", "exempt", read_anchors, N_("'exempt' or 'enforce'"),
     offsetof(struct config, anchors)},
    {"unavailable", "go-on", read_unavailable, N_("'go-on' or 'fail'"), SYSTEM_ONLY},
};

/* SETTINGS for a name that is none. */
static size_t find(const char *name)
{
  size_t i = 0;

  while (i < SETTINGS && strcmp(table[i].name, name) != 0)
    i++;
  return i;
}

const char *settings_name(size_t index)
{
  return index < SETTINGS ? table[index].name : NULL;
}

bool settings_check(const char *name, const char *value, char **problem)
{
  size_t i = find(name);
  struct settings scratch;

  if (i == SETTINGS)
    *problem = g_strdup_printf(_("there is no setting '%s'"), name);
  else if (!table[i].read(value, &scratch))
    *problem = g_strdup_printf(_("'%s' is '%s'; it must be %s"), name, value, _(table[i].form));
  else
    return true;
  return false;
}

/* A value, and who says so; value NULL: nobody. */
struct said {
  char *value;
  const char *source;
};

/* What the system's layers say. */
struct sayings {
  struct said locked[SETTINGS], unlocked[SETTINGS];
  const char *layer; /* that is being read */
};

/* Layers come in order of precedence: the first one counts. What the compiler would have refused is
 * as if it weren't there. */
static bool visit_row(const struct setting_row *row, void *data)
{
  struct sayings *sayings = data;
  size_t i = find(row->name);
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
    if (layer->store != NULL)
      store_settings(layer->store, visit_row, sayings);
  }
}

/* number: room for a value that is kept as one. */
static const char *find_member(const struct config *config, const struct setting *setting,
                               char number[16])
{
  if (config == NULL || setting->member == SYSTEM_ONLY)
    return NULL;
  if (setting->member != offsetof(struct config, lifetime_cap))
    return G_STRUCT_MEMBER(const char *, config, setting->member);
  if (config->lifetime_cap == 0)
    return NULL;
  g_snprintf(number, 16, "%u", config->lifetime_cap);
  return number;
}

static struct said resolve(const struct sayings *sayings, const struct config *config, size_t i,
                           char number[16])
{
  const char *member = find_member(config, &table[i], number);

  if (sayings->locked[i].value != NULL)
    return sayings->locked[i];
  if (member != NULL)
    return (struct said){(char *)member, "tlspind.conf"};
  if (sayings->unlocked[i].value != NULL)
    return sayings->unlocked[i];
  return (struct said){(char *)table[i].fallback, "default"};
}

void settings_resolve(struct layers *layers, const struct config *config, struct settings *settings,
                      settings_visit visit, void *data)
{
  struct sayings sayings = {.layer = ""};
  char number[16];

  read_layers(layers, &sayings);
  for (size_t i = 0; i < SETTINGS; i++) {
    struct said said = resolve(&sayings, config, i, number);

    table[i].read(said.value, settings);
    if (visit != NULL)
      visit(table[i].name, said.value, said.source, sayings.locked[i].value != NULL, data);
    g_free(sayings.locked[i].value);
    g_free(sayings.unlocked[i].value);
  }
}
