/* Lives of a store, or of other files, each broken off by a loss of power in many ways.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A work is led once, with the folder watched (powerloss.h); then states of the disk are made of
 * what was recorded, and each is looked at: what was acknowledged before the power went must be
 * there, and what was under way there as a whole or not at all. */
#ifndef LOSSES_H
#define LOSSES_H

#include "tests/powerloss.h"
#include "tests/stores.h"

#include <glib.h>

/* What a store holds, as a whole. */
struct image {
  struct contents contents;
  uint64_t tickets, pins;
};

/* Something that was acknowledged. */
struct deed {
  const char *what;
  struct image image; /* what whoever opens the store then finds */
  bool several;       /* more than one transaction: see losses_done_in_parts */
  GArray *parts;      /* struct image: what is found in between */
};

struct life {
  const struct work *work;
  struct stores *stores; /* paths in the watched folder */
  struct store *store;   /* open there, or NULL */
  GArray *deeds;         /* struct deed; the first is the beginning */
  const char *cleared;   /* a host that was cleared, or NULL, and with which deed */
  size_t cleared_with;
  size_t finished_with; /* the deed that finished an import, or 0 */
  uint64_t pins;        /* and how many records there are in the end */
  const char *pragma;   /* for a test of the tests: run in every store that is opened */
};

struct work {
  const char *name;
  unsigned weight; /* how many states of a hundred are its */
  /* Before anything is watched; or NULL. */
  void (*prepare)(struct life *life);
  void (*live)(struct life *life);
  /* What is wrong with a state, to be freed by g_free; NULL: nothing. `done` of the deeds were
   * acknowledged, the first of which is the beginning, and another was under way if there are more.
   * losses_check_store for what is a store. */
  char *(*check)(const struct life *life, const struct stores *state, size_t done);
};

/* Opens the store of the life, and closes it. */
void losses_open(struct life *life);
void losses_close(struct life *life);

/* What was done up to now is acknowledged. In parts: what is done of it may be there after each of
 * its transactions. */
void losses_done(struct life *life, const char *what);
void losses_done_in_parts(struct life *life, const char *what);

/* Makes a store with 20 tickets and 20 records. */
void losses_fill(struct life *life);

char *losses_check_store(const struct life *life, const struct stores *state, size_t done);

/* What is to be forgotten, for a test of the tests. */
struct mutation {
  const char *pragma;
  enum powerloss_forgotten forgotten;
};

/* Leads the life, makes so many states of it and looks at them. How many are wrong; each is said,
 * with how it is made again, unless a mutation is to bring that about. seed: of the first. only:
 * nothing but this state, or NULL. */
unsigned losses_count(const struct work *work, const struct mutation *mutation, unsigned states,
                      uint32_t seed, const struct powerloss *only);

/* Of a store, of its backups and its recovery, and of what is erased from all files; the last of
 * each has no name. The weights of the first two are 100 together. */
extern const struct work losses_store[];
extern const struct work losses_recovery[];
extern const struct work losses_erasure[];

#endif
