/* Host-name normalisation, and the key of every entry: peer = host + protocol + port.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host is what goes into SNI (RFC 6066 section 3, RFC 8672 section 2.3): A-labels in lower
 * case, no trailing dot, never an IP address.
 */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  HOST_MAX = 253,        /* octets of a name without its root dot (RFC 1035 section 2.3.4) */
  HOST_INPUT_MAX = 1024, /* octets looked at before normalisation; more is refused unread */
  LABEL_MAX = 63
};

enum host_fault {
  HOST_FINE,
  HOST_EMPTY,
  HOST_CONTROL,      /* a NUL */
  HOST_ENCODING,     /* not UTF-8 */
  HOST_LENGTH,       /* longer than HOST_MAX */
  HOST_LABEL_LENGTH, /* a label longer than LABEL_MAX */
  HOST_LABEL,        /* an empty label, or one that is not letters, digits and inner hyphens */
  HOST_IP,           /* an address, or what ends in a number and so can be nothing else */
  HOST_COLON,        /* a colon or a bracket, as addresses have, but it is none: a port was not
                        split off, say */
  HOST_FORM,         /* not even HOST:PORT, for those who read that: brackets that don't pair */
  HOST_IDNA,         /* a Unicode name that IDNA 2008 has no A-label for */
  HOST_PORT,         /* and these too are of HOST:PORT: no port from 1 to 65535 */
  HOST_NAMELESS,     /* a port alone */
  HOST_URL           /* "https://..." */
};

enum protocol { PROTOCOL_TLS, PROTOCOL_DTLS, PROTOCOL_COUNT };

struct peer {
  char host[HOST_MAX + 1]; /* normalised */
  enum protocol protocol;
  uint16_t port; /* 1 to 65535 */
};

/* The normal form of a host name.
 * name: `size` octets, UTF-8, no NUL at the end needed. out: written only where HOST_FINE is
 * returned. Any thread. */
enum host_fault host_normalise(const char *name, size_t size, char out[HOST_MAX + 1]);

/* The token of a fault ("label_length"), for vectors and messages; static. */
const char *host_fault_token(enum host_fault fault);

/* What is wrong with the name, as an untranslated sentence for gettext; static. */
const char *host_fault_text(enum host_fault fault);

/* The token of a protocol ("tls"); static. */
const char *protocol_token(enum protocol protocol);

/* False where the token names no protocol. */
bool protocol_from_token(const char *token, enum protocol *protocol);

/* Splits "HOST", "HOST:PORT", "ADDRESS", "[ADDRESS]" and "[ADDRESS]:PORT" without normalising.
 * host receives at most HOST_INPUT_MAX octets and a NUL; *port is 0 where none was given.
 * False where the text has no such form or the port is not 1 to 65535. */
bool host_split(const char *text, char host[HOST_INPUT_MAX + 1], uint16_t *port);

/* What is wrong with a text that host_split doesn't take. */
enum host_fault host_split_fault(const char *text);

#endif
