/* Dates: see moment.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/moment.h"

#include "pinning/keypin.h"

#include <glib.h>
#include <string.h>

/* What is left of the text behind a pattern in which 0 stands for a digit; NULL where it doesn't
 * begin so. */
static const char *skip(const char *text, const char *pattern)
{
  for (; *pattern != '\0'; text++, pattern++)
    if (*pattern == '0' ? !g_ascii_isdigit(*text) : *pattern != *text)
      return NULL;
  return text;
}

/* GLib reads more of ISO 8601 than RFC 3339 has, so the form is looked at first. */
static bool has_form(const char *text)
{
  const char *rest = skip(text, "0000-00-00T00:00:00");

  if (rest == NULL)
    return false;
  if (rest[0] == '.')
    rest += 1 + strspn(rest + 1, "0123456789");
  if (strcmp(rest, "Z") == 0)
    return true;
  rest = rest[0] == '-' ? skip(rest, "-00:00") : skip(rest, "+00:00");
  return rest != NULL && rest[0] == '\0';
}

bool moment_read(const char *text, int64_t *seconds)
{
  const char *day_end = skip(text, "0000-00-00");
  bool day = day_end != NULL && day_end[0] == '\0';
  g_autofree char *whole = day ? g_strconcat(text, "T00:00:00Z", NULL) : g_strdup(text);
  g_autoptr(GDateTime) time = has_form(whole) ? g_date_time_new_from_iso8601(whole, NULL) : NULL;

  if (time == NULL || g_date_time_to_unix(time) < 0 || g_date_time_to_unix(time) > KEYPIN_FOREVER)
    return false;
  *seconds = g_date_time_to_unix(time);
  return true;
}

char *moment_text(int64_t seconds)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);

  return time != NULL ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("?");
}
