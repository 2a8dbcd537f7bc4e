/* One backup of a user's store: see backup.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/backup.h"

#include "common/text.h"
#include "daemon/clock.h"
#include "daemon/file.h"
#include "daemon/problem.h"
#include "daemon/schema.h"
#include "daemon/store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void backup_free(void *data)
{
  struct backup *backup = data;

  if (backup == NULL)
    return;
  g_free(backup->path);
  g_free(backup->problem);
  g_free(backup);
}

/* Takes the clock's row out. */
static enum tlspin_code pass_clock(struct store *store, struct contents *contents)
{
  struct cell key = cell_text(CLOCK_ROW), cells[TABLE_COLUMNS];
  struct digest digest;
  enum tlspin_code code;

  if (!store_has(store, TABLE_STATE))
    return TLSPIN_OK;
  code = contents_get(&store->db, TABLE_STATE, &key, cells, &digest);
  database_reset(store->db.get[TABLE_STATE]);
  if (code == TLSPIN_OK) {
    digest_toggle(&contents->all, &digest);
    contents->rows--;
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

enum tlspin_code backup_sum(struct store *store, struct backup_sum *sum)
{
  struct contents contents;

  database_refuel(&store->db);
  if (!contents_load(&store->db, &contents) || pass_clock(store, &contents) != TLSPIN_OK)
    return TLSPIN_UNAVAILABLE;
  sum->rows = contents.rows;
  sum->last_operation = contents.last_operation;
  memcpy(sum->all, contents.all.octets, sizeof sum->all);
  return TLSPIN_OK;
}

bool backup_sum_equal(const struct backup_sum *a, const struct backup_sum *b)
{
  return a->rows == b->rows && a->last_operation == b->last_operation &&
         memcmp(a->all, b->all, sizeof a->all) == 0;
}

static enum backup_state say_damaged(const char *path, const char *fault, char **problem)
{
  problem_set(problem, _("The backup %s can't be used: %s. It is passed over, and can be removed."),
              path, fault);
  return BACKUP_DAMAGED;
}

/* hindered: what keeps it from being read is not in it, and may be over the next time. */
static enum backup_state say_fault(const char *path, const char *fault, bool hindered,
                                   char **problem)
{
  if (!hindered)
    return say_damaged(path, fault, problem);
  problem_set(problem, _("%s can't be read or written now: %s. Check the disk and its room."), path,
              fault);
  return BACKUP_HINDERED;
}

/* A setting that SQLite passed over without an error says nothing of the content. */
static enum backup_state say_refused(const struct store *store, char **problem)
{
  return say_fault(store->path, database_fault(&store->db), database_is_hindered(&store->db),
                   problem);
}

/* Whether the system, and nothing about the file, keeps it from being opened and read. What is no
 * file, a pipe say, stays none: one can't be opened (ENXIO), another not be read (ESPIPE). */
static bool is_hindered(const char *path)
{
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  int fault = fd >= 0 ? 0 : errno;
  struct stat status;
  uint8_t octet;

  if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode))
    fault = 0;
  else if (fd >= 0 && pread(fd, &octet, sizeof octet, 0) < 0)
    fault = errno;
  if (fd >= 0)
    close(fd);
  return fault != 0 && fault != EACCES && fault != EISDIR && fault != ELOOP && fault != ENOENT;
}

/* With a journal that has content, another program's unfinished write would be passed over. */
static enum backup_state check_journal(const char *path, const char *suffix, char **problem)
{
  g_autofree char *journal = g_strconcat(path, suffix, NULL);
  struct stat status;

  if (lstat(journal, &status) != 0)
    return errno == ENOENT ? BACKUP_WHOLE : say_fault(journal, g_strerror(errno), true, problem);
  return status.st_size == 0
             ? BACKUP_WHOLE
             : say_damaged(path, _("another program has left a write to it unfinished"), problem);
}

static enum backup_state check_schema(struct store *store, char **problem)
{
  switch (schema_inspect(store->db.handle, &schema_current)) {
  case SCHEMA_FINE:
  case SCHEMA_OLDER:
    return BACKUP_WHOLE;
  case SCHEMA_NEWER:
    problem_set(problem, _("%s was written by a newer tlspin. Update tlspin."), store->path);
    return BACKUP_UNREAD;
  case SCHEMA_UNREADABLE:
    return say_refused(store, problem);
  case SCHEMA_EMPTY:
    return say_damaged(store->path, _("it is empty"), problem);
  default:
    return say_damaged(store->path, _("its tables are not those of tlspin"), problem);
  }
}

static enum backup_state open_tables(struct store *store, char **problem)
{
  enum backup_state state;

  if (!database_open(&store->db, store->path, STORE_SYSTEM))
    return say_refused(store, problem);
  state = check_schema(store, problem);
  if (state != BACKUP_WHOLE)
    return state;
  return database_prepare(&store->db) ? BACKUP_WHOLE : say_refused(store, problem);
}

static enum backup_state verify(struct store *store, char **problem)
{
  g_autofree char *fault = NULL;

