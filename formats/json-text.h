/* JSON (RFC 8259) that somebody else wrote.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_JSON_TEXT_H
#define FORMATS_JSON_TEXT_H

#include "common/bytes.h"

#include <json-glib/json-glib.h>

/* The document, to be freed by json_node_unref; NULL where it is none, lists and objects are nested
 * more than a few deep, a string holds a NUL, or an object has two members of one name: then *line
 * is where that was noticed. */
JsonNode *json_text_read(struct span text, size_t *line);

/* The same of a document that is an object. lines: receives the nodes of the lists that are its
 * members, each with the line in which it begins (GSIZE_TO_POINTER); what is neither a list nor an
 * object, with that in which the comma behind it stands. */
JsonNode *json_text_read_lines(struct span text, size_t *line, GHashTable *lines);

/* Members of an object: NULL or false where the member isn't there or is of another type. */
const char *json_text_string(JsonObject *object, const char *name);
JsonArray *json_text_array(JsonObject *object, const char *name);
JsonObject *json_text_object(JsonObject *object, const char *name);
bool json_text_number(JsonObject *object, const char *name, int64_t *number);
bool json_text_flag(JsonObject *object, const char *name, bool *flag);

#endif
