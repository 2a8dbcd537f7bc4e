/* The daemon's methods without a bus: what stands behind the counter is real.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   struct counter counter;
 *   counter_open(&counter, strata);
 *   counter_expect(&counter, "Lookup", "ssq", "a.example|tls|443", "no-pin\nnone\n...");
 */
#ifndef COUNTER_H
#define COUNTER_H

#include "daemon/handlers.h"
#include "tests/strata.h"

enum { COUNTER_CAP = 10000, COUNTER_UNDO = 5000, COUNTER_IDLE = 77 };

struct counter {
  struct handlers handlers;
  struct dispatch pins, admin;
  unsigned served;
};

/* What the handlers take for the clock. STRATA_NOW again at each counter_open. */
extern int64_t counter_now;

/* Opens the layers of `strata` behind a policy with the numbers above; nobody hears signals. */
void counter_open(struct counter *counter, struct strata *strata);
void counter_close(struct counter *counter);

/* Calls a method of Pins1 or Admin1, whichever has it. words: one for each type of the signature,
 * as in call.c, with '|' between. Returns what call.c would print; to be freed by free. */
char *counter_ask(const struct counter *counter, const char *method, const char *signature,
                  const char *words);

/* The same, and the answer must be this. */
void counter_expect(const struct counter *counter, const char *method, const char *signature,
                    const char *words, const char *expected);

/* The same, and the answer must be this error (without org.tlspin.Error.) with these words in its
 * text. */
void counter_refuse(const struct counter *counter, const char *method, const char *signature,
                    const char *words, const char *error, const char *text);

/* The parts of that: the call, to be unreferenced; where it goes; the text of a reply, which this
 * takes; and whether that is this error. */
DBusMessage *counter_call(const char *method, const char *signature, const char *words);
const struct dispatch *counter_dispatch(const struct counter *counter, DBusMessage *call);
char *counter_text(DBusMessage *reply);
bool counter_is_error(const char *got, const char *error, const char *text);

#endif
