/* Hosts that the journal forgets: see bygone.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/bygone.h"

#include "daemon/doomed.h"

enum { EVENT_LAST = 2, FAILURE_LAST = 5 }; /* columns: when it happened last */

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
  if ((table != TABLE_EVENT && table != TABLE_FAILURE) || !doomed_host(table, cells, host))
    return true;
  last = g_hash_table_lookup(bygone->hosts, host);
  if (last != NULL && cells[table == TABLE_EVENT ? EVENT_LAST : FAILURE_LAST].number <= *last)
    doomed_add(bygone->doomed, table, cells);
  return true;
}

static enum tlspin_code walk(struct bygone *bygone, struct store *store, contents_visit visit)
{
  if (g_hash_table_size(bygone->hosts) == 0)
    return TLSPIN_OK;
  database_refuel_all(&store->db);
  return contents_walk(&store->db, STORE_USER, visit, bygone) ? TLSPIN_OK : TLSPIN_UNAVAILABLE;
}

enum tlspin_code bygone_drop(struct bygone *bygone, struct store *store, struct transaction *change,
                             bool *any)
{
  enum tlspin_code code = walk(bygone, store, on_present);

  *any = code == TLSPIN_OK && g_hash_table_size(bygone->hosts) > 0;
  if (code == TLSPIN_OK)
    code = walk(bygone, store, on_logged);
  return code == TLSPIN_OK ? doomed_drop(bygone->doomed, change) : code;
}
