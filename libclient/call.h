/* One method call to the daemon, within a budget, with one retry.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A daemon that runs has until `warm`. A little before that the bus is asked whether there is one
 * at all; if there is none it is being started, and has until `cold`. A bus that doesn't answer
 * counts as a daemon that doesn't. All functions want the bus locked.
 */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "libclient/bus.h"

enum {
  CALL_QUESTION = 50, /* milliseconds that are kept for the question whether the daemon runs */
  CALL_GRACE = 10     /* milliseconds for taking a reply that is there, when the budget is used up
                       * by whatever the program did between call_send and call_wait */
};

/* Milliseconds from the start of a call. */
struct call_budget {
  unsigned warm;
  unsigned cold;
};

struct call {
  struct bus *bus;
  DBusMessage *message;
  DBusPendingCall *pending; /* or NULL: not sent, or no reply is wanted */
  unsigned generation;      /* of the connection that it was sent on */
  int64_t limit;            /* when waiting ends, as far as is known */
  int64_t cold;             /* when it ends where the daemon has to be started */
  bool repeatable;          /* the daemon may get it twice */
  bool repeated;
  bool unsure; /* it failed, but the daemon may have carried it out */
};

/* message: goes over to the call, also where it is NULL for want of memory. The budget counts from
 * now on. */
void call_init(struct call *call, struct bus *bus, DBusMessage *message,
               const struct call_budget *budget, bool repeatable);

/* Sends without waiting for a reply, but until the deadline for the connection, where there is
 * none. A call that was sent already is left as it is. Returns TLSPIN_OK, TLSPIN_UNAVAILABLE or
 * TLSPIN_E_MEMORY. */
int call_send(struct call *call, int64_t deadline);

/* Sends, where call_send didn't, and waits for the reply.
 * *reply: a method return from the owner of the name it was sent to, to be unreferenced; only with
 * TLSPIN_OK. Else a code for the error that came, with its text as the thread's last message:
 * TLSPIN_UNAVAILABLE, TLSPIN_CANNOT_BE_PINNED or one from TLSPIN_E_ARGUMENT on. */
int call_wait(struct call *call, DBusMessage **reply);

/* Sends a call that wants no reply, and waits until the kernel has taken it. */
int call_post(struct call *call);

/* Cancels what is pending and frees. */
void call_clear(struct call *call);

#endif
