/* Copying a store: see backup-copy.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/backup-copy.h"

#include "common/text.h"
#include "daemon/damage.h"
#include "daemon/journal.h"
#include "daemon/problem.h"
#include "daemon/schema.h"

#include <limits.h>

enum {
  SLICE_PAGES = 256, /* copied at once, 1 MiB: a writer waits for that */
  RESTARTS = 10      /* so often others may write in between, by which copying begins anew */
};

/* Whether the store, as it is now, is one to make a backup of. */
static enum tlspin_code check_state(struct store *store, const struct backup_terms *terms,
                                    char **problem)
{
  struct operation_row row;
  enum tlspin_code code = journal_find_applying(store, &row);

  if (code == TLSPIN_OK) {
    problem_set(problem, _("An import is being stored. Try again when it is done."));
    return TLSPIN_E_BUSY;
  }
  if (code == TLSPIN_E_NOT_FOUND && (terms->asked || !damage_stands(store)))
    return TLSPIN_OK;
  return problem_set(problem,
                     code == TLSPIN_E_NOT_FOUND
                         ? _("Pins were lost from %s, and no backup is made of what is left before "
                             "you know. Run 'tlspin doctor'.")
                         : _("%s can't be read. Run 'tlspin doctor'."),
                     store->path);
}

/* A copy at work. */
struct copying {
  struct store *from;
  const struct backup_terms *terms; /* NULL: of a backup */
  sqlite3_backup *backup;
  struct backup_sum sum; /* of what it held when the last slice was copied */
  bool done;
};

static enum tlspin_code say_unread(const struct store *store, char **problem)
{
  return problem_set(problem, _("%s can't be read: %s. Run 'tlspin doctor'."), store->path,
                     database_fault(&store->db));
}

/* Copies some pages, -1: all, in one transaction with a look at what there is. *rc: of SQLite. */
static enum tlspin_code copy_slice(struct copying *copying, int pages, int *rc, char **problem)
{
  struct database *db = &copying->from->db;
  enum tlspin_code code = TLSPIN_OK;

  *rc = SQLITE_ERROR;
  database_refuel_all(db);
  if (!database_finish(db->statements[STATEMENT_BEGIN]))
    return say_unread(copying->from, problem);
  if (backup_sum(copying->from, &copying->sum) != TLSPIN_OK)
    code = problem_set(problem, _("%s can't be read. Run 'tlspin doctor'."), copying->from->path);
  else if (copying->terms != NULL)
    code = check_state(copying->from, copying->terms, problem);
  if (code == TLSPIN_OK)
    *rc = sqlite3_backup_step(copying->backup, pages);
  database_finish(db->statements[STATEMENT_ROLLBACK]);
  return code;
}

/* A part at a time, so that nobody waits long to write. What another writes in between has SQLite
 * begin anew, so that at the end the copy is what the last slice saw; where that happens again and
 * again, the rest is copied in one go. */
static enum tlspin_code copy_slices(struct copying *copying, char **problem)
{
  enum tlspin_code code = TLSPIN_OK;
  int rc = SQLITE_OK, restarts = 0, left = INT_MAX;

  while (code == TLSPIN_OK && rc == SQLITE_OK) {
    code = copy_slice(copying, restarts < RESTARTS ? SLICE_PAGES : -1, &rc, problem);
    restarts += sqlite3_backup_remaining(copying->backup) >= left;
    left = sqlite3_backup_remaining(copying->backup);
  }
  copying->done = rc == SQLITE_DONE;
  return code;
}

static enum tlspin_code say_unwritten(const char *path, const struct database *to, char **problem)
{
  return problem_set(
      problem, _("No copy can be made in %s: %s. Make room on the disk, and run 'tlspin doctor'."),
      path, database_fault(to));
}

/* The end of the copy is on the disk when the last slice is: see hardening.c. */
static enum tlspin_code copy_pages(struct copying *copying, struct database *to, const char *path,
                                   char **problem)
{
  enum tlspin_code code;

  copying->backup = sqlite3_backup_init(to->handle, "main", copying->from->db.handle, "main");
  code = copying->backup != NULL ? copy_slices(copying, problem) : TLSPIN_OK;
  if (sqlite3_backup_finish(copying->backup) != SQLITE_OK)
    copying->done = false;
  return code == TLSPIN_OK && !copying->done ? say_unwritten(path, to, problem) : code;
}

static enum tlspin_code copy_to(struct copying *copying, const char *path, char **problem)
{
  struct database to;
  enum tlspin_code code = database_open(&to, path, STORE_USER)
                              ? copy_pages(copying, &to, path, problem)
                              : say_unwritten(path, &to, problem);

  database_close(&to);
  return code;
}

/* With a connection of its own, and never with a descriptor that isn't SQLite's: to close one would
 * drop the locks that other threads hold on the file. The lock file keeps a recovery away
 * (successor.h): journals are found by their names, and a connection to the old file would take
 * that of the new one for its own. */
static enum tlspin_code open_source(struct store *store, char **problem)
{
  struct database *db = &store->db;

  if (!database_open(db, store->path, STORE_USER) || !database_prepare(db) ||
      !database_in_place(db))
    return say_unread(store, problem);
  if (schema_inspect(db->handle, &schema_current) != SCHEMA_FINE)
    return problem_set(problem, _("%s can't be read. Run 'tlspin doctor'."), store->path);
  return TLSPIN_OK;
}

/* The store still holds what was erased from the other files already: see traces.h. */
static enum tlspin_code say_erased(char **problem)
{
  problem_set(problem, _("Something is being erased. Try again in a moment."));
  return TLSPIN_E_BUSY;
}

enum tlspin_code backup_copy_store(const char *path, uid_t owner, const char *to,
                                   const struct backup_terms *terms, struct backup_sum *sum,
                                   char **problem)
{
  g_autofree char *name = g_strdup(path);
  struct store from = {.kind = STORE_USER, .path = name};
  struct copying copying = {.from = &from, .terms = terms};
  enum tlspin_code code = lockfile_open(path, owner, LOCKFILE_PATIENT, &from.lock, problem);

  if (code == TLSPIN_OK && lockfile_is_held(&from.lock, LOCKFILE_ERASURE))
    code = say_erased(problem);
  if (code == TLSPIN_OK)
    code = open_source(&from, problem);
  if (code == TLSPIN_OK)
    code = copy_to(&copying, to, problem);
  if (code == TLSPIN_OK)
    *sum = copying.sum;
  database_close(&from.db);
  lockfile_close(&from.lock);
  return code;
}

enum tlspin_code backup_copy(struct store *from, const char *to, char **problem)
{
  struct copying copying = {.from = from};

  return copy_to(&copying, to, problem);
}
