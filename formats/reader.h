/* Pins as other programs keep them: who reads which file, and what comes out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A reader takes octets and gives records and remarks; it opens no file and knows no clock, and
 * the same octets give the same answers. Files are taken as hostile. Of a line
 * that can't be used a remark says so, with what to do about it, and the rest goes on; a file that
 * is broken as a whole (XML that ends in its middle, say) is refused.
 */
#ifndef FORMATS_READER_H
#define FORMATS_READER_H

#include "pinning/keypin.h"

#include <glib.h>

enum remark {
  REMARK_NOTE,    /* taken, but not quite as it stands in the file */
  REMARK_SKIPPED, /* this can't be used; the rest goes on */
  REMARK_REFUSED  /* the file as a whole can't be used */
};

/* Told of a record, which is valid for the call. line: from 1; 0: none in particular. */
typedef void (*reading_record)(const struct keypin *pin, size_t line, void *data);

/* A remark: a sentence for the user, or several, without control characters. */
typedef void (*reading_told)(size_t line, enum remark remark, const char *text, void *data);

struct reading {
  int64_t now;            /* seconds since 1970 */
  bool critical;          /* keys that the user accepted become critical pins, not active ones */
  int64_t exceptions_end; /* exceptions end by then at the latest */
  const struct place *places; /* what the user named: for whom keys without a host are, or which
                                 hosts are meant where only a digest of their names is kept */
  size_t place_count;
  const struct span *spkis; /* of which a digest may be all that is kept */
  size_t spki_count;
  reading_record record;
  reading_told remark;
  void *data; /* of the two functions */
};

struct format {
  const char *name;  /* "known-hosts" */
  const char *title; /* for gettext */
  bool takes_places; /* what the user names counts: the file doesn't say for which hosts it is */
  bool policy_only;  /* what is in it is policy, and not to be stored as the user's */
  bool (*detect)(struct span octets);
  bool (*read)(const struct reading *reading, struct span octets);
};

/* The formats, up to one whose name is NULL. */
extern const struct format formats[];

/* NULL where no format has the name. */
const struct format *format_of_name(const char *name);

/* By its contents; NULL where none looks like it. */
const struct format *format_of_octets(struct span octets);

/* Reads all of it. False where the file was refused: then no record counts that was told of. */
bool format_read(const struct format *format, const struct reading *reading, struct span octets);

/* For readers. */

/* Makes a remark. The text is a translated format. */
void reading_remark(const struct reading *reading, size_t line, enum remark remark,
                    const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Passes a record on. */
void reading_put(const struct reading *reading, size_t line, const struct keypin *pin);

/* The place that is this host, with a port or 0 for any. False after a remark where the host is
 * none. */
bool reading_place(const struct reading *reading, size_t line, struct span host, uint16_t port,
                   struct place *place);

/* A record of a key that the user accepted. */
struct keypin reading_accepted(const struct reading *reading, const struct place *place);

/* Brings the end of an exception nearer where it is too far off, which is said. */
void reading_limit(const struct reading *reading, size_t line, struct keypin *exception);

/* A record of an exception, by the SHA-256 of a certificate. until: 0 where it has no end in the
 * file; an end that is too far off is brought nearer, which is said. */
struct keypin reading_exception(const struct reading *reading, size_t line,
                                const struct place *place, unsigned errors, int64_t until);

#endif
