/* Tests of libserver/server.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/server.h"

#include "libserver/keyfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SECRET              "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY(id, name, time) "key " id " " name " " time " " time " " SECRET "\n"
#define OLD                 KEY("0000000000000001", "*", "2026-01-01T00:00:00Z")
#define NEW                 KEY("0000000000000002", "*", "2026-11-01T00:00:00Z")
#define HEAD                "tlspin-keys 1\nramp-down no\n"
#define RAMP_DOWN           "tlspin-keys 1\nramp-down yes\n"

#define BEFORE INT64_C(1767225599) /* a second before the old key is active */
#define NOW    INT64_C(1795366800) /* 2026-11-22: 21 days after the new key took over */
#define LATER  (NOW + 30 * 24 * 60 * 60)

static tlspin_server_t *server;
static int64_t now;
static char logged[4096];
static int last_priority;
static size_t messages;

static void on_log(void *user, gnutls_session_t session, int priority, const char *message)
{
  assert_ptr_equal(user, &messages);
  assert_null(session);
  assert_null(strchr(message, '\n'));
  snprintf(logged, sizeof logged, "%s", message);
  last_priority = priority;
  messages++;
}

static int64_t test_clock(void)
{
  return now;
}

static int start(void **state)
{
  (void)state;
  now = NOW;
  messages = 0;
  logged[0] = '\0';
  assert_int_equal(tlspin_server_new(&server), TLSPIN_OK);
  assert_int_equal(tlspin_server_set_log(server, on_log, &messages), TLSPIN_OK);
  server_set_clock(server, test_clock);
  return 0;
}

static int stop(void **state)
{
  (void)state;
  tlspin_server_free(server);
  return 0;
}

static enum tlspin_code load(const char *text)
{
  return tlspin_server_load_keys_from_memory(server, text, strlen(text));
}

static void expect_logged(size_t count, int priority, const char *text)
{
  assert_int_equal(messages, count);
  assert_int_equal(last_priority, priority);
  if (strstr(logged, text) == NULL)
    fail_msg("'%s' does not say '%s'", logged, text);
}

/* How many keys are loaded; -1 where none ever were. */
static int count_keys(void)
{
  struct server_view view = server_look(server);
  int count = view.ring != NULL ? (int)keyring_keys(view.ring)->count : -1;

  keyring_release(view.ring);
  return count;
}

static void a_new_server_has_defaults_and_no_keys(void **state)
{
  struct server_view view = server_look(server);

  (void)state;
  assert_null(view.ring);
  assert_int_equal(view.lifetime, 31 * 24 * 60 * 60);
  assert_false(view.ramp_down);
  assert_true(view.now == NOW);
  assert_int_equal(messages, 0);
}

