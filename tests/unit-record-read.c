/* Records that a caller of Put describes: what is one, and what is said of one that isn't.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/record-read.h"

#include "tests/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* A record that was read, with the message into which it points. */
struct reading {
  DBusMessage *message;
  struct keypin pin;
  bool backed;
  GString *problem;
  enum tlspin_code code;
};

static struct reading read_text(const char *text)
{
  DBusMessageIter iter;
  struct reading r = {.message = values_dict(text, &iter), .problem = g_string_new(NULL)};

  assert_non_null(r.message);
  r.code = record_read(&iter, &r.pin, &r.backed, r.problem);
  return r;
}

static void reading_clear(struct reading *r)
{
  keypin_clear(&r->pin);
  dbus_message_unref(r->message);
  g_string_free(r->problem, TRUE);
}

#define PIN "host=s:A.Example.;scope=s:exact;kind=s:pin;status=s:critical;digest=ay:32*a5"

/* What isn't there is as the contract says. */
static void test_least(void **state)
{
  struct reading r = read_text(PIN);

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_true(keypin_is_valid(&r.pin));
  assert_string_equal(r.pin.place.host, "a.example");
  assert_int_equal(r.pin.place.scope, SCOPE_EXACT);
  assert_int_equal(r.pin.place.protocol, PLACE_ANY_PROTOCOL);
  assert_int_equal(r.pin.place.port, PLACE_ANY_PORT);
  assert_int_equal(r.pin.kind, KEYPIN_PIN);
  assert_int_equal(r.pin.status, KEYPIN_CRITICAL);
  assert_int_equal(r.pin.origin, KEYPIN_USER);
  assert_int_equal(r.pin.level, KEYPIN_LEAF);
  assert_true(r.pin.selector == SELECTOR_SPKI && r.pin.matching == MATCHING_SHA256);
  assert_int_equal(r.pin.digest[31], 0xa5);
  assert_int_equal(r.pin.digest[32], 0);
  assert_true(r.pin.enforce_until == KEYPIN_FOREVER && r.pin.report_until == KEYPIN_FOREVER);
  assert_true(r.pin.always);
  assert_false(r.pin.locked);
  assert_true(r.pin.first_seen == 0 && r.pin.last_seen == 0 && r.pin.count_seen == 0);
  assert_string_equal(r.pin.note, "");
  assert_int_equal(r.pin.errors, 0);
  assert_false(r.backed);
  reading_clear(&r);
}

static void test_all(void **state)
{
  struct reading r =
      read_text("host=s:a.example;scope=s:one-label;protocol=s:dtls;port=q:853;kind=s:exception;"
                "status=s:excepted;origin=s:import;level=s:any;selector=y:0;matching=y:2;"
                "digest=ay:64*5a;expires=t:2000000000;enforced-until=t:1900000000;always=b:0;"
                "errors=u:63;note=s:a note;first-seen=t:1;last-seen=t:2;count-seen=t:3;backed=b:1");

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_true(keypin_is_valid(&r.pin));
  assert_int_equal(r.pin.place.scope, SCOPE_ONE_LABEL);
  assert_int_equal(r.pin.place.protocol, PROTOCOL_DTLS);
  assert_int_equal(r.pin.place.port, 853);
  assert_int_equal(r.pin.kind, KEYPIN_EXCEPTION);
  assert_int_equal(r.pin.status, KEYPIN_EXCEPTED);
  assert_int_equal(r.pin.origin, KEYPIN_IMPORT);
  assert_int_equal(r.pin.level, KEYPIN_ANY);
  assert_true(r.pin.selector == SELECTOR_CERTIFICATE && r.pin.matching == MATCHING_SHA512);
  assert_int_equal(r.pin.digest[63], 0x5a);
  assert_true(r.pin.report_until == 2000000000 && r.pin.enforce_until == 1900000000);
  assert_false(r.pin.always);
  assert_int_equal(r.pin.errors, PKI_EXCUSABLE);
  assert_string_equal(r.pin.note, "a note");
  assert_true(r.pin.first_seen == 1 && r.pin.last_seen == 2 && r.pin.count_seen == 3);
  assert_true(r.backed);
  reading_clear(&r);
}

#define KEY "key=s:sha256//paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU="
#define CHAIN                                                                                      \
  "chain=aa{sv}:subject=s:a.example,not-before=t:5,not-after=t:6,certificate=ay:32*5a," KEY

