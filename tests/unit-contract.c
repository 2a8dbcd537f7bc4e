/* The documented contract is the one that is served: the XML files of dbus/ against the table of
 * methods. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "dbus/names.h"
#include "tests/contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static char *documented(const char *name)
{
  g_autofree char *path = g_strdup_printf(CONTRACT_DIR "/%s.xml", name);
  g_autofree char *xml = NULL;

  assert_true(g_file_get_contents(path, &xml, NULL, NULL));
  return contract_summary(xml);
}

/* Without the standard interfaces, which come first in what is served. */
static char *served(const char *path)
{
  g_autofree char *xml = dispatch_introspect(handlers_interfaces, path);
  g_autofree char *summary = NULL;
  const char *ours;

  assert_non_null(xml);
  summary = contract_summary(xml);
  ours = strstr(summary, "interface org.tlspin.");
  assert_non_null(ours);
  return g_strdup(ours);
}

static void check(const char *name, const char *path)
{
  g_autofree char *told = documented(name), *done = served(path);

  assert_true(strlen(told) > 100);
  assert_string_equal(told, done);
}

static void test_pins(void **state)
{
  (void)state;
  check(BUS_PINS, BUS_PINS_PATH);
}

static void test_admin(void **state)
{
  (void)state;
  check(BUS_ADMIN, BUS_ADMIN_PATH);
}

/* Every interface is documented: a third one would be missed above. */
static void test_no_other_interface(void **state)
{
  (void)state;
  assert_string_equal(handlers_interfaces[0].name, BUS_PINS);
  assert_string_equal(handlers_interfaces[1].name, BUS_ADMIN);
  assert_null(handlers_interfaces[2].name);
}

/* What libdbus calls a type is one, and no method has two arguments of one name. */
static void check_arguments(const struct argument *arguments)
{
  for (const struct argument *a = arguments; a->name != NULL; a++) {
    assert_true(dbus_signature_validate_single(a->type, NULL));
    for (const struct argument *b = arguments; b < a; b++)
      assert_string_not_equal(a->name, b->name);
  }
}

static void test_table_is_sound(void **state)
{
  (void)state;
  for (const struct interface *i = handlers_interfaces; i->name != NULL; i++) {
    assert_true(dbus_validate_interface(i->name, NULL));
    assert_true(dbus_validate_path(i->path, NULL));
    for (const struct method *m = i->methods; m->name != NULL; m++) {
      assert_true(dbus_validate_member(m->name, NULL));
      assert_non_null(m->handler);
      check_arguments(m->in);
      check_arguments(m->out);
    }
    for (const struct bus_signal *s = i->signals; s->name != NULL; s++) {
      assert_true(dbus_validate_member(s->name, NULL));
      check_arguments(s->arguments);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pins),
      cmocka_unit_test(test_admin),
      cmocka_unit_test(test_no_other_interface),
      cmocka_unit_test(test_table_is_sound),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
