/* A private connection to the session bus, which any number of threads may use.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libdbus is only ever called with the bus locked, and never so that it waits. Who has to wait does
 * so in bus_wait: one thread leads, polls the socket with the lock released and then reads for all;
 * the others follow on a condition variable, and one of them takes over when the leader has what it
 * waited for.
 *
 * fork: the locks of every bus are held across it, so that a child finds libdbus in order. The
 * child leaves its parent's connection alone but for closing its own copy of the socket, and makes
 * a new one when it needs it. Nobody may fork with a bus locked. (That is for fork(); nothing can
 * be done about a clone() or vfork() of one's own making in a program with threads.)
 *
 * Every function but bus_new, bus_free and bus_lock wants the bus locked.
 */
#ifndef CLIENT_BUS_H
#define CLIENT_BUS_H

#include <dbus/dbus.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
  BUS_WATCHES = 4,           /* libdbus has two for a socket */
  BUS_UNIQUE_NAME_SIZE = 256 /* D-Bus specification, "Valid Names", with a NUL */
};

/* Who was last seen to own one of the daemon's names. */
struct bus_owner {
  char unique[BUS_UNIQUE_NAME_SIZE]; /* "": not known */
};

struct bus {
  pthread_mutex_t mutex;
  pthread_cond_t changed;     /* something was read, or there is no leader any more */
  char *address;              /* or NULL: that of the user's session bus */
  DBusConnection *connection; /* or NULL */
  DBusPendingCall *hello;     /* until it was answered */
  DBusWatch *watches[BUS_WATCHES];
  struct bus_owner pins, admin; /* on this connection */
  unsigned generation;          /* counts the connections that are gone */
  pid_t process;                /* whose connection it is; 0 after a fork */
  int wake;                     /* an eventfd that ends the leader's poll(2); -1: none yet */
  bool leading;                 /* a thread polls */
  bool probing;                 /* a thread looks whether the bus is alive */
  size_t stained;               /* octets with a secret that libdbus may still have, unreachable */
  struct bus *next, *previous;  /* of all, for fork */
};

/* address: copied; or NULL. NULL without memory. No connection is made yet. */
struct bus *bus_new(const char *address);

/* Closes the connection, and sees to it first that libdbus leaves no secret behind that was read.
 * NULL is fine. */
void bus_free(struct bus *bus);

/* A message was read in which so many octets have been wiped. Locked. */
void bus_stain(struct bus *bus, size_t octets);

/* Locking also keeps the thread from being cancelled, which would leave the others without a
 * leader. */
void bus_lock(struct bus *bus);
void bus_unlock(struct bus *bus);

/* Closes the connection, which may be lost already. Who waits for a reply is told by the new
 * generation. */
void bus_discard(struct bus *bus);

/* Hands a message to the connection, and to the kernel as far as that takes it. Doesn't wait.
 * pending: NULL where no reply is wanted; to be unreferenced. Returns TLSPIN_OK, also where the
 * connection turned out to be lost (then `generation` has changed), or TLSPIN_E_MEMORY. */
int bus_send(struct bus *bus, DBusMessage *message, DBusPendingCall **pending);

/* True while the kernel has not taken all that was sent. */
bool bus_sending(const struct bus *bus);

/* Waits until something may have changed; false once the deadline is over. A caller looks for what
 * it wants, and at `generation`, in a loop. */
bool bus_wait(struct bus *bus, int64_t deadline);

/* The same for a bus that only this thread uses; wakes up also when the file descriptor (-1: none)
 * is readable. */
bool bus_wait_for(struct bus *bus, int descriptor, int64_t deadline);

#endif
