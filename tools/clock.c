/* What the daemon tells of the computer's clock: see clock.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/clock.h"

#include "common/text.h"
#include "tools/when.h"

#include <string.h>

static char *text_of(int64_t seconds)
{
  return when_to_text(seconds > 0 ? (uint64_t)seconds : 0);
}

static bool is_suspect(const struct clock_told *told)
{
  return told->clock != NULL && strcmp(told->clock, "suspect") == 0;
}

static bool has_ended(uint64_t end, int64_t time)
{
  return time >= 0 && (uint64_t)time >= end;
}

char *clock_doubt(const struct clock_told *told, uint64_t end)
{
  bool by_clock = has_ended(end, told->now);
  g_autofree char *day = when_to_day(end);

  if (!is_suspect(told) || end == 0 || by_clock == has_ended(end, told->believed))
    return NULL;
  return by_clock
             ? g_strdup_printf(_("in force although it ended on %s by what the clock says, which "
                                 "isn't trusted"),
                               day)
             : g_strdup_printf(
                   _("ended on %s, but not by what the clock says, which isn't trusted: "
                     "whether it is in force can't be told"),
                   day);
}

static char *reason_of(const struct clock_told *told)
{
  g_autofree char *jumped = text_of(told->jumped);

  if (told->problem != NULL)
    return g_strdup_printf(_("can't be trusted: %s"), told->problem);
  return g_strdup_printf(_("can't be trusted: it has jumped to %s"), jumped);
}

void clock_add(struct sheet *sheet, const struct clock_told *told)
{
  g_autofree char *believed = text_of(told->believed), *trusted = text_of(told->trusted),
                  *reason = NULL;

  if (!is_suspect(told))
    return;
  reason = reason_of(told);
  sheet_add_painted(sheet, _("Clock"), PAINT_WARNING, reason);
  sheet_add(sheet, "", _("pins are judged as at %s, and none ends meanwhile"), believed);
  if (told->problem == NULL)
    sheet_add(sheet, "", _("trusted when it is set right, or from %s on"), trusted);
}

/* 0 would be "never". */
static void put_time(JsonBuilder *builder, const char *key, int64_t seconds)
{
  if (seconds < 0)
    json_put_text(builder, key, NULL);
  else
    json_put_time(builder, key, seconds > 0 ? (uint64_t)seconds : 1);
}

void clock_put(JsonBuilder *builder, const struct clock_told *told)
{
  json_put_text(builder, "clock", told->clock);
  put_time(builder, "believed", told->believed);
  put_time(builder, "clock-now", told->now);
  put_time(builder, "clock-jumped", told->jumped);
  put_time(builder, "clock-trusted", told->trusted);
  json_put_text(builder, "clock-problem", told->problem);
}
