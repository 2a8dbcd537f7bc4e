/* tlspind.conf: see config-file.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/config-file.h"

#include "common/text.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>

#define GROUP "tlspind"

enum { DAY = 24 * 60 * 60 };

static const struct setting {
  const char *key;
  size_t place;  /* of the member */
  uint32_t unit; /* seconds */
  uint32_t least, most;
} settings[] = {
    {"lifetime-cap-days", offsetof(struct config, lifetime_cap), DAY, 1, 366},
    {"undo-days", offsetof(struct config, undo_period), DAY, 0, 366},
    {"idle-seconds", offsetof(struct config, idle_timeout), 1, 0, 7 * DAY},
};

/* The first problem is kept for Status, which must be UTF-8 whatever the file holds; all are
 * logged. problem: is freed. */
static void note(struct config *config, char *problem)
{
  g_warning("%s", problem);
  if (config->problem == NULL)
    config->problem = g_utf8_make_valid(problem, -1);
  g_free(problem);
}

static const struct setting *find(const char *key)
{
  for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
    if (strcmp(settings[i].key, key) == 0)
      return &settings[i];
  return NULL;
}

static void read_key(GKeyFile *file, const char *path, const char *key, struct config *config)
{
  const struct setting *setting = find(key);
  g_autofree char *text = g_key_file_get_string(file, GROUP, key, NULL);
  guint64 value;

  if (setting == NULL) {
    note(config, g_strdup_printf(_("%s: there is no key '%s'; see tlspind.conf(5)."), path, key));
    return;
  }
  if (text == NULL || !g_ascii_string_to_unsigned(g_strstrip(text), 10, setting->least,
                                                  setting->most, &value, NULL)) {
    note(config, g_strdup_printf(_("%s: '%s' must be a number from %u to %u."), path, key,
                                 setting->least, setting->most));
    return;
  }
  G_STRUCT_MEMBER(uint32_t, config, setting->place) = (uint32_t)value * setting->unit;
}

static void read_file(const char *path, struct config *config)
{
  g_autoptr(GKeyFile) file = g_key_file_new();
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) groups = NULL, keys = NULL;

  if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &error)) {
    if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
      note(config, g_strdup_printf(_("%s can't be read: %s."), path, error->message));
    return;
  }
  groups = g_key_file_get_groups(file, NULL);
  for (size_t i = 0; groups[i] != NULL; i++)
    if (strcmp(groups[i], GROUP) != 0)
      note(config,
           g_strdup_printf(_("%s: there is no group [%s]; see tlspind.conf(5)."), path, groups[i]));
  keys = g_key_file_get_keys(file, GROUP, NULL, NULL);
  for (size_t i = 0; keys != NULL && keys[i] != NULL; i++)
    read_key(file, path, keys[i], config);
}

void config_read(const char *const *paths, struct config *config)
{
  *config = (struct config){.lifetime_cap = 31 * DAY, .undo_period = 7 * DAY, .idle_timeout = 120};
  for (; *paths != NULL; paths++)
    read_file(*paths, config);
}

void config_clear(struct config *config)
{
  g_clear_pointer(&config->problem, g_free);
}
