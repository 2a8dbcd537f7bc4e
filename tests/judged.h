/* Judgements as policy_explain makes them, written down.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * There is one. The peer is www.example.org, port 443 with TLS, and nothing was shown.
 */
#ifndef JUDGED_H
#define JUDGED_H

#include "daemon/policy.h"
#include "tests/ledger.h"

enum { JUDGED_MAX = 8, JUDGED_SYSTEM = 1 };

extern struct policy_judged judged;

/* A new one, without entries, which nothing decided. */
void judged_begin(enum tlspin_code answer, enum verdict_reason reason);

/* Adds an entry, as ledger_pin makes it. layer: 0 or JUDGED_SYSTEM. */
struct keypin *judged_add(unsigned layer, const char *place, enum keypin_status status,
                          enum keypin_origin origin, enum verdict_role role);

/* The last one decided. */
void judged_decide(void);

/* A ticket stands in a layer of this name, and nothing else decided. */
void judged_put_ticket(const char *layer, enum lock lock);

/* The peer's server shows a raw key. */
void judged_show(enum pki_status pki, unsigned errors);

/* The key of judged_show, as it is told. */
extern const char judged_key[];
extern const char judged_hex[];

#endif
