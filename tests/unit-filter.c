/* Filters and cursors: what is meant, and what is no such thing.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/filter.h"

#include "tests/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* A filter that was read, with the message into which it points. */
struct reading {
  DBusMessage *message;
  struct filter filter;
  GString *problem;
  enum tlspin_code code;
};

static struct reading read_text(const char *text)
{
  struct reading r = {.message = dbus_message_new_signal("/a", "a.b", "C")};
  char *words[] = {(char *)(uintptr_t)text};
  DBusMessageIter iter;

  r.problem = g_string_new(NULL);
  assert_true(values_append(r.message, "a{sv}", words, 1));
  assert_true(dbus_message_iter_init(r.message, &iter));
  r.code = filter_read(&iter, &r.filter, r.problem);
  r.filter.store.host = r.filter.store.host != NULL ? r.filter.host : NULL; /* it was moved */
  return r;
}

static void reading_clear(struct reading *r)
{
  dbus_message_unref(r->message);
  g_string_free(r->problem, TRUE);
}

static void test_empty(void **state)
{
  struct reading r = read_text("");

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_null(r.filter.store.host);
  assert_null(r.filter.store.pattern);
  assert_int_equal(r.filter.store.protocol, -1);
  assert_int_equal(r.filter.store.port, 0);
  assert_true(r.filter.store.since == 0);
  assert_false(r.filter.all);
  assert_string_equal(r.problem->str, "");
  reading_clear(&r);
}

static void test_all_keys(void **state)
{
  struct reading r = read_text("host=s:A.Example.;pattern=s:*.Example;protocol=s:dtls;port=q:65535;"
                               "since=t:1700000000;all=b:1");

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_string_equal(r.filter.store.host, "a.example");
  assert_string_equal(r.filter.store.pattern, "*.Example");
  assert_int_equal(r.filter.store.protocol, PROTOCOL_DTLS);
  assert_int_equal(r.filter.store.port, 65535);
  assert_true(r.filter.store.since == 1700000000);
  assert_true(r.filter.all);
  reading_clear(&r);
}

/* The host is the normalised one, in the filter's own place. */
static void test_host_is_normalised(void **state)
{
  struct reading r = read_text("host=s:B\xc3\xbc"
                               "cher.example");

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_string_equal(r.filter.host, "xn--bcher-kva.example");
  reading_clear(&r);
}

/* Whatever isn't known or isn't what it should be is an error, and the text says what. */
static void test_refused(void **state)
{
  static const struct {
    const char *text;
    enum tlspin_code code;
    const char *words;
  } cases[] = {
      {"hots=s:a.example", TLSPIN_E_ARGUMENT, "'hots'"},
      {"host=s:a.example;Port=q:443", TLSPIN_E_ARGUMENT, "'Port'"},
      {"=s:x", TLSPIN_E_ARGUMENT, "''"},
      {"host=q:443", TLSPIN_E_ARGUMENT, "'host'"},
      {"host=o:/a", TLSPIN_E_ARGUMENT, "'host'"},
      {"host=ay:6161", TLSPIN_E_ARGUMENT, "'host'"},
      {"host=s:", TLSPIN_E_ARGUMENT, "'host'"},
      {"host=s:*.example", TLSPIN_E_ARGUMENT, "'host'"},
      {"host=s:a b", TLSPIN_E_ARGUMENT, "'host'"},
      {"host=s:192.0.2.1", TLSPIN_CANNOT_BE_PINNED, "'host'"},
      {"host=s:2001:db8::1", TLSPIN_CANNOT_BE_PINNED, "'host'"},
      {"pattern=s:", TLSPIN_E_ARGUMENT, "'pattern'"},
      {"pattern=u:1", TLSPIN_E_ARGUMENT, "'pattern'"},
      {"protocol=s:", TLSPIN_E_ARGUMENT, "'protocol'"},
      {"protocol=s:TLS", TLSPIN_E_ARGUMENT, "'protocol'"},
      {"protocol=s:quic", TLSPIN_E_ARGUMENT, "'protocol'"},
      {"protocol=b:1", TLSPIN_E_ARGUMENT, "'protocol'"},
      {"port=q:0", TLSPIN_E_ARGUMENT, "'port'"},
      {"port=u:443", TLSPIN_E_ARGUMENT, "'port'"},
      {"port=n:443", TLSPIN_E_ARGUMENT, "'port'"},
      {"port=s:443", TLSPIN_E_ARGUMENT, "'port'"},
      {"since=t:0", TLSPIN_E_ARGUMENT, "'since'"},
      {"since=t:9223372036854775808", TLSPIN_E_ARGUMENT, "'since'"},
      {"since=u:1", TLSPIN_E_ARGUMENT, "'since'"},
      {"since=x:1", TLSPIN_E_ARGUMENT, "'since'"},
      {"all=u:1", TLSPIN_E_ARGUMENT, "'all'"},
      {"all=s:true", TLSPIN_E_ARGUMENT, "'all'"},
      {"port=q:443;port=q:0", TLSPIN_E_ARGUMENT, "'port'"},
      {"nonsense=s:x;host=s:a.example", TLSPIN_E_ARGUMENT, "'nonsense'"},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct reading r = read_text(cases[i].text);

    if (r.code != cases[i].code || strstr(r.problem->str, cases[i].words) == NULL)
      fail_msg("%s: %d, %s", cases[i].text, (int)r.code, r.problem->str);
    reading_clear(&r);
  }
}

