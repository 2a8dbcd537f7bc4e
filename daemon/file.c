/* The file of a store: see file.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/file.h"

#include "common/text.h"
#include "daemon/names.h"
#include "daemon/problem.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* SQLite's file format, section 1.3.3: 2 means WAL. */
enum { WRITE_VERSION = 18, READ_VERSION = 19, HEADER_READ = 20, VERSION_WAL = 2 };

bool file_sync_folder(const char *path)
{
  g_autofree char *folder = g_path_get_dirname(path);
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool synced = fd >= 0 && fsync(fd) == 0;

  if (fd >= 0)
    close(fd);
  return synced;
}

/* mkdir -p -m 0700 (XDG Base Directory Specification, "Referencing this specification"), and each
 * new name lasts: otherwise a loss of power could take the folder away with all that was
 * acknowledged in it. */
static bool make_folder(const char *folder)
{
  g_autofree char *parent = g_path_get_dirname(folder);

  if (mkdir(folder, 0700) == 0)
    return file_sync_folder(folder);
  if (errno == EEXIST)
    return true;
  return errno == ENOENT && strcmp(parent, folder) != 0 && make_folder(parent) &&
         mkdir(folder, 0700) == 0 && file_sync_folder(folder);
}

static enum tlspin_code check_owner(const char *path, const struct stat *status,
                                    struct file_rule rule, char **problem)
{
  mode_t forbidden = rule.kind == STORE_USER ? 077 : 022;

  if (status->st_uid != rule.owner)
    return problem_set(
        problem,
        _("%s belongs to the user with the number %lu and not to %lu, so that it can't be "
          "trusted. Give it back with 'chown', or move it away."),
        path, (unsigned long)status->st_uid, (unsigned long)rule.owner);
  if ((status->st_mode & forbidden) == 0)
    return TLSPIN_OK;
  return problem_set(
      problem,
      rule.kind == STORE_USER
          ? _("%s is open to other users (mode %04o). Run 'chmod go= %s'.")
          : _("%s may be written to by other users (mode %04o). Run 'chmod go-w %s'."),
      path, (unsigned)(status->st_mode & 07777), path);
}

static enum tlspin_code check_folder(const char *folder, struct file_rule rule, char **problem)
{
  struct stat status;

  if (stat(folder, &status) != 0)
    return problem_set(problem, _("The folder %s can't be looked at: %s."), folder,
                       g_strerror(errno));
  if (!S_ISDIR(status.st_mode))
    return problem_set(problem, _("%s is not a folder. Move it away."), folder);
  return check_owner(folder, &status, rule, problem);
}

enum tlspin_code file_resolve(const char *path, struct file_rule rule, char **resolved,
                              char **problem)
{
  g_autofree char *folder = g_path_get_dirname(path);
  g_autofree char *name = g_path_get_basename(path);
  char *real;

  *resolved = NULL;
  if (rule.kind == STORE_USER && !make_folder(folder))
    return problem_set(problem,
                       _("The folder %s can't be made: %s. Make it, or free the way to it."),
                       folder, g_strerror(errno));
  real = realpath(folder, NULL);
  if (real == NULL)
    return problem_set(problem,
                       _("The folder %s can't be reached: %s. Make it, or free the way to it."),
                       folder, g_strerror(errno));
  if (check_folder(real, rule, problem) == TLSPIN_OK)
    *resolved = g_build_filename(real, name, NULL);
  free(real);
  return *resolved != NULL ? TLSPIN_OK : TLSPIN_UNAVAILABLE;
}

bool file_exists(const char *path)
{
  struct stat status;

  return lstat(path, &status) == 0 || errno != ENOENT;
}

bool file_has_content(const char *path)
{
  struct stat status;

  if (lstat(path, &status) != 0)
    return errno != ENOENT;
  return status.st_size > 0;
}

/* Files named pins-*.db: see backups.h. */
bool file_has_backups(const char *path)
{
  g_autofree char *home = g_path_get_dirname(path);
  g_autofree char *folder = g_build_filename(home, FILE_BACKUPS, NULL);
  g_autoptr(GPtrArray) names = names_read(folder, NULL);

  for (guint i = 0; names != NULL && i < names->len; i++)
    if (g_str_has_prefix(names->pdata[i], "pins-") && g_str_has_suffix(names->pdata[i], ".db"))
      return true;
  return names == NULL;
}

enum tlspin_code file_create(const char *path, char **problem)
{
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0 && errno != EEXIST) /* somebody else may have been faster */
    return problem_set(problem, _("%s can't be made: %s. Make its folder writable for you."), path,
                       g_strerror(errno));
  if (fd >= 0)
    close(fd);
  if (!file_sync_folder(path))
    return problem_set(problem, _("The folder of %s can't be written to the disk: %s."), path,
                       g_strerror(errno));
  return TLSPIN_OK;
}

