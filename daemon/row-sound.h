/* Whether a row that has its digest right is one that tlspin writes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ROW_SOUND_H
#define ROW_SOUND_H

#include "daemon/cell.h"
#include "daemon/store.h"

/* Whether the columns, whose types are those of the table, may stand in a store of the kind. What
 * has its digest right and is none was not damaged by chance. */
bool row_is_sound(enum table_id table, const struct cell *cells, enum store_kind kind);

#endif
