/* tlspin's own dump of records: see tlspin-formats(5).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * JSON, an object a line: a first line that says what it is, one a record, and a last line with
 * their number and the SHA-256 of all before it. The same records give the same octets. The first
 * line says what is left out: tickets, since they hold secrets. Members that a reader doesn't know
 * are passed over: a dump of before, which has no chains, and one of later are both read.
 */
#ifndef FORMATS_DUMP_H
#define FORMATS_DUMP_H

#include "formats/reader.h"

bool dump_detect(struct span octets);
bool dump_read(const struct reading *reading, struct span octets);

typedef void (*dump_sink)(const char *line, void *data);

struct dump;

/* Writes the first line. sink: is given whole lines with their line feeds. */
struct dump *dump_begin(dump_sink sink, void *data);

void dump_put(struct dump *dump, const struct keypin *pin);

/* Frees. whole: all records were written, so that the last line may be. */
void dump_end(struct dump *dump, bool whole);

#endif
