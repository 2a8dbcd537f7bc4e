/* Which system layers there are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SURVEY_H
#define SURVEY_H

#include "daemon/layer.h"

#include <glib.h>

/* Where system layers are, and who must own them. */
struct survey {
  char *admin_dir;
  char *vendor_dir;
  uid_t owner;
};

/* All system layers with their fingerprints, the highest precedence first; none is opened. Those
 * with a problem stand for a folder that can't be listed, also since it was changed each time that
 * it was, and come before all others. */
GPtrArray *survey_take(const struct survey *survey);

#endif
