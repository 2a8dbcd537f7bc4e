/* What may be set, by whom, and what holds.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules stand above settings_resolve.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "daemon/layers.h"
#include "pinning/change.h"

struct settings {
  uint32_t lifetime_cap;   /* of tickets; seconds */
  uint32_t hpkp_cap;       /* seconds; at most HPKP_AGE_MAX */
  bool learn;              /* trust on first use at all */
  bool learn_locked;       /* that is a system layer's word */
  enum keypin_level level; /* at which a first use pins: leaf, issuer or anchor */
  unsigned changes;        /* bits 1 << enum change: which are accepted */
  bool anchors_enforced;   /* pins hold for added anchors, too */
  bool unavailable_fails;  /* only system layers may set it */
};

/* The names: "lifetime-cap", "hpkp-cap", "learn", "level", "changes", "anchors", "unavailable". The
 * one table of names, forms and defaults is in settings.c; policy/ uses it to check [defaults].
 * False: no such name, or a value that is none of its; *problem says which (g_free). */
bool settings_check(const char *name, const char *value, char **problem);
enum { SETTINGS_COUNT = 7 };
const char *settings_name(size_t index); /* NULL behind the last one */
size_t settings_find(const char *name);  /* SETTINGS_COUNT: no such name */

/* The stricter of two values that settings_check takes: the smaller cap; learn=no; the level nearer
 * to the leaf; anchors=enforce; unavailable=fail; of changes those that both accept. `value` as it
 * is written, where it is as strict as `other`. To be freed by g_free. */
char *settings_stricter(size_t index, const char *value, const char *other);

/* Not a setting: the policy file that a layer was compiled from. The compiler removes and replaces
 * only layers that have it. */
#define SETTINGS_COMPILED_FROM "compiled-from"

/* Told of each setting, its value, where it comes from and whether it is locked. source: a layer's
 * name, "tlspind.conf" or "default"; by rule 3 "NAME (remembered)", by rule 4 "NAME (unreadable)".
 */
typedef void (*settings_visit)(const char *name, const char *value, const char *source, bool locked,
                               void *data);

struct config;
struct recall;
/* What holds, for each setting by itself:
 *
 * 1. While every layer of the system can be read, the first that says something: a locked setting
 * of a system layer (of several, the highest layer's), the user's tlspind.conf, an unlocked setting
 * of a system layer, the default. What only system layers may set is locked wherever it is set.
 * 2. What the layers of the system set then, locked or not, is recalled (recall.h).
 * 3. While a layer of the system can't be read, nobody knows what it sets. So what is recalled
 * stays as it was: what was locked is locked, and the rest stands behind tlspind.conf and before
 * the default. Where a layer that can be read says something as well, a lock counts more than none,
 * and of two that count the same the stricter value holds (settings_stricter); that is recalled
 * from then on.
 * 4. Where nothing is known of a time when every layer could be read, as with a new user,
 * anchors=enforce and learn=no count as locked, too: nobody who has no pins yet is cut off by
 * them. Whatever else isn't locked stays as rule 1 has it, "unavailable" above all: whoever can't
 * reach the network can't mend the machine.
 *
 * config: of the user's file; its values count as "tlspind.conf" where it set them. False: it holds
 * for this time only, since what can be read at another time (a layer that is open, the user's
 * store) could not be. */
bool settings_resolve(struct layers *layers, const struct config *config, struct recall *recall,
                      struct settings *settings, settings_visit visit, void *data);

#endif
