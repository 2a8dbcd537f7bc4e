/* Putting a backup in the place of a user's store: see recovery.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What was lost from the store before, and the user hasn't seen, is still lost then: the word of it
 * goes into the new store (damage.h). Of a store that can't be read nobody knows what it held.
 * Files that were to be removed still are (owed.h). And no recovery brings back what is only in the
 * backups that there are now (restored.h). */
#include "config.h"

#include "daemon/recovery.h"

#include "common/text.h"
#include "daemon/aside.h"
#include "daemon/backups.h"
#include "daemon/damage.h"
#include "daemon/owed.h"
#include "daemon/problem.h"
#include "daemon/restored.h"
#include "daemon/state.h"
#include "daemon/successor.h"

struct restoring {
  struct successor successor;
  struct store *backup;
  uint64_t operation; /* no lower number is given again, */
  bool unknown;       /* and that of some file, which may be higher, isn't known */
  bool owed;          /* files that were set aside are to be removed (owed.h) */
  bool unseen;        /* the user hasn't seen this: */
  struct damage damage;
};

static enum tlspin_code say_unreadable(const char *path, char **problem)
{
  return problem_set(problem, _("%s can't be read. Run 'tlspin doctor'."), path);
}

static enum tlspin_code say_changed(const char *path, char **problem)
{
  problem_set(problem, _("%s was changed meanwhile, and stays as it is. Try again."), path);
  return TLSPIN_E_BUSY;
}

/* What can't be understood is no less lost. */
static void note_unseen(struct restoring *restoring, struct store *old, int64_t now)
{
  enum tlspin_code code = damage_get(old, &restoring->damage);

  restoring->unseen = code != TLSPIN_E_NOT_FOUND;
  if (code == TLSPIN_UNAVAILABLE)
    restoring->damage =
        (struct damage){.cause = DAMAGE_CONTENT, .found = now, .missing = DAMAGE_UNKNOWN};
}

/* What can't be told is owed: a trace that goes too soon is no harm to who asked for it to go. */
static void note_owed(struct restoring *restoring, struct store *old)
{
  restoring->owed = owed_look(old, OWED_ASIDES, &restoring->owed) != TLSPIN_OK || restoring->owed;
}

/* One that is not believed would leave no number to go on with. */
static void note_operation(struct restoring *restoring, uint64_t number)
{
  if (number > BACKUP_OPERATION_MAX)
    restoring->unknown = true;
  else
    restoring->operation = MAX(restoring->operation, number);
}

/* Nobody has it open now, so that there are no locks on it which another descriptor could drop. */
static enum tlspin_code look_back(struct restoring *restoring, const struct backup_sum *before,
                                  int64_t now, char **problem)
{
  const struct successor *successor = &restoring->successor;
  const char *path = successor->store.path;
  struct backup_sum sum;
  struct store *old;
  enum tlspin_code code = TLSPIN_OK;

  if (backup_open(path, successor->owner, &old, problem) != BACKUP_WHOLE)
    return TLSPIN_UNAVAILABLE;
  if (backup_sum(old, &sum) != TLSPIN_OK)
    code = say_unreadable(path, problem);
  else if (before == NULL || !backup_sum_equal(&sum, before))
    code = say_changed(path, problem);
  if (code == TLSPIN_OK) {
    note_unseen(restoring, old, now);
    note_owed(restoring, old);
    note_operation(restoring, sum.last_operation);
  }
  store_close(old);
  return code;
}

static void note_wreck(struct restoring *restoring, const struct backup *backup, int64_t now)
{
  const char *path = restoring->successor.store.path;
  struct damage *damage = &restoring->damage;
  g_autofree char *name = NULL;

  restoring->unseen = true;
  *damage = (struct damage){DAMAGE_MISSING, now, 0, 0, 0, DAMAGE_UNKNOWN, backup->made, ""};
  if (!file_exists(path))
    return;
  name = aside_choose(path, now);
  damage->cause = DAMAGE_CONTENT;
  g_strlcpy(damage->aside, name, sizeof damage->aside);
}

