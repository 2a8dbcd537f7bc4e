/* Chains that were seen, as dictionaries: what is written is read again, and what isn't taken.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/seen.h"

#include "dbus/dict.h"
#include "dbus/fields.h"
#include "tests/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY   "key=s:sha256//" ZEROS
#define WHOLE "subject=s:a,not-before=t:1,not-after=t:2,certificate=ay:32*00," KEY

static struct span encode(const struct chain_seen *chain, uint8_t octets[CHAIN_SEEN_MAX])
{
  struct writer writer = writer_of(octets, CHAIN_SEEN_MAX);

  assert_true(chain_seen_encode(chain, &writer));
  return writer_span(&writer);
}

/* Reads the value of `chain` in the message's dictionary. */
static const char *read_back(DBusMessage *message, uint8_t octets[CHAIN_SEEN_MAX],
                             struct span *seen)
{
  DBusMessageIter iter, dict;
  struct bus_value value;
  const char *key;

  assert_true(dbus_message_iter_init(message, &iter));
  dbus_message_iter_recurse(&iter, &dict);
  assert_true(bus_dict_next(&dict, &key, &value));
  assert_string_equal(key, "chain");
  assert_int_equal(value.type, BUS_DICTS);
  return seen_read(&value.dicts, octets, seen);
}

static DBusMessage *message_of(struct span octets)
{
  DBusMessage *message = dbus_message_new_signal("/a", "a.b", "C");
  DBusMessageIter iter, dict;

  dbus_message_iter_init_append(message, &iter);
  assert_true(bus_dict_open(&iter, &dict));
  assert_true(seen_put(&dict, octets));
  assert_true(bus_dict_close(&iter, &dict));
  return message;
}

static void goes_through(const struct chain_seen *chain)
{
  uint8_t octets[CHAIN_SEEN_MAX], again[CHAIN_SEEN_MAX];
  struct span seen, before = encode(chain, octets);
  DBusMessage *message = message_of(before);

  assert_null(read_back(message, again, &seen));
  assert_true(span_equal(seen, before));
  dbus_message_unref(message);
}

static struct chain_seen chain_of(size_t count)
{
  struct chain_seen chain = {.count = count};

  for (size_t i = 0; i < count; i++) {
    memset(chain.at[i].subject, 'a' + (int)i, 127);
    chain.at[i].not_before = (int64_t)i;
    chain.at[i].not_after = INT64_C(253402300799);
    memset(chain.at[i].certificate, 0x10 + (int)i, 32);
    memset(chain.at[i].spki, 0xf0 - (int)i, 32);
  }
  return chain;
}

static void test_round_trip(void **state)
{
  struct chain_seen chain;

  (void)state;
  for (size_t count = 1; count <= CHAIN_MAX; count++) {
    chain = chain_of(count);
    goes_through(&chain);
  }
  chain = (struct chain_seen){.count = 1, .raw = true};
  memset(chain.at[0].spki, 0xa5, 32);
  goes_through(&chain);
  chain.raw = false;
  goes_through(&chain);
}

/* What wasn't seen, or can't be decoded, isn't told. */
static void test_nothing(void **state)
{
  static const uint8_t damaged[] = {1, 0, 9, 9};
  const struct span cases[] = {{NULL, 0}, {damaged, sizeof damaged}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    DBusMessage *message = message_of(cases[i]);
    DBusMessageIter iter, dict;

    assert_true(dbus_message_iter_init(message, &iter));
    dbus_message_iter_recurse(&iter, &dict);
    assert_int_equal(dbus_message_iter_get_arg_type(&dict), DBUS_TYPE_INVALID);
    dbus_message_unref(message);
  }
}

static void expect_refused(const char *chain, const char *words)
{
  g_autofree char *text = g_strconcat("chain=aa{sv}:", chain, NULL);
  DBusMessageIter iter;
  DBusMessage *message = values_dict(text, &iter);
  uint8_t octets[CHAIN_SEEN_MAX];
  struct span seen = {octets, 1};
  const char *wrong;

  assert_non_null(message);
  wrong = read_back(message, octets, &seen);
  if (wrong == NULL || strstr(wrong, words) == NULL)
    fail_msg("%s: %s", chain, wrong);
  assert_int_equal(seen.size, 0);
  dbus_message_unref(message);
}

static void test_refused(void **state)
{
  static const struct {
    const char *chain, *words;
  } cases[] = {
      {"", "it is empty"},
      {"subject=s:a", "each certificate"},
      {"subject=s:a," KEY, "each certificate"},
      {"not-before=t:1,not-after=t:2,certificate=ay:32*00," KEY, "each certificate"},
      {"subject=s:a,not-after=t:2,certificate=ay:32*00," KEY, "each certificate"},
      {"subject=s:a,not-before=t:1,certificate=ay:32*00," KEY, "each certificate"},
      {"subject=s:a,not-before=t:1,not-after=t:2," KEY, "each certificate"},
      {"subject=s:a,not-before=t:1,not-after=t:2,certificate=ay:32*00", "each certificate"},
      {WHOLE ",issuer=s:b", "each certificate"},
      {WHOLE "," KEY, "each certificate"},
      {"key=ay:32*00", "each certificate"},
      {KEY ",not-before=u:1", "each certificate"},
      {"key=s:sha256//AAAA", "a key"},
      {"key=s:" ZEROS, "a key"},
      {WHOLE "~key=s:", "a key"},
      {"subject=s:a,not-before=t:1,not-after=t:2,certificate=ay:31*00," KEY, "the digest"},
      {"subject=s:a,not-before=t:1,not-after=t:2,certificate=ay:," KEY, "the digest"},
      {"subject=s:a,not-before=t:1,not-after=t:2,certificate=ay:100000*00," KEY, "the digest"},
      {"subject=s:a\x1b[31m,not-before=t:1,not-after=t:2,certificate=ay:32*00," KEY, "control"},
      {"subject=s:a,not-before=t:253402300800,not-after=t:2,certificate=ay:32*00," KEY, "a time"},
      {"subject=s:a,not-before=t:1,not-after=t:18446744073709551615,certificate=ay:32*00," KEY,
       "a time"},
      {WHOLE "~" KEY, "not alone"},
      {KEY "~" WHOLE, "not alone"},
      {KEY "~" KEY, "not alone"},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
    expect_refused(cases[i].chain, cases[i].words);
}

static void test_limits(void **state)
{
  g_autofree char *subject = g_strnfill(128, 's'), *huge = g_strnfill(1 << 20, 's');
  g_autofree char *one = g_strdup_printf(
      "subject=s:%s,not-before=t:1,not-after=t:2,certificate=ay:32*00," KEY, subject);
  g_autofree char *two =
      g_strdup_printf("subject=s:%s,not-before=t:1,not-after=t:2,certificate=ay:32*00," KEY, huge);
  g_autoptr(GString) many = g_string_new(WHOLE);

  (void)state;
  expect_refused(one, "longer than 127 octets");
  expect_refused(two, "longer than 127 octets");
  for (int i = 1; i <= CHAIN_MAX; i++)
    g_string_append(many, "~" WHOLE);
  expect_refused(many->str, "more than 16");
  for (int i = 0; i < 5000; i++)
    g_string_append(many, "~" WHOLE);
  expect_refused(many->str, "more than 16");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_limits),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
