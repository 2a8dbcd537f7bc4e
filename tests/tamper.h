/* What can be done to the file of a system layer, by accident or by an attacker, so that it is none
 * any more.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What can't be done fails the test.
 */
#ifndef TAMPER_H
#define TAMPER_H

#include <stdbool.h>

#define TAMPER_HOST "pinned.example" /* a name that the layer must hold */

enum tamper_who { TAMPER_ANYBODY, TAMPER_ROOT, TAMPER_USER };

struct tampering {
  const char *name;
  void (*strike)(const char *path); /* of the layer */
  enum tamper_who who;              /* can do it, or suffers from it */
};

extern const struct tampering tamperings[]; /* name NULL: the end */

/* Whether this process is one of them. */
bool tampering_can_be_done(const struct tampering *tampering);

/* Takes away the layer and all that was left beside it. */
void tamper_clear(const char *path);

void tamper_empty(const char *path);
void tamper_halve(const char *path);
void tamper_write(const char *path, const char *text);

#endif
