/* What may be set, by whom, and what holds.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first that says something: a locked setting of a system layer (the highest layer), the user's
 * tlspind.conf, an unlocked setting of a system layer, the default.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "daemon/layers.h"
#include "pinning/change.h"

struct settings {
  uint32_t lifetime_cap;   /* of tickets; seconds */
  uint32_t hpkp_cap;       /* seconds; at most HPKP_AGE_MAX */
  bool learn;              /* trust on first use at all */
  enum keypin_level level; /* at which a first use pins: leaf, issuer or anchor */
  unsigned changes;        /* bits 1 << enum change: which are accepted */
  bool anchors_enforced;   /* pins hold for added anchors, too */
  bool unavailable_fails;  /* only system layers may set it */
};

/* The names: "lifetime-cap", "hpkp-cap", "learn", "level", "changes", "anchors", "unavailable". The
 * one table of names, forms and defaults is in settings.c; policy/ uses it to check [defaults].
 * False: no such name, or a value that is none of its; *problem says which (g_free). */
bool settings_check(const char *name, const char *value, char **problem);
const char *settings_name(size_t index); /* NULL behind the last one */

/* Not a setting: the policy file that a layer was compiled from. The compiler removes and replaces
 * only layers that have it. */
#define SETTINGS_COMPILED_FROM "compiled-from"

/* Told of each setting, its value, where it comes from (a layer's name, "tlspind.conf" or
 * "default") and whether it is locked. */
typedef void (*settings_visit)(const char *name, const char *value, const char *source, bool locked,
                               void *data);

struct config;
/* config: of the user's file; its values count as "tlspind.conf" where it set them. A layer that
 * can't be read sets nothing; Status tells of it. */
void settings_resolve(struct layers *layers, const struct config *config, struct settings *settings,
                      settings_visit visit, void *data);

#endif
