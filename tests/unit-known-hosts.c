/* known_hosts of GnuTLS, as GnuTLS writes it, and with what it lets others write.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/gather.h"

#include "formats/known-hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define WWW_SPKI                                                                                   \
  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2EU/usSq5AX2I9GOppm3wiX1juV4T8HMc/"                         \
  "sixrKXPRwWFxT9Kkuzv8vKRMbe5Ubzgbv0miZrC+0xVY6uaMYNGw=="
#define OTHER_SPKI                                                                                 \
  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMpHN71h5l8LjONVu1LqRBeqNNehPxs1Sg0kfI2Q1YGx1MtmX3bucmCZ+"   \
  "AhBq30MluV/7OIu6utZqfoOOauayLQ=="
#define WWW_KEY   "sha256//51z/OBRS01sycPqiw16g2EP07cA0w6yI5J4kIVlcwOA="
#define MAIL_KEY  "sha256//LkZhJCILsIhms99YDlUvv6kwUfkfCGT4qUDihU2atCs="
#define OTHER_KEY "sha256//uosfioTCPaduJjhVLbuAkqeZ1rC74ObN/cdvRuA5Rvo="

static void test_of_gnutls(void **state)
{
  (void)state;
  gather_file(&gathered, "known-hosts", "known_hosts");
  assert_true(gathered.fine);
  assert_string_equal(gathered.records->str,
                      "1 pin www.example.org:443 active import leaf " WWW_KEY "\n"
                      "2 pin mail.example.org:993 active import leaf " MAIL_KEY
                      " until 2147483647\n"
                      "3 pin other.example.org active import leaf " OTHER_KEY "\n"
                      "5 pin www.example.org:443 active import leaf "
                      "sha256//KWMr7r7qESC1C7PR7P3uUxetNIEpYyvuvuoRILULs9E=\n");
  assert_string_equal(gathered.remarks->str, "4 skipped the key has expired.\n");
}

/* Each of them is told of, and only two lines of thirteen are believed. */
static void test_defects(void **state)
{
  (void)state;
  gather_file(&gathered, "known-hosts", "known_hosts_defects");
  assert_true(gathered.fine);
  assert_string_equal(gathered.records->str,
                      "2 pin twice.example.org:443 active import leaf " WWW_KEY "\n"
                      "10 pin fine.example.org:443 active import leaf " WWW_KEY "\n");
  assert_remark(&gathered, "1 skipped the host '*' stands for every host");
  assert_remark(&gathered, "3 note the same stands in line 2.");
  assert_remark(&gathered, "4 skipped rotated.example.org:443 has several keys");
  assert_remark(&gathered, "5 skipped rotated.example.org:443 has several keys");
  assert_non_null(
      strstr(gathered.remarks->str, "'tlspin pin rotated.example.org:443 --key " MAIL_KEY));
  assert_remark(&gathered, "6 skipped the line has too many fields");
  assert_remark(&gathered, "7 skipped 'new\\x1b[2J.example.org' is not a host name");
  assert_remark(&gathered, "8 skipped '192.0.2.7' is not a host name: it is an address");
  assert_remark(&gathered, "9 skipped 'no-such-service' is no service");
  assert_remark(&gathered, "11 skipped the line ends in its host or service");
  assert_remark(&gathered, "12 skipped the line may be planted");
  assert_remark(&gathered, "13 skipped the line may be planted");
  assert_int_equal(gathered.counts[REMARK_SKIPPED], 10);
}

static void assert_skipped(const char *text, const char *why)
{
  struct gather one;

  gather_init(&one);
  gather_text(&one, "known-hosts", text);
  assert_true(one.fine);
  assert_remark(&one, why);
  assert_string_equal(one.records->str, "");
  gather_clear(&one);
}

static void test_lines(void **state)
{
  (void)state;
  assert_skipped("nonsense\n", "1 skipped this is no line of known_hosts");
  assert_skipped("|g1|a.example|443|0|" WWW_SPKI "\n", "1 skipped this is no line");
  assert_skipped("g0|a.example|443|0|" WWW_SPKI "\n", "1 skipped this is no line");
  assert_skipped("|\n", "1 skipped this is no line");
  assert_skipped("|g0|a.example|443|0\n", "1 skipped the line is cut off");
  assert_skipped("|g0|a.example|443|0|\n", "1 skipped the key is cut off");
  assert_skipped("|g0|a.example|443|x|" WWW_SPKI "\n", "1 skipped when the key expires");
  assert_skipped("|g0|a.example|443|-1|" WWW_SPKI "\n", "1 skipped when the key expires");
  assert_skipped("|g0||443|0|" WWW_SPKI "\n", "1 skipped '' is not a host name: it is empty");
  assert_skipped("|g0|*evil|443|0|" WWW_SPKI "\n", "1 skipped the host '*'");
  assert_skipped("|g0|a.example|0|0|" WWW_SPKI "\n", "1 skipped '0' is no service");
  assert_skipped("|g0|a.example|443|0|" WWW_SPKI "|\n", "1 skipped the line has too many");
  assert_skipped("|g0|a.example|443|0|AAAA\n", "1 skipped the key is cut off or damaged");
  assert_skipped("|g0|a.example|443|0|MFkwEwYHKoZIzj0C", "1 skipped the key is cut off or damaged");
  assert_skipped("|c0|a.example|443|0|2|00\n", "1 skipped the key's digest is of a kind");
  assert_skipped("|c0|a.example|443|0|x|00\n", "1 skipped the key's digest is of a kind");
  assert_skipped("|c0|a.example|443|0|6|00\n", "1 skipped the key's digest is cut off");
  assert_skipped("|c0|a.example|443|0|6\n", "1 skipped the line is cut off");
}

