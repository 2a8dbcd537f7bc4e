/* What a reader makes of a file, as text that a test can compare.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A line a record or remark:
 *
 *   1 pin www.example.org:443 active import leaf sha256//... until 2147483647
 *   7 exception a.example:443 excepted import leaf 0 1 0011... unknown-issuer,name until 1000
 *   3 skipped the line is cut off. ...
 *
 * The text is the gathering's; it is freed by gather_clear.
 */
#ifndef GATHER_H
#define GATHER_H

#include "formats/reader.h"

enum { GATHER_NOW = 1796000000, GATHER_EXCEPTIONS_END = GATHER_NOW + 366 * 86400 };

struct gather {
  struct reading reading; /* `now` and the functions are set; the rest may be */
  GString *records;
  GString *remarks;
  size_t record_count;
  size_t counts[REMARK_REFUSED + 1];
  bool fine; /* what the reader returned */
};

void gather_init(struct gather *gather);

/* Reads octets, or a file of tests/data/import, in the format that has this name. */
void gather_octets(struct gather *gather, const char *format, struct span octets);
void gather_text(struct gather *gather, const char *format, const char *text);
void gather_file(struct gather *gather, const char *format, const char *name);

/* The contents of a file of tests/data/import; to be freed by g_free. */
char *gather_load(const char *name, size_t *size);

void gather_clear(struct gather *gather);

/* For cmocka: one for each test. */
extern struct gather gathered;
int gather_setup(void **state);
int gather_teardown(void **state);

/* A reader refuses the text as a whole, and a remark begins so. */
void assert_refused(const char *format, const char *text, const char *begins);

/* A record or remark is there as it stands here, but for `begins`: a line of it that begins so. */
void assert_record(const struct gather *gather, const char *begins);
void assert_remark(const struct gather *gather, const char *begins);

#endif
