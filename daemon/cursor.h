/* The text of a cursor: where a page of List begins.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nobody but the daemon has to understand it: LAYER/HOST/PROTOCOL/PORT after a ticket, and
 * LAYER/HOST/SCOPE/PROTOCOL/PORT/KIND/ORIGIN/LEVEL/SELECTOR/MATCHING/DIGEST after a record.
 */
#ifndef CURSOR_H
#define CURSOR_H

#include "daemon/catalogue.h"

/* Empty for no cursor. To be freed by g_free. */
char *cursor_text(const struct policy_cursor *cursor);

/* False where the text is no cursor. */
bool cursor_read(const char *text, struct policy_cursor *cursor);

#endif
