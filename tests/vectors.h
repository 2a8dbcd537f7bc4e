/* Test vectors from JSON files: what the kinds of files share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading is sticky: the first thing that is missing or of another type sets `wrong`, after which
 * every getter returns something empty; so a kind reads on and the driver asks once.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include "common/bytes.h"

#include <json-glib/json-glib.h>
#include <stdbool.h>

struct vectors {
  char *wrong; /* NULL, or why the file is not of the form */
  unsigned passed, failed, ignored;
  GPtrArray *octets; /* what the spans point into */
};

/* One for each kind of file. */
typedef void vectors_kind(struct vectors *v, JsonObject *root);
vectors_kind vectors_hosts, vectors_hpkp, vectors_rfc8448, vectors_ticket, vectors_tlsa;

/* Members of an object. The spans live as long as v. */
bool vectors_has(JsonObject *object, const char *name);
JsonObject *vectors_object(struct vectors *v, JsonObject *object, const char *name);
JsonArray *vectors_array(struct vectors *v, JsonObject *object, const char *name);
const char *vectors_text(struct vectors *v, JsonObject *object, const char *name);
bool vectors_flag(struct vectors *v, JsonObject *object, const char *name);

/* A whole number that is not negative. One that is greater than INT64_MAX becomes INT64_MAX. */
gint64 vectors_number(struct vectors *v, JsonObject *object, const char *name);

/* The octets of a hexadecimal member. */
struct span vectors_hex(struct vectors *v, JsonObject *object, const char *name);

/* The octets of a text, with what only JSON can write in it: \u0000, and lone surrogates, which
 * become octets that are no UTF-8. */
struct span vectors_octets(struct vectors *v, JsonObject *object, const char *name);

/* The elements of an array that are objects; NULL, and the file is not of the form, for another
 * one. */
JsonObject *vectors_element(struct vectors *v, JsonArray *array, guint i);

/* Says that the file is not of the form. */
void vectors_wrong(struct vectors *v, const char *name, const char *what);

/* One case is done; a failed one is printed. name: of the case. */
void vectors_result(struct vectors *v, bool passed, const char *name, const char *found,
                    const char *expected);

/* The same, for octets. found: size 0 where there is nothing. */
void vectors_compare(struct vectors *v, const char *name, struct span found, struct span expected);

/* Prepares a JSON text for vectors_octets. Freed by the caller. */
char *vectors_prepare(const char *text);

#endif
