/* Where the session bus is, and whether it is alive.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libdbus connects with a blocking connect(2), which waits for as long as a stopped bus's backlog
 * is full. So a bus is tried first: connected to without blocking, and spoken to. Once it has
 * answered, everybody who stood in its backlog before has been let in.
 */
#ifndef CLIENT_ADDRESS_H
#define CLIENT_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
  ADDRESS_MAX = 4,        /* entries of an address that are looked at */
  ADDRESS_TEXT_SIZE = 512 /* fits an escaped sun_path and a GUID */
};

/* An entry of an address, which is all that libdbus gets to see of it. */
struct address {
  char text[ADDRESS_TEXT_SIZE];
  struct sockaddr_un socket;
  socklen_t size;
};

/* Where the bus is: given, or (NULL) $DBUS_SESSION_BUS_ADDRESS, or $XDG_RUNTIME_DIR/bus where that
 * is a socket of ours. Only sockets in the file system and abstract ones are taken: the other
 * transports start programs (autolaunch:, unixexec:) or wait for name servers.
 * To be called with the bus locked, because libdbus takes locks of its own here.
 * Returns how many entries were written; 0: none, and why is the thread's last message. */
size_t address_list(const char *given, struct address list[ADDRESS_MAX]);

/* The first entry behind which a bus answers before the deadline; NULL: none, and why is the
 * thread's last message. Blocks in poll(2) only. */
const struct address *address_probe(const struct address *list, size_t count, int64_t deadline);

#endif
