/* Which system layers there are: see survey.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/survey.h"

#include "common/text.h"

#include <errno.h>
#include <string.h>

/* A layer that can't even be listed: every peer might be in it. */
static void add_problem(GPtrArray *found, const char *dir, const char *problem)
{
  g_autofree char *name = g_path_get_basename(dir);
  struct layer *layer = layer_new(name, dir);

  layer_set_problem(
      layer,
      g_strdup_printf(_("The folder of system pins '%s' can't be read: %s. Mend its permissions."),
                      dir, problem));
  g_ptr_array_add(found, layer);
}

/* Notes the *.db files of a folder: name -> path. An absent folder is empty; one that can't be read
 * is not. */
static void list_folder(const char *dir, GHashTable *paths, GPtrArray *problems)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GDir) folder = g_dir_open(dir, 0, &error);
  const char *name;

  if (folder == NULL) {
    if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
      add_problem(problems, dir, error->message);
    return;
  }
  for (errno = 0; (name = g_dir_read_name(folder)) != NULL; errno = 0)
    if (g_str_has_suffix(name, ".db"))
      g_hash_table_insert(paths, g_strdup(name), g_build_filename(dir, name, NULL));
  if (errno != 0) /* GLib tells an error from the end by nothing else */
    add_problem(problems, dir, g_strerror(errno));
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
  GPtrArray *found = g_ptr_array_new_with_free_func(layer_free);
  g_autoptr(GList) names = NULL;

  list_folder(survey->vendor_dir, paths, found);
  list_folder(survey->admin_dir, paths, found);
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
