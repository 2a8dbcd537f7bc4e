/* The threads of tlspin-server serve: see tlspin-server-crew.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin-server-crew.h"

#include <sys/socket.h>
#include <unistd.h>

void crew_open(struct crew *crew, void (*serve)(int fd, void *work))
{
  crew->serve = serve;
  crew->busy = 0;
  pthread_mutex_init(&crew->lock, NULL);
  pthread_cond_init(&crew->left, NULL);
  for (size_t i = 0; i < CREW_MAX; i++)
    crew->places[i] = (struct crew_place){crew, -1, NULL};
}

bool crew_is_full(struct crew *crew)
{
  bool full;

  pthread_mutex_lock(&crew->lock);
  full = crew->busy == CREW_MAX;
  pthread_mutex_unlock(&crew->lock);
  return full;
}

static struct crew_place *take_place(struct crew *crew, int fd, void *work)
{
  struct crew_place *place = NULL;

  pthread_mutex_lock(&crew->lock);
  for (size_t i = 0; i < CREW_MAX && place == NULL; i++)
    if (crew->places[i].fd < 0)
      place = &crew->places[i];
  if (place != NULL) {
    place->fd = fd;
    place->work = work;
    crew->busy++;
  }
  pthread_mutex_unlock(&crew->lock);
  return place;
}

/* The descriptor is closed under the lock, so that crew_close never shuts down one that is already
 * somebody else's. */
static void leave_place(struct crew_place *place, bool close_it)
{
  struct crew *crew = place->crew;

  pthread_mutex_lock(&crew->lock);
  if (close_it)
    close(place->fd);
  place->fd = -1;
  crew->busy--;
  pthread_cond_signal(&crew->left);
  pthread_mutex_unlock(&crew->lock);
}

static void *run(void *argument)
{
  struct crew_place *place = argument;

  place->crew->serve(place->fd, place->work);
  leave_place(place, true);
  return NULL;
}

bool crew_start(struct crew *crew, int fd, void *work)
{
  struct crew_place *place = take_place(crew, fd, work);
  pthread_attr_t detached;
  pthread_t thread;
  bool started;

  if (place == NULL)
    return false;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  started = pthread_create(&thread, &detached, run, place) == 0;
  pthread_attr_destroy(&detached);
  if (!started)
    leave_place(place, false);
  return started;
}

void crew_close(struct crew *crew)
{
  pthread_mutex_lock(&crew->lock);
  for (size_t i = 0; i < CREW_MAX; i++)
    if (crew->places[i].fd >= 0)
      shutdown(crew->places[i].fd, SHUT_RDWR);
  while (crew->busy > 0)
    pthread_cond_wait(&crew->left, &crew->lock);
  pthread_mutex_unlock(&crew->lock);
}