static enum tlspin_code open_backup(struct restoring *restoring, const struct backup *backup,
                                    char **problem)
{
  struct backup_sum sum;

  if (backup_open(backup->path, restoring->successor.owner, &restoring->backup, problem) !=
      BACKUP_WHOLE)
    return TLSPIN_UNAVAILABLE;
  if (backup_sum(restoring->backup, &sum) != TLSPIN_OK)
    return say_unreadable(backup->path, problem);
  note_operation(restoring, sum.last_operation);
  return TLSPIN_OK;
}

/* One that can't be read, and was not asked for, is no reason to do without another. */
static enum tlspin_code regard_backups(struct restoring *restoring, char **problem)
{
  const struct successor *successor = &restoring->successor;
  uint64_t last;
  bool unknown;
  enum tlspin_code code =
      backups_last_operation(successor->store.path, successor->owner, &last, &unknown, problem);

  note_operation(restoring, last);
  if (unknown || restoring->unknown)
    restoring->operation += RESTORED_UNKNOWN;
  return code;
}

static bool on_row(enum table_id table, const struct cell *cells, const struct digest *digest,
                   void *data)
{
  struct restoring *restoring = data;

  (void)digest;
  return rebuild_add(restoring->successor.rebuild, table, cells);
}

/* What the backup lacks, by its own word, isn't there because of what the user hasn't seen. */
static bool put_damage(struct restoring *restoring)
{
  struct rebuild *rebuild = restoring->successor.rebuild;
  uint8_t value[STATE_VALUE_MAX];
  struct cell cells[] = {cell_text(DAMAGE_ROW), cell_blob((struct span){value, 0})};

  if (restoring->damage.missing == 0 && damage_stands(restoring->backup))
    restoring->damage.missing = DAMAGE_UNKNOWN;
  cells[1].bytes.size = damage_encode(&restoring->damage, value);
  return rebuild_replace(rebuild, TABLE_STATE, cells);
}

static bool put_owed(struct restoring *restoring)
{
  struct cell cells[2];

  owed_to_cells(OWED_ASIDES, cells);
  return rebuild_replace(restoring->successor.rebuild, TABLE_STATE, cells);
}

/* What the new store knows of itself. */
static bool put_state(struct restoring *restoring, bool wreck)
{
  struct rebuild *rebuild = restoring->successor.rebuild;

  if (wreck)
    restoring->damage.merged = rebuild_rows(rebuild);
  return restored_put(rebuild, restoring->operation) && (!restoring->owed || put_owed(restoring)) &&
         (!restoring->unseen || put_damage(restoring));
}

static enum tlspin_code fill(struct restoring *restoring, bool wreck, char **problem)
{
  struct successor *successor = &restoring->successor;
  struct database *from = &restoring->backup->db;

  database_refuel_all(from);
  return contents_walk(from, STORE_USER, on_row, restoring) && put_state(restoring, wreck)
             ? TLSPIN_OK
             : successor_say_unwritable(successor, problem);
}

static enum tlspin_code restore(struct restoring *restoring, const struct backup *backup,
                                bool wreck, int64_t now, char **problem)
{
  struct successor *successor = &restoring->successor;
  enum tlspin_code code = open_backup(restoring, backup, problem);

  if (code == TLSPIN_OK)
    code = regard_backups(restoring, problem);
  if (code == TLSPIN_OK)
    code =
        successor_begin(successor, problem) ? fill(restoring, wreck, problem) : TLSPIN_UNAVAILABLE;
  if (code == TLSPIN_OK)
    code = successor_publish(successor, wreck ? restoring->damage.aside : "", now, problem);
  return code;
}

enum tlspin_code recovery_restore(const char *path, uid_t owner, const struct backup *backup,
                                  const struct backup_sum *before, int64_t now, char **problem)
{
  struct restoring restoring = {.backup = NULL};
  enum tlspin_code code = successor_open(&restoring.successor, path, owner, problem);
  bool wreck = code == TLSPIN_STORE_DAMAGED;

  if (wreck) {
    g_free(g_steal_pointer(problem)); /* what comes now counts */
    note_wreck(&restoring, backup, now);
    code = TLSPIN_OK;
  } else if (code == TLSPIN_OK) {
    code = look_back(&restoring, before, now, problem);
  }
  if (code == TLSPIN_OK)
    code = restore(&restoring, backup, wreck, now, problem);
  store_close(restoring.backup);
  successor_close(&restoring.successor);
  return code;
}
