/* A server that is written down wherever one can be: see vestiges.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/vestiges.h"

#include "daemon/changes.h"
#include "daemon/traces.h"
#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 16, NAME_OCTETS = 9 /* host-NNNN */ };

uint64_t vestiges_log(struct store *store, int n, int64_t now)
{
  struct event_row event = {.kind = "mismatch",
                            .peer = stores_row(n).peer,
                            .reason = "proof-wrong",
                            .layer = "user",
                            .key = "",
                            .report = "{\"hostname\":\"reported\"}",
                            .program = "test"};
  uint64_t id;

  assert_int_equal(store_log(store, &event, now, &id), TLSPIN_OK);
  return id;
}

static void clear_and_undo(struct store *store, const char *host)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;

  filter.host = host;
  assert_int_equal(store_clear(store, &filter, STORES_NOW + 1, &change), TLSPIN_OK);
  assert_int_equal(store_undo(store, 0, STORES_NOW + 2, &change), TLSPIN_OK);
}

void vestiges_live(struct store *store, int n)
{
  struct peer peer = stores_row(n).peer;
  struct keypin learned = stores_pin(n), own = stores_pin(n);

  own.origin = KEYPIN_USER;
  stores_learn(store, &learned);
  stores_edit(store, &own);
  own.note = "changed";
  stores_edit(store, &own);
  clear_and_undo(store, peer.host);
  assert_int_equal(store_put_failure(store, &peer, "proof-wrong", STORES_NOW), TLSPIN_OK);
  vestiges_log(store, n, STORES_NOW);
}

static bool holds(GMappedFile *file, const void *octets, size_t size)
{
  gsize length = g_mapped_file_get_length(file);

  return length > 0 && memmem(g_mapped_file_get_contents(file), length, octets, size) != NULL;
}

bool vestiges_in(const char *path, int n)
{
  struct ticket_row row = stores_row(n);
  struct keypin pin = stores_pin(n);
  GMappedFile *file = g_mapped_file_new(path, FALSE, NULL);
  bool found;

  if (file == NULL)
    fail_msg("%s can't be read", path);
  found = holds(file, row.peer.host, NAME_OCTETS) || holds(file, row.secret.data, PIECE) ||
          holds(file, row.secret.data + PIECE, PIECE) || holds(file, pin.digest, 32);
  for (size_t at = 0; !found && at + PIECE <= row.ticket.size; at += PIECE)
    found = holds(file, row.ticket.data + at, PIECE);
  g_mapped_file_unref(file);
  return found;
}

/* nftw(3) passes nothing on. */
static struct {
  int n;
  char *found;
} search;

static int search_in(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
  (void)status, (void)ftw;
  if (type != FTW_F || search.found != NULL || !vestiges_in(path, search.n))
    return 0;
  search.found = g_strdup(path);
  return 0;
}

char *vestiges_find(const char *folder, int n)
{
  search.n = n;
  search.found = NULL;
  assert_int_equal(nftw(folder, search_in, 8, FTW_PHYS), 0);
  return search.found;
}

static void plant(const struct stores *stores, const char *name)
{
  g_autofree char *path = g_build_filename(stores->home, name, NULL);

  stores_copy(stores->path, path);
}

/* What another version has deleted stands in pages that are free. */
static void leave_in_free_pages(const char *path)
{
  g_autofree char *sql =
      g_strdup_printf("PRAGMA secure_delete = OFF; CREATE TABLE past (host); INSERT INTO past "
                      "VALUES ('%s'); DROP TABLE past",
                      stores_row(VESTIGES_LIVED).peer.host);

  stores_sql(path, sql);
  assert_true(stores_number(path, "PRAGMA freelist_count") > 0);
}

/* The first backup knows less than the second. */
void vestiges_make(const struct stores *stores)
{
  static const char *const relics[] = {"damaged-20231114T221320Z.db",
                                       "damaged-20231114T221320Z.db-journal",
                                       "damaged-20221114T221320Z.db-wal",
                                       "pins.db.new",
                                       "pins.db.new-journal",
                                       "backups/.pins.db",
                                       "backups/.pins.db-journal",
                                       "backups/etilqs_0123456789abcdef"};
  g_autofree char *damaged = NULL;
  struct store *store;

  stores_make(stores->path, VESTIGES_ROWS);
  g_free(shelf_make(stores, STORES_NOW));
  store = stores_open(stores->path);
  vestiges_live(store, VESTIGES_LIVED);
  vestiges_live(store, VESTIGES_OTHER);
  store_close(store);
  leave_in_free_pages(stores->path);
  g_free(shelf_make(stores, STORES_NOW + 1));
  damaged = shelf_make(stores, STORES_NOW - 1); /* the last that is seen to */
  shelf_damage(damaged);
  for (size_t i = 0; i < G_N_ELEMENTS(relics); i++)
    plant(stores, relics[i]);
}

