/* A table that fits the terminal: see columns.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/columns.h"

#include "common/text.h"
#include "tools/cells.h"

#include <string.h>
#include <unistd.h>

enum { GAP = 2, NOTE_INDENT = 4 };

struct row {
  char *texts[COLUMNS_MOST];
  enum paint paints[COLUMNS_MOST];
  char *notes; /* whole lines; or NULL */
};

struct columns {
  const struct column *columns;
  size_t count;
  struct columns_style style;
  GPtrArray *sample; /* struct row; NULL once the widths are known */
  unsigned widths[COLUMNS_MOST];
  bool dropped[COLUMNS_MOST];
};

static void row_free(gpointer data)
{
  struct row *row = data;

  for (size_t i = 0; i < COLUMNS_MOST; i++)
    g_free(row->texts[i]);
  g_free(row->notes);
  g_free(row);
}

struct columns *columns_new(const struct column *columns, size_t count,
                            const struct columns_style *style)
{
  struct columns *table = g_new0(struct columns, 1);

  g_assert(count <= COLUMNS_MOST);
  table->columns = columns;
  table->count = count;
  table->style = *style;
  table->sample = g_ptr_array_new_with_free_func(row_free);
  return table;
}

static void measure(struct columns *table)
{
  for (size_t i = 0; i < table->count; i++) {
    table->widths[i] = cells_width(_(table->columns[i].title));
    for (guint r = 0; r < table->sample->len; r++) {
      const struct row *row = g_ptr_array_index(table->sample, r);

      table->widths[i] = MAX(table->widths[i], cells_width(row->texts[i]));
    }
  }
}

/* Cells of a whole line, the shrinking column counted with no more than `least`. */
static unsigned line_width(const struct columns *table, unsigned least)
{
  unsigned width = 0, shown = 0;

  for (size_t i = 0; i < table->count; i++)
    if (!table->dropped[i]) {
      unsigned own = table->widths[i];

      width += table->columns[i].shrinks ? MIN(own, least) : own;
      shown++;
    }
  return shown > 0 ? width + GAP * (shown - 1) : 0;
}

/* The column to go next; `count` where all that are left have to stay. */
static size_t next_to_drop(const struct columns *table)
{
  size_t next = table->count;

  for (size_t i = 0; i < table->count; i++)
    if (!table->dropped[i] && table->columns[i].drop > 0 &&
        (next == table->count || table->columns[i].drop > table->columns[next].drop))
      next = i;
  return next;
}

static void fit(struct columns *table)
{
  unsigned limit = table->style.width, rest;

  if (limit == 0)
    return;
  while (line_width(table, COLUMNS_LEAST) > limit) {
    size_t next = next_to_drop(table);

    if (next == table->count)
      break;
    table->dropped[next] = true;
  }
  rest = line_width(table, 0);
  for (size_t i = 0; i < table->count; i++)
    if (table->columns[i].shrinks)
      table->widths[i] = MIN(table->widths[i], rest < limit ? limit - rest : 1);
}

static bool is_last(const struct columns *table, size_t index)
{
  for (size_t i = index + 1; i < table->count; i++)
    if (!table->dropped[i])
      return false;
  return true;
}

/* Colour is added last, since it takes no cells. No blanks are left at the end of a line. */
static void append_cell(const struct columns *table, size_t i, const struct cell *cell,
                        GString *line)
{
  bool limited = table->style.width > 0, last = is_last(table, i);
  g_autofree char *clean = output_clean(cell->text);
  g_autofree char *fitting =
      limited ? cells_shorten(clean, table->widths[i], table->style.ellipsis) : NULL;
  const char *text = limited ? fitting : clean;
  g_autofree char *painted = output_paint(text, cell->paint, table->style.coloured);
  unsigned used = cells_width(text);
  int blanks = used < table->widths[i] ? (int)(table->widths[i] - used) : 0;

  if (table->columns[i].right)
    g_string_append_printf(line, "%*s%s", blanks, "", painted);
  else
    g_string_append_printf(line, "%s%*s", painted, last ? 0 : blanks, "");
  g_string_append_printf(line, "%*s", last ? 0 : GAP, "");
}

