/* Public-Key-Pins by the sections of RFC 7469.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/hpkp.h"

#include "tests/field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Section 2.1, rules 1 and 3: in any order, in upper case or lower. */
static void reads_all_directives_in_any_order(void **state)
{
  static const char *const texts[] = {
      "max-age=3000; " TWO "; " FOUR "; includeSubDomains; report-uri=\"https://a.example/\"",
      "INCLUDESUBDOMAINS;Report-URI=\"https://a.example/\";" FOUR ";MAX-AGE=3000;" TWO,
      " report-uri=\"https://a.example/\" ;includesubdomains;" TWO " ;\t" FOUR " ; Max-Age=3000 ",
      "max-age=3000;report-uri=\"https://a.example/\";PIN-SHA256=\"" /* 32 octets 2 */
      "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\";" FOUR ";includeSubDomains;;",
  };

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct hpkp hpkp = field_taken(texts[i]);

    assert_int_equal(hpkp.pins, 2);
    assert_true(field_has_pin(&hpkp, 2) && field_has_pin(&hpkp, 4));
    assert_true(hpkp.has_max_age && hpkp.max_age == 3000 && hpkp.subdomains);
    assert_string_equal(hpkp.report_uri, "https://a.example/");
    assert_false(hpkp.other_hashes);
  }
}

static void reads_what_is_optional_as_absent(void **state)
{
  struct hpkp hpkp = field_taken(TWO);

  (void)state;
  assert_int_equal(hpkp.pins, 1);
  assert_true(!hpkp.has_max_age && !hpkp.subdomains && !hpkp.other_hashes);
  assert_int_equal(hpkp.max_age, 0);
  assert_string_equal(hpkp.report_uri, "");
  hpkp = field_taken("max-age=1");
  assert_int_equal(hpkp.pins, 0);
}

/* Rule 2. */
static void takes_nothing_but_pins_more_than_once(void **state)
{
  (void)state;
  field_refused("max-age=1;" TWO ";max-age=1");
  field_refused("max-age=0;max-age=0");
  field_refused("max-age=1;MAX-AGE=1;" TWO);
  field_refused("includeSubDomains;max-age=1;includesubdomains");
  field_refused("max-age=1;report-uri=\"http://a.b\";report-uri=\"http://a.b\"");
  field_refused("max-age=1;" TWO ";" FOUR ";unknown;UNKNOWN=x");
  field_taken("max-age=1;" TWO ";" FOUR ";pin-x=a;pin-x=a;pin-;pin-");
  assert_int_equal(field_taken(TWO ";" FOUR ";" TWO ";" TWO).pins, 2);
}

/* Rules 4 and 5: what is unknown is passed over, what is malformed takes all with it. */
static void passes_over_unknown_directives_only_if_well_formed(void **state)
{
  struct hpkp hpkp = field_taken("a;b=c;d=\"e; max-age=9\";max-age=1;" TWO ";pins=x;pi");

  (void)state;
  assert_int_equal(hpkp.max_age, 1);
  assert_int_equal(hpkp.pins, 1);
  assert_false(hpkp.other_hashes);
  field_refused("max-age=1;" TWO ";" FOUR ";a=");
  field_refused("max-age=1;" TWO ";" FOUR ";a=b c");
  field_refused("max-age=1;" TWO ";" FOUR ";a=\"b");
  field_refused("max-age=1;" TWO ";" FOUR ";a=b/c");
  field_refused("max-age=1," TWO "," FOUR);
  field_refused("max-age=1;" TWO ";" FOUR ";=");
  field_refused("");
  field_refused(" \t ");
  field_refused(" ;; ;");
}

