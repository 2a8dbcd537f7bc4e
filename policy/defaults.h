/* The group [defaults] of policy text: what holds for the daemon as a whole.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef DEFAULTS_H
#define DEFAULTS_H

#include "daemon/store.h"
#include "policy/section.h"

#define DEFAULTS_GROUP "defaults"

/* An array of struct setting_row that owns its texts; to be freed with g_array_unref. */
GArray *defaults_new(void);

/* Adds a setting; the texts are copied. */
void defaults_add(GArray *settings, const char *name, const char *value, bool locked);

/* Reads the section into the array. False: after a finding. */
bool defaults_read(GArray *settings, const struct section *section, struct findings *findings);

#endif
