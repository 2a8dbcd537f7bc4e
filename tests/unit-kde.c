/* ksslcertificatemanager of KDE.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/gather.h"

#include "formats/kde.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_file(void **state)
{
  (void)state;
  gather_file(&gathered, "kde", "ksslcertificatemanager");
  assert_true(gathered.fine);
  assert_string_equal(gathered.records->str,
                      "3 exception *.mail.example.org excepted import leaf 0 1 "
                      "b6847fda4a788842e03b0ac7162385266ed311666f4d842419e608106436a651 "
                      "name until 1809518400\n"
                      "4 pin bad.example.org rejected import leaf 0 1 "
                      "b6847fda4a788842e03b0ac7162385266ed311666f4d842419e608106436a651 "
                      "until 33271819200\n"
                      "5 exception mail.example.org excepted import leaf 0 1 "
                      "b6847fda4a788842e03b0ac7162385266ed311666f4d842419e608106436a651 "
                      "unknown-issuer,name until 1827622400\n"
                      "8 exception some.example.org excepted import leaf 0 1 "
                      "b6847fda4a788842e03b0ac7162385266ed311666f4d842419e608106436a651 "
                      "expired until 1809518400\n");
  assert_remark(&gathered, "5 note the exception ends far in the future; it is made to end on "
                           "2027-12-01");
  assert_remark(&gathered, "6 skipped the rule has expired");
  assert_remark(&gathered, "7 skipped the rule excuses nothing that tlspin could excuse");
  assert_remark(&gathered, "8 note the error 'RevokedCertificate' is never excused");
  assert_remark(&gathered, "9 skipped when the rule expires can't be read");
  assert_remark(&gathered, "11 skipped the certificate is not the one that these rules are for");
  assert_remark(&gathered, "15 skipped the certificate of these rules is missing or damaged");
  assert_int_equal(gathered.counts[REMARK_SKIPPED], 5);
}

/* The certificate stands before or behind its rules; escapes other than that of the line feed
 * don't matter to PEM. */
static void test_order(void **state)
{
  size_t size;
  g_autofree char *octets = gather_load("ksslcertificatemanager", &size);
  g_auto(GStrv) lines = g_strsplit(octets, "\n", 3);
  g_autofree char *text = g_strdup_printf("# comment\n%s\r\n  www.example.org = ExpireUTC "
                                          "2027-05-05T12:00:00Z, HostNameMismatch,\n%s\n",
                                          lines[0], lines[1]);

  (void)state;
  gather_text(&gathered, "kde", text);
  assert_string_equal(gathered.records->str,
                      "3 exception www.example.org excepted import leaf 0 1 "
                      "b6847fda4a788842e03b0ac7162385266ed311666f4d842419e608106436a651 "
                      "name until 1809518400\n");
  assert_string_equal(gathered.remarks->str, "");
}

static void test_lines(void **state)
{
  (void)state;
  gather_text(&gathered, "kde",
              "host=ExpireUTC 2027-05-05T12:00:00,HostNameMismatch\n"
              "[broken\n"
              "nothing\n"
              "[00112233445566778899aabbccddeeff]\n"
              "CertificatePEM=-----BEGIN CERTIFICATE-----\\nZm9v\\n\\\n"
              "a.example=ExpireUTC 2027-05-05T12:00:00,HostNameMismatch\n"
              "[x] y\n");
  assert_true(gathered.fine);
  assert_int_equal(gathered.record_count, 0);
  assert_remark(&gathered, "1 skipped this is no rule");
  assert_remark(&gathered, "2 skipped the line doesn't begin a group");
  assert_remark(&gathered, "3 skipped this is no rule");
  assert_remark(&gathered, "4 skipped the certificate of these rules is missing or damaged");
  assert_remark(&gathered, "7 skipped the line doesn't begin a group");
}

static void test_rules(void **state)
{
  size_t size;
  g_autofree char *octets = gather_load("ksslcertificatemanager", &size);
  g_auto(GStrv) lines = g_strsplit(octets, "\n", 3);
  g_autofree char *text = g_strdup_printf("%s\n%s\n"
                                          "a b.example=ExpireUTC 2027-05-05T12:00:00,Reject\n"
                                          "*.=ExpireUTC 2027-05-05T12:00:00,Reject\n"
                                          "c.example=\n"
                                          "d.example=ExpireUTC 2027-05-05T12:00:00\n"
                                          "e.example=ExpireUTC 2027-05-05T12:00:00,NoError\n"
                                          "f.example=ExpireUTC 2027-13-05T12:00:00,Reject\n"
                                          "g.example=ExpireUTC 2027-05-05T12:00:00,"
                                          "CertificateNotYetValid,InvalidCertificatePurpose,"
                                          "UnableToVerifyFirstCertificate\n",
                                          lines[0], lines[1]);

  (void)state;
  gather_text(&gathered, "kde", text);
  assert_remark(&gathered, "3 skipped 'a b.example' is not a host name");
  assert_remark(&gathered, "4 skipped '' is not a host name");
  assert_remark(&gathered, "5 skipped when the rule expires");
  assert_remark(&gathered, "6 skipped the rule excuses nothing");
  assert_remark(&gathered, "7 skipped the rule excuses nothing");
  assert_remark(&gathered, "8 skipped when the rule expires");
  assert_record(&gathered, "9 exception g.example excepted import leaf 0 1 "
                           "b6847fda4a788842e03b0ac7162385266ed311666f4d842419e608106436a651 "
                           "unknown-issuer,not-yet-valid,purpose");
  assert_int_equal(gathered.record_count, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_file, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_order, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_lines, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_rules, gather_setup, gather_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