enum tlspin_code file_publish(const char *temporary, const char *path, mode_t mode, char **problem)
{
  int fd = open(temporary, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  bool done = fd >= 0 && fchmod(fd, mode) == 0 && fsync(fd) == 0 && rename(temporary, path) == 0 &&
              file_sync_folder(path);

  if (!done)
    problem_set(problem, _("%s can't be put in place: %s. Make its folder writable for you."), path,
                g_strerror(errno));
  if (fd >= 0)
    close(fd);
  return done ? TLSPIN_OK : TLSPIN_UNAVAILABLE;
}

enum tlspin_code file_say_fixed(const char *path, char **problem)
{
  return problem_set(problem,
                     _("%s can't be written: its file system is mounted read-only. Mount it so "
                       "that it can be written."),
                     path);
}

/* Only a missing file and a link are told apart: for the rest the system's words do. */
static enum tlspin_code say_open(const char *path, int fault, char **problem)
{
  if (fault == ENOENT)
    return problem_set(problem, _("%s is missing. Restore it, or remove what asks for it."), path);
  if (fault == ELOOP)
    return problem_set(
        problem, _("%s is a symbolic link, which is not followed. Put the file in its place."),
        path);
  return problem_set(problem, _("%s can't be opened: %s. Make it a file that you can read."), path,
                     g_strerror(fault));
}

/* What a user store holds is enforced as well where nothing new can be written to it. */
static int open_as_may_be(const char *path, enum store_kind kind)
{
  enum { CAUTION = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };
  int fd = kind == STORE_USER ? open(path, O_RDWR | CAUTION) : -1;

  if (kind != STORE_USER || (fd < 0 && errno == EROFS))
    fd = open(path, O_RDONLY | CAUTION);
  return fd;
}

enum tlspin_code file_open(const char *path, struct file_rule rule, int *fd, char **problem)
{
  enum tlspin_code code;
  struct stat status;

  *fd = open_as_may_be(path, rule.kind);
  if (*fd < 0)
    return say_open(path, errno, problem);
  if (fstat(*fd, &status) != 0)
    code = say_open(path, errno, problem);
  else if (!S_ISREG(status.st_mode))
    code = problem_set(problem, _("%s is not a regular file. Move it away."), path);
  else
    code = check_owner(path, &status, rule, problem);
  if (code != TLSPIN_OK) {
    close(*fd);
    *fd = -1;
  }
  return code;
}

/* SQLite sets both alike; with others it would open the file only to read it, or not at all. */
static bool is_damaged(const uint8_t *header)
{
  return header[WRITE_VERSION] != header[READ_VERSION] || header[WRITE_VERSION] > VERSION_WAL;
}

/* An empty file passes: whether it may be empty is not known here. */
static enum tlspin_code check_header(const char *path, int fd, struct file_rule rule,
                                     char **problem)
{
  uint8_t header[HEADER_READ] = {0};
  ssize_t size = pread(fd, header, sizeof header, 0);

  if (size < 0)
    return problem_set(problem, _("%s can't be read: %s. Restore it from a backup."), path,
                       g_strerror(errno));
  if (rule.kind == STORE_USER && is_damaged(header)) {
    problem_set(problem, _("%s is damaged: %s. Run 'tlspin doctor'."), path,
                _("its first octets are not those of a database"));
    return TLSPIN_STORE_DAMAGED;
  }
  if (header[WRITE_VERSION] == VERSION_WAL || header[READ_VERSION] == VERSION_WAL)
    return problem_set(
        problem,
        _("%s is in SQLite's WAL mode, which tlspin never uses. Restore the file, or run "
          "'PRAGMA journal_mode=DELETE' on it."),
        path);
  return TLSPIN_OK;
}

/* Of a write that was broken off, the first octets may be anything: SQLite puts them back from the
 * journal. */
static bool is_unfinished(const char *path)
{
  g_autofree char *journal = g_strconcat(path, "-journal", NULL);

  return file_has_content(journal);
}

enum tlspin_code file_check(const char *path, struct file_rule rule, char **problem)
{
  int fd;
  enum tlspin_code code = file_open(path, rule, &fd, problem);

  if (code != TLSPIN_OK)
    return code;
  if (rule.kind == STORE_SYSTEM || !is_unfinished(path))
    code = check_header(path, fd, rule, problem);
  close(fd);
  return code;
}

/* The file itself last: while that is there, whoever comes after a crash finds the rest as well. */
bool file_remove_unfinished(const char *path)
{
  static const char *const parts[] = {"-journal", "-wal", "-shm", ""};
  int fault = 0;

  for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
    g_autofree char *part = g_strconcat(path, FILE_UNFINISHED, parts[i], NULL);

    if (unlink(part) != 0 && errno != ENOENT)
      fault = errno;
  }
  errno = fault;
  return fault == 0;
}

void file_sweep(const char *path)
{
  g_autofree char *folder = g_path_get_dirname(path);

  file_remove_unfinished(path);
  names_remove_temporaries(folder);
}
