/* Records that a caller of Put describes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef RECORD_READ_H
#define RECORD_READ_H

#include "common/tlspin-error.h"
#include "pinning/keypin.h"

#include <dbus/dbus.h>
#include <glib.h>

/* Reads a record from the dictionary at which the iterator stands, to be cleared by keypin_clear in
 * any case. backed: whether a second key for its place comes with another call of the operation.
 * TLSPIN_E_ARGUMENT with a text that names the key. */
enum tlspin_code record_read(DBusMessageIter *iter, struct keypin *pin, bool *backed,
                             GString *problem);

#endif
