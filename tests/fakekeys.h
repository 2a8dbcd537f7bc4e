/* What tests/fakepins.c says about keys, and the options that it gets for it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FAKEKEYS_H
#define FAKEKEYS_H

#include "dbus/keys.h"

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stddef.h>

/* The value of an option of fakepins. */
const char *fake_option(const char *key);
unsigned long fake_number(const char *key);
bool fake_is(const char *key, const char *value);

/* The keys of a lookup for a host; static. */
const struct bus_key *fakekeys(const char *host, size_t *count);

/* Fills the reply to a method of this file. False: it is of none. */
bool fakekeys_answer(DBusMessage *call, DBusMessage *reply);

/* A line for the log about such a call. */
void fakekeys_note(DBusMessage *call, char *line, size_t size);

/* Sends the signal that the option wants, if any. */
void fakekeys_signal(DBusConnection *bus);

#endif
