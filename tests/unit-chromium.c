/* Chromium's static pins.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/chromium.h"

#include "tests/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define PIN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void read_list(struct gather *into)
{
  gsize size;
  g_autofree char *octets = NULL;

  assert_true(g_file_get_contents(TEST_DATA "/chromium_static_pins.json", &octets, &size, NULL));
  gather_octets(into, "chromium", (struct span){(const uint8_t *)octets, size});
}

/* 363 hosts, three of the set "test" with one pin, 360 of the set "google" with 17 and 3 bad. */
static void test_list(void **state)
{
  (void)state;
  read_list(&gathered);
  assert_true(gathered.fine);
  assert_int_equal(gathered.record_count, 3 + 360 * 20);
  assert_record(&gathered, "48 pin .pinningtest.appspot.com critical policy any sha256//" PIN);
  assert_record(&gathered, "75 pin .google critical policy any "
                           "sha256//hxqRlPTu1bMS/0DITB1SSu0vd4u/8l8TjPgfaAp63Gc=");
  assert_record(&gathered, "75 pin .google rejected policy any "
                           "sha256//SG/sBoMJc9IgJ8+dGgIHyTLvz7wyVBio7lMoDanPuRk=");
  assert_string_equal(
      gathered.remarks->str,
      "0 note the list is more than ten weeks old; Chromium itself would not enforce "
      "it any more. Look for a newer one, or give it an end with --until.\n");
}

static void test_age(void **state)
{
  (void)state;
  gathered.reading.now = 1779370813;
  read_list(&gathered);
  assert_string_equal(gathered.remarks->str, "");
}

/* Of what is told of an entry, the line is that in which it begins. */
static void test_entries(void **state)
{
  (void)state;
  gather_text(&gathered, "chromium",
              "/* Chromium's\n */"
              "{\"pinsets\":{\"test\":[\n\n]},\"entries\":["
              "{\"host\":\"A.Example.\",\"include_subdomains\":false,\"pins\":[\"" PIN "\"]},\n"
              "  {\n\"host\":\"b.example\",\n/* none\n */\"pins\":[],\"bad_pins\":[\n\"" PIN "\"]},"
              "7,\n\n"
              "{\"pins\":[\"" PIN "\"]},"
              "{\"host\":\"a\\u001bb\",\"pins\":[\"" PIN "\"]},\n"
              "{\"host\":\"c.example\",\"pins\":[\n\"" PIN "\",\n\"AAAA\"]},\r\n"
              "{\"host\":\"d.example\",\"pins\":[null]},\n"
              "[\n],\n"
              "null,\n"
              "{\"host\":\"e.example\",\"pins\":[\"" PIN "\"],\"bad_pins\":[{}]}]}");
  assert_true(gathered.fine);
  assert_string_equal(gathered.records->str,
                      "4 pin a.example critical policy any sha256//" PIN "\n"
                      "5 pin b.example rejected policy any sha256//" PIN "\n");
  assert_remark(&gathered, "9 skipped entry 3: it is no object");
  assert_remark(&gathered, "11 skipped entry 4: it has no host");
  assert_remark(&gathered, "11 skipped entry 5: 'a\\x1bb' is not a host name");
  assert_remark(&gathered, "12 skipped entry 6: one of its pins is not");
  assert_remark(&gathered, "15 skipped entry 7: one of its pins is not");
  assert_remark(&gathered, "16 skipped entry 8: it is no object");
  assert_remark(&gathered, "18 skipped entry 9: it is no object");
  assert_remark(&gathered, "19 skipped entry 10: one of its pins is not");
}

/* tlspin-formats(5) says what a list has; it needs nothing more to be found. */
static void test_detect(void **state)
{
  static const struct {
    const char *text;
    bool found;
  } cases[] = {
      {"{\"entries\":[{\"host\":\"a.example\",\"pins\":[\"" PIN "\"]}]}", true},
      {"{\"entries\":[{\"host\":\"a.example\",\"bad_pins\":[\"" PIN "\"]}],"
       "\"pins_list_timestamp\":1}",
       true},
      {"{\"entries\":[]}", false},
      {"{\"pins\":[]}", false},
      {"[\"entries\",\"pins\"]", false},
      {"", false},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct span octets = {(const uint8_t *)cases[i].text, strlen(cases[i].text)};

    assert_int_equal(chromium_detect(octets), cases[i].found);
  }
}

static void test_no_age(void **state)
{
  static const char *const values[] = {"\"1779370813\"", "-1", "null", "[]"};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
    g_autofree char *text =
        g_strdup_printf("{\"pins_list_timestamp\":%s,\"entries\":[]}", values[i]);

    g_string_truncate(gathered.remarks, 0);
    gather_text(&gathered, "chromium", text);
    assert_remark(&gathered, "0 note 'pins_list_timestamp' is no number of seconds since 1970");
  }
  g_string_truncate(gathered.remarks, 0);
  gather_text(&gathered, "chromium", "{\"entries\":[]}");
  assert_string_equal(gathered.remarks->str, "");
}

static void test_refused(void **state)
{
  (void)state;
  assert_refused("chromium", "", "1 refused this is not JSON");
  assert_refused("chromium", "[]", "1 refused");
  assert_refused("chromium", "{\"entries\":{}}", "1 refused");
  assert_refused("chromium", "{\"entries\":[\n{\"host\":", "2 refused");
  assert_refused("chromium", "// a comment of Chromium's own file\n{\"pinsets\": [\n],,",
                 "3 refused");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_list, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_age, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_entries, gather_setup, gather_teardown),
      cmocka_unit_test(test_detect),
      cmocka_unit_test_setup_teardown(test_no_age, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_refused, gather_setup, gather_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
