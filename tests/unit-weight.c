/* How much a message brings.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/weight.h"

#include "tests/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dbus/dbus.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 1 << 20 };

static DBusMessage *make(void)
{
  return dbus_message_new_method_call(NULL, "/", "a.b", "C");
}

/* The weight of a message, which is freed; never less than the octets that it has on the wire,
 * without its header. */
static size_t weigh(DBusMessage *message, size_t limit)
{
  size_t weight = bus_weight(message, limit);
  DBusMessage *empty = make();
  char *octets;
  int with, without;

  dbus_message_set_serial(message, 1);
  dbus_message_set_serial(empty, 1);
  assert_true(dbus_message_marshal(message, &octets, &with));
  dbus_free(octets);
  assert_true(dbus_message_marshal(empty, &octets, &without));
  dbus_free(octets);
  if (weight <= limit)
    assert_true(weight + 64 >= (size_t)(with - without)); /* the signature is in the header */
  dbus_message_unref(empty);
  dbus_message_unref(message);
  return weight;
}

static size_t weigh_words(const char *signature, const char *words)
{
  DBusMessage *message = make();
  g_auto(GStrv) list = g_strsplit(words, " ", 0);

  assert_true(values_append(message, signature, list, (int)g_strv_length(list)));
  return weigh(message, LIMIT);
}

static void test_nothing(void **state)
{
  (void)state;
  assert_int_equal(weigh(make(), LIMIT), 0);
}

static void test_basic(void **state)
{
  (void)state;
  assert_int_equal(weigh_words("ssq", "mail.example tls 443"), 3 * 16 + 12 + 3);
}

static void test_octets(void **state)
{
  (void)state;
  assert_int_equal(weigh_words("ay", "1000*ab"), 16 + 1000);
}

/* Every value counts, at every depth. */
static void test_dictionaries(void **state)
{
  size_t one = 16 + 16 + 4 + 16 + 16; /* an entry, its key, its variant and what is in it */

  (void)state;
  assert_int_equal(
      weigh_words("aa{sv}a{sv}", "host=s:a.example;port=q:1&host=s:b.example more=b:1"),
      16 + (16 + one + 9 + one) + (16 + one + 9) + 16 + one);
}

static DBusMessage *of_text(size_t size)
{
  DBusMessage *message = make();
  char *text = malloc(size + 1);

  assert_non_null(text);
  memset(text, 'a', size);
  text[size] = '\0';
  assert_true(dbus_message_append_args(message, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID));
  free(text);
  return message;
}

/* The limit itself is not above it. */
static void test_limit(void **state)
{
  (void)state;
  assert_int_equal(weigh(of_text(LIMIT - 16), LIMIT), LIMIT);
  assert_true(weigh(of_text(LIMIT - 15), LIMIT) > LIMIT);
  assert_true(weigh(of_text(8 * LIMIT), LIMIT) > LIMIT);
  assert_true(weigh(of_text(8 * LIMIT), LIMIT) <= 2 * LIMIT);
}

/* A million values, of which no more are looked at than it takes: none of those behind. */
static void test_stops(void **state)
{
  DBusMessage *message = make();
  DBusMessageIter iter, array;
  const char *nothing = "";

  (void)state;
  dbus_message_iter_init_append(message, &iter);
  assert_true(dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "s", &array));
  for (int i = 0; i < 1000000; i++)
    assert_true(dbus_message_iter_append_basic(&array, DBUS_TYPE_STRING, &nothing));
  assert_true(dbus_message_iter_close_container(&iter, &array));
  assert_int_equal(weigh(message, 1000), 63 * 16);
}

/* Numbers of other sizes, and arrays of arrays of them. */
static void test_numbers(void **state)
{
  DBusMessage *message = make();
  static const dbus_uint64_t large[100];
  const dbus_uint64_t *at = large;
  DBusMessageIter iter, outer, inner;

  (void)state;
  dbus_message_iter_init_append(message, &iter);
  assert_true(dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "at", &outer));
  for (int i = 0; i < 3; i++) {
    assert_true(dbus_message_iter_open_container(&outer, DBUS_TYPE_ARRAY, "t", &inner));
    assert_true(dbus_message_iter_append_fixed_array(&inner, DBUS_TYPE_UINT64, &at, 100));
    assert_true(dbus_message_iter_close_container(&outer, &inner));
  }
  assert_true(dbus_message_iter_close_container(&iter, &outer));
  assert_int_equal(weigh(message, LIMIT), 16 + 3 * (16 + 800));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing), cmocka_unit_test(test_basic),
      cmocka_unit_test(test_octets),  cmocka_unit_test(test_dictionaries),
      cmocka_unit_test(test_limit),   cmocka_unit_test(test_stops),
      cmocka_unit_test(test_numbers),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
