/* Arguments of D-Bus messages as words of a command line, and as lines of text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VALUES_H
#define VALUES_H

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdio.h>

/* Appends a word for each complete type of the signature, written as call.c says. False where they
 * don't fit. */
bool values_append(DBusMessage *message, const char *signature, char **words, int count);

/* A message with one dictionary, written so, at which the iterator stands; to be unreferenced. NULL
 * where it doesn't fit. */
DBusMessage *values_dict(const char *word, DBusMessageIter *iter);

/* Prints a message's arguments as call.c says. */
void values_print(FILE *out, DBusMessage *message);

#endif
