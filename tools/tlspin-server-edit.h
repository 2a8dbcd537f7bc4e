/* A change of a key file: locked, read, checked, written whole.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLSPIN_SERVER_EDIT_H
#define TLSPIN_SERVER_EDIT_H

#include "libserver/keyfile.h"
#include "libserver/keys.h"

struct edit {
  const char *path;
  char *name; /* the same, for messages */
  int lock;   /* or -1 */
  struct keyfile_text text;
  struct keys keys;      /* what is in the text */
  struct writer changed; /* for the new text; a line longer than the old one */
};

/* Complains about it. Returns false. */
bool edit_report(const struct trouble *trouble);

/* Opens a file for a change. To be closed with edit_close, on failure too. False: after a message.
 */
bool edit_open(struct edit *edit, const char *path);

/* Writes what is in `changed`, if it is a key file. False: after a message; nothing was changed. */
bool edit_commit(struct edit *edit);

void edit_close(struct edit *edit);

#endif
