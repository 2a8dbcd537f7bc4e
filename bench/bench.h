/* The parts of the benchmark. Each prints its lines.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BENCH_H
#define BENCH_H

#include "tests/stage.h"

extern int bench_rounds; /* of the quickest; the others are fractions of it */

/* Lookups of a host with a ticket, against empty calls; the store has no record yet. */
#define BENCH_HOST "host50.example"
void bench_tickets(struct stage *stage);

/* The first answer of a daemon that has to be started. */
void bench_activation(struct stage *stage);

/* Handshakes of servers that are pinned by a ticket, or by their key, against the same without
 * pinning. */
void bench_ticket_handshakes(struct stage *stage);
void bench_key_handshakes(struct stage *stage);

/* Lookups of hosts with records, and CheckChain, against empty calls. Leaves its records in the
 * store. */
void bench_records(struct stage *stage);

/* The verdict, without a daemon. */
void bench_decisions(void);

#endif
