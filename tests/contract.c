/* Introspection data as lines: see contract.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

struct summary {
  GString *text;
  int nodes; /* that are open */
};

static void add_argument(GString *text, const char **names, const char **values, GError **error)
{
  const char *name, *type, *direction;

  if (g_markup_collect_attributes("arg", names, values, error, G_MARKUP_COLLECT_STRING, "name",
                                  &name, G_MARKUP_COLLECT_STRING, "type", &type,
                                  G_MARKUP_COLLECT_STRING | G_MARKUP_COLLECT_OPTIONAL, "direction",
                                  &direction, G_MARKUP_COLLECT_INVALID))
    g_string_append_printf(text, "  %s %s %s\n", direction != NULL ? direction : "-", name, type);
}

/* Something that has a name and nothing else. */
static void add_named(GString *text, const char *indent, const char *element, const char **names,
                      const char **values, GError **error)
{
  const char *name;

  if (g_markup_collect_attributes(element, names, values, error, G_MARKUP_COLLECT_STRING, "name",
                                  &name, G_MARKUP_COLLECT_INVALID))
    g_string_append_printf(text, "%s%s %s\n", indent, element, name);
}

/* The outermost node may say its own name or not. */
static void on_start(GMarkupParseContext *context, const char *element, const char **names,
                     const char **values, gpointer data, GError **error)
{
  struct summary *summary = data;

  (void)context;
  if (strcmp(element, "node") == 0) {
    if (summary->nodes++ > 0)
      add_named(summary->text, "", element, names, values, error);
  } else if (strcmp(element, "interface") == 0) {
    add_named(summary->text, "", element, names, values, error);
  } else if (strcmp(element, "method") == 0 || strcmp(element, "signal") == 0) {
    add_named(summary->text, " ", element, names, values, error);
  } else if (strcmp(element, "arg") == 0) {
    add_argument(summary->text, names, values, error);
  } else {
    g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_UNKNOWN_ELEMENT, "<%s>", element);
  }
}

static void on_end(GMarkupParseContext *context, const char *element, gpointer data, GError **error)
{
  struct summary *summary = data;

  (void)context;
  (void)error;
  if (strcmp(element, "node") == 0)
    summary->nodes--;
}

/* There is no text in the data, but what stands between the elements. */
static void on_text(GMarkupParseContext *context, const char *text, gsize size, gpointer data,
                    GError **error)
{
  (void)context;
  (void)data;
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isspace(text[i])) {
      g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, "%.*s", (int)size, text);
      return;
    }
}

char *contract_summary(const char *xml)
{
  static const GMarkupParser parser = {
      .start_element = on_start, .end_element = on_end, .text = on_text};
  struct summary summary = {g_string_new(NULL), 0};
  GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &summary, NULL);
  GError *error = NULL;

  if (!g_markup_parse_context_parse(context, xml, -1, &error) ||
      !g_markup_parse_context_end_parse(context, &error))
    fail_msg("%s", error->message);
  g_markup_parse_context_free(context);
  return g_string_free(summary.text, FALSE);
}
