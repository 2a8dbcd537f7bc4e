/* Those who call: who each is, and what it has waiting.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A connection to the bus is one caller. The bus is asked about it at its first call, and tells
 * when it leaves; in between it is remembered, unless there are too many.
 */
#ifndef CALLERS_H
#define CALLERS_H

#include "daemon/caller.h"
#include "daemon/turns.h"

#include <dbus/dbus.h>
#include <glib.h>

struct callers;

struct caller {
  struct turn turn; /* the first member: a caller is found by it */
  char *name;       /* unique on the bus */
  bool known;       /* `kind` and `process` are told */
  enum caller_kind kind;
  pid_t process; /* 0: not told */
  GQueue calls;  /* that wait, of whoever puts them there */
  size_t octets; /* in them */

  struct callers *callers; /* these are for callers.c */
  DBusPendingCall *pending;
  bool gone;
  GList *link;
};

/* Told once of each caller when it becomes known. */
typedef void (*callers_told)(void *data, struct caller *caller);

/* Of those who call over a connection to a bus, which is attached to the main loop. proc: where
 * procfs is mounted. drop: frees a call that still waits at the end. */
struct callers *callers_new(DBusConnection *connection, const char *proc, callers_told told,
                            GDestroyNotify drop, void *data);

/* The connection must not be dispatched any more. */
void callers_free(struct callers *callers);

/* The caller of a unique name; who it is may be asked first. NULL: too many are remembered already,
 * and each has something waiting. */
struct caller *callers_get(struct callers *callers, const char *name);

/* It has nothing waiting any more: it may be forgotten. */
void callers_idle(struct caller *caller);

guint callers_count(const struct callers *callers);

#endif
