/* Making the file of a system layer: see store_write_layer in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "daemon/file.h"
#include "daemon/problem.h"
#include "daemon/schema.h"
#include "daemon/store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two rows for one peer would have the later one win without a word. */
static enum tlspin_code put_rows(struct change *change, const struct ticket_row *rows, size_t count,
                                 char **problem)
{
  struct cell cells[TABLE_COLUMNS];
  enum tlspin_code code = TLSPIN_OK;

  for (size_t i = 0; i < count && code == TLSPIN_OK; i++) {
    uint64_t before = change->contents.rows;

    if (!ticket_row_is_valid(&rows[i], STORE_SYSTEM)) {
      problem_set(problem, _("The entry for '%s' can't be stored. Correct it."), rows[i].peer.host);
      return TLSPIN_E_ARGUMENT;
    }
    ticket_row_to_cells(&rows[i], cells);
    code = change_put(change, TABLE_TICKET, cells);
    if (code == TLSPIN_OK && change->contents.rows == before) {
      problem_set(problem, _("There are two entries for '%s'. Remove one."), rows[i].peer.host);
      return TLSPIN_E_ARGUMENT;
    }
  }
  return code;
}

/* Opened as a user store is, so that the file is in a rollback mode and on the disk at the end. */
static enum tlspin_code fill(const char *path, const struct ticket_row *rows, size_t count,
                             char **problem)
{
  struct database db;
  struct change change;
  enum tlspin_code code = TLSPIN_UNAVAILABLE;

  if (database_open(&db, path, STORE_USER) && schema_migrate(db.handle, &schema_current) &&
      database_prepare(&db))
    code = change_begin(&change, &db);
  if (code == TLSPIN_OK)
    code = change_end(&change, put_rows(&change, rows, count, problem));
  if (code == TLSPIN_UNAVAILABLE)
    problem_set(problem, _("%s can't be written: %s. Make room on the disk."), path,
                database_fault(&db));
  database_close(&db);
  return code;
}

/* Takes the temporary file's place only when all of it is on the disk. */
static enum tlspin_code publish(const char *temporary, const char *path, char **problem)
{
  int fd = open(temporary, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  bool done = fd >= 0 && fchmod(fd, 0644) == 0 && fsync(fd) == 0 && rename(temporary, path) == 0 &&
              file_sync_folder(path);

  if (!done)
    problem_set(problem, _("%s can't be put in place: %s. Make its folder writable for you."), path,
                g_strerror(errno));
  if (fd >= 0)
    close(fd);
  return done ? TLSPIN_OK : TLSPIN_UNAVAILABLE;
}

/* An empty file of a name that nobody uses, in the folder of the layer, so that rename(2) can be
 * atomic. */
static char *make_temporary(const char *path, char **problem)
{
  g_autofree char *folder = g_path_get_dirname(path);
  g_autofree char *name = g_path_get_basename(path);
  g_autofree char *template = g_strdup_printf(".%s.XXXXXX", name);
  g_autofree char *unresolved = g_build_filename(folder, template, NULL);
  int fd = g_mkstemp_full(unresolved, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0) {
    problem_set(problem, _("No file can be made in the folder %s: %s. Make it writable for you."),
                folder, g_strerror(errno));
    return NULL;
  }
  close(fd);
  return g_steal_pointer(&unresolved);
}

enum tlspin_code store_write_layer(const char *path, const struct ticket_row *rows, size_t count,
                                   char **problem)
{
  struct file_rule rule = {STORE_SYSTEM, geteuid()};
  g_autofree char *resolved = NULL, *temporary = NULL, *journal = NULL;
  enum tlspin_code code;

  *problem = NULL;
  code = file_resolve(path, rule, &resolved, problem);
  if (code != TLSPIN_OK)
    return code;
  temporary = make_temporary(resolved, problem);
  if (temporary == NULL)
    return TLSPIN_UNAVAILABLE;
  code = fill(temporary, rows, count, problem);
  if (code == TLSPIN_OK)
    code = publish(temporary, resolved, problem);
  journal = g_strconcat(temporary, "-journal", NULL);
  unlink(journal);
  if (code != TLSPIN_OK)
    unlink(temporary);
  return code;
}
