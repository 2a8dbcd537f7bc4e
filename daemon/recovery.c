/* From a damaged or lost store to one that can be used again: see recovery.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the new store holds:
 *
 * 1. Every row that the file's pages still give, and whose digest is right (salvage.h).
 * 2. Of the rows that were found nowhere but in the file's octets, and of those of the newest
 * backup that can be read, the ones that were in the damaged store: its sum proves it (missing.h).
 * If all are there then, nothing was lost. A sum that no pointer of a page names proves nothing: a
 * server may have made it up, in its ticket.
 * 3. Else nothing proves what is there. A row that is as it was before an operation of the journal
 * took it away or changed it is one of an old page (stale.h), and dropped.
 * 4. What lets more through (lenient.h) is kept only where the backup says just the same (that a
 * record was met since is no difference), and no operation touched it since: the file has to tell
 * of each which rows that were. So it does where its sum says that there was none; or where each
 * has left its images, and just so many rows are missing as pages of other tables than the
 * journal's lack; or, where the sum is lost, where each has left its images, nothing of the
 * backup's journal is missing, and no page is damaged but that of the sum. No journal tells of
 * settings: for them the backup speaks only where the sum is lost and the file has just the rows of
 * the backup.
 * 5. Then what the backup has of pins, unless the store, or the journal, knows better: a key that
 * is there is left as it is, and one that an operation touched after the backup was made stays
 * away. Without a row in the file, the whole backup. But only where there was no operation since
 * comes what lets more through, which the user may have withdrawn: and that is also a ticket or a
 * record that would stand beside the records which the file has of its place (be they dropped by
 * rule 4), unless it can but forbid. Learning is no operation: what was learned stays away in any
 * case from beside a record that the backup has not just so, which may be its successor. A backup
 * that is of a time before the user put another one in the place of the store (restored.h) neither
 * gives anything here nor confirms it by rule 4.
 * 6. What was lost and saved, for the user (damage.h). While something is missing, what is not
 * there is not known to be none.
 *
 * The new store is on the disk before the damaged one is touched, which is set aside (aside.h) and
 * never deleted. */
#include "config.h"

#include "daemon/recovery-private.h"

#include "common/text.h"
#include "daemon/aside.h"
#include "daemon/backups.h"
#include "daemon/problem.h"
#include "daemon/restored.h"
#include "daemon/state.h"
#include "daemon/torn.h"

#include <errno.h>

/* What was found for certain, and what needs a proof. */
static bool on_salvaged(enum table_id table, const struct cell *cells, const struct digest *digest,
                        bool reached, void *data)
{
  struct recovery *recovery = data;
  struct rebuild *rebuild = recovery->successor.rebuild;

  recovery->failed = reached ? !rebuild_add(rebuild, table, cells)
                             : !rebuild_offer(rebuild, REBUILD_CARVED, table, cells, digest);
  return !recovery->failed;
}

/* Rule 1. A file that is missing gives nothing. */
static enum tlspin_code salvage(struct recovery *recovery, char **problem)
{
  const char *path = recovery->successor.store.path;

  if (recovery->damage.cause == DAMAGE_MISSING)
    return TLSPIN_OK;
  if (!salvage_read(path, STORE_USER, on_salvaged, recovery, &recovery->found))
    recovery->found.fault = errno;
  if (recovery->found.fault != 0) /* what a page holds that can't be read now isn't lost yet */
    return problem_set(problem, _("%s can't be read: %s. Check the disk."), path,
                       g_strerror(recovery->found.fault));
  recovery->damage.saved = rebuild_rows(recovery->successor.rebuild);
  return TLSPIN_OK;
}

static bool on_offered(enum table_id table, const struct cell *cells, const struct digest *digest,
                       void *data)
{
  struct recovery *recovery = data;

  return rebuild_offer(recovery->successor.rebuild, REBUILD_BACKUP, table, cells, digest);
}

