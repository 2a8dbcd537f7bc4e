/* tlspind.conf: see tlspind.conf(5).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <stdint.h>

struct config {
  uint32_t lifetime_cap; /* seconds; 0: the files don't say */
  uint32_t undo_period;  /* seconds */
  uint32_t idle_timeout; /* seconds; 0: never */
  char *hpkp_cap;        /* this and what follows as settings_check takes it; NULL: the files don't
                            say */
  char *learn;
  char *level;
  char *changes;
  char *anchors;
  char *problem; /* what was passed over, and why; NULL: nothing */
};

/* Reads the files in their order; what a later one says counts. Missing ones are fine. A key that
 * isn't known or has a bad value is passed over, logged, and told in `problem`: the daemon goes on
 * with what it had, which is never less strict than the defaults. paths: ends with NULL. */
void config_read(const char *const *paths, struct config *config);

void config_clear(struct config *config);

#endif
