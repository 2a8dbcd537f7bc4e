/* What would change an answer: the commands for it, or that the administrator has settled it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ADVICE_H
#define ADVICE_H

#include "daemon/policy.h"
#include "pinning/effect.h"

struct advice_command {
  char *command; /* as it is typed, or several with && between them */
  enum effect does;
  bool asks; /* it asks the server, by its name and over TLS, and has it checked as programs do */
};

struct advice {
  const char *lock; /* the layer of the system that the user can't override, or ""; valid until the
                       layers are reloaded */
  GArray *commands; /* struct advice_command, the best first; none where a layer has settled it, or
                       nothing that the user may do would change it */
};

/* judged: what policy_explain made of `shown`, which is judged once more as if the PKI had nothing
 * against it, where it has: an exception doesn't excuse from pins. What was shown is named by its
 * key, so that a command is about no other, whoever answers at the server by then. To be cleared.
 */
void advice_make(struct policy *policy, const struct policy_shown *shown,
                 const struct policy_judged *judged, struct advice *advice);
void advice_clear(struct advice *advice);

#endif
