/* Opening and closing a store: see store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The order of a user store: folder, lock file, file, SQLite, tables, content; the lock file
 * remembers the store only when all that is on the disk. A crash anywhere in between leaves what
 * the next opening takes for new or for whole. Last, drafts that nobody sees to any more are taken
 * back; where that can't be done now (a full disk, say), the daemon does it as it tidies up. */
#include "config.h"

#include "common/text.h"
#include "daemon/file.h"
#include "daemon/problem.h"
#include "daemon/schema.h"
#include "daemon/store-private.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Most likely what it held was lost with the power; it may as well have been meant as a mask. */
static enum tlspin_code say_empty(const struct store *store, char **problem)
{
  return problem_set(
      problem,
      _("%s is empty, and so no layer of pins. Install or compile it again; what takes a vendor's "
        "layer away is a symbolic link to /dev/null."),
      store->path);
}

/* Damage to the content, of which recovery_run saves what it can. */
static enum tlspin_code say_damage(const struct store *store, const char *fault, char **problem)
{
  if (store->kind == STORE_SYSTEM)
    return problem_set(problem,
                       _("%s can't be used: %s. Install or compile this layer of pins again."),
                       store->path, fault);
  problem_set(problem, _("%s is damaged: %s. Run 'tlspin doctor'."), store->path, fault);
  return TLSPIN_STORE_DAMAGED;
}

/* What SQLite said, of the disk or of the content. */
static enum tlspin_code say_fault(const struct store *store, char **problem)
{
  const struct database *db = &store->db;
  const char *fault = database_fault(db);

  if (store->kind == STORE_SYSTEM || (!database_is_hindered(db) && database_is_readable(db)))
    return say_damage(store, fault, problem);
  if (database_is_fixed(db)) /* an unfinished write to be put back, an older form */
    return file_say_fixed(store->path, problem);
  return problem_set(problem,
                     _("%s can't be read or written now: %s. Check the disk and its room."),
                     store->path, fault);
}

/* What remembers a store: its lock file, its backups. */
static bool was_there(const struct store *store)
{
  return store->kind == STORE_USER && (store->lock.remembers || file_has_backups(store->path));
}

static enum tlspin_code say_state(const struct store *store, enum schema_state state,
                                  char **problem)
{
  switch (state) {
  case SCHEMA_NEWER:
    return problem_set(problem, _("%s was written by a newer tlspin. Update tlspin."), store->path);
  case SCHEMA_FOREIGN:
    return was_there(store)
               ? say_damage(store, _("it is another program's database, and was not before"),
                            problem)
               : problem_set(problem, _("%s is another program's database. Move it away."),
                             store->path);
  case SCHEMA_EMPTY:
    return store->kind == STORE_SYSTEM
               ? say_empty(store, problem)
               : say_damage(store, _("it is empty, and was not before"), problem);
  case SCHEMA_UNREADABLE:
    return say_fault(store, problem);
  default:
    return say_damage(store, _("its tables are not those of tlspin"), problem);
  }
}

/* Where SQLite can't open a file to write it, it opens it to read it; which must not be for another
 * reason than that its lock file can't be written either. */
static enum tlspin_code open_database(struct store *store, char **problem)
{
  if (!database_open(&store->db, store->path, store->kind))
    return say_fault(store, problem);
  return store->kind == STORE_USER && database_is_fixed(&store->db) != store->lock.fixed
             ? file_say_fixed(store->lock.fixed ? store->lock.path : store->path, problem)
             : TLSPIN_OK;
}

/* What was written is read before it is believed. */
static enum tlspin_code read_through(struct store *store, char **problem)
{
  g_autofree char *fault = NULL;

  if (!database_prepare(&store->db))
    return say_fault(store, problem);
  database_stamp(&store->db);
  fault = contents_verify(&store->db, store->kind);
  if (fault == NULL)
    return TLSPIN_OK;
  return store->db.hindered && store->kind == STORE_USER
             ? problem_set(problem,
                           _("%s can't be read or written now: %s. Check the disk and its room."),
                           store->path, fault)
             : say_damage(store, fault, problem);
}

