/* Removing a test's folder with all that is in it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <ftw.h>
#include <stdio.h>

static inline int folder_remove_one(const char *path, const struct stat *status, int type,
                                    struct FTW *ftw)
{
  (void)status;
  (void)type;
  (void)ftw;
  return remove(path);
}

/* Links are removed and not followed. */
static inline void folder_remove(const char *path)
{
  nftw(path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
