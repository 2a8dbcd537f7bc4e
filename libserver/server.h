/* What a session needs from the server that it is attached to.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Any thread.
 */
#ifndef SERVER_H
#define SERVER_H

#include "libserver/keyring.h"
#include "libserver/tlspin-server.h"

/* Settings and keys at one moment: a handshake goes on with what it began with. */
struct server_view {
  struct keyring *ring; /* NULL before keys were loaded; to be released */
  uint32_t lifetime;    /* seconds */
  bool ramp_down;
  int64_t now; /* seconds since 1970 */
};

tlspin_server_t *server_hold(tlspin_server_t *server);
void server_release(tlspin_server_t *server);
struct server_view server_look(tlspin_server_t *server);

/* Tells the log function, if there is one.
 * session: or NULL. priority: of syslog(3). */
void server_log(tlspin_server_t *server, gnutls_session_t session, int priority, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

/* Logs that the lifetime is an odd one, if it is and that was not said yet. */
void server_warn_lifetime(tlspin_server_t *server);

/* The clock of the server: seconds since 1970. The library never asks for the time elsewhere. For
 * tests. */
void server_set_clock(tlspin_server_t *server, int64_t (*clock)(void));

#endif
