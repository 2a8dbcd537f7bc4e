/* A desktop for a test: a private session bus (bus.h) that activates the real daemon.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What can't be had fails the test.
 */
#ifndef DESK_H
#define DESK_H

#include "tests/bus.h"

#include <stdint.h>

struct desk {
  struct test_bus bus;
  char store[64];   /* the user's pins.db */
  char anchors[64]; /* the folder of the vendor's anchors: it isn't there, so that no authority
                       counts as added to the system */
};

/* $TOP_BUILDDIR/tlspind is the daemon. */
void desk_open(struct desk *desk);
void desk_close(struct desk *desk);

/* The running daemon's process id, or 0. */
pid_t desk_daemon(const struct desk *desk);

/* Starts the daemon, as a call would. Returns its process id. */
pid_t desk_wake(const struct desk *desk);

/* Ends the daemon, if it runs, with a signal, and waits until the bus knows. */
void desk_kill(const struct desk *desk, int number);

/* Says who must own the system's layers, and ends the daemon for it. */
void desk_set_owner(const struct desk *desk, uid_t owner);

/* What the computer's clock says to the daemon from now on, whenever it asks. */
void desk_set_clock(const struct desk *desk, int64_t seconds);

/* And for how many seconds the computer has run, since it was started for the `boot`th time. Else
 * that is what it is. */
void desk_set_clocks(const struct desk *desk, int64_t seconds, int64_t elapsed, unsigned boot);

#endif
