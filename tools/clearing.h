/* The command that clears some of the entries that an explanation names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLEARING_H
#define CLEARING_H

#include "libclient/tlspin-admin.h"

#include <glib.h>
#include <stdbool.h>

/* The entries that are meant, to be freed with g_ptr_array_unref. */
typedef bool (*clearing_is_meant)(const tlspin_entry_t *entry, bool decided);
GPtrArray *clearing_find(const tlspin_explanation_t *explanation, clearing_is_meant is_meant);

/* "tlspin clear ..." for these entries of the user's, quoted for a shell; several commands have &&
 * between them. It says no more than where they stand, as long as nothing else of the user's would
 * go with them but what was learned there; and of blocked keys, just these. To be freed. */
char *clearing_command(const tlspin_explanation_t *explanation, const GPtrArray *meant);

/* Whether that leaves one of the others that are meant. */
bool clearing_leaves(const tlspin_explanation_t *explanation, const GPtrArray *meant,
                     const GPtrArray *others);

/* The command for the ticket of a server. */
char *clearing_of_ticket(const tlspin_explanation_t *explanation, const char *server);

#endif
