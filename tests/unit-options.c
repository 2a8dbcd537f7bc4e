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
  memset(chain.at[0].spki, octet, 32);
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

/* What a test sets beside the pins. */
static struct {
  const struct place *asked;
  const struct keypin *blocked;
  const char *const *layers; /* of each pin; NULL: "user" */
  const bool *masked;        /* the same; NULL: none is */
} beside;

static int setup(void **state)
{
  (void)state;
  memset(&beside, 0, sizeof beside);
  return 0;
}

static void assert_written(enum options_program program, const struct keypin *pins, size_t count,
                           const char *expected, const char *remarks)
{
  struct options *options = options_new(program, NOW, beside.asked);
  g_autoptr(GString) told = g_string_new(NULL);
  g_autofree char *text = NULL;

  if (beside.blocked != NULL)
    options_block(options, beside.blocked);
  for (size_t i = 0; i < count; i++)
    options_put(options, &pins[i], beside.layers != NULL ? beside.layers[i] : "user",
                beside.masked != NULL && beside.masked[i]);
  text = options_end(options, on_remark, told);
  assert_string_equal(text, expected);
  if (strncmp(told->str, remarks, strlen(remarks)) != 0 ||
      (told->len > strlen(remarks) && (remarks[0] == '\0' || g_str_has_suffix(remarks, "\n"))))
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

/* A certificate is that of a pinned key only if it has it; whichever record it was seen with. */
static void test_own_certificate(void **state)
{
  uint8_t seen[CHAIN_SEEN_MAX], newer[CHAIN_SEEN_MAX];
  const bool masked[] = {false, true, true};
  struct keypin pins[] = {pin_at("a.example", 0x11), learned_at("a.example", 0x33, 0x22, seen),
                          learned_at("a.example", 0x11, 0x22, newer)};
  const char *unknown =
      "msmtp wants a certificate, and of a.example only the key is known. Pin the "
      "certificate, too: 'tlspin pin' takes its SHA-256 as the key '3 0 1 HEX'. "
      "Or clear the pin, and meet the server with 'tlspin connect'.\n";

  (void)state;
  pins[0].seen = pins[1].seen;
  assert_written(OPTIONS_MSMTP, pins, 1, "", unknown);
  pins[0].status = KEYPIN_CRITICAL;
  beside.masked = masked;
  assert_written(OPTIONS_MSMTP, pins, 2, "", unknown);
  assert_written(OPTIONS_MSMTP, pins, 3, "# a.example\ntls_fingerprint " C22 "\n", "");
  pins[0].level = KEYPIN_ANY;
  assert_written(OPTIONS_WEECHAT, pins, 3,
                 "# a.example\n/set irc.server.SERVER.tls_fingerprint \"" H22 "\"\n", "");
  pins[0].matching = MATCHING_SHA512;
  assert_written(OPTIONS_MSMTP, pins, 3, "", unknown);
}

/* The newest one that has the key. */
static void test_newest_certificate(void **state)
{
  uint8_t seen[2][CHAIN_SEEN_MAX];
  const bool masked[] = {true, false, true};
  struct keypin pins[] = {learned_at("a.example", 0x11, 0x33, seen[0]), pin_at("a.example", 0x11),
                          learned_at("a.example", 0x11, 0x22, seen[1])};

  (void)state;
  beside.masked = masked;
  pins[0].last_seen = 5;
  pins[2].last_seen = 6;
  assert_written(OPTIONS_MSMTP, pins, 3, "# a.example\ntls_fingerprint " C22 "\n", "");
}

/* A certificate that is blocked is none that it could be given. */
static void test_blocked_certificate(void **state)
{
  uint8_t seen[CHAIN_SEEN_MAX];
  const bool masked[] = {false, true};
  struct keypin pins[] = {pin_at("a.example", 0x11), learned_at("a.example", 0x11, 0x22, seen)};
  struct keypin blocked = certificate_at("*", 0x22, 0);

  (void)state;
  blocked.status = KEYPIN_REJECTED;
  beside.masked = masked;
  beside.blocked = &blocked;
  assert_written(OPTIONS_MSMTP, pins, 2, "", "msmtp wants a certificate, and of a.example only");
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

/* What counts for nobody is no reason for anything. */
static void test_not_in_force(void **state)
{
  struct keypin pins[] = {pin_at("a.example", 0x11), pin_at("b.example", 0x11),
                          pin_at("d.example", 0x11), pin_at("e.example", 0x11)};

  (void)state;
  pins[0].status = KEYPIN_REJECTED;
  pins[1].status = KEYPIN_INACTIVE;
  pins[2].kind = KEYPIN_EXCEPTION;
  pins[2].status = KEYPIN_EXCEPTED;
  pins[3].kind = KEYPIN_MODE;
  pins[3].status = KEYPIN_ON;
  for (int i = 0; i < OPTIONS_PROGRAMS; i++)
    assert_written((enum options_program)i, pins, 4, "", "");
}

/* Of a place with pins of which none is left it is told why. */
static void test_reasons(void **state)
{
  struct keypin pin = pin_at("a.example", 0x11);
  const bool masked = true;

  (void)state;
  pin.enforce_until = pin.report_until = NOW;
  for (int i = 0; i < OPTIONS_PROGRAMS; i++)
    assert_written((enum options_program)i, &pin, 1, "", "The pins of a.example have expired.\n");
  pin.report_until = NOW + 1;
  assert_written(OPTIONS_CURL, &pin, 1, "",
                 "What differs from the pins of a.example is only reported; curl would refuse");
  pin = pin_at("a.example", 0x11);
  pin.place.protocol = PROTOCOL_DTLS;
  assert_written(OPTIONS_CURL, &pin, 1, "", "The pins of a.example are for DTLS, and curl");
  pin = pin_at("a.example", 0x11);
  beside.masked = &masked;
  assert_written(OPTIONS_CURL, &pin, 1, "", "The pins of a.example don't count: pinning is off");
  pin.kind = KEYPIN_MODE;
  pin.status = KEYPIN_OFF;
  beside.masked = NULL;
  assert_written(OPTIONS_CURL, &pin, 1, "", "The pins of a.example don't count: pinning is off");
}

/* What is left out beside others goes without a word. */
static void test_beside(void **state)
{
  struct keypin pins[] = {pin_at("a.example", 0x11), pin_at("a.example", 0x22),
                          pin_at("a.example", 0x22), pin_at("a.example", 0x22)};
  const bool masked[] = {false, false, false, true};

  (void)state;
  beside.masked = masked;
  pins[1].place.protocol = PROTOCOL_DTLS;
  pins[2].enforce_until = 1;
  assert_written(OPTIONS_CURL, pins, 4, "# a.example\n--pinnedpubkey 'sha256//" B11 "'\n", "");
}

/* The key, the certificate or the authority that was seen with it; where the block is for the
 * server. */
static void test_blocked(void **state)
{
  uint8_t seen[CHAIN_SEEN_MAX];
  struct keypin pins[] = {learned_at("b.a.example:443", 0x11, 0x33, seen),
                          pin_at("b.a.example:443", 0x22)};
  struct keypin blocked = pin_at("*", 0x11);
  const char *left = "# b.a.example:443\n--pinnedpubkey 'sha256//" B22 "'\n";
  const char *both = "# b.a.example:443\n--pinnedpubkey 'sha256//" B11 ";sha256//" B22 "'\n";
  const char *told = "note b.a.example:443 has a pinned key that is blocked; it is left out.\n";

  (void)state;
  beside.blocked = &blocked;
  blocked.status = KEYPIN_REJECTED;
  assert_written(OPTIONS_CURL, pins, 2, left, told);
  assert_written(OPTIONS_CURL, pins, 1, "",
                 "b.a.example:443 has a pinned key that is blocked; it is left out.\n");
  blocked.selector = SELECTOR_CERTIFICATE;
  assert_written(OPTIONS_CURL, pins, 2, both, "");
  memset(blocked.digest, 0x33, 32);
  assert_written(OPTIONS_CURL, pins, 2, left, told);
  assert_int_equal(place_read("*.a.example:443", &blocked.place), HOST_FINE);
  assert_written(OPTIONS_CURL, pins, 2, left, told);
  assert_int_equal(place_read("a.example", &blocked.place), HOST_FINE);
  assert_written(OPTIONS_CURL, pins, 2, both, "");
  assert_int_equal(place_read("b.a.example:444", &blocked.place), HOST_FINE);
  assert_written(OPTIONS_CURL, pins, 2, both, "");
  assert_int_equal(place_read("b.a.example", &blocked.place), HOST_FINE);
  blocked.place.protocol = PROTOCOL_DTLS;
  assert_written(OPTIONS_CURL, pins, 2, both, "");
  blocked.place.protocol = PROTOCOL_TLS;
  blocked.matching = MATCHING_SHA512;
  assert_written(OPTIONS_CURL, pins, 2, both, "note A key that is blocked for b.a.example:443 is");
  blocked.enforce_until = NOW;
  assert_written(OPTIONS_CURL, pins, 2, both, "");
}

/* What is asked for is one server: all that is about it makes one line. */
static void test_asked(void **state)
{
  const struct keypin pins[] = {pin_at("a.example:443", 0x11), pin_at(".example", 0x22)};
  struct place place;

  (void)state;
  assert_int_equal(place_read("a.example:443", &place), HOST_FINE);
  beside.asked = &place;
  assert_written(OPTIONS_CURL, pins, 2,
                 "# a.example:443\n--pinnedpubkey 'sha256//" B11 ";sha256//" B22 "'\n", "");
}

/* Each set with a critical pin must be met, so that a key that only one of them has is none. */
static void test_sets(void **state)
{
  static const char *const layers[] = {"user", "10-a.db", "10-a.db"};
  struct keypin pins[] = {pin_at("a.example", 0x11), pin_at("a.example", 0x11),
                          pin_at("a.example", 0x22)};
  const char *both = "# a.example\n--pinnedpubkey 'sha256//" B11 ";sha256//" B22 "'\n";
  const char *first = "# a.example\n--pinnedpubkey 'sha256//" B11 "'\n";

  (void)state;
  beside.layers = layers;
  pins[2].status = KEYPIN_CRITICAL;
  assert_written(OPTIONS_CURL, pins, 3, both, "");
  pins[0].status = KEYPIN_CRITICAL;
  assert_written(OPTIONS_CURL, pins, 3, first, "");
  pins[0].origin = KEYPIN_HPKP;
  assert_written(OPTIONS_CURL, pins, 3, both, "");
  pins[0].origin = KEYPIN_USER;
  memset(pins[0].digest, 0x33, 32);
  assert_written(OPTIONS_CURL, pins, 3, "",
                 "The pins of a.example have no key in common, and each of them must be met.\n");
  pins[0].level = KEYPIN_ISSUER;
  assert_written(OPTIONS_CURL, pins, 3, both, "note a.example has a pin that curl does not know");
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
      cmocka_unit_test_setup(test_keys, setup),
      cmocka_unit_test_setup(test_certificates, setup),
      cmocka_unit_test_setup(test_own_certificate, setup),
      cmocka_unit_test_setup(test_newest_certificate, setup),
      cmocka_unit_test_setup(test_blocked_certificate, setup),
      cmocka_unit_test_setup(test_unfit, setup),
      cmocka_unit_test_setup(test_any_level, setup),
      cmocka_unit_test_setup(test_not_in_force, setup),
      cmocka_unit_test_setup(test_reasons, setup),
      cmocka_unit_test_setup(test_beside, setup),
      cmocka_unit_test_setup(test_blocked, setup),
      cmocka_unit_test_setup(test_asked, setup),
      cmocka_unit_test_setup(test_sets, setup),
      cmocka_unit_test_setup(test_raw_key, setup),
      cmocka_unit_test_setup(test_names, setup),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
