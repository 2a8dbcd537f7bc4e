/* Who may call what.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/authority.h"

#include "daemon/handlers.h"
#include "dbus/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static enum tlspin_code decide(enum caller_kind kind, const char *interface, const char *member,
                               GString *problem)
{
  enum tlspin_code code = authority_decide(kind, interface, member, problem);

  assert_true(code == TLSPIN_OK || code == TLSPIN_E_DENIED);
  assert_int_equal(problem->len == 0, code == TLSPIN_OK);
  return code;
}

static bool may(enum caller_kind kind, const char *interface, const char *member)
{
  g_autoptr(GString) problem = g_string_new(NULL);

  return decide(kind, interface, member, problem) == TLSPIN_OK;
}

/* Every method that there is, against every kind of caller. */
static void test_all(void **state)
{
  (void)state;
  for (const struct method *m = handlers_pins->methods; m->name != NULL; m++) {
    assert_true(may(CALLER_PLAIN, BUS_PINS, m->name));
    assert_true(may(CALLER_CONFINED, BUS_PINS, m->name));
    assert_true(may(CALLER_UNKNOWN, BUS_PINS, m->name));
    assert_false(may(CALLER_FOREIGN, BUS_PINS, m->name));
  }
  for (const struct method *m = handlers_admin->methods; m->name != NULL; m++) {
    assert_true(may(CALLER_PLAIN, BUS_ADMIN, m->name));
    assert_false(may(CALLER_CONFINED, BUS_ADMIN, m->name));
    assert_false(may(CALLER_UNKNOWN, BUS_ADMIN, m->name));
    assert_false(may(CALLER_FOREIGN, BUS_ADMIN, m->name));
  }
}

static void test_introspect(void **state)
{
  const char *interface = "org.freedesktop.DBus.Introspectable";

  (void)state;
  assert_true(may(CALLER_PLAIN, interface, "Introspect"));
  assert_true(may(CALLER_CONFINED, interface, "Introspect"));
  assert_true(may(CALLER_UNKNOWN, interface, "Introspect"));
  assert_false(may(CALLER_FOREIGN, interface, "Introspect"));
}

/* An interface that no rule names is nobody's. */
static void test_unknown_interface(void **state)
{
  static const char *const names[] = {"", "org.tlspin.Admin2", "org.tlspin.Pins",
                                      "org.tlspin.pins1"};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
    for (int kind = CALLER_UNKNOWN; kind <= CALLER_FOREIGN; kind++)
      assert_false(may((enum caller_kind)kind, names[i], "Lookup"));
}

static void expect_text(enum caller_kind kind, const char *words)
{
  g_autoptr(GString) problem = g_string_new(NULL);

  assert_int_equal(decide(kind, BUS_ADMIN, "List", problem), TLSPIN_E_DENIED);
  if (strstr(problem->str, words) == NULL)
    fail_msg("\"%s\" doesn't say \"%s\"", problem->str, words);
}

/* What, why, and what to do. */
static void test_texts(void **state)
{
  (void)state;
  expect_text(CALLER_CONFINED, "'List' of org.tlspin.Admin1 is not for programs in a sandbox");
  expect_text(CALLER_CONFINED, "outside of the sandbox");
  expect_text(CALLER_UNKNOWN, "it can't be told whether");
  expect_text(CALLER_UNKNOWN, "tlspind(8)");
  expect_text(CALLER_FOREIGN, "another");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all),
      cmocka_unit_test(test_introspect),
      cmocka_unit_test(test_unknown_interface),
      cmocka_unit_test(test_texts),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
