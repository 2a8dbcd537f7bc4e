/* Which layers were compiled from policy, and so may be replaced and removed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef MARKER_H
#define MARKER_H

#include <sys/types.h>

enum marker {
  MARKER_ABSENT,     /* there is no such file */
  MARKER_COMPILED,   /* by `tlspin policy compile` */
  MARKER_FOREIGN,    /* made otherwise, or a link to /dev/null, which takes a vendor's layer away */
  MARKER_UNREADABLE, /* it can't be told */
};

/* path: of a layer. owner: who must own it. */
enum marker marker_read(const char *path, uid_t owner);

#endif
