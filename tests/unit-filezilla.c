/* trustedcerts.xml of FileZilla.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/gather.h"

#include "formats/filezilla.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_file(void **state)
{
  (void)state;
  gather_file(&gathered, "filezilla", "trustedcerts.xml");
  assert_true(gathered.fine);
  assert_string_equal(gathered.records->str,
                      "5 pin www.example.org:21 active import leaf "
                      "sha256//51z/OBRS01sycPqiw16g2EP07cA0w6yI5J4kIVlcwOA= until 4041783484\n"
                      "13 pin mail.example.org:990 active import leaf "
                      "sha256//LkZhJCILsIhms99YDlUvv6kwUfkfCGT4qUDihU2atCs= until 4041783484\n");
  assert_remark(&gathered, "13 note FileZilla trusts the certificate for its other names too; "
                           "mail.example.org alone is pinned.");
  assert_remark(&gathered, "21 skipped the certificate has expired.");
  assert_remark(&gathered, "29 skipped '192.0.2.7' is not a host name: it is an address");
  assert_remark(&gathered, "37 skipped the certificate is cut off or damaged.");
  assert_remark(&gathered, "45 skipped the port is not one of 1 to 65535.");
  assert_remark(&gathered, "54 skipped FileZilla speaks to 'plain.example.org' without TLS");
  assert_int_equal(gathered.counts[REMARK_SKIPPED], 5);
}

static void test_critical(void **state)
{
  (void)state;
  gathered.reading.critical = true;
  gather_file(&gathered, "filezilla", "trustedcerts.xml");
  assert_record(&gathered, "5 pin www.example.org:21 critical import leaf");
}

/* Wherever it ends, nothing of it counts, and the line is said. */
static void test_broken_off(void **state)
{
  size_t size;
  g_autofree char *octets = gather_load("trustedcerts.xml", &size);
  size_t end = (size_t)(strstr(octets, "</FileZilla3>") - octets);

  (void)state;
  for (size_t i = 0; i <= end; i += 61) {
    gather_octets(&gathered, "filezilla", (struct span){(const uint8_t *)octets, i});
    assert_false(gathered.fine);
  }
  assert_remark(&gathered, "1 refused the XML is broken off or damaged here");
  assert_int_equal(gathered.counts[REMARK_REFUSED], (end + 60) / 61);
}

static void test_damaged(void **state)
{
  (void)state;
  assert_refused("filezilla", "", "1 refused");
  assert_refused("filezilla", "<html></html>", "1 refused");
  assert_refused("filezilla", "<FileZilla3>\n<a></b>\n</FileZilla3>", "2 refused");
  assert_refused("filezilla", "<FileZilla3>\n\n<a>\xff</a></FileZilla3>", "3 refused");
  assert_refused("filezilla", "<FileZilla3>\n&nothing;</FileZilla3>", "2 refused");
}

static void test_strange(void **state)
{
  (void)state;
  gather_text(
      &gathered, "filezilla",
      "<FileZilla3><TrustedCerts><Certificate/>\n"
      "<Certificate><Data>zz</Data><Port>21</Port><Host>a.example</Host>\n"
      "<ActivationTime>1</ActivationTime><ExpirationTime>9999999999</ExpirationTime>\n"
      "</Certificate>\n"
      "<Certificate><Data>00</Data><Port>21</Port><Host>b\t.example</Host></Certificate>\n"
      "<Certificate><Port>21</Port><Host>c.example</Host><ExpirationTime>x</ExpirationTime>\n"
      "</Certificate>\n"
      "<Certificate><Data>00</Data><Port>21</Port><Host>d.example</Host>\n"
      "<ActivationTime>9999999998</ActivationTime>\n"
      "<ExpirationTime>9999999999</ExpirationTime></Certificate>\n"
      "</TrustedCerts><Host>x</Host><Certificate><Data>1</Data></Certificate>\n"
      "</FileZilla3>");
  assert_true(gathered.fine);
  assert_string_equal(gathered.records->str, "");
  assert_remark(&gathered, "1 skipped the port is not");
  assert_remark(&gathered, "2 skipped the certificate is cut off or damaged");
  assert_remark(&gathered, "5 skipped 'b\\x09.example' is not a host name");
  assert_remark(&gathered, "6 skipped when the certificate is valid can't be read");
  assert_remark(&gathered, "8 skipped the certificate is not valid yet");
  assert_int_equal(gathered.counts[REMARK_SKIPPED], 5);
}

/* A text without end doesn't take memory without end. */
static void test_long_text(void **state)
{
  GString *text = g_string_new("<FileZilla3><TrustedCerts><Certificate><Data>");
  g_autofree char *zeros = g_strnfill(1000000, '0');

  (void)state;
  g_string_append(text, zeros);
  g_string_append(text, "</Data><Port>21</Port><Host>a.example</Host><ActivationTime>1"
                        "</ActivationTime><ExpirationTime>9999999999</ExpirationTime>"
                        "</Certificate></TrustedCerts></FileZilla3>");
  gather_octets(&gathered, "filezilla", (struct span){(const uint8_t *)text->str, text->len});
  assert_true(gathered.fine);
  assert_remark(&gathered, "1 skipped the certificate is cut off or damaged");
  g_string_free(text, TRUE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_file, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_critical, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_broken_off, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_damaged, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_strange, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_long_text, gather_setup, gather_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
