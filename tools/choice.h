/* Which entries are meant, in words: the options --kind, --status, --origin and --key.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CHOICE_H
#define CHOICE_H

#include "libclient/tlspin-admin.h"

#include <stdbool.h>

/* As the options gave them; NULL: any. */
struct choice {
  char *kind;
  char *status;
  char *origin;
  char *key;
  unsigned char digest[64]; /* of the key; the filter points to it */
};

/* Whether it says anything. */
bool choice_is_made(const struct choice *choice);

/* Puts it into the filter, which then points into it. Returns STATUS_FINE, or STATUS_USAGE after a
 * message that names the words there are. */
int choice_read(struct choice *choice, struct tlspin_filter *filter);

#endif
