/* A user's store and two folders of system layers, for the tests of what stands above the store.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef STRATA_H
#define STRATA_H

#include "daemon/policy.h"

enum { STRATA_NOW = 1700000000, STRATA_LIFETIME = 7 * 86400 };

/* The state of a test: a folder of its own, with nothing in it but two empty ones. */
struct strata {
  char *folder;
  char *user; /* the user's store, not made yet */
  char *admin;
  char *vendor;
  int64_t (*ticks)(void); /* for strata_open */
  struct layers *layers;  /* NULL until strata_open */
};

int strata_setup(void **state);
int strata_teardown(void **state);

/* Opens what there is, at STRATA_NOW. */
struct layers *strata_open(struct strata *strata);

struct peer strata_peer(const char *host);

/* A row for host, protocol tls, port 443. mark: 1 to 255; its series, and every octet of its 5 of
 * ticket and 32 of secret. Expires at STRATA_NOW + STRATA_LIFETIME. */
struct ticket_row strata_row(const char *host, enum lock lock, uint8_t mark);

/* Makes a system layer with these rows in a folder, of any name. */
void strata_layer(const char *folder, const char *name, const struct ticket_row *rows,
                  size_t count);

/* Puts a row into the user's store, which is opened for that and closed again. */
void strata_put(const struct strata *strata, const struct ticket_row *row);

/* Writes a file with this text, or an empty one. */
void strata_write(const char *folder, const char *name, const char *text);

/* What the layers must answer. layer: "" for none. */
void strata_expect(struct layers *layers, const char *host, int64_t now, enum tlspin_code code,
                   const char *reason, const char *layer);

/* The ticket that policy_lookup tells of; to be cleared by layers_answer_clear. */
struct layers_answer strata_lookup(struct policy *policy, const char *host, int64_t now);

/* FOLDER/NAME in a static buffer, of which there are four. */
const char *strata_path(const char *folder, const char *name);

#endif
