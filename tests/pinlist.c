/* Chromium's built-in pins: see pinlist.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinlist.h"

#include <stdio.h>
#include <stdlib.h>

GArray *pinlist_read(const char *path)
{
  GArray *list = g_array_new(FALSE, FALSE, sizeof(struct pinlist_entry));
  JsonParser *parser = json_parser_new();
  g_autoptr(GError) error = NULL;
  JsonArray *entries;

  if (!json_parser_load_from_file(parser, path, &error)) {
    fprintf(stderr, "%s: %s\n", path, error->message);
    exit(EXIT_FAILURE);
  }
  entries =
      json_object_get_array_member(json_node_get_object(json_parser_get_root(parser)), "entries");
  for (guint i = 0; i < json_array_get_length(entries); i++) {
    JsonObject *object = json_array_get_object_element(entries, i);
    struct pinlist_entry entry = {
        json_object_get_string_member(object, "host"),
        json_object_get_boolean_member(object, "include_subdomains"),
        json_object_get_array_member(object, "pins"),
        json_object_get_array_member(object, "bad_pins"),
    };

    g_array_append_val(list, entry);
  }
  return list;
}
