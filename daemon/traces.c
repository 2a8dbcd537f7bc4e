/* What is left of hosts in the files beside a user's store: see traces.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/traces.h"

#include "common/text.h"
#include "daemon/aside.h"
#include "daemon/backup-folder.h"
#include "daemon/backups.h"
#include "daemon/file.h"
#include "daemon/names.h"
#include "daemon/problem.h"

#include <errno.h>
#include <unistd.h>

/* What may be beside a file of SQLite's, and the file itself last: as long as that is there,
 * whoever comes after a crash finds the rest as well. */
static const char *const parts[] = {"-journal", "-wal", "-shm", ""};

static char *aside_path(const char *store, const char *name)
{
  g_autofree char *folder = g_path_get_dirname(store);

  return g_build_filename(folder, name, NULL);
}

static bool is_named(const struct erasure *erasure, const char *path)
{
  for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
    g_autofree char *part = g_strconcat(path, parts[i], NULL);

    if (file_has_content(part) && erasure_is_named(erasure, part))
      return true;
  }
  return false;
}

/* What a recovery, or the making of a backup, that was cut off has left. */
static bool any_unfinished_named(const struct erasure *erasure, const char *store)
{
  g_autofree char *successor = g_strconcat(store, FILE_UNFINISHED, NULL);
  g_autofree char *backup = backup_folder_unfinished(store);

  return is_named(erasure, successor) || is_named(erasure, backup);
}

/* *named: or it was true before. */
static enum tlspin_code search_asides(const struct erasure *erasure, const char *store, bool *named,
                                      char **problem)
{
  g_autoptr(GPtrArray) names = aside_list_files(store, problem);

  if (names == NULL)
    return TLSPIN_UNAVAILABLE;
  for (guint i = 0; !*named && i < names->len; i++) {
    g_autofree char *path = aside_path(store, names->pdata[i]);

    *named = erasure_is_named(erasure, path);
  }
  return TLSPIN_OK;
}

/* known: nobody has to search in it. */
static bool is_in_backup(struct erasure *erasure, struct backup *backup, uid_t owner, bool known,
                         enum tlspin_code *code, char **problem)
{
  struct erased erased = {.entries = 0};
  struct store *opened;

  backup_look(backup, owner, &opened);
  if (backup->state == BACKUP_UNREAD || backup->state == BACKUP_HINDERED)
    *code = problem_set(problem, "%s", backup->problem);
  if (opened != NULL && !known && erasure_survey(erasure, opened, false, &erased) != TLSPIN_OK)
    *code = problem_set(problem, _("%s can't be read. Check the disk."), backup->path);
  store_close(opened);
  return known || erased.entries + erased.others > 0 || is_named(erasure, backup->path);
}

/* A backup that can't be opened now may hold it: nothing is done then. */
static enum tlspin_code search(const char *store, uid_t owner, struct erasure *erasure, bool *found,
                               char **problem)
{
  g_autoptr(GPtrArray) list = NULL;
  enum tlspin_code code = backups_list(store, owner, INT64_MAX, false, &list, problem);

  for (guint i = 0; code == TLSPIN_OK && i < list->len; i++)
    if (is_in_backup(erasure, list->pdata[i], owner, *found, &code, problem))
      *found = true;
  if (code == TLSPIN_OK)
    code = search_asides(erasure, store, found, problem);
  *found = *found || any_unfinished_named(erasure, store);
  return code;
}

static enum tlspin_code erase(struct store *copy, void *data)
{
  struct erased erased;

  return store_erase(copy, data, &erased);
}

static enum tlspin_code say_unremoved(const char *path, char **problem)
{
  return problem_set(problem, _("%s can't be removed: %s. Remove it."), path, g_strerror(errno));
}

static enum tlspin_code remove_file(const char *path, char **problem)
{
  return unlink(path) == 0 || errno == ENOENT ? TLSPIN_OK : say_unremoved(path, problem);
}