/* The last steps, the same for a new file. */
static enum tlspin_code verify(struct store *store, char **problem)
{
  enum tlspin_code code = read_through(store, problem);

  if (code != TLSPIN_OK)
    return code;
  return database_in_place(&store->db)
             ? TLSPIN_OK
             : problem_set(problem, _("%s was replaced while it was read. Try again."),
                           store->path);
}

/* A damaged file must not be written to: that could destroy more of it. */
static enum tlspin_code check_older(struct store *store, char **problem)
{
  return schema_inspect(store->db.handle, &schema_current) == SCHEMA_OLDER
             ? read_through(store, problem)
             : TLSPIN_OK;
}

/* An empty file is new only while nothing remembers that there was one. Others may have migrated
 * the file while we waited to be alone with it: schema_migrate looks again. */
static enum tlspin_code make_tables(struct store *store, char **problem)
{
  enum schema_state state = schema_inspect(store->db.handle, &schema_current);
  enum tlspin_code code = TLSPIN_OK;

  if (state == SCHEMA_FINE)
    return TLSPIN_OK;
  if (state != SCHEMA_OLDER && (state != SCHEMA_EMPTY || was_there(store)))
    return say_state(store, state, problem);
  if (!store->lock.exclusive)
    code = lockfile_exclude(&store->lock, problem);
  if (code == TLSPIN_OK)
    code = check_older(store, problem);
  if (code == TLSPIN_OK && !schema_migrate(store->db.handle, &schema_current) &&
      schema_inspect(store->db.handle, &schema_current) != SCHEMA_FINE)
    code = say_fault(store, problem);
  return code;
}

/* The database's name must be on the disk before the lock file remembers it. */
static enum tlspin_code settle(struct store *store, char **problem)
{
  if (!store->lock.exclusive)
    return TLSPIN_OK;
  if (!file_sync_folder(store->path))
    return problem_set(problem, _("The folder of %s can't be written to the disk. Check the disk."),
                       store->path);
  return lockfile_settle(&store->lock, problem);
}

/* Backups are of a store that was there, although what remembers it is gone as well. */
static enum tlspin_code find_file(const struct store *store, char **problem)
{
  if (file_exists(store->path))
    return TLSPIN_OK;
  if (!was_there(store))
    return file_create(store->path, problem);
  problem_set(problem, _("%s is missing: your pins were lost. Run 'tlspin doctor'."), store->path);
  return TLSPIN_STORE_DAMAGED;
}

static enum tlspin_code examine(struct store *store, struct file_rule rule, char **problem)
{
  enum tlspin_code code = find_file(store, problem);

  if (code == TLSPIN_OK)
    code = file_check(store->path, rule, problem);
  if (code == TLSPIN_OK)
    code = open_database(store, problem);
  if (code == TLSPIN_OK)
    code = make_tables(store, problem);
  return code == TLSPIN_OK ? verify(store, problem) : code;
}

/* Damage is still there for another look, which takes nothing over from the first one. What was in
 * the way for a moment isn't, although SQLite may have had the same words for it: after a migration
 * that was taken back, say, or where it had no memory to read the names of the tables. */
enum tlspin_code store_examine(struct store *store, struct file_rule rule, char **problem)
{
  enum tlspin_code code = examine(store, rule, problem);

  if (code != TLSPIN_STORE_DAMAGED)
    return code;
  database_close(&store->db);
  g_free(*problem);
  *problem = NULL;
  return examine(store, rule, problem);
}

static enum tlspin_code open_user(struct store *store, struct file_rule rule,
                                  enum lockfile_wait wait, char **problem)
{
  enum tlspin_code code = lockfile_open(store->path, rule.owner, wait, &store->lock, problem);

  if (code == TLSPIN_OK)
    code = store_examine(store, rule, problem);
  if (code == TLSPIN_OK)
    code = settle(store, problem);
  if (code == TLSPIN_OK) {
    file_sweep(store->path);
    store_drop_drafts(store);
  }
  return code;
}

/* A layer is opened immutable, by which SQLite would pass over a journal that holds what the file
 * should say. */
