/* The columns of one row, and the digest over them: see cell.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/cell.h"

#include "daemon/store.h"

#include <string.h>

enum { ROW_MAX = EVENT_REPORT_MAX + 4096 }; /* the longest column, and all others of its row */

struct cell cell_integer(int64_t number)
{
  return (struct cell){CELL_INTEGER, number, {NULL, 0}};
}

struct cell cell_text(const char *text)
{
  return (struct cell){CELL_TEXT, 0, {(const uint8_t *)text, strlen(text)}};
}

struct cell cell_blob(struct span bytes)
{
  return (struct cell){CELL_BLOB, 0, bytes};
}

bool cell_read_text(const struct cell *cell, char *text, size_t size)
{
  if (cell->bytes.size >= size)
    return false;
  if (cell->bytes.size > 0)
    memcpy(text, cell->bytes.data, cell->bytes.size);
  text[cell->bytes.size] = '\0';
  return strlen(text) == cell->bytes.size;
}

static void write_cell(struct writer *w, const struct cell *cell)
{
  writer_u8(w, (uint8_t)cell->type);
  if (cell->type == CELL_INTEGER) {
    writer_u64(w, (uint64_t)cell->number);
    return;
  }
  if (cell->bytes.size > ROW_MAX)
    w->failed = true;
  writer_u24(w, (uint32_t)cell->bytes.size);
  writer_put(w, cell->bytes);
}

/* GLib's checksum keeps the last octets that were no whole block of 64, and copies no whole one. */
static void forget_block(GChecksum *checksum)
{
  static const uint8_t zeros[63];

  g_checksum_reset(checksum);
  g_checksum_update(checksum, zeros, sizeof zeros);
}

bool cells_digest(GChecksum *checksum, const struct table *table, const struct cell *cells,
                  struct digest *digest)
{
  uint8_t buffer[ROW_MAX];
  struct writer w = writer_of(buffer, sizeof buffer);
  gsize size = DIGEST_SIZE;

  writer_vector8(&w, (struct span){(const uint8_t *)table->name, strlen(table->name)});
  for (int i = 0; i < table->columns; i++)
    write_cell(&w, &cells[i]);
  if (!w.failed) {
    g_checksum_reset(checksum);
    g_checksum_update(checksum, buffer, (gssize)w.used);
    g_checksum_get_digest(checksum, digest->octets, &size);
    forget_block(checksum);
  }
  explicit_bzero(buffer, w.used); /* there is a secret among the columns */
  return !w.failed;
}

static enum cell_type type_of_letter(char letter)
{
  return letter == 'i' ? CELL_INTEGER : letter == 't' ? CELL_TEXT : CELL_BLOB;
}

/* sqlite3_column_text would copy the text to end it with a NUL, so that texts are read as blobs. */
static bool read_cell(sqlite3_stmt *statement, int column, enum cell_type type, struct cell *cell)
{
  static const int sqlite_types[] = {
      [CELL_INTEGER] = SQLITE_INTEGER, [CELL_TEXT] = SQLITE_TEXT, [CELL_BLOB] = SQLITE_BLOB};

  *cell = (struct cell){type, 0, {NULL, 0}};
  if (sqlite3_column_type(statement, column) != sqlite_types[type])
    return false;
  if (type == CELL_INTEGER) {
    cell->number = sqlite3_column_int64(statement, column);
  } else {
    cell->bytes.data = sqlite3_column_blob(statement, column);
    cell->bytes.size = (size_t)sqlite3_column_bytes(statement, column);
  }
  return true;
}

bool cells_read(GChecksum *checksum, const struct table *table, sqlite3_stmt *statement,
                struct cell *cells, struct digest *digest)
{
  struct cell stored;

  for (int i = 0; i < table->columns; i++)
    if (!read_cell(statement, i, type_of_letter(table->types[i]), &cells[i]))
      return false;
  return read_cell(statement, table->columns, CELL_BLOB, &stored) &&
         cells_digest(checksum, table, cells, digest) &&
         span_equal(stored.bytes, (struct span){digest->octets, DIGEST_SIZE});
}

/* A NULL pointer would be bound as NULL and not as an empty blob. */
static int bind_cell(sqlite3_stmt *statement, int parameter, const struct cell *cell)
{
  const void *data = cell->bytes.data != NULL ? cell->bytes.data : (const void *)"";

  if (cell->type == CELL_INTEGER)
    return sqlite3_bind_int64(statement, parameter, cell->number);
  if (cell->type == CELL_TEXT)
    return sqlite3_bind_text(statement, parameter, data, (int)cell->bytes.size, SQLITE_STATIC);
  return sqlite3_bind_blob(statement, parameter, data, (int)cell->bytes.size, SQLITE_STATIC);
}

bool cells_bind(sqlite3_stmt *statement, const struct cell *cells, int count)
{
  for (int i = 0; i < count; i++)
    if (cells[i].bytes.size > ROW_MAX || bind_cell(statement, i + 1, &cells[i]) != SQLITE_OK)
      return false;
  return true;
}

static int compare_bytes(struct span a, struct span b)
{
  size_t shared = a.size < b.size ? a.size : b.size;
  int order = shared > 0 ? memcmp(a.data, b.data, shared) : 0;

  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

int cells_compare(const struct table *table, const struct cell *a, const struct cell *b)
{
  int order = 0;

  for (int i = 0; i < table->key && order == 0; i++)
    order = a[i].type == CELL_INTEGER ? (a[i].number > b[i].number) - (a[i].number < b[i].number)
                                      : compare_bytes(a[i].bytes, b[i].bytes);
  return order;
}

void digest_toggle(struct digest *sum, const struct digest *digest)
{
  for (size_t i = 0; i < DIGEST_SIZE; i++)
    sum->octets[i] ^= digest->octets[i];
}

/* It is as good as drawn by lot: any octets of it will do. */
guint digest_hash(gconstpointer digest)
{
  guint hash;

  memcpy(&hash, digest, sizeof hash);
  return hash;
}

gboolean digest_same(gconstpointer a, gconstpointer b)
{
  return memcmp(a, b, sizeof(struct digest)) == 0;
}
