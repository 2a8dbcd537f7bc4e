/* Tests of libclient/status.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/tlspin-admin.h"
#include "tests/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_status(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "entries=12 log=%log");
  tlspin_status_t *status;

  (void)state;
  assert_int_equal(tlspin_status(context, &status), TLSPIN_OK);
  assert_string_equal(test_bus_call(&world, "Status"), "Status ");
  assert_string_equal(tlspin_status_string(status, "version"), "9.9");
  assert_string_equal(tlspin_status_string(status, "state"), "ok");
  assert_int_equal(tlspin_status_number(status, "entries"), 12);
  assert_int_equal(tlspin_status_number(status, "lifetime-cap"), 2678400);
  tlspin_status_free(status);
  tlspin_status_free(NULL);
  test_process_end(daemon);
}

static void test_what_is_not_there(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "entries=0");
  tlspin_status_t *status;

  (void)state;
  assert_int_equal(tlspin_status(context, &status), TLSPIN_OK);
  assert_null(tlspin_status_string(status, "nonsense"));
  assert_null(tlspin_status_string(status, "entries"));
  assert_true(tlspin_status_number(status, "nonsense") == -1);
  assert_true(tlspin_status_number(status, "state") == -1);
  assert_true(tlspin_status_number(status, "entries") == 0);
  assert_null(tlspin_status_layer(status, 0, "problem"));
  assert_null(tlspin_status_layer(status, 2, "name"));
  assert_null(tlspin_status_layer(status, SIZE_MAX, "name"));
  tlspin_status_free(status);
  test_process_end(daemon);
}

static void test_layers(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");
  tlspin_status_t *status;

  (void)state;
  assert_int_equal(tlspin_status(context, &status), TLSPIN_OK);
  assert_int_equal(tlspin_status_layers(status), 2);
  assert_string_equal(tlspin_status_layer(status, 0, "name"), "user");
  assert_string_equal(tlspin_status_layer(status, 0, "path"), "/nowhere/pins.db");
  assert_string_equal(tlspin_status_layer(status, 0, "state"), "ok");
  assert_string_equal(tlspin_status_layer(status, 1, "name"), "10-site.db");
  assert_string_equal(tlspin_status_layer(status, 1, "state"), "unavailable");
  assert_string_equal(tlspin_status_layer(status, 1, "problem"), "it is not readable");
  tlspin_status_free(status);
  test_process_end(daemon);
}

static void test_wrong_replies(void **state)
{
  static const char *const wrong[] = {
      "shape=stateless", "shape=huge", "shape=many", "shape=layers", "do=empty", "do=text",
  };

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    pid_t daemon = test_bus_daemon(&world, wrong[i]);
    tlspin_status_t *status = (tlspin_status_t *)&world;

    assert_int_equal(tlspin_status(context, &status), TLSPIN_UNAVAILABLE);
    assert_null(status);
    assert_string_equal(tlspin_last_message(), tlspin_code_text(TLSPIN_E_REPLY));
    test_process_end(daemon);
  }
}

static void test_errors(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "do=error error=org.tlspin.Error.UnknownMethod");
  tlspin_status_t *status = (tlspin_status_t *)&world;

  (void)state;
  assert_int_equal(tlspin_status(context, &status), TLSPIN_E_UNKNOWN_METHOD);
  assert_null(status);
  test_process_end(daemon);
  assert_int_equal(tlspin_status(context, &status), TLSPIN_UNAVAILABLE);
  assert_string_not_equal(tlspin_last_message(), "");
}

static void test_without_a_bus(void **state)
{
  tlspin_status_t *status = (tlspin_status_t *)&world;

  (void)state;
  test_bus_kill(&world);
  assert_int_equal(tlspin_status(context, &status), TLSPIN_UNAVAILABLE);
  assert_null(status);
}

static void test_wrong_arguments(void **state)
{
  tlspin_status_t *status = (tlspin_status_t *)&world;

  (void)state;
  assert_int_equal(tlspin_status(NULL, &status), TLSPIN_E_ARGUMENT);
  assert_null(status);
  assert_int_equal(tlspin_status(context, NULL), TLSPIN_E_ARGUMENT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_status),          WITH(test_what_is_not_there),
      WITH(test_layers),          WITH(test_wrong_replies),
      WITH(test_errors),          WITH(test_without_a_bus),
      WITH(test_wrong_arguments),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
