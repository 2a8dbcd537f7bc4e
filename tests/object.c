/* The methods of an object on the bus: see object.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/object.h"

#include <string.h>

struct parser {
  const struct object *object;
  GPtrArray *methods;
  char *interface;
};

static const char *attribute(const char *wanted, const char **names, const char **values)
{
  for (size_t i = 0; names[i] != NULL; i++)
    if (strcmp(names[i], wanted) == 0)
      return values[i];
  return "";
}

static void add_method(const struct parser *parser, const char *name)
{
  struct method *method = g_new0(struct method, 1);

  method->object = parser->object;
  method->interface = g_strdup(parser->interface);
  method->name = g_strdup(name);
  method->in = g_string_new(NULL);
  method->out = g_string_new(NULL);
  method->arguments = g_ptr_array_new();
  g_ptr_array_add(parser->methods, method);
}

/* Only those of methods have a direction. */
static void add_argument(struct method *method, const char **names, const char **values)
{
  const char *direction = attribute("direction", names, values);
  const char *type = attribute("type", names, values);

  if (strcmp(direction, "in") == 0) {
    g_string_append(method->in, type);
    g_ptr_array_add(method->arguments, g_strdup(attribute("name", names, values)));
  } else if (strcmp(direction, "out") == 0) {
    g_string_append(method->out, type);
  }
}

static void on_element(GMarkupParseContext *context, const char *element, const char **names,
                       const char **values, void *data, GError **error)
{
  struct parser *parser = data;

  (void)context, (void)error;
  if (strcmp(element, "interface") == 0) {
    g_free(parser->interface);
    parser->interface = g_strdup(attribute("name", names, values));
  } else if (strcmp(element, "method") == 0) {
    add_method(parser, attribute("name", names, values));
  } else if (strcmp(element, "arg") == 0 && parser->methods->len > 0) {
    add_argument(parser->methods->pdata[parser->methods->len - 1], names, values);
  }
}

bool object_methods(const struct object *object, const char *xml, GPtrArray *methods)
{
  const GMarkupParser functions = {.start_element = on_element};
  struct parser parser = {object, methods, NULL};
  g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&functions, 0, &parser, NULL);
  guint before = methods->len;
  bool parsed = g_markup_parse_context_parse(context, xml, -1, NULL);

  g_free(parser.interface);
  return parsed && methods->len > before;
}
