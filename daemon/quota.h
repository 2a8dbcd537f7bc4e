/* How much a process may have stored within a time: two buckets each, which fill up again steadily.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The account of a process lasts beyond its connections to the bus, until its buckets are full
 * again: whoever connects anew doesn't begin anew. All figures about callers are in this file;
 * tlspind(8) has them, too.
 */
#ifndef QUOTA_H
#define QUOTA_H

#include "common/tlspin-error.h"
#include "daemon/caller.h"

#include <glib.h>
#include <stdint.h>

enum {
  QUOTA_CALLERS = 4096,        /* connections that are remembered */
  QUOTA_CALLS = 1024,          /* of one connection that wait to be served */
  QUOTA_CALLS_ALL = 1024,      /* of all together, before each gets an equal share; dbus-daemon
                                  looks through all that are unanswered at each call */
  QUOTA_OCTETS = 16 << 20,     /* in the waiting calls of one connection */
  QUOTA_OCTETS_ALL = 24 << 20, /* of all together: libdbus stops reading above 63 MiB, and a share
                                  may come on top of this */
  QUOTA_ACCOUNTS = 4096        /* processes that have stored something lately */
};

/* What a call that stores something takes from an account. */
struct quota_cost {
  uint64_t stores; /* calls */
  uint64_t octets; /* of their arguments */
};

struct quota;

struct quota *quota_new(void);
void quota_free(struct quota *quota);

/* Takes the cost from the account of a process, 0 being all that are not known. now: microseconds
 * of a clock that never goes back. TLSPIN_E_LIMIT where it isn't covered, with a text that says
 * what is exceeded and when to try again; nothing is taken then. */
enum tlspin_code quota_take(struct quota *quota, pid_t process, enum caller_kind kind,
                            const struct quota_cost *cost, int64_t now, GString *problem);

/* How many accounts there are. */
guint quota_count(const struct quota *quota);

#endif
