/* What CheckChain and Explain are told that a server showed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SHOWN_H
#define SHOWN_H

#include "daemon/handlers.h"
#include "dbus/fields.h"

struct shown {
  struct peer peer;
  struct chain chain;        /* points into the message */
  struct bus_chain served;   /* the same */
  struct policy_shown shown; /* its chain is the one above, or NULL for an empty one */
};

/* Reads the arguments and checks them. TLSPIN_E_ARGUMENT with a text that names the argument or the
 * option; TLSPIN_CANNOT_BE_PINNED for an address. An empty chain is for the caller to judge:
 * CheckChain refuses it, Explain asks about the pins alone. */
enum tlspin_code shown_read(DBusMessage *call, struct shown *shown, GString *problem);

#endif
