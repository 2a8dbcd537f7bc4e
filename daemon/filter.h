/* The arguments of org.tlspin.Admin1 that say which entries are meant.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FILTER_H
#define FILTER_H

#include "daemon/store.h"

#include <dbus/dbus.h>
#include <glib.h>

struct filter {
  struct store_filter store; /* points into this struct and into the message */
  char host[HOST_MAX + 1];
  bool all;
  bool forever; /* of Clear: nothing shall be left, in any file */
};

/* Reads a filter from a dictionary. Whatever in it isn't known is an error with a text that names
 * it, so that a misspelt key never means "everything". */
enum tlspin_code filter_read(DBusMessageIter *iter, struct filter *filter, GString *problem);

/* TLSPIN_OK where the filter may be cleared by: it says which entries, or "all" and nothing else.
 */
enum tlspin_code filter_check_clear(const struct filter *filter, GString *problem);

/* TLSPIN_OK where the filter says nothing that is for Clear alone. */
enum tlspin_code filter_check_list(const struct filter *filter, GString *problem);

#endif
