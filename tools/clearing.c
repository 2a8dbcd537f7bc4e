/* The command that clears entries: see clearing.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/clearing.h"

#include "tools/record.h"
#include "tools/thing.h"

#include <string.h>

GPtrArray *clearing_find(const tlspin_explanation_t *explanation, clearing_is_meant is_meant)
{
  GPtrArray *found = g_ptr_array_new();
  int64_t decided = tlspin_entry_number(tlspin_explanation_verdict(explanation), "decided");

  for (size_t i = 0; i < tlspin_explanation_count(explanation, TLSPIN_ENTRIES); i++) {
    const tlspin_entry_t *entry = tlspin_explanation_at(explanation, TLSPIN_ENTRIES, i);

    if (record_is(entry) && is_meant(entry, decided == (int64_t)i))
      g_ptr_array_add(found, (gpointer)(uintptr_t)entry);
  }
  return found;
}

/* What a user wouldn't expect to lose with something else: not what was learned, nor its history.
 */
static bool is_deliberate(const tlspin_entry_t *entry)
{
  return record_is(entry) && strcmp(tlspin_entry_layer(entry), "user") == 0 &&
         !thing_is(entry, "origin", "tofu") && !thing_is(entry, "status", "inactive");
}

/* What `tlspin clear` takes that names the place of the first: with a port, what is for any, too.
 */
static bool takes(const tlspin_entry_t *named, const tlspin_entry_t *entry)
{
  return strcmp(tlspin_entry_host(named), tlspin_entry_host(entry)) == 0 &&
         (thing_is(named, "scope", "exact") ||
          thing_is(entry, "scope", thing_text(named, "scope"))) &&
         (tlspin_entry_port(named) == 0 || tlspin_entry_port(entry) == 0 ||
          tlspin_entry_port(named) == tlspin_entry_port(entry));
}

static bool any_takes(const GPtrArray *meant, const tlspin_entry_t *entry)
{
  for (guint i = 0; i < meant->len; i++)
    if (takes(meant->pdata[i], entry))
      return true;
  return false;
}

static bool are_alone(const tlspin_explanation_t *explanation, const GPtrArray *meant)
{
  for (size_t i = 0; i < tlspin_explanation_count(explanation, TLSPIN_ENTRIES); i++) {
    const tlspin_entry_t *entry = tlspin_explanation_at(explanation, TLSPIN_ENTRIES, i);

    if (is_deliberate(entry) && any_takes(meant, entry) &&
        !g_ptr_array_find((GPtrArray *)(uintptr_t)meant, entry, NULL))
      return false;
  }
  return true;
}

static char *filter_of(const tlspin_entry_t *entry, bool alone)
{
  g_autofree char *key = g_shell_quote(thing_text(entry, "key"));

  if (alone && !thing_is(entry, "status", "rejected"))
    return g_strdup("");
  if (thing_is(entry, "kind", "exception"))
    return g_strdup(" --kind exception");
  if (thing_is(entry, "origin", "tofu"))
    return g_strdup(" --origin tofu");
  return g_strdup_printf(" --status %s --key %s", thing_text(entry, "status"), key);
}

/* A shell would take '*' for a pattern. */
static char *place_for_shell(const tlspin_entry_t *entry)
{
  g_autofree char *place = record_place(entry);

  return strchr(place, '*') != NULL ? g_shell_quote(place) : g_steal_pointer(&place);
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
    g_autofree char *own = filter_of(meant->pdata[i], alone);

    if (strcmp(own, filter) == 0)
      add_new(places, place_for_shell(meant->pdata[i]));
  }
  g_string_append(command, filter);
  for (guint i = 0; i < places->len; i++)
    g_string_append_printf(command, " %s", (const char *)places->pdata[i]);
  return g_string_free(command, FALSE);
}

char *clearing_command(const tlspin_explanation_t *explanation, const GPtrArray *meant)
{
  bool alone = are_alone(explanation, meant);
  g_autoptr(GPtrArray) filters = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func(g_free);

  for (guint i = 0; i < meant->len; i++)
    add_new(filters, filter_of(meant->pdata[i], alone));
  for (guint i = 0; i < filters->len; i++)
    g_ptr_array_add(commands, command_for(filters->pdata[i], meant, alone));
  g_ptr_array_add(commands, NULL);
  return g_strjoinv(" && ", (char **)commands->pdata);
}

static bool is_left(const tlspin_entry_t *entry, const GPtrArray *meant, bool alone)
{
  g_autofree char *filter = filter_of(entry, alone);

  for (guint i = 0; i < meant->len; i++) {
    g_autofree char *own = filter_of(meant->pdata[i], alone);

    if (takes(meant->pdata[i], entry) && strcmp(own, filter) == 0)
      return false;
  }
  return true;
}

bool clearing_leaves(const tlspin_explanation_t *explanation, const GPtrArray *meant,
                     const GPtrArray *others)
{
  bool alone = are_alone(explanation, meant);

  for (guint i = 0; i < others->len; i++)
    if (strcmp(tlspin_entry_layer(others->pdata[i]), "user") != 0 ||
        is_left(others->pdata[i], meant, alone))
      return true;
  return false;
}

char *clearing_of_ticket(const tlspin_explanation_t *explanation, const char *server)
{
  bool alone = true;

  for (size_t i = 0; i < tlspin_explanation_count(explanation, TLSPIN_ENTRIES); i++) {
    const tlspin_entry_t *entry = tlspin_explanation_at(explanation, TLSPIN_ENTRIES, i);
    size_t size = strlen(tlspin_entry_host(entry));

    alone = alone && !(is_deliberate(entry) &&
                       strncmp(server, tlspin_entry_host(entry), size) == 0 && server[size] == ':');
  }
  return g_strdup_printf("tlspin clear%s %s", alone ? "" : " --kind ticket", server);
}
