/* Losses of power while a server is erased from all files: see losses.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Once that is acknowledged nothing that the power leaves may hold anything of it. Before, nothing
 * of others is lost, what is owed is done, and it can be asked for again. */
#include "config.h"

#include "tests/losses.h"
#include "tests/shelf.h"
#include "tests/vestiges.h"

#include "daemon/owed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

/* What is acknowledged; each number that of the deed. */
enum { ERASED = 1, TICKET, BACKUP, ERASED_NEXT, LAST_TICKET };

static const struct {
  int row;
  size_t deed;
} meant[] = {{VESTIGES_LIVED, ERASED}, {VESTIGES_OTHER, ERASED_NEXT}};

static void prepare(struct life *life)
{
  vestiges_make(life->stores);
}

static void erase(struct life *life, int n)
{
  char *problem;

  if (vestiges_erase(life->stores, n, NULL, NULL, &problem) != TLSPIN_OK)
    fail_msg("%s", problem != NULL ? problem : "nothing was found");
  losses_done(life, "a server erased");
}

static void put(struct life *life, int n)
{
  struct store *store = stores_open(life->stores->path);
  struct ticket_row row = stores_row(n);

  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  store_close(store);
  losses_done(life, "a ticket");
}

static void live(struct life *life)
{
  erase(life, VESTIGES_LIVED);
  put(life, VESTIGES_ROWS);
  g_free(shelf_make(life->stores, STORES_NOW + 1000));
  losses_done(life, "a backup");
  erase(life, VESTIGES_OTHER);
  put(life, VESTIGES_ROWS + 1);
}

static char *search(const struct stores *state, int n, const char *when)
{
  g_autofree char *found = vestiges_find(state->folder, n);

  return found != NULL ? g_strdup_printf("%s, row %d stands in %s", when, n, found) : NULL;
}

/* Those that are acknowledged to have gone, on the disk as it is. */
static char *search_erased(const struct stores *state, size_t done)
{
  char *fault = NULL;

  for (size_t i = 0; fault == NULL && i < G_N_ELEMENTS(meant); i++)
    if (done > meant[i].deed)
      fault = search(state, meant[i].row, "after the loss");
  return fault;
}

/* Rows that are gone, or may be. */
static unsigned allowed(size_t done)
{
  unsigned rows = 0;

  for (size_t i = 0; i < G_N_ELEMENTS(meant); i++)
    rows |= done >= meant[i].deed ? 1u << meant[i].row : 0;
  return rows;
}

/* As the daemon does it now and then, by itself; nothing is forgotten for its age. */
static bool settle(const struct stores *state)
{
  struct store *store = stores_open(state->path);
  bool settled = stores_forget(store, 0) == TLSPIN_OK, owed = true;

  settled = settled && owed_look(store, OWED_REWRITE, &owed) == TLSPIN_OK && !owed;
  store_close(store);
  return settled;
}

/* What has left the store stands nowhere in its file once what is owed was done. */
static char *check_owed(const struct stores *state, unsigned gone)
{
  if (!settle(state))
    return g_strdup("what is owed can't be done");
  for (size_t i = 0; i < G_N_ELEMENTS(meant); i++)
    if ((gone & 1u << meant[i].row) != 0 && vestiges_in(state->path, meant[i].row))
      return g_strdup_printf("row %d stands in the store's file", meant[i].row);
  return NULL;
}

static char *ask_again(const struct stores *state, size_t done, int n, size_t deed)
{
  char *problem;
  enum tlspin_code code = vestiges_erase(state, n, NULL, NULL, &problem);

  if (problem != NULL)
    return problem;
  if (done != deed && (code == TLSPIN_OK) != (done < deed))
    return g_strdup_printf("row %d was%s there", n, done < deed ? "n't" : "");
  return code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND ? search(state, n, "asked again")
                                                         : g_strdup("it can't be asked again");
}

static char *check(const struct life *life, const struct stores *state, size_t done)
{
  char *fault = search_erased(state, done);
  unsigned gone = 0;

  (void)life;
  if (fault == NULL)
    fault = vestiges_check(state, allowed(done), &gone);
  if (fault == NULL)
    fault = check_owed(state, gone);
  for (size_t i = 0; fault == NULL && i < G_N_ELEMENTS(meant); i++)
    fault = ask_again(state, done, meant[i].row, meant[i].deed);
  if (fault == NULL)
    fault = vestiges_check(state, allowed(ERASED_NEXT), &gone);
  return fault == NULL ? vestiges_check_names(state) : fault;
}

const struct work losses_erasure[] = {
    {"erasure", 20, prepare, live, check},
    {NULL, 0, NULL, NULL, NULL},
};
