/* A court whose verdicts are expected, and a path of somebody else's: for the tests of the verdict.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TRIAL_H
#define TRIAL_H

#include "tests/court.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HOST   "a.www.example.org"
#define LOCKED (KEYPIN_POLICY | COURT_LOCKED)

/* Another path for the same name, from an authority that is trusted as well. */
extern struct path rogue;

/* Fixtures of CMocka: those of the court, and the other path. */
int trial_set_up(void **state);
int trial_tear_down(void **state);

/* A misissued certificate: validated, and for the right name. */
void show_rogue(void);

/* Judges, and fails the test unless that comes out of it. */
void expect(enum tlspin_code answer, enum verdict_reason reason, int decided_by, unsigned rule);
void expect_mismatch(enum verdict_reason reason, int decided_by, unsigned rule, bool enforced);

void report_only(struct keypin *pin);
void expire(struct keypin *pin);

/* What was seen with the pin: another path of the same authorities. Freed by keypin_clear. */
void see(struct keypin *pin, const struct path *of);

#endif
