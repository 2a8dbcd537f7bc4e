/* The system's layers, and how they are read anew: see renewal.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/renewal.h"

#include "daemon/survey.h"

#include <string.h>
#include <sys/stat.h>

enum { TRIES = 3 };

struct renewal {
  struct survey survey;
  GPtrArray *system; /* struct layer, highest precedence first */
  unsigned version;  /* never 0 */
  GPtrArray *found;  /* what survey_take found: the thread's until that has ended; or NULL */
  GThread *thread;
  GSource *ended;
  GSource *wish;  /* to begin one, since a file was changed in place; or NULL */
  bool again;     /* something was changed since it was begun */
  unsigned tries; /* in which a file was changed while it was read */
  void (*done)(void *data);
  void *data;
};

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
static GPtrArray *find_changes(const struct renewal *renewal)
{
  GPtrArray *found = survey_take(&renewal->survey);
  bool changed = found->len != renewal->system->len;

  for (guint i = 0; i < found->len; i++) {
    struct layer *layer = g_ptr_array_index(found, i);
    const struct layer *old = find_layer(renewal->system, layer->path);

    layer->kept = old != NULL && layer_serves(old, layer->fingerprint, renewal->survey.owner);
    changed = changed || !layer->kept;
  }
  if (!changed)
    g_clear_pointer(&found, g_ptr_array_unref);
  return found;
}

/* Those with a problem by now are folders. */
static void open_changed(const struct renewal *renewal, GPtrArray *found)
{
  for (guint i = 0; i < found->len; i++) {
    struct layer *layer = g_ptr_array_index(found, i);

    if (!layer->kept && layer->problem == NULL)
      layer_open(layer, STORE_SYSTEM, renewal->survey.owner);
  }
}

static void take_over(struct renewal *renewal, GPtrArray *found)
{
  for (guint i = 0; i < found->len; i++) {
    struct layer *layer = g_ptr_array_index(found, i);
    struct layer *old = layer->kept ? find_layer(renewal->system, layer->path) : NULL;

    if (old != NULL)
      layer->store = g_steal_pointer(&old->store);
    layer->kept = false;
  }
  g_ptr_array_unref(renewal->system);
  renewal->system = found;
  renewal->version++;
}

/* Waits for the thread; what it read is thrown away. */
static void end(struct renewal *renewal)
{
  if (renewal->ended == NULL)
    return;
  if (renewal->thread != NULL)
    g_thread_join(g_steal_pointer(&renewal->thread));
  g_source_destroy(renewal->ended);
  g_clear_pointer(&renewal->ended, g_source_unref);
  g_clear_pointer(&renewal->found, g_ptr_array_unref);
}

bool renewal_read(struct renewal *renewal)
{
  GPtrArray *found;

  end(renewal);
  found = find_changes(renewal);
  if (found == NULL)
    return false;
  open_changed(renewal, found);
  take_over(renewal, found);
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
  struct renewal *renewal = data;

  open_changed(renewal, renewal->found);
  g_source_attach(renewal->ended, NULL);
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

static void finish(struct renewal *renewal, GPtrArray *found)
{
  take_over(renewal, found);
  renewal->done(renewal->data);
}

/* A SQLite that knows no threads reads here, and so does a system that has none to give. */
static void read_in_thread(struct renewal *renewal)
{
  renewal->ended = g_idle_source_new();
  g_source_set_priority(renewal->ended, G_PRIORITY_DEFAULT);
  g_source_set_callback(renewal->ended, on_read, renewal, NULL);
  if (store_knows_threads())
    renewal->thread = g_thread_try_new("layers", read_aside, renewal, NULL);
  if (renewal->thread == NULL)
    read_aside(renewal);
}

/* What takes no time is in force before the next question. */
static void begin(struct renewal *renewal)
{
  renewal->again = false;
  renewal->found = find_changes(renewal);
  if (renewal->found == NULL)
    return;
  if (!is_little(renewal->found)) {
    read_in_thread(renewal);
    return;
  }
  open_changed(renewal, renewal->found);
  finish(renewal, g_steal_pointer(&renewal->found));
}

static gboolean on_read(gpointer data)
{
  struct renewal *renewal = data;
  GPtrArray *found = g_steal_pointer(&renewal->found);

  end(renewal);
  if (any_overtaken(found) && ++renewal->tries < TRIES) {
    g_ptr_array_unref(found);
    begin(renewal);
    return G_SOURCE_REMOVE;
  }
  renewal->tries = 0;
  finish(renewal, found);
  if (renewal->again)
    begin(renewal);
  return G_SOURCE_REMOVE;
}

static void drop_wish(struct renewal *renewal)
{
  if (renewal->wish == NULL)
    return;
  g_source_destroy(renewal->wish);
  g_clear_pointer(&renewal->wish, g_source_unref);
}

void renewal_begin(struct renewal *renewal, void (*done)(void *data), void *data)
{
  drop_wish(renewal);
  renewal->done = done;
  renewal->data = data;
  renewal->again = true;
  if (renewal->ended != NULL)
    return;
  renewal->tries = 0;
  begin(renewal);
}

void renewal_attend(struct renewal *renewal, void (*done)(void *data), void *data)
{
  renewal->done = done;
  renewal->data = data;
}

static gboolean on_wish(gpointer data)
{
  struct renewal *renewal = data;

  renewal_begin(renewal, renewal->done, renewal->data);
  return G_SOURCE_REMOVE;
}

/* Later, since whoever is being answered holds the layers as they are. */
static void wish(struct renewal *renewal)
{
  if (renewal->done == NULL || renewal->wish != NULL)
    return;
  renewal->wish = g_idle_source_new();
  g_source_set_priority(renewal->wish, G_PRIORITY_DEFAULT);
  g_source_set_callback(renewal->wish, on_wish, renewal, NULL);
  g_source_attach(renewal->wish, NULL);
}

/* One that could not even be opened was read as it is. */
void renewal_failed(struct renewal *renewal, const struct layer *layer)
{
  if (layer->store != NULL && was_changed(layer))
    wish(renewal);
}

struct renewal *renewal_new(const char *admin_dir, const char *vendor_dir, uid_t owner)
{
  struct renewal *renewal = g_new0(struct renewal, 1);

  renewal->survey = (struct survey){g_strdup(admin_dir), g_strdup(vendor_dir), owner};
  renewal->system = g_ptr_array_new_with_free_func(layer_free);
  renewal->version = 1; /* also where there is nothing to read */
  return renewal;
}

void renewal_free(struct renewal *renewal)
{
  drop_wish(renewal);
  end(renewal);
  g_ptr_array_unref(renewal->system);
  g_free(renewal->survey.admin_dir);
  g_free(renewal->survey.vendor_dir);
  g_free(renewal);
}

const GPtrArray *renewal_layers(const struct renewal *renewal)
{
  return renewal->system;
}

unsigned renewal_version(const struct renewal *renewal)
{
  return renewal->version;
}
