/* What records of several origins say together.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Of the servers of a group: those of its own place, and those of the places that it decides
 * before.
 */
#ifndef FORMATS_POLICY_TEXT_ACCORD_H
#define FORMATS_POLICY_TEXT_ACCORD_H

#include "pinning/ranks.h"

#include <glib.h>

struct accord;

/* pins: struct keypin, pins and modes; taken over. NULL: there are more than can be looked at. */
struct accord *accord_new(const struct place *place, GArray *pins, int64_t now);
void accord_free(struct accord *accord);

/* Whether any key is refused that none of them names, over this protocol or any. by: the lowest
 * rank that does so. */
bool accord_restricts(const struct accord *accord, int protocol, enum rank *by);

/* The same where the path ends in an added anchor. */
bool accord_restricts_anchors(const struct accord *accord);

/* Whether no server with this key is refused where the pin is met. */
bool accord_allows(const struct accord *accord, const struct keypin *pin);

/* Whether pinning is off, over this protocol or any. */
bool accord_is_off(const struct accord *accord, int protocol);

#endif
