/* The key file on disk: see keyfile.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/keyfile.h"

#include "common/text.h"
#include "common/vault.h"
#include "libserver/keytext.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct span keyfile_text_span(const struct keyfile_text *text)
{
  return (struct span){text->octets, text->size};
}

void keyfile_text_free(struct keyfile_text *text)
{
  vault_give(text->octets);
  *text = (struct keyfile_text){NULL, 0};
}

/* ELOOP is what O_NOFOLLOW gives for a symbolic link. */
static bool fail_open(const char *path, struct trouble *trouble)
{
  switch (errno) {
  case ENOENT:
    return trouble_set(
        trouble, _("%s: There is no such file. Make it with 'tlspin-server keys new'."), path);
  case ELOOP:
    return trouble_set(trouble, _("%s: This is a symbolic link. Name the file itself."), path);
  default:
    return trouble_set(trouble, _("%s: The file can't be opened: %s. Run this as its owner."), path,
                       strerror(errno));
  }
}

static bool check_status(int fd, const char *path, struct trouble *trouble)
{
  struct stat status;

  if (fstat(fd, &status) != 0)
    return fail_open(path, trouble);
  if (!S_ISREG(status.st_mode))
    return trouble_set(trouble,
                       _("%s: This is not a regular file. Name a file of protection keys."), path);
  if (status.st_uid != geteuid() && status.st_uid != 0)
    return trouble_set(
        trouble,
        _("%s: The file belongs to the user with the number %lu. Run this as that user, or "
          "make the file yours with chown."),
        path, (unsigned long)status.st_uid);
  if ((status.st_mode & 077) != 0)
    return trouble_set(
        trouble,
        _("%s: Others than the owner may use the file (mode %04o), so its keys may be known to "
          "them. Run "
          "'chmod 600' on it, and 'tlspin-server keys rotate' if somebody may have read it."),
        path, (unsigned)(status.st_mode & 07777));
  if (status.st_size > KEYTEXT_MAX)
    return trouble_set(
        trouble,
        _("%s: The file is larger than 4 MiB, so it can't be a file of protection keys. "
          "Name the right file."),
        path);
  return true;
}

/* O_NONBLOCK: a FIFO that somebody put there must not hang the server. */
static int open_checked(const char *path, struct trouble *trouble)
{
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

  if (fd < 0) {
    fail_open(path, trouble);
    return -1;
  }
  if (!check_status(fd, path, trouble)) {
    close(fd);
    return -1;
  }
  return fd;
}

/* One octet more than may be there is asked for, so that a file that grew meanwhile is noticed. */
static bool read_all(int fd, const char *path, struct keyfile_text *text, struct trouble *trouble)
{
  ssize_t count;

  text->octets = vault_take(KEYTEXT_MAX + 1);
  text->size = 0;
  if (text->octets == NULL)
    return trouble_set(trouble, _("%s: There is no memory left to read the file."), path);
  do {
    count = read(fd, text->octets + text->size, KEYTEXT_MAX + 1 - text->size);
    if (count > 0)
      text->size += (size_t)count;
  } while (count > 0 || (count < 0 && errno == EINTR));
  if (count == 0 && text->size <= KEYTEXT_MAX)
    return true;
  keyfile_text_free(text);
  return trouble_set(trouble, _("%s: The file can't be read: %s. Look at the disk."), path,
                     strerror(count < 0 ? errno : EFBIG));
}

bool keyfile_read(const char *path, struct keyfile_text *text, struct trouble *trouble)
{
  int fd = open_checked(path, trouble);
  bool done;

  *text = (struct keyfile_text){NULL, 0};
  if (fd < 0)
    return false;
  done = read_all(fd, path, text, trouble);
  close(fd);
  return done;
}

/* True where the path still names the file that was opened: whoever held the lock before may have
 * replaced it, and then a lock on the old one keeps nobody out. */