void recovery_walk_backup(struct recovery *recovery, contents_visit visit)
{
  if (recovery->backup == NULL)
    return;
  database_refuel_all(&recovery->backup->db);
  if (!contents_walk(&recovery->backup->db, STORE_USER, visit, recovery))
    recovery->failed = true;
}

/* Rule 2. True where every row is there. */
static bool complete(struct recovery *recovery)
{
  const struct contents *contents = &recovery->found.contents;
  struct rebuild *rebuild = recovery->successor.rebuild;
  struct damage *damage = &recovery->damage;
  uint64_t added[REBUILD_SOURCES];
  enum tlspin_code code;

  if (!recovery->found.contents_known)
    return false;
  damage->missing = (int64_t)rebuild_missing(rebuild, contents);
  rebuild_raise_operation(rebuild, contents->last_operation);
  recovery->unchanged = rebuild_last_operation(rebuild) == recovery->backup_operation;
  recovery_walk_backup(recovery, on_offered);
  code = rebuild_complete(rebuild, contents, added);
  if (code == TLSPIN_UNAVAILABLE)
    recovery->failed = true;
  if (code == TLSPIN_OK)
    damage->missing = 0;
  else if (damage->missing == 0)
    damage->missing = DAMAGE_UNKNOWN;
  damage->carved = added[REBUILD_CARVED];
  damage->merged = added[REBUILD_BACKUP];
  return damage->missing == 0;
}

int64_t recovery_add(int64_t a, int64_t b)
{
  return a == DAMAGE_UNKNOWN || b == DAMAGE_UNKNOWN ? DAMAGE_UNKNOWN : a + b;
}

static void pass_restored(struct recovery *recovery)
{
  enum tlspin_code code = restored_since(recovery->successor.rebuild, recovery->backup_operation);

  recovery->failed |= code == TLSPIN_UNAVAILABLE;
  if (code == TLSPIN_E_NOT_FOUND || recovery->backup == NULL)
    return;
  store_close(g_steal_pointer(&recovery->backup));
  recovery->damage.backup = 0;
}

/* Rules 3 to 5. */
static void do_without_proof(struct recovery *recovery)
{
  pass_restored(recovery);
  recovery_merge(recovery);
}

/* What was lost before, and the user hasn't seen, is still lost. */
static void add_earlier(struct recovery *recovery)
{
  struct cell key = cell_text(DAMAGE_ROW), cells[TABLE_COLUMNS];
  struct database *db = rebuild_database(recovery->successor.rebuild);
  struct damage earlier = {.missing = 0};
  struct digest digest;
  enum tlspin_code code = contents_get(db, TABLE_STATE, &key, cells, &digest);

  if (code == TLSPIN_UNAVAILABLE)
    recovery->failed = true;
  if (code == TLSPIN_OK && !damage_decode(cells[1].bytes, &earlier))
    earlier.missing = DAMAGE_UNKNOWN;
  database_reset(db->get[TABLE_STATE]);
  recovery->damage.missing = recovery_add(recovery->damage.missing, earlier.missing);
}

/* Rule 6. */
static void note_damage(struct recovery *recovery)
{
  uint8_t value[STATE_VALUE_MAX];
  struct cell cells[] = {cell_text(DAMAGE_ROW), cell_blob((struct span){value, 0})};

  add_earlier(recovery);
  cells[1].bytes.size = damage_encode(&recovery->damage, value);
  if (!rebuild_replace(recovery->successor.rebuild, TABLE_STATE, cells))
    recovery->failed = true;
}

/* Which operations may lack something from now on. */
static void note_torn(struct recovery *recovery)
{
  struct rebuild *rebuild = recovery->successor.rebuild;
  const struct torn torn = {rebuild_last_operation(rebuild), recovery->damage.found};
  uint8_t value[TORN_OCTETS];
  struct cell cells[] = {cell_text(TORN_ROW), cell_blob((struct span){value, 0})};

  cells[1].bytes.size = torn_encode(&torn, value);
  recovery->failed |= !rebuild_replace(rebuild, TABLE_STATE, cells);
}

