/* From a message on the bus to the function that serves it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One const table names every method with its arguments; a call is checked against it before its
 * handler sees it, and the introspection data are made from it.
 */
#ifndef DISPATCH_H
#define DISPATCH_H

#include "common/tlspin-error.h"

#include <dbus/dbus.h>
#include <glib.h>
#include <stdbool.h>

struct argument {
  const char *name; /* NULL ends a list */
  const char *type;
};

enum { ARGUMENTS_MAX = 12 };

/* Serves a call whose arguments are of the right types. Fills in the reply, or returns an error
 * code and puts a text for it into `problem`; an empty one becomes the code's own text. */
typedef enum tlspin_code (*method_handler)(void *data, DBusMessage *call, DBusMessage *reply,
                                           GString *problem);

/* Whether a method writes to the store. One that judges answers in any case, and asks for leave
 * (dispatch_charge) before it writes. */
enum method_kind { METHOD_READS, METHOD_STORES, METHOD_JUDGES };

struct method {
  const char *name; /* NULL ends a list */
  struct argument in[ARGUMENTS_MAX];
  struct argument out[ARGUMENTS_MAX];
  method_handler handler;
  enum method_kind kind;
};

struct bus_signal {
  const char *name; /* NULL ends a list */
  struct argument arguments[ARGUMENTS_MAX];
};

struct interface {
  const char *name; /* NULL ends a list */
  const char *path;
  const struct method *methods;
  const struct bus_signal *signals;
};

/* Whether the call may be served, of a method that is there; NULL: of Introspect, which every
 * object has. Otherwise a code and a text as above. */
typedef enum tlspin_code (*dispatch_admit)(void *data, const char *interface,
                                           const struct method *method, DBusMessage *call,
                                           GString *problem);

/* Whether the call that is being served may write to the store; otherwise a code and a text. To be
 * asked once for each call. */
typedef enum tlspin_code (*dispatch_charger)(void *data, GString *problem);

struct dispatch {
  const struct interface *interfaces;
  void *data;                 /* for the handlers */
  void (*served)(void *data); /* told after each call */
  dispatch_admit admit;       /* NULL: every call may be served */
  void *gate;                 /* for `admit` and `charge` */
  dispatch_charger charge;    /* NULL: every call may write */
};

/* For the handler of a method that judges: asks `charge`. dispatch: NULL: there is none. */
enum tlspin_code dispatch_charge(const struct dispatch *dispatch, GString *problem);

/* The reply to a call, as it would go out; NULL without memory. */
DBusMessage *dispatch_call(const struct dispatch *dispatch, DBusMessage *call);

/* Serves a call that came over the connection: sends what dispatch_call returns. */
void dispatch_serve(const struct dispatch *dispatch, DBusConnection *connection, DBusMessage *call);

/* Answers a call by an error, with a text as above. NULL: with none, which makes the shortest message. */
void dispatch_refuse(DBusConnection *connection, DBusMessage *call, enum tlspin_code code,
                     const char *text);

/* For a handler that can't answer yet, and returns TLSPIN_OK: keeps the reply, so that nothing is
 * sent. It is filled in afterwards, and given to dispatch_send; what is returned by then instead is
 * an error, with a text as above. */
DBusMessage *dispatch_keep(DBusMessage *reply);
void dispatch_send(DBusConnection *connection, DBusMessage *kept, enum tlspin_code code,
                   const char *text);

/* Introspection data of an object path, or NULL where there is no such object nor anything below
 * it. To be freed by g_free. */
char *dispatch_introspect(const struct interface *interfaces, const char *path);

#endif
