/* A file, line by line: see lines.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/lines.h"

#include <glib.h>
#include <string.h>

struct lines lines_of(struct span octets)
{
  return (struct lines){.rest = octets};
}

/* A reader's octets are taken from its front. */
static void skip(struct span *octets, size_t size)
{
  struct reader r = reader_of(*octets);

  reader_take(&r, size);
  *octets = (struct span){r.next, r.left};
}

struct span span_cut(struct span *rest, char separator, bool *found)
{
  const uint8_t *end = rest->size > 0 ? memchr(rest->data, separator, rest->size) : NULL;
  struct span part = *rest;

  *found = end != NULL;
  if (end == NULL) {
    skip(rest, rest->size);
    return part;
  }
  part.size = (size_t)(end - rest->data);
  skip(rest, part.size + 1);
  return part;
}

bool lines_next(struct lines *lines, struct span *line)
{
  if (lines->rest.size == 0)
    return false;
  *line = span_cut(&lines->rest, '\n', &lines->whole);
  lines->number++;
  if (line->size > 0 && line->data[line->size - 1] == '\r')
    line->size--;
  return true;
}

static bool is_blank(uint8_t octet)
{
  return octet == ' ' || octet == '\t';
}

struct span span_strip(struct span text)
{
  while (text.size > 0 && is_blank(text.data[0]))
    skip(&text, 1);
  while (text.size > 0 && is_blank(text.data[text.size - 1]))
    text.size--;
  return text;
}

bool span_is(struct span octets, const char *text)
{
  return span_equal(octets, (struct span){(const uint8_t *)text, strlen(text)});
}

bool span_begins(struct span octets, const char *text)
{
  size_t size = strlen(text);

  return octets.size >= size && memcmp(octets.data, text, size) == 0;
}

bool span_holds(struct span octets, const char *text)
{
  return octets.size > 0 && memmem(octets.data, octets.size, text, strlen(text)) != NULL;
}

bool span_number(struct span text, uint64_t most, uint64_t *number)
{
  *number = 0;
  for (size_t i = 0; i < text.size; i++) {
    unsigned digit = (unsigned)text.data[i] - '0';

    if (digit > 9 || *number > (most - MIN(digit, most)) / 10)
      return false;
    *number = *number * 10 + digit;
  }
  return text.size > 0 && *number <= most;
}

bool span_hex(struct span text, uint8_t *octets, size_t size)
{
  bool colons = text.size == size * 3 - 1;
  size_t step = colons ? 3 : 2;

  if (size == 0 || (!colons && text.size != size * 2))
    return false;
  for (size_t i = 0; i < size; i++) {
    int high = g_ascii_xdigit_value((char)text.data[i * step]);
    int low = g_ascii_xdigit_value((char)text.data[i * step + 1]);

    if (high < 0 || low < 0 || (colons && i > 0 && text.data[i * step - 1] != ':'))
      return false;
    octets[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}
