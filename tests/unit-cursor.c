/* Cursors: there and back, and what is none.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/cursor.h"

#include "dbus/names.h"
#include "tests/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_ticket_round_trip(void **state)
{
  struct policy_cursor cursor = {.layer = "50 local.db"}, got;
  g_autofree char *text = NULL, *nothing = NULL;

  (void)state;
  strcpy(cursor.peer.host, "a.example");
  cursor.after = AFTER_TICKET;
  cursor.peer.protocol = PROTOCOL_DTLS;
  cursor.peer.port = 65535;
  text = cursor_text(&cursor);
  assert_string_equal(text, "50 local.db/a.example/dtls/65535");
  assert_true(cursor_read(text, &got));
  assert_string_equal(got.layer, cursor.layer);
  assert_int_equal((int)got.after, AFTER_TICKET);
  assert_string_equal(got.peer.host, "a.example");
  assert_int_equal(got.peer.protocol, PROTOCOL_DTLS);
  assert_int_equal(got.peer.port, 65535);
  cursor.layer[0] = '\0';
  nothing = cursor_text(&cursor);
  assert_string_equal(nothing, "");
  assert_true(cursor_read("", &got));
  assert_string_equal(got.layer, "");
  assert_int_equal((int)got.after, AFTER_NOTHING);
}

/* The longest cursor there can be is one. */
static void test_ticket_longest(void **state)
{
  struct policy_cursor cursor, got;
  g_autofree char *text = NULL;

  (void)state;
  memset(&cursor, 0, sizeof cursor);
  memset(cursor.layer, 'l', sizeof cursor.layer - 1);
  memset(cursor.peer.host, 'h', HOST_MAX);
  for (size_t i = 63; i < HOST_MAX; i += 64)
    cursor.peer.host[i] = '.';
  cursor.after = AFTER_TICKET;
  cursor.peer.protocol = PROTOCOL_DTLS;
  cursor.peer.port = 65535;
  text = cursor_text(&cursor);
  assert_true(cursor_read(text, &got));
  assert_string_equal(got.layer, cursor.layer);
  assert_string_equal(got.peer.host, cursor.peer.host);
}

static void test_ticket_refused(void **state)
{
  static const char *const bad[] = {
      "x",
      "/",
      "///",
      "user",
      "user/a.example/tls",
      "user/a.example/tls/443/",
      "user/a.example/tls/443/x",
      "/a.example/tls/443",
      "user//tls/443",
      "user/a b/tls/443",
      "user/192.0.2.1/tls/443",
      "user/*/tls/443",
      "user/a.example//443",
      "user/a.example/TLS/443",
      "user/a.example/tls/",
      "user/a.example/tls/0",
      "user/a.example/tls/65536",
      "user/a.example/tls/-1",
      "user/a.example/tls/+443",
      "user/a.example/tls/443 ",
      "user/a.example/tls/0x1bb",
      "user/a.example/tls/99999999999999999999999",
  };
  g_autofree char *layer = g_strnfill(256, 'l'), *long_layer = NULL;
  g_autofree char *huge = g_strnfill(100000, '/');
  struct policy_cursor got;

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
    if (cursor_read(bad[i], &got))
      fail_msg("%s", bad[i]);
  long_layer = g_strconcat(layer, "/a.example/tls/443", NULL);
  assert_false(cursor_read(long_layer, &got));
  assert_false(cursor_read(huge, &got));
}

static void expect_record(const struct keypin *pin, const char *expected)
{
  struct policy_cursor cursor = {.layer = "user", .after = AFTER_RECORD, .pin = *pin}, got;
  g_autofree char *text = cursor_text(&cursor);

  if (expected != NULL)
    assert_string_equal(text, expected);
  assert_true(strlen(text) <= BUS_CURSOR_MAX);
  assert_true(cursor_read(text, &got));
  assert_string_equal(got.layer, "user");
  assert_int_equal((int)got.after, AFTER_RECORD);
  assert_int_equal(keypin_compare_key(&got.pin, pin), 0);
}

#define HEX8  "a5a5a5a5a5a5a5a5"
#define HEX32 HEX8 HEX8 HEX8 HEX8

static void test_record_round_trip(void **state)
{
  struct keypin pin = ledger_pin("*.a.example:853", KEYPIN_ACTIVE, KEYPIN_HPKP, 0xa5);
  struct keypin off = ledger_pin("*", KEYPIN_OFF, KEYPIN_USER, 0);

  (void)state;
  pin.level = KEYPIN_ANY;
  expect_record(&pin, "user/a.example/one-label//853/pin/hpkp/any/1/1/" HEX32);
  pin.place.protocol = PROTOCOL_DTLS;
  pin.selector = SELECTOR_CERTIFICATE;
  expect_record(&pin, "user/a.example/one-label/dtls/853/pin/hpkp/any/0/1/" HEX32);
  expect_record(&off, "user//subtree//0/mode/user/leaf/1/1/00000000000000000000000000000000"
                      "00000000000000000000000000000000");
}

