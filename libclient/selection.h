/* Which entries are meant: struct tlspin_filter, checked and written into a message.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_SELECTION_H
#define CLIENT_SELECTION_H

#include "libclient/tlspin-admin.h"

#include <dbus/dbus.h>
#include <stdbool.h>

enum selection_use {
  SELECTION_LIST, /* `all` is not for this; nothing set means every entry */
  SELECTION_CLEAR /* one of host, pattern, since, kind, status, origin, digest, all must be set, and
                     `all` alone */
};

/* filter: NULL: any entry. Returns TLSPIN_OK; TLSPIN_E_ARGUMENT, or TLSPIN_CANNOT_BE_PINNED for an
 * address, with a last message that names the member. */
int selection_check(const struct tlspin_filter *filter, enum selection_use use);

/* Appends a filter that was checked, as a dictionary. False without memory. */
bool selection_append(DBusMessageIter *message, const struct tlspin_filter *filter);

#endif
