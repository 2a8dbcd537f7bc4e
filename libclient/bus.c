/* A private connection to the session bus: see bus.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/bus.h"

#include "common/tlspin-error.h"
#include "dbus/wipe.h"
#include "libclient/deadline.h"
#include "libclient/last.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { RINSE_PATIENCE = 50 }; /* ms; a bus that is there needs a tenth of one */

/* All buses of the process, so that fork can hold their locks. Order of locks: this one first. */
static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static struct bus *buses;

static _Thread_local int cancel_state;

static void before_fork(void)
{
  pthread_mutex_lock(&registry);
  for (struct bus *bus = buses; bus != NULL; bus = bus->next)
    pthread_mutex_lock(&bus->mutex);
}

static void after_fork_in_parent(void)
{
  for (struct bus *bus = buses; bus != NULL; bus = bus->next)
    pthread_mutex_unlock(&bus->mutex);
  pthread_mutex_unlock(&registry);
}

static void init_changed(struct bus *bus)
{
  pthread_condattr_t attributes;

  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&bus->changed, &attributes);
  pthread_condattr_destroy(&attributes);
}

/* The threads that led, probed and waited are not here any more. */
static void after_fork_in_child(void)
{
  for (struct bus *bus = buses; bus != NULL; bus = bus->next) {
    bus->process = 0;
    bus->leading = false;
    bus->probing = false;
    init_changed(bus);
  }
  after_fork_in_parent();
}

static void init_process(void)
{
  dbus_threads_init_default();
  pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

static void bus_register(struct bus *bus)
{
  pthread_mutex_lock(&registry);
  bus->next = buses;
  if (buses != NULL)
    buses->previous = bus;
  buses = bus;
  pthread_mutex_unlock(&registry);
}

static void bus_unregister(struct bus *bus)
{
  pthread_mutex_lock(&registry);
  if (bus->next != NULL)
    bus->next->previous = bus->previous;
  if (bus->previous != NULL)
    bus->previous->next = bus->next;
  else
    buses = bus->next;
  pthread_mutex_unlock(&registry);
}

struct bus *bus_new(const char *address)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  struct bus *bus = calloc(1, sizeof *bus);

  if (bus == NULL)
    return NULL;
  if (address != NULL && (bus->address = strdup(address)) == NULL) {
    free(bus);
    return NULL;
  }
  pthread_once(&once, init_process);
  pthread_mutex_init(&bus->mutex, NULL);
  init_changed(bus);
  bus->wake = -1;
  bus_register(bus);
  return bus;
}

static void wake_leader(struct bus *bus)
{
  if (bus->leading)
    eventfd_write(bus->wake, 1);
}

void bus_discard(struct bus *bus)
{
  if (bus->connection == NULL)
    return;
  if (bus->hello != NULL) {
    dbus_pending_call_cancel(bus->hello);
    dbus_pending_call_unref(bus->hello);
    bus->hello = NULL;
  }
  dbus_connection_close(bus->connection);
  dbus_connection_unref(bus->connection);
  bus->connection = NULL;
  memset(bus->watches, 0, sizeof bus->watches);
  bus->pins.unique[0] = bus->admin.unique[0] = '\0';
  bus->generation++;
  wake_leader(bus);
  pthread_cond_broadcast(&bus->changed);
}

/* Closes our copies of what belongs to the parent process: that says nothing to the bus. */
static void leave_to_parent(struct bus *bus)
{
  bus_discard(bus);
  if (bus->wake >= 0)
    close(bus->wake);
  bus->wake = -1;
  bus->process = getpid();
}

void bus_lock(struct bus *bus)
{
  int state;

  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
  pthread_mutex_lock(&bus->mutex);
  cancel_state = state;
  if (bus->process != getpid())
    leave_to_parent(bus);
}

void bus_unlock(struct bus *bus)
{
  int state;

  pthread_mutex_unlock(&bus->mutex);
  pthread_setcancelstate(cancel_state, &state);
}

void bus_stain(struct bus *bus, size_t octets)
{
  if (bus->stained < octets)
    bus->stained = octets;
}

