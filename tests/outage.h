/* Outages: ways in which the store, the daemon or the bus fails, and what a program meets then.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef OUTAGE_H
#define OUTAGE_H

#include "tests/desk.h"
#include "tests/path.h"

/* What a program asks, one after the other. */
enum question { PINNED, UNKNOWN, IMPOSTOR, STORE, QUESTIONS };

struct reply {
  int code;
  long took; /* milliseconds */
};

struct outage {
  struct desk desk;
  char data[64];
  pid_t suspended; /* a daemon that was stopped and not ended, or 0 */
  struct path mine, theirs;
  struct reply *replies; /* shared with the program */
  long most[2];          /* milliseconds of the slowest answer: warm, cold */
  unsigned answers, over;
};

/* Whether the store can be read, and is whole: pins are met, and "no pin" is the truth. Where it
 * may be either, as after all of it was recovered, one of the two has to be answered. */
enum reading { LOST, EITHER, WHOLE };

/* Whether a ticket can be stored. */
enum storing { NEVER, MAYBE, ALWAYS };

struct fault {
  const char *name;
  void (*before)(struct outage *outage);
  void (*during)(struct outage *outage); /* or NULL */
  bool cold;                             /* the daemon has to be started */
  enum reading reading;
  enum storing storing;
};

extern const struct fault faults[];
extern const size_t fault_count;

#endif
