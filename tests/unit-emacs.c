/* network-security.data of Emacs.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/emacs.h"

#include "formats/pem.h"
#include "tests/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* Alone, the file gives one key: Emacs keeps no more than the SHA-1 of others. */
static void test_alone(void **state)
{
  (void)state;
  gather_file(&gathered, "emacs", "network-security.data");
  assert_true(gathered.fine);
  assert_string_equal(gathered.records->str,
                      "7 pin new.example.org:443 active import leaf "
                      "sha256//uosfioTCPaduJjhVLbuAkqeZ1rC74ObN/cdvRuA5Rvo=\n");
  assert_remark(&gathered, "3 skipped Emacs kept only the SHA-1 of the key");
  assert_remark(&gathered, "3 note what Emacs was told to put up with");
  assert_remark(&gathered, "4 skipped Emacs kept only a digest of the server's name");
  assert_remark(&gathered, "5 skipped Emacs kept only the SHA-1 of the key");
  assert_remark(&gathered, "6 skipped Emacs speaks to the server without TLS");
  assert_remark(&gathered, "8 skipped the entry names one host and is for another");
  assert_remark(&gathered, "9 skipped Emacs kept only a digest of the server's name");
  assert_int_equal(gathered.counts[REMARK_SKIPPED], 6);
}

/* With the certificates, and the name of a server, the rest comes out. */
static void test_with_certificates(void **state)
{
  size_t size, chain_size;
  g_autofree char *pem = gather_load("others.pem", &size);
  g_autofree char *chain = gather_load("chain.pem", &chain_size);
  g_autoptr(GPtrArray) spkis = pem_spkis((struct span){(const uint8_t *)pem, size});
  g_autoptr(GPtrArray) more = pem_spkis((struct span){(const uint8_t *)chain, chain_size});
  struct span spans[4];
  struct place places[2];

  (void)state;
  assert_int_equal(spkis->len, 2);
  assert_int_equal(more->len, 2);
  for (size_t i = 0; i < 4; i++) {
    GBytes *bytes = i < 2 ? spkis->pdata[i] : more->pdata[i - 2];

    spans[i] = (struct span){g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)};
  }
  assert_int_equal(place_read("elsewhere.example.org:993", &places[0]), HOST_FINE);
  assert_int_equal(place_read("mail.example.org:993", &places[1]), HOST_FINE);
  gathered.reading.spkis = spans;
  gathered.reading.spki_count = 4;
  gathered.reading.places = places;
  gathered.reading.place_count = 2;
  gather_file(&gathered, "emacs", "network-security.data");
  assert_string_equal(gathered.records->str,
                      "3 pin www.example.org:443 active import leaf "
                      "sha256//51z/OBRS01sycPqiw16g2EP07cA0w6yI5J4kIVlcwOA=\n"
                      "4 pin mail.example.org:993 active import leaf "
                      "sha256//LkZhJCILsIhms99YDlUvv6kwUfkfCGT4qUDihU2atCs=\n"
                      "4 pin mail.example.org:993 active import leaf "
                      "sha256//uosfioTCPaduJjhVLbuAkqeZ1rC74ObN/cdvRuA5Rvo=\n"
                      "5 pin imap.example.org:993 active import leaf "
                      "sha256//LkZhJCILsIhms99YDlUvv6kwUfkfCGT4qUDihU2atCs=\n"
                      "7 pin new.example.org:443 active import leaf "
                      "sha256//uosfioTCPaduJjhVLbuAkqeZ1rC74ObN/cdvRuA5Rvo=\n");
}

static void test_broken(void **state)
{
  size_t size;
  g_autofree char *octets = gather_load("network-security.data", &size);

  (void)state;
  assert_refused("emacs", "", "1 refused the list is broken off");
  assert_refused("emacs", "; only a comment\n\n", "3 refused");
  assert_refused("emacs", "nil", "1 refused");
  assert_refused("emacs", "((:id \"x\")\n(:id", "2 refused");
  assert_refused("emacs", "(((((((((((\n", "1 refused");
  for (size_t i = 0; i + 2 < size; i += 17) {
    gather_octets(&gathered, "emacs", (struct span){(const uint8_t *)octets, i});
    assert_false(gathered.fine);
  }
}

static void test_entries(void **state)
{
  (void)state;
  gather_text(&gathered, "emacs",
              "(nil\n"
              "(:id 7)\n"
              "(:host \"a.example:443\")\n"
              "(:id \"sha1:00\" :host 5)\n"
              "(:id \"x\" :host \"a.example:443\" :fingerprints nil)\n"
              ")");
  assert_true(gathered.fine);
  assert_remark(&gathered, "1 skipped this is no entry");
  assert_remark(&gathered, "2 skipped this is no entry");
  assert_remark(&gathered, "3 skipped this is no entry");
  assert_remark(&gathered, "4 skipped this is no entry");
  assert_remark(&gathered, "5 skipped the entry names one host and is for another");
  assert_int_equal(gathered.record_count, 0);
}

/* sha1sum of "a.example:443", "a.example:no" and "::1:443". */
static void test_fingerprints(void **state)
{
  (void)state;
  gather_text(&gathered, "emacs",
              "((:id \"sha1:5023c93c48738eb8228b3bbbdeb379d049e07c7e\" :host \"a.example:443\"\n"
              "  :fingerprints (\"sha1:00\"\n"
              "  \"md5:00112233445566778899aabbccddeeff\"\n"
              "  (:none) \"sha256:00\"))\n"
              " (:id \"sha1:5023c93c48738eb8228b3bbbdeb379d049e07c7e\" :host \"a.example:443\")\n"
              " (:id \"sha1:5023c93c48738eb8228b3bbbdeb379d049e07c7e\" :host \"a.example:443\" "
              ":fingerprints nil)\n"
              " (:id \"sha1:e3d2de334f52284e9ec4f399f51903d9186f9691\" :host \"a.example:no\" "
              ":fingerprint \"sha1:00\")\n"
              " (:id \"sha1:2c4a26bc70a89f815c0bf856b8d72757f0f12840\" :host \"::1:443\" "
              ":fingerprint \"sha1:00\"))");
  assert_true(gathered.fine);
  assert_remark(&gathered, "2 skipped the fingerprint is cut off or damaged");
  assert_remark(&gathered, "3 skipped the fingerprint is cut off or damaged");
  assert_remark(&gathered, "4 skipped this is no fingerprint");
  assert_remark(&gathered, "4 skipped the fingerprint is cut off or damaged");
  assert_remark(&gathered, "5 skipped the entry has no fingerprint");
  assert_remark(&gathered, "6 skipped the entry has no fingerprint");
  assert_remark(&gathered, "7 skipped 'a.example:no' is not of the form HOST:PORT");
  assert_remark(&gathered, "8 skipped '::1' is not a host name");
  assert_int_equal(gathered.record_count, 0);
}

static void test_empty(void **state)
{
  (void)state;
  gather_text(&gathered, "emacs", ";;;; -*- mode: lisp-data -*-\n(\n)\n");
  assert_true(gathered.fine);
  assert_string_equal(gathered.remarks->str, "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_alone, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_with_certificates, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_broken, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_entries, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_fingerprints, gather_setup, gather_teardown),
      cmocka_unit_test_setup_teardown(test_empty, gather_setup, gather_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
