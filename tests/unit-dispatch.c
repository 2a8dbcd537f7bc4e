/* From a message to its handler, and what never gets there.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/dispatch.h"

#include "tests/bus.h"
#include "tests/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* What the handlers saw, and what they are to say. */
struct office {
  unsigned calls, served;
  enum tlspin_code code;
  const char *text;
};

static enum tlspin_code handle(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct office *office = data;
  const char *answer = dbus_message_get_member(call);

  office->calls++;
  if (office->text != NULL)
    g_string_assign(problem, office->text);
  if (office->code == TLSPIN_OK)
    dbus_message_append_args(reply, DBUS_TYPE_STRING, &answer, DBUS_TYPE_INVALID);
  return office->code;
}

static void on_served(void *data)
{
  ((struct office *)data)->served++;
}

static const struct method methods[] = {
    {"Mixed",
     {{"name", "s"}, {"octets", "ay"}, {"filter", "a{sv}"}, {"port", "q"}},
     {{"answer", "s"}},
     handle,
     false},
    {"Nothing", {{NULL, NULL}}, {{"answer", "s"}}, handle, false},
    {NULL, {{NULL, NULL}}, {{NULL, NULL}}, NULL, false},
};
static const struct bus_signal no_signals[] = {{NULL, {{NULL, NULL}}}};
static const struct interface interfaces[] = {
    {"test.One", "/test/one", methods, no_signals},
    {"test.Two", "/test/two", methods + 1, no_signals},
    {NULL, NULL, NULL, NULL},
};

/* A reply to a call with these words for arguments, as text; errors as NAME: TEXT. */
static char *ask(struct office *office, const char *path, const char *interface, const char *method,
                 const char *signature, const char *words)
{
  struct dispatch dispatch = {interfaces, office, on_served, NULL, NULL};
  DBusMessage *call = dbus_message_new_method_call(NULL, path, interface, method), *reply;
  g_auto(GStrv) list = g_strsplit(words, " ", 0);
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);

  dbus_message_set_serial(call, 7);
  assert_true(
      values_append(call, signature, list, signature[0] == '\0' ? 0 : (int)g_strv_length(list)));
  reply = dispatch_call(&dispatch, call);
  assert_non_null(reply);
  assert_int_equal(dbus_message_get_reply_serial(reply), 7);
  if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR)
    fprintf(out, "%s: ", dbus_message_get_error_name(reply));
  values_print(out, reply);
  fclose(out);
  dbus_message_unref(call);
  dbus_message_unref(reply);
  return text;
}

static void expect(struct office *office, const char *path, const char *interface,
                   const char *method, const char *expected)
{
  char *text = ask(office, path, interface, method, "", "");

  assert_string_equal(text, expected);
  free(text);
}

static void test_found(void **state)
{
  struct office office = {0};
  char *text = ask(&office, "/test/one", "test.One", "Mixed", "saya{sv}q", "a 00ff port=q:1 443");

  (void)state;
  assert_string_equal(text, "Mixed\n");
  free(text);
  expect(&office, "/test/one", "test.One", "Nothing", "Nothing\n");
  expect(&office, "/test/two", "test.Two", "Nothing", "Nothing\n");
  assert_int_equal(office.calls, 3);
}

/* An interface may be left out, but an object may not be another's. */
static void test_not_found(void **state)
{
#define UNKNOWN "org.tlspin.Error.UnknownMethod: There is no method "
  struct office office = {0};

  (void)state;
  expect(&office, "/test/one", NULL, "Nothing", "Nothing\n");
  assert_int_equal(office.calls, 1);
  expect(&office, "/test/two", "test.One", "Nothing",
         UNKNOWN "'test.One.Nothing' at '/test/two'.\n");
  expect(&office, "/test/two", "test.Two", "Mixed", UNKNOWN "'test.Two.Mixed' at '/test/two'.\n");
  expect(&office, "/test", "test.One", "Nothing", UNKNOWN "'test.One.Nothing' at '/test'.\n");
  expect(&office, "/test/one/x", NULL, "Nothing", UNKNOWN "'Nothing' at '/test/one/x'.\n");
  expect(&office, "/test/one", "test.One", "nothing",
         UNKNOWN "'test.One.nothing' at '/test/one'.\n");
  expect(&office, "/test/one", "test.Three", "Nothing",
         UNKNOWN "'test.Three.Nothing' at '/test/one'.\n");
  expect(&office, "/test/one", "org.freedesktop.DBus.Properties", "GetAll",
         UNKNOWN "'org.freedesktop.DBus.Properties.GetAll' at '/test/one'.\n");
  expect(&office, "/nowhere", "org.freedesktop.DBus.Introspectable", "Introspect",
         UNKNOWN "'org.freedesktop.DBus.Introspectable.Introspect' at '/nowhere'.\n");
  assert_int_equal(office.calls, 1);
}

