/* Calls that arrive over a bus: what is refused, and in which turns the others are served.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/reception.h"

#include "daemon/loop.h"
#include "dbus/names.h"
#include "tests/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, CLIENTS = 3, SLOW_US = 2000, REPLY_OCTETS = 1 << 20 };

/* Who sends calls, and what came back. */
struct client {
  DBusConnection *connection;
  unsigned replies, errors;
  char error[96]; /* the name of the last one, and its text */
  char text[512];
};

struct fixture {
  struct test_bus bus;
  DBusConnection *connection; /* the daemon's */
  struct quota *quota;
  struct dispatch dispatch;
  struct reception *reception;
  struct client clients[CLIENTS];
  GString *served; /* a letter for each call: of which client it was */
  unsigned stored, idle;
};

static struct fixture *the_fixture;

static void note(DBusMessage *call)
{
  char letter = '?';

  for (int i = 0; i < CLIENTS; i++)
    if (the_fixture->clients[i].connection != NULL &&
        dbus_message_has_sender(call, dbus_bus_get_unique_name(the_fixture->clients[i].connection)))
      letter = (char)('a' + i);
  g_string_append_c(the_fixture->served, letter);
}

static enum tlspin_code quick(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  (void)data, (void)reply, (void)problem;
  note(call);
  return TLSPIN_OK;
}

static enum tlspin_code slow(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  g_usleep(SLOW_US);
  return quick(data, call, reply, problem);
}

static enum tlspin_code store(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  the_fixture->stored++;
  return quick(data, call, reply, problem);
}

/* Answers in any case, and writes where it may. */
static enum tlspin_code judge(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  the_fixture->stored += dispatch_charge(&the_fixture->dispatch, problem) == TLSPIN_OK;
  return quick(data, call, reply, problem);
}

static void append_zeros(DBusMessage *reply, int size)
{
  g_autofree char *octets = g_malloc0((gsize)size);
  const char *at = octets;

  assert_true(dbus_message_append_args(reply, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &at, size,
                                       DBUS_TYPE_INVALID));
}

static enum tlspin_code wide(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  append_zeros(reply, 1 << 10);
  return quick(data, call, reply, problem);
}

static enum tlspin_code big(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  append_zeros(reply, REPLY_OCTETS);
  return quick(data, call, reply, problem);
}

#define METHOD(name, function, kind)                                                               \
  {                                                                                                \
    name, {{NULL, NULL}}, {{NULL, NULL}}, function, kind                                           \
  }

static const struct method methods[] = {
    METHOD("Quick", quick, METHOD_READS),  METHOD("Slow", slow, METHOD_READS),
    METHOD("Store", store, METHOD_STORES), METHOD("Judge", judge, METHOD_JUDGES),
    METHOD("Wide", wide, METHOD_READS),    METHOD("Big", big, METHOD_READS),
    METHOD(NULL, NULL, METHOD_READS)};
static const struct bus_signal no_signals[] = {{NULL, {{NULL, NULL}}}};
static const struct interface interfaces[] = {{BUS_PINS, BUS_PINS_PATH, methods, no_signals},
                                              {BUS_ADMIN, BUS_ADMIN_PATH, methods, no_signals},
                                              {NULL, NULL, NULL, NULL}};

static void on_served(void *data)
{
  (void)data;
}

static void on_idle(void *data)
{
  ((struct fixture *)data)->idle++;
}

static DBusHandlerResult on_reply(DBusConnection *connection, DBusMessage *message, void *data)
{
  struct client *client = data;
  const char *text = "";

  (void)connection;
  client->replies += dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_RETURN;
  if (dbus_message_get_type(message) != DBUS_MESSAGE_TYPE_ERROR)
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  client->errors++;
  dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
  g_strlcpy(client->error, dbus_message_get_error_name(message), sizeof client->error);
  if (text[0] != '\0') /* where much waits to be sent, a refusal has none */
    g_strlcpy(client->text, text, sizeof client->text);
  return DBUS_HANDLER_RESULT_HANDLED;
}

static void open_reception(struct fixture *f, const char *proc)
{
  const struct reception_config config = {f->connection,        &f->dispatch, f->quota, proc,
                                          g_get_monotonic_time, on_idle,      f};

  f->reception = reception_new(&config);
}

static gboolean on_late(gpointer data)
{
  *(bool *)data = true;
  return G_SOURCE_CONTINUE;
}

