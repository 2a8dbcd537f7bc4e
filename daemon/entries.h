/* Entries of the store as dictionaries of org.tlspin.Admin1.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ENTRIES_H
#define ENTRIES_H

#include "daemon/catalogue.h"

#include <dbus/dbus.h>

/* An array of them in a reply. */
struct entries {
  DBusMessageIter array;
  bool filled; /* false: no memory */
};

void entries_open(struct entries *entries, DBusMessageIter *parent);

/* A policy_visit: appends an entry to the struct entries. */
void entries_append(const struct policy_entry *entry, void *entries);

/* False without memory. */
bool entries_close(struct entries *entries, DBusMessageIter *parent);

#endif
