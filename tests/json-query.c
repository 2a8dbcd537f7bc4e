/* Asks a JSON document on standard input, for scripts.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   json-query PATH
 *
 * PATH is a JSONPath expression ("$[*].host"). Prints each match on a line of its own: strings as
 * they are, anything else as JSON; the keys of an object in their order behind "$keys". Exits with
 * 1 where standard input is not exactly one JSON document. */
#include "config.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_NOT_JSON = 1, EXIT_MISUSE = 99 };

static void fail(int status, const char *what)
{
  fprintf(stderr, "json-query: %s\n", what);
  exit(status);
}

static GString *read_all(void)
{
  GString *text = g_string_new(NULL);
  char octets[4096];
  size_t size;

  while ((size = fread(octets, 1, sizeof octets, stdin)) > 0)
    g_string_append_len(text, octets, (gssize)size);
  if (!g_utf8_validate_len(text->str, text->len, NULL))
    fail(EXIT_NOT_JSON, "not UTF-8");
  return text;
}

static void print_keys(JsonNode *node)
{
  GList *keys;

  if (!JSON_NODE_HOLDS_OBJECT(node))
    fail(EXIT_MISUSE, "only an object has keys");
  keys = json_object_get_members(json_node_get_object(node));
  for (GList *key = keys; key != NULL; key = key->next)
    puts(key->data);
  g_list_free(keys);
}

static void print_node(JsonArray *array, guint index, JsonNode *node, gpointer data)
{
  g_autofree char *text = json_to_string(node, FALSE);

  (void)array, (void)index, (void)data;
  puts(JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
           ? json_node_get_string(node)
           : text);
}

int main(int argc, char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) root = NULL, matches = NULL;
  g_autoptr(JsonParser) parser = json_parser_new_immutable();
  GString *text = read_all();

  if (argc != 2)
    fail(EXIT_MISUSE, "usage: json-query PATH");
  if (!json_parser_load_from_data(parser, text->str, (gssize)text->len, &error))
    fail(EXIT_NOT_JSON, error->message);
  root = json_parser_steal_root(parser);
  if (root == NULL)
    fail(EXIT_NOT_JSON, "nothing there");
  g_string_free(text, TRUE);
  if (strcmp(argv[1], "$keys") == 0) {
    print_keys(root);
    return EXIT_SUCCESS;
  }
  matches = json_path_query(argv[1], root, &error);
  if (error != NULL)
    fail(EXIT_MISUSE, error->message);
  json_array_foreach_element(json_node_get_array(matches), print_node, NULL);
  return EXIT_SUCCESS;
}
