/* A table that fits the terminal.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The widths follow from the first rows; those after them stream, so that a table of any length
 * takes little memory. Where the width is limited, columns that may be dropped are dropped and the
 * one that may shrink is shortened in its middle; else nothing is left out, and a longer text moves
 * only its own line.
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "tools/output.h"

enum {
  COLUMNS_MOST = 8,
  COLUMNS_SAMPLE = 1000, /* rows that are held back to find the widths */
  COLUMNS_LEAST = 16     /* cells to which the shrinking column goes before others are dropped */
};

struct column {
  const char *title; /* to be translated */
  bool right;        /* aligned to the right */
  bool shrinks;      /* at most one of a table */
  unsigned drop;     /* 0: stays; else the highest goes first */
};

struct cell {
  const char *text;
  enum paint paint;
};

struct columns_style {
  unsigned width; /* cells of a line; 0: no limit */
  bool coloured;
  const char *ellipsis;
  void (*write)(const char *text, void *data); /* is given whole lines */
  void *data;
};

struct columns;

/* columns: static, `count` of them. style is copied. */
struct columns *columns_new(const struct column *columns, size_t count,
                            const struct columns_style *style);

/* Adds a row of as many cells as there are columns; they are copied. What a terminal would obey is
 * taken out of the texts. */
void columns_add(struct columns *table, const struct cell *cells);

/* Adds a line below the row that was added last, and below those that are there already: what is
 * too long for a column. columns_note: shortened like a cell. columns_remark: broken at blanks. */
void columns_note(struct columns *table, const char *text);
void columns_remark(struct columns *table, const char *text);

/* Writes what was held back and frees the table. One without rows writes nothing. */
void columns_end(struct columns *table);

/* Writes a paragraph in the style: indented, and broken at blanks where a line would be too long.
 * What a terminal would obey is taken out. */
void columns_paragraph(const struct columns_style *style, unsigned indent, const char *text);

/* The style of standard output. */
struct columns_style columns_style_of_output(void);

#endif
