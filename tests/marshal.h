/* Arguments of D-Bus messages, made of octets: what they say is as hostile as their types allow.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The same octets give the same arguments. Where they end, zeros follow.
 */
#ifndef MARSHAL_H
#define MARSHAL_H

#include "common/bytes.h"

#include <dbus/dbus.h>
#include <stdbool.h>

struct marshal {
  struct reader source;
  const struct span *blobs; /* octets that mean something: certificates, say */
  size_t blob_count;
};

/* Appends a value for each complete type of the signature. name: of an argument or a key of a
 * dictionary, which mostly gets a value then that it may have; or NULL. False without memory. */
bool marshal_append(DBusMessageIter *iter, const char *name, const char *signature,
                    struct marshal *m);

/* Another signature than this, by an argument that is dropped, added, exchanged or of another type.
 * To be freed by g_free. */
char *marshal_other_signature(const char *signature, struct reader *source);

#endif
