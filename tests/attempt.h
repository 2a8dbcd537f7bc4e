/* A hostile call of a method, and what else may be sent to its object.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TESTS_ATTEMPT_H
#define TESTS_ATTEMPT_H

#include "tests/marshal.h"
#include "tests/object.h"

enum attempt_sort {
  ATTEMPT_TYPED,      /* right types, hostile values */
  ATTEMPT_MISTYPED,   /* another signature */
  ATTEMPT_MISDIRECTED /* to what isn't there: a method, an interface or an object */
};

struct attempt {
  const struct method *method;
  enum attempt_sort sort;
  bool no_interface; /* which may be left out */
  char *signature;
  DBusMessage *call;
};

/* Of one sort or another, as the source says. */
struct attempt attempt_make(const struct method *method, struct marshal *m);
void attempt_clear(struct attempt *attempt);

/* What nobody asked for and nobody answers: a reply to no call, an error, a signal as the bus sends
 * it, a call that wants no reply. */
DBusMessage *attempt_stray(const struct method *method, struct marshal *m);

#endif
