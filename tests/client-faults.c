/* libclient while the calls that it makes fail, one after the other: memory, sockets, libdbus.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The linker puts each function below before the real one (--wrap). A deed is done again and again,
 * and the first, second, third ... of these calls fails in it, until one time all went well. What
 * has to hold every time: the deed succeeds, or says that it could not be done; never that there is
 * no pin.
 */
#include "config.h"

#include "common/vault.h"
#include "libclient/context.h"
#include "libclient/tlspin-admin.h"
#include "tests/bus.h"
#include "tests/nth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

enum { MOST = 1000, AMPLE = 20000 /* milliseconds */ };

static struct test_bus world;
static pid_t daemon_pid;
#define WRAP(type, name, parameters, arguments, failure)                                           \
  NTH(type, name, parameters, arguments, ENOMEM, failure)

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, vault_take, (size_t size), (size), NULL)
WRAP(void *, reallocarray, (void *old, size_t count, size_t size), (old, count, size), NULL)
WRAP(char *, strdup, (const char *string), (string), NULL)
WRAP(int, eventfd, (unsigned count, int flags), (count, flags), -1)
WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1)
WRAP(ssize_t, send, (int fd, const void *octets, size_t size, int flags), (fd, octets, size, flags),
     -1)
WRAP(char *, dbus_address_escape_value, (const char *value), (value), NULL)
WRAP(DBusMessage *, dbus_message_new_method_call,
     (const char *name, const char *path, const char *interface, const char *method),
     (name, path, interface, method), NULL)
WRAP(DBusMessage *, dbus_message_copy, (const DBusMessage *message), (message), NULL)
WRAP(dbus_bool_t, dbus_connection_send_with_reply,
     (DBusConnection * connection, DBusMessage *message, DBusPendingCall **pending, int timeout),
     (connection, message, pending, timeout), FALSE)
WRAP(dbus_bool_t, dbus_connection_send,
     (DBusConnection * connection, DBusMessage *message, dbus_uint32_t *serial),
     (connection, message, serial), FALSE)
WRAP(dbus_bool_t, dbus_connection_set_watch_functions,
     (DBusConnection * connection, DBusAddWatchFunction add, DBusRemoveWatchFunction remove_one,
      DBusWatchToggledFunction toggled, void *data, DBusFreeFunction free_data),
     (connection, add, remove_one, toggled, data, free_data), FALSE)
WRAP(dbus_bool_t, dbus_bus_set_unique_name, (DBusConnection * connection, const char *name),
     (connection, name), FALSE)

dbus_bool_t __wrap_dbus_message_append_args(DBusMessage *message, int type, ...);
dbus_bool_t __wrap_dbus_message_append_args(DBusMessage *message, int type, ...)
{
  va_list arguments;
  dbus_bool_t done;

  if (nth_fails())
    return FALSE;
  va_start(arguments, type);
  done = dbus_message_append_args_valist(message, type, arguments);
  va_end(arguments);
  return done;
}

/* One of the library's calls on a new context. Returns its code; `right` is what it is when all
 * goes well. */
struct deed {
  int (*run)(tlspin_t *context);
  int right;
};

static int run_lookup(tlspin_t *context)
{
  tlspin_entry_t *entry;
  int code = tlspin_lookup(context, "www.example", "tls", 443, &entry);
  size_t size;

  nth_armed = false;
  assert_true((code == TLSPIN_MATCH) == (entry != NULL));
  if (entry != NULL) {
    assert_string_equal(tlspin_entry_layer(entry), "user");
    assert_non_null(tlspin_entry_ticket(entry, &size));
    assert_int_equal(size, 100);
    assert_non_null(tlspin_entry_secret(entry, &size));
    assert_int_equal(size, 32);
  }
  tlspin_entry_free(entry);
  return code;
}

static int store(tlspin_t *context, uint64_t *expires)
{
  static const uint8_t octets[32];
  const struct tlspin_ticket ticket = {
      .ticket = octets, .ticket_size = 1, .secret = octets, .secret_size = 32, .hash = "sha256"};

  return tlspin_store(context, "www.example", "tls", 443, &ticket, expires);
}

