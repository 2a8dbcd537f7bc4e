/* JSON on standard output: see json.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/json.h"

#include "tools/output.h"
#include "tools/when.h"

#include <stdio.h>

/* Some texts come from the system in the locale's character set, and some from a server. */
void json_put_text(JsonBuilder *builder, const char *key, const char *text)
{
  json_builder_set_member_name(builder, key);
  if (text == NULL || text[0] == '\0') {
    json_builder_add_null_value(builder);
  } else {
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    json_builder_add_string_value(builder, valid);
  }
}

/* JSON's integers are signed here; what is beyond has no meaning in any key of ours. */
void json_put_number(JsonBuilder *builder, const char *key, uint64_t number)
{
  json_builder_set_member_name(builder, key);
  json_builder_add_int_value(builder, number <= G_MAXINT64 ? (gint64)number : G_MAXINT64);
}

void json_put_flag(JsonBuilder *builder, const char *key, bool flag)
{
  json_builder_set_member_name(builder, key);
  json_builder_add_boolean_value(builder, flag);
}

void json_put_time(JsonBuilder *builder, const char *key, uint64_t seconds)
{
  g_autofree char *text = when_to_rfc3339(seconds);

  json_put_text(builder, key, text);
}

/* JSON leaves C1 controls and marks that turn the direction of writing as they are; to a terminal
 * they are commands, and they may come from a server's certificate. Only strings hold any, so that
 * the escape is right wherever it stands. */
static char *escape(const char *text)
{
  GString *escaped = g_string_new(NULL);

  for (const char *next = text; *next != '\0'; next = g_utf8_next_char(next)) {
    gunichar c = g_utf8_get_char(next);
    glong units = 0;
    g_autofree gunichar2 *utf16 = NULL;

    if (c == '\n' || output_is_harmless(c)) {
      g_string_append_unichar(escaped, c);
      continue;
    }
    utf16 = g_ucs4_to_utf16(&c, 1, NULL, &units, NULL);
    for (glong i = 0; i < units; i++)
      g_string_append_printf(escaped, "\\u%04x", utf16[i]);
  }
  return g_string_free(escaped, FALSE);
}

static bool written;

void json_print_text(const char *text)
{
  written = true;
  fputs(text, stdout);
}

static void write_root(JsonBuilder *builder, bool pretty)
{
  g_autoptr(JsonGenerator) generator = json_generator_new();
  g_autoptr(JsonNode) root = json_builder_get_root(builder);
  g_autofree char *text = NULL, *escaped = NULL;

  json_generator_set_pretty(generator, pretty);
  json_generator_set_root(generator, root);
  text = json_generator_to_data(generator, NULL);
  escaped = escape(text);
  json_print_text(escaped);
  g_object_unref(builder);
}

void json_print(JsonBuilder *builder)
{
  write_root(builder, true);
  putchar('\n');
}

void json_print_line(JsonBuilder *builder)
{
  write_root(builder, false);
  putchar('\n');
}

/* An element a line, which is whole before the next one is thought of. */
void json_array_add(struct json_array *array, JsonBuilder *builder)
{
  putchar(array->any ? ',' : '[');
  array->any = true;
  write_root(builder, false);
  putchar('\n');
}

void json_array_end(struct json_array *array, int status)
{
  if (!array->any && status != STATUS_FINE && status != STATUS_NOT_FOUND)
    return;
  json_print_text(array->any ? "]\n" : "[]\n");
}

void json_print_failure(void)
{
  JsonBuilder *builder;

  if (written)
    return;
  builder = json_builder_new();
  json_builder_begin_object(builder);
  json_put_text(builder, "error", output_problem());
  json_print(json_builder_end_object(builder));
}