/* The record has its own copy of what was seen, and of its note. */
static void test_chain(void **state)
{
  struct reading r = read_text(PIN ";note=s:a note;" CHAIN);
  struct chain_seen seen;

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  dbus_message_unref(r.message);
  r.message = dbus_message_new_signal("/a", "a.b", "C");
  assert_true(keypin_is_valid(&r.pin));
  assert_string_equal(r.pin.note, "a note");
  assert_true(chain_seen_decode(r.pin.seen, &seen));
  assert_int_equal(seen.count, 1);
  assert_string_equal(seen.at[0].subject, "a.example");
  assert_true(seen.at[0].not_before == 5 && seen.at[0].not_after == 6);
  assert_int_equal(seen.at[0].certificate[31], 0x5a);
  assert_int_equal(seen.at[0].spki[31], 0xa5);
  reading_clear(&r);
}

/* Other forms that are records. */
static void test_taken(void **state)
{
  static const char *const cases[] = {
      "host=s:;scope=s:subtree;kind=s:mode;status=s:off",
      "host=s:a.example;scope=s:subtree;kind=s:mode;status=s:on",
      "host=s:a.example;scope=s:exact;kind=s:mode;status=s:on;digest=ay:32*00",
      "host=s:a.example;scope=s:exact;kind=s:pin;status=s:inactive;digest=ay:32*00",
      PIN ";enforced-until=t:0",
      PIN ";enforced-until=t:5;expires=t:5",
      PIN ";expires=t:253402300799",
      PIN ";protocol=s:;port=q:0",
      PIN ";chain=aa{sv}:" KEY,
      PIN ";" CHAIN "~subject=s:,not-before=t:0,not-after=t:0,certificate=ay:32*00," KEY,
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct reading r = read_text(cases[i]);

    if (r.code != TLSPIN_OK || !keypin_is_valid(&r.pin))
      fail_msg("%s: %s", cases[i], r.problem->str);
    reading_clear(&r);
  }
}

/* A pin that isn't meant for added anchors unless somebody says so: only the user's own is. */
static void test_always(void **state)
{
  static const struct {
    const char *text;
    bool always;
  } cases[] = {{PIN, true},
               {PIN ";origin=s:user", true},
               {PIN ";origin=s:import", false},
               {PIN ";origin=s:import;always=b:1", true},
               {PIN ";always=b:0", false}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct reading r = read_text(cases[i].text);

    assert_int_equal(r.code, TLSPIN_OK);
    assert_int_equal(r.pin.always, cases[i].always);
    reading_clear(&r);
  }
}

/* The end of enforcement is that of the record where only that is said. */
static void test_end(void **state)
{
  struct reading r = read_text(PIN ";expires=t:77");

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_true(r.pin.enforce_until == 77 && r.pin.report_until == 77);
  reading_clear(&r);
}

