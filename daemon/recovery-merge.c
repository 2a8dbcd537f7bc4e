/* What a recovery keeps, and what it takes of the backup, where nothing proves what was there:
 * rules 3, 4 and 5 of recovery.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recovery-private.h"

#include "daemon/beside.h"
#include "daemon/lenient.h"
#include "daemon/pinrow.h"
#include "daemon/stale.h"
#include "daemon/state.h"

static bool is_of_journal(enum table_id table)
{
  return table == TABLE_OPERATION || table == TABLE_BEFORE || table == TABLE_IMAGE;
}

/* What is dropped is missing, and wasn't saved. */
static void count_dropped(struct recovery *recovery, bool fine, uint64_t dropped)
{
  struct damage *damage = &recovery->damage;

  recovery->failed |= !fine;
  damage->saved -= MIN(damage->saved, dropped);
  damage->missing = recovery_add(damage->missing, (int64_t)dropped);
}

/* Rule 3. */
static void drop_stale(struct recovery *recovery)
{
  uint64_t dropped = 0;
  bool fine = stale_drop(recovery->successor.rebuild, recovery->touched, &dropped);

  count_dropped(recovery, fine, dropped);
}

/* The walks have looked at both. */
static bool is_same_record(const struct cell *cells, const struct cell *held)
{
  struct pin_note note, held_note;
  struct keypin pin, held_pin;

  (void)pin_of_cells(cells, STORE_USER, &pin, &note);
  (void)pin_of_cells(held, STORE_USER, &held_pin, &held_note);
  return pin_equal(&pin, &held_pin);
}

/* That a record was met since is no difference. digest: NULL of a record. */
static bool backup_says(struct recovery *recovery, enum table_id table, const struct cell *cells,
                        const struct digest *digest)
{
  struct database *db = &recovery->backup->db;
  struct cell held[TABLE_COLUMNS];
  struct digest other;
  enum tlspin_code code;
  bool same;

  database_refuel_all(db);
  code = contents_get(db, table, cells, held, &other);
  same = code == TLSPIN_OK &&
         (table == TABLE_PIN ? is_same_record(cells, held) : digest_same(digest, &other));
  database_reset(db->get[table]);
  recovery->failed |= code == TLSPIN_UNAVAILABLE;
  return same;
}

/* Rows that are missing and weren't seen to be lost elsewhere may be the journal's; and one of an
 * old page, which is there too much, may be in the place of such a row. */
static bool journal_is_whole(const struct recovery *recovery)
{
  uint64_t elsewhere = 0;

  for (int i = 0; i < TABLES; i++)
    if (!is_of_journal((enum table_id)i))
      elsewhere += recovery->found.lost[i];
  return (uint64_t)recovery->damage.missing == elsewhere; /* DAMAGE_UNKNOWN is below 0 */
}

/* Without the sum, whose page is the one that is damaged, nobody knows which operation was the
 * last; what the backup has of the journal may have been forgotten there as well. */
static bool is_told_without_sum(const struct recovery *recovery)
{
  uint64_t last = rebuild_last_operation(recovery->successor.rebuild);
  uint64_t after = recovery->backup_operation;

  return recovery->journal && recovery->found.pages_damaged <= 1 &&
         touched_tells(recovery->touched, after, MAX(last, after), false);
}

static bool is_told(const struct recovery *recovery)
{
  if (recovery->unchanged)
    return true;
  if (!recovery->found.contents_known)
    return is_told_without_sum(recovery);
  return journal_is_whole(recovery) &&
         touched_tells(recovery->touched, recovery->backup_operation,
                       rebuild_last_operation(recovery->successor.rebuild), true);
}

/* An operation of the file's that touched a row since the backup was made speaks against both, and
 * so does one of which it isn't known what it touched. Nothing speaks of settings, unless the sum
 * of the backup is right for what is there, and there is no other. */
static bool is_confirmed(enum table_id table, const struct cell *cells, const struct digest *digest,
                         void *data)
{
  struct recovery *recovery = data;

  if (recovery->backup == NULL || !recovery->told)
    return false;
  if (table == TABLE_SETTING)
    return recovery->same && !recovery->found.contents_known;
  return !touched_after(recovery->touched, table, cells, recovery->backup_operation) &&
         backup_says(recovery, table, cells, digest);
}

/* Rule 4. */
static void drop_lenient(struct recovery *recovery)
{
  uint64_t dropped = 0;
  bool fine = lenient_drop(recovery->successor.rebuild, is_confirmed, recovery, &dropped);

  count_dropped(recovery, fine, dropped);
}

