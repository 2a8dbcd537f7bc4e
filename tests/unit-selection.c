/* Tests of libclient/selection.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/selection.h"

#include "dbus/dict.h"
#include "libclient/last.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const uint8_t octets[65] = {1};

static void refuse(const struct tlspin_filter *filter, enum selection_use use, int code,
                   const char *named)
{
  last_clear();
  assert_int_equal(selection_check(filter, use), code);
  assert_memory_equal(tlspin_last_message(), named, strlen(named));
}

static void test_what_may_be_listed(void **state)
{
  static const struct tlspin_filter fine[] = {
      {0},
      {.host = "www.example"},
      {.pattern = "*.example"},
      {.protocol = "dtls"},
      {.port = 65535},
      {.since = UINT64_MAX},
      {.host = "a.example", .pattern = "*", .protocol = "tls", .port = 1, .since = 1},
      {.host = ""},
      {.kind = "ticket"},
      {.kind = "mode", .status = "off", .origin = "user", .scope = "one-label"},
      {.digest = {octets, 32}},
      {.digest = {octets, 64}},
  };

  (void)state;
  assert_int_equal(selection_check(NULL, SELECTION_LIST), TLSPIN_OK);
  for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
    assert_int_equal(selection_check(&fine[i], SELECTION_LIST), TLSPIN_OK);
  refuse(&(struct tlspin_filter){.all = 1}, SELECTION_LIST, TLSPIN_E_ARGUMENT, "all:");
  refuse(&(struct tlspin_filter){.forever = 1}, SELECTION_LIST, TLSPIN_E_ARGUMENT, "forever:");
}

static void test_what_may_be_cleared(void **state)
{
  static const struct tlspin_filter fine[] = {
      {.host = "www.example"},
      {.pattern = "*", .port = 443},
      {.since = 1, .protocol = "tls"},
      {.all = 1},
      {.kind = "pin"},
      {.status = "inactive"},
      {.origin = "hpkp"},
      {.digest = {octets, 32}},
      {.host = ""},
  };

  (void)state;
  for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
    assert_int_equal(selection_check(&fine[i], SELECTION_CLEAR), TLSPIN_OK);
}

/* A clear that names nothing must never mean everything. */
static void test_clear_must_name_entries(void **state)
{
  static const struct tlspin_filter vague[] = {
      {0}, {.protocol = "tls"}, {.port = 443}, {.scope = "subtree"}};

  (void)state;
  refuse(NULL, SELECTION_CLEAR, TLSPIN_E_ARGUMENT, "filter:");
  for (size_t i = 0; i < sizeof vague / sizeof vague[0]; i++)
    refuse(&vague[i], SELECTION_CLEAR, TLSPIN_E_ARGUMENT, "filter:");
  refuse(&(struct tlspin_filter){.forever = 1}, SELECTION_CLEAR, TLSPIN_E_ARGUMENT, "filter:");
}

static void test_all_stands_alone(void **state)
{
  static const struct tlspin_filter more[] = {
      {.all = 1, .host = "a.example"}, {.all = 1, .pattern = "*"},
      {.all = 1, .protocol = "tls"},   {.all = 1, .port = 443},
      {.all = 1, .since = 1},          {.all = 1, .kind = "pin"},
      {.all = 1, .status = "active"},  {.all = 1, .origin = "tofu"},
      {.all = 1, .scope = "exact"},    {.all = 1, .digest = {octets, 32}}};

  (void)state;
  for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
    refuse(&more[i], SELECTION_CLEAR, TLSPIN_E_ARGUMENT, "all:");
}

static void test_wrong_members(void **state)
{
  char long_pattern[255];

  (void)state;
  memset(long_pattern, '*', 254);
  long_pattern[254] = '\0';
  refuse(&(struct tlspin_filter){.host = "a b"}, SELECTION_LIST, TLSPIN_E_ARGUMENT, "host:");
  refuse(&(struct tlspin_filter){.host = "192.0.2.1"}, SELECTION_LIST, TLSPIN_CANNOT_BE_PINNED,
         "host:");
  refuse(&(struct tlspin_filter){.pattern = ""}, SELECTION_LIST, TLSPIN_E_ARGUMENT, "pattern:");
  refuse(&(struct tlspin_filter){.pattern = "\xff"}, SELECTION_LIST, TLSPIN_E_ARGUMENT, "pattern:");
  refuse(&(struct tlspin_filter){.pattern = long_pattern}, SELECTION_LIST, TLSPIN_E_ARGUMENT,
         "pattern:");
  refuse(&(struct tlspin_filter){.protocol = "udp"}, SELECTION_LIST, TLSPIN_E_ARGUMENT,
         "protocol:");
  refuse(&(struct tlspin_filter){.port = 65536}, SELECTION_LIST, TLSPIN_E_ARGUMENT, "port:");
  refuse(&(struct tlspin_filter){.host = "a b"}, SELECTION_CLEAR, TLSPIN_E_ARGUMENT, "host:");
}

