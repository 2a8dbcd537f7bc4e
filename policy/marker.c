/* Layers that were compiled from policy: see marker.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/marker.h"

#include "daemon/settings.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>

static bool visit(const struct setting_row *setting, void *data)
{
  bool *found = data;

  *found = *found || strcmp(setting->name, SETTINGS_COMPILED_FROM) == 0;
  return !*found;
}

enum marker marker_read(const char *path, uid_t owner)
{
  g_autofree char *problem = NULL;
  struct store *store = NULL;
  struct stat status;
  bool found = false;
  enum tlspin_code code;

  if (lstat(path, &status) != 0)
    return errno == ENOENT ? MARKER_ABSENT : MARKER_UNREADABLE;
  if (store_is_mask(path, owner))
    return MARKER_FOREIGN;
  code = store_open(path, STORE_SYSTEM, owner, &store, &problem);
  if (code == TLSPIN_OK)
    code = store_settings(store, visit, &found);
  store_close(store);
  if (code != TLSPIN_OK)
    return MARKER_UNREADABLE;
  return found ? MARKER_COMPILED : MARKER_FOREIGN;
}
