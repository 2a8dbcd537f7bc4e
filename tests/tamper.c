/* What can be done to the file of a system layer: see tamper.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/tamper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { APPLICATION_AT = 68, NOBODY = 65534 };

void tamper_write(const char *path, const char *text)
{
  FILE *file = fopen(path, "we");

  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(chmod(path, 0644), 0);
}

static void overwrite(const char *path, off_t offset, const void *octets, size_t size)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);

  assert_true(fd >= 0);
  assert_int_equal(pwrite(fd, octets, size, offset), size);
  assert_int_equal(close(fd), 0);
}

static const char *beside(const char *path, const char *suffix)
{
  static char other[160];

  snprintf(other, sizeof other, "%s%s", path, suffix);
  return other;
}

static const char *folder_of(const char *path)
{
  static char folder[160];

  snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
  return folder;
}

static void give_away(const char *path)
{
  assert_int_equal(chown(path, NOBODY, NOBODY), 0);
}

static void open_file(const char *path)
{
  assert_int_equal(chmod(path, 0666), 0);
}

static void stamp_as_another(const char *path)
{
  overwrite(path, APPLICATION_AT, "\1\2\3\4", 4);
}

/* A bit of the first host's name, where it stands in its page. */
static void damage_page(const char *path)
{
  char octets[65536];
  FILE *file = fopen(path, "re");
  size_t size;
  char *host, bit;

  assert_non_null(file);
  size = fread(octets, 1, sizeof octets, file);
  fclose(file);
  host = memmem(octets, size, TAMPER_HOST, strlen(TAMPER_HOST));
  assert_non_null(host);
  bit = host[1] ^ 1;
  overwrite(path, host + 1 - octets, &bit, 1);
}

void tamper_empty(const char *path)
{
  assert_int_equal(truncate(path, 0), 0);
}

void tamper_halve(const char *path)
{
  struct stat status;

  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(truncate(path, status.st_size / 2), 0);
}

static void replace_by_noise(const char *path)
{
  const char *new = beside(path, ".new");

  tamper_write(new, "not a database, and put in place at once");
  assert_int_equal(rename(new, path), 0);
}

static void replace_by_link(const char *path)
{
  char new[176];

  snprintf(new, sizeof new, "%s", beside(path, ".new"));
  assert_int_equal(link(path, beside(path, ".aside")), 0);
  assert_int_equal(symlink(beside(path, ".aside"), new), 0);
  assert_int_equal(rename(new, path), 0);
}

static void leave_journal(const char *path)
{
  tamper_write(beside(path, "-journal"), "an unfinished write");
}

static void open_folder(const char *path)
{
  assert_int_equal(chmod(folder_of(path), 0777), 0);
}

static void close_folder(const char *path)
{
  assert_int_equal(chmod(folder_of(path), 0), 0);
}

const struct tampering tamperings[] = {
    {"wrong owner", give_away, TAMPER_ROOT},
    {"writable by all", open_file, TAMPER_ANYBODY},
    {"another application's", stamp_as_another, TAMPER_ANYBODY},
    {"a damaged page", damage_page, TAMPER_ANYBODY},
    {"truncated to nothing", tamper_empty, TAMPER_ANYBODY},
    {"truncated to a half", tamper_halve, TAMPER_ANYBODY},
    {"replaced by a damaged one", replace_by_noise, TAMPER_ANYBODY},
    {"replaced by a link", replace_by_link, TAMPER_ANYBODY},
    {"a hot journal", leave_journal, TAMPER_ANYBODY},
    {"a folder that all may write to", open_folder, TAMPER_ANYBODY},
    {"a folder that can't be read", close_folder, TAMPER_USER},
    {NULL, NULL, TAMPER_ANYBODY},
};

bool tampering_can_be_done(const struct tampering *tampering)
{
  return tampering->who == TAMPER_ANYBODY || (tampering->who == TAMPER_ROOT) == (getuid() == 0);
}

void tamper_clear(const char *path)
{
  chmod(folder_of(path), 0755);
  unlink(beside(path, "-journal"));
  unlink(beside(path, ".aside"));
  unlink(path);
}
