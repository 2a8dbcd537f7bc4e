/* Public-Key-Pins from hostile servers: limits, octets, and fields that were changed at random.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/hpkp.h"

#include "pinning/base64.h"
#include "tests/field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 5 * HPKP_HEADER_MAX };

static const char honest[] =
    "max-age=3000; " TWO "; " FOUR "; includeSubDomains; report-uri=\"https://a.example/b\"; "
    "future=\"x \\\" ; y\"; pin-sha512=\"AAAA\"";

static uint8_t buffer[BUFFER];

static struct writer start(const char *text)
{
  struct writer w = writer_of(buffer, sizeof buffer);

  writer_put(&w, (struct span){(const uint8_t *)text, strlen(text)});
  return w;
}

static void put(struct writer *w, const char *text)
{
  writer_put(w, (struct span){(const uint8_t *)text, strlen(text)});
}

/* A pin of its own for each number. */
static void put_pin(struct writer *w, unsigned number)
{
  uint8_t digest[BASE64_DIGEST] = {(uint8_t)number, (uint8_t)(number >> 8)};
  char text[BASE64_TEXT + 1];

  base64_write(digest, text);
  put(w, ";pin-sha256=\"");
  put(w, text);
  put(w, "\"");
}

static bool is_read(const struct writer *w, struct hpkp *hpkp)
{
  assert_false(w->failed);
  return field_read(writer_span(w), hpkp, NULL);
}

static void fill(struct writer *w, size_t size, uint8_t octet)
{
  while (w->used < size)
    writer_u8(w, octet);
}

static void ignores_a_field_over_16_kib(void **state)
{
  struct writer w = start("max-age=3000;" TWO ";" FOUR);
  struct hpkp hpkp;

  (void)state;
  fill(&w, HPKP_HEADER_MAX, ' ');
  assert_true(is_read(&w, &hpkp));
  assert_int_equal(hpkp.pins, 2);
  writer_u8(&w, ' ');
  assert_false(is_read(&w, &hpkp));
  fill(&w, BUFFER, ' ');
  assert_false(is_read(&w, &hpkp));
}

/* A value as long as fits. */
static void reads_values_of_any_length(void **state)
{
  static const struct {
    const char *start;
    uint8_t octet;
    bool fine;
  } rows[] = {
      {"max-age=\"", '9', true},     {"max-age=\"", '0', true},
      {"future=\"", 0xff, true},     {"pin-sha256=\"", 'A', false},
      {"report-uri=\"", 'a', false}, {"report-uri=\"http://", 'a', true},
      {"max-age=\"", 'a', false},    {"max-age=\"", '\\', false},
  };
  struct hpkp hpkp;

  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct writer w = start(rows[i].start);

    fill(&w, HPKP_HEADER_MAX - 1, rows[i].octet);
    assert_false(is_read(&w, &hpkp));
    writer_u8(&w, '"');
    assert_int_equal(is_read(&w, &hpkp), rows[i].fine);
  }
}

static void leaves_out_a_long_uri_but_not_the_pins(void **state)
{
  struct hpkp hpkp;

  (void)state;
  for (size_t size = HPKP_URI_MAX - 1; size <= HPKP_URI_MAX + 1; size++) {
    struct writer w = start("max-age=1;" TWO ";" FOUR ";report-uri=\"");
    size_t from = w.used;

    put(&w, "https://a.example/");
    fill(&w, from + size, 'x');
    put(&w, "\"");
    assert_true(is_read(&w, &hpkp));
    assert_int_equal(hpkp.pins, 2);
    assert_int_equal(strlen(hpkp.report_uri), size <= HPKP_URI_MAX ? size : 0);
  }
}

static void takes_64_different_pins_and_no_more(void **state)
{
  struct writer w = start("max-age=3000");
  struct hpkp hpkp;

  (void)state;
  for (unsigned i = 1; i <= HPKP_PINS_MAX; i++) {
    put_pin(&w, i);
    assert_true(is_read(&w, &hpkp));
    assert_int_equal(hpkp.pins, i);
  }
  put_pin(&w, 1);
  assert_true(is_read(&w, &hpkp));
  put_pin(&w, HPKP_PINS_MAX + 1);
  assert_false(is_read(&w, &hpkp));
}

static void ignores_1000_pins(void **state)
{
  struct writer w = start("max-age=3000"), same = w;
  struct hpkp hpkp;

  (void)state;
  for (unsigned i = 0; i < 1000; i++)
    put_pin(&w, i);
  assert_false(is_read(&w, &hpkp));
  while (same.used + 60 < HPKP_HEADER_MAX)
    put_pin(&same, 7);
  assert_true(is_read(&same, &hpkp));
  assert_int_equal(hpkp.pins, 1);
}

static void takes_64_other_directives_and_no_more(void **state)
{
  struct writer w = start("max-age=1;" TWO);
  struct hpkp hpkp;

  (void)state;
  for (int i = 2; i <= 64; i++) {
    const char name[] = {';', 'd', (char)('0' + i / 10), (char)('0' + i % 10), '\0'};

    put(&w, name);
    assert_true(is_read(&w, &hpkp));
  }
  put(&w, ";one-more");
  assert_false(is_read(&w, &hpkp));
  w = start("a");
  for (unsigned i = 0; w.used + 10 < HPKP_HEADER_MAX; i++)
    put(&w, ";pin-a");
  assert_true(is_read(&w, &hpkp));
}

