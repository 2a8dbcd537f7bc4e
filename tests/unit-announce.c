/* The signals of org.tlspin.Admin1, as they arrive.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/announce.h"

#include "dbus/names.h"
#include "tests/bus.h"
#include "tests/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
  struct test_bus bus;
  DBusConnection *sender, *listener;
  struct announce announce;
};

static int setup(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);
  DBusError error = DBUS_ERROR_INIT;

  test_bus_start(&f->bus, NULL);
  f->sender = test_bus_join(&f->bus);
  f->listener = test_bus_join(&f->bus);
  dbus_bus_add_match(f->listener, "type='signal',interface='" BUS_ADMIN "'", &error);
  assert_false(dbus_error_is_set(&error));
  f->announce = (struct announce){f->sender};
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  test_bus_leave(f->sender);
  test_bus_leave(f->listener);
  test_bus_free(&f->bus);
  g_free(f);
  return 0;
}

/* The next signal of ours, which must be this one; its arguments as text, to be freed. */
static char *next(struct fixture *f, const char *name)
{
  DBusMessage *signal = NULL;
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);

  dbus_connection_flush(f->sender);
  while (signal == NULL) {
    while (signal == NULL && (signal = dbus_connection_pop_message(f->listener)) != NULL)
      if (!dbus_message_has_interface(signal, BUS_ADMIN)) {
        dbus_message_unref(signal);
        signal = NULL;
      }
    if (signal == NULL) /* what came together with the one before is here already */
      assert_true(dbus_connection_read_write(f->listener, 10000));
  }
  assert_true(dbus_message_is_signal(signal, BUS_ADMIN, name));
  assert_true(dbus_message_has_path(signal, BUS_ADMIN_PATH));
  assert_null(dbus_message_get_destination(signal));
  values_print(out, signal);
  fclose(out);
  dbus_message_unref(signal);
  return text;
}

static void expect(struct fixture *f, const char *name, const char *expected)
{
  char *text = next(f, name);

  assert_string_equal(text, expected);
  free(text);
}

static void test_changed(void **state)
{
  static const struct peer peers[] = {{"a.example", PROTOCOL_TLS, 443},
                                      {"b.example", PROTOCOL_DTLS, 65535}};
  struct fixture *f = *state;

  announce_changed(&f->announce, "stored", peers, 1);
  expect(f, "Changed", "stored\na.example/tls/443\n");
  announce_changed(&f->announce, "cleared", peers, 2);
  expect(f, "Changed", "cleared\na.example/tls/443 b.example/dtls/65535\n");
  announce_changed(&f->announce, "layers", NULL, 0);
  expect(f, "Changed", "layers\n\n");
}

/* Up to 64 peers are named, of more none. */
static void test_many_peers(void **state)
{
  struct fixture *f = *state;
  struct peer peers[BUS_CHANGED_MAX + 1];
  char *text;

  for (size_t i = 0; i < G_N_ELEMENTS(peers); i++) {
    peers[i] = (struct peer){"", PROTOCOL_TLS, (uint16_t)(i + 1)};
    strcpy(peers[i].host, "a.example");
  }
  announce_changed(&f->announce, "cleared", peers, BUS_CHANGED_MAX);
  text = next(f, "Changed");
  assert_non_null(strstr(text, "a.example/tls/1 "));
  assert_non_null(strstr(text, "a.example/tls/64\n"));
  free(text);
  announce_changed(&f->announce, "cleared", peers, BUS_CHANGED_MAX + 1);
  expect(f, "Changed", "cleared\n\n");
}

static void test_failed(void **state)
{
  static const struct peer peer = {"a.example", PROTOCOL_TLS, 443};
  struct fixture *f = *state;

  announce_failed(&f->announce, &peer, "proof-wrong");
  expect(f, "PinFailed", "a.example\ntls\n443\nproof-wrong\n");
}

static const struct event_row event = {.id = UINT64_MAX,
                                       .made = 5,
                                       .last = 6,
                                       .count = 7,
                                       .kind = "hpkp",
                                       .peer = {"a.example", PROTOCOL_DTLS, 853},
                                       .reason = "critical-differs",
                                       .layer = "user",
                                       .key = "sha256//x",
                                       .report = "{}",
                                       .program = "curl",
                                       .operation = INT64_MAX};

static void test_logged(void **state)
{
  struct fixture *f = *state;

  announce_logged(&f->announce, &event);
  expect(f, "Logged",
         "id=18446744073709551615  made=5  last=6  count=7  kind=hpkp  host=a.example  "
         "protocol=dtls  port=853  reason=critical-differs  layer=user  key=sha256//x  "
         "report={}  program=curl  operation=9223372036854775807\n");
}

/* In their order. */
static void test_order(void **state)
{
  static const struct peer peer = {"a.example", PROTOCOL_TLS, 443};
  struct fixture *f = *state;

  announce_changed(&f->announce, "stored", &peer, 1);
  announce_failed(&f->announce, &peer, "proof-wrong");
  announce_changed(&f->announce, "renewed", &peer, 1);
  expect(f, "Changed", "stored\na.example/tls/443\n");
  expect(f, "PinFailed", "a.example\ntls\n443\nproof-wrong\n");
  expect(f, "Changed", "renewed\na.example/tls/443\n");
}

/* What was done stays done where nobody can be told. */
static void test_nobody_listens(void **state)
{
  static const struct peer peer = {"a.example", PROTOCOL_TLS, 443};
  struct fixture *f = *state;
  const struct announce nobody = {NULL};

  announce_changed(&nobody, "stored", &peer, 1);
  announce_failed(&nobody, &peer, "proof-wrong");
  announce_logged(&nobody, &event);
  test_bus_kill(&f->bus);
  announce_changed(&f->announce, "stored", &peer, 1);
  announce_failed(&f->announce, &peer, "proof-wrong");
  announce_logged(&f->announce, &event);
  while (dbus_connection_read_write(f->sender, 100))
    ;
  assert_false(dbus_connection_get_is_connected(f->sender));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_changed), TEST(test_many_peers), TEST(test_failed),
      TEST(test_logged),  TEST(test_order),      TEST(test_nobody_listens),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
