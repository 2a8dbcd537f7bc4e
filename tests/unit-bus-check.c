/* CheckChain and NoteHpkp as structs, there and back: dbus/check.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/check.h"

#include "tests/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const uint8_t octets[] = {0x30, 1, 2, 3};

static DBusMessage *new_message(void)
{
  DBusMessage *message = dbus_message_new_signal("/a", "a.b", "C");

  assert_non_null(message);
  return message;
}

static void expect_chain(const struct bus_chain *got, const struct bus_chain *expected)
{
  assert_int_equal(got->count, expected->count);
  for (size_t i = 0; i < got->count; i++)
    assert_true(span_equal(got->at[i], expected->at[i]));
}

static void expect_peer(const struct bus_peer *got)
{
  assert_string_equal(got->host, "a.example");
  assert_string_equal(got->protocol, "dtls");
  assert_int_equal(got->port, 853);
}

static void test_check_call(void **state)
{
  const struct bus_check_call call = {.peer = {"a.example", "dtls", 853},
                                      .chain = {2, {{octets, 4}, {octets, 1}}},
                                      .options = {true,
                                                  true,
                                                  true,
                                                  true,
                                                  "failed",
                                                  5,
                                                  "proved",
                                                  true,
                                                  true,
                                                  true,
                                                  UINT64_MAX,
                                                  "mail",
                                                  {2, {{octets, 1}, {octets, 3}}}}};
  DBusMessage *message = new_message();
  struct bus_check_call got;
  struct bus_fault fault;

  (void)state;
  assert_true(bus_append_check_call(message, &call));
  assert_string_equal(dbus_message_get_signature(message), "ssqaaya{sv}");
  assert_true(bus_read_check_call(message, &got, &fault));
  expect_peer(&got.peer);
  expect_chain(&got.chain, &call.chain);
  assert_true(got.options.path && got.options.raw_key && got.options.key_alone);
  assert_true(got.options.leaf_alone);
  assert_true(got.options.learn);
  assert_true(got.options.is_private && got.options.accepted);
  assert_string_equal(got.options.pki, "failed");
  assert_string_equal(got.options.ticket, "proved");
  assert_string_equal(got.options.program, "mail");
  assert_true(got.options.errors == 5 && got.options.expires == UINT64_MAX);
  expect_chain(&got.options.served, &call.options.served);
  dbus_message_unref(message);
}

/* What isn't said is not in the message, and reads as nothing. */
static void test_check_call_bare(void **state)
{
  const struct bus_check_call call = {.peer = {"a.example", "dtls", 853}};
  DBusMessage *message = new_message();
  struct bus_check_call got;
  struct bus_fault fault;
  DBusMessageIter iter;

  (void)state;
  memset(&got, 0x5a, sizeof got);
  assert_true(bus_append_check_call(message, &call));
  assert_true(dbus_message_iter_init(message, &iter));
  for (int i = 0; i < 4; i++)
    dbus_message_iter_next(&iter);
  assert_int_equal(dbus_message_iter_get_element_count(&iter), 0);
  assert_true(bus_read_check_call(message, &got, &fault));
  assert_int_equal(got.chain.count, 0);
  assert_int_equal(got.options.served.count, 0);
  assert_false(got.options.path || got.options.raw_key || got.options.key_alone ||
               got.options.leaf_alone || got.options.learn || got.options.is_private ||
               got.options.accepted);
  assert_string_equal(got.options.pki, "");
  assert_string_equal(got.options.ticket, "");
  assert_string_equal(got.options.program, "");
  assert_true(got.options.errors == 0 && got.options.expires == 0);
  dbus_message_unref(message);
}

/* A chain that is too long is read as far as shows that. */
static void test_long_chain(void **state)
{
  DBusMessage *message = new_message();
  struct bus_check_call got;
  struct bus_fault fault;
  char words[600] = "00", options[610];
  char *arguments[] = {(char *)(uintptr_t) "a", (char *)(uintptr_t) "tls", (char *)(uintptr_t) "1",
                       words, options};

  (void)state;
  for (int i = 0; i < 99; i++)
    strcat(words, ",00");
  snprintf(options, sizeof options, "served=aay:%s", words);
  assert_true(values_append(message, "ssqaaya{sv}", arguments, 5));
  memset(&got, 0x5a, sizeof got);
  assert_true(bus_read_check_call(message, &got, &fault));
  assert_int_equal(got.chain.count, BUS_CHAIN_READ);
  assert_int_equal(got.options.served.count, BUS_CHAIN_READ);
  assert_string_equal(got.options.pki, "");
  dbus_message_unref(message);
}

