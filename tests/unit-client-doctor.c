/* Tests of libclient/doctor.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/tlspin-admin.h"
#include "tests/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* What must be overwritten by NULL. */
#define STALE ((void *)&world)

static void test_doctor(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "entries=12 log=%log");
  const tlspin_entry_t *report;
  tlspin_doctor_t *doctor;

  (void)state;
  assert_int_equal(tlspin_doctor(context, 0, &doctor), TLSPIN_OK);
  assert_string_equal(test_bus_call(&world, "Doctor"), "Doctor glance");
  report = tlspin_doctor_report(doctor);
  assert_string_equal(tlspin_entry_string(report, "state"), "ok");
  assert_int_equal(tlspin_entry_number(report, "entries"), 12);
  tlspin_doctor_free(doctor);
  assert_int_equal(tlspin_doctor(context, 2, &doctor), TLSPIN_OK);
  assert_string_equal(test_bus_call(&world, "Doctor"), "Doctor read");
  tlspin_doctor_free(doctor);
  tlspin_doctor_free(NULL);
  assert_int_equal(test_bus_calls(&world, "Doctor"), 2);
  test_process_end(daemon);
}

static void test_files(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");
  tlspin_doctor_t *doctor;

  (void)state;
  assert_int_equal(tlspin_doctor(context, 1, &doctor), TLSPIN_OK);
  assert_int_equal(tlspin_doctor_backups(doctor), 2);
  assert_string_equal(tlspin_entry_string(tlspin_doctor_backup(doctor, 0), "name"), "pins-0.db");
  assert_string_equal(tlspin_entry_string(tlspin_doctor_backup(doctor, 1), "name"), "pins-1.db");
  assert_int_equal(tlspin_entry_number(tlspin_doctor_backup(doctor, 1), "made"), 1000);
  assert_null(tlspin_doctor_backup(doctor, 2));
  assert_null(tlspin_doctor_backup(doctor, SIZE_MAX));
  assert_int_equal(tlspin_doctor_set_aside(doctor), 1);
  assert_string_equal(tlspin_entry_string(tlspin_doctor_aside(doctor, 0), "name"), "damaged-0.db");
  assert_null(tlspin_doctor_aside(doctor, 1));
  tlspin_doctor_free(doctor);
  test_process_end(daemon);
}

static void test_wrong_replies(void **state)
{
  static const char *const wrong[] = {"shape=stateless", "shape=huge",   "shape=many",
                                      "shape=backups",   "shape=asides", "do=empty",
                                      "do=text"};

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    pid_t daemon = test_bus_daemon(&world, wrong[i]);
    tlspin_doctor_t *doctor = STALE;

    if (tlspin_doctor(context, 0, &doctor) != TLSPIN_UNAVAILABLE)
      fail_msg("%s", wrong[i]);
    assert_null(doctor);
    assert_string_equal(tlspin_last_message(), tlspin_code_text(TLSPIN_E_REPLY));
    test_process_end(daemon);
  }
}

static void test_acknowledge(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");

  (void)state;
  assert_int_equal(tlspin_acknowledge(context, 1700000000), TLSPIN_OK);
  assert_string_equal(test_bus_call(&world, "Acknowledge"), "Acknowledge 1700000000");
  assert_int_equal(tlspin_acknowledge(context, INT64_MAX), TLSPIN_OK);
  assert_string_equal(test_bus_call(&world, "Acknowledge"), "Acknowledge 9223372036854775807");
  assert_int_equal(tlspin_acknowledge(context, 0), TLSPIN_OK);
  assert_string_equal(test_bus_call(&world, "Acknowledge"), "Acknowledge 0");
  assert_int_equal(tlspin_acknowledge(context, -1),
                   TLSPIN_OK); /* as of a member that isn't there */
  assert_string_equal(test_bus_call(&world, "Acknowledge"), "Acknowledge 0");
  test_process_end(daemon);
}

static void test_backup(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  tlspin_entry_t *backup = STALE;

  (void)state;
  assert_int_equal(tlspin_backup(context, &backup), TLSPIN_OK);
  assert_string_equal(tlspin_entry_string(backup, "name"), "pins-0.db");
  assert_int_equal(tlspin_entry_number(backup, "made"), 1000);
  tlspin_entry_free(backup);
  assert_int_equal(tlspin_backup(context, NULL), TLSPIN_OK);
  assert_int_equal(test_bus_calls(&world, "Backup"), 2);
  test_process_end(daemon);
}

static void test_restore(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  tlspin_entry_t *before = STALE;

  (void)state;
  assert_int_equal(tlspin_restore(context, "pins-1.db", &before), TLSPIN_OK);
  assert_string_equal(test_bus_call(&world, "Restore"), "Restore pins-1.db");
  assert_string_equal(tlspin_entry_string(before, "name"), "pins-0.db");
  tlspin_entry_free(before);
  assert_int_equal(tlspin_restore(context, "b", NULL), TLSPIN_OK);
  assert_string_equal(test_bus_call(&world, "Restore"), "Restore b");
  test_process_end(daemon);
}

