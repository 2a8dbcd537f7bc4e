/* One entry of the store: see entry.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/entry.h"

#include "common/text.h"
#include "tools/record.h"
#include "tools/sheet.h"
#include "tools/thing.h"
#include "tools/when.h"

#include <string.h>
#include <time.h>

const struct column entry_columns[ENTRY_COLUMNS] = {
    {.title = N_("HOST"), .shrinks = true},
    {.title = N_("PORT")},
    {.title = N_("KIND"), .drop = 4},
    {.title = N_("UNTIL")},
    {.title = N_("STATE"), .drop = 2},
    {.title = N_("LAYER"), .drop = 3},
    {.title = N_("FAILED"), .right = true, .drop = 1},
};

static const struct state {
  const char *token;
  const char *text;    /* in a list */
  const char *meaning; /* in full */
  enum paint paint;
} states[] = {
    {"active", N_("active"), N_("active"), PAINT_GOOD},
    {"expired", N_("expired"), N_("expired; the server will be pinned anew"), PAINT_FAINT},
    {"masked", N_("masked"), N_("masked: another entry for the server decides"), PAINT_FAINT},
    {"reported", N_("reported"), N_("only reported, not enforced"), PAINT_WARNING},
    {"history", N_("history"), N_("history: kept to explain changes"), PAINT_FAINT},
};

/* What a newer daemon may say is shown as it is. */
static struct state state_of(const tlspin_entry_t *entry)
{
  const char *token = tlspin_entry_state(entry);

  for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
    if (strcmp(states[i].token, token) == 0)
      return (struct state){token, _(states[i].text), _(states[i].meaning), states[i].paint};
  return (struct state){token, token, token, PAINT_NONE};
}

static bool is_tls(const tlspin_entry_t *entry)
{
  return strcmp(tlspin_entry_protocol(entry), "tls") == 0;
}

char *entry_server(const tlspin_entry_t *entry)
{
  if (record_is(entry))
    return record_server(entry);
  return g_strdup_printf(is_tls(entry) ? "%s:%u" : "%s:%u (%s)", tlspin_entry_host(entry),
                         tlspin_entry_port(entry), tlspin_entry_protocol(entry));
}

/* "443", "853/dtls", and "*" for any. */
static char *port_text(const tlspin_entry_t *entry)
{
  const char *protocol = tlspin_entry_protocol(entry);

  if (tlspin_entry_port(entry) == 0)
    return g_strdup("*");
  return g_strdup_printf(is_tls(entry) || protocol[0] == '\0' ? "%u" : "%u/%s",
                         tlspin_entry_port(entry), protocol);
}

/* The host with its scope, without the port, which has a column of its own. */
static char *host_text(const tlspin_entry_t *entry)
{
  char *place, *colon;

  if (!record_is(entry))
    return g_strdup(tlspin_entry_host(entry));
  place = record_place(entry);
  colon = strchr(place, ':');
  if (colon != NULL)
    *colon = '\0';
  return place;
}

char *entry_layer(const tlspin_entry_t *entry)
{
  return g_strdup_printf(strcmp(tlspin_entry_lock(entry), "none") == 0 ? "%s" : _("%s, locked"),
                         tlspin_entry_layer(entry));
}

/* A key has a line of its own, so that it can be copied. */
void entry_add_remarks(struct columns *table, const tlspin_entry_t *entry)
{
  const char *key = thing_text(entry, "key"), *note = thing_text(entry, "note");
  g_autofree char *terms = record_is(entry) ? record_terms(entry) : g_strdup("");
  g_autofree char *comment = g_strdup_printf(_("note: %s"), note);

  if (key[0] != '\0')
    columns_note(table, key);
  if (terms[0] != '\0')
    columns_remark(table, terms);
  if (note[0] != '\0')
    columns_remark(table, comment);
}

void entry_add_row(struct columns *table, const tlspin_entry_t *entry)
{
  struct state state = state_of(entry);
  unsigned failures = tlspin_entry_failures(entry);
  g_autofree char *host = host_text(entry), *port = port_text(entry);
  g_autofree char *day = when_to_day(tlspin_entry_expires(entry));
  g_autofree char *failed = failures > 0 ? g_strdup_printf("%u", failures) : g_strdup("");
  g_autofree char *layer = entry_layer(entry);
  const struct cell cells[ENTRY_COLUMNS] = {
      {host, PAINT_NONE},
      {port, PAINT_NONE},
      {record_is(entry) ? record_says(entry) : _("ticket"), PAINT_NONE},
      {tlspin_entry_expires(entry) > 0 ? day : "-", PAINT_NONE},
      {state.text, state.paint},
      {layer, PAINT_NONE},
      {failed, PAINT_BAD},
  };

  columns_add(table, cells);
}

