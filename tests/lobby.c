/* Callers who are answered later: see lobby.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lobby.h"

#include "dbus/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATIENCE = 60000 /* milliseconds */ };

static void on_moved(void *data)
{
  (void)data;
}

void lobby_open(struct lobby *lobby, struct strata *strata)
{
  DBusError error = DBUS_ERROR_INIT;

  counter_open(&lobby->counter, strata);
  test_bus_start(&lobby->bus, NULL);
  lobby->daemon = test_bus_join(&lobby->bus);
  lobby->caller = test_bus_join(&lobby->bus);
  dbus_bus_add_match(lobby->caller, "type='signal',interface='" BUS_ADMIN "'", &error);
  assert_false(dbus_error_is_set(&error));
  lobby->serial = 0;
  lobby->signals = g_string_new(NULL);
  g_queue_init(&lobby->replies);
  lobby->counter.handlers.announce.connection = lobby->daemon;
  lobby->counter.handlers.keeper = keeper_new(strata->user, geteuid(), on_moved, NULL);
}

void lobby_leave(struct lobby *lobby)
{
  keeper_free(lobby->counter.handlers.keeper);
  lobby->counter.handlers.keeper = NULL;
}

void lobby_close(struct lobby *lobby)
{
  lobby_leave(lobby);
  counter_close(&lobby->counter);
  test_bus_leave(lobby->daemon);
  test_bus_leave(lobby->caller);
  test_bus_free(&lobby->bus);
  g_string_free(lobby->signals, TRUE);
  assert_true(g_queue_is_empty(&lobby->replies)); /* none was answered twice */
}

dbus_uint32_t lobby_call(struct lobby *lobby, const char *method, const char *signature,
                         const char *words)
{
  DBusMessage *call = counter_call(method, signature, words);

  dbus_message_set_serial(call, ++lobby->serial);
  assert_true(dbus_message_set_sender(call, dbus_bus_get_unique_name(lobby->caller)));
  dispatch_serve(counter_dispatch(&lobby->counter, call), lobby->daemon, call);
  dbus_message_unref(call);
  return lobby->serial;
}

static void note_signal(struct lobby *lobby, DBusMessage *signal)
{
  const char *what = "";

  dbus_message_get_args(signal, NULL, DBUS_TYPE_STRING, &what, DBUS_TYPE_INVALID);
  g_string_append_printf(lobby->signals, "%s%s %s", lobby->signals->len > 0 ? ", " : "",
                         dbus_message_get_member(signal), what);
}

/* Takes what has come. */
static void take(struct lobby *lobby)
{
  DBusMessage *message;

  g_main_context_iteration(NULL, FALSE);
  dbus_connection_flush(lobby->daemon);
  dbus_connection_read_write(lobby->caller, 1);
  while ((message = dbus_connection_pop_message(lobby->caller)) != NULL) {
    if (dbus_message_get_type(message) != DBUS_MESSAGE_TYPE_SIGNAL) {
      g_queue_push_tail(&lobby->replies, message);
      continue;
    }
    if (dbus_message_has_interface(message, BUS_ADMIN))
      note_signal(lobby, message);
    dbus_message_unref(message);
  }
}

static DBusMessage *find(struct lobby *lobby, dbus_uint32_t call)
{
  for (GList *link = lobby->replies.head; link != NULL; link = link->next) {
    DBusMessage *reply = link->data;

    if (dbus_message_get_reply_serial(reply) == call) {
      g_queue_delete_link(&lobby->replies, link);
      return reply;
    }
  }
  return NULL;
}

char *lobby_answer(struct lobby *lobby, dbus_uint32_t call)
{
  long end = test_now() + PATIENCE;
  DBusMessage *reply;

  while ((reply = find(lobby, call)) == NULL && test_now() < end)
    take(lobby);
  if (reply == NULL)
    fail_msg("call %u is not answered", (unsigned)call);
  return counter_text(reply);
}

void lobby_expect_answer(struct lobby *lobby, dbus_uint32_t call, const char *expected)
{
  char *text = lobby_answer(lobby, call);

  assert_string_equal(text, expected);
  free(text);
}

void lobby_expect_error(struct lobby *lobby, dbus_uint32_t call, const char *error,
                        const char *text)
{
  char *got = lobby_answer(lobby, call);

  if (!counter_is_error(got, error, text))
    fail_msg("not %s with '%s': %s", error, text, got);
  free(got);
}

void lobby_expect(struct lobby *lobby, const char *method, const char *signature, const char *words,
                  const char *expected)
{
  lobby_expect_answer(lobby, lobby_call(lobby, method, signature, words), expected);
}

void lobby_refuse(struct lobby *lobby, const char *method, const char *signature, const char *words,
                  const char *error, const char *text)
{
  lobby_expect_error(lobby, lobby_call(lobby, method, signature, words), error, text);
}

void lobby_expect_signals(struct lobby *lobby, const char *expected)
{
  assert_string_equal(lobby->signals->str, expected);
  g_string_truncate(lobby->signals, 0);
}