/* Section 2.1.1. */
static void takes_pins_only_as_quoted_base64_of_32_octets(void **state)
{
#define PIN(value) "max-age=1;" FOUR ";pin-sha256" value
  static const char *const wrong[] = {
      PIN(""),
      PIN("=\"\""),
      PIN("=AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="),
      PIN("=AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI"),
      PIN("=\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\""),
      PIN("=\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg==\""),
      PIN("=\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC\""),
      PIN("=\" AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\""),
      PIN("=\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI= \""),
      PIN("=\"AgICAgICAgICAgICAgIC_gICAgICAgICAgICAgICAgI=\""),
      PIN("=\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\""),
      PIN("=\"jdjsjsjs\""),
  };

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    field_refused(wrong[i]);
  assert_int_equal(field_taken(PIN("=\"\\AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\\=\"")).pins,
                   2);
  assert_int_equal(field_tolerated(PIN("='AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI='")).pins, 2);
  assert_int_equal(field_tolerated(PIN(" = \"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\"")).pins,
                   2);
  /* Two spellings of one pin. */
  assert_int_equal(
      field_taken(TWO ";pin-sha256=\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgL=\"").pins, 1);
#undef PIN
}

static void passes_over_pins_by_other_hashes(void **state)
{
  struct hpkp hpkp = field_taken("max-age=1;pin-sha1=\"BBBB\";" TWO ";Pin-SHA512=\"AAAA\";a;" FOUR);

  (void)state;
  assert_int_equal(hpkp.pins, 2);
  assert_true(hpkp.other_hashes);
  assert_false(hpkp_forgets(&hpkp, false));
  field_refused("max-age=1;" TWO ";" FOUR ";pin-sha1=");
}

/* Section 2.1.1: what has no pin that is of use unpins the host. */
static void forgets_only_by_pins_of_other_hashes_alone(void **state)
{
  struct hpkp hpkp = field_taken("max-age=1;pin-sha1=\"BBBB\";unknown");

  (void)state;
  assert_true(hpkp_forgets(&hpkp, false));
  assert_false(hpkp_forgets(&hpkp, true));
  hpkp = field_taken("pin-sha1=\"BBBB\"");
  assert_false(hpkp_forgets(&hpkp, false));
  hpkp = field_taken("max-age=1");
  assert_false(hpkp_forgets(&hpkp, false));
  hpkp = field_taken("max-age=1;" TWO);
  assert_false(hpkp_forgets(&hpkp, false));
}

/* Section 2.1.2. */
static void reads_max_age(void **state)
{
  static const struct {
    const char *value;
    uint64_t age;
    uint32_t capped;
  } rows[] = {
      {"0", 0, 0},
      {"00", 0, 0},
      {"007", 7, 7},
      {"\"3000\"", 3000, 3000},
      {"\"3\\000\"", 3000, 3000},
      {"5183999", 5183999, 5183999},
      {"5184000", 5184000, 5184000},
      {"5184001", 5184001, 5184000},
      {"4294967296", UINT64_C(4294967296), 5184000},
      {"9223372036854775806", INT64_MAX - 1, 5184000},
      {"9223372036854775807", INT64_MAX, 5184000},
      {"9223372036854775808", INT64_MAX, 5184000},
      {"18446744073709551616", INT64_MAX, 5184000},
      {"18446744073709551617", INT64_MAX, 5184000},
      {"999999999999999999999999999999999999999999999", INT64_MAX, 5184000},
      {"000000000000000000000000000000000000000000001", 1, 1},
  };
  char text[100];

  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct hpkp hpkp;

    snprintf(text, sizeof text, "max-age=%s", rows[i].value);
    hpkp = field_taken(text);
    assert_true(hpkp.has_max_age);
    assert_int_equal(hpkp.max_age, rows[i].age);
    assert_int_equal(hpkp_age(&hpkp), rows[i].capped);
  }
  assert_int_equal(field_tolerated("max-age='999'").max_age, 999);
  assert_int_equal(field_tolerated("max-age\t=  31").max_age, 31);
}

