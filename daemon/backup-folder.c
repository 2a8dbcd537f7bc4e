/* The folder `backups` beside a user's store: see backup-folder.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/backup-folder.h"

#include "common/text.h"
#include "daemon/file.h"
#include "daemon/names.h"
#include "daemon/problem.h"
#include "daemon/rotation.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT "pins-%Y%m%dT%H%M%SZ"

enum { TURNS = 99, TIME_FROM = 5, TIME_SIZE = 16 /* 20261123T062500Z */ };

/* What was at work in it: the file, its journal, and the lock file that belongs to it as to any
 * store. SQLite's temporary files come to them. */
static const char *const leftovers[] = {".pins.db", ".pins.db-journal", ".pins.lock"};

static char *folder_of(const char *store)
{
  g_autofree char *home = g_path_get_dirname(store);

  return g_build_filename(home, FILE_BACKUPS, NULL);
}

static bool is_there(const char *store)
{
  g_autofree char *folder = folder_of(store);

  return file_exists(folder);
}

/* *path: of the folder, without symbolic links; it is made where it is missing. */
static enum tlspin_code resolve(const char *store, uid_t owner, char **path, char **problem)
{
  g_autofree char *folder = folder_of(store);
  g_autofree char *within = g_build_filename(folder, "pins.db", NULL);
  g_autofree char *resolved = NULL;
  enum tlspin_code code;

  if (g_file_test(folder, G_FILE_TEST_IS_SYMLINK))
    return problem_set(
        problem, _("%s is a symbolic link, which is not followed. Put a folder in its place."),
        folder);
  code = file_resolve(within, (struct file_rule){STORE_USER, owner}, &resolved, problem);
  if (code == TLSPIN_OK)
    *path = g_path_get_dirname(resolved);
  return code;
}

/* False where one is still there; errno. */
static bool remove_leftovers(const char *folder)
{
  for (size_t i = 0; i < G_N_ELEMENTS(leftovers); i++) {
    g_autofree char *path = g_build_filename(folder, leftovers[i], NULL);

    if (unlink(path) != 0 && errno != ENOENT)
      return false;
  }
  return names_remove_temporaries(folder);
}

char *backup_folder_unfinished(const char *store)
{
  g_autofree char *folder = folder_of(store);

  return g_build_filename(folder, leftovers[0], NULL);
}

enum tlspin_code backup_folder_clear(const struct backup_folder *folder, char **problem)
{
  if (remove_leftovers(folder->path))
    return TLSPIN_OK;
  return problem_set(problem,
                     _("What was left in %s can't be removed: %s. Remove '.pins*' and "
                       "'etilqs_*' there."),
                     folder->path, g_strerror(errno));
}

static enum tlspin_code lock_folder(struct backup_folder *folder, char **problem)
{
  g_autofree char *within = g_build_filename(folder->path, "pins.db", NULL);
  enum tlspin_code code =
      lockfile_open(within, folder->owner, LOCKFILE_PATIENT, &folder->lock, problem);

  if (code == TLSPIN_OK && !folder->lock.exclusive)
    code = lockfile_exclude(&folder->lock, problem);
  return code == TLSPIN_OK ? backup_folder_clear(folder, problem) : code;
}

enum tlspin_code backup_folder_enter(const char *store, uid_t owner, struct backup_folder *folder,
                                     char **problem)
{
  enum tlspin_code code;

  *folder = (struct backup_folder){.owner = owner};
  code = resolve(store, owner, &folder->path, problem);
  if (code == TLSPIN_OK) {
    g_autofree char *home = g_path_get_dirname(folder->path);
    g_autofree char *name = g_path_get_basename(store);

    folder->store = g_build_filename(home, name, NULL);
    folder->temporary = g_build_filename(folder->path, leftovers[0], NULL);
    code = lock_folder(folder, problem);
  }
  if (code != TLSPIN_OK)
    backup_folder_leave(folder);
  return code;
}

void backup_folder_leave(struct backup_folder *folder)
{
  if (folder->lock.path != NULL && folder->lock.exclusive)
    remove_leftovers(folder->path);
  lockfile_close(&folder->lock);
  g_clear_pointer(&folder->path, g_free);
  g_clear_pointer(&folder->store, g_free);
  g_clear_pointer(&folder->temporary, g_free);
}

