/* Where the calls of a connection arrive: who calls is found out, what is too much is refused, the
 * rest is served in turns.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages are taken in faster than they are served, so that a call never has to wait behind all
 * that another caller has sent before it. A call that comes alone is served at once.
 */
#ifndef RECEPTION_H
#define RECEPTION_H

#include "daemon/dispatch.h"
#include "daemon/quota.h"

struct reception_config {
  DBusConnection *connection; /* attached to the main loop */
  struct dispatch *dispatch;  /* of which this becomes the gate */
  struct quota *quota;        /* several receptions may share one */
  const char *proc;           /* where procfs is mounted */
  int64_t (*clock)(void);     /* microseconds; never goes back */
  void (*idle)(void *data);   /* told when nothing waits any more */
  void *data;
};

struct reception;

/* Has the calls that come over the connection served from now on. */
struct reception *reception_new(const struct reception_config *config);

/* The connection must not be dispatched any more. What still waits is dropped. */
void reception_free(struct reception *reception);

/* Whether any call waits. */
bool reception_any(const struct reception *reception);

#endif