/* All three that change something say what the daemon says. */
static void expect_all(int code)
{
  tlspin_entry_t *backup = STALE, *before = STALE;

  assert_int_equal(tlspin_acknowledge(context, 5), code);
  assert_string_not_equal(tlspin_last_message(), "");
  assert_int_equal(tlspin_backup(context, &backup), code);
  assert_null(backup);
  assert_string_not_equal(tlspin_last_message(), "");
  assert_int_equal(tlspin_restore(context, "b", &before), code);
  assert_null(before);
  assert_string_not_equal(tlspin_last_message(), "");
}

static void test_errors(void **state)
{
  static const struct {
    const char *arguments;
    int code;
  } cases[] = {
      {"do=error error=org.tlspin.Error.NotFound", TLSPIN_E_NOT_FOUND},
      {"do=error error=org.tlspin.Error.Busy", TLSPIN_E_BUSY},
      {"do=error error=org.tlspin.Error.Unavailable", TLSPIN_UNAVAILABLE},
      {"do=error error=org.tlspin.Error.UnknownMethod", TLSPIN_E_UNKNOWN_METHOD},
      {"do=text", TLSPIN_UNAVAILABLE},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    pid_t daemon = test_bus_daemon(&world, cases[i].arguments);
    tlspin_doctor_t *doctor = STALE;

    assert_int_equal(tlspin_doctor(context, 0, &doctor), cases[i].code);
    assert_null(doctor);
    expect_all(cases[i].code);
    test_process_end(daemon);
  }
  expect_all(TLSPIN_UNAVAILABLE);
}

/* An acknowledgement has no arguments, so that only a reply that has some is wrong. */
static void test_empty_replies(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "do=empty");
  tlspin_entry_t *backup = STALE;

  (void)state;
  assert_int_equal(tlspin_acknowledge(context, 5), TLSPIN_OK);
  assert_int_equal(tlspin_backup(context, &backup), TLSPIN_UNAVAILABLE);
  assert_null(backup);
  assert_string_equal(tlspin_last_message(), tlspin_code_text(TLSPIN_E_REPLY));
  test_process_end(daemon);
}

static int open_dying(void **state)
{
  (void)state;
  test_bus_start(&world, "do=die once=%mark log=%log");
  assert_int_equal(tlspin_new(&context, world.address), TLSPIN_OK);
  tlspin_set_budget(context, AMPLE, AMPLE);
  return 0;
}

/* What was done by a daemon that ended before it could say so would be done twice. */
static void test_not_repeated(void **state)
{
  tlspin_entry_t *backup = STALE;

  (void)state;
  assert_int_equal(tlspin_backup(context, &backup), TLSPIN_UNAVAILABLE);
  assert_null(backup);
  assert_int_equal(test_bus_calls(&world, "Backup"), 1);
  assert_int_equal(remove(world.mark), 0);
  assert_int_equal(tlspin_restore(context, "b", NULL), TLSPIN_UNAVAILABLE);
  assert_int_equal(test_bus_calls(&world, "Restore"), 1);
  assert_int_equal(remove(world.mark), 0);
  assert_int_equal(tlspin_acknowledge(context, 5), TLSPIN_UNAVAILABLE);
  assert_int_equal(test_bus_calls(&world, "Acknowledge"), 1);
}

static void test_wrong_arguments(void **state)
{
  char name[NAME_MAX + 2];
  tlspin_doctor_t *doctor = STALE;
  tlspin_entry_t *entry = STALE;

  (void)state;
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  assert_int_equal(tlspin_doctor(NULL, 0, &doctor), TLSPIN_E_ARGUMENT);
  assert_null(doctor);
  assert_int_equal(tlspin_doctor(context, 0, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_acknowledge(NULL, 0), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_backup(NULL, &entry), TLSPIN_E_ARGUMENT);
  assert_null(entry);
  entry = STALE;
  assert_int_equal(tlspin_restore(NULL, "b", &entry), TLSPIN_E_ARGUMENT);
  assert_null(entry);
  assert_int_equal(tlspin_restore(context, NULL, &entry), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_restore(context, "", &entry), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_restore(context, "\xff", &entry), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_restore(context, name, &entry), TLSPIN_E_ARGUMENT);
  assert_non_null(strstr(tlspin_last_message(), "name"));
  name[NAME_MAX] = '\0';
  assert_int_equal(tlspin_restore(context, name, &entry), TLSPIN_UNAVAILABLE); /* nobody is there */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_doctor),
      WITH(test_files),
      WITH(test_wrong_replies),
      WITH(test_acknowledge),
      WITH(test_backup),
      WITH(test_restore),
      WITH(test_errors),
      WITH(test_empty_replies),
      cmocka_unit_test_setup_teardown(test_not_repeated, open_dying, world_close),
      WITH(test_wrong_arguments),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
