/* The ordered stores: see layers.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layers.h"

#include "daemon/damage.h"
#include "daemon/recovery.h"
#include "daemon/survey.h"

#include <string.h>
#include <sys/stat.h>

/* System layers read anew, aside. */
struct renewal {
  GPtrArray *found; /* what survey_take found: the thread's until that has ended; or NULL */
  GThread *thread;
  GSource *ended;
  GSource *wish;  /* to begin one, since a file was changed in place; or NULL */
  bool again;     /* something was changed since it was begun */
  unsigned tries; /* in which a file was changed while it was read */
  void (*done)(void *data);
  void *data;
};

struct layers {
  struct survey survey;
  uid_t user_owner;
  struct layer user;
  int64_t user_tried; /* `now` of the last attempt to open the user's store */
  bool user_failed;   /* to be read, since it was opened */
  GPtrArray *system;  /* struct layer, highest precedence first */
  unsigned version;   /* of the system's layers; never 0 */
  bool suspect;       /* the clock isn't trusted, */
  int64_t says;       /* and this is what it says */
  struct renewal renewal;
};

enum { RENEWAL_TRIES = 3 };

static struct layer *find_layer(const GPtrArray *system, const char *path)
{
  for (guint i = 0; i < system->len; i++) {
    struct layer *layer = g_ptr_array_index(system, i);

    if (strcmp(layer->path, path) == 0)
      return layer;
  }
  return NULL;
}

/* What there is now, with a mark on what goes on being served by a store that is open. NULL where
 * nothing is another than before; a layer with a problem is, always: what made it unreadable need
 * not show in its file. */
static GPtrArray *find_changes(const struct layers *layers)
{
  GPtrArray *found = survey_take(&layers->survey);
  bool changed = found->len != layers->system->len;

  for (guint i = 0; i < found->len; i++) {
    struct layer *layer = g_ptr_array_index(found, i);
    const struct layer *old = find_layer(layers->system, layer->path);

    layer->kept = old != NULL && layer_serves(old, layer->fingerprint, layers->survey.owner);
    changed = changed || !layer->kept;
  }
  if (!changed)
    g_clear_pointer(&found, g_ptr_array_unref);
  return found;
}

/* Those with a problem by now are folders. */
static void open_changed(const struct layers *layers, GPtrArray *found)
{
  for (guint i = 0; i < found->len; i++) {
    struct layer *layer = g_ptr_array_index(found, i);

    if (!layer->kept && layer->problem == NULL)
      layer_open(layer, STORE_SYSTEM, layers->survey.owner);
  }
}

static void take_over(struct layers *layers, GPtrArray *found)
{
  for (guint i = 0; i < found->len; i++) {
    struct layer *layer = g_ptr_array_index(found, i);
    struct layer *old = layer->kept ? find_layer(layers->system, layer->path) : NULL;

    if (old != NULL)
      layer->store = g_steal_pointer(&old->store);
    layer->kept = false;
  }
  g_ptr_array_unref(layers->system);
  layers->system = found;
  layers->version++;
}

/* Waits for the thread; what it read is thrown away. */
static void end_renewal(struct renewal *renewal)
{
  if (renewal->ended == NULL)
    return;
  if (renewal->thread != NULL)
    g_thread_join(g_steal_pointer(&renewal->thread));
  g_source_destroy(renewal->ended);
  g_clear_pointer(&renewal->ended, g_source_unref);
  g_clear_pointer(&renewal->found, g_ptr_array_unref);
}

bool layers_reload_system(struct layers *layers)
{
  GPtrArray *found;

  end_renewal(&layers->renewal);
  found = find_changes(layers);
  if (found == NULL)
    return false;
  open_changed(layers, found);
  take_over(layers, found);
  return true;
}

static bool was_changed(const struct layer *layer)
{
  g_autofree char *now = layer_fingerprint(layer->path);

  return g_strcmp0(now, layer->fingerprint) != 0;
}

