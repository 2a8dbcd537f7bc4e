/* cert_override.txt of Firefox, old and new.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/gather.h"

#include "formats/firefox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define OID "OID.2.16.840.1.101.3.4.2.1"
#define DIGEST                                                                                     \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:"  \
  "FF"

static void test_new(void **state)
{
  (void)state;
  gather_file(&gathered, "firefox", "cert_override.txt");
  assert_true(gathered.fine);
  assert_string_equal(gathered.records->str,
                      "3 exception www.example.org:443 excepted import leaf 0 1 "
                      "e0d478bc380982b578149114d6a620d8f1556bf184315831b4fcf87c85fc383e "
                      "unknown-issuer,expired,not-yet-valid,name until 1827622400\n"
                      "4 exception mail.example.org:993 excepted import leaf 0 1 "
                      "b6847fda4a788842e03b0ac7162385266ed311666f4d842419e608106436a651 "
                      "unknown-issuer,expired,not-yet-valid,name until 1827622400\n"
                      "8 exception other.example.org:443 excepted import leaf 0 1 "
                      "1b4253ae48217cfba35b54bedffdb53fbd2feb5505a2054da8d420d4dd5e775e "
                      "unknown-issuer,expired,not-yet-valid,name until 1827622400\n");
  assert_remark(&gathered, "3 note the exception has no end; it is made to end on 2027-12-01");
  assert_remark(&gathered, "5 skipped the exception holds in one container of the browser only");
  assert_remark(&gathered, "6 skipped '2001:db8::7' is not a host name: it is an address");
  assert_remark(&gathered, "7 skipped the fingerprint is cut off or damaged");
  assert_int_equal(gathered.counts[REMARK_SKIPPED], 3);
}

static void test_old(void **state)
{
  (void)state;
  gather_file(&gathered, "firefox", "cert_override_old.txt");
  assert_string_equal(gathered.records->str,
                      "3 exception www.example.org:443 excepted import leaf 0 1 "
                      "e0d478bc380982b578149114d6a620d8f1556bf184315831b4fcf87c85fc383e "
                      "unknown-issuer,expired,not-yet-valid,name until 1827622400\n"
                      "4 exception mail.example.org:993 excepted import leaf 0 1 "
                      "b6847fda4a788842e03b0ac7162385266ed311666f4d842419e608106436a651 "
                      "unknown-issuer until 1827622400\n");
  assert_remark(&gathered, "5 skipped the fingerprint is not a SHA-256");
  assert_remark(&gathered, "6 skipped '192.0.2.7' is not a host name");
}

static void assert_errors(const char *bits, const char *expected)
{
  struct gather one;
  g_autofree char *text = g_strdup_printf("a.example:1\t" OID "\t" DIGEST "\t%s\tkey\n", bits);

  gather_init(&one);
  gather_text(&one, "firefox", text);
  assert_non_null(strstr(one.records->str, expected));
  assert_int_equal(one.record_count, 1);
  gather_clear(&one);
}

static void test_bits(void **state)
{
  (void)state;
  assert_errors("U", "ddeeff unknown-issuer until");
  assert_errors("M", "ddeeff name until");
  assert_errors("T", "ddeeff expired,not-yet-valid until");
  assert_errors("TM", "ddeeff expired,not-yet-valid,name until");
  gather_text(&gathered, "firefox", "a.example:1\t" OID "\t" DIGEST "\tUX\tkey\n");
  assert_remark(&gathered, "1 skipped what the exception excuses can't be read");
  assert_int_equal(gathered.record_count, 0);
}

static void test_lines(void **state)
{
  (void)state;
  gather_text(&gathered, "firefox",
              "a.example\t" OID "\t" DIGEST "\n"
              "a.example:0\t" OID "\t" DIGEST "\n"
              "a.example:x\t" OID "\t" DIGEST "\n"
              ":443\t" OID "\t" DIGEST "\n"
              "[::1\t" OID "\t" DIGEST "\n"
              "a.example:443\n"
              "\n# comment\n"
              "a\x1b.example:443\t" OID "\t" DIGEST "\n"
              "a.example:443\t" OID);
  assert_true(gathered.fine);
  assert_int_equal(gathered.record_count, 0);
  assert_remark(&gathered, "1 skipped the line doesn't begin with HOST:PORT");
  assert_remark(&gathered, "2 skipped the line doesn't begin");
  assert_remark(&gathered, "3 skipped the line doesn't begin");
  assert_remark(&gathered, "4 skipped '' is not a host name");
  assert_remark(&gathered, "5 skipped the line doesn't begin");
  assert_remark(&gathered, "6 skipped the fingerprint is not a SHA-256");
  assert_remark(&gathered, "9 skipped 'a\\x1b.example' is not a host name");
  assert_remark(&gathered, "10 skipped the fingerprint is cut off");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_new, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_old, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_bits, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_lines, gather_setup, gather_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
