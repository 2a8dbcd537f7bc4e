/* What the command line of tlspind says, and where it doesn't, the environment and the
 * installation.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "daemon/config-file.h"

#include <glib.h>
#include <stdbool.h>

/* Those of main alone. */
struct options {
  char *data_dir;
  char *admin_dir;
  char *vendor_dir;
  char *vendor_anchors;
  char *config_file;
  char *bus;   /* NULL: the session bus */
  char *clock; /* a file to read the time from, for tests; NULL */
  int idle;
  int system_owner; /* of the system's layers */
  gboolean version; /* it is only to be printed */
};

extern struct options options;

/* False after a message. */
bool options_read(int *argc, char ***argv);

/* The configuration that they lead to. */
void options_config(struct config *config);

/* Where things are: the user's store, the layers of both kinds, and trusted certificates. To be
 * freed by g_free; and static. */
char *options_store(void);
const char *options_admin_dir(void);
const char *options_vendor_dir(void);
const char *options_vendor_anchors(void);

#endif