/* The steps of daemon/admin-erase.c, which wait there for each other. */
static enum tlspin_code erase(struct policy *policy, const struct stores *stores,
                              struct erasure *erasure, char **problem)
{
  struct erased erased = {.entries = 0};
  struct traces traces = {.backups = 0};
  bool found = false;
  enum tlspin_code code = policy_erase_survey(policy, erasure, STORES_NOW, &found, problem);
  enum tlspin_code done;

  if (code != TLSPIN_OK)
    return code;
  code = traces_erase(stores->path, geteuid(), erasure, found, &traces, problem);
  done = code;
  if (code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND)
    done = policy_erase(policy, erasure, traces.asides > 0, STORES_NOW, &erased, problem);
  traces_end(&traces);
  return done == TLSPIN_OK && erased.entries + erased.others == 0 ? code : done;
}

enum tlspin_code vestiges_erase(const struct stores *stores, int n, void (*begun)(void *data),
                                void *data, char **problem)
{
  static const struct config config = {.lifetime_cap = 5000, .undo_period = 5000};
  const struct layers_config files = {.user_path = stores->path,
                                      .admin_dir = stores->layer,
                                      .vendor_dir = stores->layer,
                                      .user = geteuid()};
  struct store_filter filter = STORE_FILTER_ANY;
  struct peer peer = stores_row(n).peer;
  struct layers *layers = layers_new(&files, STORES_NOW);
  struct policy *policy = policy_new(layers, &config, NULL);
  struct erasure *erasure;
  enum tlspin_code code;

  *problem = NULL;
  if (begun != NULL)
    begun(data);
  filter.host = peer.host;
  erasure = erasure_new(&filter);
  code = erase(policy, stores, erasure, problem);
  erasure_free(erasure);
  policy_free(policy);
  layers_free(layers);
  return code;
}

/* Rows that are not there, a bit each; one that is must be as it was. */
static unsigned find_missing(struct store *store)
{
  unsigned missing = 0;

  for (int n = 0; n < VESTIGES_ROWS; n++) {
    struct ticket_row row = stores_row(n), got;

    if (store_get(store, &row.peer, &got) == TLSPIN_OK && span_equal(got.ticket, row.ticket) &&
        span_equal(got.secret, row.secret))
      ticket_row_clear(&got);
    else
      missing |= 1u << n;
  }
  return missing;
}

static char *say_missing(const char *path, unsigned missing)
{
  return missing == 0 ? NULL : g_strdup_printf("%s lacks the rows of 0x%x", path, missing);
}

static char *check_backups(const struct stores *stores, unsigned erased)
{
  GPtrArray *list = NULL;
  char *fault = NULL;
  unsigned whole = 0;

  if (backups_list(stores->path, geteuid(), STORES_NOW + 9, false, &list, &fault) != TLSPIN_OK)
    return fault;
  for (guint i = 0; fault == NULL && i < list->len; i++) {
    struct backup *backup = list->pdata[i];
    struct store *store = NULL;

    backup_look(backup, geteuid(), &store);
    if (store != NULL)
      fault = say_missing(backup->path, find_missing(store) & ~erased);
    whole += store != NULL;
    store_close(store);
  }
  g_ptr_array_unref(list);
  return fault == NULL && whole < 2 ? g_strdup("a backup is gone") : fault;
}

char *vestiges_check(const struct stores *stores, unsigned erased, unsigned *gone)
{
  struct store *store = NULL;
  char *fault = NULL;

  if (store_open(stores->path, STORE_USER, geteuid(), &store, &fault) != TLSPIN_OK)
    return fault;
  *gone = find_missing(store);
  store_close(store);
  fault = say_missing(stores->path, *gone & ~erased);
  return fault == NULL ? check_backups(stores, erased) : fault;
}

static bool is_known(const char *name)
{
  static const char *const known[] = {"pins.db", "pins.lock", "pins.db-journal", "backups", NULL};

  return g_strv_contains(known, name) || g_str_has_prefix(name, "pins-2023");
}

static int look_at_name(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
  (void)status, (void)type;
  if (ftw->level > 0 && search.found == NULL && !is_known(path + ftw->base))
    search.found = g_strdup_printf("%s is left", path);
  return 0;
}

char *vestiges_check_names(const struct stores *stores)
{
  search.found = NULL;
  assert_int_equal(nftw(stores->home, look_at_name, 8, FTW_PHYS), 0);
  return search.found;
}