static int run_store(tlspin_t *context)
{
  uint64_t expires;
  int code = store(context, &expires);

  assert_true((code == TLSPIN_OK) == (expires == 1900000000));
  return code;
}

static int run_post(tlspin_t *context)
{
  return store(context, NULL);
}

static int run_report(tlspin_t *context)
{
  return tlspin_report_failure(context, "www.example", "tls", 443, "proof-wrong");
}

static int count(const tlspin_entry_t *entry, void *data)
{
  assert_string_equal(tlspin_entry_failure_reason(entry), "proof-wrong");
  *(unsigned *)data += 1;
  return 0;
}

static int run_list(tlspin_t *context)
{
  unsigned seen = 0;
  int code = tlspin_list(context, &(struct tlspin_filter){.host = "a.example"}, count, &seen);

  assert_true(code != TLSPIN_OK || seen == 3);
  return code;
}

static int run_get(tlspin_t *context)
{
  unsigned seen = 0;
  int code = tlspin_get(context, "www.example", "tls", 443, count, &seen);

  assert_int_equal(seen, code == TLSPIN_OK ? 2 : 0);
  return code;
}

static int run_clear(tlspin_t *context)
{
  return tlspin_clear(context, &(struct tlspin_filter){.all = 1}, NULL);
}

static int run_undo(tlspin_t *context)
{
  struct tlspin_change change = {0};
  int code = tlspin_undo(context, 0, &change);

  assert_true((code == TLSPIN_OK) == (change.operation == 41));
  return code;
}

static int run_status(tlspin_t *context)
{
  tlspin_status_t *status;
  int code = tlspin_status(context, &status);

  assert_true((code == TLSPIN_OK) == (status != NULL));
  if (status != NULL)
    assert_string_equal(tlspin_status_layer(status, 1, "problem"), "it is not readable");
  tlspin_status_free(status);
  return code;
}

static int run_doctor(tlspin_t *context)
{
  tlspin_doctor_t *doctor;
  int code = tlspin_doctor(context, 1, &doctor);

  assert_true((code == TLSPIN_OK) == (doctor != NULL));
  if (doctor != NULL)
    assert_int_equal(tlspin_doctor_backups(doctor), 2);
  tlspin_doctor_free(doctor);
  return code;
}

static int run_acknowledge(tlspin_t *context)
{
  return tlspin_acknowledge(context, 5);
}

static int run_backup(tlspin_t *context)
{
  tlspin_entry_t *backup;
  int code = tlspin_backup(context, &backup);

  assert_true((code == TLSPIN_OK) == (backup != NULL));
  tlspin_entry_free(backup);
  return code;
}

static int run_restore(tlspin_t *context)
{
  tlspin_entry_t *before;
  int code = tlspin_restore(context, "pins-1.db", &before);

  assert_true((code == TLSPIN_OK) == (before != NULL));
  tlspin_entry_free(before);
  return code;
}

/* The smallest thing that is a key. */
static const struct tlspin_octets raw_key[] = {{"\x30\x05\x30\x00\x03\x01\x00", 7}};
static const struct tlspin_check check = {
    .chain = raw_key, .chain_size = 1, .flags = TLSPIN_CHECK_RAW_KEY};

static int run_check(tlspin_t *context)
{
  tlspin_verdict_t *verdict;
  int code = tlspin_check_chain(context, "www.example", "tls", 443, &check, &verdict);

  assert_true((code < TLSPIN_E_ARGUMENT) == (verdict != NULL));
  if (verdict != NULL)
    assert_string_equal(tlspin_verdict_reason(verdict),
                        code == TLSPIN_MATCH ? "active-matched" : "unreadable");
  tlspin_verdict_free(verdict);
  return code;
}

static int run_put(tlspin_t *context)
{
  const struct tlspin_record record = {.host = "a.example", .kind = "mode", .status = "off"};
  struct tlspin_change change = {0};
  int code = tlspin_put(context, &record, 1, 0, 0, &change, NULL, NULL);

  assert_true((code == TLSPIN_OK) == (change.operation == 41));
  return code;
}

