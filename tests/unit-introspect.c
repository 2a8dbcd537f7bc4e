/* Introspection data of a small table, read with a parser and not by eye.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/dispatch.h"

#include "tests/contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct method methods[] = {
    {"Do", {{"what", "s"}, {"how", "a{sv}"}}, {{"done", "b"}}, NULL},
    {"Wait", {{NULL, NULL}}, {{NULL, NULL}}, NULL},
    {NULL, {{NULL, NULL}}, {{NULL, NULL}}, NULL},
};
static const struct bus_signal signals[] = {
    {"Done", {{"what", "s"}}},
    {NULL, {{NULL, NULL}}},
};
static const struct method no_methods[] = {{NULL, {{NULL, NULL}}, {{NULL, NULL}}, NULL}};
static const struct bus_signal no_signals[] = {{NULL, {{NULL, NULL}}}};

static const struct interface interfaces[] = {
    {"test.One", "/test/one", methods, signals},
    {"test.Two", "/test/two", no_methods, no_signals},
    {"test.Deep", "/test/two/deep", no_methods, no_signals},
    {NULL, NULL, NULL, NULL},
};

static void expect(const char *path, const char *expected)
{
  g_autofree char *xml = dispatch_introspect(interfaces, path);
  g_autofree char *summary = NULL;

  assert_non_null(xml);
  assert_non_null(strstr(xml, "<!DOCTYPE node PUBLIC"));
  summary = contract_summary(xml);
  assert_string_equal(summary, expected);
}

#define STANDARD                                                                                   \
  "interface org.freedesktop.DBus.Introspectable\n"                                                \
  " method Introspect\n"                                                                           \
  "  out xml s\n"                                                                                  \
  "interface org.freedesktop.DBus.Peer\n"                                                          \
  " method Ping\n"

static void test_object(void **state)
{
  (void)state;
  expect("/test/one", STANDARD "interface test.One\n"
                               " method Do\n"
                               "  in what s\n"
                               "  in how a{sv}\n"
                               "  out done b\n"
                               " method Wait\n"
                               " signal Done\n"
                               "  - what s\n");
}

static void test_object_with_child(void **state)
{
  (void)state;
  expect("/test/two", STANDARD "interface test.Two\nnode deep\n");
  expect("/test/two/deep", STANDARD "interface test.Deep\n");
}

/* A path on the way to an object names what is below it, once. */
static void test_way(void **state)
{
  (void)state;
  expect("/", "node test\n");
  expect("/test", "node one\nnode two\n");
}

/* Nothing is there, and half of a name is no way. */
static void test_unknown(void **state)
{
  static const char *const unknown[] = {"/tes",       "/test/on",   "/test/one/x",  "/x",
                                        "/test/twox", "/test/one2", "/test/two/dee"};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++)
    assert_null(dispatch_introspect(interfaces, unknown[i]));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_object),
      cmocka_unit_test(test_object_with_child),
      cmocka_unit_test(test_way),
      cmocka_unit_test(test_unknown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