static void test_wrong_words(void **state)
{
  (void)state;
  refuse(&(struct tlspin_filter){.kind = "key"}, SELECTION_LIST, TLSPIN_E_ARGUMENT, "kind:");
  refuse(&(struct tlspin_filter){.kind = ""}, SELECTION_LIST, TLSPIN_E_ARGUMENT, "kind:");
  refuse(&(struct tlspin_filter){.status = "Active"}, SELECTION_LIST, TLSPIN_E_ARGUMENT, "status:");
  refuse(&(struct tlspin_filter){.origin = "\xff"}, SELECTION_LIST, TLSPIN_E_ARGUMENT, "origin:");
  refuse(&(struct tlspin_filter){.scope = "all"}, SELECTION_LIST, TLSPIN_E_ARGUMENT, "scope:");
  refuse(&(struct tlspin_filter){.digest = {octets, 31}}, SELECTION_LIST, TLSPIN_E_ARGUMENT,
         "digest:");
  refuse(&(struct tlspin_filter){.digest = {octets, 65}}, SELECTION_LIST, TLSPIN_E_ARGUMENT,
         "digest:");
  refuse(&(struct tlspin_filter){.digest = {NULL, 32}}, SELECTION_CLEAR, TLSPIN_E_ARGUMENT,
         "digest:");
}

/* The dictionary as a line of "key=type:value" each. */
static const char *written(const struct tlspin_filter *filter)
{
  static char line[1024];
  DBusMessage *message = dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN);
  DBusMessageIter iter, dict;
  struct bus_value value;
  const char *key;
  size_t used = 0;

  line[0] = '\0';
  dbus_message_iter_init_append(message, &iter);
  assert_true(selection_append(&iter, filter));
  assert_true(dbus_message_has_signature(message, "a{sv}"));
  dbus_message_iter_init(message, &iter);
  dbus_message_iter_recurse(&iter, &dict);
  while (bus_dict_next(&dict, &key, &value))
    used += (size_t)snprintf(line + used, sizeof line - used, "%s=%c:%s%llu ", key, value.type,
                             value.string != NULL ? value.string : "",
                             (unsigned long long)value.number + value.octets.size);
  dbus_message_unref(message);
  return line;
}

static void test_what_is_written(void **state)
{
  const struct tlspin_filter every = {
      .host = "WWW.Example.", .pattern = "*", .protocol = "tls", .port = 443, .since = UINT64_MAX};

  (void)state;
  assert_string_equal(written(NULL), "");
  assert_string_equal(written(&(struct tlspin_filter){0}), "");
  assert_string_equal(written(&every), "host=s:www.example0 pattern=s:*0 protocol=s:tls0 "
                                       "port=q:443 since=t:18446744073709551615 ");
  assert_string_equal(written(&(struct tlspin_filter){.all = 7}), "all=b:1 ");
  assert_string_equal(written(&(struct tlspin_filter){.all = 1, .forever = 7}),
                      "all=b:1 forever=b:1 ");
  assert_string_equal(written(&(struct tlspin_filter){.host = ""}), "host=s:0 ");
  assert_string_equal(written(&(struct tlspin_filter){.kind = "pin",
                                                      .status = "active",
                                                      .origin = "tofu",
                                                      .scope = "exact",
                                                      .digest = {octets, 64}}),
                      "kind=s:pin0 status=s:active0 origin=s:tofu0 scope=s:exact0 digest=A:64 ");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_may_be_listed),      cmocka_unit_test(test_what_may_be_cleared),
      cmocka_unit_test(test_clear_must_name_entries), cmocka_unit_test(test_all_stands_alone),
      cmocka_unit_test(test_wrong_members),           cmocka_unit_test(test_wrong_words),
      cmocka_unit_test(test_what_is_written),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
