/* Dictionaries in messages.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/dict.h"

#include "dbus/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static DBusMessage *new_message(DBusMessageIter *iter)
{
  DBusMessage *message = dbus_message_new_signal("/a", "a.b", "C");

  assert_non_null(message);
  dbus_message_iter_init_append(message, iter);
  return message;
}

static void expect_pair(DBusMessageIter *dict, const char *key, int type, const char *string,
                        uint64_t number)
{
  struct bus_value value;
  const char *got;

  assert_true(bus_dict_next(dict, &got, &value));
  assert_string_equal(got, key);
  assert_int_equal(value.type, type);
  if (string != NULL)
    assert_string_equal(value.string, string);
  else
    assert_null(value.string);
  assert_true(value.number == number);
}

static void test_round_trip(void **state)
{
  DBusMessageIter iter, dict;
  DBusMessage *message = new_message(&iter);
  struct bus_value value;
  const char *key;

  (void)state;
  assert_true(bus_dict_open(&iter, &dict));
  assert_true(bus_dict_put_string(&dict, "s", "text"));
  assert_true(bus_dict_put_string(&dict, "", ""));
  assert_true(bus_dict_put_number(&dict, "b", DBUS_TYPE_BOOLEAN, 1));
  assert_true(bus_dict_put_number(&dict, "b0", DBUS_TYPE_BOOLEAN, 0));
  assert_true(bus_dict_put_number(&dict, "q", DBUS_TYPE_UINT16, UINT16_MAX));
  assert_true(bus_dict_put_number(&dict, "u", DBUS_TYPE_UINT32, UINT32_MAX));
  assert_true(bus_dict_put_number(&dict, "t", DBUS_TYPE_UINT64, UINT64_MAX));
  assert_true(bus_dict_close(&iter, &dict));
  assert_string_equal(dbus_message_get_signature(message), "a{sv}");

  assert_true(dbus_message_iter_init(message, &iter));
  dbus_message_iter_recurse(&iter, &dict);
  expect_pair(&dict, "s", DBUS_TYPE_STRING, "text", 0);
  expect_pair(&dict, "", DBUS_TYPE_STRING, "", 0);
  expect_pair(&dict, "b", DBUS_TYPE_BOOLEAN, NULL, 1);
  expect_pair(&dict, "b0", DBUS_TYPE_BOOLEAN, NULL, 0);
  expect_pair(&dict, "q", DBUS_TYPE_UINT16, NULL, UINT16_MAX);
  expect_pair(&dict, "u", DBUS_TYPE_UINT32, NULL, UINT32_MAX);
  expect_pair(&dict, "t", DBUS_TYPE_UINT64, NULL, UINT64_MAX);
  assert_false(bus_dict_next(&dict, &key, &value));
  assert_false(bus_dict_next(&dict, &key, &value));
  dbus_message_unref(message);
}

/* Any number but 0 is true; D-Bus itself allows only 1. */
static void test_boolean(void **state)
{
  DBusMessageIter iter, dict;
  DBusMessage *message = new_message(&iter);

  (void)state;
  assert_true(bus_dict_open(&iter, &dict));
  assert_true(bus_dict_put_number(&dict, "b", DBUS_TYPE_BOOLEAN, 256));
  assert_true(bus_dict_close(&iter, &dict));
  assert_true(dbus_message_iter_init(message, &iter));
  dbus_message_iter_recurse(&iter, &dict);
  expect_pair(&dict, "b", DBUS_TYPE_BOOLEAN, NULL, 1);
  dbus_message_unref(message);
}

static void test_empty(void **state)
{
  DBusMessageIter iter, dict;
  DBusMessage *message = new_message(&iter);
  struct bus_value value;
  const char *key;

  (void)state;
  assert_true(bus_dict_open(&iter, &dict));
  assert_true(bus_dict_close(&iter, &dict));
  assert_true(dbus_message_iter_init(message, &iter));
  dbus_message_iter_recurse(&iter, &dict);
  assert_false(bus_dict_next(&dict, &key, &value));
  dbus_message_unref(message);
}