static void test_pattern_sizes(void **state)
{
  static const struct {
    size_t size;
    enum tlspin_code code;
  } cases[] = {{1, TLSPIN_OK}, {253, TLSPIN_OK}, {254, TLSPIN_E_ARGUMENT}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *pattern = g_strnfill(cases[i].size, '*');
    g_autofree char *text = g_strconcat("pattern=s:", pattern, NULL);
    struct reading r = read_text(text);

    assert_int_equal(r.code, cases[i].code);
    reading_clear(&r);
  }
}

/* A clear has to say of which entries, or of all. */
static void test_check_clear(void **state)
{
  static const struct {
    const char *text;
    enum tlspin_code code;
  } cases[] = {
      {"", TLSPIN_E_ARGUMENT},
      {"all=b:0", TLSPIN_E_ARGUMENT},
      {"port=q:443", TLSPIN_E_ARGUMENT},
      {"protocol=s:tls", TLSPIN_E_ARGUMENT},
      {"protocol=s:tls;port=q:443", TLSPIN_E_ARGUMENT},
      {"all=b:1", TLSPIN_OK},
      {"host=s:a.example", TLSPIN_OK},
      {"pattern=s:*", TLSPIN_OK},
      {"since=t:1", TLSPIN_OK},
      {"host=s:a.example;port=q:443;protocol=s:tls", TLSPIN_OK},
      {"all=b:1;host=s:a.example", TLSPIN_E_ARGUMENT},
      {"all=b:1;pattern=s:*", TLSPIN_E_ARGUMENT},
      {"all=b:1;since=t:1", TLSPIN_E_ARGUMENT},
      {"all=b:1;port=q:443", TLSPIN_E_ARGUMENT},
      {"all=b:1;protocol=s:tls", TLSPIN_E_ARGUMENT},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct reading r = read_text(cases[i].text);

    assert_int_equal(r.code, TLSPIN_OK);
    if (filter_check_clear(&r.filter, r.problem) != cases[i].code)
      fail_msg("%s", cases[i].text);
    assert_true((cases[i].code == TLSPIN_OK) == (r.problem->len == 0));
    reading_clear(&r);
  }
}

static void test_all_alone(void **state)
{
  g_autoptr(GString) problem = g_string_new("earlier");

  (void)state;
  assert_int_equal(filter_all_alone(problem), TLSPIN_E_ARGUMENT);
  assert_non_null(strstr(problem->str, "'all'"));
  assert_null(strstr(problem->str, "earlier"));
}

static void test_cursor_round_trip(void **state)
{
  struct policy_cursor cursor = {.layer = "50 local.db"}, got;
  g_autofree char *text = NULL, *nothing = NULL;

  (void)state;
  strcpy(cursor.peer.host, "a.example");
  cursor.peer.protocol = PROTOCOL_DTLS;
  cursor.peer.port = 65535;
  text = cursor_text(&cursor);
  assert_string_equal(text, "50 local.db/a.example/dtls/65535");
  assert_true(cursor_read(text, &got));
  assert_string_equal(got.layer, cursor.layer);
  assert_string_equal(got.peer.host, "a.example");
  assert_int_equal(got.peer.protocol, PROTOCOL_DTLS);
  assert_int_equal(got.peer.port, 65535);
  cursor.layer[0] = '\0';
  nothing = cursor_text(&cursor);
  assert_string_equal(nothing, "");
  assert_true(cursor_read("", &got));
  assert_string_equal(got.layer, "");
  assert_string_equal(got.peer.host, "");
}

/* The longest cursor there can be is one. */
static void test_cursor_longest(void **state)
{
  struct policy_cursor cursor, got;
  g_autofree char *text = NULL;

  (void)state;
  memset(&cursor, 0, sizeof cursor);
  memset(cursor.layer, 'l', sizeof cursor.layer - 1);
  memset(cursor.peer.host, 'h', HOST_MAX);
  for (size_t i = 63; i < HOST_MAX; i += 64)
    cursor.peer.host[i] = '.';
  cursor.peer.protocol = PROTOCOL_DTLS;
  cursor.peer.port = 65535;
  text = cursor_text(&cursor);
  assert_true(cursor_read(text, &got));
  assert_string_equal(got.layer, cursor.layer);
  assert_string_equal(got.peer.host, cursor.peer.host);
}

static void test_cursor_refused(void **state)
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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_all_keys),
      cmocka_unit_test(test_host_is_normalised),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_pattern_sizes),
      cmocka_unit_test(test_check_clear),
      cmocka_unit_test(test_all_alone),
      cmocka_unit_test(test_cursor_round_trip),
      cmocka_unit_test(test_cursor_longest),
      cmocka_unit_test(test_cursor_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
