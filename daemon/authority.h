/* Who may call what.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef AUTHORITY_H
#define AUTHORITY_H

#include "common/tlspin-error.h"
#include "daemon/caller.h"

#include <glib.h>

/* TLSPIN_OK, or TLSPIN_E_DENIED with a text that says why, and what to do. What no rule allows is
 * denied. */
enum tlspin_code authority_decide(enum caller_kind kind, const char *interface, const char *member,
                                  GString *problem);

#endif
