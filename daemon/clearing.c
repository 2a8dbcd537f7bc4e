/* The command that clears entries: see clearing.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/clearing.h"

#include "daemon/meant.h"
#include "daemon/standing.h"

#include <string.h>

/* What a user wouldn't expect to lose with something else: not what was learned, nor its history.
 */
static bool is_deliberate(const struct verdict_entry *entry)
{
  return meant_is_users(entry) && entry->pin->origin != KEYPIN_TOFU &&
         entry->pin->status != KEYPIN_INACTIVE;
}

/* What `tlspin clear` takes that names a place: with a port, not what is for any. */
static bool takes(const struct place *named, const struct place *place)
{
  return strcmp(named->host, place->host) == 0 &&
         (named->scope == SCOPE_EXACT || place->scope == named->scope) &&
         (named->port == PLACE_ANY_PORT || named->port == place->port);
}

static const struct verdict_entry *entry_of(const GPtrArray *entries, guint index)
{
  return entries->pdata[index];
}

static bool any_takes(const GPtrArray *meant, const struct verdict_entry *entry)
{
  for (guint i = 0; i < meant->len; i++)
    if (takes(&entry_of(meant, i)->pin->place, &entry->pin->place))
      return true;
  return false;
}

static bool are_alone(const struct policy_judged *judged, const GPtrArray *meant)
{
  for (size_t i = 0; i < standing_records(judged); i++) {
    const struct verdict_entry *entry = &judged->gathering.entries[i];

    if (is_deliberate(entry) && any_takes(meant, entry) &&
        !g_ptr_array_find((GPtrArray *)(uintptr_t)meant, entry, NULL))
      return false;
  }
  return true;
}

static char *filter_of(const struct keypin *pin, bool alone)
{
  char key[KEYPIN_KEY_TEXT_SIZE] = "";
  g_autofree char *quoted = NULL;

  if (alone && pin->status != KEYPIN_REJECTED)
    return g_strdup("");
  if (pin->kind == KEYPIN_EXCEPTION)
    return g_strdup(" --kind exception");
  if (pin->origin == KEYPIN_TOFU)
    return g_strdup(" --origin tofu");
  if (pin->kind == KEYPIN_MODE)
    return g_strdup(" --kind mode");
  keypin_key_text(pin, key);
  quoted = g_shell_quote(key);
  return g_strdup_printf(" --status %s --key %s", keypin_status_token(pin->status), quoted);
}

/* A shell would take '*' for a pattern. */
static char *place_for_shell(const struct place *place)
{
  char text[PLACE_TEXT_SIZE];

  place_text(place, text);
  return strchr(text, '*') != NULL ? g_shell_quote(text) : g_strdup(text);
}

static void add_new(GPtrArray *texts, char *text)
{
  if (g_ptr_array_find_with_equal_func(texts, text, g_str_equal, NULL))
    g_free(text);
  else
    g_ptr_array_add(texts, text);
}

/* All places that go with one filter, each once. */
static char *command_for(const char *filter, const GPtrArray *meant, bool alone)
{
  GString *command = g_string_new("tlspin clear");
  g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(g_free);

  for (guint i = 0; i < meant->len; i++) {
    const struct keypin *pin = entry_of(meant, i)->pin;
    g_autofree char *own = filter_of(pin, alone);

    if (strcmp(own, filter) == 0)
      add_new(places, place_for_shell(&pin->place));
  }
  g_string_append(command, filter);
  for (guint i = 0; i < places->len; i++)
    g_string_append_printf(command, " %s", (const char *)places->pdata[i]);
  return g_string_free(command, FALSE);
}

char *clearing_command(const struct policy_judged *judged, const GPtrArray *meant)
{
  bool alone = are_alone(judged, meant);
  g_autoptr(GPtrArray) filters = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func(g_free);

  for (guint i = 0; i < meant->len; i++)
    add_new(filters, filter_of(entry_of(meant, i)->pin, alone));
  for (guint i = 0; i < filters->len; i++)
    g_ptr_array_add(commands, command_for(filters->pdata[i], meant, alone));
  g_ptr_array_add(commands, NULL);
  return g_strjoinv(" && ", (char **)commands->pdata);
}

static bool is_left(const struct verdict_entry *entry, const GPtrArray *meant, bool alone)
{
  g_autofree char *filter = filter_of(entry->pin, alone);

  for (guint i = 0; i < meant->len; i++) {
    const struct keypin *pin = entry_of(meant, i)->pin;
    g_autofree char *own = filter_of(pin, alone);

    if (takes(&pin->place, &entry->pin->place) && strcmp(own, filter) == 0)
      return false;
  }
  return true;
}

bool clearing_leaves(const struct policy_judged *judged, const GPtrArray *meant,
                     const GPtrArray *others)
{
  bool alone = are_alone(judged, meant);

  if (!alone && judged->input.ticket != TICKET_NONE) /* every filter is one of records */
    return true;
  for (guint i = 0; i < others->len; i++)
    if (!meant_is_users(entry_of(others, i)) || is_left(entry_of(others, i), meant, alone))
      return true;
  return false;
}

static bool goes_with_ticket(const struct policy_judged *judged, const struct verdict_entry *entry)
{
  const struct place place = place_of_peer(judged->input.peer);

  return meant_is_users(entry) && takes(&place, &entry->pin->place);
}

static bool ticket_is_alone(const struct policy_judged *judged)
{
  for (size_t i = 0; i < standing_records(judged); i++) {
    const struct verdict_entry *entry = &judged->gathering.entries[i];

    if (is_deliberate(entry) && goes_with_ticket(judged, entry))
      return false;
  }
  return true;
}

char *clearing_of_ticket(const struct policy_judged *judged)
{
  const struct place place = place_of_peer(judged->input.peer);
  char server[PLACE_TEXT_SIZE];

  place_text(&place, server);
  return g_strdup_printf("tlspin clear%s %s", ticket_is_alone(judged) ? "" : " --kind ticket",
                         server);
}

bool clearing_of_ticket_leaves(const struct policy_judged *judged, const GPtrArray *others)
{
  bool alone = ticket_is_alone(judged);

  for (guint i = 0; i < others->len; i++)
    if (!alone || !goes_with_ticket(judged, entry_of(others, i)))
      return true;
  return false;
}