/* It is worth nothing: no proof is needed that it holds what is meant. */
static enum tlspin_code remove_successor(const char *store, char **problem)
{
  g_autofree char *path = g_strconcat(store, FILE_UNFINISHED, NULL);

  return file_remove_unfinished(store) ? TLSPIN_OK : say_unremoved(path, problem);
}

/* Files that can't be listed aren't gone. From the last to the first: what was beside a file goes
 * before it. */
enum tlspin_code traces_remove_asides(const char *store, unsigned *removed, char **problem)
{
  g_autoptr(GPtrArray) names = NULL;
  enum tlspin_code code;

  *removed = 0;
  *problem = NULL;
  names = aside_list_files(store, problem);
  code = names != NULL ? remove_successor(store, problem) : TLSPIN_UNAVAILABLE;
  for (guint i = names != NULL ? names->len : 0; code == TLSPIN_OK && i > 0; i--) {
    g_autofree char *path = aside_path(store, names->pdata[i - 1]);

    code = remove_file(path, problem);
    *removed += code == TLSPIN_OK && aside_is_main(names->pdata[i - 1]);
  }
  if (code == TLSPIN_OK && !file_sync_folder(store))
    code = say_unremoved(store, problem);
  return code;
}

static enum tlspin_code remove_temporaries(const char *store, char **problem)
{
  g_autofree char *folder = g_path_get_dirname(store);
  g_autofree char *names = g_build_filename(folder, NAMES_TEMPORARY "*", NULL);

  return names_remove_temporaries(folder) ? TLSPIN_OK : say_unremoved(names, problem);
}

/* Also where nothing was found: it may hold what is meant in a form that no search sees. */
static enum tlspin_code remove_unfinished(const char *store, uid_t owner, char **problem)
{
  enum tlspin_code code = remove_successor(store, problem);

  if (code == TLSPIN_OK)
    code = remove_temporaries(store, problem);
  if (code == TLSPIN_OK)
    code = backups_sweep(store, owner, problem);
  if (code == TLSPIN_OK && !file_sync_folder(store))
    code = say_unremoved(store, problem);
  return code;
}

static enum tlspin_code erase_beside(const char *store, uid_t owner, struct erasure *erasure,
                                     bool found, struct traces *done, char **problem)
{
  struct backups_work work = {.change = erase, .data = erasure, .remove_damaged = true};
  struct backups_done backups = {.changed = 0};
  enum tlspin_code code;

  code = search(store, owner, erasure, &found, problem);
  if (code != TLSPIN_OK)
    return code;
  code = remove_unfinished(store, owner, problem);
  if (code == TLSPIN_OK && !found)
    return TLSPIN_E_NOT_FOUND;
  if (code == TLSPIN_OK)
    code = backups_each_open(store, owner, &work, &backups, problem);
  done->backups = backups.changed;
  done->removed = backups.removed;
  return code == TLSPIN_OK ? traces_remove_asides(store, &done->asides, problem) : code;
}

static enum tlspin_code hold(const struct lockfile *lock, char **problem)
{
  if (lock->fixed)
    return file_say_fixed(lock->path, problem);
  if (lockfile_hold(lock, LOCKFILE_ERASURE))
    return TLSPIN_OK;
  problem_set(problem, _("Something is being erased. Try again in a moment."));
  return TLSPIN_E_BUSY;
}

/* Who has the lock keeps others from a recovery, whose files would be taken away here. A backup
 * that another daemon is making now is waited for: only then the list of them is made. */
enum tlspin_code traces_erase(const char *store, uid_t owner, struct erasure *erasure, bool found,
                              struct traces *done, char **problem)
{
  enum tlspin_code code;

  *done = (struct traces){.backups = 0};
  code = lockfile_open(store, owner, LOCKFILE_PATIENT, &done->lock, problem);
  if (code != TLSPIN_OK)
    return code;
  *problem = NULL;
  code = hold(&done->lock, problem);
  return code == TLSPIN_OK ? erase_beside(store, owner, erasure, found, done, problem) : code;
}

void traces_end(struct traces *done)
{
  lockfile_close(&done->lock);
}