static void run_for(unsigned milliseconds)
{
  bool late = false;
  guint timer = g_timeout_add(milliseconds, on_late, &late);

  while (!late)
    g_main_context_iteration(NULL, TRUE);
  g_source_remove(timer);
}

static int setup(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);

  the_fixture = f;
  test_bus_start(&f->bus, NULL);
  f->connection = test_bus_join(&f->bus);
  assert_true(loop_attach(f->connection));
  f->dispatch = (struct dispatch){interfaces, f, on_served, NULL, NULL, NULL};
  f->quota = quota_new();
  f->served = g_string_new(NULL);
  for (int i = 0; i < CLIENTS; i++) {
    f->clients[i].connection = test_bus_join(&f->bus);
    assert_true(
        dbus_connection_add_filter(f->clients[i].connection, on_reply, &f->clients[i], NULL));
  }
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  if (f->reception != NULL)
    reception_free(f->reception);
  loop_detach(f->connection);
  test_bus_leave(f->connection);
  for (int i = 0; i < CLIENTS; i++)
    if (f->clients[i].connection != NULL)
      test_bus_leave(f->clients[i].connection);
  run_for(50); /* replies that weren't sent are still to be wiped: spent.c */
  assert_false(g_main_context_pending(NULL));
  test_bus_free(&f->bus);
  quota_free(f->quota);
  g_string_free(f->served, TRUE);
  g_free(f);
  return 0;
}

static DBusMessage *make(struct fixture *f, const char *name, const char *method)
{
  return dbus_message_new_method_call(dbus_bus_get_unique_name(f->connection),
                                      strcmp(name, BUS_PINS) == 0 ? BUS_PINS_PATH : BUS_ADMIN_PATH,
                                      name, method);
}

/* A client sends so many calls, whose replies nobody waits for by name. */
static void send_calls(struct fixture *f, int i, const char *method, unsigned count)
{
  DBusMessage *call = make(f, BUS_PINS, method);

  for (unsigned n = 0; n < count; n++) {
    DBusMessage *copy = dbus_message_copy(call); /* of a number of its own */

    assert_true(dbus_connection_send(f->clients[i].connection, copy, NULL));
    dbus_message_unref(copy);
  }
  dbus_connection_flush(f->clients[i].connection);
  dbus_message_unref(call);
}

static void send_message(struct fixture *f, int i, DBusMessage *call)
{
  assert_true(dbus_connection_send(f->clients[i].connection, call, NULL));
  dbus_connection_flush(f->clients[i].connection);
  dbus_message_unref(call);
}

/* Lets the daemon and its clients run until so many of a client's calls are answered. */
static void run_until_answered(struct fixture *f, int i, unsigned count)
{
  struct client *client = &f->clients[i];
  int64_t start = g_get_monotonic_time();

  while (client->replies + client->errors < count &&
         g_get_monotonic_time() - start < PATIENCE_MS * 1000) {
    g_main_context_iteration(NULL, FALSE);
    for (int n = 0; n < CLIENTS; n++)
      if (f->clients[n].connection != NULL)
        dbus_connection_read_write_dispatch(f->clients[n].connection, 0);
  }
  assert_int_equal(client->replies + client->errors, count);
}

static void expect_error(const struct client *client, const char *name, const char *words)
{
  assert_string_equal(client->error, name);
  if (strstr(client->text, words) == NULL)
    fail_msg("\"%s\" doesn't say \"%s\"", client->text, words);
}

#define ERROR(name) "org.tlspin.Error." name

static void test_served(void **state)
{
  struct fixture *f = *state;

  open_reception(f, "/proc");
  for (unsigned i = 1; i <= 5; i++) {
    send_calls(f, 0, "Quick", 1);
    run_until_answered(f, 0, i);
    assert_false(reception_any(f->reception));
  }
  assert_int_equal(f->clients[0].replies, 5);
  assert_string_equal(f->served->str, "aaaaa");
  assert_int_equal(f->idle, 5);
}

/* The calls of one who isn't known yet wait, in their order, and nothing is lost. */
static void test_burst(void **state)
{
  struct fixture *f = *state;

  open_reception(f, "/proc");
  send_calls(f, 0, "Quick", 500);
  send_calls(f, 1, "Quick", 500);
  run_until_answered(f, 0, 500);
  run_until_answered(f, 1, 500);
  assert_int_equal(f->clients[0].errors + f->clients[1].errors, 0);
  assert_int_equal(f->served->len, 1000);
  assert_false(reception_any(f->reception));
}

