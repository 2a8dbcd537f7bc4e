/* What tlspin_t is, and what can be done with it for a peer that is normalised.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_CONTEXT_H
#define CLIENT_CONTEXT_H

#include "common/host.h"
#include "libclient/bus.h"
#include "libclient/call.h"
#include "libclient/lookup.h"
#include "libclient/tlspin.h"

#include <stdint.h>

struct tlspin {
  struct bus *bus;
  /* Only with the bus locked: */
  struct call_budget budget;        /* of the calls in tlspin.h */
  struct call_budget patience;      /* of those in tlspin-admin.h */
  struct call_budget long_patience; /* of tlspin_clear, tlspin_undo, and a last tlspin_put */
  struct lookup *lookups;           /* that are under way */
};

/* tlspin_store and tlspin_report_failure behind their checks of the peer. The bus is not to be
 * locked. */
int context_store(tlspin_t *context, const struct peer *peer, const struct tlspin_ticket *ticket,
                  uint64_t *expires);
int context_report(tlspin_t *context, const struct peer *peer, const char *reason);

/* Of the codes of all calls, those that functions of tlspin.h are documented to return; any other
 * is TLSPIN_UNAVAILABLE. */
int context_code(int code);

/* Sends a message without waiting for a reply. message: goes over to this function; NULL:
 * TLSPIN_E_MEMORY. Returns what tlspin_report_failure returns. The bus is not to be locked. */
int context_post(tlspin_t *context, DBusMessage *message);

#endif
