/* Chains that were seen with keys, as dictionaries in the form that List and Put share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SEEN_H
#define SEEN_H

#include "pinning/chain.h"

#include <dbus/dbus.h>

/* Puts the value "chain" into a dictionary, where the octets are an encoded chain with anything in
 * it. False without memory. */
bool seen_put(DBusMessageIter *dict, struct span octets);

/* Reads the dictionaries of such a value, from the first on. *seen: points into `octets`. Returns
 * NULL, or a translated sentence about what is wrong. */
const char *seen_read(DBusMessageIter *dicts, uint8_t octets[CHAIN_SEEN_MAX], struct span *seen);

#endif
