/* From a message on the bus to the function that serves it: see dispatch.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/dispatch.h"

#include "common/text.h"
#include "daemon/spent.h"

#include <string.h>

enum { ERROR_TEXT_MAX = 2048 };

/* A text may quote an argument, which may be as long as a message, and a file's name, which need
 * not be UTF-8: libdbus and the bus would put an end to the daemon over either. */
static char *error_text(enum tlspin_code code, const char *text)
{
  const char *said = text != NULL && text[0] != '\0' ? text : tlspin_code_text(code);

  return g_utf8_make_valid(said, (gssize)strnlen(said, ERROR_TEXT_MAX));
}

static DBusMessage *make_error(DBusMessage *call, enum tlspin_code code, const char *text)
{
  g_autofree char *valid = error_text(code, text);

  return dbus_message_new_error(call, tlspin_code_dbus_name(code), valid);
}

static DBusMessage *unknown(DBusMessage *call)
{
  const char *interface = dbus_message_get_interface(call);
  g_autofree char *text = g_strdup_printf(
      _("There is no method '%s%s%s' at '%s'."), interface != NULL ? interface : "",
      interface != NULL ? "." : "", dbus_message_get_member(call), dbus_message_get_path(call));

  return make_error(call, TLSPIN_E_UNKNOWN_METHOD, text);
}

/* The object must be there; an interface may be left out of a call (D-Bus specification, "Message
 * Types"). */
static const struct interface *find_interface(const struct interface *interfaces, DBusMessage *call)
{
  const char *name = dbus_message_get_interface(call);

  for (const struct interface *i = interfaces; i->name != NULL; i++)
    if (dbus_message_has_path(call, i->path) && (name == NULL || strcmp(name, i->name) == 0))
      return i;
  return NULL;
}

static const struct method *find_method(const struct interface *interface, DBusMessage *call)
{
  for (const struct method *m = interface->methods; m->name != NULL; m++)
    if (strcmp(m->name, dbus_message_get_member(call)) == 0)
      return m;
  return NULL;
}

/* The quick test, which nearly every call passes. */
static bool signature_fits(const struct argument *expected, DBusMessage *call)
{
  const char *rest = dbus_message_get_signature(call);

  for (; expected->name != NULL; expected++) {
    size_t size = strlen(expected->type);

    if (strncmp(rest, expected->type, size) != 0)
      return false;
    rest += size;
  }
  return rest[0] == '\0';
}

/* Names the first argument that is not of the type that the table says. */
static char *explain_arguments(const struct argument *expected, DBusMessage *call)
{
  DBusMessageIter iter;
  bool there = dbus_message_iter_init(call, &iter);

  for (; expected->name != NULL; expected++) {
    char *type = there ? dbus_message_iter_get_signature(&iter) : NULL;
    char *text = NULL;

    if (!there)
      text = g_strdup_printf(_("argument '%s' is missing; its type is '%s'"), expected->name,
                             expected->type);
    else if (g_strcmp0(type, expected->type) != 0)
      text = g_strdup_printf(_("argument '%s' has type '%s'; it must be '%s'"), expected->name,
                             type != NULL ? type : "", expected->type);
    dbus_free(type);
    if (text != NULL)
      return text;
    there = dbus_message_iter_next(&iter);
  }
  return g_strdup(_("there are more arguments than the method takes"));
}

/* libdbus writes the header anew with each argument that is appended, so that its fields come last:
 * a reply to Lookup is made in two thirds of the time. */
static bool address(DBusMessage *reply, DBusMessage *call)
{
  return dbus_message_set_destination(reply, dbus_message_get_sender(call)) &&
         dbus_message_set_reply_serial(reply, dbus_message_get_serial(call));
}

static enum tlspin_code admit(const struct dispatch *dispatch, const char *interface,
                              const struct method *method, DBusMessage *call, GString *problem)
{
  return dispatch->admit != NULL ? dispatch->admit(dispatch->gate, interface, method, call, problem)
                                 : TLSPIN_OK;
}

enum tlspin_code dispatch_charge(const struct dispatch *dispatch, GString *problem)
{
  return dispatch != NULL && dispatch->charge != NULL ? dispatch->charge(dispatch->gate, problem)
                                                      : TLSPIN_OK;
}

static DBusMessage *serve(const struct dispatch *dispatch, const struct method *method,
                          DBusMessage *call, GString *problem)
{
  g_autofree char *fault = NULL;
  DBusMessage *reply;
  enum tlspin_code code;

  if (!signature_fits(method->in, call)) {
    fault = explain_arguments(method->in, call);
    return make_error(call, TLSPIN_E_ARGUMENT, fault);
  }
  reply = dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN);
  if (reply == NULL)
    return NULL;
  dbus_message_set_no_reply(reply, TRUE);
  code = method->handler(dispatch->data, call, reply, problem);
  if (code == TLSPIN_OK && address(reply, call))
    return reply;
  dbus_message_unref(reply);
  return make_error(call, code != TLSPIN_OK ? code : TLSPIN_E_MEMORY, problem->str);
}

