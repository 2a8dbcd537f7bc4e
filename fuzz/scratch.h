/* A folder for the files of a fuzz target, removed at the end of the process.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It is in $TMPDIR, else in memory.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "common/bytes.h"

/* "NAME" in the folder, which is made with the first; to be freed by g_free. */
char *scratch_path(const char *name);

/* Makes the file of just these octets. */
void scratch_write(const char *path, struct span octets);

/* The octets of a file; to be freed by g_free. */
uint8_t *scratch_read(const char *path, size_t *size);

#endif