static int run_explain(tlspin_t *context)
{
  tlspin_explanation_t *explanation;
  int code = tlspin_explain(context, "www.example", "tls", 443, &check, &explanation);

  assert_true((code == TLSPIN_OK) == (explanation != NULL));
  if (explanation != NULL)
    assert_int_equal(tlspin_explanation_count(explanation, TLSPIN_ENTRIES), 2);
  tlspin_explanation_free(explanation);
  return code;
}

static int count_event(const tlspin_entry_t *event, void *data)
{
  assert_string_equal(tlspin_entry_kind(event), "mismatch");
  *(unsigned *)data += 1;
  return 0;
}

static int run_events(tlspin_t *context)
{
  unsigned seen = 0;
  int code = tlspin_events(context, 0, NULL, count_event, &seen);

  assert_int_equal(seen, code == TLSPIN_OK ? 3 : 0);
  return code;
}

static int hear(const char *signal, const tlspin_entry_t *what, void *data)
{
  (void)signal, (void)what, (void)data;
  return 1;
}

static int run_listen(tlspin_t *context)
{
  return tlspin_listen(context, 20, -1, hear, NULL);
}

/* Does the deed with the call of that number failing; true where there was no such call. */
static bool do_with(const struct deed *deed, unsigned which, unsigned *failed)
{
  tlspin_t *context;
  bool through;
  int code;

  remove(world.mark);
  nth_arm(which);
  code = tlspin_new(&context, world.address);
  if (code == TLSPIN_OK) {
    tlspin_set_budget(context, AMPLE, AMPLE);
    code = deed->run(context);
  }
  through = nth_disarm();
  if (code != deed->right) {
    assert_true(code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY);
    assert_string_not_equal(tlspin_last_message(), "");
    *failed += 1;
  }
  if (context != NULL) /* and what failed once works the next time */
    assert_int_equal(run_lookup(context), TLSPIN_MATCH);
  tlspin_free(context);
  return through;
}

static void try_all(const struct deed *deed)
{
  unsigned which = 1, failed = 0;

  while (which < MOST && !do_with(deed, which, &failed))
    which++;
  assert_true(which > 5);
  assert_true(which < MOST);
  assert_true(failed >= 5);
}

static void test_every_deed(void **state)
{
  static const struct deed deeds[] = {
      {run_lookup, TLSPIN_MATCH},   {run_store, TLSPIN_OK},    {run_post, TLSPIN_OK},
      {run_report, TLSPIN_OK},      {run_list, TLSPIN_OK},     {run_get, TLSPIN_OK},
      {run_clear, TLSPIN_OK},       {run_undo, TLSPIN_OK},     {run_doctor, TLSPIN_OK},
      {run_acknowledge, TLSPIN_OK}, {run_backup, TLSPIN_OK},   {run_restore, TLSPIN_OK},
      {run_status, TLSPIN_OK},      {run_check, TLSPIN_MATCH}, {run_put, TLSPIN_OK},
      {run_explain, TLSPIN_OK},     {run_events, TLSPIN_OK},   {run_listen, TLSPIN_OK},
  };

  (void)state;
  daemon_pid = test_bus_daemon(&world, "entries=3 page=2 keys=2 events=3");
  for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
    try_all(&deeds[i]);
  test_process_end(daemon_pid);
}

/* The first daemon dies of each question, so that all of it happens once more. */
static void test_the_retry(void **state)
{
  static const struct deed deed = {run_lookup, TLSPIN_MATCH};

  (void)state;
  try_all(&deed);
}

static int start_bus(void **state)
{
  (void)state;
  test_bus_start(&world, NULL);
  return 0;
}

static int start_dying(void **state)
{
  (void)state;
  test_bus_start(&world, "do=die once=%mark");
  return 0;
}

static int end_bus(void **state)
{
  (void)state;
  test_bus_free(&world);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_every_deed, start_bus, end_bus),
      cmocka_unit_test_setup_teardown(test_the_retry, start_dying, end_bus),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