static DBusHandlerResult on_rinse(DBusConnection *connection, DBusMessage *message, void *data)
{
  struct bus *bus = data;

  (void)connection;
  if (bus_is_rinse(message))
    bus->stained = 0;
  return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

/* What libdbus has read must not be left in the program's heap, where it goes unwiped. */
static void rinse(struct bus *bus)
{
  int64_t deadline = deadline_after(deadline_now(), RINSE_PATIENCE);

  if (bus->stained == 0 || bus->connection == NULL || bus->hello != NULL ||
      !dbus_connection_add_filter(bus->connection, on_rinse, bus, NULL) ||
      !bus_rinse(bus->connection, bus->stained + BUS_RINSE_MORE))
    return;
  while (bus->stained != 0 && bus->connection != NULL && bus_wait(bus, deadline))
    continue;
}

void bus_free(struct bus *bus)
{
  if (bus == NULL)
    return;
  bus_lock(bus);
  rinse(bus);
  bus_discard(bus);
  if (bus->wake >= 0)
    close(bus->wake);
  bus_unlock(bus);
  bus_unregister(bus);
  pthread_cond_destroy(&bus->changed);
  pthread_mutex_destroy(&bus->mutex);
  free(bus->address);
  free(bus);
}

static short interest(const struct bus *bus)
{
  unsigned flags = 0;

  for (int i = 0; i < BUS_WATCHES; i++)
    if (bus->watches[i] != NULL && dbus_watch_get_enabled(bus->watches[i]))
      flags |= dbus_watch_get_flags(bus->watches[i]);
  return (short)((flags & DBUS_WATCH_READABLE ? POLLIN : 0) |
                 (flags & DBUS_WATCH_WRITABLE ? POLLOUT : 0));
}

/* Reads and writes what can be, and hands replies to whom they belong. */
static void pump(struct bus *bus)
{
  dbus_connection_read_write(bus->connection, 0);
  while (dbus_connection_dispatch(bus->connection) == DBUS_DISPATCH_DATA_REMAINS)
    continue;
  if (!dbus_connection_get_is_connected(bus->connection))
    bus_discard(bus);
}

static void lead(struct bus *bus, int descriptor, int64_t deadline)
{
  struct pollfd ready[3] = {
      {-1, interest(bus), 0}, {bus->wake, POLLIN, 0}, {descriptor, POLLIN, 0}};
  unsigned generation = bus->generation;
  eventfd_t count;
  int rc;

  dbus_connection_get_unix_fd(bus->connection, &ready[0].fd);
  bus->leading = true;
  pthread_mutex_unlock(&bus->mutex);
  rc = poll(ready, 3, deadline_poll(deadline));
  pthread_mutex_lock(&bus->mutex);
  bus->leading = false;
  if (rc > 0 && ready[1].revents != 0)
    eventfd_read(bus->wake, &count);
  if (rc > 0 && ready[0].revents != 0 && bus->generation == generation)
    pump(bus);
  pthread_cond_broadcast(&bus->changed);
}

bool bus_wait_for(struct bus *bus, int descriptor, int64_t deadline)
{
  struct timespec until = deadline_timespec(deadline);

  if (deadline_poll(deadline) == 0)
    return false;
  if (bus->leading || bus->connection == NULL)
    pthread_cond_timedwait(&bus->changed, &bus->mutex, &until);
  else
    lead(bus, descriptor, deadline);
  return true;
}

bool bus_wait(struct bus *bus, int64_t deadline)
{
  return bus_wait_for(bus, -1, deadline);
}

int bus_send(struct bus *bus, DBusMessage *message, DBusPendingCall **pending)
{
  dbus_bool_t sent;

  if (pending != NULL)
    sent =
        dbus_connection_send_with_reply(bus->connection, message, pending, DBUS_TIMEOUT_INFINITE);
  else
    sent = dbus_connection_send(bus->connection, message, NULL);
  if (!sent)
    return last_code(TLSPIN_E_MEMORY);
  if (!dbus_connection_get_is_connected(bus->connection))
    bus_discard(bus);
  else if (bus_sending(bus))
    wake_leader(bus);
  return TLSPIN_OK;
}

bool bus_sending(const struct bus *bus)
{
  return bus->connection != NULL && dbus_connection_has_messages_to_send(bus->connection);
}
