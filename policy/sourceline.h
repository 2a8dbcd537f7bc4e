/* A line of policy text: what it may be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SOURCELINE_H
#define SOURCELINE_H

#include "policy/finding.h"

enum { SOURCE_LINE_MAX = 1 << 20 }; /* octets */

/* What no line may hold: false, after a finding. The mark at the beginning of a file is found, too,
 * and taken out. overlong: there was more of the line. */
bool sourceline_check(GString *line, bool overlong, struct spot spot, struct findings *findings);

/* "[NAME]", and nothing behind it but blanks. False: after a finding; *name stays. */
bool sourceline_heading(const char *line, struct spot spot, struct findings *findings,
                        GString *name);

/* How many octets of the line "KEY=VALUE" are the name of the key; 0: it is no such line, which was
 * found. */
size_t sourceline_key(const char *line, struct spot spot, struct findings *findings);

#endif
