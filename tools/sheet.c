/* Facts about one thing: see sheet.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/sheet.h"

#include "tools/cells.h"

enum { GAP = 2 };

struct fact {
  char *name;
  char *value;
  enum paint paint;
};

struct sheet {
  GArray *facts;
};

static void fact_clear(gpointer data)
{
  struct fact *fact = data;

  g_free(fact->name);
  g_free(fact->value);
}

struct sheet *sheet_new(void)
{
  struct sheet *sheet = g_new0(struct sheet, 1);

  sheet->facts = g_array_new(FALSE, FALSE, sizeof(struct fact));
  g_array_set_clear_func(sheet->facts, fact_clear);
  return sheet;
}

void sheet_add_painted(struct sheet *sheet, const char *name, enum paint paint, const char *value)
{
  struct fact fact = {g_strdup(name), output_clean(value), paint};

  g_array_append_val(sheet->facts, fact);
}

void sheet_add(struct sheet *sheet, const char *name, const char *format, ...)
{
  g_autofree char *value = NULL;
  va_list arguments;

  va_start(arguments, format);
  value = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  sheet_add_painted(sheet, name, PAINT_NONE, value);
}

static unsigned widest_name(const struct sheet *sheet)
{
  unsigned widest = 0;

  for (guint i = 0; i < sheet->facts->len; i++)
    widest = MAX(widest, cells_width(g_array_index(sheet->facts, struct fact, i).name));
  return widest;
}

static void write_fact(const struct fact *fact, unsigned names, const struct columns_style *style)
{
  g_autoptr(GString) line = g_string_new(NULL), value = g_string_new(NULL);
  g_autofree char *painted = NULL;

  cells_append_padded(line, fact->name, names + GAP);
  cells_append_wrapped(value, fact->value, style->width, names + GAP);
  painted = output_paint(value->str, fact->paint, style->coloured);
  g_string_append_printf(line, "%s\n", painted);
  style->write(line->str, style->data);
}

void sheet_end(struct sheet *sheet, const struct columns_style *style)
{
  unsigned names = widest_name(sheet);

  for (guint i = 0; i < sheet->facts->len; i++)
    write_fact(&g_array_index(sheet->facts, struct fact, i), names, style);
  g_array_unref(sheet->facts);
  g_free(sheet);
}
