/* Members of structs as values in messages.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/fields.h"

#include "dbus/dict.h"
#include "tests/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

struct members {
  const char *s;
  uint8_t y;
  bool b;
  uint16_t q;
  uint32_t u;
  uint64_t t;
  struct span ay;
};

#define FIELD(type, member) BUS_FIELD(members, #member, type, member)

static const struct bus_field table[] = {
    FIELD(DBUS_TYPE_STRING, s), FIELD(DBUS_TYPE_BYTE, y),   FIELD(DBUS_TYPE_BOOLEAN, b),
    FIELD(DBUS_TYPE_UINT16, q), FIELD(DBUS_TYPE_UINT32, u), FIELD(DBUS_TYPE_UINT64, t),
    FIELD(BUS_OCTETS, ay),
};

enum { COUNT = sizeof table / sizeof table[0], ALL = (1 << COUNT) - 1 };

static const struct bus_fields fields = {table, COUNT};

static const uint8_t octets[] = {9, 8, 7};

static const struct members full = {
    "text", 255, true, UINT16_MAX, UINT32_MAX, UINT64_MAX, {octets, sizeof octets}};

static DBusMessage *new_message(DBusMessageIter *iter)
{
  DBusMessage *message = dbus_message_new_signal("/a", "a.b", "C");

  assert_non_null(message);
  dbus_message_iter_init_append(message, iter);
  return message;
}

static void expect(const struct members *got, const struct members *expected)
{
  assert_string_equal(got->s, expected->s);
  assert_true(got->y == expected->y && got->b == expected->b && got->q == expected->q);
  assert_true(got->u == expected->u && got->t == expected->t);
  assert_true(span_equal(got->ay, expected->ay));
}

static void test_struct(void **state)
{
  const struct members empty = {.s = ""};
  DBusMessageIter iter;
  DBusMessage *message = new_message(&iter);
  struct members got = {.b = false};

  (void)state;
  assert_true(bus_append_struct(&iter, fields, &full));
  assert_true(bus_append_struct(&iter, fields, &empty));
  assert_string_equal(dbus_message_get_signature(message), "(sybqutay)(sybqutay)");
  assert_true(dbus_message_iter_init(message, &iter));
  assert_true(bus_read_struct(&iter, fields, &got));
  expect(&got, &full);
  assert_true(dbus_message_iter_next(&iter));
  assert_true(bus_read_struct(&iter, fields, &got));
  expect(&got, &empty);
  dbus_message_unref(message);
}

/* One member more, one less, another type, and no struct at all. */
static void test_struct_refused(void **state)
{
  const struct bus_fields fewer = {table, COUNT - 1}, more = {table, COUNT};
  static const struct bus_field other[] = {FIELD(DBUS_TYPE_UINT32, u)};
  const struct bus_fields others = {other, 1}, first = {table, 1};
  DBusMessageIter iter;
  DBusMessage *message = new_message(&iter);
  struct members got = {.s = ""};

  (void)state;
  assert_true(bus_append_struct(&iter, fewer, &full));
  assert_true(bus_append_member(&iter, DBUS_TYPE_STRING, &full.s));
  assert_true(dbus_message_iter_init(message, &iter));
  assert_true(bus_read_struct(&iter, fewer, &got));
  assert_false(bus_read_struct(&iter, more, &got));
  assert_false(bus_read_struct(&iter, first, &got));
  assert_false(bus_read_struct(&iter, others, &got));
  assert_true(dbus_message_iter_next(&iter));
  assert_false(bus_read_struct(&iter, first, &got));
  assert_false(dbus_message_iter_next(&iter));
  assert_false(bus_read_struct(&iter, first, &got));
  dbus_message_unref(message);
}

static void test_member_of_other_type(void **state)
{
  DBusMessageIter iter;
  DBusMessage *message = new_message(&iter);
  const char *path = "/a";
  struct members got = full;

  (void)state;
  assert_true(bus_append_member(&iter, DBUS_TYPE_UINT16, &full.q));
  assert_true(dbus_message_iter_append_basic(&iter, DBUS_TYPE_OBJECT_PATH, &path));
  assert_true(dbus_message_iter_init(message, &iter));
  assert_false(bus_read_member(&iter, DBUS_TYPE_UINT32, &got.u));
  assert_false(bus_read_member(&iter, DBUS_TYPE_STRING, &got.s));
  assert_false(bus_read_member(&iter, BUS_OCTETS, &got.ay));
  assert_true(bus_read_member(&iter, DBUS_TYPE_UINT16, &got.q));
  assert_true(dbus_message_iter_next(&iter));
  assert_int_equal(bus_type_at(&iter), DBUS_TYPE_INVALID);
  assert_false(bus_read_member(&iter, DBUS_TYPE_STRING, &got.s));
  expect(&got, &full);
  dbus_message_unref(message);
}

/* Dictionaries are read as an iterator at the first of them, and never written or set. */
static void test_dicts(void **state)
{
  struct lists {
    DBusMessageIter chain;
  } lists;
  const struct bus_field member = {"chain", BUS_DICTS, offsetof(struct lists, chain)};
  const struct bus_fields one = {&member, 1};
  char *words[] = {(char *)(uintptr_t) "chain=aa{sv}:a=y:1~b=y:2"};
  DBusMessageIter iter;
  DBusMessage *message = new_message(&iter);
  uint32_t which;

  (void)state;
  memset(&lists, 0xff, sizeof lists);
  assert_int_equal(bus_fields_set(one, &lists), 0);
  assert_true(values_append(message, "a{sv}", words, 1));
  assert_true(dbus_message_iter_init(message, &iter));
  assert_true(bus_dict_read(&iter, one, &lists, &which, NULL));
  assert_int_equal(which, 1);
  assert_true(bus_dict_at(&lists.chain));
  assert_true(dbus_message_iter_next(&lists.chain));
  assert_true(bus_dict_at(&lists.chain));
  assert_false(dbus_message_iter_next(&lists.chain));
  dbus_message_unref(message);
}

