/* What the journal forgets: see store_forget in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/bygone.h"
#include "daemon/journal.h"
#include "daemon/owed.h"
#include "daemon/torn.h"

#include <string.h>

enum { STEP = 2000 }; /* images that are deleted at once: others wait for that */

static enum tlspin_code count_by(sqlite3_stmt *statement, uint64_t operation, uint64_t limit,
                                 uint64_t *count)
{
  const struct cell cells[] = {cell_integer((int64_t)operation),
                               cell_integer((int64_t)MIN(limit, INT64_MAX))};
  int64_t answer;

  if (!database_ask(statement, cells, G_N_ELEMENTS(cells), &answer))
    return TLSPIN_UNAVAILABLE;
  *count += (uint64_t)answer;
  return TLSPIN_OK;
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

/* The user's own: what a server or a program brings about takes nothing of theirs away. */
static bool is_own(const struct operation_row *row)
{
  return row->kind == OPERATION_CLEAR || row->kind == OPERATION_EDIT || row->kind == OPERATION_UNDO;
}

static bool is_told(const struct operation_row *row)
{
  return row->kind == OPERATION_TOLD;
}

/* The newest operations of a sort, as far as so many images go. */
struct budget {
  bool (*is_of)(const struct operation_row *row);
  uint64_t keep, count;
  uint64_t oldest; /* what is of the sort and below it goes */
};

static enum tlspin_code charge(struct store *store, struct budget *budget,
                               const struct operation_row *row)
{
  uint64_t limit = budget->keep < INT64_MAX ? budget->keep + 1 : budget->keep;
  enum tlspin_code code = TLSPIN_OK;

  if (!budget->is_of(row) || budget->count > budget->keep)
    return TLSPIN_OK;
  code = count_images(store, row->id, limit, &budget->count);
  if (budget->count <= budget->keep)
    budget->oldest = row->id;
  return code;
}

/* What the rules look at, but for the time. */
struct kept {
  struct torn torn;
  bool torn_stays; /* one that may lack images isn't forgotten yet */
  uint64_t newest; /* of the user's own; 0: none */
  struct budget own, told;
  GHashTable *undos; /* of those in force, by their target: when they were made, as int64_t */
};

static void note_undo(struct kept *kept, const struct operation_row *row)
{
  int64_t *key = g_new(int64_t, 2);

  key[0] = (int64_t)row->target;
  key[1] = row->made;
  g_hash_table_replace(kept->undos, key, key + 1);
}

/* From the newest to the oldest. */
static enum tlspin_code find_kept(struct store *store, uint64_t keep, struct kept *kept)
{
  struct operation_row row = {.id = INT64_MAX};
  enum tlspin_code code = TLSPIN_OK;

  *kept = (struct kept){.own = {is_own, keep, 0, INT64_MAX},
                        .told = {is_told, STORE_TOLD_IMAGES, 0, INT64_MAX},
                        .undos = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL)};
  code = torn_get(store, &kept->torn);
  while (code == TLSPIN_OK && (code = journal_last_head(store, row.id, &row)) == TLSPIN_OK) {
    if (row.kind == OPERATION_UNDO && !row.undone)
      note_undo(kept, &row);
    if (kept->newest == 0 && is_own(&row))
      kept->newest = row.id;
    else
      code = charge(store, &kept->own, &row);
    if (code == TLSPIN_OK)
      code = charge(store, &kept->told, &row);
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

static bool is_too_old(const struct kept *kept, const struct operation_row *row, int64_t before)
{
  const int64_t id = (int64_t)row->id;
  const int64_t *undone = row->undone ? g_hash_table_lookup(kept->undos, &id) : NULL;

  return row->made < before && (undone == NULL || *undone < before);
}

/* Which operations the journal forgets:
 *
 * 1. Those that were made before a time.
 * 2. Of the images beyond those of the user's newest operation, which may be of any size, a number
 *    is kept, the newest. The operation of the user's with which they would be more goes, and what
 *    is older of the user's.
 * 3. What servers and programs brought about has a budget of its own, in the same way: it takes
 *    nothing of the user's own operations away, however much it is, nor they of it.
 * 4. One that was taken back is as young, for rule 1, as the undo: whatever found what it had made
 *    is older than that, and is forgotten with it. Otherwise an undo of that could bring back what
 *    was taken back (trail.c).
 * 5. But never a draft that isn't finished, nor an operation that is being applied.
 *
 * They are marked first, all at once: what has lost an image can't be undone. */
static bool is_to_go(const struct kept *kept, const struct operation_row *row, int64_t before)
{
  if (is_own(row) ? row->id < kept->own.oldest && row->id != kept->newest
                  : is_told(row) && row->id < kept->told.oldest)
    return true; /* 2, 3 */
  return (is_own(row) || is_told(row)) && is_too_old(kept, row, before);
}

/* An operation that touched nothing is none: where it has no images, they were lost with a damaged
 * file. But what an undo met was perhaps as it should be. */
static enum tlspin_code note_loss(struct store *store, const struct kept *kept,
                                  const struct operation_row *row, struct bygone *bygone)
{
  enum tlspin_code code = TLSPIN_OK;

  if (row->id <= kept->torn.operation)
    code = TLSPIN_E_NOT_FOUND;
  else if (row->kind != OPERATION_UNDO)
    code = journal_touched(store, row->id);
  if (code == TLSPIN_E_NOT_FOUND)
    bygone_note_lost(bygone, row->made);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

static enum tlspin_code mark_all(struct store *store, struct transaction *change, int64_t before,
                                 struct kept *kept, struct bygone *bygone)
{
  struct operation_row row = {.id = 0};
  enum tlspin_code code = TLSPIN_OK;

  while (code == TLSPIN_OK && (code = journal_next_head(store, row.id, &row)) == TLSPIN_OK) {
    if (!is_to_go(kept, &row, before)) {
      kept->torn_stays |= row.kind != OPERATION_GONE && row.id <= kept->torn.operation;
      continue;
    }
    code = note_loss(store, kept, &row, bygone);
    if (code == TLSPIN_OK)
      code = journal_mark_gone(change, &row);
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

/* Images whose operation was lost: they go like those of one that is being forgotten. */
static enum tlspin_code adopt_images(struct store *store, struct transaction *change, int64_t made)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_LATER_IMAGES];
  enum tlspin_code code = TLSPIN_OK;
  struct operation_row row, gone;
  int64_t id = 0;

  while (code == TLSPIN_OK) {
    const struct cell after = cell_integer(id);

    database_refuel_all(&store->db);
    if (!database_ask(statement, &after, 1, &id))
      return TLSPIN_UNAVAILABLE;
    if (id == 0)
      return TLSPIN_OK;
    gone = (struct operation_row){.id = (uint64_t)id, .made = made};
    code = journal_find(store, gone.id, &row);
    if (code == TLSPIN_E_NOT_FOUND)
      code = journal_mark_gone(change, &gone);
  }
  return code;
}

/* Of what was lost with its operation nobody knows when that was made: before the loss. Once all
 * that is as old as that is forgotten, so is this. */
static enum tlspin_code mark_torn(struct store *store, struct transaction *change, int64_t before,
                                  const struct kept *kept, struct bygone *bygone)
{
  enum tlspin_code code;

  if (kept->torn.found == TORN_NEVER || kept->torn_stays || kept->torn.found >= before)
    return TLSPIN_OK;
  bygone_note_lost(bygone, kept->torn.found);
  code = adopt_images(store, change, kept->torn.found);
  if (code == TLSPIN_OK)
    code = owed_put(change, OWED_REWRITE);
  return code == TLSPIN_OK ? owed_drop(change, TORN_ROW) : code;
}

static enum tlspin_code mark(struct store *store, struct transaction *change, int64_t before,
                             uint64_t keep, struct bygone *bygone)
{
  struct kept kept;
  enum tlspin_code code = find_kept(store, keep, &kept);

  if (code == TLSPIN_OK)
    code = mark_all(store, change, before, &kept, bygone);
  if (code == TLSPIN_OK)
    code = mark_torn(store, change, before, &kept, bygone);
  g_hash_table_unref(kept.undos);
  return code;
}

static enum tlspin_code drop_image(struct store *store, struct transaction *change,
                                   const struct operation_row *row, struct bygone *bygone)
{
  struct cell key[TABLE_KEY];
  char host[HOST_MAX + 1];
  struct image_row image;
  enum tlspin_code code = journal_next(store, row->id, NULL, &image);

  if (code == TLSPIN_E_NOT_FOUND) {
    code = journal_forget_pin(store, change, row->id, host);
  } else if (code == TLSPIN_OK) {
    key[0] = cell_integer((int64_t)row->id);
    peer_to_cells(&image.ticket.peer, key + 1);
    code = transaction_drop(change, TABLE_BEFORE, key);
    memcpy(host, image.ticket.peer.host, sizeof host);
    ticket_row_clear(&image.ticket);
  }
  if (code == TLSPIN_OK)
    bygone_note(bygone, host, row->made);
  return code;
}

/* Deletes images of the marked operations, at most *left of them. */
static enum tlspin_code drop_images(struct store *store, struct transaction *change, uint64_t *left,
                                    bool *any, struct bygone *bygone)
{
  struct operation_row row = {.id = 0};
  enum tlspin_code code = TLSPIN_OK;

  while (code == TLSPIN_OK && *left > 0 &&
         (code = journal_next_head(store, row.id, &row)) == TLSPIN_OK) {
    if (row.kind != OPERATION_GONE)
      continue;
    *any = true;
    while (*left > 0 && (code = drop_image(store, change, &row, bygone)) == TLSPIN_OK)
      --*left;
    if (code == TLSPIN_E_NOT_FOUND)
      code = TLSPIN_OK;
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

/* With the images goes what was logged of hosts that have left the store. Files that were set aside
 * may hold those yet: see owed.h. */
static enum tlspin_code forget_some(struct store *store, struct transaction *change, int64_t before,
                                    uint64_t keep, uint64_t *left, bool *any)
{
  struct bygone *bygone = bygone_new();
  bool gone = false;
  enum tlspin_code code = mark(store, change, before, keep, bygone);

  if (code == TLSPIN_OK)
    code = drop_images(store, change, left, any, bygone);
  if (code == TLSPIN_OK)
    code = bygone_drop(bygone, store, change, &gone);
  if (code == TLSPIN_OK && gone)
    code = owed_put(change, OWED_ASIDES);
  bygone_free(bygone);
  return code;
}

static enum tlspin_code drop_heads(struct store *store)
{
  struct operation_row row = {.id = 0};
  struct transaction change;
  enum tlspin_code code = store_begin(store, &change);

  if (code != TLSPIN_OK)
    return code;
  while (code == TLSPIN_OK && (code = journal_next_head(store, row.id, &row)) == TLSPIN_OK) {
    if (row.kind == OPERATION_GONE)
      code = journal_drop(&change, row.id);
  }
  if (code == TLSPIN_E_NOT_FOUND)
    code = owed_drop(&change, OWED_REWRITE);
  return transaction_end(&change, code);
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
  code = forget_some(store, &change, before, keep, &left, &any);
  if (code == TLSPIN_OK && !any)
    code = owed_look(store, OWED_REWRITE, &any);
  code = transaction_end(&change, code);
  if (code != TLSPIN_OK || !any)
    return code;
  *more = left == 0;
  if (*more)
    return TLSPIN_OK;
  return database_rewrite(&store->db) ? drop_heads(store) : TLSPIN_UNAVAILABLE;
}
