/* What the files of the settings share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SETTINGS_PRIVATE_H
#define SETTINGS_PRIVATE_H

#include "daemon/settings.h"

enum { SETTING_SYSTEM_ONLY = -1 };

/* The default is written as a value is. */
struct setting {
  const char *name;
  const char *fallback;
  bool (*read)(const char *value, struct settings *settings);
  const char *form;
  int member;                                          /* of struct config */
  unsigned (*laxity)(const struct settings *settings); /* the less, the stricter; NULL: changes */
  const char *cautious;                                /* rule 4, or NULL */
};

extern const struct setting settings_table[SETTINGS_COUNT];

#endif