/* Behind a line that ends before its key any number of lines may be planted. */
static void test_cut_off(void **state)
{
  (void)state;
  gather_text(&gathered, "known-hosts",
              "|g0|a.example|443|0|AA\n"
              "|g0|b.example|443|0|" WWW_SPKI "\n"
              "|g0|c.exa\n"
              "|g0|d.example|443|0|" WWW_SPKI "\n"
              "|g0|e.example|443|0|" WWW_SPKI "\n"
              "|c0|f.exa\n"
              "|c0|g.example|443|0|8|"
              "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
              "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
              "|g0|h.exa");
  assert_string_equal(gathered.records->str,
                      "2 pin b.example:443 active import leaf " WWW_KEY "\n");
  assert_remark(&gathered, "3 skipped the line ends in its host or service");
  assert_remark(&gathered, "4 skipped the line may be planted by a name with line feeds in it, "
                           "which cut off line 3. If it is right, delete that one");
  assert_remark(&gathered, "5 skipped the line may be planted by a name with line feeds in it, "
                           "which cut off line 3.");
  assert_remark(&gathered, "6 skipped the line ends in its host or service");
  assert_remark(&gathered, "7 skipped the line may be planted");
  assert_remark(&gathered, "8 skipped the line is cut off");
}

/* A name with fields of its own and two line feeds; and what it plants is no second key of a host
 * that stands before it. */
static void test_planted(void **state)
{
  (void)state;
  gather_text(&gathered, "known-hosts",
              "|g0|bank.example|443|0|" WWW_SPKI "\n"
              "|g0|x|443|0\n"
              "|g0|a.example|443|0|" WWW_SPKI "\n"
              "|g0|bank.example|443|0|" OTHER_SPKI "\n"
              "|g0|c.example|443|0|" WWW_SPKI "\n");
  assert_string_equal(gathered.records->str,
                      "1 pin bank.example:443 active import leaf " WWW_KEY "\n");
  assert_remark(&gathered, "2 skipped the line is cut off");
  assert_remark(&gathered, "3 skipped the line may be planted");
  assert_remark(&gathered, "4 skipped the line may be planted");
  assert_remark(&gathered, "5 skipped the line may be planted");
}

/* GnuTLS looks no further than a blank; a file from Windows has carriage returns. */
static void test_tails(void **state)
{
  (void)state;
  gather_text(&gathered, "known-hosts",
              "\n|g0|A.Example.|*|0|" WWW_SPKI " x\r\n"
              "|g0|b.example|https|99999999999999|" WWW_SPKI "\r\n");
  assert_string_equal(gathered.records->str,
                      "2 pin a.example active import leaf " WWW_KEY "\n"
                      "3 pin b.example:443 active import leaf " WWW_KEY "\n");
}

/* The same host, however it is written, and an expired key doesn't stand against another. */
static void test_several(void **state)
{
  (void)state;
  gather_text(&gathered, "known-hosts",
              "|g0|A.example|443|0|" WWW_SPKI "\n"
              "|g0|a.example.|https|0|" OTHER_SPKI "\n"
              "|g0|b.example|443|0|" WWW_SPKI "\n"
              "|g0|b.example|443|1|" OTHER_SPKI "\n"
              "|g0|b.example|444|0|" OTHER_SPKI "\n");
  assert_remark(&gathered, "1 skipped a.example:443 has several keys");
  assert_remark(&gathered, "2 skipped a.example:443 has several keys");
  assert_string_equal(gathered.records->str,
                      "3 pin b.example:443 active import leaf " WWW_KEY "\n"
                      "5 pin b.example:444 active import leaf " OTHER_KEY "\n");
}

static void test_critical(void **state)
{
  (void)state;
  gathered.reading.critical = true;
  gather_file(&gathered, "known-hosts", "known_hosts");
  assert_record(&gathered, "1 pin www.example.org:443 critical import leaf " WWW_KEY);
  assert_int_equal(gathered.record_count, 4);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_of_gnutls, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_defects, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_lines, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_cut_off, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_planted, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_tails, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_several, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_critical, gather_setup, gather_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
