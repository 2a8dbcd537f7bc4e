/* Stores whose digests are all right, and whose rows hold what no tlspin would write.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first octet says which specimen is taken (bit 0: a layer of the system), and whether the
 * user's is worked with (bit 1). Then row by row: one octet for the table, one for the row of it
 * that is copied, one for what is done with it (bit 0: it is dropped first), then changes up to a
 * column of 255: the column, and a value. */
#include "config.h"

#include "fuzz/fuzz.h"
#include "fuzz/specimen.h"

#include "daemon/contents.h"

#include <glib.h>
#include <string.h>

enum { SYSTEM = 1, USE = 2, DROP = 1, ROWS_MOST = 16, PLAIN_NUMBERS = 200 };

/* Words that mean something in one column or another. */
static const char *const words[] = {
    "",      "a.example", "example",  "tls",       "dtls",      "none",      "enforce", "report",
    "off",   "on",        "sha256",   "sha384",    "clear",     "undo",      "edit",    "told",
    "draft", "applying",  "gone",     "exact",     "one-label", "subtree",   "pin",     "exception",
    "mode",  "inactive",  "active",   "critical",  "rejected",  "excepted",  "tofu",    "hpkp",
    "user",  "import",    "policy",   "program",   "leaf",      "issuer",    "anchor",  "authority",
    "any",   "mismatch",  "reported", "change",    "accepted",  "crowded",   "key",     "learn",
    "yes",   "no",        "{}",       "localhost", "1.2.3.4",   "A.example", "a..b",    "\x1b[m",
    "\xff",  "xn--",
};

static const int64_t numbers[] = {INT64_MIN,
                                  -1,
                                  INT32_MIN,
                                  INT32_MAX,
                                  UINT16_MAX,
                                  UINT16_MAX + 1,
                                  UINT32_MAX,
                                  (int64_t)UINT32_MAX + 1,
                                  SPECIMEN_NOW,
                                  INT64_C(253402300799),
                                  INT64_C(253402300800),
                                  INT64_MAX};

static int64_t read_number(struct reader *r)
{
  uint8_t which = reader_u8(r);

  if (which < PLAIN_NUMBERS)
    return which;
  return which - PLAIN_NUMBERS < (int)G_N_ELEMENTS(numbers) ? numbers[which - PLAIN_NUMBERS]
                                                            : (int64_t)reader_u64(r);
}

/* Octets of the input, or a word. */
static struct span read_octets(struct reader *r)
{
  uint8_t which = reader_u8(r);

  if (which < G_N_ELEMENTS(words))
    return cell_text(words[which]).bytes;
  return reader_take(r, MIN((size_t)(which - G_N_ELEMENTS(words)), r->left));
}

static void change_columns(struct reader *r, const struct table *table, struct cell *cells)
{
  while (r->left > 0 && !r->failed) {
    uint8_t column = reader_u8(r);

    if (column >= table->columns)
      return;
    if (table->types[column] == 'i')
      cells[column].number = read_number(r);
    else
      cells[column].bytes = read_octets(r);
  }
}

/* *kept: what the cells point to from then on. */
static void keep_cells(struct cell *cells, int count, GByteArray *kept)
{
  size_t at = 0;

  g_byte_array_set_size(kept, 0);
  for (int i = 0; i < count; i++)
    g_byte_array_append(kept, cells[i].bytes.data, (guint)cells[i].bytes.size);
  for (int i = 0; i < count; at += cells[i++].bytes.size)
    cells[i].bytes.data = kept->data + at;
}

/* The row of the table that is the number `which`, or its last. False where it is empty. */
static bool copy_row(struct database *db, const struct table *table, unsigned which,
                     struct cell *cells, GByteArray *kept)
{
  sqlite3_stmt *statement = NULL;
  struct digest digest;
  bool found = false;

  require(sqlite3_prepare_v2(db->handle, table->scan, -1, &statement, NULL) == SQLITE_OK);
  for (unsigned i = 0; i <= which % 4 && sqlite3_step(statement) == SQLITE_ROW; i++) {
    require(cells_read(db->checksum, table, statement, cells, &digest));
    keep_cells(cells, table->columns, kept);
    found = true;
  }
  sqlite3_finalize(statement);
  return found;
}

static void put_rows(struct database *db, struct reader *r)
{
  g_autoptr(GByteArray) kept = g_byte_array_new();
  struct transaction change;

  if (transaction_begin(&change, db) != TLSPIN_OK)
    return;
  for (int i = 0; i < ROWS_MOST && r->left > 0 && !r->failed; i++) {
    enum table_id table = (enum table_id)(reader_u8(r) % TABLES);
    struct cell cells[TABLE_COLUMNS];
    uint8_t which = reader_u8(r), how = reader_u8(r);

    if (!copy_row(db, &tables[table], which, cells, kept))
      continue;
    if ((how & DROP) != 0)
      transaction_drop(&change, table, cells);
    change_columns(r, &tables[table], cells);
    transaction_put(&change, table, cells);
  }
  transaction_end(&change, TLSPIN_OK);
}

static void forge(const struct specimen *specimen, struct reader *r)
{
  struct database db = {.handle = NULL};

  specimen_put(specimen, (struct span){specimen->octets, specimen->size});
  require(database_open(&db, specimen->path, STORE_USER) && database_prepare(&db));
  database_refuel_all(&db);
  put_rows(&db, r);
  database_close(&db);
}

/* Whatever is asked and done, it is done, or said that it can't be. */
static void use(struct store *store)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_applied applied;
  struct store_change change;
  bool more = true;

  store_undo(store, 0, SPECIMEN_NOW, &change);
  while (store_apply(store, 100, 100, &applied) == TLSPIN_OK)
    ;
  store_trim_history(store, 1, 1);
  filter.host = "a.example";
  store_clear(store, &filter, SPECIMEN_NOW, &change);
  store_undo(store, 0, SPECIMEN_NOW, &change);
  for (int i = 0; i < 8 && more; i++)
    if (store_forget(store, SPECIMEN_NOW + 1, 1, &more) != TLSPIN_OK)
      break;
}

/* What was once taken for a store is one after anything that tlspin does with it. */
static void open_again(const struct specimen *specimen)
{
  struct store *store = specimen_open(specimen);
  char *text;

  require(store != NULL);
  text = specimen_text(store);
  require(text != NULL);
  g_free(text);
  store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct reader r = reader_of((struct span){data, size});
  uint8_t how = reader_u8(&r);
  const struct specimen *specimen = specimen_of((how & SYSTEM) != 0 ? STORE_SYSTEM : STORE_USER);
  bool used = specimen->kind == STORE_USER && (how & USE) != 0;
  struct store *store;
  char *text;

  forge(specimen, &r);
  store = specimen_open(specimen);
  if (store == NULL)
    return 0;
  text = specimen_text(store);
  require(text != NULL);
  g_free(text);
  if (used)
    use(store);
  store_close(store);
  if (used)
    open_again(specimen);
  return 0;
}
