/* Erasing in a store: see erasure.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/erasure-private.h"

#include "daemon/doomed.h"
#include "daemon/journal.h"
#include "daemon/owed.h"

/* An operation of the journal, and how many images it has and loses. */
struct head {
  struct operation_row row;
  uint64_t images;
  uint64_t lost;
  bool goes;
};

/* What is found in one store. */
struct sweep {
  const struct erasure *erasure;
  bool whole; /* all of a host is meant, or nothing */
  struct doomed *doomed;
  GHashTable *heads;   /* uint64_t: struct head */
  GPtrArray *in_order; /* the same, by their numbers */
  GHashTable *met;     /* hosts of which something is meant */
  GHashTable *left;    /* hosts of which something else stays */
  struct erased erased;
};

static void sweep_begin(struct sweep *sweep, const struct erasure *erasure)
{
  const struct store_filter *filter = &erasure->filter;

  *sweep = (struct sweep){
      .erasure = erasure,
      .whole = erasure_is_plain(erasure) && filter->protocol == -1 && filter->port == 0,
      .doomed = doomed_new(),
      .heads = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free),
      .in_order = g_ptr_array_new(),
      .met = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
      .left = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
  };
}

static void sweep_end(struct sweep *sweep)
{
  doomed_free(sweep->doomed);
  g_ptr_array_unref(sweep->in_order);
  g_hash_table_unref(sweep->heads);
  g_hash_table_unref(sweep->met);
  g_hash_table_unref(sweep->left);
}

static struct head *find_head(const struct sweep *sweep, enum table_id table,
                              const struct cell *cells)
{
  if (table != TABLE_BEFORE && table != TABLE_IMAGE)
    return NULL;
  return g_hash_table_lookup(sweep->heads, &cells[0].number);
}

/* The walk comes to the heads before their images. */
static void note_head(struct sweep *sweep, const struct cell *cells)
{
  struct head *head = g_new0(struct head, 1);

  operation_row_of_cells(cells, &head->row);
  if (g_hash_table_insert(sweep->heads, &head->row.id, head))
    g_ptr_array_add(sweep->in_order, head);
}

/* Whether a row says that there is, or was, something: an image may say that there was nothing. */
static bool is_something(enum table_id table, const struct cell *cells)
{
  if (table == TABLE_BEFORE)
    return cells[4].number != 0;
  return table == TABLE_IMAGE ? cells[1 + PIN_KEY].number != 0
                              : table != TABLE_EVENT && table != TABLE_FAILURE;
}

/* An event that was logged since then is a trace that the time means, if the host has no other. */
static bool is_logged_since(const struct erasure *erasure, enum table_id table,
                            const struct cell *cells)
{
  return table == TABLE_EVENT && erasure->filter.since > 0 &&
         cells[1].number >= erasure->filter.since;
}

/* What rules 1 to 3 mean, by which the hosts of rule 4 are known. */
static bool on_row(enum table_id table, const struct cell *cells, const struct digest *digest,
                   void *data)
{
  struct sweep *sweep = data;
  const struct head *head = find_head(sweep, table, cells);
  char host[HOST_MAX + 1];
  bool fits;

  (void)digest;
  if (table == TABLE_OPERATION)
    note_head(sweep, cells);
  if (!doomed_host(table, cells, host))
    return true;
  fits = erasure_has_place(sweep->erasure, table, cells, host) &&
         (erasure_fits(sweep->erasure, table, cells, head != NULL ? head->row.made : 0) ||
          is_logged_since(sweep->erasure, table, cells));
  if (fits)
    g_hash_table_add(sweep->met, g_strdup(host));
  if (!fits && is_something(table, cells))
    g_hash_table_add(sweep->left, g_strdup(host));
  return true;
}

static bool has_gone(const struct sweep *sweep, const char *host)
{
  return g_hash_table_contains(sweep->erasure->gone, host) ||
         (g_hash_table_contains(sweep->met, host) && !g_hash_table_contains(sweep->left, host));
}