/* Who both clients are is known by then: no call waits for that. */
static void open_for_known(struct fixture *f)
{
  open_reception(f, "/proc");
  send_calls(f, 0, "Quick", 1);
  send_calls(f, 1, "Quick", 1);
  run_until_answered(f, 0, 1);
  run_until_answered(f, 1, 1);
  g_string_truncate(f->served, 0);
}

/* One has sent many slow calls; another's come in between, and not behind them. */
static void test_turns(void **state)
{
  struct fixture *f = *state;
  const char *first, *last;

  open_for_known(f);
  send_calls(f, 0, "Slow", 300);
  test_bus_settle(f->clients[0].connection);
  send_calls(f, 1, "Quick", 10);
  test_bus_settle(f->clients[1].connection);
  run_until_answered(f, 1, 11);
  first = strchr(f->served->str, 'b');
  last = strrchr(f->served->str, 'b');
  assert_true(first - f->served->str < 100);
  assert_true(last - first < 40);
  run_until_answered(f, 0, 301);
}

/* 1,024 of one caller may wait, all of which are served; each above that is told so. */
static void test_too_many(void **state)
{
  struct fixture *f = *state;

  open_reception(f, "/proc");
  send_calls(f, 0, "Slow", 1);
  run_until_answered(f, 0, 1);
  send_calls(f, 0, "Slow", QUOTA_CALLS + 2000);
  run_until_answered(f, 0, QUOTA_CALLS + 2001);
  assert_in_range(f->clients[0].errors, 1, 2000);
  expect_error(&f->clients[0], ERROR("LimitsExceeded"), "at most 1024");
  expect_error(&f->clients[0], ERROR("LimitsExceeded"), "Try again");
  assert_false(reception_any(f->reception));
  send_calls(f, 0, "Quick", 1);
  run_until_answered(f, 0, QUOTA_CALLS + 2002);
  assert_true(g_str_has_suffix(f->served->str, "a"));
}

static int count_fds(void)
{
  DIR *folder = opendir("/proc/self/fd");
  int count = 0;

  assert_non_null(folder);
  while (readdir(folder) != NULL)
    count++;
  closedir(folder);
  return count;
}

static DBusMessage *append_fds(DBusMessage *call, int fds)
{
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

  for (int i = 0; i < fds; i++)
    assert_true(dbus_message_append_args(call, DBUS_TYPE_UNIX_FD, &null, DBUS_TYPE_INVALID));
  close(null);
  return call;
}

/* As many as the bus lets through (16), in more messages than a process may have descriptors. */
static void test_descriptors(void **state)
{
  struct fixture *f = *state;
  int before;

  open_reception(f, "/proc");
  send_calls(f, 0, "Quick", 1);
  run_until_answered(f, 0, 1);
  before = count_fds();
  send_message(f, 0, append_fds(make(f, BUS_PINS, "Quick"), 1));
  run_until_answered(f, 0, 2);
  expect_error(&f->clients[0], ERROR("InvalidArgument"), "no method takes a file descriptor");
  assert_int_equal(f->idle, 2);
  assert_int_equal(count_fds(), before);
  for (unsigned i = 0; i < 20; i++) {
    for (int n = 0; n < 20; n++)
      send_message(f, 0, append_fds(make(f, BUS_PINS, "Quick"), 16));
    run_until_answered(f, 0, 2 + 20 * (i + 1));
    assert_true(count_fds() <= before + 64 + 16);
  }
  assert_int_equal(count_fds(), before);
  assert_int_equal(f->clients[0].errors, 401);
  assert_string_equal(f->served->str, "a");
}

static DBusMessage *with_octets(struct fixture *f, int size)
{
  DBusMessage *call = make(f, BUS_PINS, "Quick");
  g_autofree char *octets = g_strnfill((gsize)size, 's');
  const char *at = octets;

  assert_true(dbus_message_append_args(call, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &at, size,
                                       DBUS_TYPE_INVALID));
  return call;
}

