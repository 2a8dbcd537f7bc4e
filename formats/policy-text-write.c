/* Writes a group of policy text: see policy-text-private.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/policy-text-private.h"

static void set(GKeyFile *file, const struct text_group *group, const char *key, const char *value)
{
  g_key_file_set_string(file, group->name, key, value);
}

static void set_list(GKeyFile *file, const struct text_group *group, const char *key,
                     const GPtrArray *texts)
{
  if (texts->len > 0)
    g_key_file_set_string_list(file, group->name, key, (const char *const *)texts->pdata,
                               texts->len);
}

static void set_exceptions(GKeyFile *file, const struct text_group *group)
{
  g_autoptr(GPtrArray) tokens = g_ptr_array_new();

  set_list(file, group, "exceptions", group->exceptions);
  for (unsigned bit = 0; bit < PKI_ERRORS && group->exceptions->len > 0; bit++)
    if ((group->errors & 1U << bit) != 0)
      g_ptr_array_add(tokens, (void *)(uintptr_t)pki_error_token((enum pki_error)(1U << bit)));
  set_list(file, group, "excuse", tokens);
}

static void set_time(GKeyFile *file, const struct text_group *group, const char *key,
                     int64_t seconds)
{
  g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(seconds);
  g_autofree char *text = date != NULL ? g_date_time_format(date, "%Y-%m-%dT%H:%M:%SZ") : NULL;

  if (text != NULL && seconds != KEYPIN_FOREVER)
    set(file, group, key, text);
}

/* Nothing enforced at all is a mode of its own. */
static void set_times(GKeyFile *file, const struct text_group *group, int64_t until)
{
  int64_t enforce = group->terms.enforce_until, report = group->terms.report_until;
  bool enforced = !group->reported || (group->pins->len == 0 && group->blocked->len == 0);

  if (until != 0) {
    enforce = MIN(enforce, until);
    report = MIN(report, until);
  }
  if (!enforced || group->mode != NULL)
    set(file, group, "mode", enforced ? keypin_status_token(group->mode->pin.status) : "report");
  if (enforced)
    set_time(file, group, "expires", enforce);
  if (report != enforce || !enforced)
    set_time(file, group, "report-until", report);
}

static bool is_empty(const struct text_group *group)
{
  return group->pins->len == 0 && group->blocked->len == 0 && group->exceptions->len == 0 &&
         group->mode == NULL;
}

void policy_text_write(GKeyFile *file, const struct text_group *group, int64_t until)
{
  if (is_empty(group))
    return;
  if (group->pins->len > 0) {
    set_list(file, group, "pins", group->pins);
    set(file, group, "level", keypin_level_token(group->level));
    set(file, group, "status", group->critical ? "critical" : "active");
  }
  set_list(file, group, "blocked", group->blocked);
  set_exceptions(file, group);
  set_times(file, group, until);
  if (group->terms.protocol != PLACE_ANY_PROTOCOL)
    set(file, group, "protocol", place_protocol_token(group->terms.protocol));
  if (group->always)
    set(file, group, "anchors", "enforce");
  if (group->comment != NULL)
    set(file, group, "comment", group->comment);
}
