/* The chain of a record that is stored.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PUT_CHAIN_H
#define PUT_CHAIN_H

#include "libclient/tlspin-admin.h"

#include <dbus/dbus.h>
#include <stdbool.h>

/* What libdbus couldn't carry; the daemon checks the rest. Returns the code, after a message. */
int put_chain_check(const struct tlspin_record *record);

/* Puts the chain into the record's dictionary, where there is one. False without memory. */
bool put_chain_append(DBusMessageIter *dict, const struct tlspin_record *record);

#endif