static void write_line(const struct columns *table, const struct cell *cells)
{
  g_autoptr(GString) line = g_string_new(NULL);

  for (size_t i = 0; i < table->count; i++)
    if (!table->dropped[i])
      append_cell(table, i, &cells[i], line);
  g_strchomp(line->str);
  line->len = strlen(line->str);
  g_string_append_c(line, '\n');
  table->style.write(line->str, table->style.data);
}

static void write_titles(const struct columns *table)
{
  struct cell cells[COLUMNS_MOST];

  for (size_t i = 0; i < table->count; i++)
    cells[i] = (struct cell){_(table->columns[i].title), PAINT_TITLE};
  write_line(table, cells);
}

/* From here on rows go straight out. */
static void settle(struct columns *table)
{
  struct cell cells[COLUMNS_MOST];

  measure(table);
  fit(table);
  if (table->sample->len > 0)
    write_titles(table);
  for (guint r = 0; r < table->sample->len; r++) {
    const struct row *row = g_ptr_array_index(table->sample, r);

    for (size_t i = 0; i < table->count; i++)
      cells[i] = (struct cell){row->texts[i], row->paints[i]};
    write_line(table, cells);
    if (row->notes != NULL)
      table->style.write(row->notes, table->style.data);
  }
  g_clear_pointer(&table->sample, g_ptr_array_unref);
}

void columns_add(struct columns *table, const struct cell *cells)
{
  struct row *row;

  if (table->sample == NULL) {
    write_line(table, cells);
    return;
  }
  row = g_new0(struct row, 1);
  for (size_t i = 0; i < table->count; i++) {
    row->texts[i] = g_strdup(cells[i].text);
    row->paints[i] = cells[i].paint;
  }
  g_ptr_array_add(table->sample, row);
  if (table->sample->len == COLUMNS_SAMPLE)
    settle(table);
}

/* lines: written at once, or kept with the row that was added last. */
static void put_below(struct columns *table, const char *lines)
{
  struct row *row;
  char *before;

  if (table->sample == NULL) {
    table->style.write(lines, table->style.data);
    return;
  }
  row = g_ptr_array_index(table->sample, table->sample->len - 1);
  before = row->notes;
  row->notes = g_strconcat(before != NULL ? before : "", lines, NULL);
  g_free(before);
}

void columns_note(struct columns *table, const char *text)
{
  unsigned width = table->style.width;
  g_autofree char *clean = output_clean(text), *fitting = NULL, *line = NULL;

  if (width > NOTE_INDENT)
    fitting = cells_shorten(clean, width - NOTE_INDENT, table->style.ellipsis);
  line = g_strdup_printf("%*s%s\n", NOTE_INDENT, "", fitting != NULL ? fitting : clean);
  put_below(table, line);
}

static void collect(const char *text, void *data)
{
  g_string_append(data, text);
}

void columns_remark(struct columns *table, const char *text)
{
  g_autoptr(GString) lines = g_string_new(NULL);
  struct columns_style style = table->style;

  style.write = collect;
  style.data = lines;
  columns_paragraph(&style, NOTE_INDENT, text);
  put_below(table, lines->str);
}

void columns_end(struct columns *table)
{
  if (table->sample != NULL)
    settle(table);
  g_free(table);
}

void columns_paragraph(const struct columns_style *style, unsigned indent, const char *text)
{
  g_autoptr(GString) lines = g_string_new(NULL);
  g_autofree char *clean = output_clean(text);

  g_string_append_printf(lines, "%*s", (int)indent, "");
  cells_append_wrapped(lines, clean, style->width, indent);
  g_string_append_c(lines, '\n');
  style->write(lines->str, style->data);
}

struct columns_style columns_style_of_output(void)
{
  return (struct columns_style){
      .width = output_width(STDOUT_FILENO),
      .coloured = output_is_coloured(STDOUT_FILENO),
      .ellipsis = output_ellipsis(),
      .write = output_write,
  };
}
