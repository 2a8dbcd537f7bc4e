/* The arguments of public functions, checked before anything is sent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each returns TLSPIN_OK, or TLSPIN_E_ARGUMENT with a last message that names the argument. NULL is
 * refused everywhere.
 */
#ifndef CLIENT_ARGUMENT_H
#define CLIENT_ARGUMENT_H

#include "common/host.h"

#include <stddef.h>

int argument_there(const void *argument, const char *name);

/* The normal form of a host; TLSPIN_CANNOT_BE_PINNED for an address. */
int argument_host(const char *host, char out[HOST_MAX + 1]);
int argument_protocol(const char *token, enum protocol *protocol);
int argument_port(unsigned port, uint16_t *out);

/* The three of them, in that order. */
int argument_peer(const char *host, const char *protocol, unsigned port, struct peer *peer);

/* UTF-8 of 1 to `max` octets: libdbus ends the process over anything else. */
int argument_text(const char *text, const char *name, size_t max);

#endif
