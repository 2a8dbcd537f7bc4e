/* Calls to a daemon on a bus of the test's own: see caller.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/caller.h"

#include "dbus/messages.h"
#include "dbus/names.h"
#include "libclient/connect.h"
#include "libclient/deadline.h"
#include "libclient/last.h"
#include "libclient/tlspin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

const struct call_budget caller_ample = {20000, 40000}, caller_short_warm = {200, 20000},
                         caller_short_both = {200, 1000};
struct bus *bus;

static long began;

void caller_count_from_now(void)
{
  began = test_now();
}

long caller_elapsed(void)
{
  return test_now() - began;
}

int caller_set_up(const char *service)
{
  test_bus_start(&world, service);
  bus = bus_new(world.address);
  last_clear();
  caller_count_from_now();
  return 0;
}

int caller_tear_down(void **state)
{
  (void)state;
  bus_free(bus);
  test_bus_free(&world);
  return 0;
}

DBusMessage *caller_message(void)
{
  const struct bus_peer peer = {"www.example", "tls", 443};
  DBusMessage *message = bus_call(BUS_PINS, "Lookup");

  assert_true(bus_append_peer(message, &peer));
  return message;
}

void caller_start(struct call *call, const struct call_budget *budget)
{
  caller_count_from_now();
  bus_lock(bus);
  call_init(call, bus, caller_message(), budget, true);
  assert_int_equal(call_send(call, deadline_after(deadline_now(), 10000)), TLSPIN_OK);
  assert_int_equal(call_send(call, 0), TLSPIN_OK); /* is sent already */
  bus_unlock(bus);
}

static int finish_locked(struct call *call, char answer[CALLER_ANSWER])
{
  struct bus_lookup_reply lookup;
  DBusMessage *reply = NULL;
  int code = call_wait(call, &reply);

  answer[0] = '\0';
  if (code == TLSPIN_OK && bus_read_lookup_reply(reply, &lookup))
    snprintf(answer, CALLER_ANSWER, "%s", lookup.answer);
  if (reply != NULL)
    dbus_message_unref(reply);
  call_clear(call);
  return code;
}

int caller_finish(struct call *call, char answer[CALLER_ANSWER])
{
  int code;

  bus_lock(bus);
  code = finish_locked(call, answer);
  bus_unlock(bus);
  return code;
}

int caller_lookup(const struct call_budget *budget, bool repeatable)
{
  char answer[CALLER_ANSWER];
  struct call call;
  int code;

  caller_count_from_now();
  bus_lock(bus);
  call_init(&call, bus, caller_message(), budget, repeatable);
  code = finish_locked(&call, answer);
  bus_unlock(bus);
  assert_string_equal(answer, code == TLSPIN_OK ? "match" : "");
  assert_true((code == TLSPIN_OK) == (tlspin_last_message()[0] == '\0'));
  return code;
}

DBusMessage *caller_question(void)
{
  return dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS,
                                      "GetId");
}

static bool ask_locked(unsigned milliseconds)
{
  int64_t deadline = deadline_after(deadline_now(), milliseconds);
  DBusPendingCall *pending = NULL;
  DBusMessage *message = caller_question();
  unsigned generation;
  bool answered;

  if (bus_connect(bus, deadline) != TLSPIN_OK) {
    dbus_message_unref(message);
    return false;
  }
  generation = bus->generation;
  bus_send(bus, message, &pending);
  dbus_message_unref(message);
  while (bus->generation == generation && !dbus_pending_call_get_completed(pending))
    if (!bus_wait(bus, deadline))
      break;
  if (pending == NULL)
    return false;
  answered = bus->generation == generation && dbus_pending_call_get_completed(pending);
  dbus_pending_call_cancel(pending);
  dbus_pending_call_unref(pending);
  return answered;
}

bool caller_ask(unsigned milliseconds)
{
  bool answered;

  bus_lock(bus);
  answered = ask_locked(milliseconds);
  bus_unlock(bus);
  return answered;
}

static void *ask_often(void *data)
{
  (void)data;
  for (int i = 0; i < CALLER_ROUNDS; i++)
    if (!caller_ask(CALLER_LONG))
      return NULL;
  return bus;
}

void caller_start_threads(pthread_t threads[CALLER_THREADS])
{
  for (int i = 0; i < CALLER_THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
}

void caller_join_threads(pthread_t threads[CALLER_THREADS])
{
  void *result;

  for (int i = 0; i < CALLER_THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], &result), 0);
    assert_ptr_equal(result, bus);
  }
}
