/* JSON on standard output, with json-glib.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Always UTF-8, whatever the locale is. What isn't there is null, so that keys are stable. After a
 * failure there is a document, too: json_print_failure.
 */
#ifndef JSON_H
#define JSON_H

#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Members of the object that the builder has open. */
void json_put_text(JsonBuilder *builder, const char *key, const char *text); /* NULL, "": null */
void json_put_number(JsonBuilder *builder, const char *key, uint64_t number);
void json_put_flag(JsonBuilder *builder, const char *key, bool flag);
void json_put_time(JsonBuilder *builder, const char *key, uint64_t seconds); /* 0: null */

/* Writes what was built as a document, and frees the builder. */
void json_print(JsonBuilder *builder);

/* The same on one line, for a stream of them. */
void json_print_line(JsonBuilder *builder);

/* Writes text that is JSON already. */
void json_print_text(const char *text);

/* Writes {"error": TEXT} with what was complained about first, where nothing was written yet. */
void json_print_failure(void);

/* An array that is written element by element, so that one of any length takes little memory. */
struct json_array {
  bool any; /* something was written */
};

/* Writes what was built as the next element, and frees the builder. */
void json_array_add(struct json_array *array, JsonBuilder *builder);

/* Ends the array; one without elements is written as such, unless the status tells that it isn't
 * known whether there are any: then nothing is, and json_print_failure has its turn. */
void json_array_end(struct json_array *array, int status);

#endif
