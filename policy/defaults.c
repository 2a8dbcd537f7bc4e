/* The group [defaults]: see defaults.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/defaults.h"

#include "common/text.h"
#include "daemon/settings.h"
#include "policy/value.h"

#include <stdint.h>
#include <string.h>

static void clear(gpointer data)
{
  struct setting_row *row = data;

  g_free((char *)(uintptr_t)row->name);
  g_free((char *)(uintptr_t)row->value);
}

GArray *defaults_new(void)
{
  GArray *settings = g_array_new(FALSE, FALSE, sizeof(struct setting_row));

  g_array_set_clear_func(settings, clear);
  return settings;
}

void defaults_add(GArray *settings, const char *name, const char *value, bool locked)
{
  struct setting_row row = {g_strdup(name), g_strdup(value), locked};

  g_array_append_val(settings, row);
}

static bool check_names(const struct section *section, struct findings *findings)
{
  const char *known[SECTION_KEYS_MAX] = {"lock", "comment"};
  size_t count = 2;

  for (size_t i = 0; count < SECTION_KEYS_MAX && settings_name(i) != NULL; i++)
    known[count++] = settings_name(i);
  return value_check_names(section, known, count, findings);
}

/* 0 is meant: nothing is kept. */
static void check_span(const struct section *section, const struct section_key *key,
                       const char *value, struct findings *findings)
{
  enum { LEAST = 366 };
  guint64 seconds;

  if ((strcmp(key->name, "lifetime-cap") == 0 || strcmp(key->name, "hpkp-cap") == 0) &&
      g_ascii_string_to_unsigned(value, 10, 1, LEAST, &seconds, NULL))
    findings_add(findings, FINDING_SECONDS, section_spot(section, key), key->name,
                 _("'%s=%s' are seconds. Write '%sd' where days are meant."), key->name, value,
                 value);
}

static bool read_setting(GArray *settings, const struct section *section,
                         const struct section_key *key, bool locked, struct findings *findings)
{
  g_autofree char *value = section_text(section, key, findings), *problem = NULL;

  if (value == NULL)
    return false;
  if (!settings_check(key->name, value, &problem)) {
    findings_add(findings, FINDING_VALUE, section_spot(section, key), key->name,
                 _("In [defaults], %s. Correct it, or take the line out."), problem);
    return false;
  }
  check_span(section, key, value, findings);
  defaults_add(settings, key->name, value, locked);
  return true;
}

bool defaults_read(GArray *settings, const struct section *section, struct findings *findings)
{
  bool locked = false, good = check_names(section, findings);

  if (!good || !value_flag(section, "lock", findings, &locked))
    return false;
  for (size_t i = 0; i < section->count; i++)
    if (strcmp(section->keys[i].name, "lock") != 0 && strcmp(section->keys[i].name, "comment") != 0)
      good = read_setting(settings, section, &section->keys[i], locked, findings) && good;
  return good;
}
