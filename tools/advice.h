/* The commands that would change what is said of a server.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ADVICE_H
#define ADVICE_H

#include "libclient/tlspin-admin.h"

#include <glib.h>

/* What was asked, and what was answered. */
struct advice_question {
  const char *server;               /* HOST:PORT */
  const struct tlspin_check *check; /* what the server showed, or NULL */
  const char *key;                  /* "sha256//...", its own of that; "": none is known */
  const char *ask; /* how --from-server meets the same server: "", or " --ca FILE" for a shell;
                      NULL: in no way */
  const tlspin_explanation_t *explanation;
  const tlspin_explanation_t *excused; /* what would be said if the PKI had nothing against it;
                                          NULL: that is what was said, or nothing could excuse it */
};

struct advice {
  char *command;    /* as it is typed, or several with && between them */
  const char *what; /* it does that: translated; static */
};

/* Returns struct advice, the best first; to be freed with g_array_unref. None where nothing that
 * the user may do would change it. What was shown is named by its key, so that the command is about
 * no other, whoever answers at the server by then. */
GArray *advice_new(const struct advice_question *question);

/* The layer of the system that the user can't override, or NULL. */
const char *advice_lock(const struct advice_question *question);

#endif
