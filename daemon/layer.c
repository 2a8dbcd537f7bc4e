/* One of the ordered stores: see layer.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layer.h"

#include "common/text.h"
#include "daemon/file.h"

#include <errno.h>
#include <glib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

void layer_clear(struct layer *layer)
{
  store_close(layer->store);
  layer->store = NULL;
  layer->waits = false;
  g_clear_pointer(&layer->problem, g_free);
}

void layer_free(void *data)
{
  struct layer *layer = data;

  layer_clear(layer);
  g_free(layer->name);
  g_free(layer->path);
  g_free(layer->fingerprint);
  g_free(layer);
}

/* Names of files are any octets; what goes into messages must be UTF-8. */
struct layer *layer_new(const char *name, const char *path)
{
  struct layer *layer = g_new0(struct layer, 1);

  layer->name = g_utf8_make_valid(name, -1);
  layer->path = g_strdup(path);
  return layer;
}

void layer_set_problem(struct layer *layer, char *problem)
{
  g_free(layer->problem);
  layer->problem = g_utf8_make_valid(problem, -1);
  g_warning("%s", layer->problem);
  g_free(problem);
}

/* A user's store that was used here and of which nothing is left, not even what remembers it: its
 * folder was taken away, as a home that is unmounted. A new one must not come into its place. */
static bool has_gone(const struct layer *layer, enum store_kind kind)
{
  return kind == STORE_USER && layer->used > 0 && !store_leaves_trace(layer->path);
}

static char *say_gone(const struct layer *layer)
{
  return g_strdup_printf(
      _("%s and its folder went away while they were in use. Bring them back, or "
        "end tlspind to start without pins."),
      layer->path);
}

enum tlspin_code layer_open(struct layer *layer, enum store_kind kind, uid_t owner)
{
  enum tlspin_code code = TLSPIN_UNAVAILABLE;
  char *problem;

  layer_clear(layer);
  if (has_gone(layer, kind))
    problem = say_gone(layer);
  else if (layer->tried)
    code = store_open_at_once(layer->path, kind, owner, &layer->store, &problem);
  else
    code = store_open(layer->path, kind, owner, &layer->store, &problem);
  layer->tried = true;
  if (code != TLSPIN_OK)
    layer_set_problem(layer, problem);
  layer->used += code == TLSPIN_OK;
  return code;
}

static char *forbidden(const char *path, const char *folder)
{
  char *problem = NULL;

  if (access(path, W_OK) == 0 && access(folder, W_OK | X_OK) == 0)
    return NULL;
  if (errno == EROFS) {
    file_say_fixed(path, &problem);
    return problem;
  }
  return g_strdup_printf(_("The pin store '%s' can't be written: %s. Mend the permissions of the "
                           "file and of its folder: 'chmod u+rw %s' and 'chmod u+rwx %s'."),
                         path, g_strerror(errno), path, folder);
}

/* Of what only root may use nothing is left for the user. */
static bool is_full(const char *folder)
{
  struct statvfs disk;

  return statvfs(folder, &disk) == 0 && disk.f_blocks > 0 &&
         (geteuid() == 0 ? disk.f_bfree : disk.f_bavail) == 0;
}

static char *find_obstacle(const struct layer *layer)
{
  g_autofree char *folder = g_path_get_dirname(layer->path);
  char *problem = forbidden(layer->path, folder);

  if (problem != NULL || !is_full(folder))
    return problem;
  return g_strdup_printf(
      _("The pin store '%s' can't be written: the disk is full. Make room on it."), layer->path);
}

/* What was in the way a moment ago may be gone, or hard to see: a quota, say. */
char *layer_write_problem(const struct layer *layer)
{
  g_autofree char *obstacle = find_obstacle(layer);

  if (!layer->waits)
    return g_steal_pointer(&obstacle);
  if (obstacle == NULL)
    obstacle = g_strdup_printf(_("The pin store '%s' could not be written: no room on the disk, or "
                                 "in a quota? Make some."),
                               layer->path);
  return g_strdup_printf(
      _("An import waits to be finished. %s Any call of tlspin then goes on with "
        "it; until it is done, nothing can be cleared, changed or undone."),
      obstacle);
}

static void note_file(GString *text, const char *path)
{
  struct stat s;

  if (lstat(path, &s) == 0)
    g_string_append_printf(text, "%s %ju %ju %jd %jd.%ld %jd.%ld %o %u\n", path,
                           (uintmax_t)s.st_dev, (uintmax_t)s.st_ino, (intmax_t)s.st_size,
                           (intmax_t)s.st_mtim.tv_sec, s.st_mtim.tv_nsec,
                           (intmax_t)s.st_ctim.tv_sec, s.st_ctim.tv_nsec, s.st_mode, s.st_uid);
}

char *layer_fingerprint(const char *path)
{
  static const char *const suffixes[] = {"", "-journal", "-wal"};
  GString *text = g_string_new(NULL);

  for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
    g_autofree char *file = g_strconcat(path, suffixes[i], NULL);

    note_file(text, file);
  }
  return g_string_free(text, FALSE);
}

bool layer_serves(const struct layer *layer, const char *fingerprint, uid_t owner)
{
  return layer->store != NULL && g_strcmp0(layer->fingerprint, fingerprint) == 0 &&
         store_in_place(layer->store) && store_is_trusted(layer->store, layer->path, owner);
}
