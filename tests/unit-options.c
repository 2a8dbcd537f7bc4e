/* Keys as options of other programs.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { NOW = 1796000000 };

/* SHA-256 digests of 32 octets 0x11 and so on, as the programs write them. */
#define B11 "ERERERERERERERERERERERERERERERERERERERERERE="
#define B22 "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI="
#define H11 "1111111111111111111111111111111111111111111111111111111111111111"
#define H22 "2222222222222222222222222222222222222222222222222222222222222222"
#define C22                                                                                        \
  "22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:"  \
  "22"

static struct keypin pin_at(const char *text, uint8_t octet)
{
  struct place place;
  struct keypin pin;

  assert_int_equal(place_read(text, &place), HOST_FINE);
  pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_USER);
  memset(pin.digest, octet, 32);
  return pin;
}

static struct keypin certificate_at(const char *text, uint8_t octet, int64_t seen)
{
  struct keypin pin = pin_at(text, octet);

  pin.selector = SELECTOR_CERTIFICATE;
  pin.first_seen = seen;
  return pin;
}

/* A learned pin, and the certificate that came with it. */
static struct keypin learned_at(const char *text, uint8_t octet, uint8_t certificate,
                                uint8_t seen[CHAIN_SEEN_MAX])
{
  struct keypin pin = pin_at(text, octet);
  struct chain_seen chain = {.count = 1};
  struct writer writer = writer_of(seen, CHAIN_SEEN_MAX);

  memset(chain.at[0].certificate, certificate, 32);
  assert_true(chain_seen_encode(&chain, &writer));
  pin.seen = writer_span(&writer);
  pin.origin = KEYPIN_TOFU;
  return pin;
}

static void on_remark(size_t line, enum remark remark, const char *text, void *data)
{
  assert_int_equal(line, 0);
  g_string_append_printf(data, "%s%s\n", remark == REMARK_NOTE ? "note " : "", text);
}

static void assert_written(enum options_program program, const struct keypin *pins, size_t count,
                           const char *expected, const char *remarks)
{
  struct options *options = options_new(program, NOW);
  g_autoptr(GString) told = g_string_new(NULL);
  g_autofree char *text = NULL;

  for (size_t i = 0; i < count; i++)
    options_put(options, &pins[i]);
  text = options_end(options, on_remark, told);
  assert_string_equal(text, expected);
  if (strncmp(told->str, remarks, strlen(remarks)) != 0 || (remarks[0] == '\0' && told->len > 0))
    fail_msg("'%s'", told->str);
}

static void test_keys(void **state)
{
  const struct keypin pins[] = {pin_at("a.example:443", 0x11), pin_at("b.example", 0x22),
                                pin_at("a.example:443", 0x22), pin_at("a.example:443", 0x11)};
  const char *curl = "# a.example:443\n--pinnedpubkey 'sha256//" B11 ";sha256//" B22 "'\n"
                     "# b.example\n--pinnedpubkey 'sha256//" B22 "'\n";

  (void)state;
  assert_written(OPTIONS_CURL, pins, 4, curl, "");
  assert_written(OPTIONS_WGET, pins, 4, curl, "");
  assert_written(OPTIONS_OPENCONNECT, pins, 4,
                 "# a.example:443\n--servercert pin-sha256:" B11 "\n--servercert pin-sha256:" B22
                 "\n# b.example\n--servercert pin-sha256:" B22 "\n",
                 "");
}

static void test_certificates(void **state)
{
  uint8_t seen[CHAIN_SEEN_MAX];
  const struct keypin pins[] = {certificate_at("a.example:443", 0x11, 5),
                                learned_at("b.example:6697", 0x33, 0x22, seen),
                                certificate_at("a.example:443", 0x22, 7)};

  (void)state;
  assert_written(OPTIONS_MSMTP, pins, 3,
                 "# a.example:443\ntls_fingerprint " C22 "\n"
                 "# b.example:6697\ntls_fingerprint " C22 "\n",
                 "");
  assert_written(OPTIONS_WEECHAT, pins, 3,
                 "# a.example:443\n/set irc.server.SERVER.tls_fingerprint \"" H11 "," H22 "\"\n"
                 "# b.example:6697\n/set irc.server.SERVER.tls_fingerprint \"" H22 "\"\n",
                 "");
}

