/* Hosts that the journal forgets: see bygone.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which hosts these are:
 *
 * 1. Those of the images that are dropped.
 * 2. Where images were lost nobody knows of which hosts they were. So these are all of which
 *    anything was reported or logged that a rule of a system layer didn't decide: they were in the
 *    user's store. What a system layer decided about others says nothing of that, and stays.
 * 3. But by rule 2 none for which a wider pin of the user's stands, which is of another name.
 * 4. None that stands: of which there is a ticket, a record or an image. */
#include "config.h"

#include "daemon/bygone.h"

#include "daemon/doomed.h"
#include "daemon/events.h"

enum {
  EVENT_LAST = 2,
  EVENT_LAYER = 9,
  FAILURE_LAST = 5
}; /* columns; LAST: when it happened last */

enum { NEVER = -1 };

enum { PROBES = 200000 }; /* hosts times operations that are looked up one by one */

struct bygone {
  GHashTable *hosts; /* name: int64_t */
  int64_t lost;      /* up to this time, or NEVER */
  GHashTable *met;   /* rule 2: names */
  struct doomed *doomed;
};

struct bygone *bygone_new(void)
{
  struct bygone *bygone = g_new0(struct bygone, 1);

  bygone->hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  bygone->lost = NEVER;
  bygone->met = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  bygone->doomed = doomed_new();
  return bygone;
}

void bygone_free(struct bygone *bygone)
{
  if (bygone == NULL)
    return;
  g_hash_table_unref(bygone->hosts);
  g_hash_table_unref(bygone->met);
  doomed_free(bygone->doomed);
  g_free(bygone);
}

void bygone_note(struct bygone *bygone, const char *host, int64_t made)
{
  const int64_t *last = g_hash_table_lookup(bygone->hosts, host);

  if (last == NULL || *last < made)
    g_hash_table_replace(bygone->hosts, g_strdup(host), g_memdup2(&made, sizeof made));
}

void bygone_note_lost(struct bygone *bygone, int64_t made)
{
  bygone->lost = MAX(bygone->lost, made);
}

static int64_t last_of(enum table_id table, const struct cell *cells)
{
  return cells[table == TABLE_EVENT ? EVENT_LAST : FAILURE_LAST].number;
}

static bool is_of_system(enum table_id table, const struct cell *cells)
{
  return table == TABLE_EVENT && cells[EVENT_LAYER].bytes.size > 0 &&
         !span_equal(cells[EVENT_LAYER].bytes, cell_text(EVENT_LAYER_USER).bytes);
}

static bool on_met(enum table_id table, const struct cell *cells, const struct digest *digest,
                   void *data)
{
  struct bygone *bygone = data;
  char host[HOST_MAX + 1];

  (void)digest;
  (void)doomed_host(table, cells, host); /* the walk has looked at it */
  if (last_of(table, cells) <= bygone->lost && !is_of_system(table, cells))
    g_hash_table_add(bygone->met, g_strdup(host));
  return true;
}

static bool on_present(enum table_id table, const struct cell *cells, const struct digest *digest,
                       void *data)
{
  struct bygone *bygone = data;
  char host[HOST_MAX + 1];

  (void)digest;
  if (table != TABLE_EVENT && table != TABLE_FAILURE && doomed_host(table, cells, host))
    g_hash_table_remove(bygone->hosts, host);
  return true;
}

static bool on_logged(enum table_id table, const struct cell *cells, const struct digest *digest,
                      void *data)
{
  struct bygone *bygone = data;
  char host[HOST_MAX + 1];
  const int64_t *last;

  (void)digest;
  (void)doomed_host(table, cells, host);
  last = g_hash_table_lookup(bygone->hosts, host);
  if (last != NULL && last_of(table, cells) <= *last)
    doomed_add(bygone->doomed, table, cells);
  return true;
}

