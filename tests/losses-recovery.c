/* Losses of power while a backup is made or restored, and while a damaged store is mended: see
 * losses.h. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/losses.h"
#include "tests/ruins.h"

#include "daemon/aside.h"
#include "daemon/backups.h"
#include "daemon/recovery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

enum {
  ROWS = 20,
  MORE = 5,
  LOST = 2,
  LATER = STORES_NOW + 1000,
  LATEST = STORES_NOW + 9000,
  HALF = 8192
};

static void back_up(const struct life *life, int64_t now)
{
  const struct backup_terms terms = {.asked = true};
  struct backup *made = NULL;
  char *problem = NULL;

  if (backups_make(life->stores->path, geteuid(), now, &terms, &made, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  backup_free(made);
}

static void put_one(const struct life *life, int n)
{
  struct store *store = stores_open(life->stores->path);
  struct ticket_row row = stores_row(n);

  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  store_close(store);
}

static void prepare_backup(struct life *life)
{
  losses_fill(life);
  back_up(life, STORES_NOW);
}

/* Half of the file is gone. */
static void prepare_damaged(struct life *life)
{
  prepare_backup(life);
  assert_int_equal(truncate(life->stores->path, HALF), 0);
}

static void prepare_missing(struct life *life)
{
  prepare_backup(life);
  ruins_leave_journal(life->stores->path); /* which would undo what comes in its place */
  assert_int_equal(unlink(life->stores->path), 0);
}

/* Some tickets that are stored after a backup was made, or without one, and LOST of them not to be
 * read any more. */
static void prepare_outdated(struct life *life)
{
  for (int i = ROWS; i < ROWS + MORE; i++)
    put_one(life, i);
  for (int i = ROWS; i < ROWS + LOST; i++)
    ruins_spoil(life->stores->path, i);
}

static void prepare_unsaved(struct life *life)
{
  losses_fill(life);
  prepare_outdated(life);
}

static void prepare_saved(struct life *life)
{
  prepare_backup(life);
  prepare_outdated(life);
}

static void prepare_vanished(struct life *life)
{
  losses_fill(life);
  assert_int_equal(unlink(life->stores->path), 0);
}

static void recover(const char *path, char **problem)
{
  if (recovery_run(path, geteuid(), LATER, problem) == TLSPIN_OK)
    g_clear_pointer(problem, g_free);
}

static void live_recovery(struct life *life)
{
  char *problem = NULL;

  recover(life->stores->path, &problem);
  if (problem != NULL)
    fail_msg("%s", problem);
  losses_done(life, "mended");
  put_one(life, ROWS);
  losses_done(life, "a ticket");
}

/* Opened, or mended and opened; *mended tells. */
static struct store *open_mended(const struct stores *state, bool *mended, char **fault)
{
  struct store *store = NULL;

  *fault = NULL;
  *mended = store_open(state->path, STORE_USER, geteuid(), &store, fault) == TLSPIN_STORE_DAMAGED;
  if (*mended) {
    g_clear_pointer(fault, g_free);
    recover(state->path, fault);
    if (*fault == NULL)
      store_open(state->path, STORE_USER, geteuid(), &store, fault);
  }
  return store;
}

static char *check_rows(struct store *store, uint64_t least, uint64_t most, uint64_t records)
{
  uint64_t tickets = 0, pins = 0;

  if (store_count(store, &tickets) != TLSPIN_OK || store_count_pins(store, &pins) != TLSPIN_OK)
    return g_strdup("it can't be read");
  if (tickets >= least && tickets <= most && pins == records)
    return NULL;
  return g_strdup_printf("it holds %lu tickets and %lu records", (unsigned long)tickets,
                         (unsigned long)pins);
}

static char *check_counts(struct store *store, uint64_t least, uint64_t most)
{
  return check_rows(store, least, most, ROWS);
}

static char *check_works(struct store *store)
{
  struct ticket_row row = stores_row(900);

  return store_put(store, &row, 0, STORES_NOW) == TLSPIN_OK ? NULL
                                                            : g_strdup("nothing can be stored");
}

/* What is left of the rows of a work. */
static const struct rest {
  const char *work;
  uint64_t tickets, records;
  bool lost;  /* some are missing */
  bool aside; /* there is a damaged file */
} rests[] = {
    {"damaged", ROWS, ROWS, false, true},
    {"missing", ROWS, ROWS, false, false},
    {"outdated", ROWS + MORE - LOST, ROWS, true, true},
    {"unsaved", ROWS + MORE - LOST, ROWS, true, true},
    {"vanished", 0, 0, true, false},
};