static void test_record_longest(void **state)
{
  struct keypin pin = ledger_pin("a.example", KEYPIN_EXCEPTED, KEYPIN_PROGRAM, 1);
  struct policy_cursor cursor = {.after = AFTER_RECORD}, got;
  g_autofree char *text = NULL;

  (void)state;
  memset(pin.place.host, 'h', HOST_MAX);
  pin.place.host[HOST_MAX] = '\0';
  for (size_t i = 63; i < HOST_MAX; i += 64)
    pin.place.host[i] = '.';
  pin.place.scope = SCOPE_ONE_LABEL;
  pin.place.protocol = PROTOCOL_DTLS;
  pin.place.port = 65535;
  pin.level = KEYPIN_AUTHORITY;
  pin.matching = MATCHING_SHA512;
  memset(pin.digest, 0xff, 64);
  expect_record(&pin, NULL);
  memset(cursor.layer, 'l', sizeof cursor.layer - 1);
  cursor.pin = pin;
  text = cursor_text(&cursor);
  assert_true(strlen(text) <= BUS_CURSOR_MAX);
  assert_true(cursor_read(text, &got));
  assert_int_equal(keypin_compare_key(&got.pin, &pin), 0);
}

static void test_record_refused(void **state)
{
  static const char *const bad[] = {
      "user/a.example/exact/tls/443/pin/tofu/leaf/1/1",
      "user/a.example/exact/tls/443/pin/tofu/leaf/1/1/",
      "user/a.example/exact/tls/443/pin/tofu/leaf/1/1/" HEX32 "/",
      "user/a.example/exact/tls/443/pin/tofu/leaf/1/1/" HEX32 "a5",
      "user/a.example/exact/tls/443/pin/tofu/leaf/1/1/x" HEX32,
      "user/a.example/exact/tls/443/pin/tofu/leaf/1/1/" HEX8 HEX8 HEX8 "a5a5a5a5a5a5a5ag",
      "user/a.example/exact/tls/443/pin/tofu/leaf/1/1/" HEX8 HEX8 HEX8 "a5a5a5a5a5a5a5\xc3\xa4",
      "user/a.example/exact/tls/443/pin/tofu/leaf/1/2/" HEX32,
      "user/a.example/exact/tls/443/pin/tofu/leaf/1/0/" HEX32,
      "user/a.example/exact/tls/443/pin/tofu/leaf/1/3/" HEX32 HEX32,
      "user/a.example/exact/tls/443/pin/tofu/leaf/2/1/" HEX32,
      "user/a.example/exact/tls/443/pin/tofu/root/1/1/" HEX32,
      "user/a.example/exact/tls/443/pin/tOfu/leaf/1/1/" HEX32,
      "user/a.example/exact/tls/443/ticket/tofu/leaf/1/1/" HEX32,
      "user/a.example/exact/tls/65536/pin/tofu/leaf/1/1/" HEX32,
      "user/a.example/exact/tls//pin/tofu/leaf/1/1/" HEX32,
      "user/a.example/exact/udp/443/pin/tofu/leaf/1/1/" HEX32,
      "user/a.example/wide/tls/443/pin/tofu/leaf/1/1/" HEX32,
      "user/A.example/exact/tls/443/pin/tofu/leaf/1/1/" HEX32,
      "user/*.example/exact/tls/443/pin/tofu/leaf/1/1/" HEX32,
      "user//exact/tls/443/pin/tofu/leaf/1/1/" HEX32,
      "user//one-label/tls/443/pin/tofu/leaf/1/1/" HEX32,
      "user/192.0.2.1/exact/tls/443/pin/tofu/leaf/1/1/" HEX32,
      "/a.example/exact/tls/443/pin/tofu/leaf/1/1/" HEX32,
  };
  g_autofree char *host = g_strnfill(300, 'h'), *long_host = NULL;
  struct policy_cursor got;

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
    if (cursor_read(bad[i], &got))
      fail_msg("%s", bad[i]);
  long_host = g_strconcat("user/", host, "/exact/tls/443/pin/tofu/leaf/1/1/" HEX32, NULL);
  assert_false(cursor_read(long_host, &got));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ticket_round_trip), cmocka_unit_test(test_ticket_longest),
      cmocka_unit_test(test_ticket_refused),    cmocka_unit_test(test_record_round_trip),
      cmocka_unit_test(test_record_longest),    cmocka_unit_test(test_record_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
