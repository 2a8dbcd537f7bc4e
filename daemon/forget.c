/* What the journal forgets: see store_forget in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal.h"

enum { STEP = 5000 }; /* images that are deleted at once */

static enum tlspin_code count_by(sqlite3_stmt *statement, uint64_t operation, uint64_t limit,
                                 uint64_t *count)
{
  enum tlspin_code code = TLSPIN_UNAVAILABLE;

  sqlite3_bind_int64(statement, 1, (int64_t)operation);
  sqlite3_bind_int64(statement, 2, (int64_t)MIN(limit, INT64_MAX));
  if (database_step(statement) == STEP_ROW) {
    *count += (uint64_t)sqlite3_column_int64(statement, 0);
    code = TLSPIN_OK;
  }
  database_reset(statement);
  return code;
}

/* Adds the number of an operation's images, as far as `limit`. */
static enum tlspin_code count_images(struct store *store, uint64_t operation, uint64_t limit,
                                     uint64_t *count)
{
  sqlite3_stmt *const *statements = store->db.statements;
  enum tlspin_code code = count_by(statements[STATEMENT_COUNT_IMAGES], operation, limit, count);

  return code == TLSPIN_OK
             ? count_by(statements[STATEMENT_COUNT_PIN_IMAGES], operation, limit, count)
             : code;
}

/* *oldest: the number below which all go by rule 2. */
static enum tlspin_code find_oldest(struct store *store, uint64_t keep, uint64_t *oldest)
{
  struct operation_row row = {.id = INT64_MAX};
  enum tlspin_code code = journal_last_head(store, row.id, &row); /* the newest isn't counted */
  uint64_t count = 0;

  while (code == TLSPIN_OK && count <= keep) {
    *oldest = row.id;
    code = journal_last_head(store, row.id, &row);
    if (code == TLSPIN_OK && row.kind != OPERATION_GONE)
      code = count_images(store, row.id, keep < INT64_MAX ? keep + 1 : keep, &count);
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

static bool is_draft(const struct operation_row *row)
{
  return row->kind == OPERATION_DRAFT && !row->undone;
}

/* Which operations the journal forgets:
 *
 * 1. Those that were made before a time.
 * 2. Of the images beyond those of the newest operation, which may be of any size, a number is
 *    kept, the newest. The operation with which they would be more goes, and what is older.
 * 3. But never a draft that isn't finished: it could not be taken back without its images.
 *
 * They are marked first, all at once: what has lost an image can't be undone. */
static enum tlspin_code mark(struct store *store, struct transaction *change, int64_t before,
                             uint64_t keep)
{
  struct operation_row row = {.id = 0};
  uint64_t oldest = 0;
  enum tlspin_code code = find_oldest(store, keep, &oldest);

  while (code == TLSPIN_OK && (code = journal_next_head(store, row.id, &row)) == TLSPIN_OK) {
    if (row.kind == OPERATION_GONE || is_draft(&row) || (row.made >= before && row.id >= oldest))
      continue;
    row = (struct operation_row){
        .id = row.id, .kind = OPERATION_GONE, .made = row.made, .undone = true};
    code = journal_put(change, &row);
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

static enum tlspin_code drop_image(struct store *store, struct transaction *change,
                                   uint64_t operation)
{
  struct cell key[TABLE_KEY];
  struct image_row image;
  enum tlspin_code code = journal_next(store, operation, NULL, &image);

  if (code == TLSPIN_E_NOT_FOUND)
    return journal_forget_pin(store, change, operation);
  if (code != TLSPIN_OK)
    return code;
  key[0] = cell_integer((int64_t)operation);
  peer_to_cells(&image.ticket.peer, key + 1);
  code = transaction_drop(change, TABLE_BEFORE, key);
  ticket_row_clear(&image.ticket);
  return code;
}

/* Deletes images of the marked operations, at most *left of them. */
static enum tlspin_code drop_images(struct store *store, struct transaction *change, uint64_t *left,
                                    bool *any)
{
  struct operation_row row = {.id = 0};
  enum tlspin_code code = TLSPIN_OK;

  while (code == TLSPIN_OK && *left > 0 &&
         (code = journal_next_head(store, row.id, &row)) == TLSPIN_OK) {
    if (row.kind != OPERATION_GONE)
      continue;
    *any = true;
    while (*left > 0 && (code = drop_image(store, change, row.id)) == TLSPIN_OK)
      --*left;
    if (code == TLSPIN_E_NOT_FOUND)
      code = TLSPIN_OK;
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

static enum tlspin_code drop_heads(struct store *store)
{
  struct operation_row row = {.id = 0};
  struct transaction change;
  enum tlspin_code code = store_begin(store, &change);

  if (code != TLSPIN_OK)
    return code;
  while (code == TLSPIN_OK && (code = journal_next_head(store, row.id, &row)) == TLSPIN_OK) {
    const struct cell key = cell_integer((int64_t)row.id);

    if (row.kind == OPERATION_GONE)
      code = transaction_drop(&change, TABLE_OPERATION, &key);
  }
  return transaction_end(&change, code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code);
}

/* The heads, in which there is no host and no secret, go last: where the rewriting failed or was
 * cut off, the next call finds them and rewrites again. */
enum tlspin_code store_forget(struct store *store, int64_t before, uint64_t keep, bool *more)
{
  uint64_t left = STEP;
  bool any = false;
  struct transaction change;
  enum tlspin_code code = store_begin(store, &change);

  *more = false;
  if (code != TLSPIN_OK)
    return code;
  code = mark(store, &change, before, keep);
  if (code == TLSPIN_OK)
    code = drop_images(store, &change, &left, &any);
  code = transaction_end(&change, code);
  if (code != TLSPIN_OK || !any)
    return code;
  *more = left == 0;
  if (*more)
    return TLSPIN_OK;
  return database_rewrite(&store->db) ? drop_heads(store) : TLSPIN_UNAVAILABLE;
}
