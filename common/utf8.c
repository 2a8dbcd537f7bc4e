/* Characters of UTF-8: see utf8.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/utf8.h"

enum { REPLACEMENT = 0xfffd };

/* By the number of octets behind the first: its mask, and the least character so written. */
static const struct {
  uint8_t lead, mask;
  uint32_t least;
} forms[] = {
    {0x00, 0x7f, 0},
    {0xc0, 0x1f, 0x80},
    {0xe0, 0x0f, 0x800},
    {0xf0, 0x07, 0x10000},
};

enum { FORMS = sizeof forms / sizeof forms[0] };

static bool is_character(uint32_t c)
{
  return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

static unsigned form_of(uint8_t first)
{
  if (first < 0x80)
    return 0;
  return first < 0xc0 || first >= 0xf8 ? FORMS : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
}

uint32_t utf8_read(struct reader *r)
{
  uint8_t first = reader_u8(r);
  unsigned form = form_of(first);
  uint32_t c;

  if (form == FORMS) {
    r->failed = true;
    return 0;
  }
  c = first & forms[form].mask;
  for (unsigned i = 0; i < form; i++) {
    uint8_t next = reader_u8(r);

    r->failed = r->failed || (next & 0xc0) != 0x80;
    c = c << 6 | (next & 0x3f);
  }
  r->failed = r->failed || c < forms[form].least || !is_character(c);
  return r->failed ? 0 : c;
}

void utf8_write(struct writer *w, uint32_t character)
{
  uint32_t c = is_character(character) ? character : REPLACEMENT;
  uint8_t octets[FORMS];
  unsigned form = FORMS - 1;

  while (c < forms[form].least)
    form--;
  for (unsigned i = form; i > 0; i--, c >>= 6)
    octets[i] = (uint8_t)(0x80 | (c & 0x3f));
  octets[0] = (uint8_t)(forms[form].lead | c);
  writer_put(w, (struct span){octets, form + 1});
}

static bool is_control(uint32_t c)
{
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

bool utf8_is_harmless(uint32_t c)
{
  return !is_control(c) && c != 0x061c && c != 0x200e && c != 0x200f &&
         (c < 0x2028 || c > 0x202e) && (c < 0x2066 || c > 0x2069);
}

bool utf8_is_text(struct span octets)
{
  struct reader r = reader_of(octets);
  bool text = true;

  while (text && r.left > 0)
    text = !is_control(utf8_read(&r)) && !r.failed;
  return text;
}