static void refuses_what_is_no_max_age(void **state)
{
  static const char *const wrong[] = {
      "max-age",        "max-age=",       "max-age=\"\"", "max-age= ",       "max-age=-1",
      "max-age=+1",     "max-age=1.5",    "max-age=0x10", "max-age=1e3",     "max-age=1_000",
      "max-age=\" 1\"", "max-age=\"1 \"", "max-age=x",    "max-age=1 2",     "max-age==1",
      "max-age=\"-1\"", "max-age=1:",     "max-age=1/",   "max-age=INVALID", "max-age=''",
      "max-age=\"1\"2",
  };
  char text[200];

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    field_refused(wrong[i]);
    snprintf(text, sizeof text, "%s;%s;%s", TWO, FOUR, wrong[i]);
    field_refused(text);
  }
}

/* Section 2.1.3. */
static void takes_no_value_with_subdomains(void **state)
{
  (void)state;
  assert_true(field_taken("includeSubDomains").subdomains);
  assert_false(field_taken("includeSubDomain;max-age=1").subdomains);
  field_refused("includeSubDomains=");
  field_refused("includeSubDomains=true");
  field_refused("includeSubDomains=\"\"");
}

/* Section 2.1.4. */
static void takes_report_uris_of_http(void **state)
{
  static const char *const fine[] = {
      "http://a",      "https://a.example/b?c=d#e", "HTTPS://A.example:8443/%20~",
      "http://[::1]/", "http://a/?;max-age=9",
  };
  static const char *const wrong[] = {
      "",       "a",         "/a",         "//a/b",      "ftp://a/",         "http:/a",
      "http:a", "http://",   "https:///",  "http://:1",  "http://?a",        "http://#a",
      "https",  "xhttp://a", "http://a b", "http://a\t", "http://\xc3\xa4/", "javascript:a()",
  };
  static const char *const loose[] = {"http://a/\x7f", "http://a/<b>", "http://a/{}|^`"};
  char text[200];

  (void)state;
#define WRITE(form, uri) snprintf(text, sizeof text, "report-uri=" form, uri)
  for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
    WRITE("\"%s\"", fine[i]);
    assert_string_equal(field_taken(text).report_uri, fine[i]);
    WRITE("'%s'", fine[i]);
    assert_string_equal(field_tolerated(text).report_uri, fine[i]);
    WRITE("%s", fine[i]);
    field_refused(text);
  }
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    WRITE("\"%s\"", wrong[i]);
    field_refused(text);
    WRITE("'%s'", wrong[i]);
    field_refused(text);
  }
  for (size_t i = 0; i < sizeof loose / sizeof loose[0]; i++) {
    WRITE("\"%s\"", loose[i]);
    assert_string_equal(field_tolerated(text).report_uri, loose[i]);
  }
#undef WRITE
  field_refused("report-uri");
  field_refused("report-uri=\"http://foo;bar'");
  assert_string_equal(field_taken("report-uri=\"http:\\/\\/a\"").report_uri, "http://a");
  assert_string_equal(field_tolerated("report-uri='http://a\\'\\b'").report_uri, "http://a'b");
  assert_string_equal(field_tolerated("report-uri=\"http://a/\\\"\\\\\"").report_uri,
                      "http://a/\"\\");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_all_directives_in_any_order),
      cmocka_unit_test(reads_what_is_optional_as_absent),
      cmocka_unit_test(takes_nothing_but_pins_more_than_once),
      cmocka_unit_test(passes_over_unknown_directives_only_if_well_formed),
      cmocka_unit_test(takes_pins_only_as_quoted_base64_of_32_octets),
      cmocka_unit_test(passes_over_pins_by_other_hashes),
      cmocka_unit_test(forgets_only_by_pins_of_other_hashes_alone),
      cmocka_unit_test(reads_max_age),
      cmocka_unit_test(refuses_what_is_no_max_age),
      cmocka_unit_test(takes_no_value_with_subdomains),
      cmocka_unit_test(takes_report_uris_of_http),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
