/* A call to org.tlspin.Admin1.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_ADMIN_H
#define CLIENT_ADMIN_H

#include "libclient/context.h"
#include "libclient/entry.h"
#include "libclient/tlspin-admin.h"

/* Reads a reply; a code. */
typedef int (*admin_read)(DBusMessage *reply, void *data);

/* Calls, waits as long as the context has patience, and has the reply read, all with the bus
 * locked. message: goes over to this function; NULL: TLSPIN_E_MEMORY. repeatable: see call.h. */
int admin_call(tlspin_t *context, DBusMessage *message, bool repeatable, admin_read read,
               void *data);

/* The same for what may take as long as it changes much: what is done must not be reported as
 * failed. */
int admin_call_long(tlspin_t *context, DBusMessage *message, admin_read read, void *data);

/* The same, or with `lengthy` false as admin_call what isn't repeatable. *unsure: it failed, but
 * may have been done. */
int admin_change(tlspin_t *context, DBusMessage *message, bool lengthy, admin_read read, void *data,
                 bool *unsure);

/* Shows the entries to the visitor. True where he wanted no more. The bus must not be locked,
 * because he may call the library. */
bool admin_visit(const struct entry_list *entries, tlspin_visit visit, void *data);

#endif