/* Not the journal nor the log: without all of an operation it can't be taken back, and what was
 * forgotten since must not come back. */
static bool is_of_pins(enum table_id table)
{
  return table == TABLE_TICKET || table == TABLE_PIN || table == TABLE_SETTING ||
         table == TABLE_STATE;
}

/* What is recalled of the settings is in no journal. What was lost before and the user hadn't seen
 * when the backup was made he may have seen since. */
static bool may_merge(const struct recovery *recovery, enum table_id table,
                      const struct cell *cells, const struct digest *digest)
{
  if (table == TABLE_STATE && span_equal(cells[0].bytes, cell_text(DAMAGE_ROW).bytes))
    return false;
  if (lenient_row(table, cells) && (table == TABLE_SETTING || !recovery->unchanged))
    return false;
  if (g_hash_table_contains(recovery->beside, digest))
    return false;
  return !recovery->newer || (is_of_pins(table) && !touched_after(recovery->touched, table, cells,
                                                                  recovery->backup_operation));
}

static bool on_merged(enum table_id table, const struct cell *cells, const struct digest *digest,
                      void *data)
{
  struct recovery *recovery = data;
  struct rebuild *rebuild = recovery->successor.rebuild;
  uint64_t before = rebuild_rows(rebuild);
  bool added;

  if (!may_merge(recovery, table, cells, digest))
    return true;
  added = rebuild_add(rebuild, table, cells);
  recovery->damage.merged += rebuild_rows(rebuild) - before;
  return added;
}

/* Such a row may have made way for another without an operation. */
static bool is_learned(enum table_id table, const struct cell *cells)
{
  struct pin_note note;
  struct keypin pin;

  if (table != TABLE_PIN)
    return table == TABLE_TICKET;
  (void)pin_of_cells(cells, STORE_USER, &pin, &note); /* the walk has looked at it */
  return pin.origin == KEYPIN_TOFU || pin.origin == KEYPIN_HPKP;
}

/* Beside what the backup has just so a row of it stood there, too. */
static bool is_newer(const struct cell *cells, void *data)
{
  return !backup_says(data, TABLE_PIN, cells, NULL);
}

/* A row of the backup that isn't there: false where it can't be told whether a record is. */
static bool look_beside(struct recovery *recovery, enum table_id table, const struct cell *cells,
                        const struct digest *digest)
{
  enum tlspin_code code = beside_find(rebuild_database(recovery->successor.rebuild), table, cells,
                                      recovery->unchanged ? is_newer : NULL, recovery);

  if (code == TLSPIN_OK)
    g_hash_table_add(recovery->beside, g_memdup2(digest, sizeof *digest));
  return code != TLSPIN_UNAVAILABLE;
}

static bool on_compared(enum table_id table, const struct cell *cells, const struct digest *digest,
                        void *data)
{
  struct recovery *recovery = data;
  struct rebuild *rebuild = recovery->successor.rebuild;
  bool held = rebuild_holds(rebuild, table, cells, digest);

  recovery->backed++;
  recovery->common += held;
  if (is_of_journal(table) && !rebuild_has(rebuild, table, cells))
    recovery->journal = false;
  if (held || !lenient_beside(table, cells))
    return true;
  return (recovery->unchanged && !is_learned(table, cells)) ||
         look_beside(recovery, table, cells, digest);
}

/* Where the backup has all that is there, nothing speaks against the rest of it, save for what
 * would stand beside that. */
static void compare(struct recovery *recovery)
{
  uint64_t rows = rebuild_rows(recovery->successor.rebuild);

  recovery->journal = true;
  recovery_walk_backup(recovery, on_compared);
  recovery->newer = recovery->backup == NULL || recovery->common < rows;
  recovery->same = !recovery->newer && recovery->backed == rows;
}

/* Rule 5. */
static void merge(struct recovery *recovery)
{
  struct rebuild *rebuild = recovery->successor.rebuild;

  rebuild_raise_operation(rebuild, recovery->backup_operation);
  recovery_walk_backup(recovery, on_merged);
}

/* The journal is read while it is whole. */
void recovery_merge(struct recovery *recovery)
{
  compare(recovery);
  recovery->torn = recovery->newer && !journal_is_whole(recovery);
  recovery->touched = touched_new(rebuild_database(recovery->successor.rebuild));
  recovery->failed |= recovery->touched == NULL;
  if (!recovery->failed) {
    recovery->told = is_told(recovery);
    drop_stale(recovery);
  }
  if (!recovery->failed)
    drop_lenient(recovery);
  if (!recovery->failed)
    merge(recovery);
}