/* What is wrong with a file that was changed while it was read says nothing of what it is now. */
static bool any_overtaken(const GPtrArray *found)
{
  for (guint i = 0; i < found->len; i++) {
    const struct layer *layer = g_ptr_array_index(found, i);

    if (layer->problem != NULL && layer->fingerprint != NULL && was_changed(layer))
      return true;
  }
  return false;
}

static gboolean on_read(gpointer data);

static gpointer read_aside(gpointer data)
{
  struct layers *layers = data;

  open_changed(layers, layers->renewal.found);
  g_source_attach(layers->renewal.ended, NULL);
  return NULL;
}

static bool is_little(const GPtrArray *found)
{
  off_t size = 0;
  struct stat status;

  for (guint i = 0; i < found->len; i++) {
    const struct layer *layer = g_ptr_array_index(found, i);

    if (!layer->kept && lstat(layer->path, &status) == 0)
      size += status.st_size;
  }
  return size <= STORE_SMALL;
}

static void finish(struct layers *layers, GPtrArray *found)
{
  take_over(layers, found);
  layers->renewal.done(layers->renewal.data);
}

/* A SQLite that knows no threads reads here, and so does a system that has none to give. */
static void read_in_thread(struct layers *layers)
{
  struct renewal *renewal = &layers->renewal;

  renewal->ended = g_idle_source_new();
  g_source_set_priority(renewal->ended, G_PRIORITY_DEFAULT);
  g_source_set_callback(renewal->ended, on_read, layers, NULL);
  if (store_knows_threads())
    renewal->thread = g_thread_try_new("layers", read_aside, layers, NULL);
  if (renewal->thread == NULL)
    read_aside(layers);
}

/* What takes no time is in force before the next question. */
static void begin_renewal(struct layers *layers)
{
  struct renewal *renewal = &layers->renewal;

  renewal->again = false;
  renewal->found = find_changes(layers);
  if (renewal->found == NULL)
    return;
  if (!is_little(renewal->found)) {
    read_in_thread(layers);
    return;
  }
  open_changed(layers, renewal->found);
  finish(layers, g_steal_pointer(&renewal->found));
}

static gboolean on_read(gpointer data)
{
  struct layers *layers = data;
  struct renewal *renewal = &layers->renewal;
  GPtrArray *found = g_steal_pointer(&renewal->found);

  end_renewal(renewal);
  if (any_overtaken(found) && ++renewal->tries < RENEWAL_TRIES) {
    g_ptr_array_unref(found);
    begin_renewal(layers);
    return G_SOURCE_REMOVE;
  }
  renewal->tries = 0;
  finish(layers, found);
  if (renewal->again)
    begin_renewal(layers);
  return G_SOURCE_REMOVE;
}

static void drop_wish(struct renewal *renewal)
{
  if (renewal->wish == NULL)
    return;
  g_source_destroy(renewal->wish);
  g_clear_pointer(&renewal->wish, g_source_unref);
}

void layers_renew(struct layers *layers, void (*done)(void *data), void *data)
{
  struct renewal *renewal = &layers->renewal;

  drop_wish(renewal);
  renewal->done = done;
  renewal->data = data;
  renewal->again = true;
  if (renewal->ended != NULL)
    return;
  renewal->tries = 0;
  begin_renewal(layers);
}

void layers_attend(struct layers *layers, void (*done)(void *data), void *data)
{
  layers->renewal.done = done;
  layers->renewal.data = data;
}

static gboolean on_wish(gpointer data)
{
  struct layers *layers = data;

  layers_renew(layers, layers->renewal.done, layers->renewal.data);
  return G_SOURCE_REMOVE;
}

/* Later, since whoever is being answered holds the layers as they are. */
static void wish_renewal(struct layers *layers)
{
  struct renewal *renewal = &layers->renewal;

  if (renewal->done == NULL || renewal->wish != NULL)
    return;
  renewal->wish = g_idle_source_new();
  g_source_set_priority(renewal->wish, G_PRIORITY_DEFAULT);
  g_source_set_callback(renewal->wish, on_wish, layers, NULL);
  g_source_attach(renewal->wish, NULL);
}