static enum tlspin_code fill(struct recovery *recovery, char **problem)
{
  enum tlspin_code code = salvage(recovery, problem);

  if (code != TLSPIN_OK)
    return code;
  if (!recovery->failed && !complete(recovery) && !recovery->failed)
    do_without_proof(recovery);
  if (!recovery->failed && recovery->torn)
    note_torn(recovery);
  if (!recovery->failed)
    note_damage(recovery);
  return recovery->failed ? successor_say_unwritable(&recovery->successor, problem) : TLSPIN_OK;
}

/* Those that are newer and can't be used. One that can't be read just now may be read the next
 * time, and then saves more. */
static enum tlspin_code pass_over(const GPtrArray *passed, char **problem)
{
  for (guint i = 0; i < passed->len; i++) {
    const struct backup *backup = passed->pdata[i];

    if (backup->state == BACKUP_HINDERED)
      return problem_set(problem, "%s", backup->problem);
    if (backup->problem != NULL)
      g_warning("%s", backup->problem);
  }
  return TLSPIN_OK;
}

/* None is fine. */
static enum tlspin_code open_backup(struct recovery *recovery, char **problem)
{
  const struct successor *successor = &recovery->successor;
  g_autoptr(GPtrArray) passed = NULL;
  const struct backup *used;
  /* What is dated later than now is the newest all the same: the clock may be behind. */
  enum tlspin_code code = backups_open_newest(successor->store.path, successor->owner, TIME_MAX,
                                              &recovery->backup, &passed, problem);

  if (code == TLSPIN_UNAVAILABLE || pass_over(passed, problem) != TLSPIN_OK)
    return TLSPIN_UNAVAILABLE;
  if (code == TLSPIN_E_NOT_FOUND)
    return TLSPIN_OK;
  used = passed->pdata[passed->len - 1];
  recovery->damage.backup = used->made;
  recovery->backup_operation = used->sum.last_operation;
  return TLSPIN_OK;
}

static void describe(struct recovery *recovery, int64_t now)
{
  struct damage *damage = &recovery->damage;
  const char *path = recovery->successor.store.path;
  g_autofree char *name = NULL;

  damage->found = now;
  damage->missing = DAMAGE_UNKNOWN;
  damage->cause = file_exists(path) ? DAMAGE_CONTENT : DAMAGE_MISSING;
  if (damage->cause == DAMAGE_MISSING)
    return;
  name = aside_choose(path, now);
  g_strlcpy(damage->aside, name, sizeof damage->aside);
}

static enum tlspin_code recover(struct recovery *recovery, int64_t now, char **problem)
{
  struct successor *successor = &recovery->successor;
  enum tlspin_code code;

  describe(recovery, now);
  code = open_backup(recovery, problem);
  if (code == TLSPIN_OK)
    code = successor_begin(successor, problem) ? fill(recovery, problem) : TLSPIN_UNAVAILABLE;
  if (code == TLSPIN_OK)
    code = successor_publish(successor, recovery->damage.aside, now, problem);
  if (code == TLSPIN_OK)
    g_warning(recovery->damage.cause == DAMAGE_MISSING
                  ? _("%s was missing, and was made anew. Run 'tlspin doctor'.")
                  : _("%s was damaged, and was recovered. Run 'tlspin doctor'."),
              successor->store.path);
  store_close(recovery->backup);
  touched_free(recovery->touched);
  return code;
}

enum tlspin_code recovery_run(const char *path, uid_t owner, int64_t now, char **problem)
{
  struct recovery recovery = {.backup = NULL};
  enum tlspin_code code = successor_open(&recovery.successor, path, owner, problem);

  recovery.beside = g_hash_table_new_full(digest_hash, digest_same, g_free, NULL);
  if (code == TLSPIN_STORE_DAMAGED) {
    g_free(g_steal_pointer(problem)); /* what comes now counts */
    code = recover(&recovery, now, problem);
  }
  successor_close(&recovery.successor);
  g_hash_table_unref(recovery.beside);
  return code;
}
