/* The daemon's methods without a bus: see counter.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/counter.h"

#include "dbus/names.h"
#include "tests/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

int64_t counter_now;

static int64_t tell_time(void)
{
  return counter_now;
}

static void on_served(void *data)
{
  ((struct counter *)data)->served++;
}

void counter_open(struct counter *counter, struct strata *strata)
{
  static const struct config config = {.lifetime_cap = COUNTER_CAP, .undo_period = COUNTER_UNDO};

  counter_now = STRATA_NOW;
  memset(counter, 0, sizeof *counter);
  counter->handlers = (struct handlers){.policy = policy_new(strata_open(strata), &config, NULL),
                                        .drafts = drafts_new(NULL, NULL, NULL),
                                        .waiting = waiting_new(NULL),
                                        .now = tell_time,
                                        .served = on_served,
                                        .data = counter,
                                        .idle_timeout = COUNTER_IDLE};
  counter->pins = (struct dispatch){handlers_pins, &counter->handlers, handlers_served, NULL, NULL, NULL};
  counter->admin = counter->pins;
  counter->admin.interfaces = handlers_admin;
}

void counter_close(struct counter *counter)
{
  drafts_free(counter->handlers.drafts);
  waiting_free(counter->handlers.waiting);
  policy_free(counter->handlers.policy);
}

static bool is_of_admin(const char *method)
{
  for (const struct method *m = handlers_admin->methods; m->name != NULL; m++)
    if (strcmp(m->name, method) == 0)
      return true;
  return false;
}

DBusMessage *counter_call(const char *method, const char *signature, const char *words)
{
  DBusMessage *call = bus_call(is_of_admin(method) ? BUS_ADMIN : BUS_PINS, method);
  g_auto(GStrv) list = g_strsplit(words, "|", 0); /* an empty word is no word to GLib */
  char *empty[] = {(char *)(uintptr_t) ""};
  int count = MAX(1, (int)g_strv_length(list));

  assert_non_null(call);
  dbus_message_set_serial(call, 1);
  assert_true(values_append(call, signature, list[0] != NULL ? list : empty,
                            signature[0] == '\0' ? 0 : count));
  return call;
}

const struct dispatch *counter_dispatch(const struct counter *counter, DBusMessage *call)
{
  return strcmp(dbus_message_get_interface(call), BUS_ADMIN) == 0 ? &counter->admin
                                                                  : &counter->pins;
}

char *counter_text(DBusMessage *reply)
{
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);

  assert_non_null(reply);
  assert_non_null(out);
  if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR)
    fprintf(out, "%s: ", dbus_message_get_error_name(reply));
  values_print(out, reply);
  fclose(out);
  dbus_message_unref(reply);
  return text;
}

char *counter_ask(const struct counter *counter, const char *method, const char *signature,
                  const char *words)
{
  DBusMessage *call = counter_call(method, signature, words);
  char *text = counter_text(dispatch_call(counter_dispatch(counter, call), call));

  dbus_message_unref(call);
  return text;
}

void counter_expect(const struct counter *counter, const char *method, const char *signature,
                    const char *words, const char *expected)
{
  char *text = counter_ask(counter, method, signature, words);

  assert_string_equal(text, expected);
  free(text);
}

bool counter_is_error(const char *got, const char *error, const char *text)
{
  g_autofree char *prefix = g_strdup_printf("org.tlspin.Error.%s: ", error);

  return g_str_has_prefix(got, prefix) && strstr(got + strlen(prefix), text) != NULL;
}

void counter_refuse(const struct counter *counter, const char *method, const char *signature,
                    const char *words, const char *error, const char *text)
{
  char *got = counter_ask(counter, method, signature, words);

  if (!counter_is_error(got, error, text))
    fail_msg("%s of %s: %s", method, words, got);
  free(got);
}