static void test_large(void **state)
{
  struct fixture *f = *state;

  open_reception(f, "/proc");
  send_message(f, 0, with_octets(f, 60000000));
  run_until_answered(f, 0, 1);
  expect_error(&f->clients[0], ERROR("InvalidArgument"), "16777216 octets");
  send_message(f, 0, with_octets(f, BUS_CALL_MAX - 16));
  run_until_answered(f, 0, 2);
  expect_error(&f->clients[0], ERROR("InvalidArgument"), "more arguments than");
}

/* A call may be as large as can be, but not many of them may wait. */
static void test_many_large(void **state)
{
  struct fixture *f = *state;

  open_reception(f, "/proc");
  send_calls(f, 0, "Slow", 50);
  for (int i = 0; i < 5; i++)
    send_message(f, 0, with_octets(f, 6 << 20));
  run_until_answered(f, 0, 55);
  assert_int_equal(f->clients[0].errors, 5);
}

/* In a /proc that isn't this one nobody can be told from anybody: least privilege. */
static void test_authority(void **state)
{
  struct fixture *f = *state;

  open_reception(f, f->bus.dir);
  send_calls(f, 0, "Quick", 1);
  run_until_answered(f, 0, 1);
  assert_int_equal(f->clients[0].replies, 1);
  send_message(f, 0, make(f, BUS_ADMIN, "Quick"));
  run_until_answered(f, 0, 2);
  expect_error(&f->clients[0], ERROR("AccessDenied"), "'Quick' of org.tlspin.Admin1");
  assert_string_equal(f->served->str, "a");
}

/* Nor may it have as much stored as it likes: 6,000 calls, by all connections of such programs. */
static void test_stores(void **state)
{
  struct fixture *f = *state;

  open_reception(f, f->bus.dir);
  for (unsigned i = 1; i <= 8; i++) {
    send_calls(f, 0, "Store", 500);
    send_calls(f, 1, "Store", 500);
    run_until_answered(f, 0, i * 500);
    run_until_answered(f, 1, i * 500);
  }
  assert_in_range(f->stored, 6000, 7900);
  assert_int_equal(f->clients[0].errors + f->clients[1].errors, 8000 - f->stored);
  expect_error(&f->clients[0], ERROR("LimitsExceeded"), "Try again in");
  send_calls(f, 0, "Quick", 10); /* nothing is stored by that */
  run_until_answered(f, 0, 4010);
  assert_true(g_str_has_suffix(f->served->str, "aaaaaaaaaa"));
}

/* A verdict is given however much was stored: it may be what keeps another program from an
 * impostor. What it writes counts. */
static void test_judges(void **state)
{
  struct fixture *f = *state;

  open_reception(f, f->bus.dir);
  for (unsigned i = 1; i <= 8; i++) {
    send_calls(f, 0, "Judge", 1000);
    run_until_answered(f, 0, i * 1000);
  }
  assert_int_equal(f->clients[0].replies, 8000);
  assert_in_range(f->stored, 6000, 7900);
  send_calls(f, 1, "Store", 1000); /* a few may have flown back */
  run_until_answered(f, 1, 1000);
  expect_error(&f->clients[1], ERROR("LimitsExceeded"), "Try again in");
}

/* A program that says what it has to say and ends: what it wanted to have stored is stored. */
static void test_leaves(void **state)
{
  struct fixture *f = *state;

  open_reception(f, "/proc");
  send_calls(f, 0, "Slow", 100);
  send_calls(f, 0, "Store", 100);
  test_bus_settle(f->clients[0].connection);
  test_bus_leave(f->clients[0].connection);
  f->clients[0].connection = NULL;
  for (int tries = 0; f->stored < 100 && tries < 1000; tries++)
    run_for(10);
  assert_int_equal(f->stored, 100);
  assert_false(reception_any(f->reception));
}

/* So it is where the bus ends meanwhile. */
static void test_bus_ends(void **state)
{
  struct fixture *f = *state;

  open_reception(f, "/proc");
  send_calls(f, 0, "Store", 10);
  test_bus_settle(f->clients[0].connection);
  test_bus_kill(&f->bus);
  for (int tries = 0; f->stored < 10 && tries < 1000; tries++)
    run_for(10);
  assert_int_equal(f->stored, 10);
  assert_false(reception_any(f->reception));
}

/* While the bus takes nothing in, one that asks and asks is answered more slowly, and another one's
 * call not behind that. */
