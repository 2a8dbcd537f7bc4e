/* A new file that takes the place of a user's store: see successor.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/successor.h"

#include "common/text.h"
#include "daemon/aside.h"
#include "daemon/problem.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

/* Whoever has the store open reads it anew where its times are others, and lets go of a damaged
 * one: see layers_watch_user. */
static void rouse_others(const char *path)
{
  utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
}

/* Nobody is waited for: whoever wants a new store has others to answer meanwhile. */
static enum tlspin_code lock(struct lockfile *lock, const char *path, uid_t owner, char **problem)
{
  enum tlspin_code code = lockfile_open(path, owner, LOCKFILE_AT_ONCE, lock, problem);

  if (code == TLSPIN_OK && !lock->exclusive)
    code = lockfile_exclude(lock, problem);
  if (code != TLSPIN_OK)
    rouse_others(path);
  return code;
}

enum tlspin_code successor_open(struct successor *successor, const char *path, uid_t owner,
                                char **problem)
{
  struct file_rule rule = {STORE_USER, owner};
  struct store *store = &successor->store;
  enum tlspin_code code;

  *successor = (struct successor){
      .store = {.kind = STORE_USER, .lock = {.fd = -1}}, .owner = owner, .new_path = NULL};
  *problem = NULL;
  code = file_resolve(path, rule, &store->path, problem);
  if (code == TLSPIN_OK)
    code = lock(&store->lock, store->path, owner, problem);
  if (code == TLSPIN_OK)
    code = store_examine(store, rule, problem);
  database_close(&store->db); /* before another descriptor is opened: see file.h */
  return code;
}

/* What a crash left of an earlier one is worth nothing. */
static void remove_new(const struct successor *successor)
{
  file_remove_unfinished(successor->store.path);
}

bool successor_begin(struct successor *successor, char **problem)
{
  successor->new_path = g_strconcat(successor->store.path, FILE_UNFINISHED, NULL);
  remove_new(successor);
  successor->rebuild = rebuild_new(successor->new_path, problem);
  return successor->rebuild != NULL;
}

enum tlspin_code successor_say_unwritable(struct successor *successor, char **problem)
{
  return problem_set(problem, _("%s can't be written: %s. Make room on the disk."),
                     successor->new_path, database_fault(rebuild_database(successor->rebuild)));
}

static enum tlspin_code take_place(struct successor *successor, char **problem)
{
  const char *path = successor->store.path;

  if (g_rename(successor->new_path, path) != 0)
    return problem_set(problem,
                       _("The new store can't be put in the place of %s: %s. Make its folder "
                         "writable for you."),
                       path, g_strerror(errno));
  remove_new(successor); /* another may make one as soon as the lock is shared again */
  g_free(successor->new_path);
  successor->new_path = NULL;
  if (!file_sync_folder(path))
    return problem_set(problem, _("The folder of %s can't be written to the disk. Check the disk."),
                       path);
  return lockfile_settle(&successor->store.lock, problem);
}

enum tlspin_code successor_publish(struct successor *successor, const char *aside, int64_t now,
                                   char **problem)
{
  enum tlspin_code code;

  if (!rebuild_finish(successor->rebuild, problem))
    return TLSPIN_UNAVAILABLE;
  code = aside[0] != '\0' ? aside_put(successor->store.path, aside, problem)
                          : aside_put_journals(successor->store.path, now, problem);
  if (code != TLSPIN_OK)
    return code;
  code = take_place(successor, problem);
  if (successor->new_path != NULL && aside[0] != '\0') /* else each try would leave another */
    aside_take_back(successor->store.path, aside);
  return code;
}

void successor_close(struct successor *successor)
{
  rebuild_free(successor->rebuild);
  if (successor->new_path != NULL)
    remove_new(successor);
  lockfile_close(&successor->store.lock);
  g_free(successor->new_path);
  g_free(successor->store.path);
}
