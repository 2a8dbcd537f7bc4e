/* What may be stored, answered and kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knows no SQLite, no D-Bus and no clock: `now` is passed in, in seconds since 1970. Codes are
 * those of tlspin-error.h; *problem, where there is one, is a text for the user, to be freed by
 * g_free.
 */
#ifndef POLICY_H
#define POLICY_H

#include "daemon/layers.h"
#include "pinning/refusal.h"

struct policy_config {
  uint32_t lifetime_cap; /* seconds */
  uint32_t undo_period;  /* seconds */
};

struct policy;

/* layers: must outlive the policy. */
struct policy *policy_new(struct layers *layers, const struct policy_config *config);
void policy_free(struct policy *policy);
const struct policy_config *policy_config(const struct policy *policy);
struct layers *policy_layers(const struct policy *policy);

/* What is known about the peer: see layers_get. To be cleared by layers_answer_clear. */
void policy_lookup(struct policy *policy, const struct peer *peer, int64_t now,
                   struct layers_answer *answer);

/* A ticket that a program asks to store. */
struct policy_ticket {
  struct peer peer;
  struct span ticket;
  struct span secret;
  enum ticket_hash hash;
  uint32_t lifetime; /* seconds */
  uint64_t series;   /* of the pin that was looked up; 0: none */
};

enum policy_outcome {
  POLICY_STORED,   /* a new pin */
  POLICY_RENEWED,  /* the next ticket of a series */
  POLICY_REPEATED, /* it was stored already */
  POLICY_NOTHING,
  POLICY_SUPERSEDED
};

enum tlspin_code policy_store(struct policy *policy, const struct policy_ticket *ticket,
                              int64_t now, enum policy_outcome *outcome, int64_t *expires,
                              char **problem);

/* Counts a failure of a pinned peer; TLSPIN_E_NOT_FOUND for one that is not pinned. */
enum tlspin_code policy_report(struct policy *policy, const struct peer *peer, enum refusal refusal,
                               int64_t now, char **problem);

/* An entry as the user sees it; valid for the call. */
struct policy_entry {
  const struct ticket_row *row;
  const struct layer *layer;
  const char *state;                 /* "active", "expired", "masked" */
  const struct failure_row *failure; /* or NULL */
};
typedef void (*policy_visit)(const struct policy_entry *entry, void *data);

/* Where a page of a list begins: after this entry of this layer. */
struct policy_cursor {
  char layer[256];  /* "": from the start */
  struct peer peer; /* host "": from the layer's start */
};

/* A system layer that can't be read is passed over: its problem is told by Status, and must not
 * hide what the others hold. Visits at most `limit` entries that fit, after the cursor, which is
 * moved on; its layer is "" after the last page. TLSPIN_E_ARGUMENT where the cursor's layer is
 * gone. */
enum tlspin_code policy_list(struct policy *policy, const struct store_filter *filter, int64_t now,
                             struct policy_cursor *cursor, uint32_t limit, policy_visit visit,
                             void *data, char **problem);

/* Visits the peer's entries in all layers that can be read, the deciding one first.
 * TLSPIN_UNAVAILABLE where none has one and some can't be read. */
enum tlspin_code policy_get(struct policy *policy, const struct peer *peer, int64_t now,
                            policy_visit visit, void *data, char **problem);

enum tlspin_code policy_clear(struct policy *policy, const struct store_filter *filter, int64_t now,
                              struct store_change *change, char **problem);
enum tlspin_code policy_undo(struct policy *policy, uint64_t operation, int64_t now,
                             struct store_change *change, char **problem);

/* Visits the peers that an operation touched, at most `limit` of them. */
void policy_touched(struct policy *policy, uint64_t operation, uint32_t limit,
                    void (*visit)(const struct peer *peer, void *data), void *data);

/* Forgets what the undo period has passed for. To be called at the start and now and then. */
void policy_tidy(struct policy *policy, int64_t now);

#endif
