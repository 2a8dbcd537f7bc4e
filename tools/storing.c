/* Storing records of the user's: see storing.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/storing.h"

#include "common/text.h"
#include "tools/json.h"
#include "tools/numbered.h"
#include "tools/tlspin.h"

#include <inttypes.h>
#include <string.h>

/* The number of a record says something only where there are others, of other places. */
static const char *message_of(const char *text, bool alone)
{
  const char *rest;

  return alone && numbered_read(text, &rest) >= 1 ? rest : text;
}

/* What is being stored. */
struct storing {
  tlspin_t *context;
  const struct tlspin_record *records;
  size_t count;
  bool alone;          /* all are of one place */
  GPtrArray *warnings; /* each once */
};

static bool is_same_place(const struct tlspin_record *a, const struct tlspin_record *b)
{
  return strcmp(a->host, b->host) == 0 && g_strcmp0(a->scope, b->scope) == 0 && a->port == b->port;
}

static bool are_of_one_place(const struct storing *storing)
{
  for (size_t i = 1; i < storing->count; i++)
    if (!is_same_place(&storing->records[0], &storing->records[i]))
      return false;
  return true;
}

static void warn(const char *warning, void *data)
{
  struct storing *storing = data;
  const char *text = message_of(warning, storing->alone);

  if (!g_ptr_array_find_with_equal_func(storing->warnings, text, g_str_equal, NULL))
    g_ptr_array_add(storing->warnings, g_strdup(text));
}

/* Whether a record, or another of its kind at its place, is in force now that it is stored. */
struct search {
  const struct tlspin_record *record;
  bool found, counts;
};

static int look_at(const tlspin_entry_t *entry, void *data)
{
  struct search *search = data;
  const struct tlspin_record *record = search->record;

  if (strcmp(tlspin_entry_layer(entry), "user") != 0 || tlspin_entry_port(entry) != record->port)
    return 0;
  search->found = true;
  search->counts = strcmp(tlspin_entry_state(entry), "masked") != 0;
  return search->counts;
}

/* True, too, where that can't be told. */
static bool does_count(const struct storing *storing, const struct tlspin_record *record)
{
  const struct tlspin_filter filter = {
      .host = record->host, .scope = record->scope, .port = record->port, .status = record->status};
  struct search search = {.record = record};

  return tlspin_list(storing->context, &filter, look_at, &search) != TLSPIN_OK || !search.found ||
         search.counts;
}

static char *place_of(const struct tlspin_record *record)
{
  struct place place = {.scope = SCOPE_EXACT, .port = (uint16_t)record->port};
  char text[PLACE_TEXT_SIZE];

  if (record->scope != NULL)
    scope_from_token(record->scope, &place.scope);
  g_strlcpy(place.host, record->host, sizeof place.host);
  place_text(&place, text);
  return g_strdup(text);
}

/* Tells of the places where it doesn't count. Returns whether it does at some. */
static bool check_places(const struct storing *storing)
{
  bool any = false;

  for (size_t i = 0; i < storing->count; i++) {
    const struct tlspin_record *record = &storing->records[i];
    g_autofree char *place = NULL;

    if (i > 0 && storing->alone)
      break;
    if (does_count(storing, record)) {
      any = true;
      continue;
    }
    place = place_of(record);
    complain(STATUS_FINE,
             _("For %s it is stored, but it doesn't count as long as another entry decides there; "
               "'tlspin list' calls that masked, and 'tlspin why HOST:PORT' names the other."),
             place);
  }
  return any;
}

static void print_json(const struct tlspin_change *change)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_number(builder, "operation", change->operation);
  json_put_number(builder, "count", change->count);
  json_print(json_builder_end_object(builder));
}

static void print_change(const struct storing *storing, const struct tlspin_change *change,
                         const char *done)
{
  bool counts;

  if (change->operation == 0) {
    if (!shared_options.json)
      output_said("%s", _("That was so already; nothing was changed."));
    check_places(storing);
    return;
  }
  for (guint i = 0; i < storing->warnings->len; i++)
    complain(STATUS_FINE, "%s", (const char *)storing->warnings->pdata[i]);
  counts = check_places(storing);
  if (counts && !shared_options.json)
    output_said("%s", done);
  if (!shared_options.json)
    output_said(_("To take that back: tlspin undo %" PRIu64), change->operation);
}

static int put(struct storing *storing, const char *done)
{
  struct tlspin_change change = {0};
  int code =
      tlspin_put(storing->context, storing->records, storing->count, 0, 0, &change, warn, storing);

  if (code == TLSPIN_E_ARGUMENT)
    return complain(status_of(code), "%s", message_of(tlspin_last_message(), storing->count == 1));
  if (code != TLSPIN_OK)
    return complain_of(code);
  if (shared_options.json)
    print_json(&change);
  print_change(storing, &change, done);
  return STATUS_FINE;
}

int storing_run(const GPtrArray *edits, const char *done)
{
  g_autofree struct tlspin_record *records = g_new(struct tlspin_record, edits->len);
  struct storing storing = {.context = store_context(), .records = records, .count = edits->len};
  int status;

  for (guint i = 0; i < edits->len; i++)
    records[i] = ((const struct edit *)edits->pdata[i])->record;
  storing.alone = are_of_one_place(&storing);
  storing.warnings = g_ptr_array_new_with_free_func(g_free);
  status = put(&storing, done);
  g_ptr_array_unref(storing.warnings);
  tlspin_free(storing.context);
  return status;
}

int storing_put(const struct edit_keys *keys, const char *server, const struct edit *model,
                const char *done)
{
  g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free);
  int status = edit_keys_read(keys, server, model, edits);

  return status == STATUS_FINE ? storing_run(edits, done) : status;
}