/* NULL for a time that has no name. */
static char *name_of(int64_t made, unsigned turn)
{
  g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(made);
  g_autofree char *text = date != NULL ? g_date_time_format(date, FORMAT) : NULL;

  if (text == NULL)
    return NULL;
  return turn > 1 ? g_strdup_printf("%s_%02u.db", text, turn) : g_strconcat(text, ".db", NULL);
}

/* Only names that would be given so: what else is there is somebody else's. */
static bool read_name(const char *name, int64_t *made, unsigned *turn)
{
  g_autofree char *text = NULL, *same = NULL;
  g_autoptr(GDateTime) date = NULL;

  if (strlen(name) < TIME_FROM + TIME_SIZE)
    return false;
  text = g_strndup(name + TIME_FROM, TIME_SIZE);
  date = g_date_time_new_from_iso8601(text, NULL);
  if (date == NULL)
    return false;
  *made = g_date_time_to_unix(date);
  *turn = 1;
  if (name[TIME_FROM + TIME_SIZE] == '_')
    *turn = (unsigned)g_ascii_strtoull(name + TIME_FROM + TIME_SIZE + 1, NULL, 10);
  same = name_of(*made, *turn);
  return g_strcmp0(same, name) == 0;
}

enum tlspin_code backup_folder_name(const struct backup_folder *folder, int64_t made,
                                    struct backup **backup, char **problem)
{
  for (unsigned turn = 1; turn <= TURNS; turn++) {
    g_autofree char *name = name_of(made, turn);
    g_autofree char *path = name != NULL ? g_build_filename(folder->path, name, NULL) : NULL;

    if (path == NULL)
      break;
    if (file_exists(path))
      continue;
    *backup = g_new0(struct backup, 1);
    (*backup)->path = g_steal_pointer(&path);
    (*backup)->made = made;
    (*backup)->turn = turn;
    return TLSPIN_OK;
  }
  return problem_set(problem,
                     _("There is no name left in %s for a backup of this moment. Try again "
                       "in a second, and look at the clock."),
                     folder->path);
}

static gint compare(gconstpointer a, gconstpointer b, gpointer data)
{
  const struct backup *first = *(struct backup *const *)a, *second = *(struct backup *const *)b;
  const int64_t *now = data;
  int order = rotation_compare(first->made, second->made, *now);

  return order != 0 ? order : (first->turn < second->turn) - (first->turn > second->turn);
}

static void add(GPtrArray *list, const char *folder, const char *name)
{
  struct stat status = {.st_size = 0};
  struct backup *backup;
  unsigned turn;
  int64_t made;

  if (!read_name(name, &made, &turn))
    return;
  backup = g_new0(struct backup, 1);
  backup->path = g_build_filename(folder, name, NULL);
  backup->made = made;
  backup->turn = turn;
  if (lstat(backup->path, &status) == 0)
    backup->size = status.st_size;
  g_ptr_array_add(list, backup);
}

enum tlspin_code backup_folder_list(const char *store, uid_t owner, int64_t now, GPtrArray **list,
                                    char **problem)
{
  g_autofree char *resolved = NULL;
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(backup_free), names = NULL;

  *list = NULL;
  if (is_there(store)) {
    if (resolve(store, owner, &resolved, problem) != TLSPIN_OK)
      return TLSPIN_UNAVAILABLE;
    names = names_read(resolved, problem);
    if (names == NULL)
      return TLSPIN_UNAVAILABLE;
  }
  for (guint i = 0; names != NULL && i < names->len; i++)
    add(found, resolved, names->pdata[i]);
  g_ptr_array_sort_with_data(found, compare, &now);
  *list = g_steal_pointer(&found);
  return TLSPIN_OK;
}

enum tlspin_code backup_folder_enter_listed(const char *store, uid_t owner, int64_t now,
                                            struct backup_folder *folder, GPtrArray **list,
                                            char **problem)
{
  enum tlspin_code code = TLSPIN_OK;

  *folder = (struct backup_folder){.owner = owner};
  *list = NULL;
  if (is_there(store))
    code = backup_folder_enter(store, owner, folder, problem);
  if (code == TLSPIN_OK)
    code = backup_folder_list(store, owner, now, list, problem);
  if (code != TLSPIN_OK)
    backup_folder_leave(folder);
  return code;
}
