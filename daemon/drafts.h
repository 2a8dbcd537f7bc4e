/* Whose the drafts are: callers that have begun an operation and not yet finished it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A draft is over when the caller finishes it, takes it back, or leaves the bus, however that
 * comes. Nobody else may go on with it.
 */
#ifndef DRAFTS_H
#define DRAFTS_H

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>

struct drafts;

/* Told of each draft whose caller has left; it is forgotten then. */
typedef void (*drafts_left)(void *data, uint64_t operation);

/* The connection must be attached to the main loop, and outlive them. NULL: there is no bus, and
 * nobody is watched. */
struct drafts *drafts_new(DBusConnection *connection, drafts_left left, void *data);

/* Tells nobody of those that are left. The connection must not be dispatched any more. */
void drafts_free(struct drafts *drafts);

/* The caller, a unique name on the bus, has begun an operation; from now on the bus is asked about
 * it. One that is known already stays whose it is. */
void drafts_begin(struct drafts *drafts, const char *caller, uint64_t operation);

/* It is finished, or was taken back. */
void drafts_end(struct drafts *drafts, uint64_t operation);

/* Whether the operation is a draft of the caller's; and whether there are any. */
bool drafts_has(const struct drafts *drafts, const char *caller, uint64_t operation);
bool drafts_any(const struct drafts *drafts);

/* A caller can't have more than these at once. */
enum { DRAFTS_EACH = 4 };
unsigned drafts_count(const struct drafts *drafts, const char *caller);

#endif
