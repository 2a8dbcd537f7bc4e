/* The files of policy text: NAME.conf of a folder, in the order of their names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FILES_H
#define FILES_H

#include "policy/trust.h"

#define FILES_SUFFIX ".conf"

/* places: folders and files, ending with NULL. Of a folder the files *.conf count; a file counts
 * whatever its name is. The list is in the order of the file names, in octets, which is that of
 * precedence, the lowest first; of files with one name only that of the first place counts, which
 * is a note. trust: of folders, too. may_miss: a place that isn't there is passed over. Otherwise,
 * and where a folder can't be read, there is a finding that is an error. To be freed by g_strfreev.
 */
char **files_list(const char *const *places, enum trust trust, bool may_miss,
                  struct findings *findings);

#endif
