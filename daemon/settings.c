/* The one table of what may be set: see settings.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/settings-private.h"

#include "common/text.h"
#include "daemon/config-file.h"
#include "pinning/hpkp.h"

#include <stddef.h>
#include <string.h>

enum {
  DAY = 24 * 60 * 60,
  LIFETIME_CAP_MAX = 366 * DAY,
  VALUE_MAX = 128 /* octets; with the name of a layer it fits into SETTING_VALUE_MAX */
};

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

static unsigned lax_lifetime_cap(const struct settings *settings)
{
  return settings->lifetime_cap;
}

static unsigned lax_hpkp_cap(const struct settings *settings)
{
  return settings->hpkp_cap;
}

static unsigned lax_learn(const struct settings *settings)
{
  return settings->learn;
}

static unsigned lax_level(const struct settings *settings)
{
  return settings->level;
}

static unsigned lax_anchors(const struct settings *settings)
{
  return !settings->anchors_enforced;
}

static unsigned lax_unavailable(const struct settings *settings)
{
  return !settings->unavailable_fails;
}

const struct setting settings_table[SETTINGS_COUNT] = {
    {"lifetime-cap", "31d", read_lifetime_cap,
     N_("a number of seconds, or of days as in '31d'; 366 days at the most"),
     offsetof(struct config, lifetime_cap), lax_lifetime_cap, NULL},
    {"hpkp-cap", "60d", read_hpkp_cap,
     N_("a number of seconds, or of days as in '31d'; 60 days at the most"),
     offsetof(struct config, hpkp_cap), lax_hpkp_cap, NULL},
    {"learn", "yes", read_learn, N_("'yes' or 'no'"), offsetof(struct config, learn), lax_learn,
     "no"},
    {"level", "leaf", read_level, N_("'leaf', 'issuer' or 'anchor'"),
     offsetof(struct config, level), lax_level, NULL},
    {"changes", "same-key;seen-before;same-issuer;proved", read_changes,
     N_("'none', or a list of 'same-key', 'seen-before', 'same-issuer' and 'proved' with ';' "
        "between"),
     offsetof(struct config, changes), NULL, NULL},
    {"anchors", "exempt", read_anchors, N_("'exempt' or 'enforce'"),
     offsetof(struct config, anchors), lax_anchors, "enforce"},
    {"unavailable", "go-on", read_unavailable, N_("'go-on' or 'fail'"), SETTING_SYSTEM_ONLY,
     lax_unavailable, NULL},
};

size_t settings_find(const char *name)
{
  size_t i = 0;

  while (i < SETTINGS_COUNT && strcmp(settings_table[i].name, name) != 0)
    i++;
  return i;
}

const char *settings_name(size_t index)
{
  return index < SETTINGS_COUNT ? settings_table[index].name : NULL;
}

bool settings_check(const char *name, const char *value, char **problem)
{
  size_t i = settings_find(name);
  struct settings scratch;

  if (i == SETTINGS_COUNT)
    *problem = g_strdup_printf(_("there is no setting '%s'"), name);
  else if (strlen(value) > VALUE_MAX || !settings_table[i].read(value, &scratch))
    *problem =
        g_strdup_printf(_("'%s' is '%s'; it must be %s"), name, value, _(settings_table[i].form));
  else
    return true;
  return false;
}

static char *write_changes(unsigned changes)
{
  GString *text = g_string_new(NULL);

  for (enum change change = CHANGE_NONE; change < CHANGES; change++)
    if ((changes & 1U << change) != 0)
      g_string_append_printf(text, "%s%s", text->len > 0 ? ";" : "", change_token(change));
  return g_string_free(changes == 0 ? g_string_assign(text, "none") : text, FALSE);
}

char *settings_stricter(size_t index, const char *value, const char *other)
{
  const struct setting *setting = &settings_table[index];
  struct settings a, b;

  setting->read(value, &a);
  setting->read(other, &b);
  if (setting->laxity != NULL)
    return g_strdup(setting->laxity(&a) <= setting->laxity(&b) ? value : other);
  if ((a.changes & b.changes) == a.changes)
    return g_strdup(value);
  return (a.changes & b.changes) == b.changes ? g_strdup(other)
                                              : write_changes(a.changes & b.changes);
}
