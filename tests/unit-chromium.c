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
  assert_record(&gathered, "0 pin .pinningtest.appspot.com critical policy any sha256//" PIN);
  assert_record(&gathered, "0 pin .google critical policy any "
                           "sha256//hxqRlPTu1bMS/0DITB1SSu0vd4u/8l8TjPgfaAp63Gc=");
  assert_record(&gathered, "0 pin .google rejected policy any "
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

static void test_entries(void **state)
{
  (void)state;
  gather_text(&gathered, "chromium",
              "{\"pinsets\":{},\"entries\":["
              "{\"host\":\"A.Example.\",\"include_subdomains\":false,\"pins\":[\"" PIN "\"]},"
              "{\"host\":\"b.example\",\"pins\":[],\"bad_pins\":[\"" PIN "\"]},"
              "7,"
              "{\"pins\":[\"" PIN "\"]},"
              "{\"host\":\"a\\u001bb\",\"pins\":[\"" PIN "\"]},"
              "{\"host\":\"c.example\",\"pins\":[\"" PIN "\",\"AAAA\"]},"
              "{\"host\":\"d.example\",\"pins\":[null]},"
              "{\"host\":\"e.example\",\"pins\":[\"" PIN "\"],\"bad_pins\":[{}]}]}");
  assert_true(gathered.fine);
  assert_string_equal(gathered.records->str,
                      "0 pin a.example critical policy any sha256//" PIN "\n"
                      "0 pin b.example rejected policy any sha256//" PIN "\n");
  assert_remark(&gathered, "0 skipped entry 3: it is no object");
  assert_remark(&gathered, "0 skipped entry 4: it has no host");
  assert_remark(&gathered, "0 skipped entry 5: 'a\\x1bb' is not a host name");
  assert_remark(&gathered, "0 skipped entry 6: one of its pins is not");
  assert_remark(&gathered, "0 skipped entry 7: one of its pins is not");
  assert_remark(&gathered, "0 skipped entry 8: one of its pins is not");
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
      cmocka_unit_test_setup_teardown(test_refused, gather_setup, gather_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
