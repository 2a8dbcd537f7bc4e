/* Writes Chromium's built-in pins as policy text.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   pinlist-policy FILE.json */
#include "config.h"

#include "tests/pinlist.h"

#include <stdio.h>
#include <stdlib.h>

static void write_list(const char *key, JsonArray *pins)
{
  for (guint i = 0; i < json_array_get_length(pins); i++)
    printf("%s%ssha256//%s", i == 0 ? key : "", i == 0 ? "=" : ";",
           json_array_get_string_element(pins, i));
  if (json_array_get_length(pins) > 0)
    putchar('\n');
}

int main(int argc, char **argv)
{
  GArray *list;

  if (argc != 2) {
    fprintf(stderr, "usage: pinlist-policy FILE.json\n");
    return EXIT_FAILURE;
  }
  list = pinlist_read(argv[1]);
  for (guint i = 0; i < list->len; i++) {
    const struct pinlist_entry *entry = &g_array_index(list, struct pinlist_entry, i);

    printf("[%s%s]\n", entry->include_subdomains ? "." : "", entry->host);
    write_list("pins", entry->pins);
    write_list("blocked", entry->bad_pins);
  }
  g_array_unref(list);
  return EXIT_SUCCESS;
}