unsigned layers_version(const struct layers *layers)
{
  return layers->version;
}

/* A store that is damaged is recovered at once, as far as it can be. */
static void open_user(struct layers *layers, int64_t now)
{
  struct layer *user = &layers->user;
  char *problem;

  layers->user_tried = now;
  layers->user_failed = false;
  if (layer_open(user, STORE_USER, layers->user_owner) != TLSPIN_STORE_DAMAGED)
    return;
  if (recovery_run(user->path, layers->user_owner, now, &problem) == TLSPIN_OK)
    layer_open(user, STORE_USER, layers->user_owner);
  else
    layer_set_problem(user, problem);
}

struct layers *layers_new(const struct layers_config *config, int64_t now)
{
  struct layers *layers = g_new0(struct layers, 1);

  layers->survey.admin_dir = g_strdup(config->admin_dir);
  layers->survey.vendor_dir = g_strdup(config->vendor_dir);
  layers->survey.owner = config->system;
  layers->user_owner = config->user;
  layers->system = g_ptr_array_new_with_free_func(layer_free);
  layers->user.name = g_strdup(LAYER_USER);
  layers->user.path = g_strdup(config->user_path);
  layers->version = 1; /* also where there is nothing to read */
  open_user(layers, now);
  layers_reload_system(layers);
  return layers;
}

void layers_free(struct layers *layers)
{
  if (layers == NULL)
    return;
  drop_wish(&layers->renewal);
  end_renewal(&layers->renewal);
  layer_clear(&layers->user);
  g_free(layers->user.name);
  g_free(layers->user.path);
  g_ptr_array_unref(layers->system);
  g_free(layers->survey.admin_dir);
  g_free(layers->survey.vendor_dir);
  g_free(layers);
}

/* A time that stands still tells no second from the next. */
const struct layer *layers_user(struct layers *layers, int64_t now)
{
  struct layer *user = &layers->user;
  bool gone = user->store != NULL && !store_in_place(user->store);
  bool failed = user->store == NULL || layers->user_failed;
  int64_t second = layers->suspect ? layers->says : now;

  if (gone || (failed && second != layers->user_tried)) {
    open_user(layers, now);
    layers->user_tried = second;
  }
  return user;
}

void layers_watch_user(struct layers *layers, int64_t now)
{
  struct layer *user = &layers->user;

  if (user->store != NULL)
    store_trust(user->store);
  layers_user(layers, now);
}

/* One that could not even be opened was read as it is. */
void layers_failed(struct layers *layers, const struct layer *layer)
{
  if (layer == &layers->user)
    layers->user_failed = true;
  else if (layer->store != NULL && was_changed(layer))
    wish_renewal(layers);
}

void layers_tell_clock(struct layers *layers, int64_t says, bool suspect)
{
  layers->says = says;
  layers->suspect = suspect;
}

const int64_t *layers_clock(const struct layers *layers)
{
  return layers->suspect ? &layers->says : NULL;
}

bool layers_doubt_end(const struct layers *layers, int64_t end, int64_t now)
{
  return layers->suspect && (end > now) != (end > layers->says);
}

void layers_release_user(struct layers *layers)
{
  layer_clear(&layers->user);
  layers->user_tried = INT64_MIN;
}

uid_t layers_owner(const struct layers *layers)
{
  return layers->user_owner;
}

bool layers_lost(const struct layers *layers)
{
  return layers->user.store != NULL && damage_stands(layers->user.store);
}

void layers_wait(struct layers *layers, bool waits)
{
  layers->user.waits = waits;
}

size_t layers_count(const struct layers *layers)
{
  return 1 + layers->system->len;
}

const struct layer *layers_at(const struct layers *layers, size_t index)
{
  return index == 0 ? &layers->user : g_ptr_array_index(layers->system, index - 1);
}
