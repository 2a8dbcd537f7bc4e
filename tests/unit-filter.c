/* Filters: what is meant, and what is no such thing.
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
  DBusMessageIter iter;
  struct reading r = {.message = values_dict(text, &iter), .problem = g_string_new(NULL)};

  assert_non_null(r.message);
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
      {"kind=s:Pin", TLSPIN_E_ARGUMENT, "'kind'"},
      {"kind=s:", TLSPIN_E_ARGUMENT, "'kind'"},
      {"kind=u:1", TLSPIN_E_ARGUMENT, "'kind'"},
      {"status=s:stern", TLSPIN_E_ARGUMENT, "'status'"},
      {"status=b:1", TLSPIN_E_ARGUMENT, "'status'"},
      {"origin=s:me", TLSPIN_E_ARGUMENT, "'origin'"},
      {"scope=s:wide", TLSPIN_E_ARGUMENT, "'scope'"},
      {"scope=y:1", TLSPIN_E_ARGUMENT, "'scope'"},
      {"digest=ay:", TLSPIN_E_ARGUMENT, "'digest'"},
      {"digest=ay:31*00", TLSPIN_E_ARGUMENT, "'digest'"},
      {"digest=ay:33*00", TLSPIN_E_ARGUMENT, "'digest'"},
      {"digest=ay:63*00", TLSPIN_E_ARGUMENT, "'digest'"},
      {"digest=ay:1000000*00", TLSPIN_E_ARGUMENT, "'digest'"},
      {"digest=s:00", TLSPIN_E_ARGUMENT, "'digest'"},
      {"kind=s:pin;kind=s:pin", TLSPIN_E_ARGUMENT, "'kind'"},
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
      {"scope=s:subtree", TLSPIN_E_ARGUMENT},
      {"scope=s:subtree;protocol=s:tls;port=q:443", TLSPIN_E_ARGUMENT},
      {"kind=s:ticket", TLSPIN_OK},
      {"kind=s:mode", TLSPIN_OK},
      {"status=s:inactive", TLSPIN_OK},
      {"origin=s:import", TLSPIN_OK},
      {"digest=ay:32*01", TLSPIN_OK},
      {"scope=s:subtree;origin=s:import", TLSPIN_OK},
      {"all=b:1;kind=s:pin", TLSPIN_E_ARGUMENT},
      {"all=b:1;kind=s:ticket", TLSPIN_E_ARGUMENT},
      {"all=b:1;status=s:active", TLSPIN_E_ARGUMENT},
      {"all=b:1;scope=s:exact", TLSPIN_E_ARGUMENT},
      {"all=b:1;digest=ay:32*01", TLSPIN_E_ARGUMENT},
      {"all=b:1;host=s:", TLSPIN_E_ARGUMENT},
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
  struct filter filter = {.all = true};

  (void)state;
  assert_int_equal(filter_check_list(&filter, problem), TLSPIN_E_ARGUMENT);
  assert_non_null(strstr(problem->str, "'all'"));
  assert_null(strstr(problem->str, "earlier"));
}

/* It is beside others, and says nothing of what is meant. */
static void test_forever(void **state)
{
  struct reading r = read_text("host=s:a.example;forever=b:1"), alone = read_text("forever=b:1");

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_true(r.filter.forever);
  assert_int_equal(filter_check_clear(&r.filter, r.problem), TLSPIN_OK);
  assert_int_equal(filter_check_list(&r.filter, r.problem), TLSPIN_E_ARGUMENT);
  assert_non_null(strstr(r.problem->str, "'forever'"));
  r.filter.forever = false;
  assert_int_equal(filter_check_list(&r.filter, r.problem), TLSPIN_OK);
  assert_int_equal(filter_check_clear(&alone.filter, alone.problem), TLSPIN_E_ARGUMENT);
  reading_clear(&r);
  reading_clear(&alone);
}

/* What only records have means records alone. */
static void test_records(void **state)
{
  struct reading r = read_text("kind=s:pin;status=s:critical;origin=s:hpkp;scope=s:one-label;"
                               "digest=ay:64*a5");

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_false(r.filter.store.tickets);
  assert_true(r.filter.store.records);
  assert_int_equal(r.filter.store.kind, KEYPIN_PIN);
  assert_int_equal(r.filter.store.status, KEYPIN_CRITICAL);
  assert_int_equal(r.filter.store.origin, KEYPIN_HPKP);
  assert_int_equal(r.filter.store.scope, SCOPE_ONE_LABEL);
  assert_int_equal(r.filter.store.digest.size, 64);
  assert_int_equal(r.filter.store.digest.data[63], 0xa5);
  reading_clear(&r);
}

static void test_kinds(void **state)
{
  static const struct {
    const char *text;
    bool tickets, records;
    int kind;
  } cases[] = {
      {"", true, true, -1},
      {"host=s:a.example", true, true, -1},
      {"kind=s:ticket", true, false, -1},
      {"kind=s:pin", false, true, KEYPIN_PIN},
      {"kind=s:exception", false, true, KEYPIN_EXCEPTION},
      {"kind=s:mode", false, true, KEYPIN_MODE},
      {"status=s:off", false, true, -1},
      {"origin=s:tofu", false, true, -1},
      {"scope=s:exact", false, true, -1},
      {"digest=ay:32*00", false, true, -1},
      {"kind=s:ticket;status=s:active", false, false, -1}, /* nothing is both */
      {"kind=s:ticket;digest=ay:32*00", false, false, -1},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct reading r = read_text(cases[i].text);

    assert_int_equal(r.code, TLSPIN_OK);
    if (r.filter.store.tickets != cases[i].tickets || r.filter.store.records != cases[i].records ||
        r.filter.store.kind != cases[i].kind)
      fail_msg("%s", cases[i].text);
    reading_clear(&r);
  }
}

/* What holds for every host has no name of its own. */
static void test_every_host(void **state)
{
  struct reading r = read_text("host=s:");

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_non_null(r.filter.store.host);
  assert_string_equal(r.filter.host, "");
  assert_int_equal(filter_check_clear(&r.filter, r.problem), TLSPIN_OK);
  reading_clear(&r);
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
      cmocka_unit_test(test_forever),
      cmocka_unit_test(test_records),
      cmocka_unit_test(test_kinds),
      cmocka_unit_test(test_every_host),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
