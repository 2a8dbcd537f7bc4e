/* The listening socket of tlspin-server serve.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLSPIN_SERVER_LISTENER_H
#define TLSPIN_SERVER_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

enum { ADDRESS_TEXT_SIZE = 64 };

/* Listens at "ADDRESS:PORT", "[ADDRESS]:PORT" or "NAME:PORT"; port 0: the kernel chooses.
 * address: receives where. *port: the port. Returns a non-blocking descriptor, or
 * the negative exit status after a message. */
int listener_open(const char *where, char address[ADDRESS_TEXT_SIZE], uint16_t *port);

/* The next connection, blocking again, with time-outs for sending; address: of the client.
 * -1: there is none, or the process has no descriptor left. */
int listener_accept(int listener, char address[ADDRESS_TEXT_SIZE]);

#endif
