/* A file of another program that is being read, and what is said about it meanwhile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It is read twice: once to find out what is wrong with it, before anything is stored, and then to
 * store it. The same octets give the same records.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include "formats/reader.h"
#include "tools/json.h"

struct intake {
  char *name; /* of the file, for messages */
  const struct format *format;
  GBytes *bytes;
  GPtrArray *spkis;       /* GBytes, or NULL */
  GArray *spki_spans;     /* struct span */
  GArray *places;         /* struct place */
  struct reading reading; /* of it `now` and the choices are to be set after intake_open */
  unsigned records;
  unsigned long skipped; /* lines or entries that can't be used */
  unsigned long remarks; /* these, and notes */
  JsonArray *list;       /* of the remarks, with --json; else NULL */
  reading_record record; /* also told of each record, the first time through; may be NULL */
  void *data;
};

/* Opens FILE or "-". format: a name, or NULL: it is found out. certs: PEM files, or NULL. hosts:
 * HOST[:PORT]..., up to NULL. To be cleared in any case. Returns the status, after a message where
 * it isn't STATUS_FINE. */
int intake_open(struct intake *intake, const char *path, const char *format, char **certs,
                char *const *hosts);
void intake_clear(struct intake *intake);

/* The first time through; remarks are written to standard error, or kept for intake_to_json.
 * Returns the status: STATUS_USAGE where the file was refused, STATUS_NOT_FOUND where nothing of it
 * can be used. */
int intake_look(struct intake *intake);

/* The second time: without a remark. */
void intake_repeat(const struct intake *intake, reading_record record, void *data);

/* The same as intake's own: makes a remark. */
void intake_remark(size_t line, enum remark remark, const char *text, void *intake);

/* Says how many remarks were not shown, and how many lines could not be used. */
void intake_sum_up(const struct intake *intake);

/* Members "file" to "remarks" of an object that the builder has open. */
void intake_to_json(struct intake *intake, JsonBuilder *builder);

#endif
