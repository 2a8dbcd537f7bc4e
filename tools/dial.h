/* A TCP connection to a server, within a time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef DIAL_H
#define DIAL_H

#include <gio/gio.h>

/* Looks the host up and connects to its addresses, the next one without waiting long for the one
 * before (RFC 8305), never through a proxy. host: a name or an address without brackets. deadline:
 * of g_get_monotonic_time. The descriptor inside doesn't block. NULL and error: it didn't work, or
 * the time was over. To be freed with g_object_unref. */
GSocketConnection *dial(const char *host, guint16 port, gint64 deadline, GError **error);

/* "192.0.2.7", the address that the connection leads to; to be freed by the caller. */
char *dial_address(GSocketConnection *connection);

#endif
