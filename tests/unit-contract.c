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
static char *served(const struct interface *interface)
{
  g_autofree char *xml = dispatch_introspect(interface, interface->path);
  g_autofree char *summary = NULL;
  const char *ours;

  assert_non_null(xml);
  summary = contract_summary(xml);
  ours = strstr(summary, "interface org.tlspin.");
  assert_non_null(ours);
  return g_strdup(ours);
}

static void check(const struct interface *interface)
{
  g_autofree char *told = documented(interface->name), *done = served(interface);

  assert_true(strlen(told) > 100);
  assert_string_equal(told, done);
}

static void test_pins(void **state)
{
  (void)state;
  check(handlers_pins);
}

static void test_admin(void **state)
{
  (void)state;
  check(handlers_admin);
}

/* Every interface is documented, and no connection serves another's. */
static void test_no_other_interface(void **state)
{
  (void)state;
  assert_string_equal(handlers_pins[0].name, BUS_PINS);
  assert_null(handlers_pins[1].name);
  assert_string_equal(handlers_admin[0].name, BUS_ADMIN);
  assert_null(handlers_admin[1].name);
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

static void check_table(const struct interface *i)
{
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

static void test_table_is_sound(void **state)
{
  (void)state;
  check_table(handlers_pins);
  check_table(handlers_admin);
}

/* What writes to the store is charged to the caller, and what doesn't is not. */
static void test_what_stores(void **state)
{
  static const char *const marks[] = {
      [METHOD_READS] = "", [METHOD_STORES] = "+", [METHOD_JUDGES] = "?"};
  g_autoptr(GString) stores = g_string_new(NULL);

  (void)state;
  for (const struct method *m = handlers_pins->methods; m->name != NULL; m++)
    g_string_append_printf(stores, "%s%s ", marks[m->kind], m->name);
  for (const struct method *m = handlers_admin->methods; m->name != NULL; m++)
    g_string_append_printf(stores, "%s%s ", marks[m->kind], m->name);
  assert_string_equal(stores->str, "Lookup +StoreTicket +ReportFailure ?CheckChain +NoteHpkp List "
                                   "Get +Clear +Undo Status Doctor +Acknowledge +Backup +Restore "
                                   "+Put Explain Events ");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pins),
      cmocka_unit_test(test_admin),
      cmocka_unit_test(test_no_other_interface),
      cmocka_unit_test(test_table_is_sound),
      cmocka_unit_test(test_what_stores),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