static enum tlspin_code ask(struct store *store, enum statement which, const struct cell *cells,
                            int count, int64_t *answer)
{
  database_refuel(&store->db);
  return database_ask(store->db.statements[which], cells, count, answer) ? TLSPIN_OK
                                                                         : TLSPIN_UNAVAILABLE;
}

static enum tlspin_code look_each(struct bygone *bygone, struct store *store)
{
  enum tlspin_code code = TLSPIN_OK;
  GHashTableIter iter;
  gpointer host;
  int64_t stands;

  g_hash_table_iter_init(&iter, bygone->hosts);
  while (code == TLSPIN_OK && g_hash_table_iter_next(&iter, &host, NULL)) {
    const struct cell cell = cell_text(host);

    code = ask(store, STATEMENT_HOST_STANDS, &cell, 1, &stands);
    if (code == TLSPIN_OK && stands != 0)
      g_hash_table_iter_remove(&iter);
  }
  return code;
}

/* An image is looked up by its operation. Where there are very many of those, all rows are read
 * once; else that would hold everybody up, and for each part of what is forgotten. */
static enum tlspin_code drop_present(struct bygone *bygone, struct store *store)
{
  int64_t operations;
  enum tlspin_code code = ask(store, STATEMENT_COUNT_OPERATIONS, NULL, 0, &operations);

  if (code != TLSPIN_OK)
    return code;
  if (operations * g_hash_table_size(bygone->hosts) <= PROBES)
    return look_each(bygone, store);
  database_refuel_all(&store->db);
  return contents_walk(&store->db, STORE_USER, on_present, bygone) ? TLSPIN_OK : TLSPIN_UNAVAILABLE;
}

static enum tlspin_code walk_logged(struct bygone *bygone, struct store *store,
                                    contents_visit visit)
{
  database_refuel_all(&store->db);
  return contents_walk_table(&store->db, TABLE_EVENT, STORE_USER, visit, bygone) &&
                 contents_walk_table(&store->db, TABLE_FAILURE, STORE_USER, visit, bygone)
             ? TLSPIN_OK
             : TLSPIN_UNAVAILABLE;
}

/* Rule 3. */
static enum tlspin_code look_above(struct store *store, const char *host, int64_t *wide)
{
  const char *names[PLACE_NAMES_MAX];
  size_t count = place_names(host, names);
  enum tlspin_code code = TLSPIN_OK;

  *wide = 0;
  for (size_t i = 0; code == TLSPIN_OK && *wide == 0 && i < count; i++) {
    const struct cell cell = cell_text(names[i]);

    code = ask(store, STATEMENT_WIDE_AT, &cell, 1, wide);
  }
  return code;
}

/* Rule 2. */
static enum tlspin_code add_met(struct bygone *bygone, struct store *store)
{
  enum tlspin_code code = walk_logged(bygone, store, on_met);
  GHashTableIter iter;
  gpointer host;
  int64_t wide;

  g_hash_table_iter_init(&iter, bygone->met);
  while (code == TLSPIN_OK && g_hash_table_iter_next(&iter, &host, NULL)) {
    code = look_above(store, host, &wide);
    if (code == TLSPIN_OK && wide == 0)
      bygone_note(bygone, host, bygone->lost);
  }
  return code;
}

enum tlspin_code bygone_drop(struct bygone *bygone, struct store *store, struct transaction *change,
                             bool *any)
{
  bool lost = bygone->lost != NEVER;
  enum tlspin_code code = lost ? add_met(bygone, store) : TLSPIN_OK;

  if (code == TLSPIN_OK && g_hash_table_size(bygone->hosts) > 0)
    code = drop_present(bygone, store);
  *any = code == TLSPIN_OK && (lost || g_hash_table_size(bygone->hosts) > 0);
  if (code == TLSPIN_OK && g_hash_table_size(bygone->hosts) > 0)
    code = walk_logged(bygone, store, on_logged);
  return code == TLSPIN_OK ? doomed_drop(bygone->doomed, change) : code;
}
