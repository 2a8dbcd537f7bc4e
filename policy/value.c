/* The values of keys: see value.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/value.h"

#include "common/spelling.h"
#include "common/text.h"
#include "common/utf8.h"
#include "policy/moment.h"

#include <string.h>

const struct section_key *value_find(const struct section *section, const char *name)
{
  for (size_t i = 0; i < section->count; i++)
    if (strcmp(section->keys[i].name, name) == 0)
      return &section->keys[i];
  return NULL;
}

/* A comment behind a value belongs to it, as far as GKeyFile knows. */
static const char *hint(const char *value)
{
  return strstr(value, " #") != NULL ? _(" A comment has to be on a line of its own.") : "";
}

static char *quote(const char *const *words, size_t count)
{
  GString *list = g_string_new(NULL);

  for (size_t i = 0; i < count; i++) {
    g_string_append(list, i == 0 ? "" : ", ");
    g_string_append_printf(list, _("'%s'"), words[i]);
  }
  return g_string_free(list, FALSE);
}

/* The value of a key that may be missing. *text: NULL then, and where it can't be read. */
static bool read_value(const struct section *section, const char *name, struct findings *findings,
                       const struct section_key **key, char **text)
{
  *key = value_find(section, name);
  *text = *key != NULL ? section_text(section, *key, findings) : NULL;
  return *key == NULL || *text != NULL;
}

bool value_choice(const struct section *section, const char *name, const char *const *words,
                  size_t count, struct findings *findings, int *choice)
{
  const struct section_key *key;
  g_autofree char *text = NULL, *list = NULL;

  if (!read_value(section, name, findings, &key, &text))
    return false;
  if (text == NULL)
    return true;
  for (size_t i = 0; i < count; i++)
    if (strcmp(words[i], text) == 0) {
      *choice = (int)i;
      return true;
    }
  list = quote(words, count);
  findings_add(findings, FINDING_VALUE, section_spot(section, key), name,
               _("'%s' is '%.100s'; it must be one of %s.%s"), name, text, list, hint(text));
  return false;
}

bool value_flag(const struct section *section, const char *name, struct findings *findings,
                bool *flag)
{
  static const char *const words[] = {"no", "yes"};
  int choice = *flag;

  if (!value_choice(section, name, words, G_N_ELEMENTS(words), findings, &choice))
    return false;
  *flag = choice == 1;
  return true;
}

bool value_date(const struct section *section, const char *name, struct findings *findings,
                int64_t *seconds)
{
  const struct section_key *key;
  g_autofree char *text = NULL;

  if (!read_value(section, name, findings, &key, &text))
    return false;
  if (text == NULL || moment_read(text, seconds))
    return true;
  findings_add(findings, FINDING_DATE, section_spot(section, key), name,
               _("'%s' is '%.100s', which is no date. Write 2027-06-30 or "
                 "2027-06-30T12:00:00Z.%s"),
               name, text, hint(text));
  return false;
}

bool value_text(const struct section *section, const char *name, size_t most,
                struct findings *findings, char **text)
{
  const struct section_key *key;

  if (!read_value(section, name, findings, &key, text))
    return false;
  if (*text == NULL ||
      (strlen(*text) <= most && utf8_is_text((struct span){(const uint8_t *)*text, strlen(*text)})))
    return true;
  findings_add(findings, FINDING_VALUE, section_spot(section, key), name,
               _("'%s' must be one line of at most %zu octets. Shorten it."), name, most);
  g_clear_pointer(text, g_free);
  return false;
}

static bool is_known(const char *name, const char *const *known, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (strcmp(known[i], name) == 0)
      return true;
  return false;
}

static const char *nearest(const char *name, const char *const *known, size_t count)
{
  unsigned least = SPELLING_FAR;
  const char *found = NULL;

  for (size_t i = 0; i < count; i++)
    if (spelling_is_nearer(name, known[i], &least))
      found = known[i];
  return found;
}

bool value_check_names(const struct section *section, const char *const *known, size_t count,
                       struct findings *findings)
{
  bool all_known = true;

  for (size_t i = 0; i < section->count; i++) {
    const struct section_key *key = &section->keys[i];
    const char *near;

    if (is_known(key->name, known, count))
      continue;
    all_known = false;
    near = nearest(key->name, known, count);
    if (near != NULL)
      findings_add(findings, FINDING_UNKNOWN_KEY, section_spot(section, key), key->name,
                   _("There is no key '%s'. Is '%s' meant? See tlspin-policy(5)."), key->name,
                   near);
    else
      findings_add(findings, FINDING_UNKNOWN_KEY, section_spot(section, key), key->name,
                   _("There is no key '%s'. Correct it, or take it out; see tlspin-policy(5)."),
                   key->name);
  }
  return all_known;
}
