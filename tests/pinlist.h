/* Chromium's built-in pins, from tests/data/chromium_static_pins.json.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PINLIST_H
#define PINLIST_H

#include <json-glib/json-glib.h>
#include <stdbool.h>

struct pinlist_entry {
  const char *host;
  bool include_subdomains;
  JsonArray *pins;     /* Base64 of SHA-256 */
  JsonArray *bad_pins; /* the same */
};

/* Reads the file, whose content stays until the program's end, or ends the program. Returns struct
 * pinlist_entry. */
GArray *pinlist_read(const char *path);

#endif
