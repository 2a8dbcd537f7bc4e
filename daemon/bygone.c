/* Hosts that the journal forgets: see bygone.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/bygone.h"

#include "daemon/doomed.h"

enum { EVENT_LAST = 2, FAILURE_LAST = 5 }; /* columns: when it happened last */

enum { PROBES = 200000 }; /* hosts times operations that are looked up one by one */

struct bygone {
  GHashTable *hosts; /* name: int64_t */
  struct doomed *doomed;
};

struct bygone *bygone_new(void)
{
  struct bygone *bygone = g_new0(struct bygone, 1);

  bygone->hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  bygone->doomed = doomed_new();
  return bygone;
}

void bygone_free(struct bygone *bygone)
{
  if (bygone == NULL)
    return;
  g_hash_table_unref(bygone->hosts);
  doomed_free(bygone->doomed);
  g_free(bygone);
}

void bygone_note(struct bygone *bygone, const char *host, int64_t made)
{
  const int64_t *last = g_hash_table_lookup(bygone->hosts, host);

  if (last == NULL || *last < made)
    g_hash_table_replace(bygone->hosts, g_strdup(host), g_memdup2(&made, sizeof made));
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
  if (!doomed_host(table, cells, host))
    return false;
  last = g_hash_table_lookup(bygone->hosts, host);
  if (last != NULL && cells[table == TABLE_EVENT ? EVENT_LAST : FAILURE_LAST].number <= *last)
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

static bool find_logged(struct bygone *bygone, struct store *store)
{
  database_refuel_all(&store->db);
  return contents_walk_table(&store->db, TABLE_EVENT, STORE_USER, on_logged, bygone) &&
         contents_walk_table(&store->db, TABLE_FAILURE, STORE_USER, on_logged, bygone);
}

enum tlspin_code bygone_drop(struct bygone *bygone, struct store *store, struct transaction *change,
                             bool *any)
{
  enum tlspin_code code = TLSPIN_OK;

  if (g_hash_table_size(bygone->hosts) > 0)
    code = drop_present(bygone, store);
  *any = code == TLSPIN_OK && g_hash_table_size(bygone->hosts) > 0;
  if (*any && !find_logged(bygone, store))
    code = TLSPIN_UNAVAILABLE;
  return code == TLSPIN_OK ? doomed_drop(bygone->doomed, change) : code;
}
