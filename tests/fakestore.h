/* What tests/fakepins.c says about the store: Status, Doctor, Acknowledge, Backup and Restore.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FAKESTORE_H
#define FAKESTORE_H

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stddef.h>

/* Fills the reply to a method of this file. False: it is of none. */
bool fakestore_answer(DBusMessage *call, DBusMessage *reply);

/* A line for the log about such a call. */
void fakestore_note(DBusMessage *call, char *line, size_t size);

#endif
