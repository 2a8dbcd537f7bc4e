/* Calls of every method by chance, as programs and tools make them, and some who err.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   struct mixture mixture;
 *   mixture_open(&mixture, seed, store);
 *   struct call call = mixture_next(&mixture);
 *   counter_ask(&counter, call.method, call.signature, call.words);
 *   g_free(call.words);
 *
 * The same seed makes the same calls, and so the same ones are made again. To be used with the
 * servers of tests/gate.h.
 */
#ifndef MIXTURE_H
#define MIXTURE_H

#include <glib.h>
#include <stdint.h>

enum { MIXTURE_HOSTS = 200 };

/* A call in words: see values.h. */
struct call {
  const char *method, *signature;
  char *words; /* to be freed by g_free */
};

struct mixture {
  uint32_t seed;     /* as far as it has come */
  unsigned turn;     /* of the costly ones */
  const char *store; /* where the user's store is, beside which backups are */
  char *paths[2];    /* of the server, and of another one, as arguments */
  GHashTable *made;  /* the methods */
};

/* seed: not 0. store: the caller's. */
void mixture_open(struct mixture *mixture, uint32_t seed, const char *store);
void mixture_close(struct mixture *mixture);

/* One that is answered at once, or refused. */
struct call mixture_next(struct mixture *mixture);

/* One that works with the files beside the store, each kind in turn: it is answered later, and
 * takes long. What Restore is to bring back is one of the backups that are there. */
struct call mixture_next_costly(struct mixture *mixture);

/* How many methods were called; fails where there are others. */
unsigned mixture_methods(const struct mixture *mixture);

#endif
