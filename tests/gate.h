/* A policy with its layers, and servers that show it certificates, for the tests of what it makes
 * of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GATE_H
#define GATE_H

#include "daemon/policy.h"
#include "tests/path.h"
#include "tests/strata.h"

enum { GATE_NOW = STRATA_NOW, GATE_DAY = 86400 };

/* The state of a test. */
struct gate {
  struct strata *strata;
  struct config config;  /* says nothing but the undo period */
  char *anchors;         /* the folder of the vendor's anchors; not there */
  struct policy *policy; /* NULL until gate_open */
};

int gate_setup(void **state);
int gate_teardown(void **state);

/* Opens what there is, or opens it again. What was counted and not written is lost. */
void gate_open(struct gate *gate);

/* Makes the path's anchor the only one of the vendor's. */
void gate_trust(struct gate *gate, const struct path *path);

/* Servers for a.example. FIRST, SECOND and EXPIRING are certified by the same two authorities;
 * certificates are valid from a year before GATE_NOW to a year after it, that of EXPIRING for five
 * days from then on. */
enum { GATE_FIRST, GATE_SECOND, GATE_EXPIRING, GATE_FOREIGN, GATE_SERVERS };
extern struct path gate_paths[GATE_SERVERS];

/* Group set-up and teardown. */
int gate_begin(void **state);
int gate_end(void **state);

/* The whole path of a server, validated. */
struct chain gate_chain(size_t server);

/* A record for a.example, tls, 443, of this server's key, or that of an authority above it. */
struct keypin gate_pin(size_t server, size_t index, enum keypin_status status,
                       enum keypin_origin origin);

/* Puts records into the user's store, or makes a system layer of them, or of a locked setting. */
void gate_put(struct gate *gate, const struct keypin *pins, size_t count);
void gate_layer(struct gate *gate, const char *name, const struct keypin *pins, size_t count);
void gate_setting(struct gate *gate, const char *name, const char *value);

/* What is shown with a good PKI and a complete handshake. */
struct policy_shown gate_shown(struct chain *chain);

/* Checks for a.example at a time. The answer, the reason (of a ticket its own) and whether
 * something was learned must be these; the event's number is returned. */
uint64_t gate_expect(struct gate *gate, const struct policy_shown *shown, int64_t now,
                     enum tlspin_code answer, const char *reason, bool learned);

/* The same with a server's whole path and a good PKI. */
uint64_t gate_meet(struct gate *gate, size_t server, int64_t now, enum tlspin_code answer,
                   const char *reason, bool learned);

/* The records of a.example in the user's store must be these lines: the server's number and the
 * place of the key in its path, origin, status, level, count_seen ("0.0 tofu active leaf 1"). What
 * was counted is written before. */
void gate_expect_records(struct gate *gate, const char *expected);

/* The log must be these lines: kind, reason, layer, count. */
void gate_expect_log(struct gate *gate, const char *expected);

#endif
