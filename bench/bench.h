/* The parts of the benchmark. Each prints its lines.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BENCH_H
#define BENCH_H

#include "tests/stage.h"

extern int bench_rounds; /* of the quickest; the others are fractions of it */

/* Calls to the daemon that runs, against empty calls. Needs a ticket for BENCH_HOST; leaves records
 * in the store. */
#define BENCH_HOST "host50.example"
void bench_calls(struct stage *stage);

/* The first answer of a daemon that has to be started. */
void bench_activation(struct stage *stage);

/* Handshakes of pinned servers against the same without pinning. */
void bench_handshakes(struct stage *stage);

/* The verdict, without a daemon. */
void bench_decisions(void);

#endif