/* The handler sees only calls whose arguments are right; the text names the first that isn't. */
static void test_arguments(void **state)
{
  static const struct {
    const char *signature, *words, *text;
  } cases[] = {
      {"", "", "argument 'name' is missing; its type is 's'"},
      {"s", "a", "argument 'octets' is missing; its type is 'ay'"},
      {"say", "a 00", "argument 'filter' is missing; its type is 'a{sv}'"},
      {"saya{sv}", "a 00 ", "argument 'port' is missing; its type is 'q'"},
      {"u", "1", "argument 'name' has type 'u'; it must be 's'"},
      {"o", "/a", "argument 'name' has type 'o'; it must be 's'"},
      {"ss", "a b", "argument 'octets' has type 's'; it must be 'ay'"},
      {"sa{sv}", "a ", "argument 'octets' has type 'a{sv}'; it must be 'ay'"},
      {"sayay", "a 00 00", "argument 'filter' has type 'ay'; it must be 'a{sv}'"},
      {"saya{sv}u", "a 00  70000", "argument 'port' has type 'u'; it must be 'q'"},
      {"saya{sv}n", "a 00  1", "argument 'port' has type 'n'; it must be 'q'"},
      {"saya{sv}qq", "a 00  1 2", "there are more arguments than the method takes"},
  };
  struct office office = {0};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    char *text = ask(&office, "/test/one", "test.One", "Mixed", cases[i].signature, cases[i].words);
    g_autofree char *expected =
        g_strdup_printf("org.tlspin.Error.InvalidArgument: %s\n", cases[i].text);

    assert_string_equal(text, expected);
    free(text);
  }
  assert_int_equal(office.calls, 0);
}

static void test_no_arguments(void **state)
{
  struct office office = {0};
  char *text = ask(&office, "/test/one", "test.One", "Nothing", "s", "a");

  (void)state;
  assert_non_null(strstr(text, "more arguments"));
  assert_int_equal(office.calls, 0);
  free(text);
}

/* An error of the handler: with its text, or else the code's own. */
static void test_errors(void **state)
{
  struct office office = {.code = TLSPIN_UNAVAILABLE, .text = "the disk is gone"};
  g_autofree char *general = g_strdup_printf("org.tlspin.Error.NothingToUndo: %s\n",
                                             tlspin_code_text(TLSPIN_E_NOTHING_TO_UNDO));

  (void)state;
  expect(&office, "/test/one", "test.One", "Nothing",
         "org.tlspin.Error.Unavailable: the disk is gone\n");
  office = (struct office){.code = TLSPIN_E_NOTHING_TO_UNDO};
  expect(&office, "/test/one", "test.One", "Nothing", general);
}

/* libdbus ends a process that gives it anything but UTF-8, and the bus one that sends too much. */
static void test_hostile_texts(void **state)
{
  g_autofree char *longest = g_strnfill(20 << 20, 'x'), *method = NULL;
  struct office office = {.code = TLSPIN_UNAVAILABLE, .text = "\xff in /home/\xe9/pins.db"};
  char *text = ask(&office, "/test/one", "test.One", "Nothing", "", "");

  (void)state;
  assert_non_null(strstr(text, " in /home/"));
  assert_true(g_utf8_validate(text, -1, NULL));
  free(text);
  office.text = longest;
  text = ask(&office, "/test/one", "test.One", "Nothing", "", "");
  assert_true(strlen(text) < 4096);
  free(text);
  longest[0] = '/';
  text = ask(&office, longest, "test.One", "Nothing", "", "");
  assert_true(strlen(text) < 4096);
  free(text);
}

