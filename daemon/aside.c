/* Damaged files that were set aside: see aside.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/aside.h"

#include "common/copy.h"
#include "common/text.h"
#include "daemon/file.h"
#include "daemon/names.h"
#include "daemon/problem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_TRIED = 1000 };

#define PREFIX "damaged-"
#define SUFFIX ".db"

static const char *const suffixes[] = {"-journal", "-wal", "-shm"};

/* ISO 8601's basic form sorts, and is a file's name everywhere. */
static char *make_name(int64_t now, int number)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(now);
  g_autofree char *text =
      time != NULL ? g_date_time_format(time, "%Y%m%dT%H%M%SZ") : g_strdup("unknown");

  return number == 0 ? g_strconcat(PREFIX, text, SUFFIX, NULL)
                     : g_strdup_printf(PREFIX "%s-%d" SUFFIX, text, number);
}

/* Where the file system knows no second names. */
static bool copy_file(const char *from, const char *to)
{
  int in = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), fault;
  int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  bool copied = in >= 0 && out >= 0 && copy_octets(in, out);

  fault = errno;
  if (in >= 0)
    close(in);
  if (out >= 0)
    close(out);
  if (out >= 0 && !copied)
    unlink(to);
  errno = fault;
  return copied;
}

/* A journal may have it although there is no such file. */
static bool is_taken(const char *aside)
{
  for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
    g_autofree char *journal = g_strconcat(aside, suffixes[i], NULL);

    if (file_exists(journal))
      return true;
  }
  return file_exists(aside);
}

/* Whether nothing that has the name would be overwritten, or taken for what was set aside. */
static bool is_free(const char *aside)
{
  if (!is_taken(aside))
    return true;
  errno = EEXIST;
  return false;
}

static bool give_name(const char *path, const char *aside)
{
  if (link(path, aside) == 0)
    return true;
  return errno != EEXIST && errno != ENOSPC && copy_file(path, aside);
}

/* SQLite would take what is unfinished for that of the file that comes next. *moved: how many of
 * the names are done. */
static bool move_journals(const char *path, const char *aside, size_t *moved)
{
  for (*moved = 0; *moved < G_N_ELEMENTS(suffixes); (*moved)++) {
    g_autofree char *from = g_strconcat(path, suffixes[*moved], NULL);
    g_autofree char *to = g_strconcat(aside, suffixes[*moved], NULL);

    if (file_has_content(from) ? rename(from, to) != 0 : unlink(from) != 0 && errno != ENOENT)
      return false;
  }
  return file_sync_folder(path);
}

static bool bring_back(const char *path, const char *aside, size_t moved)
{
  for (size_t i = moved; i > 0; i--) {
    g_autofree char *from = g_strconcat(aside, suffixes[i - 1], NULL);
    g_autofree char *to = g_strconcat(path, suffixes[i - 1], NULL);

    if (rename(from, to) != 0 && errno != ENOENT)
      return false;
  }
  return true;
}

/* Each try to come would leave another name, and where names are copied, another file. A journal
 * that can't be brought back keeps the file that it is of beside it. */
static void take_back(const char *path, const char *aside, size_t moved)
{
  int fault = errno;

  if (bring_back(path, aside, moved))
    unlink(aside);
  file_sync_folder(path);
  errno = fault;
}

char *aside_choose(const char *path, int64_t now)
{
  g_autofree char *folder = g_path_get_dirname(path);
  char *name = NULL;

  for (int number = 0; number < NAMES_TRIED; number++) {
    g_autofree char *aside = NULL;

    g_free(name);
    name = make_name(now, number);
    aside = g_build_filename(folder, name, NULL);
    if (!is_taken(aside))
      break;
  }
  return name;
}

enum tlspin_code aside_put(const char *path, const char *name, char **problem)
{
  g_autofree char *folder = g_path_get_dirname(path);
  g_autofree char *aside = g_build_filename(folder, name, NULL);
  size_t moved;

  if (is_free(aside) && give_name(path, aside)) {
    if (move_journals(path, aside, &moved))
      return TLSPIN_OK;
    take_back(path, aside, moved);
  }
  return problem_set(problem,
                     _("The damaged %s can't be set aside as %s: %s. Make its folder writable for "
                       "you, and room on the disk."),
                     path, aside, g_strerror(errno));
}

void aside_take_back(const char *path, const char *name)
{
  g_autofree char *folder = g_path_get_dirname(path);
  g_autofree char *aside = g_build_filename(folder, name, NULL);

  take_back(path, aside, G_N_ELEMENTS(suffixes));
}

enum tlspin_code aside_put_journals(const char *path, int64_t now, char **problem)
{
  g_autofree char *folder = g_path_get_dirname(path);
  g_autofree char *name = aside_choose(path, now);
  g_autofree char *aside = g_build_filename(folder, name, NULL);
  size_t moved;

  if (is_free(aside)) {
    if (move_journals(path, aside, &moved))
      return TLSPIN_OK;
    take_back(path, aside, moved);
  }
  return problem_set(problem,
                     _("What is beside %s can't be set aside as %s: %s. Make its folder writable "
                       "for you."),
                     path, aside, g_strerror(errno));
}

static int compare_names(gconstpointer a, gconstpointer b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool aside_is_main(const char *name)
{
  return g_str_has_suffix(name, SUFFIX);
}

static bool is_of_aside(const char *name)
{
  return g_str_has_prefix(name, PREFIX) && strstr(name, SUFFIX) != NULL;
}

/* names: may be NULL, and is returned. */
static GPtrArray *keep(GPtrArray *names, bool (*fits)(const char *name))
{
  for (guint i = names != NULL ? names->len : 0; i > 0; i--)
    if (!fits(names->pdata[i - 1]))
      g_ptr_array_remove_index(names, i - 1);
  return names;
}

GPtrArray *aside_list_files(const char *path, char **problem)
{
  g_autofree char *folder = g_path_get_dirname(path);
  GPtrArray *names = keep(names_read(folder, problem), is_of_aside);

  if (names != NULL)
    g_ptr_array_sort(names, compare_names);
  return names;
}

GPtrArray *aside_list(const char *path, char **problem)
{
  return keep(aside_list_files(path, problem), aside_is_main);
}

uint64_t aside_size(const char *path)
{
  g_autofree char *folder = g_path_get_dirname(path);
  g_autoptr(GPtrArray) names = aside_list_files(path, NULL);
  uint64_t size = 0;

  for (guint i = 0; names != NULL && i < names->len; i++) {
    g_autofree char *file = g_build_filename(folder, names->pdata[i], NULL);
    struct stat status;

    if (lstat(file, &status) == 0)
      size += (uint64_t)status.st_size;
  }
  return size;
}
