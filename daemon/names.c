/* The names in a folder: see names.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/names.h"

#include "common/text.h"
#include "daemon/problem.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_name(const char *name)
{
  return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* False, and errno. Only that tells the end of a folder from an error (readdir(3)). */
static bool read_names(const char *folder, GPtrArray *names)
{
  DIR *dir = opendir(folder);
  const struct dirent *entry;
  int fault;

  if (dir == NULL)
    return false;
  for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0)
    if (is_name(entry->d_name))
      g_ptr_array_add(names, g_strdup(entry->d_name));
  fault = errno;
  closedir(dir);
  errno = fault;
  return fault == 0;
}

/* Nothing has the name, not even a link that leads nowhere. */
static bool is_missing(const char *folder)
{
  struct stat status;

  return lstat(folder, &status) != 0 && errno == ENOENT;
}

GPtrArray *names_read(const char *folder, char **problem)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
  int fault = read_names(folder, names) ? 0 : errno;

  if (fault == 0 || (fault == ENOENT && is_missing(folder)))
    return g_steal_pointer(&names);
  problem_set(problem, _("The folder %s can't be listed: %s. Mend its permissions."), folder,
              g_strerror(fault));
  errno = fault;
  return NULL;
}

bool names_remove_temporaries(const char *folder)
{
  g_autoptr(GPtrArray) names = names_read(folder, NULL);
  int fault = names != NULL ? 0 : errno;

  for (guint i = 0; names != NULL && i < names->len; i++) {
    g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);

    if (g_str_has_prefix(names->pdata[i], NAMES_TEMPORARY) && unlink(path) != 0 && errno != ENOENT)
      fault = errno;
  }
  errno = fault;
  return fault == 0;
}
