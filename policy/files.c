/* The files of policy text: see files.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/files.h"

#include "common/text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const char *name_of(const char *path)
{
  const char *slash = strrchr(path, '/');

  return slash != NULL ? slash + 1 : path;
}

static bool is_policy(const char *name)
{
  return name[0] != '.' && g_str_has_suffix(name, FILES_SUFFIX);
}

static void complain(const char *place, int fault, struct findings *findings)
{
  findings_add(findings, FINDING_FILE, (struct spot){place, 0}, NULL,
               _("%s can't be read: %s. Correct the name, or make it readable."), place,
               g_strerror(fault));
}

static void read_folder(const char *folder, GPtrArray *paths, struct findings *findings)
{
  GDir *dir;
  const char *name;

  errno = 0;
  dir = g_dir_open(folder, 0, NULL);
  if (dir == NULL) {
    complain(folder, errno, findings);
    return;
  }
  while ((name = g_dir_read_name(dir)) != NULL)
    if (is_policy(name))
      g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
  g_dir_close(dir);
}

static void read_place(const char *place, enum trust trust, bool may_miss, GPtrArray *paths,
                       struct findings *findings)
{
  struct stat status;

  if (stat(place, &status) != 0) {
    if (!may_miss || errno != ENOENT)
      complain(place, errno, findings);
  } else if (!S_ISDIR(status.st_mode)) {
    g_ptr_array_add(paths, g_strdup(place));
  } else {
    if (trust == TRUST_SYSTEM)
      trust_check(place, &status, trust, (struct spot){place, 0}, NULL, findings);
    read_folder(place, paths, findings);
  }
}

/* By file name; namesakes stay in the order of their places. */
static int compare(const void *a, const void *b, void *unused)
{
  (void)unused;
  return strcmp(name_of(*(char *const *)a), name_of(*(char *const *)b));
}

static void drop_hidden(GPtrArray *paths, struct findings *findings)
{
  for (guint i = 1; i < paths->len;) {
    const char *winner = paths->pdata[i - 1], *path = paths->pdata[i];

    if (strcmp(name_of(winner), name_of(path)) != 0) {
      i++;
      continue;
    }
    findings_add(findings, FINDING_HIDDEN, (struct spot){path, 0}, NULL,
                 _("%s hides it, which has the same name."), winner);
    g_ptr_array_remove_index(paths, i);
  }
}

char **files_list(const char *const *places, enum trust trust, bool may_miss,
                  struct findings *findings)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

  for (; *places != NULL; places++)
    read_place(*places, trust, may_miss, paths, findings);
  g_ptr_array_sort_with_data(paths, compare, NULL); /* a stable sort */
  drop_hidden(paths, findings);
  g_ptr_array_add(paths, NULL);
  g_ptr_array_set_free_func(paths, NULL);
  return (char **)g_ptr_array_free(paths, FALSE);
}