  database_stamp(&store->db);
  fault = contents_verify(&store->db, STORE_USER);
  return fault == NULL ? BACKUP_WHOLE : say_fault(store->path, fault, store->db.hindered, problem);
}

static enum backup_state read_through(struct store *store, char **problem)
{
  enum backup_state state = open_tables(store, problem);

  return state == BACKUP_WHOLE ? verify(store, problem) : state;
}

/* What was in the way for a moment isn't any more. */
static enum tlspin_code check_twice(const char *path, uid_t owner, char **problem)
{
  struct file_rule rule = {STORE_USER, owner};
  enum tlspin_code code = file_check(path, rule, problem);

  if (code == TLSPIN_UNAVAILABLE) {
    g_free(g_steal_pointer(problem));
    code = file_check(path, rule, problem);
  }
  return code;
}

static enum backup_state check_file(const char *path, uid_t owner, char **problem)
{
  enum backup_state state;

  switch (check_twice(path, owner, problem)) {
  case TLSPIN_OK:
    break;
  case TLSPIN_STORE_DAMAGED:
    return say_damaged(path, _("its first octets are not those of a database"), problem);
  default:
    return is_hindered(path) ? BACKUP_HINDERED : BACKUP_UNREAD;
  }
  state = check_journal(path, "-journal", problem);
  return state == BACKUP_WHOLE ? check_journal(path, "-wal", problem) : state;
}

/* How much of it is read. */
typedef enum backup_state (*reading)(struct store *store, char **problem);

static enum backup_state open_file(const char *path, uid_t owner, reading read,
                                   struct store **store, char **problem)
{
  struct store *opened;
  enum backup_state state;

  *store = NULL;
  *problem = NULL;
  state = check_file(path, owner, problem);
  if (state != BACKUP_WHOLE)
    return state;
  opened = g_new0(struct store, 1);
  opened->kind = STORE_USER;
  opened->path = g_strdup(path);
  state = read(opened, problem);
  if (state == BACKUP_WHOLE)
    *store = opened;
  else
    store_close(opened);
  return state;
}

enum backup_state backup_open(const char *path, uid_t owner, struct store **store, char **problem)
{
  return open_file(path, owner, read_through, store, problem);
}

/* What is wrong with one whose sum can't be read is said by reading all of it. */
enum backup_state backup_last_operation(const char *path, uid_t owner, uint64_t *number,
                                        char **problem)
{
  struct contents contents;
  struct store *opened;
  enum backup_state state = open_file(path, owner, open_tables, &opened, problem);

  if (state != BACKUP_WHOLE)
    return state;
  database_refuel(&opened->db);
  if (!contents_load(&opened->db, &contents)) {
    if ((state = verify(opened, problem)) == BACKUP_WHOLE) /* by now */
      state = say_fault(path, g_strerror(EIO), true, problem);
  } else if (contents.last_operation > BACKUP_OPERATION_MAX) {
    state = say_damaged(path, _("an entry in it is not what was written"), problem);
  } else {
    *number = contents.last_operation;
  }
  store_close(opened);
  return state;
}

void backup_look(struct backup *backup, uid_t owner, struct store **opened)
{
  g_free(backup->problem);
  backup->state = backup_open(backup->path, owner, opened, &backup->problem);
  if (backup->state != BACKUP_WHOLE || backup_sum(*opened, &backup->sum) == TLSPIN_OK)
    return;
  backup->state = say_fault(backup->path, database_fault(&(*opened)->db), true, &backup->problem);
  store_close(g_steal_pointer(opened));
}

enum tlspin_code backup_check(const char *path, uid_t owner, const struct backup_sum *sum,
                              char **problem)
{
  g_autofree char *fault = NULL;
  struct backup_sum found;
  struct store *opened;
  bool same = backup_open(path, owner, &opened, &fault) == BACKUP_WHOLE &&
              backup_sum(opened, &found) == TLSPIN_OK &&
              (sum == NULL || backup_sum_equal(&found, sum));

  store_close(opened);
  if (same)
    return TLSPIN_OK;
  if (fault != NULL)
    g_warning("%s", fault);
  return problem_set(problem,
                     _("The copy %s is not what it was made of, so that no backup is made of it. "
                       "Look whether the disk fails, and run 'tlspin doctor'."),
                     path);
}

static enum tlspin_code say_unremoved(const struct backup *backup, char **problem)
{
  return problem_set(problem, _("The backup %s can't be removed: %s. Remove it."), backup->path,
                     g_strerror(errno));
}

enum tlspin_code backup_remove(const struct backup *backup, char **problem)
{
  g_autofree char *journal = g_strconcat(backup->path, "-journal", NULL);
  g_autofree char *wal = g_strconcat(backup->path, "-wal", NULL);

  if ((unlink(journal) != 0 && errno != ENOENT) || (unlink(wal) != 0 && errno != ENOENT) ||
      unlink(backup->path) != 0 || !file_sync_folder(backup->path))
    return say_unremoved(backup, problem);
  return TLSPIN_OK;
}