/* Each with the key that is named. */
static const struct {
  const char *text, *key;
} refused[] = {
    {"", "'host'"},
    {"host=s:a.example", "'scope'"},
    {"host=s:a.example;scope=s:exact", "'kind'"},
    {"host=s:a.example;scope=s:exact;kind=s:pin", "'status'"},
    {"host=s:a.example;scope=s:exact;kind=s:pin;status=s:active", "'digest'"},
    {"host=s:a.example;scope=s:exact;kind=s:exception;status=s:excepted;errors=u:1", "'digest'"},
    {PIN ";hots=s:x", "'hots'"},
    {PIN ";locked=b:1", "'locked'"},
    {PIN ";layer=s:user", "'layer'"},
    {PIN ";seen=ay:00", "'seen'"},
    {PIN ";port=u:443", "'port'"},
    {PIN ";host=s:b.example", "'host'"},
    {"host=s:192.0.2.1;scope=s:exact;kind=s:mode;status=s:off", "'host'"},
    {"host=s:*.example;scope=s:exact;kind=s:mode;status=s:off", "'host'"},
    {"host=s:;scope=s:exact;kind=s:mode;status=s:off", "'host'"},
    {"host=s:;scope=s:one-label;kind=s:mode;status=s:off", "'host'"},
    {"host=s:a b;scope=s:exact;kind=s:mode;status=s:off", "'host'"},
    {"host=s:a.example;scope=s:wide;kind=s:mode;status=s:off", "'scope'"},
    {"host=s:a.example;scope=s:;kind=s:mode;status=s:off", "'scope'"},
    {"host=s:a.example;scope=s:exact;kind=s:ticket;status=s:off", "'digest'"},
    {"host=s:a.example;scope=s:exact;kind=s:ticket;status=s:off;digest=ay:32*00", "'kind'"},
    {"host=s:a.example;scope=s:exact;kind=s:mode;status=s:loud", "'status'"},
    {"host=s:a.example;scope=s:exact;kind=s:mode;status=s:active", "'status'"},
    {"host=s:a.example;scope=s:exact;kind=s:pin;status=s:off;digest=ay:32*00", "'status'"},
    {"host=s:a.example;scope=s:exact;kind=s:mode;status=s:off;digest=ay:32*01", "'kind'"},
    {"host=s:a.example;scope=s:exact;kind=s:mode;status=s:off;level=s:any", "'kind'"},
    {PIN ";protocol=s:udp", "'protocol'"},
    {PIN ";origin=s:policy", "'origin'"},
    {PIN ";origin=s:", "'origin'"},
    {PIN ";level=s:root", "'level'"},
    {PIN ";selector=y:2", "'selector'"},
    {PIN ";matching=y:0", "'matching'"},
    {PIN ";matching=y:3", "'matching'"},
    {PIN ";matching=y:2", "'digest'"},
    {"host=s:a.example;scope=s:exact;kind=s:pin;status=s:active;digest=ay:", "'digest'"},
    {"host=s:a.example;scope=s:exact;kind=s:pin;status=s:active;digest=ay:31*00", "'digest'"},
    {"host=s:a.example;scope=s:exact;kind=s:pin;status=s:active;digest=ay:100000*00", "'digest'"},
    {PIN ";expires=t:253402300800", "'expires'"},
    {PIN ";expires=t:18446744073709551615", "'expires'"},
    {PIN ";enforced-until=t:253402300800", "'enforced-until'"},
    {PIN ";enforced-until=t:6;expires=t:5", "'enforced-until'"},
    {PIN ";first-seen=t:18446744073709551615", "'first-seen'"},
    {PIN ";last-seen=t:253402300800", "'last-seen'"},
    {PIN ";count-seen=t:9223372036854775808", "'count-seen'"},
    {PIN ";errors=u:1", "'errors'"},
    {"host=s:a.example;scope=s:exact;kind=s:exception;status=s:excepted;digest=ay:32*00",
     "'errors'"},
    {"host=s:a.example;scope=s:exact;kind=s:exception;status=s:excepted;digest=ay:32*00;"
     "errors=u:64",
     "'errors'"},
    {"host=s:a.example;scope=s:exact;kind=s:exception;status=s:excepted;digest=ay:32*00;"
     "errors=u:4294967295",
     "'errors'"},
    {"host=s:a.example;scope=s:exact;kind=s:exception;status=s:excepted;digest=ay:32*00;"
     "errors=u:8",
     "'expires'"},
    {"host=s:a.example;scope=s:exact;kind=s:exception;status=s:excepted;digest=ay:32*00;"
     "errors=u:8;expires=t:253402300799",
     "'expires'"},
    {PIN ";note=s:a\nb", "'note'"},
    {PIN ";chain=s:x", "'chain'"},
    {PIN ";chain=ay:00", "'chain'"},
    {PIN ";chain=aa{sv}:", "'chain'"},
    {PIN ";chain=aa{sv}:hots=s:x," KEY, "'chain'"},
    {PIN ";" CHAIN ";" CHAIN, "'chain'"},
    {"host=s:a.example;scope=s:exact;kind=s:mode;status=s:off;" CHAIN, "'chain'"},
    {PIN ";note=s:\x1b[31m", "'note'"},
};

static void test_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
    struct reading r = read_text(refused[i].text);

    if (r.code != TLSPIN_E_ARGUMENT || strstr(r.problem->str, refused[i].key) == NULL)
      fail_msg("%s: %d, %s", refused[i].text, (int)r.code, r.problem->str);
    reading_clear(&r);
  }
}

static void test_note_sizes(void **state)
{
  (void)state;
  for (size_t size = KEYPIN_NOTE_MAX; size <= KEYPIN_NOTE_MAX + 1; size++) {
    g_autofree char *note = g_strnfill(size, 'n');
    g_autofree char *text = g_strconcat(PIN ";note=s:", note, NULL);
    struct reading r = read_text(text);

    assert_int_equal(r.code, size <= KEYPIN_NOTE_MAX ? TLSPIN_OK : TLSPIN_E_ARGUMENT);
    reading_clear(&r);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_least),      cmocka_unit_test(test_all),
      cmocka_unit_test(test_taken),      cmocka_unit_test(test_always),
      cmocka_unit_test(test_end),        cmocka_unit_test(test_refused),
      cmocka_unit_test(test_note_sizes), cmocka_unit_test(test_chain),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
