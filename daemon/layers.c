/* The ordered stores: see layers.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layers.h"

#include "common/text.h"

#include <string.h>
#include <sys/stat.h>

struct layers {
  char *admin_dir;
  char *vendor_dir;
  uid_t user_owner;
  uid_t system_owner;
  struct layer user;
  int64_t user_tried; /* `now` of the last attempt to open the user's store */
  bool user_failed;   /* to be read, since it was opened */
  GPtrArray *system;  /* struct layer, highest precedence first */
  char *fingerprint;  /* of the folders' contents when they were read */
  unsigned version;   /* of the system's layers */
};

static void layer_clear(struct layer *layer)
{
  store_close(layer->store);
  layer->store = NULL;
  g_clear_pointer(&layer->problem, g_free);
}

static void layer_free(void *data)
{
  struct layer *layer = data;

  layer_clear(layer);
  g_free(layer->name);
  g_free(layer->path);
  g_free(layer);
}

/* Names of files are any octets; what goes into messages must be UTF-8. */
static struct layer *layer_new(const char *name, const char *path)
{
  struct layer *layer = g_new0(struct layer, 1);

  layer->name = g_utf8_make_valid(name, -1);
  layer->path = g_strdup(path);
  return layer;
}

/* problem: is freed. */
static void layer_set_problem(struct layer *layer, char *problem)
{
  layer->problem = g_utf8_make_valid(problem, -1);
  g_warning("%s", layer->problem);
  g_free(problem);
}

static void layer_open(struct layer *layer, enum store_kind kind, uid_t owner)
{
  char *problem;

  layer_clear(layer);
  if (store_open(layer->path, kind, owner, &layer->store, &problem) != TLSPIN_OK)
    layer_set_problem(layer, problem);
}

/* A layer that can't even be listed: every peer might be in it. */
static void add_problem(GPtrArray *system, const char *dir, const char *problem)
{
  g_autofree char *name = g_path_get_basename(dir);
  struct layer *layer = layer_new(name, dir);

  layer_set_problem(
      layer,
      g_strdup_printf(_("The folder of system pins '%s' can't be read: %s. Mend its permissions."),
                      dir, problem));
  g_ptr_array_add(system, layer);
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
static bool is_mask(const struct layers *layers, const char *name, const char *path)
{
  g_autofree char *own = g_build_filename(layers->admin_dir, name, NULL);

  return strcmp(path, own) == 0 && store_is_mask(path, layers->system_owner);
}

static int by_name_descending(gconstpointer a, gconstpointer b)
{
  return strcmp(b, a);
}

static GPtrArray *open_system(const struct layers *layers, GHashTable *paths, GPtrArray *problems)
{
  g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(paths), by_name_descending);

  for (GList *item = names; item != NULL; item = item->next) {
    const char *path = g_hash_table_lookup(paths, item->data);
    struct layer *layer;

    if (is_mask(layers, item->data, path))
      continue;
    layer = layer_new(item->data, path);
    layer_open(layer, STORE_SYSTEM, layers->system_owner);
    g_ptr_array_add(problems, layer);
  }
  return problems;
}

static void note_file(GString *text, const char *path)
{
  struct stat s;

  if (lstat(path, &s) == 0)
    g_string_append_printf(text, "%s %ju %ju %jd.%ld %o %u\n", path, (uintmax_t)s.st_dev,
                           (uintmax_t)s.st_ino, (intmax_t)s.st_ctim.tv_sec, s.st_ctim.tv_nsec,
                           s.st_mode, s.st_uid);
}

/* Files, their inodes, times, modes and journals: whether anything was changed since. */
static char *take_fingerprint(const struct layers *layers, GHashTable *paths)
{
  static const char *const suffixes[] = {"", "-journal", "-wal"};
  g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(paths), by_name_descending);
  const char *const dirs[] = {layers->admin_dir, layers->vendor_dir};
  GString *text = g_string_new(NULL);
  struct stat s;

  for (GList *item = names; item != NULL; item = item->next)
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
      g_autofree char *path =
          g_strconcat(g_hash_table_lookup(paths, item->data), suffixes[i], NULL);

      note_file(text, path);
    }
  for (size_t i = 0; i < G_N_ELEMENTS(dirs); i++)
    if (lstat(dirs[i], &s) == 0)
      g_string_append_printf(text, "%s %o %u\n", dirs[i], s.st_mode, s.st_uid);
  return g_string_free(text, FALSE);
}

/* What made a layer unreadable need not show in its file. */
static bool any_problem(const GPtrArray *system)
{
  for (guint i = 0; system != NULL && i < system->len; i++)
    if (((const struct layer *)system->pdata[i])->problem != NULL)
      return true;
  return false;
}

bool layers_reload_system(struct layers *layers)
{
  g_autoptr(GHashTable) paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(layer_free);
  g_autofree char *fingerprint = NULL;

  list_folder(layers->vendor_dir, paths, found);
  list_folder(layers->admin_dir, paths, found);
  fingerprint = take_fingerprint(layers, paths);
  if (found->len == 0 && !any_problem(layers->system) &&
      g_strcmp0(fingerprint, layers->fingerprint) == 0)
    return false;
  open_system(layers, paths, found);
  g_clear_pointer(&layers->system, g_ptr_array_unref);
  layers->system = g_steal_pointer(&found);
  g_free(layers->fingerprint);
  layers->fingerprint = g_steal_pointer(&fingerprint);
  layers->version++;
  return true;
}

unsigned layers_version(const struct layers *layers)
{
  return layers->version;
}

struct layers *layers_new(const struct layers_config *config, int64_t now)
{
  struct layers *layers = g_new0(struct layers, 1);

  layers->admin_dir = g_strdup(config->admin_dir);
  layers->vendor_dir = g_strdup(config->vendor_dir);
  layers->user_owner = config->user;
  layers->system_owner = config->system;
  layers->user.name = g_strdup(LAYER_USER);
  layers->user.path = g_strdup(config->user_path);
  layers->user_tried = now;
  layer_open(&layers->user, STORE_USER, layers->user_owner);
  layers_reload_system(layers);
  return layers;
}

void layers_free(struct layers *layers)
{
  if (layers == NULL)
    return;
  layer_clear(&layers->user);
  g_free(layers->user.name);
  g_free(layers->user.path);
  g_ptr_array_unref(layers->system);
  g_free(layers->fingerprint);
  g_free(layers->admin_dir);
  g_free(layers->vendor_dir);
  g_free(layers);
}

const struct layer *layers_user(struct layers *layers, int64_t now)
{
  struct layer *user = &layers->user;
  bool gone = user->store != NULL && !store_in_place(user->store);
  bool failed = user->store == NULL || layers->user_failed;

  if (gone || (failed && now != layers->user_tried)) {
    layers->user_tried = now;
    layers->user_failed = false;
    layer_open(user, STORE_USER, layers->user_owner);
  }
  return user;
}

void layers_failed(struct layers *layers)
{
  layers->user_failed = true;
}

size_t layers_count(const struct layers *layers)
{
  return 1 + layers->system->len;
}

const struct layer *layers_at(const struct layers *layers, size_t index)
{
  return index == 0 ? &layers->user : g_ptr_array_index(layers->system, index - 1);
}