static void test_strange_option(void **state)
{
  static const struct {
    const char *options;
    int kind;
    const char *key;
  } cases[] = {{"paht=b:1", BUS_KEY_UNKNOWN, "paht"},
               {"path=u:1", BUS_KEY_TYPE, "path"},
               {"pki=s:ok;errors=t:1", BUS_KEY_TYPE, "errors"},
               {"served=ay:00", BUS_KEY_TYPE, "served"},
               {"served=s:00", BUS_KEY_TYPE, "served"},
               {"served=aay:00;served=aay:00", BUS_KEY_TWICE, "served"},
               {"learn=b:1;learn=b:1", BUS_KEY_TWICE, "learn"}};

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *arguments[] = {(char *)(uintptr_t) "a", (char *)(uintptr_t) "tls",
                         (char *)(uintptr_t) "1", (char *)(uintptr_t) "",
                         (char *)(uintptr_t)cases[i].options};
    DBusMessage *message = new_message();
    struct bus_check_call got;
    struct bus_fault fault;

    assert_true(values_append(message, "ssqaaya{sv}", arguments, 5));
    assert_false(bus_read_check_call(message, &got, &fault));
    assert_int_equal((int)fault.kind, cases[i].kind);
    assert_string_equal(fault.key, cases[i].key);
    dbus_message_unref(message);
  }
}

static void test_check_reply(void **state)
{
  const struct bus_check_reply reply = {"mismatch",    "changed", "user", true, 6,
                                        "unexplained", true,      3,      99,   "no-pin", true};
  DBusMessage *message = new_message();
  struct bus_check_reply got;

  (void)state;
  assert_true(bus_append_check_reply(message, &reply));
  assert_string_equal(dbus_message_get_signature(message), "sssba{sv}");
  assert_true(bus_read_check_reply(message, &got));
  assert_string_equal(got.answer, "mismatch");
  assert_string_equal(got.reason, "changed");
  assert_string_equal(got.layer, "user");
  assert_string_equal(got.change, "unexplained");
  assert_true(got.enforced && got.learned && got.rule == 6 && got.excused == 3 && got.event == 99);
  assert_string_equal(got.otherwise, "no-pin");
  assert_true(got.limited);
  dbus_message_unref(message);
}

/* A later daemon may have more to say; what we know of must be of its type. */
static void test_check_reply_details(void **state)
{
  static const struct {
    const char *details;
    bool fine;
  } cases[] = {{"", true}, {"rule=u:7;mood=s:fine", true}, {"rule=s:7", false}};

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *arguments[] = {(char *)(uintptr_t) "match", (char *)(uintptr_t) "proved",
                         (char *)(uintptr_t) "", (char *)(uintptr_t) "0",
                         (char *)(uintptr_t)cases[i].details};
    DBusMessage *message = new_message();
    struct bus_check_reply got;

    assert_true(values_append(message, "sssba{sv}", arguments, 5));
    assert_int_equal(bus_read_check_reply(message, &got), cases[i].fine);
    if (cases[i].fine) {
      assert_int_equal(got.rule, i == 0 ? 0 : 7);
      assert_string_equal(got.change, "");
      assert_false(got.enforced || got.learned || got.limited);
    }
    dbus_message_unref(message);
  }
}

static void test_note(void **state)
{
  const struct bus_note_call call = {
      .peer = {"a.example", "dtls", 853},
      .header = {octets, 3},
      .report_only = true,
      .chain = {1, {{octets, 4}}},
  };
  const struct bus_note_reply reply = {"note", "", 12};
  DBusMessage *message = new_message();
  struct bus_note_call got;
  struct bus_note_reply replied;

  (void)state;
  assert_true(bus_append_note_call(message, &call));
  assert_string_equal(dbus_message_get_signature(message), "ssqaybaay");
  assert_true(bus_read_note_call(message, &got));
  expect_peer(&got.peer);
  assert_true(span_equal(got.header, call.header) && got.report_only);
  expect_chain(&got.chain, &call.chain);
  dbus_message_unref(message);
  message = new_message();
  assert_true(bus_append_note_reply(message, &reply));
  assert_true(bus_read_note_reply(message, &replied));
  assert_string_equal(replied.outcome, "note");
  assert_string_equal(replied.reason, "");
  assert_true(replied.expires == 12);
  dbus_message_unref(message);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_check_call),  cmocka_unit_test(test_check_call_bare),
      cmocka_unit_test(test_long_chain),  cmocka_unit_test(test_strange_option),
      cmocka_unit_test(test_check_reply), cmocka_unit_test(test_check_reply_details),
      cmocka_unit_test(test_note),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
