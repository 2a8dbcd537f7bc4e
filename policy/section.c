/* A group of policy text: see section.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/section.h"

#include "common/text.h"

struct spot section_spot(const struct section *section, const struct section_key *key)
{
  return (struct spot){section->spot.file, key->line};
}

/* GLib gives a value that it had to guess, too. */
static bool check_value(const struct section *section, const struct section_key *key,
                        const GError *error, struct findings *findings)
{
  if (error == NULL)
    return true;
  findings_add(findings, FINDING_SYNTAX, section_spot(section, key), key->name,
               _("The value of '%s' can't be read: %s. A backslash is written as '\\\\'."),
               key->name, error->message);
  return false;
}

char *section_text(const struct section *section, const struct section_key *key,
                   struct findings *findings)
{
  g_autoptr(GError) error = NULL;
  char *text = g_key_file_get_string(section->values, section->name, key->name, &error);

  if (check_value(section, key, error, findings))
    return g_strstrip(text);
  g_free(text);
  return NULL;
}

char **section_list(const struct section *section, const struct section_key *key,
                    struct findings *findings)
{
  g_autoptr(GError) error = NULL;
  char **list = g_key_file_get_string_list(section->values, section->name, key->name, NULL, &error);
  size_t kept = 0;

  if (!check_value(section, key, error, findings)) {
    g_strfreev(list);
    return NULL;
  }
  for (size_t i = 0; list[i] != NULL; i++)
    if (g_strstrip(list[i])[0] != '\0')
      list[kept++] = list[i];
    else
      g_free(list[i]);
  list[kept] = NULL;
  return list;
}
