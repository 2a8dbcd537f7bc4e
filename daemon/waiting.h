/* Callers of Put whose operations are being applied: they are answered once all is stored.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WAITING_H
#define WAITING_H

#include "common/tlspin-error.h"
#include "daemon/store.h"

#include <dbus/dbus.h>
#include <glib.h>

struct waiting;

/* connection: over which they are answered; NULL: nobody is. */
struct waiting *waiting_new(DBusConnection *connection);

/* Who still waits gets no answer but that the daemon has left the bus. */
void waiting_free(struct waiting *waiting);

/* reply: of dispatch_keep, which this takes. warnings: sentences, to which others are added. */
void waiting_add(struct waiting *waiting, uint64_t operation, DBusMessage *reply,
                 GPtrArray *warnings);

/* Whether anybody waits. */
bool waiting_any(const struct waiting *waiting);

/* The operation is over: answers who waits for it. */
void waiting_over(struct waiting *waiting, const struct store_applied *applied);

/* Nothing can be stored now: answers all of them. */
void waiting_failed(struct waiting *waiting, enum tlspin_code code, const char *text);

/* Fills in the reply to a Put. */
bool waiting_fill(DBusMessage *reply, const struct store_change *change, const GPtrArray *warnings);

/* What a caller is told of an operation that is over. */
struct store_change waiting_change(const struct store_applied *applied);

#endif
