/* Lives that are broken off by a loss of power: see losses.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/losses.h"

#include "daemon/store-private.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

enum { PARTS_MAX = 2, WORKS_AGAIN = 900 };

static struct deed *deed_at(const struct life *life, size_t i)
{
  return &g_array_index(life->deeds, struct deed, i);
}

static bool image_equal(const struct image *a, const struct image *b)
{
  return a->contents.rows == b->contents.rows &&
         a->contents.last_operation == b->contents.last_operation && a->tickets == b->tickets &&
         a->pins == b->pins &&
         memcmp(a->contents.all.octets, b->contents.all.octets, DIGEST_SIZE) == 0;
}

/* NULL: it can't be opened, and *fault says why. */
static struct store *open_state(const struct stores *state, struct image *image, char **fault)
{
  struct store *store = NULL;
  g_autofree char *problem = NULL;

  *fault = NULL;
  if (store_open(state->path, STORE_USER, geteuid(), &store, &problem) != TLSPIN_OK) {
    *fault = g_strdup_printf("it isn't opened: %s", problem);
    return NULL;
  }
  memset(image, 0, sizeof *image);
  if (!contents_load(&store->db, &image->contents) ||
      store_count(store, &image->tickets) != TLSPIN_OK ||
      store_count_pins(store, &image->pins) != TLSPIN_OK) {
    *fault = g_strdup("it can't be read");
    store_close(store);
    store = NULL;
  }
  return store;
}

/* The folder of a state that was made, with the paths of a store in it. */
static struct stores *make_state(struct powerloss loss)
{
  struct stores *state = g_new0(struct stores, 1);
  g_autofree char *above = g_dir_make_tmp("tlspin-XXXXXX", NULL);

  assert_non_null(above);
  state->folder = g_build_filename(above, "disk", NULL);
  state->home = g_build_filename(state->folder, "home", NULL);
  state->path = g_build_filename(state->home, "pins.db", NULL);
  state->lock = g_build_filename(state->home, "pins.lock", NULL);
  state->journal = g_build_filename(state->home, "pins.db-journal", NULL);
  state->layer = g_build_filename(state->folder, "layer.db", NULL);
  powerloss_make(loss, state->folder);
  return state;
}

static void free_state(struct stores *state)
{
  g_autofree char *above = g_path_get_dirname(state->folder);
  void *owned = state;

  stores_teardown(&owned);
  folder_remove(above);
}

/* What is found in a state where nothing was lost. */
static struct image find_image(size_t calls)
{
  struct stores *state = make_state((struct powerloss){calls, POWERLOSS_ALL, 1});
  struct image image;
  char *fault;
  struct store *store = open_state(state, &image, &fault);

  if (fault != NULL)
    fail_msg("with nothing lost: %s", fault);
  store_close(store);
  free_state(state);
  return image;
}

static void add_deed(struct life *life, const char *what, bool several)
{
  struct deed deed = {.what = what, .several = several};
  uint64_t tickets, pins;

  powerloss_pause(true);
  if (life->work->check == losses_check_store)
    deed.image = find_image(powerloss_calls());
  if (life->store != NULL) {
    assert_int_equal(store_count(life->store, &tickets), TLSPIN_OK);
    assert_int_equal(store_count_pins(life->store, &pins), TLSPIN_OK);
    assert_true(tickets == deed.image.tickets && pins == deed.image.pins);
  }
  g_array_append_val(life->deeds, deed);
  powerloss_pause(false);
}

void losses_done(struct life *life, const char *what)
{
  powerloss_acknowledge();
  add_deed(life, what, false);
}

void losses_done_in_parts(struct life *life, const char *what)
{
  powerloss_acknowledge();
  add_deed(life, what, true);
}

void losses_open(struct life *life)
{
  life->store = stores_open(life->stores->path);
  if (life->pragma != NULL)
    assert_int_equal(sqlite3_exec(life->store->db.handle, life->pragma, NULL, NULL, NULL),
                     SQLITE_OK);
}

void losses_close(struct life *life)
{
  store_close(life->store);
  life->store = NULL;
}

static bool is_part(const GArray *parts, const struct image *image)
{
  for (guint i = 0; parts != NULL && i < parts->len; i++)
    if (image_equal(&g_array_index(parts, struct image, i), image))
      return true;
  return false;
}

/* What whoever ends the process finds after each call of a deed that has several transactions. */
static void find_parts(struct life *life, size_t i)
{
  struct deed *deed = deed_at(life, i);

  deed->parts = g_array_new(FALSE, FALSE, sizeof(struct image));
  for (size_t calls = powerloss_calls_of(i); calls < powerloss_calls_of(i + 1); calls++) {
    struct image image = find_image(calls);

    if (!image_equal(&image, &deed_at(life, i - 1)->image) && !image_equal(&image, &deed->image) &&
        !is_part(deed->parts, &image))
      g_array_append_val(deed->parts, image);
  }
  assert_true(deed->parts->len <= PARTS_MAX);
}

/* Whether the store is as it was left, or as the deed that was under way leaves it. */
static bool is_expected(const struct life *life, const struct image *image, size_t done)
{
  if (image_equal(image, &deed_at(life, done - 1)->image))
    return true;
  return done < life->deeds->len && (image_equal(image, &deed_at(life, done)->image) ||
                                     is_part(deed_at(life, done)->parts, image));
}

