/* One file of policy text, read group by group, with the line of everything.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The syntax is that of GKeyFile, which gives the values. It knows no lines, and it joins groups
 * of one name, lets the later of two keys win, drops keys in other languages and cuts a value at a
 * NUL, all without a word. So the lines are looked at here first: what can't be meant is a finding,
 * and GKeyFile sees one group at a time and only lines that are as they should be.
 *
 * A file may hold any octets and be of any size; only one group of it is in memory.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "policy/section.h"
#include "policy/sourceline.h"
#include "policy/trust.h"

enum { SOURCE_GROUP_MAX = 4 << 20 }; /* octets of a group; SOURCE_LINE_MAX is that of a line */

struct source;

/* path: kept by reference. NULL: after a finding. */
struct source *source_open(const char *path, enum trust trust, struct findings *findings);
void source_close(struct source *source);

/* The next group that can be used; its texts are the source's, until the next one is read. False at
 * the end, or where the file can't be read any further (a finding). What is wrong with the lines in
 * between and with its own was found then; a line that can't be used is left out. */
bool source_next(struct source *source, struct section *section);

/* Goes to a group that was read before, by its offset and line; source_next reads it next. */
void source_seek(struct source *source, int64_t offset, unsigned line);

#endif
