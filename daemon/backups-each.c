/* Changing all backups: see backups_each_open in backups.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/backups.h"

#include "common/text.h"
#include "daemon/backup-copy.h"
#include "daemon/backup-folder.h"
#include "daemon/file.h"
#include "daemon/journal.h"
#include "daemon/owed.h"
#include "daemon/problem.h"
#include "daemon/torn.h"

/* In a copy, which is a store of its own: with its lock file, its journal, and no drafts. */
static enum tlspin_code change_copy(const struct backup_folder *folder,
                                    const struct backups_work *work, char **problem)
{
  struct store *copy;
  enum tlspin_code code = store_open(folder->temporary, STORE_USER, folder->owner, &copy, problem);

  if (code != TLSPIN_OK)
    return TLSPIN_UNAVAILABLE;
  code = work->change(copy, work->data);
  store_close(copy);
  if (code != TLSPIN_OK && code != TLSPIN_E_NOT_FOUND)
    problem_set(problem, _("A copy of a backup can't be changed, so that the backup stays as it "
                           "is. Make room on the disk."));
  return code;
}

static enum tlspin_code replace(const struct backup_folder *folder, struct store *opened,
                                const struct backup *backup, const struct backups_work *work,
                                struct backups_done *done, char **problem)
{
  enum tlspin_code code = backup_folder_clear(folder, problem);

  if (code == TLSPIN_OK)
    code = file_create(folder->temporary, problem);
  if (code == TLSPIN_OK)
    code = backup_copy(opened, folder->temporary, problem);
  if (code == TLSPIN_OK)
    code = change_copy(folder, work, problem);
  if (code == TLSPIN_E_NOT_FOUND)
    return TLSPIN_OK;
  if (code == TLSPIN_OK)
    code = backup_check(folder->temporary, folder->owner, NULL, problem);
  if (code == TLSPIN_OK)
    code = file_publish(folder->temporary, backup->path, 0600, problem);
  done->changed += code == TLSPIN_OK;
  return code;
}

static enum tlspin_code pass_over(const struct backup *backup, const struct backups_work *work,
                                  struct backups_done *done, char **problem)
{
  enum tlspin_code code = TLSPIN_OK;

  if (work->remove_damaged && backup->state != BACKUP_DAMAGED)
    code = problem_set(problem, "%s", backup->problem);
  else if (work->remove_damaged)
    code = backup_remove(backup, problem);
  if (work->remove_damaged && code == TLSPIN_OK)
    done->removed++;
  else
    done->left++;
  return code;
}

static enum tlspin_code visit(const struct backup_folder *folder, struct backup *backup,
                              const struct backups_work *work, struct backups_done *done,
                              char **problem)
{
  enum tlspin_code code = TLSPIN_OK;
  struct store *opened;

  backup_look(backup, folder->owner, &opened);
  if (opened == NULL)
    return pass_over(backup, work, done, problem);
  if (work->concerns == NULL || work->concerns(opened, work->data))
    code = replace(folder, opened, backup, work, done, problem);
  store_close(opened);
  return code;
}

static enum tlspin_code visit_all(const struct backup_folder *folder, GPtrArray *list,
                                  const struct backups_work *work, struct backups_done *done,
                                  char **problem)
{
  enum tlspin_code first = TLSPIN_OK;

  for (guint i = 0; i < list->len; i++) {
    g_autofree char *fault = NULL;
    enum tlspin_code code = visit(folder, g_ptr_array_index(list, i), work, done, &fault);

    if (code == TLSPIN_OK || first != TLSPIN_OK)
      continue;
    first = code;
    *problem = g_steal_pointer(&fault);
  }
  return first;
}

enum tlspin_code backups_each_open(const char *store, uid_t owner, const struct backups_work *work,
                                   struct backups_done *done, char **problem)
{
  g_autoptr(GPtrArray) list = NULL;
  struct backup_folder folder;
  enum tlspin_code code;

  *problem = NULL;
  *done = (struct backups_done){.changed = 0};
  code = backup_folder_enter_listed(store, owner, INT64_MAX, &folder, &list, problem);
  if (code == TLSPIN_OK)
    code = visit_all(&folder, list, work, done, problem);
  backup_folder_leave(&folder);
  return code;
}

/* What store_forget would find: see the rules in forget.c. Drafts of a backup are nobody's. */
static bool has_old(struct store *store, void *data)
{
  const int64_t *before = data;
  struct operation_row row = {.id = 0};
  struct torn torn;
  bool old =
      torn_get(store, &torn) == TLSPIN_OK && torn.found != TORN_NEVER && torn.found < *before;

  database_refuel_all(&store->db);
  while (!old && journal_next_head(store, row.id, &row) == TLSPIN_OK)
    old = row.kind == OPERATION_GONE || row.kind == OPERATION_DRAFT ||
          (row.made < *before && !row.undone);
  return old;
}

static enum tlspin_code forget(struct store *store, void *data)
{
  const int64_t *before = data;
  enum tlspin_code code = TLSPIN_OK;

  for (bool more = true; more && code == TLSPIN_OK;)
    code = store_forget(store, *before, UINT64_MAX, &more);
  return code == TLSPIN_OK ? owed_settle(store, OWED_ASIDES) : code; /* that is the store's */
}

enum tlspin_code backups_forget(const char *store, uid_t owner, int64_t before, char **problem)
{
  struct backups_work work = {.concerns = has_old, .change = forget, .data = &before};
  struct backups_done done;

  return backups_each_open(store, owner, &work, &done, problem);
}
