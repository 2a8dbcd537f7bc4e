/* One clear of pins: what it is to forget, what is known of that beforehand, and what is said of
 * it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLEARED_H
#define CLEARED_H

#include "libclient/tlspin-admin.h"
#include "tools/choice.h"
#include "tools/json.h"

struct cleared {
  struct tlspin_filter filter;
  const struct choice *choice; /* what the filter says, in words; */
  const char *since;           /* since when, or NULL */
  const char *name;            /* of the host, with its port; NULL: --all, --since, --kind... */
  bool alone;                  /* no other server was named */
  GPtrArray *pins;             /* the first of the user's that fit: where, and what */
  GPtrArray *stays;            /* those of them that are for every port, where one was named */
  char *foreign;               /* a layer of the administrator that has such a pin, or NULL */
};

/* Fills in what is known beforehand: the clear itself knows only how many they were. To be cleared
 * by cleared_end. */
void cleared_look(tlspin_t *context, struct cleared *clear);
void cleared_end(struct cleared *clear);

/* Says what was done, for people and for programs. */
void cleared_print(const struct cleared *clear, const struct tlspin_change *change);
void cleared_put(struct json_array *array, const struct cleared *clear,
                 const struct tlspin_change *change);

/* Says that there was nothing to be done, and why. STATUS_NOT_FOUND. */
int cleared_complain(const struct cleared *clear);

#endif
