/* One record of a list, as people and programs read it (tools/record.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/record.h"

#include "tests/capture.h"
#include "tests/things.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEY "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PIN "host=www.example.org;scope=exact;protocol=;port=#443;kind=pin;layer=user;lock=none;"

static void test_is(void **state)
{
  static const struct {
    const char *kind;
    bool is;
  } rows[] = {{"kind=ticket", false},
              {"kind=pin", true},
              {"kind=exception", true},
              {"kind=mode", true},
              {"kind=of-a-later-version", true}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    tlspin_entry_t *entry = thing_new(rows[i].kind);

    assert_int_equal(record_is(entry), rows[i].is);
    tlspin_entry_free(entry);
  }
}

static void assert_place(const char *words, const char *expected)
{
  tlspin_entry_t *entry = thing_new(words);
  g_autofree char *place = record_place(entry);

  assert_string_equal(place, expected);
  tlspin_entry_free(entry);
}

static void test_place(void **state)
{
  (void)state;
  assert_place("host=a.example;scope=exact;port=#0", "a.example");
  assert_place("host=a.example;scope=exact;port=#993", "a.example:993");
  assert_place("host=a.example;scope=one-label;port=#0", "*.a.example");
  assert_place("host=a.example;scope=subtree;port=#25", ".a.example:25");
  assert_place("host=;scope=subtree;port=#0", "*");
  assert_place("host=a.example;scope=of-a-later-version;port=#0", "a.example");
}

static void assert_says(const char *words, const char *expected)
{
  tlspin_entry_t *entry = thing_new(words);

  assert_string_equal(record_says(entry), expected);
  tlspin_entry_free(entry);
}

static void test_says(void **state)
{
  (void)state;
  assert_says("status=inactive;origin=tofu", "history");
  assert_says("status=active;origin=user", "accepted");
  assert_says("status=active;origin=program", "accepted");
  assert_says("status=active;origin=tofu", "learned");
  assert_says("status=critical;origin=hpkp", "critical");
  assert_says("status=rejected;origin=policy", "blocked");
  assert_says("status=excepted;origin=user", "exception");
  assert_says("status=on", "on");
  assert_says("status=off", "off");
  assert_says("status=of-a-later-version", "of-a-later-version");
}

/* Where it holds for DTLS alone that is said; `tlspin clear` knows no protocols. */
static void test_server(void **state)
{
  static const struct {
    const char *protocol, *server;
  } rows[] = {{"", "p.org:443"}, {"tls", "p.org:443"}, {"dtls", "p.org:443 (dtls)"}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *words =
        g_strdup_printf("host=p.org;scope=exact;protocol=%s;port=#443;kind=pin", rows[i].protocol);
    tlspin_entry_t *entry = thing_new(words);
    g_autofree char *server = record_server(entry), *place = record_place(entry);

    assert_string_equal(server, rows[i].server);
    assert_string_equal(place, "p.org:443");
    tlspin_entry_free(entry);
  }
}

static void test_errors(void **state)
{
  static const struct {
    unsigned errors;
    const char *text;
  } rows[] = {{0, ""},
              {TLSPIN_PKI_UNKNOWN_ISSUER, "unknown-issuer"},
              {TLSPIN_PKI_NAME | TLSPIN_PKI_EXPIRED, "expired, name"},
              {TLSPIN_PKI_REVOKED | TLSPIN_PKI_OTHER, "revoked, other"},
              {1u << 8, ""}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *text = record_errors_text(rows[i].errors);

    assert_string_equal(text, rows[i].text);
  }
}

static void assert_facts(tlspin_entry_t *entry, const char *expected)
{
  GString *paper = g_string_new(NULL);
  const struct columns_style style = thing_style(paper, 0);
  struct sheet *sheet = sheet_new();

  record_add_facts(sheet, entry);
  sheet_end(sheet, &style);
  assert_string_equal(paper->str, expected);
  g_string_free(paper, TRUE);
  tlspin_entry_free(entry);
}

static void test_facts(void **state)
{
  tlspin_entry_t *entry =
      thing_new(PIN "status=active;origin=tofu;level=leaf;key=" KEY ";note=mine;"
                    "first-seen=#1795366800;last-seen=#1795453200;count-seen=#7");

  (void)state;
  thing_add_certificate(entry, "subject=www.example.org;not-after=#1800000000");
  thing_add_certificate(entry, "subject=Test CA;not-after=#1900000000");
  assert_facts(entry,
               "Server     www.example.org:443\n"
               "Kind       learned: from the first connection; a change that nothing explains is "
               "refused\n"
               "Key        " KEY " (leaf)\n"
               "From       tofu\n"
               "Note       mine\n"
               "Since      2026-11-22 17:00\n"
               "Met        7 times, the last on 2026-11-23 17:00\n"
               "Seen with  www.example.org, valid until 2027-01-15\n"
               "           Test CA, valid until 2030-03-17\n"
               "Until      it is cleared\n");
}

static void test_facts_of_others(void **state)
{
  (void)state;
  assert_facts(thing_new("host=;scope=subtree;port=#0;kind=mode;status=off;origin=user;"
                         "first-seen=#1795366800;expires=#1795453200"),
               "Server  every server\n"
               "Kind    off: pinning is off\n"
               "From    user\n"
               "Since   2026-11-22 17:00\n"
               "Until   2026-11-23 17:00\n");
  assert_facts(thing_new(PIN "status=excepted;origin=user;level=any;key=" KEY ";errors=#9;"
                             "first-seen=#1795366800;last-seen=#1795366800;count-seen=#1;"
                             "expires=#1795453200"),
               "Server   www.example.org:443\n"
               "Kind     exception: this key is accepted although the PKI says no\n"
               "Key      " KEY " (any)\n"
               "Excuses  unknown-issuer, name\n"
               "From     user\n"
               "Since    2026-11-22 17:00\n"
               "Met      1 time, on 2026-11-22 17:00\n"
               "Until    2026-11-23 17:00\n");
}