/* Writes what `which` names of `members` and reads it back, strictly. */
static uint32_t through_dict(const struct members *members, uint32_t which, struct members *got)
{
  DBusMessageIter iter, dict;
  DBusMessage *message = new_message(&iter);
  struct bus_fault fault;
  uint32_t found;

  assert_true(bus_dict_open(&iter, &dict));
  assert_true(bus_dict_put_fields(&dict, fields, members, which));
  assert_true(bus_dict_close(&iter, &dict));
  assert_true(dbus_message_iter_init(message, &iter));
  assert_true(bus_dict_read(&iter, fields, got, &found, &fault));
  got->s = strcmp(got->s, full.s) == 0 ? full.s : ""; /* the message goes */
  if (got->ay.size != 0) {
    assert_true(span_equal(got->ay, full.ay));
    got->ay = full.ay;
  }
  dbus_message_unref(message);
  return found;
}

static void test_dict(void **state)
{
  const struct members empty = {.s = ""};
  struct members got = empty;

  (void)state;
  assert_int_equal(bus_fields_set(fields, &full), ALL);
  assert_int_equal(bus_fields_set(fields, &empty), 0);
  assert_int_equal(through_dict(&full, ALL, &got), ALL);
  expect(&got, &full);
  for (int i = 0; i < COUNT; i++) {
    got = empty;
    assert_int_equal(through_dict(&full, 1U << i, &got), 1U << i);
    assert_int_equal(bus_fields_set(fields, &got), 1U << i);
  }
  got = full; /* what isn't there keeps what it was */
  assert_int_equal(through_dict(&empty, 0, &got), 0);
  expect(&got, &full);
  got = full; /* zeros that are there are read */
  assert_int_equal(through_dict(&empty, ALL, &got), ALL);
  expect(&got, &empty);
}

/* Reads a dictionary of these words; *fault says what was strange. */
static bool read_words(const char *words, bool strict, struct bus_fault *fault, char *key,
                       size_t size)
{
  DBusMessageIter iter;
  DBusMessage *message = values_dict(words, &iter);
  struct members got = {.s = ""};
  bool fine;

  assert_non_null(message);
  fine = bus_dict_read(&iter, fields, &got, NULL, strict ? fault : NULL);
  if (strict && !fine)
    snprintf(key, size, "%s", fault->key);
  dbus_message_unref(message);
  return fine;
}

static void test_dict_refused(void **state)
{
  static const struct {
    const char *words;
    int kind;
    const char *key, *type;
    bool later; /* a later daemon may say it */
  } cases[] = {
      {"x=u:1", BUS_KEY_UNKNOWN, "x", "", true},
      {"u=u:1;x=d:1", BUS_KEY_UNKNOWN, "x", "", true},
      {"u=t:1", BUS_KEY_TYPE, "u", "u", false},
      {"t=u:1", BUS_KEY_TYPE, "t", "t", false},
      {"y=q:1", BUS_KEY_TYPE, "y", "y", false},
      {"ay=s:00", BUS_KEY_TYPE, "ay", "ay", false},
      {"s=o:/a", BUS_KEY_TYPE, "s", "s", false},
      {"b=b:1;s=s:a;b=b:0", BUS_KEY_TWICE, "b", "b", false},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct bus_fault fault;
    char key[16] = "";

    assert_false(read_words(cases[i].words, true, &fault, key, sizeof key));
    assert_int_equal((int)fault.kind, cases[i].kind);
    assert_string_equal(key, cases[i].key);
    assert_string_equal(fault.type, cases[i].type);
    assert_int_equal(read_words(cases[i].words, false, &fault, key, sizeof key), cases[i].later);
  }
}

/* What is no dictionary a{sv} at all. */
static void test_no_dict(void **state)
{
  DBusMessageIter iter;
  DBusMessage *message = new_message(&iter);
  struct members got = {.s = ""};
  struct bus_fault fault;

  (void)state;
  assert_true(bus_append_member(&iter, BUS_OCTETS, &full.ay));
  assert_true(dbus_message_iter_init(message, &iter));
  assert_false(bus_dict_at(&iter));
  assert_false(bus_dict_read(&iter, fields, &got, NULL, &fault));
  assert_string_equal(fault.key, "");
  assert_false(bus_dict_read(&iter, fields, &got, NULL, NULL));
  dbus_message_unref(message);
}

static void test_type_text(void **state)
{
  (void)state;
  assert_string_equal(bus_type_text(BUS_OCTETS), "ay");
  assert_string_equal(bus_type_text(BUS_DICTS), "aa{sv}");
  assert_string_equal(bus_type_text(BUS_CHAIN), "aay");
  assert_string_equal(bus_type_text(DBUS_TYPE_BYTE), "y");
  assert_string_equal(bus_type_text(DBUS_TYPE_DOUBLE), "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_struct),
      cmocka_unit_test(test_struct_refused),
      cmocka_unit_test(test_member_of_other_type),
      cmocka_unit_test(test_dict),
      cmocka_unit_test(test_dicts),
      cmocka_unit_test(test_dict_refused),
      cmocka_unit_test(test_no_dict),
      cmocka_unit_test(test_type_text),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
