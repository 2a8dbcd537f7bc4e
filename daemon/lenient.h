/* The rows of a store that let more through than there would be without them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where pins are lost the answers say so, but what opts out or excuses decides before that is
 * asked. A row that does, and that was made up or withdrawn by the user, would so open what he
 * thinks is closed: without a proof it is not kept. One that only restricts may be.
 */
#ifndef LENIENT_H
#define LENIENT_H

#include "daemon/sift.h"

/* Whether a row of a user's store lets more through: a mode "off", an exception, an active key that
 * was not learned, of the settings that are recalled all but those that are as strict as can be;
 * and an image of such a record, which an undo or a draft would bring back. */
bool lenient_row(enum table_id table, const struct cell *cells);

/* Whether a row of a user's store may let more through beside the records of its place: a ticket,
 * whose proof excuses another key than theirs, and a record, but for what is rejected and a mode
 * "on". A key that is but history excuses a change to it. */
bool lenient_beside(enum table_id table, const struct cell *cells);

/* Whether just this row, which lets more through, is to be kept. */
typedef sift_unwanted lenient_confirm;

/* Drops the rows that let more through by themselves and that nobody confirms; *count: how many.
 * False: one could not be read, or not dropped. */
bool lenient_drop(struct rebuild *rebuild, lenient_confirm confirm, void *data, uint64_t *count);

#endif