/* A text cut in the middle of a character is still UTF-8. */
static void test_cut_in_a_character(void **state)
{
  g_autoptr(GString) longest = g_string_new(NULL);
  struct office office = {.code = TLSPIN_UNAVAILABLE};

  (void)state;
  for (int i = 0; i < 3000; i++)
    g_string_append(longest, "\xe2\x82\xac");
  for (size_t i = 0; i < 3; i++) {
    char *text;

    g_string_prepend_c(longest, 'x');
    office.text = longest->str;
    text = ask(&office, "/test/one", "test.One", "Nothing", "", "");
    assert_true(g_utf8_validate(text, -1, NULL));
    free(text);
  }
}

static void test_introspect(void **state)
{
  struct office office = {0};
  char *text =
      ask(&office, "/test/one", "org.freedesktop.DBus.Introspectable", "Introspect", "", "");

  (void)state;
  assert_non_null(strstr(text, "<interface name=\"test.One\">"));
  free(text);
  text = ask(&office, "/", "org.freedesktop.DBus.Introspectable", "Introspect", "", "");
  assert_non_null(strstr(text, "<node name=\"test\"/>"));
  free(text);
  assert_int_equal(office.calls, 0);
}

static DBusMessage *message_to(DBusConnection *server, const char *method)
{
  return dbus_message_new_method_call(dbus_bus_get_unique_name(server), "/test/one", "test.One",
                                      method);
}