/* That no pin is there that the server didn't send. */
static void expect_honest_pins(const struct hpkp *hpkp)
{
  assert_int_equal(hpkp->pins, field_has_pin(hpkp, 2) + field_has_pin(hpkp, 4));
}

static void takes_any_octet_anywhere_without_harm(void **state)
{
  static const uint8_t never[] = {'\0', '\n', '\r', '\v', '\f', 0x1b};
  struct hpkp hpkp;

  (void)state;
  for (size_t at = 0; at <= strlen(honest); at++)
    for (int octet = 0; octet < 256; octet++) {
      struct writer w = writer_of(buffer, sizeof buffer);

      writer_put(&w, (struct span){(const uint8_t *)honest, at});
      writer_u8(&w, (uint8_t)octet);
      put(&w, honest + at);
      if (!is_read(&w, &hpkp))
        continue;
      assert_null(memchr(never, octet, sizeof never));
      expect_honest_pins(&hpkp);
    }
}

/* Cut anywhere, what is left is refused or holds less. */
static void takes_any_beginning_without_harm(void **state)
{
  struct hpkp hpkp;
  unsigned fine = 0;

  (void)state;
  for (size_t size = 0; size < strlen(honest); size++)
    if (field_read((struct span){(const uint8_t *)honest, size}, &hpkp, NULL)) {
      fine++;
      expect_honest_pins(&hpkp);
    }
  assert_in_range(fine, 10, strlen(honest) / 2);
}

static void refuses_binary(void **state)
{
  unsigned short seed[3] = {7, 4, 69};
  struct hpkp hpkp;

  (void)state;
  assert_false(field_read((struct span){NULL, 0}, &hpkp, NULL));
  for (size_t size = 8; size < HPKP_HEADER_MAX; size = size * 3 / 2) {
    for (size_t i = 0; i < size; i++)
      buffer[i] = (uint8_t)(nrand48(seed) >> 9);
    assert_false(field_read((struct span){buffer, size}, &hpkp, NULL));
  }
  for (int octet = 0; octet < 256; octet++) {
    memset(buffer, octet, HPKP_HEADER_MAX);
    field_read((struct span){buffer, HPKP_HEADER_MAX}, &hpkp, NULL);
    assert_true(hpkp.pins == 0 && !hpkp.has_max_age);
  }
}

/* One change: an octet, a part that is taken out or doubled, or a piece of grammar that is put in.
 */
static size_t change(uint8_t *field, size_t size, unsigned short seed[3])
{
  static const char pieces[][24] = {"\"",
                                    "'",
                                    "\\",
                                    ";",
                                    "=",
                                    " ",
                                    "\t",
                                    "max-age=0",
                                    "pin-sha256=",
                                    "report-uri=\"http://x\"",
                                    ";includeSubDomains;",
                                    "99999999"};
  size_t at = (size_t)nrand48(seed) % size, part = (size_t)nrand48(seed) % (size - at + 1);
  const char *piece = pieces[(size_t)nrand48(seed) % (sizeof pieces / sizeof pieces[0])];

  switch (nrand48(seed) % 4) {
  case 0:
    field[at] = (uint8_t)(nrand48(seed) >> 11);
    return size;
  case 1:
    memmove(field + at, field + at + part, size - at - part);
    return size - part;
  case 2:
    memmove(field + at + part, field + at, size - at);
    return size + part;
  default:
    memmove(field + at + strlen(piece), field + at, size - at);
    memcpy(field + at, piece, strlen(piece));
    return size + strlen(piece);
  }
}

/* field_read asserts what must hold of each. */
static void survives_fields_that_were_changed_at_random(void **state)
{
  unsigned short seed[3] = {20, 15, 4};
  unsigned fine = 0, refused = 0;
  struct hpkp hpkp;

  (void)state;
  for (int i = 0; i < 50000; i++) {
    size_t size = strlen(honest);
    long changes = 1 + nrand48(seed) % 4;

    memcpy(buffer, honest, size);
    while (changes-- > 0 && size > 0)
      size = change(buffer, size, seed);
    field_read((struct span){buffer, size}, &hpkp, NULL) ? fine++ : refused++;
  }
  assert_in_range(fine, 1000, 49000);
  assert_in_range(refused, 1000, 49000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ignores_a_field_over_16_kib),
      cmocka_unit_test(reads_values_of_any_length),
      cmocka_unit_test(leaves_out_a_long_uri_but_not_the_pins),
      cmocka_unit_test(takes_64_different_pins_and_no_more),
      cmocka_unit_test(ignores_1000_pins),
      cmocka_unit_test(takes_64_other_directives_and_no_more),
      cmocka_unit_test(takes_any_octet_anywhere_without_harm),
      cmocka_unit_test(takes_any_beginning_without_harm),
      cmocka_unit_test(refuses_binary),
      cmocka_unit_test(survives_fields_that_were_changed_at_random),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
