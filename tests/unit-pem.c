/* Certificates and public keys in PEM.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/pem.h"

#include "tests/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define WWW_KEY   "sha256//51z/OBRS01sycPqiw16g2EP07cA0w6yI5J4kIVlcwOA="
#define MAIL_KEY  "sha256//LkZhJCILsIhms99YDlUvv6kwUfkfCGT4qUDihU2atCs="
#define OTHER_KEY "sha256//uosfioTCPaduJjhVLbuAkqeZ1rC74ObN/cdvRuA5Rvo="

static struct place places[2];

static int setup(void **state)
{
  gather_setup(state);
  assert_int_equal(place_read("www.example.org:443", &places[0]), HOST_FINE);
  assert_int_equal(place_read(".example.net", &places[1]), HOST_FINE);
  gathered.reading.places = places;
  gathered.reading.place_count = 1;
  return 0;
}

/* The authority in the file is not pinned as the server's own key. */
static void test_chain(void **state)
{
  (void)state;
  gather_file(&gathered, "pem", "chain.pem");
  assert_true(gathered.fine);
  assert_string_equal(gathered.records->str,
                      "1 pin www.example.org:443 active import leaf " WWW_KEY "\n");
  assert_string_equal(gathered.remarks->str,
                      "12 note this certificate issued one before it: it is no "
                      "key of the server, and isn't pinned.\n");
}

static void test_public_key(void **state)
{
  (void)state;
  gathered.reading.critical = true;
  gathered.reading.place_count = 2;
  gather_file(&gathered, "pem", "server.pem");
  assert_string_equal(gathered.records->str,
                      "3 pin www.example.org:443 critical import leaf " MAIL_KEY "\n"
                      "3 pin .example.net critical import leaf " MAIL_KEY "\n");
  assert_string_equal(gathered.remarks->str, "");
}

static void test_several(void **state)
{
  (void)state;
  gather_file(&gathered, "pem", "others.pem");
  assert_record(&gathered, "1 pin www.example.org:443 active import leaf " MAIL_KEY);
  assert_record(&gathered, "13 pin www.example.org:443 active import leaf " OTHER_KEY);
  assert_string_equal(gathered.remarks->str,
                      "1 note the certificate is for another name than www.example.org.\n");
}

static void test_no_host(void **state)
{
  (void)state;
  gathered.reading.place_count = 0;
  gather_file(&gathered, "pem", "chain.pem");
  assert_false(gathered.fine);
  assert_remark(&gathered, "0 refused for which servers the keys are doesn't stand in the file");
}

static void test_blocks(void **state)
{
  (void)state;
  gather_text(&gathered, "pem",
              "-----END CERTIFICATE-----\n"
              "-----BEGIN CERTIFICATE-----\n"
              "-----BEGIN CERTIFICATE-----\n"
              "Zm9v\n"
              "-----END CERTIFICATE-----\n"
              "-----BEGIN EC PRIVATE KEY-----\n"
              "Zm9v\n"
              "-----END EC PRIVATE KEY-----\n"
              "-----BEGIN X\x1bY-----\nZm9v\n-----END X\x1bY-----\n"
              "-----BEGIN PUBLIC KEY-----\n"
              "Zm9v\n"
              "-----END PUBLIC KEY-----\n"
              "-----BEGIN PUBLIC KEY-----\n"
              "!!!!\n"
              "-----END PUBLIC KEY-----\n"
              "-----BEGIN -----\n-----END -----\n"
              "-----BEGIN CERTIFICATE");
  assert_true(gathered.fine);
  assert_int_equal(gathered.record_count, 0);
  assert_remark(&gathered, "2 skipped the certificate or key is broken off");
  assert_remark(&gathered, "3 skipped the certificate or key is damaged");
  assert_remark(&gathered, "6 skipped a private key is passed over");
  assert_remark(&gathered, "9 skipped 'X\\x1bY' is neither a certificate nor a public key");
  assert_remark(&gathered, "12 skipped the certificate or key is damaged");
  assert_remark(&gathered, "15 skipped the certificate or key is damaged");
  assert_remark(&gathered, "18 skipped '' is neither");
  assert_int_equal(gathered.counts[REMARK_SKIPPED], 7);
}

static void test_cut_off(void **state)
{
  size_t size;
  g_autofree char *octets = gather_load("chain.pem", &size);

  (void)state;
  gather_octets(&gathered, "pem", (struct span){(const uint8_t *)octets, size - 10});
  assert_record(&gathered, "1 pin www.example.org:443");
  assert_remark(&gathered, "12 skipped the certificate or key is broken off");
}

static void test_spkis(void **state)
{
  g_autoptr(GPtrArray) none = pem_spkis((struct span){(const uint8_t *)"nothing", 7});
  size_t size;
  g_autofree char *octets = gather_load("others.pem", &size);
  g_autoptr(GPtrArray) two = pem_spkis((struct span){(const uint8_t *)octets, size});

  (void)state;
  assert_int_equal(none->len, 0);
  assert_int_equal(two->len, 2);
  assert_int_equal(g_bytes_get_size(two->pdata[0]), 91);
  assert_false(g_bytes_equal(two->pdata[0], two->pdata[1]));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_chain, setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_public_key, setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_several, setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_no_host, setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_blocks, setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_cut_off, setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_spkis, setup, gather_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
