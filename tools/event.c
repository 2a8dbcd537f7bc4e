/* One event of the log: see event.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/event.h"

#include "common/text.h"
#include "tools/thing.h"
#include "tools/when.h"

#include <inttypes.h>

enum { INDENT = 4 };

static const struct kind {
  const char *kind;
  const char *reason; /* NULL: any */
  const char *text;
  const char *because; /* NULL: thing_reason says it */
  enum paint paint;
} kinds[] = {
    {"mismatch", NULL, N_("refused"), NULL, PAINT_BAD},
    {"reported", NULL, N_("only reported"), NULL, PAINT_WARNING},
    {"change", NULL, N_("a change was accepted"), NULL, PAINT_GOOD},
    {"accepted", NULL, N_("a program had its user accept another key"), NULL, PAINT_WARNING},
    {"crowded", NULL, N_("a key could not be learned"),
     N_("too many were learned of this server before"), PAINT_WARNING},
    {"exception", NULL, N_("an exception was used"), NULL, PAINT_WARNING},
    {"hpkp", "removed", N_("the pins of HPKP were removed"), N_("the server had them forgotten"),
     PAINT_WARNING},
    {"hpkp", "replaced", N_("the pins of HPKP were replaced"),
     N_("the server gave other ones, or fewer, or an earlier end"), PAINT_WARNING},
    {"hpkp", NULL, N_("HPKP was violated"), NULL, PAINT_WARNING},
};

/* NULL: the daemon is newer. */
static const struct kind *find_kind(const tlspin_entry_t *event)
{
  for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (thing_is(event, "kind", kinds[i].kind) &&
        (kinds[i].reason == NULL || thing_is(event, "reason", kinds[i].reason)))
      return &kinds[i];
  return NULL;
}

static char *kind_text(const tlspin_entry_t *event, bool coloured)
{
  const struct kind *kind = find_kind(event);

  return kind != NULL ? output_paint(_(kind->text), kind->paint, coloured)
                      : output_clean(thing_text(event, "kind"));
}

static const char *reason_text(const tlspin_entry_t *event)
{
  const struct kind *kind = find_kind(event);

  return kind != NULL && kind->because != NULL ? _(kind->because) : thing_reason(event);
}

static void write_first(const tlspin_entry_t *event, const struct columns_style *style)
{
  g_autofree char *when = when_to_text(thing_number(event, "last"));
  g_autofree char *host = output_clean(thing_text(event, "host"));
  g_autofree char *kind = kind_text(event, style->coloured);
  g_autofree char *line =
      g_strdup_printf("%s  %s:%u  %s\n", when, host, (unsigned)thing_number(event, "port"), kind);

  style->write(line, style->data);
}

static void write_reason(const tlspin_entry_t *event, const struct columns_style *style)
{
  unsigned long count = (unsigned long)thing_number(event, "count");
  const char *layer = thing_text(event, "layer");
  GString *line = g_string_new(reason_text(event));

  if (layer[0] != '\0' && strcmp(layer, "user") != 0)
    g_string_append_printf(line, _(" (by %s)"), layer);
  if (count > 1)
    g_string_append_printf(line, text_translate_count(", %lu time", ", %lu times", count), count);
  columns_paragraph(style, INDENT, line->str);
  g_string_free(line, TRUE);
}

/* As it calls itself. */
static void write_program(const tlspin_entry_t *event, const struct columns_style *style)
{
  g_autofree char *program = output_clean(thing_text(event, "program"));
  g_autofree char *line = g_strdup_printf(_("told by %s"), program);

  if (program[0] != '\0')
    columns_paragraph(style, INDENT, line);
}

/* What takes it back. */
static void write_undo(const tlspin_entry_t *event, const struct columns_style *style)
{
  uint64_t operation = thing_number(event, "operation");
  g_autofree char *line = g_strdup_printf("tlspin undo %" PRIu64, operation);

  if (operation != 0)
    columns_paragraph(style, INDENT, line);
}

/* It has to see what the server shows: what is stored alone says nothing of that. */
static char *why_command(const tlspin_entry_t *event)
{
  const char *way = thing_is(event, "protocol", "dtls") ? "--dtls" : "--connect";

  return g_strdup_printf("tlspin why %s %s:%u", way, thing_text(event, "host"),
                         (unsigned)thing_number(event, "port"));
}

/* A mismatch names the command that says more, and what would mend it. So does what a program made
 * of one. */
void event_print(const tlspin_entry_t *event, const struct columns_style *style)
{
  const char *key = thing_text(event, "key");
  g_autofree char *why = why_command(event);
  g_autofree char *showed = g_strdup_printf(_("it showed %s"), key);

  write_first(event, style);
  write_reason(event, style);
  if (key[0] != '\0')
    columns_paragraph(style, INDENT, showed);
  write_program(event, style);
  if (thing_is(event, "kind", "mismatch") || thing_is(event, "kind", "accepted"))
    columns_paragraph(style, INDENT, why);
  write_undo(event, style);
}

/* A report that can't be read as JSON is left as text: it is still what was logged. */
static void put_report(JsonBuilder *builder, const char *report)
{
  g_autoptr(JsonParser) parser = json_parser_new();

  if (report[0] == '\0' || !json_parser_load_from_data(parser, report, -1, NULL)) {
    json_put_text(builder, "report", report);
    return;
  }
  json_builder_set_member_name(builder, "report");
  json_builder_add_value(builder, json_node_copy(json_parser_get_root(parser)));
}

static void put_operation(JsonBuilder *builder, uint64_t operation)
{
  if (operation != 0)
    json_put_number(builder, "operation", operation);
  else
    json_put_text(builder, "operation", NULL);
}

void event_put_members(JsonBuilder *builder, const tlspin_entry_t *event)
{
  json_put_number(builder, "id", thing_number(event, "id"));
  json_put_time(builder, "made", thing_number(event, "made"));
  json_put_time(builder, "last", thing_number(event, "last"));
  json_put_number(builder, "count", thing_number(event, "count"));
  json_put_text(builder, "kind", thing_text(event, "kind"));
  json_put_text(builder, "host", thing_text(event, "host"));
  json_put_text(builder, "protocol", thing_text(event, "protocol"));
  json_put_number(builder, "port", thing_number(event, "port"));
  json_put_text(builder, "reason", thing_text(event, "reason"));
  json_put_text(builder, "layer", thing_text(event, "layer"));
  json_put_text(builder, "key", thing_text(event, "key"));
  put_report(builder, thing_text(event, "report"));
  json_put_text(builder, "program", thing_text(event, "program"));
  put_operation(builder, thing_number(event, "operation"));
}

JsonBuilder *event_to_json(const tlspin_entry_t *event)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  event_put_members(builder, event);
  return json_builder_end_object(builder);
}
