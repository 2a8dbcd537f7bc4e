/* The memory of SQLite.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SQLITE_MEMORY_H
#define SQLITE_MEMORY_H

#include <stdbool.h>

/* Has SQLite keep all that it holds in the vault: in its cache are pages with secrets, in its
 * statements copies of rows. Before SQLite is used at all; false where it was. */
bool sqlite_memory_use_vault(void);

#endif