static enum tlspin_code check_journals(const struct store *store, char **problem)
{
  static const char *const suffixes[] = {"-journal", "-wal"};

  for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
    g_autofree char *journal = g_strconcat(store->path, suffixes[i], NULL);

    if (file_has_content(journal))
      return problem_set(
          problem,
          _("%s stands beside an unfinished write, %s. Install or compile this layer of "
            "pins again."),
          store->path, journal);
  }
  return TLSPIN_OK;
}

static enum tlspin_code check_system(const struct store *store, struct file_rule rule,
                                     char **problem)
{
  enum tlspin_code code = file_check(store->path, rule, problem);

  return code == TLSPIN_OK ? check_journals(store, problem) : code;
}

/* A layer of an older form can't be brought up to date in its place. It is read with the tables
 * that it has: what the others would hold, it doesn't. */
static enum tlspin_code open_system(struct store *store, struct file_rule rule, char **problem)
{
  enum tlspin_code code = check_system(store, rule, problem);
  enum schema_state state;

  if (code == TLSPIN_OK)
    code = open_database(store, problem);
  if (code != TLSPIN_OK)
    return code;
  state = schema_inspect(store->db.handle, &schema_current);
  return state == SCHEMA_FINE || state == SCHEMA_OLDER ? verify(store, problem)
                                                       : say_state(store, state, problem);
}

static enum tlspin_code open_store(const char *path, enum store_kind kind, uid_t owner,
                                   enum lockfile_wait wait, struct store **store, char **problem)
{
  struct file_rule rule = {kind, owner};
  struct store *opened = g_new0(struct store, 1);
  enum tlspin_code code;

  *store = NULL;
  *problem = NULL;
  opened->kind = kind;
  code = file_resolve(path, rule, &opened->path, problem);
  if (code == TLSPIN_OK)
    code = kind == STORE_USER ? open_user(opened, rule, wait, problem)
                              : open_system(opened, rule, problem);
  if (code == TLSPIN_OK)
    *store = opened;
  else
    store_close(opened);
  return code;
}

enum tlspin_code store_open(const char *path, enum store_kind kind, uid_t owner,
                            struct store **store, char **problem)
{
  return open_store(path, kind, owner, LOCKFILE_PATIENT, store, problem);
}

enum tlspin_code store_open_at_once(const char *path, enum store_kind kind, uid_t owner,
                                    struct store **store, char **problem)
{
  return open_store(path, kind, owner, LOCKFILE_AT_ONCE, store, problem);
}

bool store_is_trusted(const struct store *store, const char *path, uid_t owner)
{
  struct file_rule rule = {STORE_SYSTEM, owner};
  g_autofree char *resolved = NULL, *problem = NULL;

  return file_resolve(path, rule, &resolved, &problem) == TLSPIN_OK &&
         strcmp(resolved, store->path) == 0 && check_system(store, rule, &problem) == TLSPIN_OK;
}

bool store_leaves_trace(const char *path)
{
  return file_exists(path) || lockfile_remembers(path) || file_has_backups(path);
}

bool store_was_freed(const struct store *store)
{
  return store->lock.fixed && access(store->path, W_OK) == 0;
}

bool store_knows_threads(void)
{
  return sqlite3_threadsafe() != 0;
}

bool store_is_mask(const char *path, uid_t owner)
{
  struct file_rule rule = {STORE_SYSTEM, owner};
  g_autofree char *resolved = NULL, *problem = NULL, *target = NULL;
  struct stat status;

  if (file_resolve(path, rule, &resolved, &problem) != TLSPIN_OK || lstat(resolved, &status) != 0 ||
      !S_ISLNK(status.st_mode) || status.st_uid != owner)
    return false;
  target = g_file_read_link(resolved, NULL);
  return g_strcmp0(target, "/dev/null") == 0;
}

void store_close(struct store *store)
{
  if (store == NULL)
    return;
  database_close(&store->db);
  lockfile_close(&store->lock);
  if (store->drafts != NULL)
    g_array_unref(store->drafts);
  g_free(store->path);
  g_free(store);
}
