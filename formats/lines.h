/* A file, line by line.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_LINES_H
#define FORMATS_LINES_H

#include "common/bytes.h"

struct lines {
  struct span rest;
  size_t number; /* of the line that was read last, from 1 */
  bool whole;    /* it had a line feed */
};

struct lines lines_of(struct span octets);

/* The next line without its line feed and a carriage return before that. False at the end. */
bool lines_next(struct lines *lines, struct span *line);

/* What stands before the first `separator`, which is taken off `rest` together with it; all of it
 * where there is none, and *found is false. */
struct span span_cut(struct span *rest, char separator, bool *found);

/* Without blanks and tabs at both ends. */
struct span span_strip(struct span text);

/* Whether it is this text, and whether it begins with it. */
bool span_is(struct span octets, const char *text);
bool span_begins(struct span octets, const char *text);

/* Whether the text stands in it somewhere. */
bool span_holds(struct span octets, const char *text);

/* A number of decimal digits and nothing else. False where it is none, or larger than `most`. */
bool span_number(struct span text, uint64_t most, uint64_t *number);

/* Hex digits, with ':' between octets or without, of exactly so many octets. */
bool span_hex(struct span text, uint8_t *octets, size_t size);

#endif
