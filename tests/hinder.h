/* A file that can't be read now.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For programs that are linked with $(hinder_ldflags). */
#ifndef HINDER_H
#define HINDER_H

/* What our own code reads of this file from now on fails as on a disk that does (EIO), after so
 * many reads of it that don't; NULL: of no file. */
void hinder(const char *path, unsigned reads);

#endif