/* What is missing is known to be, until the user has seen it. */
static const char *check_damage(const struct rest *rest, struct store *store)
{
  if (rest->lost && !damage_stands(store))
    return "nothing says that rows are missing";
  if (damage_acknowledge(store) != TLSPIN_OK || damage_stands(store))
    return "what the user has seen isn't forgotten";
  return NULL;
}

/* All that can be there is; and what was damaged is still there for people. */
static char *check_mended(const struct life *life, const struct stores *state, size_t done)
{
  g_autoptr(GPtrArray) aside = NULL;
  const struct rest *rest = rests;
  const char *wrong;
  bool mended;
  char *fault;
  struct store *store = open_mended(state, &mended, &fault);

  if (store == NULL)
    return fault;
  while (strcmp(rest->work, life->work->name) != 0)
    rest++;
  fault = check_rows(store, rest->tickets + (done > 2), rest->tickets + (done > 1), rest->records);
  if (fault == NULL)
    fault = check_works(store);
  wrong = check_damage(rest, store);
  store_close(store);
  aside = aside_list(state->path, NULL);
  if (done > 1 && mended)
    wrong = "it was mended before";
  if (aside == NULL || (aside->len > 0) != rest->aside)
    wrong = rest->aside ? "the damaged file is gone" : "a file was set aside";
  return fault != NULL ? fault : g_strdup(wrong);
}

static void live_backup(struct life *life)
{
  for (int i = 0; i < 3; i++) {
    back_up(life, STORES_NOW + 1000 * (i + 1));
    losses_done(life, "a backup");
    put_one(life, ROWS + i);
    losses_done(life, "a ticket");
  }
}

/* The newest that is whole has all tickets that it was made of; the first was made before. */
static char *check_newest(const struct stores *state, size_t done)
{
  uint64_t least = ROWS + (done > 2 ? (done - 2) / 2 : 0);
  g_autoptr(GPtrArray) passed = NULL;
  struct store *store = NULL;
  char *fault = NULL;

  if (backups_open_newest(state->path, geteuid(), LATEST, &store, &passed, &fault) != TLSPIN_OK)
    return fault != NULL ? fault : g_strdup("there is no backup");
  if (passed->len > 1)
    fault = g_strdup("a backup can't be used");
  if (fault == NULL)
    fault = check_counts(store, least, least + 1);
  store_close(store);
  return fault;
}

/* What a crash leaves is no backup, and is removed by the next. */
static char *check_backup(const struct life *life, const struct stores *state, size_t done)
{
  struct life after = {.work = life->work, .stores = (struct stores *)state};
  char *fault = NULL;
  bool mended;
  struct store *store = open_mended(state, &mended, &fault);

  if (store == NULL || mended)
    return fault != NULL ? fault : g_strdup("the store is damaged");
  fault = check_counts(store, ROWS + (done - 1) / 2, ROWS + done / 2);
  store_close(store);
  if (fault == NULL)
    fault = check_newest(state, done);
  if (fault == NULL)
    back_up(&after, LATEST);
  return fault;
}

static void prepare_restore(struct life *life)
{
  prepare_backup(life);
  put_one(life, ROWS);
}

static void live_restore(struct life *life)
{
  GPtrArray *list = NULL;
  char *problem = NULL;
  struct store *store = stores_open(life->stores->path);
  struct backup_sum before;

  assert_int_equal(backup_sum(store, &before), TLSPIN_OK);
  store_close(store);
  assert_int_equal(backups_list(life->stores->path, geteuid(), LATER, true, &list, &problem),
                   TLSPIN_OK);
  if (recovery_restore(life->stores->path, geteuid(), list->pdata[0], &before, LATER, &problem) !=
      TLSPIN_OK)
    fail_msg("%s", problem);
  losses_done(life, "restored");
  g_ptr_array_unref(list);
}

/* The one or the other, and never neither. */
static char *check_restored(const struct life *life, const struct stores *state, size_t done)
{
  bool mended;
  char *fault;
  struct store *store = open_mended(state, &mended, &fault);

  (void)life;
  if (store == NULL)
    return fault;
  fault = mended ? g_strdup("it had to be mended")
                 : check_counts(store, ROWS, done > 1 ? ROWS : ROWS + 1);
  if (fault == NULL)
    fault = check_works(store);
  store_close(store);
  return fault;
}

const struct work losses_recovery[] = {
    {"damaged", 4, prepare_damaged, live_recovery, check_mended},
    {"missing", 2, prepare_missing, live_recovery, check_mended},
    {"outdated", 3, prepare_saved, live_recovery, check_mended},
    {"unsaved", 3, prepare_unsaved, live_recovery, check_mended},
    {"vanished", 2, prepare_vanished, live_recovery, check_mended},
    {"backup", 4, prepare_backup, live_backup, check_backup},
    {"restore", 2, prepare_restore, live_restore, check_restored},
    {NULL, 0, NULL, NULL, NULL},
};
