/* The ordered stores: see layers.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layers.h"

#include "daemon/damage.h"
#include "daemon/recovery.h"
#include "daemon/renewal.h"

#include <string.h>

enum {
  QUICK = 100000, /* microseconds: no program's budget is used up by that */
  PAUSE_TIMES = 50,
  PAUSE_MAX = 300 * 1000000
};

struct layers {
  struct renewal *system;
  uid_t user_owner;
  struct layer user;
  int64_t user_tried; /* `now` of the last attempt to open the user's store, */
  int64_t user_next;  /* and by `ticks`, before when it isn't tried again */
  char *user_seen;    /* while its file is this one: layer_fingerprint */
  int64_t (*ticks)(void);
  bool user_failed; /* to be read, since it was opened */
  bool suspect;     /* the clock isn't trusted, */
  int64_t says;     /* and this is what it says */
};

bool layers_reload_system(struct layers *layers)
{
  return renewal_read(layers->system);
}

void layers_renew(struct layers *layers, void (*done)(void *data), void *data)
{
  renewal_begin(layers->system, done, data);
}

void layers_attend(struct layers *layers, void (*done)(void *data), void *data)
{
  renewal_attend(layers->system, done, data);
}

unsigned layers_version(const struct layers *layers)
{
  return renewal_version(layers->system);
}

/* A store that is damaged is recovered at once, as far as it can be. False: it can't be opened now,
 * and that may be since another program was waited for, in vain. */
static bool open_or_recover(struct layers *layers, int64_t now)
{
  struct layer *user = &layers->user;
  bool waits = !user->tried;
  enum tlspin_code code = layer_open(user, STORE_USER, layers->user_owner);
  char *problem;

  if (code != TLSPIN_STORE_DAMAGED)
    return code == TLSPIN_OK || !waits;
  if (recovery_run(user->path, layers->user_owner, now, &problem) == TLSPIN_OK)
    layer_open(user, STORE_USER, layers->user_owner);
  else
    layer_set_problem(user, problem);
  return true;
}

/* To read a large store, or what is left of it, takes longer than programs wait for an answer, and
 * meanwhile nobody learns either what the other layers say. So nearly all of the time is theirs. */
static int64_t pause_after(int64_t took)
{
  return took > QUICK ? MIN(took * PAUSE_TIMES, PAUSE_MAX) : 0;
}

static void open_user(struct layers *layers, int64_t now)
{
  int64_t began = layers->ticks(), ended;
  bool worked;

  layers->user_tried = now;
  layers->user_failed = false;
  worked = open_or_recover(layers, now);
  ended = layers->ticks();
  layers->user_next = ended + (worked ? pause_after(ended - began) : 0);
  g_free(layers->user_seen);
  layers->user_seen = layer_fingerprint(layers->user.path);
}

/* Whether to try again what failed. What somebody has done about the file is seen at once. */
static bool is_due(const struct layers *layers)
{
  g_autofree char *seen = NULL;

  if (layers->ticks() >= layers->user_next)
    return true;
  seen = layer_fingerprint(layers->user.path);
  return strcmp(seen, layers->user_seen) != 0;
}

static int64_t no_ticks(void)
{
  return 0;
}

struct layers *layers_new(const struct layers_config *config, int64_t now)
{
  struct layers *layers = g_new0(struct layers, 1);

  layers->system = renewal_new(config->admin_dir, config->vendor_dir, config->system);
  layers->user_owner = config->user;
  layers->ticks = config->ticks != NULL ? config->ticks : no_ticks;
  layers->user.name = g_strdup(LAYER_USER);
  layers->user.path = g_strdup(config->user_path);
  open_user(layers, now);
  layers_reload_system(layers);
  return layers;
}

void layers_free(struct layers *layers)
{
  if (layers == NULL)
    return;
  renewal_free(layers->system);
  layer_clear(&layers->user);
  g_free(layers->user_seen);
  g_free(layers->user.name);
  g_free(layers->user.path);
  g_free(layers);
}

/* A time that stands still tells no second from the next. */
const struct layer *layers_user(struct layers *layers, int64_t now)
{
  struct layer *user = &layers->user;
  bool gone = user->store != NULL && (!store_in_place(user->store) || store_was_freed(user->store));
  bool failed = user->store == NULL || layers->user_failed;
  int64_t second = layers->suspect ? layers->says : now;

  if (gone || (failed && second != layers->user_tried && is_due(layers))) {
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

void layers_failed(struct layers *layers, const struct layer *layer)
{
  if (layer == &layers->user)
    layers->user_failed = true;
  else
    renewal_failed(layers->system, layer);
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
  layers_urge_user(layers);
}

void layers_urge_user(struct layers *layers)
{
  layers->user_next = INT64_MIN;
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
  return 1 + renewal_layers(layers->system)->len;
}

const struct layer *layers_at(const struct layers *layers, size_t index)
{
  return index == 0 ? &layers->user : renewal_layers(layers->system)->pdata[index - 1];
}