static bool on_meant(enum table_id table, const struct cell *cells, const struct digest *digest,
                     void *data)
{
  struct sweep *sweep = data;
  struct head *head = find_head(sweep, table, cells);
  char host[HOST_MAX + 1];

  (void)digest;
  if (sweep->whole && table == TABLE_OPERATION)
    note_head(sweep, cells);
  if (head != NULL)
    head->images++;
  if (!doomed_host(table, cells, host) ||
      (!has_gone(sweep, host) &&
       !(erasure_has_place(sweep->erasure, table, cells, host) &&
         erasure_fits(sweep->erasure, table, cells, head != NULL ? head->row.made : 0))))
    return true;
  doomed_add(sweep->doomed, table, cells);
  if (head != NULL)
    head->lost++;
  if (table == TABLE_TICKET || table == TABLE_PIN)
    sweep->erased.entries++;
  else
    sweep->erased.others++;
  return true;
}

static bool walk(struct sweep *sweep, struct store *store, contents_visit visit)
{
  database_refuel_all(&store->db);
  return contents_walk(&store->db, STORE_USER, visit, sweep);
}

/* Where whole hosts are meant, rules 3 and 4 have nothing to say. */
static enum tlspin_code sweep_through(struct sweep *sweep, struct store *store)
{
  return (sweep->whole || walk(sweep, store, on_row)) && walk(sweep, store, on_meant)
             ? TLSPIN_OK
             : TLSPIN_UNAVAILABLE;
}

static void remember_gone(struct erasure *erasure, const struct sweep *sweep)
{
  GHashTableIter iter;
  gpointer host;

  g_hash_table_iter_init(&iter, sweep->met);
  while (g_hash_table_iter_next(&iter, &host, NULL))
    if (!g_hash_table_contains(sweep->left, host))
      g_hash_table_add(erasure->gone, g_strdup(host));
}

enum tlspin_code erasure_survey(struct erasure *erasure, struct store *store, bool remember,
                                struct erased *found)
{
  struct sweep sweep;
  enum tlspin_code code = store_read_begin(store);

  *found = (struct erased){.entries = 0};
  if (code != TLSPIN_OK)
    return code;
  sweep_begin(&sweep, erasure);
  code = sweep_through(&sweep, store);
  store_read_end(store);
  if (code == TLSPIN_OK && remember)
    remember_gone(erasure, &sweep);
  *found = sweep.erased;
  sweep_end(&sweep);
  return code;
}

/* One whose records wait to be put is gone on with, and one that is being forgotten stays until it
 * is. */
static bool may_go(const struct sweep *sweep, const struct head *head)
{
  const int64_t target = (int64_t)head->row.target;
  const struct head *of = NULL;

  if (head->lost == 0 || head->lost < head->images)
    return false;
  if (head->row.kind == OPERATION_UNDO)
    of = g_hash_table_lookup(sweep->heads, &target);
  return (of == NULL || of->goes) && head->row.kind != OPERATION_DRAFT &&
         head->row.kind != OPERATION_GONE;
}

/* An undo has a higher number than its target. */
static enum tlspin_code drop_heads(const struct sweep *sweep, struct transaction *change)
{
  enum tlspin_code code = TLSPIN_OK;

  for (guint i = 0; code == TLSPIN_OK && i < sweep->in_order->len; i++) {
    struct head *head = sweep->in_order->pdata[i];

    head->goes = may_go(sweep, head);
    if (head->goes)
      code = journal_drop(change, head->row.id);
  }
  return code;
}

static enum tlspin_code erase(struct sweep *sweep, struct store *store, struct transaction *change)
{
  enum tlspin_code code = journal_check_ready(store);

  if (code == TLSPIN_OK)
    code = sweep_through(sweep, store);
  if (code == TLSPIN_OK)
    code = doomed_drop(sweep->doomed, change);
  if (code == TLSPIN_OK)
    code = drop_heads(sweep, change);
  return code == TLSPIN_OK ? owed_put(change, OWED_REWRITE) : code;
}

enum tlspin_code store_erase(struct store *store, const struct erasure *erasure,
                             struct erased *erased)
{
  struct transaction change;
  struct sweep sweep;
  enum tlspin_code code = store_begin(store, &change);

  *erased = (struct erased){.entries = 0};
  if (code != TLSPIN_OK)
    return code;
  sweep_begin(&sweep, erasure);
  code = transaction_end(&change, erase(&sweep, store, &change));
  if (code == TLSPIN_OK)
    *erased = sweep.erased;
  sweep_end(&sweep);
  if (code != TLSPIN_OK)
    return code;
  return database_rewrite(&store->db) ? owed_settle(store, OWED_REWRITE) : TLSPIN_UNAVAILABLE;
}
