/* Where an entry applies: a host or the names below it, a protocol, a port.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host never holds a '*'; how far an entry reaches is its scope:
 *   exact      the host itself
 *   one-label  the names that have one label more ("*.example.com")
 *   subtree    the host itself and every name below it (includeSubDomains, RFC 6797 section 6.1.2)
 * The host "" stands for every host, and only in a subtree.
 */
#ifndef PLACE_H
#define PLACE_H

#include "common/host.h"

#include <stdbool.h>

enum scope { SCOPE_EXACT, SCOPE_ONE_LABEL, SCOPE_SUBTREE, SCOPE_COUNT };

enum {
  PLACE_ANY_PROTOCOL = -1,
  PLACE_ANY_PORT = 0,
  PLACE_NAMES_MAX = 129 /* a host of 127 labels, each of its parents, and "" */
};

struct place {
  char host[HOST_MAX + 1]; /* normalised, or "" */
  enum scope scope;
  int protocol;  /* enum protocol, or PLACE_ANY_PROTOCOL */
  uint16_t port; /* or PLACE_ANY_PORT */
};

/* The token of a scope ("one-label"); static. */
const char *scope_token(enum scope scope);
bool scope_from_token(const char *token, enum scope *scope);

/* The token of a place's protocol: "tls", "dtls", or "" for any. */
const char *place_protocol_token(int protocol);
bool place_protocol_from_token(const char *token, int *protocol);

/* The place that is just this peer. */
struct place place_of_peer(const struct peer *peer);

/* True where the host is normalised (or "" with a subtree) and the rest is in its range. */
bool place_is_valid(const struct place *place);

/* Host, protocol and port, each. */
bool place_covers(const struct place *place, const struct peer *peer);

/* Whether the host is a parent of the peer's, and protocol and port fit; whatever the scope is. */
bool place_is_above(const struct place *place, const struct peer *peer);

/* The names under which something that covers the host may stand: the host, its parents one label
 * after the other, and "". names: point into `host`. Returns how many. */
size_t place_names(const char *host, const char *names[PLACE_NAMES_MAX]);

/* Which of two places that both cover one peer is the more specific: below 0 where it is `a`, 0
 * where they are the same.
 * 1. The longer host. What names the host itself comes first so, be it exact or a subtree.
 * 2. exact before one-label before subtree.
 * 3. With a port before any port.
 * 4. With a protocol before any. */
int place_compare(const struct place *a, const struct place *b);

/* Whether two places, of any hosts, are the same. */
bool place_equal(const struct place *a, const struct place *b);

/* Reads HOST, *.HOST (one-label), .HOST or **.HOST (subtree) and "*" (every host), each with an
 * optional :PORT; the host is normalised. protocol becomes PLACE_ANY_PROTOCOL, a missing port
 * PLACE_ANY_PORT. On HOST_FINE only *place is written. */
enum host_fault place_read(const char *text, struct place *place);

enum { PLACE_TEXT_SIZE = HOST_MAX + 3 + 6 + 1 };

/* The same form back. */
void place_text(const struct place *place, char text[PLACE_TEXT_SIZE]);

#endif