/* What was finished goes on to its end; what was cleared can be forgotten without a trace. */
static const char *go_on(const struct life *life, const struct stores *state, struct store *store,
                         size_t done)
{
  struct ticket_row row = stores_row(WORKS_AGAIN);
  struct store_applied applied;
  enum tlspin_code code;
  uint64_t pins;

  if (store_put(store, &row, 0, STORES_NOW) != TLSPIN_OK)
    return "nothing can be stored in it";
  while ((code = store_apply(store, UINT64_MAX, UINT64_MAX, &applied)) == TLSPIN_OK) {
  }
  if (code != TLSPIN_E_NOT_FOUND)
    return "what was finished isn't applied";
  if (life->finished_with != 0 && done > life->finished_with &&
      (store_count_pins(store, &pins) != TLSPIN_OK || pins != life->pins))
    return "records of an import that was finished are missing";
  if (life->cleared != NULL && done > life->cleared_with &&
      (stores_forget(store, 2 * (int64_t)STORES_NOW) != TLSPIN_OK ||
       stores_file_holds(state->path, life->cleared)))
    return "what was cleared isn't forgotten";
  return NULL;
}

/* A name that the store doesn't know, and nobody would remove, may hold what is cleared later. */
static char *find_leftover(const struct stores *state)
{
  static const char *const known[] = {"pins.db", "pins.lock", "pins.db-journal", NULL};
  g_autoptr(GDir) dir = g_dir_open(state->home, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name(dir)) != NULL)
    if (!g_strv_contains(known, name))
      return g_strdup_printf("%s is left", name);
  return NULL;
}

static char *open_again(const struct stores *state)
{
  struct ticket_row row = stores_row(WORKS_AGAIN), got;
  struct image image;
  char *fault;
  struct store *store = open_state(state, &image, &fault);

  if (store == NULL)
    return fault;
  if (store_get(store, &row.peer, &got) != TLSPIN_OK)
    fault = g_strdup("what was stored afterwards is missing");
  ticket_row_clear(&got);
  store_close(store);
  return fault != NULL ? fault : find_leftover(state);
}

char *losses_check_store(const struct life *life, const struct stores *state, size_t done)
{
  struct image image;
  char *fault;
  const char *later;
  struct store *store = open_state(state, &image, &fault);

  if (store == NULL)
    return fault;
  if (!is_expected(life, &image, done))
    fault = g_strdup_printf("it holds %lu tickets, %lu records and %lu rows",
                            (unsigned long)image.tickets, (unsigned long)image.pins,
                            (unsigned long)image.contents.rows);
  later = fault == NULL ? go_on(life, state, store, done) : NULL;
  store_close(store);
  if (fault == NULL)
    fault = later != NULL ? g_strdup(later) : open_again(state);
  return fault;
}

static void say(const struct life *life, struct powerloss loss, size_t done, const char *fault)
{
  print_error("%s, after '%s'%s%s%s: %s\n", life->work->name, deed_at(life, done - 1)->what,
              done < life->deeds->len ? ", in '" : "",
              done < life->deeds->len ? deed_at(life, done)->what : "",
              done < life->deeds->len ? "'" : "", fault);
  print_error("  again: POWER_LOSS='%s %zu %s %u' tests/power-loss\n", life->work->name, loss.calls,
              powerloss_mode_token(loss.mode), loss.seed);
}

static bool is_wrong(const struct life *life, struct powerloss loss, bool told)
{
  struct stores *state = make_state(loss);
  size_t done = powerloss_acknowledged(loss.calls);
  g_autofree char *fault = life->work->check(life, state, done);

  if (fault != NULL && told)
    say(life, loss, done, fault);
  free_state(state);
  return fault != NULL;
}

/* Spread over all calls; where there are more states than calls, each call has several. */
static struct powerloss choose(unsigned i, unsigned states, uint32_t seed)
{
  size_t first = powerloss_calls_of(1), calls = powerloss_calls() - first + 1;
  struct powerloss loss = {.seed = seed + i};

  loss.calls = first + (states < calls ? i * calls / states : i % calls);
  loss.mode = (enum powerloss_mode)((i + (states < calls ? 0 : i / calls)) % POWERLOSS_MODES);
  return loss;
}

static void lead(struct life *life, const struct mutation *mutation)
{
  if (life->work->prepare != NULL)
    life->work->prepare(life);
  life->pragma = mutation != NULL ? mutation->pragma : NULL;
  powerloss_watch(life->stores->folder);
  powerloss_forget(mutation != NULL ? mutation->forgotten : POWERLOSS_FORGETS_NOTHING);
  add_deed(life, "the beginning", false);
  life->work->live(life);
  losses_close(life);
  powerloss_end();
  for (guint i = 1; i < life->deeds->len; i++)
    if (deed_at(life, i)->several)
      find_parts(life, i);
}

static void clear_deed(void *data)
{
  struct deed *deed = data;

  if (deed->parts != NULL)
    g_array_unref(deed->parts);
}

unsigned losses_count(const struct work *work, const struct mutation *mutation, unsigned states,
                      uint32_t seed, const struct powerloss *only)
{
  struct life life = {.work = work, .deeds = g_array_new(FALSE, FALSE, sizeof(struct deed))};
  void *owned = NULL;
  unsigned wrong = 0;

  g_array_set_clear_func(life.deeds, clear_deed);
  stores_setup(&owned);
  life.stores = owned;
  lead(&life, mutation);
  for (unsigned i = 0; i < states && only == NULL; i++)
    wrong += is_wrong(&life, choose(i, states, seed), mutation == NULL);
  if (only != NULL && only->calls >= powerloss_calls_of(1) && only->calls <= powerloss_calls())
    wrong = is_wrong(&life, *only, true);
  else if (only != NULL)
    fail_msg("%s has the calls %zu to %zu", work->name, powerloss_calls_of(1), powerloss_calls());
  powerloss_clear();
  stores_teardown(&owned);
  g_array_unref(life.deeds);
  return wrong;
}