static void test_array(void **state)
{
  DBusMessageIter iter, array, dict;
  DBusMessage *message = new_message(&iter);

  (void)state;
  assert_true(bus_dicts_open(&iter, &array));
  for (uint64_t i = 0; i < 3; i++) {
    assert_true(bus_dict_open(&array, &dict));
    assert_true(bus_dict_put_number(&dict, "i", DBUS_TYPE_UINT64, i));
    assert_true(bus_dict_close(&array, &dict));
  }
  assert_true(dbus_message_iter_close_container(&iter, &array));
  assert_string_equal(dbus_message_get_signature(message), "aa{sv}");

  assert_true(dbus_message_iter_init(message, &iter));
  assert_int_equal(dbus_message_iter_get_element_count(&iter), 3);
  dbus_message_iter_recurse(&iter, &array);
  for (uint64_t i = 0; i < 3; i++) {
    dbus_message_iter_recurse(&array, &dict);
    expect_pair(&dict, "i", DBUS_TYPE_UINT64, NULL, i);
    dbus_message_iter_next(&array);
  }
  dbus_message_unref(message);
}

static void put_variant(DBusMessageIter *dict, const char *key, int type, const void *value)
{
  const char signature[2] = {(char)type, '\0'};
  DBusMessageIter pair, variant;

  assert_true(dbus_message_iter_open_container(dict, DBUS_TYPE_DICT_ENTRY, NULL, &pair));
  assert_true(dbus_message_iter_append_basic(&pair, DBUS_TYPE_STRING, &key));
  assert_true(dbus_message_iter_open_container(&pair, DBUS_TYPE_VARIANT, signature, &variant));
  assert_true(dbus_message_iter_append_basic(&variant, type, value));
  assert_true(dbus_message_iter_close_container(&pair, &variant));
  assert_true(dbus_message_iter_close_container(dict, &pair));
}

static void put_numbers(DBusMessageIter *dict, const char *key)
{
  static const uint32_t numbers[3] = {1, 2, 3}, *first = numbers;
  DBusMessageIter pair, variant, array;

  assert_true(dbus_message_iter_open_container(dict, DBUS_TYPE_DICT_ENTRY, NULL, &pair));
  assert_true(dbus_message_iter_append_basic(&pair, DBUS_TYPE_STRING, &key));
  assert_true(dbus_message_iter_open_container(&pair, DBUS_TYPE_VARIANT, "au", &variant));
  assert_true(dbus_message_iter_open_container(&variant, DBUS_TYPE_ARRAY, "u", &array));
  assert_true(dbus_message_iter_append_fixed_array(&array, DBUS_TYPE_UINT32, &first, 3));
  assert_true(dbus_message_iter_close_container(&variant, &array));
  assert_true(dbus_message_iter_close_container(&pair, &variant));
  assert_true(dbus_message_iter_close_container(dict, &pair));
}

/* Octets, also none of them, and a byte. */
static void test_octets(void **state)
{
  static const uint8_t octets[] = {0, 1, 255};
  DBusMessageIter iter, dict;
  DBusMessage *message = new_message(&iter);
  struct bus_value value;
  const char *key;

  (void)state;
  assert_true(bus_dict_open(&iter, &dict));
  assert_true(bus_dict_put_octets(&dict, "ay", (struct span){octets, sizeof octets}));
  assert_true(bus_dict_put_octets(&dict, "none", (struct span){NULL, 0}));
  assert_true(bus_dict_put_number(&dict, "y", DBUS_TYPE_BYTE, 255));
  assert_true(bus_dict_close(&iter, &dict));
  assert_true(dbus_message_iter_init(message, &iter));
  dbus_message_iter_recurse(&iter, &dict);
  assert_true(bus_dict_next(&dict, &key, &value));
  assert_int_equal(value.type, BUS_OCTETS);
  assert_true(span_equal(value.octets, (struct span){octets, sizeof octets}));
  assert_true(bus_dict_next(&dict, &key, &value));
  assert_string_equal(key, "none");
  assert_int_equal(value.type, BUS_OCTETS);
  assert_int_equal(value.octets.size, 0);
  expect_pair(&dict, "y", DBUS_TYPE_BYTE, NULL, 255);
  assert_false(bus_dict_next(&dict, &key, &value));
  dbus_message_unref(message);
}

