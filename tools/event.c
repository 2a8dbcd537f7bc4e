/* One event of the log: see event.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/event.h"

#include "common/text.h"
#include "tools/thing.h"
#include "tools/when.h"

#include <string.h>

enum { INDENT = 4 };

static const struct {
  const char *kind;
  const char *text;
  enum paint paint;
} kinds[] = {
    {"mismatch", N_("refused"), PAINT_BAD},
    {"reported", N_("only reported"), PAINT_WARNING},
    {"change", N_("a change was accepted"), PAINT_GOOD},
    {"exception", N_("an exception was used"), PAINT_WARNING},
    {"hpkp", N_("HPKP was violated"), PAINT_WARNING},
};

static char *kind_text(const tlspin_entry_t *event, bool coloured)
{
  const char *kind = thing_text(event, "kind");

  for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
    if (strcmp(kinds[i].kind, kind) == 0)
      return output_paint(_(kinds[i].text), kinds[i].paint, coloured);
  return output_clean(kind);
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
  GString *line = g_string_new(thing_reason(event));

  if (layer[0] != '\0' && strcmp(layer, "user") != 0)
    g_string_append_printf(line, _(" (by %s)"), layer);
  if (count > 1)
    g_string_append_printf(line, text_translate_count(", %lu time", ", %lu times", count), count);
  columns_paragraph(style, INDENT, line->str);
  g_string_free(line, TRUE);
}

/* A mismatch names the command that says more, and what would mend it. */
void event_print(const tlspin_entry_t *event, const struct columns_style *style)
{
  const char *key = thing_text(event, "key");
  g_autofree char *why = g_strdup_printf("tlspin why %s:%u", thing_text(event, "host"),
                                         (unsigned)thing_number(event, "port"));
  g_autofree char *showed = g_strdup_printf(_("it showed %s"), key);

  write_first(event, style);
  write_reason(event, style);
  if (key[0] != '\0')
    columns_paragraph(style, INDENT, showed);
  if (thing_is(event, "kind", "mismatch"))
    columns_paragraph(style, INDENT, why);
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
}

JsonBuilder *event_to_json(const tlspin_entry_t *event)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  event_put_members(builder, event);
  return json_builder_end_object(builder);
}