static bool is_still(const char *path, int fd)
{
  struct stat opened, named;

  return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

static bool wait_for_lock(int fd, const char *path, struct trouble *trouble)
{
  while (flock(fd, LOCK_EX) != 0)
    if (errno != EINTR)
      return trouble_set(trouble, _("%s: The file can't be locked: %s. Keep it on a local disk."),
                         path, strerror(errno));
  return true;
}

enum attempt {
  ATTEMPT_LOCKED,
  ATTEMPT_REPLACED, /* meanwhile, by somebody else */
  ATTEMPT_FAILED
};

static enum attempt try_lock(const char *path, int *lock, struct keyfile_text *text,
                             struct trouble *trouble)
{
  enum attempt attempt = ATTEMPT_FAILED;

  *lock = open_checked(path, trouble);
  if (*lock < 0)
    return attempt;
  if (wait_for_lock(*lock, path, trouble)) {
    if (!is_still(path, *lock))
      attempt = ATTEMPT_REPLACED;
    else if (read_all(*lock, path, text, trouble))
      attempt = ATTEMPT_LOCKED;
  }
  if (attempt != ATTEMPT_LOCKED)
    close(*lock);
  return attempt;
}

bool keyfile_lock(const char *path, int *lock, struct keyfile_text *text, struct trouble *trouble)
{
  enum attempt attempt;

  *text = (struct keyfile_text){NULL, 0};
  do
    attempt = try_lock(path, lock, text, trouble);
  while (attempt == ATTEMPT_REPLACED);
  return attempt == ATTEMPT_LOCKED;
}

#define TEMPORARY ".tlspin-keys-XXXXXX"

/* The directory of a path, for a temporary file beside it. */
static bool directory_of(const char *path, char directory[PATH_MAX], struct trouble *trouble)
{
  const char *slash = strrchr(path, '/');
  size_t size = slash != NULL ? (size_t)(slash - path) + 1 : 2;

  if (size >= PATH_MAX)
    return trouble_set(trouble, _("%s: The name is too long. Choose a shorter one."), path);
  memcpy(directory, slash != NULL ? path : "./", size);
  directory[size] = '\0';
  return true;
}

static bool write_all(int fd, struct span text)
{
  struct reader r = reader_of(text);

  while (r.left > 0) {
    ssize_t count = write(fd, r.next, r.left);

    if (count < 0 && errno != EINTR)
      return false;
    reader_take(&r, count > 0 ? (size_t)count : 0);
  }
  return fsync(fd) == 0;
}

/* mkostemp gives the mode 0600 whatever the umask is. */
static bool write_temporary(char *temporary, struct span text)
{
  int fd = mkostemp(temporary, O_CLOEXEC);
  bool written;

  if (fd < 0) {
    temporary[0] = '\0';
    return false;
  }
  written = write_all(fd, text);
  return close(fd) == 0 && written;
}

/* Without it the new name may be lost with the power. */
static bool sync_directory(const char *directory)
{
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool synced = fd >= 0 && fsync(fd) == 0;

  if (fd >= 0)
    close(fd);
  return synced;
}

static bool fail_write(const char *path, int error, struct trouble *trouble)
{
  if (error == EEXIST)
    return trouble_set(trouble,
                       _("%s: The file is there already. Add a key to it with 'tlspin-server keys "
                         "rotate', or choose "
                         "another name."),
                       path);
  return trouble_set(trouble,
                     _("%s: The file can't be written: %s. Look at its directory and the disk."),
                     path, strerror(error));
}

/* publish: gives the temporary file its name; 0 on success. */
static bool put(const char *path, struct span text, int (*publish)(const char *, const char *),
                struct trouble *trouble)
{
  char directory[PATH_MAX], temporary[PATH_MAX + sizeof TEMPORARY];
  int error;

  if (!directory_of(path, directory, trouble))
    return false;
  snprintf(temporary, sizeof temporary, "%s" TEMPORARY, directory);
  if (!write_temporary(temporary, text) || publish(temporary, path) != 0) {
    error = errno;
    if (temporary[0] != '\0')
      unlink(temporary);
    return fail_write(path, error, trouble);
  }
  return sync_directory(directory) ||
         trouble_set(
             trouble,
             _("%s: The file was written, but may be lost with the power: %s. Look at the disk."),
             path, strerror(errno));
}

bool keyfile_replace(const char *path, struct span text, struct trouble *trouble)
{
  return put(path, text, rename, trouble);
}

/* link(2) fails where the name is taken; rename(2) would not. */
static int publish_new(const char *temporary, const char *path)
{
  if (link(temporary, path) != 0)
    return -1;
  unlink(temporary);
  return 0;
}

bool keyfile_create(const char *path, struct span text, struct trouble *trouble)
{
  return put(path, text, publish_new, trouble);
}