static DBusHandlerResult count_returns(DBusConnection *connection, DBusMessage *message, void *data)
{
  unsigned *returns = data;

  (void)connection;
  *returns += dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_RETURN;
  return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

static DBusHandlerResult serve(DBusConnection *connection, DBusMessage *message, void *data)
{
  if (dbus_message_get_type(message) != DBUS_MESSAGE_TYPE_METHOD_CALL)
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  if (dbus_message_has_member(message, "Refused"))
    dispatch_refuse(connection, message, TLSPIN_E_LIMIT, "too much");
  else if (dbus_message_has_member(message, "Denied"))
    dispatch_refuse(connection, message, TLSPIN_E_LIMIT, NULL);
  else
    dispatch_serve(data, connection, message);
  return DBUS_HANDLER_RESULT_HANDLED;
}

/* Sends a call and returns the reply to it. */
static DBusMessage *call_over(DBusConnection *client, DBusConnection *server, const char *method)
{
  DBusMessage *call = message_to(server, method), *reply;
  DBusPendingCall *pending;

  assert_true(dbus_connection_send_with_reply(client, call, &pending, 10000));
  dbus_connection_flush(client);
  while (!dbus_pending_call_get_completed(pending)) {
    dbus_connection_read_write_dispatch(server, 10);
    dbus_connection_read_write_dispatch(client, 10);
  }
  reply = dbus_pending_call_steal_reply(pending);
  dbus_pending_call_unref(pending);
  dbus_message_unref(call);
  return reply;
}

static void send_without_reply(DBusConnection *client, DBusConnection *server, const char *method)
{
  DBusMessage *call = message_to(server, method);

  dbus_message_set_no_reply(call, TRUE);
  dbus_connection_send(client, call, NULL);
  dbus_message_unref(call);
}

/* Over a bus: a reply or an error where one is wanted, and the work done in any case. */
static void test_served(void **state)
{
  struct office office = {0};
  struct dispatch dispatch = {interfaces, &office, on_served, NULL, NULL};
  struct test_bus bus;
  DBusConnection *server, *client;
  DBusMessage *reply;
  unsigned returns = 0;

  (void)state;
  test_bus_start(&bus, NULL);
  server = test_bus_join(&bus);
  client = test_bus_join(&bus);
  assert_true(dbus_connection_add_filter(client, count_returns, &returns, NULL));
  assert_true(dbus_connection_add_filter(server, serve, &dispatch, NULL));
  send_without_reply(client, server, "Nothing");
  send_without_reply(client, server, "Refused");
  reply = call_over(client, server, "Unknown");
  assert_string_equal(dbus_message_get_error_name(reply), "org.tlspin.Error.UnknownMethod");
  dbus_message_unref(reply);
  reply = call_over(client, server, "Refused");
  assert_string_equal(dbus_message_get_error_name(reply), "org.tlspin.Error.LimitsExceeded");
  assert_string_equal(dbus_message_get_signature(reply), "s");
  dbus_message_unref(reply);
  reply = call_over(client, server, "Denied");
  assert_string_equal(dbus_message_get_error_name(reply), "org.tlspin.Error.LimitsExceeded");
  assert_string_equal(dbus_message_get_signature(reply), "");
  dbus_message_unref(reply);
  assert_int_equal(office.calls, 1);
  assert_int_equal(office.served, 2);
  assert_int_equal(returns, 0);
  test_bus_leave(client);
  test_bus_leave(server);
  test_bus_free(&bus);
}

/* Of a gate: what it was asked, and what it is to say. */
struct gate {
  GString *asked;
  enum tlspin_code code;
};

static enum tlspin_code watch(void *data, const char *interface, const struct method *method,
                              DBusMessage *call, GString *problem)
{
  struct gate *gate = data;

  g_string_append_printf(gate->asked, "%s.%s%s ", interface, dbus_message_get_member(call),
                         method == NULL ? "?" : "");
  g_string_assign(problem, gate->code == TLSPIN_OK ? "" : "not you");
  return gate->code;
}

static void expect_at(struct gate *gate, struct office *office, const char *interface,
                      const char *method, const char *expected)
{
  struct dispatch dispatch = {interfaces, office, on_served, watch, gate};
  DBusMessage *call = dbus_message_new_method_call(NULL, "/test/one", interface, method), *reply;

  dbus_message_set_serial(call, 7);
  reply = dispatch_call(&dispatch, call);
  if (expected != NULL)
    assert_string_equal(dbus_message_get_error_name(reply), expected);
  else
    assert_int_equal(dbus_message_get_type(reply), DBUS_MESSAGE_TYPE_METHOD_RETURN);
  dbus_message_unref(call);
  dbus_message_unref(reply);
}

/* The gate is asked by the interface that was found, also where the call names none, before the
 * arguments are looked at; and not about what isn't there. */
static void test_gate(void **state)
{
#define ERROR(name) "org.tlspin.Error." name
  struct office office = {0};
  struct gate gate = {g_string_new(NULL), TLSPIN_OK};

  (void)state;
  expect_at(&gate, &office, "test.One", "Nothing", NULL);
  expect_at(&gate, &office, NULL, "Nothing", NULL);
  expect_at(&gate, &office, "test.One", "Mixed", ERROR("InvalidArgument"));
  expect_at(&gate, &office, "test.One", "Other", ERROR("UnknownMethod"));
  expect_at(&gate, &office, DBUS_INTERFACE_INTROSPECTABLE, "Introspect", NULL);
  assert_string_equal(gate.asked->str, "test.One.Nothing test.One.Nothing test.One.Mixed "
                                       "org.freedesktop.DBus.Introspectable.Introspect? ");
  assert_int_equal(office.calls, 2);
  gate.code = TLSPIN_E_DENIED;
  expect_at(&gate, &office, "test.One", "Nothing", ERROR("AccessDenied"));
  expect_at(&gate, &office, NULL, "Nothing", ERROR("AccessDenied"));
  expect_at(&gate, &office, "test.One", "Mixed", ERROR("AccessDenied"));
  expect_at(&gate, &office, DBUS_INTERFACE_INTROSPECTABLE, "Introspect", ERROR("AccessDenied"));
  assert_int_equal(office.calls, 2);
  g_string_free(gate.asked, TRUE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_found),
      cmocka_unit_test(test_not_found),
      cmocka_unit_test(test_arguments),
      cmocka_unit_test(test_no_arguments),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_hostile_texts),
      cmocka_unit_test(test_cut_in_a_character),
      cmocka_unit_test(test_introspect),
      cmocka_unit_test(test_served),
      cmocka_unit_test(test_gate),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
