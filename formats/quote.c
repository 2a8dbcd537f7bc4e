/* Octets as they are shown: see quote.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/quote.h"

#include "common/text.h"
#include "common/utf8.h"

#include <glib.h>

enum { SHOWN = 64 };

static void append_escaped(GString *text, struct span octets)
{
  for (size_t i = 0; i < octets.size; i++)
    g_string_append_printf(text, "\\x%02x", octets.data[i]);
}

/* Of whichever language the quotation marks are. */
static bool is_mark(uint32_t character)
{
  return character == '\'' || character == 0xab || character == 0xbb ||
         (character >= 0x2018 && character <= 0x201f) || character == 0x2039 || character == 0x203a;
}

/* A quotation mark or a backslash of the file must not look like one of ours. */
static bool stands_for_itself(uint32_t character)
{
  return utf8_is_harmless(character) && !is_mark(character) && character != '\\';
}

static void append_character(GString *text, struct reader *r)
{
  struct reader ahead = *r;
  const uint8_t *start = r->next;
  uint32_t character = utf8_read(&ahead);

  if (ahead.failed) {
    append_escaped(text, reader_take(r, 1));
    return;
  }
  *r = ahead;
  if (stands_for_itself(character))
    g_string_append_len(text, (const char *)start, r->next - start);
  else
    append_escaped(text, (struct span){start, (size_t)(r->next - start)});
}

char *quote(struct span octets)
{
  g_autoptr(GString) text = g_string_new(NULL);
  struct reader r = reader_of(octets);

  for (size_t i = 0; i < SHOWN && r.left > 0; i++)
    append_character(text, &r);
  if (r.left > 0)
    g_string_append(text, "...");
  return g_strdup_printf(_("'%s'"), text->str);
}
