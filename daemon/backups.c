/* The backups of a user's store: see backups.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/backups.h"

#include "common/text.h"
#include "daemon/backup-folder.h"
#include "daemon/file.h"
#include "daemon/problem.h"

#include <sys/stat.h>

static enum tlspin_code make(const struct backup_folder *folder, const struct backup_terms *terms,
                             struct backup *backup, char **problem)
{
  struct stat status;
  enum tlspin_code code = file_create(folder->temporary, problem);

  if (code == TLSPIN_OK)
    code = backup_copy_store(folder->store, folder->owner, folder->temporary, terms, &backup->sum,
                             problem);
  if (code == TLSPIN_OK)
    code = backup_check(folder->temporary, folder->owner, &backup->sum, problem);
  if (code == TLSPIN_OK)
    code = file_publish(folder->temporary, backup->path, 0600, problem);
  if (code == TLSPIN_OK && lstat(backup->path, &status) == 0)
    backup->size = status.st_size;
  backup->state = BACKUP_WHOLE;
  return code;
}

enum tlspin_code backups_make(const char *store, uid_t owner, int64_t now,
                              const struct backup_terms *terms, struct backup **made,
                              char **problem)
{
  struct backup_folder folder;
  enum tlspin_code code;

  *made = NULL;
  *problem = NULL;
  code = backup_folder_enter(store, owner, &folder, problem);
  if (code != TLSPIN_OK)
    return code;
  code = backup_folder_name(&folder, now, made, problem);
  if (code == TLSPIN_OK)
    code = make(&folder, terms, *made, problem);
  if (code != TLSPIN_OK)
    backup_free(g_steal_pointer(made));
  backup_folder_leave(&folder);
  return code;
}

enum tlspin_code backups_list(const char *store, uid_t owner, int64_t now, bool read,
                              GPtrArray **list, char **problem)
{
  enum tlspin_code code;

  *problem = NULL;
  code = backup_folder_list(store, owner, now, list, problem);
  for (guint i = 0; code == TLSPIN_OK && read && i < (*list)->len; i++) {
    struct store *opened;

    backup_look(g_ptr_array_index(*list, i), owner, &opened);
    store_close(opened);
  }
  return code;
}

/* Reads them from the newest on until one is whole, which is opened; how many were read. */
static guint find_newest(GPtrArray *list, uid_t owner, struct store **opened)
{
  guint count = 0;

  *opened = NULL;
  while (count < list->len && *opened == NULL)
    backup_look(g_ptr_array_index(list, count++), owner, opened);
  return count;
}

enum tlspin_code backups_open_newest(const char *store, uid_t owner, int64_t now,
                                     struct store **opened, GPtrArray **passed, char **problem)
{
  enum tlspin_code code;

  *opened = NULL;
  *problem = NULL;
  code = backup_folder_list(store, owner, now, passed, problem);
  if (code != TLSPIN_OK)
    return code;
  g_ptr_array_set_size(*passed, (gint)find_newest(*passed, owner, opened));
  return *opened != NULL ? TLSPIN_OK : TLSPIN_E_NOT_FOUND;
}

/* Whether the number of its last operation can be told. */
static bool regard(const struct backup *backup, uid_t owner, uint64_t *last)
{
  g_autofree char *fault = NULL;
  uint64_t number;

  if (backup_last_operation(backup->path, owner, &number, &fault) != BACKUP_WHOLE) {
    g_warning("%s", fault);
    return false;
  }
  *last = MAX(*last, number);
  return true;
}

enum tlspin_code backups_last_operation(const char *store, uid_t owner, uint64_t *last,
                                        bool *unknown, char **problem)
{
  g_autoptr(GPtrArray) list = NULL;
  enum tlspin_code code = backups_list(store, owner, INT64_MAX, false, &list, problem);

  *last = 0;
  *unknown = false;
  for (guint i = 0; code == TLSPIN_OK && i < list->len; i++)
    if (!regard(g_ptr_array_index(list, i), owner, last))
      *unknown = true;
  return code;
}

static enum tlspin_code rotate(GPtrArray *list, uid_t owner, const struct rotation_rules *rules,
                               char **problem)
{
  g_autofree struct rotation_item *items = g_new0(struct rotation_item, list->len);
  g_autofree bool *goes = g_new0(bool, list->len);
  enum tlspin_code code = TLSPIN_OK;
  struct store *opened;

  find_newest(list, owner, &opened);
  store_close(opened);
  for (guint i = 0; i < list->len; i++) {
    const struct backup *backup = g_ptr_array_index(list, i);

    items[i] = (struct rotation_item){backup->made, backup->state == BACKUP_WHOLE};
  }
  rotation_choose(items, list->len, rules, goes);
  for (guint i = list->len; i > 0 && code == TLSPIN_OK; i--)
    if (goes[i - 1])
      code = backup_remove(g_ptr_array_index(list, i - 1), problem);
  return code;
}

enum tlspin_code backups_rotate(const char *store, uid_t owner, const struct rotation_rules *rules,
                                char **problem)
{
  g_autoptr(GPtrArray) list = NULL;
  struct backup_folder folder;
  enum tlspin_code code;

  *problem = NULL;
  if (rules->keep)
    return TLSPIN_OK;
  code = backup_folder_enter_listed(store, owner, rules->now, &folder, &list, problem);
  if (code == TLSPIN_OK)
    code = rotate(list, owner, rules, problem);
  backup_folder_leave(&folder);
  return code;
}

/* Whoever enters the folder, and leaves it, removes it. */
enum tlspin_code backups_sweep(const char *store, uid_t owner, char **problem)
{
  g_autoptr(GPtrArray) list = NULL;
  struct backup_folder folder;
  enum tlspin_code code;

  *problem = NULL;
  code = backup_folder_enter_listed(store, owner, INT64_MAX, &folder, &list, problem);
  if (code == TLSPIN_OK && folder.temporary != NULL && !file_sync_folder(folder.temporary))
    code = problem_set(problem, _("The folder of %s can't be written to the disk. Check the disk."),
                       folder.temporary);
  backup_folder_leave(&folder);
  return code;
}
