/* Records that are written as policy text, and what is told of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TESTS_WRITTEN_H
#define TESTS_WRITTEN_H

#include "formats/reader.h"

#include <glib.h>

#define B11                      "ERERERERERERERERERERERERERERERERERERERERERE="
#define B22                      "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI="
#define GROUP(host, pins, level) "[" host "]\npins=" pins ";\nlevel=" level "\nstatus=critical\n"
#define LEARNED                                                                                    \
  "Learned keys become critical, as policy knows no changes of a key that are accepted: pin the "  \
  "next one before a server has it.\n"
#define UNSAID                                                                                     \
  ": no group can say what its pins say together without accepting more than they do; nothing of " \
  "it is written but keys that are blocked. Clear some of them, or write the group by hand.\n"

enum { WRITTEN_NOW = 2 };

/* What was told since the test began: the line, whether it is skipped, the sentence. */
extern GString *written_told;
extern bool written_whole; /* what the last one was */

/* For cmocka. */
int written_setup(void **state);
int written_teardown(void **state);

/* A remark; data: a GString. */
void written_remark(size_t line, enum remark remark, const char *text, void *data);

/* Of the user; with a key of these octets, but for a mode. */
struct keypin record_at(const char *text, enum keypin_kind kind, enum keypin_status status,
                        uint8_t octet);

/* A pin of an origin, as the store has it. */
struct keypin pin_of(const char *text, enum keypin_origin origin, enum keypin_status status,
                     uint8_t octet);

/* until: as policy_text_new takes it. The records are of the lines 1, 2 ... */
void assert_written(const struct keypin *pins, size_t count, int64_t until, const char *expected);

#endif