static void test_rest(void **state)
{
  struct fixture *f = *state;

  open_for_known(f);
  send_calls(f, 0, "Wide", 150);
  test_bus_settle(f->clients[0].connection);
  send_calls(f, 1, "Quick", 1);
  test_bus_settle(f->clients[1].connection);
  test_process_stop(f->bus.pid);
  run_for(300);
  assert_in_range(f->served->len, 16, 140);
  assert_true(reception_any(f->reception));
  assert_non_null(strchr(f->served->str, 'b'));
  assert_in_range(strchr(f->served->str, 'b') - f->served->str, 0, 100);
  test_process_go(f->bus.pid);
  run_until_answered(f, 0, 151);
  assert_int_equal(f->clients[0].replies, 151);
}

/* Replies that the bus doesn't take in aren't heaped up: 1 MiB of them. */
static void test_congested(void **state)
{
  struct fixture *f = *state;

  open_reception(f, "/proc");
  send_calls(f, 0, "Quick", 1);
  run_until_answered(f, 0, 1);
  send_calls(f, 0, "Big", 60);
  test_bus_settle(f->clients[0].connection);
  test_process_stop(f->bus.pid);
  run_for(500);
  assert_in_range(f->served->len, 1 + 1, 1 + 3);
  assert_true(reception_any(f->reception));
  test_process_go(f->bus.pid);
  run_until_answered(f, 0, 61);
  assert_int_equal(f->clients[0].replies, 61);
}

/* Nothing is left of a reception that ends with calls in it. */
static void test_end(void **state)
{
  struct fixture *f = *state;

  open_reception(f, "/proc");
  send_calls(f, 0, "Slow", 100);
  test_bus_settle(f->clients[0].connection);
  for (int tries = 0; !reception_any(f->reception) && tries < 1000; tries++)
    g_main_context_iteration(NULL, TRUE);
  assert_true(reception_any(f->reception));
}

/* Of the calls with octets that arrive: they live on, to be looked at. */
static DBusHandlerResult keep(DBusConnection *connection, DBusMessage *message, void *data)
{
  (void)connection;
  if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_CALL &&
      g_str_has_prefix(dbus_message_get_signature(message), "ay"))
    g_ptr_array_add(data, dbus_message_ref(message));
  return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

static bool is_wiped(DBusMessage *call)
{
  DBusMessageIter iter, array;
  const char *octets = NULL;
  int size = 0;

  assert_true(dbus_message_iter_init(call, &iter));
  dbus_message_iter_recurse(&iter, &array);
  dbus_message_iter_get_fixed_array(&array, &octets, &size);
  assert_true(size > 0);
  return memchr(octets, 's', (size_t)size) == NULL;
}

static void end_with_waiting(struct fixture *f, const GPtrArray *kept, guint count)
{
  send_calls(f, 0, "Slow", 100);
  send_message(f, 0, with_octets(f, 100));
  test_bus_settle(f->clients[0].connection);
  while (kept->len < count)
    g_main_context_iteration(NULL, TRUE);
  assert_true(reception_any(f->reception));
  reception_free(f->reception);
  f->reception = NULL;
}

/* Whatever becomes of a call, its octets are gone: one that is served, too large, brings a
 * descriptor, or still waits at the end. */
static void test_wiped(void **state)
{
  struct fixture *f = *state;
  g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func((GDestroyNotify)dbus_message_unref);

  assert_true(dbus_connection_add_filter(f->connection, keep, kept, NULL));
  open_reception(f, "/proc");
  send_message(f, 0, with_octets(f, 100));
  send_message(f, 0, with_octets(f, BUS_CALL_MAX + 1));
  send_message(f, 0, append_fds(with_octets(f, 100), 1));
  run_until_answered(f, 0, 3);
  end_with_waiting(f, kept, 4);
  for (guint i = 0; i < 4; i++)
    if (!is_wiped(kept->pdata[i]))
      fail_msg("the call %u keeps its octets", i);
  dbus_connection_remove_filter(f->connection, keep, kept);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_served), TEST(test_burst),      TEST(test_turns),     TEST(test_too_many),
      TEST(test_large),  TEST(test_many_large), TEST(test_authority), TEST(test_descriptors),
      TEST(test_stores), TEST(test_leaves),     TEST(test_bus_ends),  TEST(test_congested),
      TEST(test_rest),   TEST(test_end),        TEST(test_judges),    TEST(test_wiped),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
