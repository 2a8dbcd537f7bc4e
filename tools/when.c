/* Moments as people write and read them: see when.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/when.h"

#include "common/text.h"

#include <string.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, SPAN_MOST = 100000 };

/* GLib reads ISO 8601, which is far wider (weeks, days of the year). */
static const char form[] = "^\\d{4}-\\d{2}-\\d{2}"
                           "([Tt ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?([Zz]|[+-]\\d{2}:\\d{2})?)?$";

static GDateTime *parse_moment(const char *text, GTimeZone *local)
{
  g_autofree char *upper = g_ascii_strup(text, -1), *full = NULL;
  const char *zone;

  if (!g_regex_match_simple(form, text, 0, 0))
    return NULL;
  if (strlen(upper) == strlen("YYYY-MM-DD")) {
    full = g_strconcat(upper, "T00:00:00", NULL);
  } else {
    upper[strlen("YYYY-MM-DD")] = 'T';
    zone = upper + strlen("YYYY-MM-DDTHH:MM");
    full = zone[0] == ':' ? g_strdup(upper)
                          : g_strdup_printf("%.*s:00%s", (int)(zone - upper), upper, zone);
  }
  return g_date_time_new_from_iso8601(full, local);
}

static const struct {
  const char *unit;
  GDateTime *(*add)(GDateTime *moment, gint count);
} units[] = {
    {"min", g_date_time_add_minutes},
    {"h", g_date_time_add_hours},
    {"d", g_date_time_add_days},
    {"w", g_date_time_add_weeks},
};

/* Days and weeks are the calendar's: at the same time of day, also over a change to summer time.
 * sign: -1 for so long ago, 1 for so long from now. */
static GDateTime *parse_span(const char *text, GDateTime *now, gint sign)
{
  size_t digits = strspn(text, "0123456789");
  g_autofree char *number = g_strndup(text, digits);
  guint64 count;

  if (!g_ascii_string_to_unsigned(number, 10, 0, SPAN_MOST, &count, NULL))
    return NULL;
  for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
    if (strcmp(text + digits, units[i].unit) == 0)
      return units[i].add(now, sign * (gint)count);
  return NULL;
}

static bool parse(const char *text, int64_t now, gint sign, int64_t *seconds, char **problem)
{
  g_autoptr(GDateTime) today = g_date_time_new_from_unix_local(now);
  g_autoptr(GTimeZone) local = g_time_zone_new_local();
  g_autoptr(GDateTime) moment = parse_moment(text, local);

  if (moment == NULL && today != NULL)
    moment = parse_span(text, today, sign);
  if (moment == NULL || g_date_time_to_unix(moment) < 1) {
    *problem = g_strdup_printf(_("'%s' is not a time; write it as 2026-11-22, '2026-11-22 17:00', "
                                 "2026-11-22T17:00:00Z, 30min, 2h or 3d"),
                               text);
    return false;
  }
  *seconds = g_date_time_to_unix(moment);
  return true;
}

bool when_parse(const char *text, int64_t now, uint64_t *seconds, char **problem)
{
  int64_t moment;

  if (!parse(text, now, -1, &moment, problem))
    return false;
  if (moment > now) {
    *problem = g_strdup_printf(_("'%s' is still to come; it must be a time that has passed"), text);
    return false;
  }
  *seconds = (uint64_t)moment;
  return true;
}

bool when_parse_end(const char *text, int64_t now, uint64_t *seconds, char **problem)
{
  int64_t moment;

  if (!parse(text, now, 1, &moment, problem))
    return false;
  if (moment <= now) {
    *problem = g_strdup_printf(_("'%s' has passed; it must be a time that is still to come"), text);
    return false;
  }
  *seconds = (uint64_t)moment;
  return true;
}

static GDateTime *moment_of(uint64_t seconds)
{
  return seconds <= G_MAXINT64 ? g_date_time_new_from_unix_utc((gint64)seconds) : NULL;
}

char *when_to_rfc3339(uint64_t seconds)
{
  g_autoptr(GDateTime) moment = seconds > 0 ? moment_of(seconds) : NULL;

  return moment != NULL ? g_date_time_format(moment, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

static char *format_local(uint64_t seconds, const char *format)
{
  g_autoptr(GDateTime) moment = moment_of(seconds);
  g_autoptr(GDateTime) local = moment != NULL ? g_date_time_to_local(moment) : NULL;

  return local != NULL ? g_date_time_format(local, format) : g_strdup("?");
}

char *when_to_text(uint64_t seconds)
{
  return format_local(seconds, "%Y-%m-%d %H:%M");
}

char *when_to_day(uint64_t seconds)
{
  return format_local(seconds, "%Y-%m-%d");
}

char *when_span(uint64_t seconds)
{
  unsigned long days = (unsigned long)(seconds / DAY), hours = (unsigned long)(seconds / HOUR),
                minutes = (unsigned long)(seconds / MINUTE), rest = (unsigned long)seconds;

  if (days > 0)
    return g_strdup_printf(text_translate_count("%lu day", "%lu days", days), days);
  if (hours > 0)
    return g_strdup_printf(text_translate_count("%lu hour", "%lu hours", hours), hours);
  if (minutes > 0)
    return g_strdup_printf(text_translate_count("%lu minute", "%lu minutes", minutes), minutes);
  return g_strdup_printf(text_translate_count("%lu second", "%lu seconds", rest), rest);
}