/* Dictionaries in a dictionary, with something behind them. */
static void test_nested(void **state)
{
  DBusMessageIter iter, dict, inner, nested;
  DBusMessage *message = new_message(&iter);
  struct bus_nest nest;
  struct bus_value value;
  const char *key;

  (void)state;
  assert_true(bus_dict_open(&iter, &dict));
  assert_true(bus_dict_open_dicts(&dict, "chain", &nest));
  for (uint64_t i = 0; i < 2; i++) {
    assert_true(bus_dict_open(&nest.array, &inner));
    assert_true(bus_dict_put_number(&inner, "i", DBUS_TYPE_UINT64, i));
    assert_true(bus_dict_close(&nest.array, &inner));
  }
  assert_true(bus_dict_close_dicts(&dict, &nest));
  assert_true(bus_dict_open_dicts(&dict, "empty", &nest));
  assert_true(bus_dict_close_dicts(&dict, &nest));
  assert_true(bus_dict_put_string(&dict, "s", "text"));
  assert_true(bus_dict_close(&iter, &dict));

  assert_true(dbus_message_iter_init(message, &iter));
  dbus_message_iter_recurse(&iter, &dict);
  assert_true(bus_dict_next(&dict, &key, &value));
  assert_string_equal(key, "chain");
  assert_int_equal(value.type, BUS_DICTS);
  for (uint64_t i = 0; i < 2; i++) {
    assert_true(bus_dict_at(&value.dicts));
    dbus_message_iter_recurse(&value.dicts, &nested);
    expect_pair(&nested, "i", DBUS_TYPE_UINT64, NULL, i);
    dbus_message_iter_next(&value.dicts);
  }
  assert_false(bus_dict_at(&value.dicts));
  assert_true(bus_dict_next(&dict, &key, &value));
  assert_int_equal(value.type, BUS_DICTS);
  assert_false(bus_dict_at(&value.dicts));
  expect_pair(&dict, "s", DBUS_TYPE_STRING, "text", 0);
  dbus_message_unref(message);
}

/* Values of types that no dictionary of ours has are seen and passed over. */
static void test_other_types(void **state)
{
  const char *path = "/a";
  double real = 1.5;
  uint64_t zero = 0;
  DBusMessageIter iter, dict;
  DBusMessage *message = new_message(&iter);

  (void)state;
  assert_true(bus_dict_open(&iter, &dict));
  put_numbers(&dict, "au");
  put_variant(&dict, "o", DBUS_TYPE_OBJECT_PATH, &path);
  put_variant(&dict, "d", DBUS_TYPE_DOUBLE, &real);
  put_variant(&dict, "i", DBUS_TYPE_INT32, &zero);
  assert_true(bus_dict_put_string(&dict, "s", "text"));
  assert_true(bus_dict_close(&iter, &dict));

  assert_true(dbus_message_iter_init(message, &iter));
  dbus_message_iter_recurse(&iter, &dict);
  expect_pair(&dict, "au", DBUS_TYPE_INVALID, NULL, 0);
  expect_pair(&dict, "o", DBUS_TYPE_INVALID, NULL, 0);
  expect_pair(&dict, "d", DBUS_TYPE_INVALID, NULL, 0);
  expect_pair(&dict, "i", DBUS_TYPE_INVALID, NULL, 0);
  expect_pair(&dict, "s", DBUS_TYPE_STRING, "text", 0);
  dbus_message_unref(message);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_boolean),
      cmocka_unit_test(test_empty),       cmocka_unit_test(test_array),
      cmocka_unit_test(test_other_types), cmocka_unit_test(test_octets),
      cmocka_unit_test(test_nested),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
