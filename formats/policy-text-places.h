/* The places of which policy text is made, each with its records in a group of its own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_POLICY_TEXT_PLACES_H
#define FORMATS_POLICY_TEXT_PLACES_H

#include "formats/policy-text-accord.h"
#include "formats/policy-text-group.h"

struct places;

struct places *places_new(int64_t now);
void places_free(struct places *places);

/* What says nothing now is left out. */
void places_put(struct places *places, const struct keypin *pin, size_t line);

/* Struct text_group, in the order in which the first record of each came; the caller doesn't change
 * the list. */
const GPtrArray *places_groups(const struct places *places);

/* What is said of the servers over which the group decides. NULL: as from accord_new. */
struct accord *places_accord(const struct places *places, const struct text_group *group);

/* What the pins of a group that is only reported would say. */
struct accord *places_own_accord(const struct places *places, const struct text_group *group);

/* Whether the pins that the group lists would end the search for those of the names below it. They
 * do so where they are of a host alone, in policy whoever said so, and among records only for those
 * of one origin, and never for what was learned. */
bool places_make_hole(const struct places *places, const struct text_group *group);

#endif