static DBusMessage *call_method(const struct dispatch *dispatch, const struct interface *interface,
                                const struct method *method, DBusMessage *call)
{
  g_autoptr(GString) problem = g_string_new(NULL);
  enum tlspin_code code = admit(dispatch, interface->name, method, call, problem);

  return code == TLSPIN_OK ? serve(dispatch, method, call, problem)
                           : make_error(call, code, problem->str);
}

static DBusMessage *introspect(const struct dispatch *dispatch, DBusMessage *call)
{
  g_autofree char *xml = dispatch_introspect(dispatch->interfaces, dbus_message_get_path(call));
  g_autoptr(GString) problem = g_string_new(NULL);
  enum tlspin_code code = admit(dispatch, DBUS_INTERFACE_INTROSPECTABLE, NULL, call, problem);
  DBusMessage *reply;

  if (code != TLSPIN_OK)
    return make_error(call, code, problem->str);
  if (xml == NULL)
    return unknown(call);
  reply = dbus_message_new_method_return(call);
  if (reply != NULL)
    dbus_message_append_args(reply, DBUS_TYPE_STRING, &xml, DBUS_TYPE_INVALID);
  return reply;
}

DBusMessage *dispatch_call(const struct dispatch *dispatch, DBusMessage *call)
{
  const struct interface *interface = find_interface(dispatch->interfaces, call);
  const struct method *method = interface != NULL ? find_method(interface, call) : NULL;

  if (dbus_message_is_method_call(call, DBUS_INTERFACE_INTROSPECTABLE, "Introspect"))
    return introspect(dispatch, call);
  return method != NULL ? call_method(dispatch, interface, method, call) : unknown(call);
}

/* A reply that is sent at once wants none itself (serve); one that is kept is marked by that it
 * does, until it is sent. */
static bool is_kept(const DBusMessage *reply)
{
  return dbus_message_get_type((DBusMessage *)reply) == DBUS_MESSAGE_TYPE_METHOD_RETURN &&
         !dbus_message_get_no_reply((DBusMessage *)reply);
}

DBusMessage *dispatch_keep(DBusMessage *reply)
{
  dbus_message_set_no_reply(reply, FALSE);
  return dbus_message_ref(reply);
}

/* An error in the place of a reply that was kept. */
static DBusMessage *error_for(DBusMessage *kept, enum tlspin_code code, const char *text)
{
  DBusMessage *error = dbus_message_new(DBUS_MESSAGE_TYPE_ERROR);
  g_autofree char *valid = error_text(code, text);
  const char *said = valid;

  if (error == NULL)
    return NULL;
  if (dbus_message_set_error_name(error, tlspin_code_dbus_name(code)) &&
      dbus_message_set_destination(error, dbus_message_get_destination(kept)) &&
      dbus_message_set_reply_serial(error, dbus_message_get_reply_serial(kept)) &&
      dbus_message_append_args(error, DBUS_TYPE_STRING, &said, DBUS_TYPE_INVALID))
    return error;
  dbus_message_unref(error);
  return NULL;
}

void dispatch_send(DBusConnection *connection, DBusMessage *kept, enum tlspin_code code,
                   const char *text)
{
  DBusMessage *message = code == TLSPIN_OK ? dbus_message_ref(kept) : error_for(kept, code, text);

  if (message != NULL && connection != NULL && dbus_message_get_reply_serial(message) != 0) {
    dbus_message_set_no_reply(message, TRUE);
    dbus_connection_send(connection, message, NULL);
  }
  if (message != NULL)
    dbus_message_unref(message);
  dbus_message_unref(kept);
}

static void send_reply(DBusConnection *connection, DBusMessage *call, DBusMessage *reply)
{
  if (!dbus_message_get_no_reply(call) && !is_kept(reply)) {
    dbus_connection_send(connection, reply, NULL);
    spent_reply(connection, reply);
  }
  dbus_message_unref(reply);
}

/* Without memory for a reply there is none, and the caller gives up waiting for it. */
void dispatch_serve(const struct dispatch *dispatch, DBusConnection *connection, DBusMessage *call)
{
  DBusMessage *reply = dispatch_call(dispatch, call);

  if (reply != NULL)
    send_reply(connection, call, reply);
  dispatch->served(dispatch->data);
}

void dispatch_refuse(DBusConnection *connection, DBusMessage *call, enum tlspin_code code,
                     const char *text)
{
  DBusMessage *reply = NULL;

  if (!dbus_message_get_no_reply(call))
    reply = text != NULL ? make_error(call, code, text)
                         : dbus_message_new_error(call, tlspin_code_dbus_name(code), NULL);
  if (reply != NULL)
    send_reply(connection, call, reply);
}
