/* One clear of pins: see cleared.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/cleared.h"

#include "common/text.h"
#include "tools/entry.h"
#include "tools/output.h"
#include "tools/record.h"

#include <inttypes.h>
#include <string.h>

enum { NAMED_MOST = 20 }; /* pins that are named after a clear */

static void add_pin(struct cleared *clear, const tlspin_entry_t *entry)
{
  g_autofree char *server = entry_server(entry);
  const char *says = record_is(entry) ? record_says(entry) : _("ticket");
  bool stays = clear->filter.port != 0 && tlspin_entry_port(entry) == 0;

  g_ptr_array_add(stays ? clear->stays : clear->pins, g_strdup_printf("%s  %s", server, says));
}

static int visit(const tlspin_entry_t *entry, void *data)
{
  struct cleared *clear = data;

  if (strcmp(tlspin_entry_layer(entry), "user") == 0)
    add_pin(clear, entry);
  else
    clear->foreign = output_clean(tlspin_entry_layer(entry));
  return clear->foreign != NULL || clear->pins->len == NAMED_MOST; /* the user's come first */
}

void cleared_look(tlspin_t *context, struct cleared *clear)
{
  struct tlspin_filter filter = clear->filter;

  filter.all = filter.forever = 0;
  clear->pins = g_ptr_array_new_with_free_func(g_free);
  clear->stays = g_ptr_array_new_with_free_func(g_free);
  clear->foreign = NULL;
  tlspin_list(context, &filter, visit, clear);
}

static void add_option(GString *command, const char *option, const char *value)
{
  static const char plain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=-:.";
  g_autofree char *quoted = NULL;

  if (value == NULL)
    return;
  quoted = value[strspn(value, plain)] != '\0' ? g_shell_quote(value) : g_strdup(value);
  g_string_append_printf(command, " %s %s", option, quoted);
}

/* The same without the port. */
static char *command_for_every_port(const struct cleared *clear)
{
  GString *command = g_string_new("tlspin clear");
  char *name = g_strndup(clear->name, (size_t)(strrchr(clear->name, ':') - clear->name));
  g_autofree char *quoted = strchr(name, '*') != NULL ? g_shell_quote(name) : g_strdup(name);

  if (clear->filter.forever)
    g_string_append(command, " --forever");
  add_option(command, "--since", clear->since);
  add_option(command, "--kind", clear->choice->kind);
  add_option(command, "--status", clear->choice->status);
  add_option(command, "--origin", clear->choice->origin);
  add_option(command, "--key", clear->choice->key);
  g_string_append_printf(command, " %s", quoted);
  g_free(name);
  return g_string_free(command, FALSE);
}

static void print_stays(const struct cleared *clear)
{
  g_autofree char *command = NULL;

  if (clear->stays->len == 0)
    return;
  command = command_for_every_port(clear);
  output_said(_("This stays, as it is for every port; '%s' clears it, and the other ports:"),
              command);
  for (guint i = 0; i < clear->stays->len; i++)
    output_text("  %s\n", (const char *)g_ptr_array_index(clear->stays, i));
}

void cleared_print(const struct cleared *clear, const struct tlspin_change *change)
{
  unsigned long count = (unsigned long)change->count, named = MIN(clear->pins->len, count);

  if (!clear->filter.forever)
    output_text(text_translate_count("%lu pin was cleared.\n", "%lu pins were cleared.\n", count),
                count);
  else if (count > 0)
    output_text(text_translate_count("%lu pin was erased for good.\n",
                                     "%lu pins were erased for good.\n", count),
                count);
  else
    output_said("%s", _("No pin of this was there any more. What was left of it otherwise was "
                        "erased for good."));
  for (guint i = 0; i < named; i++)
    output_text("  %s\n", (const char *)g_ptr_array_index(clear->pins, i));
  if (named > 0 && named < count)
    output_text(text_translate_count("  and %lu more\n", "  and %lu more\n", count - named),
                count - named);
  print_stays(clear);
  if (!clear->filter.forever)
    output_said(_("To take that back: tlspin undo %" PRIu64), change->operation);
}

static void put_number_or_null(JsonBuilder *builder, const char *key, uint64_t number)
{
  if (number != 0)
    json_put_number(builder, key, number);
  else
    json_put_text(builder, key, NULL);
}

void cleared_put(struct json_array *array, const struct cleared *clear,
                 const struct tlspin_change *change)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_text(builder, "host", clear->filter.host);
  json_put_text(builder, "scope", clear->filter.scope);
  put_number_or_null(builder, "port", clear->filter.port);
  json_put_time(builder, "since", clear->filter.since);
  json_put_text(builder, "kind", clear->filter.kind);
  json_put_text(builder, "status", clear->filter.status);
  json_put_text(builder, "origin", clear->filter.origin);
  json_put_text(builder, "key", clear->choice->key);
  json_put_flag(builder, "all", clear->filter.all != 0);
  json_put_flag(builder, "forever", clear->filter.forever != 0);
  json_put_number(builder, "operation", change->operation);
  json_put_number(builder, "count", change->count);
  json_array_add(array, json_builder_end_object(builder));
}

static bool is_narrowed(const struct cleared *clear)
{
  return clear->since != NULL || choice_is_made(clear->choice);
}

int cleared_complain(const struct cleared *clear)
{
  if (clear->name == NULL)
    return complain(STATUS_NOT_FOUND,
                    clear->filter.all ? _("There are no pins of yours. Nothing was changed.")
                                      : _("There is no such pin of yours. Nothing was changed."));
  if (clear->stays->len > 0) {
    g_autofree char *command = command_for_every_port(clear);

    return complain(STATUS_NOT_FOUND,
                    _("There is nothing of yours for %s alone. Nothing was changed. '%s' clears "
                      "what is for every port."),
                    clear->name, command);
  }
  if (clear->foreign != NULL)
    return complain(STATUS_NOT_FOUND,
                    _("%s is pinned by the administrator of this computer (%s); ask there."),
                    clear->name, clear->foreign);
  if (!clear->alone) /* others may have been cleared */
    return complain(STATUS_NOT_FOUND,
                    is_narrowed(clear) ? _("%s has no such pin of yours.") : _("%s is not pinned."),
                    clear->name);
  return complain(STATUS_NOT_FOUND,
                  is_narrowed(clear) ? _("%s has no such pin of yours. Nothing was changed.")
                                     : _("%s is not pinned. Nothing was changed."),
                  clear->name);
}

void cleared_end(struct cleared *clear)
{
  g_ptr_array_unref(clear->pins);
  g_ptr_array_unref(clear->stays);
  g_free(clear->foreign);
}
