/* What Emacs prints: see lisp.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/lisp.h"

#include <string.h>

struct lisp_reader lisp_reader_of(struct span octets)
{
  return (struct lisp_reader){.octets = reader_of(octets), .line = 1};
}

static int take(struct lisp_reader *reader)
{
  uint8_t octet;

  if (reader->octets.left == 0)
    return -1;
  octet = reader_u8(&reader->octets);
  reader->line += octet == '\n';
  return octet;
}

static int next(const struct lisp_reader *reader)
{
  return reader->octets.left > 0 ? reader->octets.next[0] : -1;
}

static bool is_blank(int octet)
{
  return octet == ' ' || (octet >= '\t' && octet <= '\r');
}

int lisp_peek(struct lisp_reader *reader)
{
  bool comment = false;
  int octet;

  while ((octet = next(reader)) >= 0 && (comment || is_blank(octet) || octet == ';')) {
    comment = octet == ';' || (comment && octet != '\n');
    take(reader);
  }
  return octet;
}

bool lisp_take(struct lisp_reader *reader, char parenthesis)
{
  if (lisp_peek(reader) != parenthesis)
    return false;
  take(reader);
  return true;
}

/* An escaped line feed stands for nothing, other characters for themselves; prin1 writes none of
 * the other escapes unless told to. */
static bool read_string(struct lisp_reader *reader, GString *text)
{
  int octet;

  take(reader);
  while ((octet = take(reader)) != '"') {
    if (octet == '\\') {
      octet = take(reader);
      if (octet == '\n')
        continue;
      if (octet == 'n')
        octet = '\n';
    }
    if (octet < 0)
      return false;
    g_string_append_c(text, (char)octet);
  }
  return true;
}

static bool ends_symbol(int octet)
{
  return octet < 0 || is_blank(octet) || strchr("()\";'`,[]", octet) != NULL;
}

static bool read_symbol(struct lisp_reader *reader, GString *text)
{
  while (!ends_symbol(next(reader)))
    g_string_append_c(text, (char)take(reader));
  return text->len > 0;
}

static struct lisp *read_form(struct lisp_reader *reader, unsigned depth);

static bool read_list(struct lisp_reader *reader, unsigned depth, GPtrArray *items)
{
  int octet;

  take(reader);
  while ((octet = lisp_peek(reader)) != ')') {
    struct lisp *item = octet >= 0 ? read_form(reader, depth + 1) : NULL;

    if (item == NULL)
      return false;
    g_ptr_array_add(items, item);
  }
  take(reader);
  return true;
}

static void free_item(void *item)
{
  lisp_free(item);
}

static struct lisp *read_form(struct lisp_reader *reader, unsigned depth)
{
  int octet = lisp_peek(reader);
  g_autoptr(lisp) form = g_new0(struct lisp, 1);
  bool fine;

  form->line = reader->line;
  if (depth >= LISP_DEPTH_MOST)
    return NULL;
  if (octet == '(') {
    form->kind = LISP_LIST;
    form->items = g_ptr_array_new_with_free_func(free_item);
    fine = read_list(reader, depth, form->items);
  } else {
    form->kind = octet == '"' ? LISP_STRING : LISP_SYMBOL;
    form->text = g_string_new(NULL);
    fine = octet == '"' ? read_string(reader, form->text) : read_symbol(reader, form->text);
  }
  return fine ? g_steal_pointer(&form) : NULL;
}

struct lisp *lisp_read(struct lisp_reader *reader)
{
  return read_form(reader, 0);
}

void lisp_free(struct lisp *form)
{
  if (form == NULL)
    return;
  if (form->items != NULL)
    g_ptr_array_unref(form->items);
  if (form->text != NULL)
    g_string_free(form->text, TRUE);
  g_free(form);
}

const struct lisp *lisp_get(const struct lisp *list, const char *symbol)
{
  for (guint i = 0; list->kind == LISP_LIST && i + 1 < list->items->len; i += 2) {
    const struct lisp *name = list->items->pdata[i];

    if (name->kind == LISP_SYMBOL && strcmp(name->text->str, symbol) == 0)
      return list->items->pdata[i + 1];
  }
  return NULL;
}
