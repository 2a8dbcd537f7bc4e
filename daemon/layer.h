/* One of the ordered stores: its file, opened, or why it can't be read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A layer may be opened in one thread and used in another afterwards.
 */
#ifndef LAYER_H
#define LAYER_H

#include "daemon/store.h"

/* One store, or why it can't be read. */
struct layer {
  char *name;          /* LAYER_USER or a file name, in UTF-8 */
  char *path;          /* not always in UTF-8 */
  struct store *store; /* NULL where it can't be read */
  char *problem;       /* then, in UTF-8: which file, what is wrong, what to do */
  char *fingerprint;   /* of a system layer: layer_fingerprint before it was opened */
  bool kept;           /* while layers are read anew: the open store is to be taken over */
  unsigned used;       /* how often a user's store was opened here */
  bool tried;          /* to be opened before: from then on nobody is waited for */
  bool waits;          /* an operation of it is half applied, and could not be gone on with */
};

struct layer *layer_new(const char *name, const char *path);
void layer_free(void *layer);

/* Why the file of an open layer can't be written now, with what to do; NULL: nothing is known to be
 * in the way. To be freed. */
char *layer_write_problem(const struct layer *layer);

/* Closes what was open, then opens and reads it through; the code is that of store_open. */
enum tlspin_code layer_open(struct layer *layer, enum store_kind kind, uid_t owner);
void layer_clear(struct layer *layer);

/* Logs and keeps it. problem: is freed. */
void layer_set_problem(struct layer *layer, char *problem);

/* The file, its inode, size, times, mode and owner, and those of journals: whether anything was
 * changed since. To be freed by g_free. */
char *layer_fingerprint(const char *path);

/* Whether the open store may go on serving for a file that has this fingerprint now. Who may write
 * to the file and its folder is looked at anew; the content isn't read. */
bool layer_serves(const struct layer *layer, const char *fingerprint, uid_t owner);

#endif
