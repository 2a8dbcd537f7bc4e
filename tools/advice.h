/* The commands that would change what is said of a server.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ADVICE_H
#define ADVICE_H

#include "libclient/tlspin-admin.h"

#include <glib.h>

struct advice {
  char *command;    /* as it is typed */
  const char *what; /* it does that: translated; static */
};

/* server: HOST:PORT. check: what the server showed, or NULL. Returns struct advice, the best first;
 * to be freed with g_array_unref. None where nothing that the user may do would change it. */
GArray *advice_new(const tlspin_explanation_t *explanation, const char *server,
                   const struct tlspin_check *check);

/* The layer of the system that the user can't override, or NULL. */
const char *advice_lock(const tlspin_explanation_t *explanation);

#endif
