/* The threads of tlspin-server serve, one for each connection.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A client that is slow or silent keeps one thread busy, and no other client waiting; there are at
 * most CREW_MAX.
 */
#ifndef TLSPIN_SERVER_CREW_H
#define TLSPIN_SERVER_CREW_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { CREW_MAX = 256 };

struct crew_place {
  struct crew *crew;
  int fd; /* of the connection; -1: the place is free */
  void *work;
};

struct crew {
  void (*serve)(int fd, void *work); /* in a thread; doesn't close fd, frees work */
  pthread_mutex_t lock;
  pthread_cond_t left; /* signalled when a thread ends */
  size_t busy;
  struct crew_place places[CREW_MAX];
};

void crew_open(struct crew *crew, void (*serve)(int fd, void *work));
bool crew_is_full(struct crew *crew);

/* Serves a connection in a thread of its own and closes it then. False: all are busy, or no thread
 * could be made; fd and work are still the caller's. */
bool crew_start(struct crew *crew, int fd, void *work);

/* Ends all connections and waits for their threads. */
void crew_close(struct crew *crew);

#endif
