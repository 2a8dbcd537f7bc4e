/* What the layers hold, as the user sees it: pages of all of it, and the entries of one peer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As daemon/policy.h: no SQLite, D-Bus or clock.
 */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include "daemon/policy.h"

/* A ticket or a record; valid for the call. */
struct policy_entry {
  const struct ticket_row *row; /* NULL: it is a record; of a page, without its octets */
  const struct keypin *pin;     /* NULL: it is a ticket */
  const struct layer *layer;
  const char *state; /* "active", "expired", "masked"; of records also "reported", "history" */
  const char *role;  /* a token of enum verdict_role; NULL but in policy_entries */
  const struct failure_row *failure; /* of a ticket; or NULL */
};
typedef void (*policy_visit)(const struct policy_entry *entry, void *data);

/* Where a page of a list begins: after this entry of this layer. */
struct policy_cursor {
  char layer[256]; /* "": from the start */
  enum { AFTER_NOTHING, AFTER_TICKET, AFTER_RECORD } after;
  struct peer peer;  /* of the ticket */
  struct keypin pin; /* the record: its key */
};

/* A system layer that can't be read is passed over: its problem is told by Status, and must not
 * hide what the others hold. Visits at most `limit` entries that fit, after the cursor, which is
 * moved on; its layer is "" after the last page. TLSPIN_E_ARGUMENT where the cursor's layer is
 * gone. */
enum tlspin_code policy_list(struct policy *policy, const struct store_filter *filter, int64_t now,
                             struct policy_cursor *cursor, uint32_t limit, policy_visit visit,
                             void *data, char **problem);

/* Visits the peer's ticket and the records that cover it, in all layers that can be read, the
 * deciding one first. TLSPIN_UNAVAILABLE where there is none and some layer can't be read. */
enum tlspin_code policy_get(struct policy *policy, const struct peer *peer, int64_t now,
                            policy_visit visit, void *data, char **problem);

/* Visits all that policy_explain looked at, with its role: the records in their order, then the
 * tickets. Returns how many entries stand before the one that decided, or -1 where none did. */
int policy_entries(struct policy *policy, const struct policy_judged *judged, int64_t now,
                   policy_visit visit, void *data);

/* Visits the events of the log: see store_events. */
enum tlspin_code policy_events(struct policy *policy, uint64_t after, const char *host,
                               uint32_t limit, int64_t now, store_event_visit visit, void *data,
                               char **problem);

#endif
