/* Calls of SQLite that fail.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For programs that are linked with $(misstep_ldflags). Of what our own code asks of SQLite: to
 * open a file, to prepare a statement, to run one, and each step of it. */
#ifndef MISSTEP_H
#define MISSTEP_H

#include <stdbool.h>

/* After so many calls from now on, one fails as on a disk that does (SQLITE_IOERR). */
void misstep_after(unsigned calls);

/* From now on none does. Whether one did. */
bool misstep_end(void);

#endif
