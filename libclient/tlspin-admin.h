/* tlspin: what the user does with the store: list, clear, undo, see how it is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For commands and settings panels; see tlspin.h for contexts, codes, threads and entries, and
 * org.tlspin.Admin1 for what is said on the bus. These calls may take as long as the bus lets them
 * (25 seconds) and not only the budget of a lookup.
 */
#ifndef TLSPIN_ADMIN_H
#define TLSPIN_ADMIN_H

#include "tlspin.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which entries are meant; unset members (NULL, 0) mean any. Set to zero first. */
struct tlspin_filter {
  const char *host;     /* exactly this host */
  const char *pattern;  /* a glob over the host: '*' and '?' */
  const char *protocol; /* "tls" or "dtls" */
  unsigned port;
  uint64_t since; /* stored or renewed at or after this time, seconds since 1970 */
  int all;        /* tlspin_clear: everything; to be set alone */
};

/* Told of each entry, which is valid for the call. Not 0 ends the walk. */
typedef int (*tlspin_visit)(const tlspin_entry_t *entry, void *data);

/* Walks over the entries that fit (NULL: all), layer by layer, in pages. */
TLSPIN_API int tlspin_list(tlspin_t *context, const struct tlspin_filter *filter,
                           tlspin_visit visit, void *data);

/* The entries of one peer in all layers; the one that decides first. TLSPIN_E_NOT_FOUND where there
 * is none. */
TLSPIN_API int tlspin_get(tlspin_t *context, const char *host, const char *protocol, unsigned port,
                          tlspin_visit visit, void *data);

/* What a clear or an undo did. */
struct tlspin_change {
  uint64_t operation; /* its number, by which it can be taken back */
  uint64_t count;     /* peers that were changed */
  uint64_t replaced;  /* by an undo: newer entries that made way */
};

/* Removes the user's entries that fit; host, pattern, since or all must be set. TLSPIN_E_NOT_FOUND
 * where none fits. */
TLSPIN_API int tlspin_clear(tlspin_t *context, const struct tlspin_filter *filter,
                            struct tlspin_change *change);

/* Takes an operation back. operation: 0 for the newest clear that still stands.
 * TLSPIN_E_NOTHING_TO_UNDO. */
TLSPIN_API int tlspin_undo(tlspin_t *context, uint64_t operation, struct tlspin_change *change);

/* How the store is. */
typedef struct tlspin_status tlspin_status_t;

/* *status: to be freed by tlspin_status_free. TLSPIN_UNAVAILABLE where the daemon can't be reached.
 */
TLSPIN_API int tlspin_status(tlspin_t *context, tlspin_status_t **status);
TLSPIN_API void tlspin_status_free(tlspin_status_t *status);

/* A string ("version", "state") or a number ("entries", "lifetime-cap", "undo-period",
 * "idle-timeout") of org.tlspin.Admin1.Status; NULL, or -1, where it isn't there. */
TLSPIN_API const char *tlspin_status_string(const tlspin_status_t *status, const char *key);
TLSPIN_API int64_t tlspin_status_number(const tlspin_status_t *status, const char *key);

/* The layers: how many, and a string ("name", "path", "state", "problem") of one, or NULL. */
TLSPIN_API size_t tlspin_status_layers(const tlspin_status_t *status);
TLSPIN_API const char *tlspin_status_layer(const tlspin_status_t *status, size_t layer,
                                           const char *key);

#ifdef __cplusplus
}
#endif
#endif
