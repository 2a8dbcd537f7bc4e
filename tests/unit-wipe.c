/* Messages in which there were secrets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/wipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static DBusMessage *message_of(const char *text, const char *octets, int size)
{
  DBusMessage *message = dbus_message_new_signal("/", "a.b", "C");
  dbus_uint32_t number = 7;

  assert_non_null(message);
  assert_true(dbus_message_append_args(message, DBUS_TYPE_STRING, &text, DBUS_TYPE_ARRAY,
                                       DBUS_TYPE_BYTE, &octets, size, DBUS_TYPE_UINT32, &number,
                                       DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &octets, size,
                                       DBUS_TYPE_INVALID));
  return message;
}

static void test_wipe(void **state)
{
  static const uint8_t zeros[6];
  DBusMessage *message = message_of("text", "secret", 6);
  const uint8_t *first, *second;
  const char *text;
  dbus_uint32_t number;
  int sizes[2];

  (void)state;
  assert_int_equal(bus_wipe(message), 12);
  assert_true(dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &text, DBUS_TYPE_ARRAY,
                                    DBUS_TYPE_BYTE, &first, &sizes[0], DBUS_TYPE_UINT32, &number,
                                    DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &second, &sizes[1],
                                    DBUS_TYPE_INVALID));
  assert_string_equal(text, "text");
  assert_int_equal(number, 7);
  assert_int_equal(sizes[0], 6);
  assert_int_equal(sizes[1], 6);
  assert_memory_equal(first, zeros, 6);
  assert_memory_equal(second, zeros, 6);
  dbus_message_unref(message);
}

static void test_nothing(void **state)
{
  DBusMessage *empty = dbus_message_new_signal("/", "a.b", "C");
  DBusMessage *message = message_of("text", "", 0);

  (void)state;
  assert_int_equal(bus_wipe(empty), 0);
  assert_int_equal(bus_wipe(message), 0);
  assert_false(bus_is_rinse(message));
  dbus_message_unref(empty);
  dbus_message_unref(message);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_wipe),
      cmocka_unit_test(test_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