static void test_unfit(void **state)
{
  struct keypin pins[] = {pin_at("a.example:443", 0x11), pin_at(".b.example", 0x11),
                          pin_at("c.example", 0x11)};

  (void)state;
  assert_written(OPTIONS_MSMTP, pins, 1, "",
                 "msmtp wants a certificate, and of a.example:443 only the key is known");
  assert_written(OPTIONS_CURL, pins + 1, 1, "", ".b.example stands for several servers; curl is");
  pins[2].matching = MATCHING_SHA512;
  assert_written(OPTIONS_CURL, pins + 2, 1, "", "c.example has a pin that curl does not know");
  pins[0].level = KEYPIN_ISSUER;
  assert_written(OPTIONS_WGET, pins, 1, "", "a.example:443 has a pin that wget does not know");
  pins[0] = certificate_at("c.example", 0x22, 0);
  pins[1] = pin_at("c.example", 0x11);
  assert_written(OPTIONS_OPENCONNECT, pins, 2, "# c.example\n--servercert pin-sha256:" B11 "\n",
                 "note c.example has a pin");
}

/* A key at any level may be the server's own, as the text of a pin doesn't say. */
static void test_any_level(void **state)
{
  struct keypin pin = pin_at("a.example", 0x11);

  (void)state;
  pin.level = KEYPIN_ANY;
  assert_written(OPTIONS_CURL, &pin, 1, "# a.example\n--pinnedpubkey 'sha256//" B11 "'\n", "");
}

static void test_not_in_force(void **state)
{
  struct keypin pins[] = {pin_at("a.example", 0x11), pin_at("b.example", 0x11),
                          pin_at("c.example", 0x11), pin_at("d.example", 0x11)};

  (void)state;
  pins[0].status = KEYPIN_REJECTED;
  pins[1].status = KEYPIN_INACTIVE;
  pins[2].enforce_until = pins[2].report_until = NOW;
  pins[3].kind = KEYPIN_EXCEPTION;
  pins[3].status = KEYPIN_EXCEPTED;
  for (int i = 0; i < OPTIONS_PROGRAMS; i++)
    assert_written((enum options_program)i, pins, 4, "", "");
  pins[2].report_until = NOW + 1;
  assert_written(OPTIONS_CURL, pins, 4, "# c.example\n--pinnedpubkey 'sha256//" B11 "'\n", "");
}

static void test_raw_key(void **state)
{
  uint8_t seen[CHAIN_SEEN_MAX];
  struct keypin pin = pin_at("a.example", 0x11);
  struct chain_seen chain = {.count = 1, .raw = true};
  struct writer writer = writer_of(seen, sizeof seen);

  (void)state;
  assert_true(chain_seen_encode(&chain, &writer));
  pin.seen = writer_span(&writer);
  assert_written(OPTIONS_WEECHAT, &pin, 1, "", "weechat wants a certificate");
}

static void test_names(void **state)
{
  static const char *const names[] = {"curl", "wget", "msmtp", "weechat", "openconnect"};

  (void)state;
  for (int i = 0; i < OPTIONS_PROGRAMS; i++)
    assert_string_equal(options_program_name((enum options_program)i), names[i]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_keys),         cmocka_unit_test(test_certificates),
      cmocka_unit_test(test_unfit),        cmocka_unit_test(test_any_level),
      cmocka_unit_test(test_not_in_force), cmocka_unit_test(test_raw_key),
      cmocka_unit_test(test_names),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
