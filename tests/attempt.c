/* A hostile call of a method: see attempt.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/attempt.h"

#include <string.h>

/* To what isn't there: a method, an interface or an object. */
static DBusMessage *misdirect(const struct method *method, struct reader *source)
{
  static const char *const members[] = {"Nothing", "lookup", "A", "Introspect", "GetAll"};
  static const char *const interfaces[] = {"org.tlspin.Pins2", "org.freedesktop.DBus.Properties",
                                           "a.b", "org.tlspin.pins1"};
  static const char *const paths[] = {"/", "/org/tlspin", "/org/tlspin/Pins1/x", "/x",
                                      "/org/tlspin/Pins2"};
  uint8_t which = reader_u8(source);
  const char *path = method->object->path, *interface = method->interface, *name = method->name;

  switch (reader_u8(source) % 3) {
  case 0:
    name = members[which % 3];
    break;
  case 1:
    interface = interfaces[which % G_N_ELEMENTS(interfaces)];
    break;
  default:
    path = paths[which % G_N_ELEMENTS(paths)];
  }
  return dbus_message_new_method_call(method->object->owner, path, interface, name);
}

/* The options of Put are others than those of CheckChain and Explain. */
static const char *argument_name(const struct method *method, guint i)
{
  const char *name = i < method->arguments->len ? method->arguments->pdata[i] : NULL;

  return g_strcmp0(name, "options") == 0 && strcmp(method->name, "Put") == 0 ? "put-options" : name;
}

/* An argument by its name, as far as the method has so many. */
static void append_arguments(const struct attempt *attempt, struct marshal *m)
{
  DBusSignatureIter each;
  DBusMessageIter iter;
  guint i = 0;

  dbus_message_iter_init_append(attempt->call, &iter);
  if (attempt->signature[0] == '\0')
    return;
  dbus_signature_iter_init(&each, attempt->signature);
  do {
    char *type = dbus_signature_iter_get_signature(&each);

    g_assert_true(marshal_append(&iter, argument_name(attempt->method, i), type, m));
    dbus_free(type);
    i++;
  } while (dbus_signature_iter_next(&each));
}

struct attempt attempt_make(const struct method *method, struct marshal *m)
{
  uint8_t how = reader_u8(&m->source);
  struct attempt attempt = {.method = method,
                            .sort = how < 160   ? ATTEMPT_TYPED
                                    : how < 230 ? ATTEMPT_MISTYPED
                                                : ATTEMPT_MISDIRECTED,
                            .no_interface = how % 8 == 7 && how < 230};

  attempt.signature = attempt.sort == ATTEMPT_MISTYPED
                          ? marshal_other_signature(method->in->str, &m->source)
                          : g_strdup(method->in->str);
  attempt.call = attempt.sort == ATTEMPT_MISDIRECTED
                     ? misdirect(method, &m->source)
                     : dbus_message_new_method_call(method->object->owner, method->object->path,
                                                    attempt.no_interface ? NULL : method->interface,
                                                    method->name);
  append_arguments(&attempt, m);
  return attempt;
}

void attempt_clear(struct attempt *attempt)
{
  dbus_message_unref(attempt->call);
  g_free(attempt->signature);
}

DBusMessage *attempt_stray(const struct method *method, struct marshal *m)
{
  const char *owner = method->object->owner;
  uint8_t which = reader_u8(&m->source) % 4;
  DBusMessage *stray =
      which == 0   ? dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN)
      : which == 1 ? dbus_message_new(DBUS_MESSAGE_TYPE_ERROR)
      : which == 2
          ? dbus_message_new_signal(DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS,
                                    reader_u8(&m->source) % 2 > 0 ? "NameOwnerChanged" : "NameLost")
          : dbus_message_new_method_call(owner, method->object->path, method->interface,
                                         method->name);
  DBusMessageIter iter;

  if (which == 1)
    dbus_message_set_error_name(stray, DBUS_ERROR_DISCONNECTED);
  if (which < 2)
    dbus_message_set_reply_serial(stray, 1 + reader_u8(&m->source));
  dbus_message_set_destination(stray, owner);
  dbus_message_set_no_reply(stray, TRUE);
  dbus_message_iter_init_append(stray, &iter);
  g_assert_true(marshal_append(&iter, "host", which == 3 ? method->in->str : "sss", m));
  return stray;
}