static void add_layer(struct sheet *sheet, const tlspin_entry_t *entry)
{
  const char *lock = tlspin_entry_lock(entry), *layer = tlspin_entry_layer(entry);

  if (strcmp(layer, "user") == 0)
    sheet_add(sheet, _("Layer"), "%s", _("user: yours"));
  else if (strcmp(lock, "none") == 0)
    sheet_add(sheet, _("Layer"), _("%s: a system layer"), layer);
  else
    sheet_add(sheet, _("Layer"), _("%s: a system layer, locked (%s)"), layer, lock);
}

static void add_end(struct sheet *sheet, const tlspin_entry_t *entry)
{
  uint64_t expires = tlspin_entry_expires(entry), now = (uint64_t)time(NULL);
  g_autofree char *end = when_to_text(expires);
  g_autofree char *span = when_span(expires > now ? expires - now : now - expires);

  if (expires > now)
    sheet_add(sheet, _("Pinned until"), _("%s (%s left)"), end, span);
  else
    sheet_add(sheet, _("Pinned until"), _("%s (%s ago)"), end, span);
}

static void add_failures(struct sheet *sheet, const tlspin_entry_t *entry)
{
  unsigned long failures = tlspin_entry_failures(entry);
  g_autofree char *last = when_to_text(tlspin_entry_failed(entry));
  g_autofree char *text = g_strdup_printf(
      text_translate_count("%lu time, on %s: %s", "%lu times, the last on %s: %s", failures),
      failures, last, tlspin_entry_failure_reason(entry));

  if (failures > 0)
    sheet_add_painted(sheet, _("Not met"), PAINT_BAD, text);
}

static void add_ticket_facts(struct sheet *sheet, const tlspin_entry_t *entry)
{
  g_autofree char *first = when_to_text(tlspin_entry_first_seen(entry));
  g_autofree char *issued = when_to_text(tlspin_entry_issued(entry));

  sheet_add(sheet, _("Server"), is_tls(entry) ? _("%s, port %u") : _("%s, port %u (%s)"),
            tlspin_entry_host(entry), tlspin_entry_port(entry), tlspin_entry_protocol(entry));
  sheet_add(sheet, _("Kind"), _("%s, %u octets, %s"), tlspin_entry_kind(entry),
            tlspin_entry_ticket_size(entry), tlspin_entry_hash(entry));
  sheet_add(sheet, _("First pinned"), "%s", first);
  sheet_add(sheet, _("Renewed"), "%s", issued);
  add_end(sheet, entry);
  add_failures(sheet, entry);
}

void entry_print(const tlspin_entry_t *entry, const struct columns_style *style)
{
  struct sheet *sheet = sheet_new();
  struct state state = state_of(entry);

  (record_is(entry) ? record_add_facts : add_ticket_facts)(sheet, entry);
  sheet_add_painted(sheet, _("State"), state.paint, state.meaning);
  add_layer(sheet, entry);
  sheet_end(sheet, style);
}

void entry_put_members(JsonBuilder *builder, const tlspin_entry_t *entry)
{
  json_put_text(builder, "host", tlspin_entry_host(entry));
  json_put_text(builder, "protocol", tlspin_entry_protocol(entry));
  json_put_number(builder, "port", tlspin_entry_port(entry));
  json_put_text(builder, "kind", tlspin_entry_kind(entry));
  json_put_text(builder, "layer", tlspin_entry_layer(entry));
  json_put_text(builder, "state", tlspin_entry_state(entry));
  json_put_text(builder, "lock", tlspin_entry_lock(entry));
  json_put_time(builder, "first-seen", tlspin_entry_first_seen(entry));
  json_put_time(builder, "expires", tlspin_entry_expires(entry));
  if (record_is(entry)) {
    record_put_members(builder, entry);
    return;
  }
  json_put_text(builder, "hash", tlspin_entry_hash(entry));
  json_put_number(builder, "ticket-size", tlspin_entry_ticket_size(entry));
  json_put_time(builder, "issued", tlspin_entry_issued(entry));
  json_put_number(builder, "failures", tlspin_entry_failures(entry));
  json_put_text(builder, "failure-reason", tlspin_entry_failure_reason(entry));
  json_put_time(builder, "failed", tlspin_entry_failed(entry));
}

JsonBuilder *entry_to_json(const tlspin_entry_t *entry)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  entry_put_members(builder, entry);
  return json_builder_end_object(builder);
}