/* From when on a pin is only reported: 0 and any time that has passed mean already. */
static void assert_reported(const char *word, const char *expected)
{
  g_autofree char *words = g_strconcat(PIN "status=critical;origin=policy", word, NULL);
  tlspin_entry_t *entry = thing_new(words);
  GString *paper = g_string_new(NULL);
  const struct columns_style style = thing_style(paper, 0);
  struct sheet *sheet = sheet_new();

  record_add_facts(sheet, entry);
  sheet_end(sheet, &style);
  if (expected == NULL)
    assert_null(strstr(paper->str, "reported"));
  else
    assert_non_null(strstr(paper->str, expected));
  g_string_free(paper, TRUE);
  tlspin_entry_free(entry);
}

static void test_reported(void **state)
{
  (void)state;
  assert_reported("", NULL);
  assert_reported(";enforced-until=#0", "Only reported  yes\n");
  assert_reported(";enforced-until=#1", "Only reported  yes\n");
  assert_reported(";enforced-until=#1500000000", "Only reported  yes\n");
  assert_reported(";enforced-until=#4000000000", "Only reported  from 2096-10-02 07:06 on\n");
}

static void assert_terms(const char *words, const char *expected)
{
  tlspin_entry_t *entry = thing_new(words);
  g_autofree char *terms = record_terms(entry);

  assert_string_equal(terms, expected);
  tlspin_entry_free(entry);
}

static void test_terms(void **state)
{
  (void)state;
  assert_terms("kind=mode;status=off", "");
  assert_terms("kind=mode;status=off;enforced-until=#0", "only reported");
  assert_terms("kind=pin;level=issuer;key=" KEY, "level issuer");
  assert_terms("kind=pin;level=any;enforced-until=#0;key=" KEY, "level any; only reported");
  assert_terms("kind=pin;level=any;enforced-until=#1500000000;key=" KEY,
               "level any; only reported");
  assert_terms("kind=pin;level=leaf;enforced-until=#4000000000;key=" KEY,
               "level leaf; only reported from 2096-10-02 07:06 on");
  assert_terms("kind=exception;level=leaf;errors=#9;key=" KEY,
               "level leaf; excuses unknown-issuer, name");
}

/* What a server wrote into its certificate steers no terminal. */
static void test_clean(void **state)
{
  tlspin_entry_t *entry = thing_new(PIN "status=active;origin=tofu;note=a\033[2Jb");
  GString *paper = g_string_new(NULL);
  const struct columns_style style = thing_style(paper, 0);
  struct sheet *sheet = sheet_new();

  (void)state;
  thing_add_certificate(entry, "subject=\033]0;not-after=#1800000000");
  record_add_facts(sheet, entry);
  sheet_end(sheet, &style);
  assert_null(strchr(paper->str, '\033'));
  assert_non_null(strstr(paper->str, "a\xef\xbf\xbd[2Jb"));
  g_string_free(paper, TRUE);
  tlspin_entry_free(entry);
}

static char *json_of(const tlspin_entry_t *entry)
{
  struct capture capture;
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  record_put_members(builder, entry);
  capture_begin(&capture, STDOUT_FILENO);
  json_print_line(json_builder_end_object(builder));
  return capture_end(&capture);
}

/* Every key is always there. */
static void test_json(void **state)
{
  tlspin_entry_t *entry = thing_new(PIN "status=excepted;origin=user;level=any;selector=#1;"
                                        "matching=#1;key=" KEY ";errors=#9;always=#1;note=n;"
                                        "last-seen=#1795453200;count-seen=#7;enforced-until=#0");
  char *text;

  (void)state;
  thing_add_certificate(entry, "subject=a;not-before=#1795366800;not-after=#1800000000;key=" KEY);
  text = json_of(entry);
  assert_string_equal(
      text, "{\"scope\":\"exact\",\"status\":\"excepted\",\"origin\":\"user\",\"level\":\"any\","
            "\"key\":\"" KEY "\",\"note\":\"n\",\"selector\":1,\"matching\":1,\"always\":true,"
            "\"enforced-until\":\"1970-01-01T00:00:01Z\",\"last-seen\":\"2026-11-23T17:00:00Z\","
            "\"count-seen\":7,\"errors\":[\"unknown-issuer\",\"name\"],"
            "\"chain\":[{\"subject\":\"a\",\"not-before\":\"2026-11-22T17:00:00Z\","
            "\"not-after\":\"2027-01-15T08:00:00Z\",\"key\":\"" KEY "\"}]}\n");
  free(text);
  tlspin_entry_free(entry);
  entry = thing_new("kind=mode;scope=subtree;status=off");
  text = json_of(entry);
  assert_string_equal(
      text, "{\"scope\":\"subtree\",\"status\":\"off\",\"origin\":null,\"level\":null,"
            "\"key\":null,\"note\":null,\"selector\":null,\"matching\":null,\"always\":false,"
            "\"enforced-until\":null,\"last-seen\":null,\"count-seen\":0,\"errors\":[],"
            "\"chain\":[]}\n");
  free(text);
  tlspin_entry_free(entry);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_is),
      cmocka_unit_test(test_place),
      cmocka_unit_test(test_says),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_server),
      cmocka_unit_test(test_facts),
      cmocka_unit_test(test_facts_of_others),
      cmocka_unit_test(test_reported),
      cmocka_unit_test(test_terms),
      cmocka_unit_test(test_clean),
      cmocka_unit_test(test_json),
  };

  setenv("TZ", "UTC", 1);
  tzset();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