static void refuses_missing_arguments(void **state)
{
  (void)state;
  assert_int_equal(tlspin_server_new(NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_server_set_log(NULL, on_log, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_server_set_lifetime(NULL, 1), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_server_set_ramp_down(NULL, 1), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_server_load_keys(NULL, "file"), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_server_load_keys(server, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_server_load_keys_from_memory(NULL, "", 0), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_server_load_keys_from_memory(server, NULL, 0), TLSPIN_E_ARGUMENT);
  tlspin_server_free(NULL);
}

static void loads_keys_from_memory(void **state)
{
  (void)state;
  assert_int_equal(count_keys(), -1);
  assert_int_equal(load(HEAD OLD NEW), TLSPIN_OK);
  assert_int_equal(count_keys(), 2);
  assert_int_equal(messages, 0);
}

static void keeps_the_old_keys_when_new_ones_are_bad(void **state)
{
  (void)state;
  assert_int_equal(load(HEAD OLD NEW), TLSPIN_OK);
  assert_int_equal(load(HEAD OLD OLD), TLSPIN_E_KEYS);
  expect_logged(1, LOG_ERR, "keys in memory:4: ");
  assert_int_equal(count_keys(), 2);
  assert_int_equal(load(""), TLSPIN_E_KEYS);
  assert_int_equal(count_keys(), 2);
}

static void bad_keys_at_first_are_none(void **state)
{
  (void)state;
  assert_int_equal(load(HEAD), TLSPIN_E_KEYS);
  expect_logged(1, LOG_ERR, "no key in the file");
  assert_int_equal(count_keys(), -1);
}

static void loads_keys_from_a_file_and_again(void **state)
{
  static const char one[] = HEAD OLD, two[] = HEAD OLD NEW;
  char directory[] = "/tmp/unit-server-XXXXXX", path[64];
  struct trouble trouble;

  (void)state;
  snprintf(path, sizeof path, "%s/keys", mkdtemp(directory));
  assert_int_equal(tlspin_server_load_keys(server, path), TLSPIN_E_KEYS);
  expect_logged(1, LOG_ERR, "no such file");
  assert_true(keyfile_create(path, (struct span){(const uint8_t *)one, sizeof one - 1}, &trouble));
  assert_int_equal(tlspin_server_load_keys(server, path), TLSPIN_OK);
  assert_int_equal(count_keys(), 1);
  assert_true(keyfile_replace(path, (struct span){(const uint8_t *)two, sizeof two - 1}, &trouble));
  assert_int_equal(tlspin_server_load_keys(server, path), TLSPIN_OK);
  assert_int_equal(count_keys(), 2);
  assert_int_equal(chmod(path, 0644), 0);
  assert_int_equal(tlspin_server_load_keys(server, path), TLSPIN_E_KEYS);
  expect_logged(2, LOG_ERR, "chmod 600");
  assert_int_equal(count_keys(), 2);
  unlink(path);
  assert_int_equal(tlspin_server_load_keys(server, path), TLSPIN_E_KEYS);
  assert_int_equal(count_keys(), 2);
  rmdir(directory);
}

static void a_view_keeps_its_keys(void **state)
{
  struct server_view view;

  (void)state;
  assert_int_equal(load(HEAD OLD), TLSPIN_OK);
  view = server_look(server);
  assert_int_equal(load(HEAD OLD NEW), TLSPIN_OK);
  assert_int_equal(keyring_keys(view.ring)->count, 1);
  keyring_release(view.ring);
  assert_int_equal(count_keys(), 2);
}

static void warns_when_keys_are_gone_too_early(void **state)
{
  (void)state;
  assert_int_equal(load(HEAD OLD NEW), TLSPIN_OK);
  assert_int_equal(load(HEAD NEW), TLSPIN_OK);
  expect_logged(1, LOG_WARNING, "1 key is gone");
  assert_int_equal(load(HEAD OLD), TLSPIN_OK);
  expect_logged(2, LOG_WARNING, "1 key is gone");
}

static void does_not_warn_when_an_old_key_is_gone(void **state)
{
  (void)state;
  now = LATER;
  assert_int_equal(load(HEAD OLD NEW), TLSPIN_OK);
  assert_int_equal(load(HEAD NEW), TLSPIN_OK);
  assert_int_equal(messages, 0);
}

static void warns_when_no_key_is_active_yet(void **state)
{
  (void)state;
  now = BEFORE;
  assert_int_equal(load(HEAD OLD NEW), TLSPIN_OK);
  expect_logged(1, LOG_WARNING, "clock");
  now = BEFORE + 1;
  assert_int_equal(load(HEAD OLD NEW), TLSPIN_OK);
  assert_int_equal(messages, 1);
}

static void warns_once_of_an_odd_lifetime(void **state)
{
  (void)state;
  assert_int_equal(tlspin_server_set_lifetime(server, TLSPIN_SERVER_LIFETIME_LEAST), TLSPIN_OK);
  assert_int_equal(tlspin_server_set_lifetime(server, TLSPIN_SERVER_LIFETIME_MOST), TLSPIN_OK);
  assert_int_equal(messages, 0);
  assert_int_equal(tlspin_server_set_lifetime(server, TLSPIN_SERVER_LIFETIME_LEAST - 1), TLSPIN_OK);
  expect_logged(1, LOG_WARNING, "604799 seconds");
  assert_int_equal(tlspin_server_set_lifetime(server, TLSPIN_SERVER_LIFETIME_LEAST - 1), TLSPIN_OK);
  server_warn_lifetime(server);
  assert_int_equal(messages, 1);
  assert_int_equal(tlspin_server_set_lifetime(server, TLSPIN_SERVER_LIFETIME_MOST + 1), TLSPIN_OK);
  expect_logged(2, LOG_WARNING, "2678401 seconds");
  assert_int_equal(server_look(server).lifetime, TLSPIN_SERVER_LIFETIME_MOST + 1);
}

static void the_warning_waits_for_somebody_who_hears_it(void **state)
{
  (void)state;
  assert_int_equal(tlspin_server_set_log(server, NULL, NULL), TLSPIN_OK);
  assert_int_equal(tlspin_server_set_lifetime(server, 60), TLSPIN_OK);
  assert_int_equal(messages, 0);
  assert_int_equal(tlspin_server_set_log(server, on_log, &messages), TLSPIN_OK);
  server_warn_lifetime(server); /* as attaching does */
  expect_logged(1, LOG_WARNING, "60 seconds");
}

static void refuses_a_lifetime_of_zero(void **state)
{
  (void)state;
  assert_int_equal(tlspin_server_set_lifetime(server, 0), TLSPIN_E_ARGUMENT);
  assert_int_equal(server_look(server).lifetime, TLSPIN_SERVER_LIFETIME_DEFAULT);
}

static bool ramps_down(void)
{
  struct server_view view = server_look(server);

  keyring_release(view.ring);
  return view.ramp_down;
}

static void ramps_down_when_program_or_file_says_so(void **state)
{
  (void)state;
  assert_int_equal(load(HEAD OLD), TLSPIN_OK);
  assert_false(ramps_down());
  assert_int_equal(tlspin_server_set_ramp_down(server, 7), TLSPIN_OK);
  assert_true(ramps_down());
  assert_int_equal(tlspin_server_set_ramp_down(server, 0), TLSPIN_OK);
  assert_false(ramps_down());
  assert_int_equal(load(RAMP_DOWN OLD), TLSPIN_OK);
  assert_true(ramps_down());
  assert_int_equal(load(HEAD OLD), TLSPIN_OK);
  assert_false(ramps_down());
}

static void without_a_log_nothing_is_said(void **state)
{
  (void)state;
  assert_int_equal(tlspin_server_set_log(server, NULL, NULL), TLSPIN_OK);
  assert_int_equal(load(HEAD), TLSPIN_E_KEYS);
  assert_int_equal(messages, 0);
}

static void lives_until_the_last_holder_lets_go(void **state)
{
  tlspin_server_t *held = server_hold(server);

  (void)state;
  assert_int_equal(load(HEAD OLD), TLSPIN_OK);
  tlspin_server_free(server);
  assert_int_equal(count_keys(), 1);
  server_release(held);
  assert_int_equal(tlspin_server_new(&server), TLSPIN_OK);
}

static void the_clock_is_the_system_s_unless_a_test_sets_it(void **state)
{
  tlspin_server_t *other;
  int64_t before = time(NULL), told;

  (void)state;
  assert_int_equal(tlspin_server_new(&other), TLSPIN_OK);
  told = server_look(other).now;
  assert_true(told >= before && told <= time(NULL));
  tlspin_server_free(other);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH_SERVER(a_new_server_has_defaults_and_no_keys),
      WITH_SERVER(refuses_missing_arguments),
      WITH_SERVER(loads_keys_from_memory),
      WITH_SERVER(keeps_the_old_keys_when_new_ones_are_bad),
      WITH_SERVER(bad_keys_at_first_are_none),
      WITH_SERVER(loads_keys_from_a_file_and_again),
      WITH_SERVER(a_view_keeps_its_keys),
      WITH_SERVER(warns_when_keys_are_gone_too_early),
      WITH_SERVER(does_not_warn_when_an_old_key_is_gone),
      WITH_SERVER(warns_when_no_key_is_active_yet),
      WITH_SERVER(warns_once_of_an_odd_lifetime),
      WITH_SERVER(the_warning_waits_for_somebody_who_hears_it),
      WITH_SERVER(refuses_a_lifetime_of_zero),
      WITH_SERVER(ramps_down_when_program_or_file_says_so),
      WITH_SERVER(without_a_log_nothing_is_said),
      WITH_SERVER(lives_until_the_last_holder_lets_go),
      WITH_SERVER(the_clock_is_the_system_s_unless_a_test_sets_it),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
