/* tlspind.conf: see config-file.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/config-file.h"

#include "common/text.h"
#include "daemon/settings.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>

#define GROUP "tlspind"

enum { DAY = 24 * 60 * 60 };

static const struct number {
  const char *key;
  size_t place;  /* of the member */
  uint32_t unit; /* seconds */
  uint32_t least, most;
} numbers[] = {
    {"lifetime-cap-days", offsetof(struct config, lifetime_cap), DAY, 1, 366},
    {"undo-days", offsetof(struct config, undo_period), DAY, 0, 366},
    {"idle-seconds", offsetof(struct config, idle_timeout), 1, 0, 7 * DAY},
};

/* Settings that system layers may lock; their values are checked by settings_check. */
static const struct word {
  const char *key;
  size_t place;
} words[] = {
    {"hpkp-cap", offsetof(struct config, hpkp_cap)}, {"learn", offsetof(struct config, learn)},
    {"level", offsetof(struct config, level)},       {"changes", offsetof(struct config, changes)},
    {"anchors", offsetof(struct config, anchors)},
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

static void read_number(const struct number *number, const char *path, char *text,
                        struct config *config)
{
  guint64 value;

  if (text == NULL || !g_ascii_string_to_unsigned(g_strstrip(text), 10, number->least, number->most,
                                                  &value, NULL)) {
    note(config, g_strdup_printf(_("%s: '%s' must be a number from %u to %u."), path, number->key,
                                 number->least, number->most));
    return;
  }
  G_STRUCT_MEMBER(uint32_t, config, number->place) = (uint32_t)value * number->unit;
}

static void read_word(const struct word *word, const char *path, const char *text,
                      struct config *config)
{
  g_autofree char *problem = NULL;
  char **member = &G_STRUCT_MEMBER(char *, config, word->place);

  if (!settings_check(word->key, text != NULL ? text : "", &problem)) {
    note(config, g_strdup_printf("%s: %s.", path, problem));
    return;
  }
  g_free(*member);
  *member = g_strdup(text);
}

static void read_key(GKeyFile *file, const char *path, const char *key, struct config *config)
{
  g_autofree char *text = g_key_file_get_string(file, GROUP, key, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
    if (strcmp(numbers[i].key, key) == 0) {
      read_number(&numbers[i], path, text, config);
      return;
    }
  for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
    if (strcmp(words[i].key, key) == 0) {
      read_word(&words[i], path, text != NULL ? g_strstrip(text) : NULL, config);
      return;
    }
  note(config, g_strdup_printf(_("%s: there is no key '%s'; see tlspind.conf(5)."), path, key));
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
  *config = (struct config){.undo_period = 7 * DAY, .idle_timeout = 120};
  for (; *paths != NULL; paths++)
    read_file(*paths, config);
}

void config_clear(struct config *config)
{
  for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
    g_clear_pointer(&G_STRUCT_MEMBER(char *, config, words[i].place), g_free);
  g_clear_pointer(&config->problem, g_free);
}
