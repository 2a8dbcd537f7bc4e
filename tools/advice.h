/* The commands that would change what is said of a server, as the daemon names them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ADVICE_H
#define ADVICE_H

#include "libclient/tlspin-admin.h"

#include <glib.h>

/* What was asked, and what was answered. */
struct question {
  const char *server;               /* HOST:PORT */
  const struct tlspin_check *check; /* what the server showed, or NULL */
  const char *ask; /* how a command that asks by itself meets the same server: "", or " --ca FILE"
                      for a shell; NULL: in no way */
  const char *why; /* the command that judges what the server shows now */
  const tlspin_explanation_t *explanation;
};

struct advice {
  char *command;    /* as it is typed, or several with && between them */
  const char *does; /* a word of Explain; the explanation's */
  const char *text; /* that it does: translated; what a newer daemon may say is left as it is */
};

/* Returns struct advice, the best first; to be freed with g_array_unref. None where nothing that
 * the user may do would change it. */
GArray *advice_new(const struct question *question);

/* The layer of the system that the user can't override, or NULL. */
const char *advice_lock(const struct question *question);

#endif
