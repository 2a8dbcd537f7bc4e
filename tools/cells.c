/* Cells of a terminal: see cells.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/cells.h"

#include <string.h>

static unsigned width_of(gunichar c)
{
  if (g_unichar_iszerowidth(c))
    return 0;
  return g_unichar_iswide(c) ? 2 : 1;
}

unsigned cells_width(const char *text)
{
  unsigned width = 0;

  for (; *text != '\0'; text = g_utf8_next_char(text))
    width += width_of(g_utf8_get_char(text));
  return width;
}

/* Behind the last character of a beginning of `width` cells, with the marks that belong to it. */
static const char *end_of_head(const char *text, unsigned width)
{
  unsigned used = 0;

  for (; *text != '\0'; text = g_utf8_next_char(text)) {
    unsigned more = width_of(g_utf8_get_char(text));

    if (used + more > width)
      break;
    used += more;
  }
  return text;
}

/* The first character of an ending of `width` cells; a mark without its letter is left out. */
static const char *start_of_tail(const char *text, unsigned width)
{
  const char *start = text + strlen(text), *before;
  unsigned used = 0;

  while (start > text) {
    before = g_utf8_prev_char(start);
    used += width_of(g_utf8_get_char(before));
    if (used > width)
      break;
    start = before;
  }
  while (*start != '\0' && width_of(g_utf8_get_char(start)) == 0)
    start = g_utf8_next_char(start);
  return start;
}

char *cells_shorten(const char *text, unsigned width, const char *ellipsis)
{
  unsigned gap = cells_width(ellipsis), left, head;
  const char *end;

  if (cells_width(text) <= width)
    return g_strdup(text);
  if (width <= gap)
    return g_strndup(text, (size_t)(end_of_head(text, width) - text));
  left = width - gap;
  head = (left + 1) / 2;
  end = end_of_head(text, head);
  return g_strdup_printf("%.*s%s%s", (int)(end - text), text, ellipsis,
                         start_of_tail(text, left - head));
}

static void append_blanks(GString *out, unsigned count)
{
  g_string_append_printf(out, "%*s", (int)count, "");
}

void cells_append_padded(GString *out, const char *text, unsigned width)
{
  unsigned used = cells_width(text);

  g_string_append(out, text);
  append_blanks(out, used < width ? width - used : 0);
}

static void append_word(GString *out, const char *word, unsigned width, unsigned indent,
                        unsigned *used)
{
  unsigned size = cells_width(word);

  if (*used > indent && width > 0 && *used + 1 + size > width) {
    g_string_append_c(out, '\n');
    append_blanks(out, indent);
    *used = indent;
  } else if (*used > indent) {
    g_string_append_c(out, ' ');
    (*used)++;
  }
  g_string_append(out, word);
  *used += size;
}

void cells_append_wrapped(GString *out, const char *text, unsigned width, unsigned indent)
{
  g_auto(GStrv) words = g_strsplit(text, " ", 0);
  unsigned used = indent;

  for (size_t i = 0; words[i] != NULL; i++)
    append_word(out, words[i], width, indent, &used);
}
