/* Fields of Public-Key-Pins for tests: see field.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/field.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void expect_same(const struct hpkp *a, const struct hpkp *b)
{
  assert_int_equal(a->pins, b->pins);
  assert_memory_equal(a->pin, b->pin, sizeof a->pin);
  assert_int_equal(a->other_hashes, b->other_hashes);
  assert_int_equal(a->has_max_age, b->has_max_age);
  assert_int_equal(a->max_age, b->max_age);
  assert_int_equal(a->subdomains, b->subdomains);
  assert_memory_equal(a->report_uri, b->report_uri, sizeof a->report_uri);
}

static void expect_sound(const struct hpkp *hpkp)
{
  const char *uri = hpkp->report_uri;

  assert_in_range(hpkp->pins, 0, HPKP_PINS_MAX);
  for (size_t i = 0; i < hpkp->pins; i++)
    for (size_t j = 0; j < i; j++)
      assert_memory_not_equal(hpkp->pin[i], hpkp->pin[j], 32);
  assert_in_range(hpkp->max_age, 0, hpkp->has_max_age ? INT64_MAX : 0);
  assert_in_range(hpkp_age(hpkp), 0, HPKP_AGE_MAX);
  assert_non_null(memchr(uri, '\0', HPKP_URI_MAX + 1));
  assert_true(*uri == '\0' || strncasecmp(uri, "http://", 7) == 0 ||
              strncasecmp(uri, "https://", 8) == 0);
  for (size_t i = 0; uri[i] != '\0'; i++)
    assert_in_range((uint8_t)uri[i], '!', 0x7f);
}

bool field_read(struct span octets, struct hpkp *hpkp, bool *strict)
{
  static const struct hpkp nothing;
  uint8_t *copy = malloc(octets.size);
  struct span span = {copy, octets.size};
  struct hpkp other;
  bool fine, taken;

  assert_true(copy != NULL || octets.size == 0);
  if (octets.size > 0)
    memcpy(copy, octets.data, octets.size);
  memset(hpkp, 0xff, sizeof *hpkp);
  memset(&other, 0xff, sizeof other);
  fine = hpkp_read(span, hpkp);
  taken = hpkp_read_strict(span, &other);
  assert_true(fine || !taken);
  expect_sound(hpkp);
  expect_same(&other, taken ? hpkp : &nothing);
  if (!fine)
    expect_same(hpkp, &nothing);
  if (strict != NULL)
    *strict = taken;
  free(copy);
  return fine;
}

static bool read_text(const char *text, struct hpkp *hpkp, bool *strict)
{
  return field_read((struct span){(const uint8_t *)text, strlen(text)}, hpkp, strict);
}

void field_refused(const char *text)
{
  struct hpkp hpkp;

  if (read_text(text, &hpkp, NULL))
    fail_msg("taken: %.300s", text);
}

static struct hpkp expect_taken(const char *text, bool by_strict)
{
  struct hpkp hpkp;
  bool strict;

  if (!read_text(text, &hpkp, &strict))
    fail_msg("refused: %.300s", text);
  if (strict != by_strict)
    fail_msg("%s by the strict: %.300s", strict ? "taken" : "refused", text);
  return hpkp;
}

struct hpkp field_taken(const char *text)
{
  return expect_taken(text, true);
}

struct hpkp field_tolerated(const char *text)
{
  return expect_taken(text, false);
}

bool field_has_pin(const struct hpkp *hpkp, uint8_t octet)
{
  uint8_t digest[32];

  memset(digest, octet, sizeof digest);
  for (size_t i = 0; i < hpkp->pins; i++)
    if (memcmp(hpkp->pin[i], digest, sizeof digest) == 0)
      return true;
  return false;
}
