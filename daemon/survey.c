/* Which system layers there are: see survey.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/survey.h"

#include "common/text.h"
#include "daemon/folder.h"

#include <errno.h>
#include <string.h>

/* How often folders that are changed meanwhile are listed, and how long to wait before the next. */
enum { TRIES = 16, PAUSE = 1000 /* us */ };

enum { VENDOR, ADMIN, FOLDERS };

/* What is in the folders. */
struct listing {
  const char *dirs[FOLDERS];
  GHashTable *paths;       /* of the *.db files: name -> path, the administrator's before others */
  char *problems[FOLDERS]; /* or NULL */
};

/* A layer that can't even be listed: every peer might be in it. */
static void add_problem(GPtrArray *found, const char *dir, char *problem)
{
  g_autofree char *name = g_path_get_basename(dir);
  struct layer *layer = layer_new(name, dir);

  layer_set_problem(layer, problem);
  g_ptr_array_add(found, layer);
}

static char *unreadable(const char *dir, const char *problem)
{
  return g_strdup_printf(
      _("The folder of system pins '%s' can't be read: %s. Mend its permissions."), dir, problem);
}

/* An absent folder is empty; one that can't be read is not. Returns the problem, or NULL. */
static char *list_folder(const char *dir, GHashTable *paths)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GDir) folder = g_dir_open(dir, 0, &error);
  const char *name;

  if (folder == NULL)
    return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)
               ? NULL
               : unreadable(dir, error->message);
  for (errno = 0; (name = g_dir_read_name(folder)) != NULL; errno = 0)
    if (g_str_has_suffix(name, ".db"))
      g_hash_table_insert(paths, g_strdup(name), g_build_filename(dir, name, NULL));
  return errno != 0 /* GLib tells an error from the end by nothing else */
             ? unreadable(dir, g_strerror(errno))
             : NULL;
}

/* *settled: false where the next change could have the time of the last. */
static char *note_folders(const struct listing *listing, bool *settled)
{
  GString *text = g_string_new(NULL);

  *settled = true;
  for (size_t i = 0; i < FOLDERS; i++)
    *settled = folder_note(listing->dirs[i], text) && *settled;
  return g_string_free(text, FALSE);
}

static void list_all(struct listing *listing)
{
  g_hash_table_remove_all(listing->paths);
  for (size_t i = 0; i < FOLDERS; i++) {
    g_free(listing->problems[i]);
    listing->problems[i] = list_folder(listing->dirs[i], listing->paths);
  }
}

/* Reading a folder makes no snapshot of it: a layer that gets another name meanwhile, or moves to
 * the other folder, may be met under neither. So it counts only where nothing was changed. False:
 * something was, each time. Where the clock stands before the last change (it was set back) the
 * time tells little, and nothing better is to be had. */
static bool list_steadily(struct listing *listing)
{
  bool steady = false, settled = false;

  for (int i = 0; i < TRIES && !(steady && settled); i++) {
    g_autofree char *before = NULL, *after = NULL;
    bool later;

    if (i > 0)
      g_usleep(PAUSE);
    before = note_folders(listing, &settled);
    list_all(listing);
    after = note_folders(listing, &later);
    steady = strcmp(before, after) == 0;
  }
  return steady;
}

static void add_problems(struct listing *listing, bool steady, GPtrArray *found)
{
  for (size_t i = 0; i < FOLDERS; i++)
    if (listing->problems[i] != NULL)
      add_problem(found, listing->dirs[i], g_steal_pointer(&listing->problems[i]));
  if (!steady)
    add_problem(found, listing->dirs[ADMIN],
                g_strdup_printf(_("The folders of system pins, '%s' and '%s', are changed so often "
                                  "that they can't be read. They are read again after the next "
                                  "change."),
                                listing->dirs[ADMIN], listing->dirs[VENDOR]));
}

/* Only the administrator's. An empty file is none: a loss of power leaves such files. */
static bool is_mask(const struct survey *survey, const char *name, const char *path)
{
  g_autofree char *own = g_build_filename(survey->admin_dir, name, NULL);

  return strcmp(path, own) == 0 && store_is_mask(path, survey->owner);
}

static int by_name_descending(gconstpointer a, gconstpointer b)
{
  return strcmp(b, a);
}

GPtrArray *survey_take(const struct survey *survey)
{
  g_autoptr(GHashTable) paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  struct listing listing = {.dirs = {survey->vendor_dir, survey->admin_dir}, .paths = paths};
  GPtrArray *found = g_ptr_array_new_with_free_func(layer_free);
  g_autoptr(GList) names = NULL;

  add_problems(&listing, list_steadily(&listing), found);
  names = g_list_sort(g_hash_table_get_keys(paths), by_name_descending);
  for (GList *item = names; item != NULL; item = item->next) {
    const char *path = g_hash_table_lookup(paths, item->data);
    struct layer *layer;

    if (is_mask(survey, item->data, path))
      continue;
    layer = layer_new(item->data, path);
    layer->fingerprint = layer_fingerprint(path);
    g_ptr_array_add(found, layer);
  }
  return found;
}
