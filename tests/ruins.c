/* Damaged stores, and what was recovered of them: see ruins.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

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

void ruins_recover(struct stores *stores)
{
  char *problem;

  if (recovery_run(stores->path, geteuid(), RUINS_NOW, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  assert_null(problem);
}

void ruins_refuse(struct stores *stores, const char *words)
{
  g_autofree char *problem = NULL;

  assert_int_equal(recovery_run(stores->path, geteuid(), RUINS_NOW, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(problem);
  if (strstr(problem, words) == NULL)
    fail_msg("'%s' is not in: %s", words, problem);
  assert_int_equal(ruins_asides(stores), 0);
}

struct damage ruins_damage(struct stores *stores)
{
  struct store *store = stores_open(stores->path);
  struct damage damage;

  assert_int_equal(damage_get(store, &damage), TLSPIN_OK);
  assert_int_equal(damage_stands(store), damage.missing != 0);
  store_close(store);
  return damage;
}

void ruins_put(struct stores *stores, int n)
{
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(n);

  assert_int_equal(store_put(store, &row, 0, RUINS_NOW), TLSPIN_OK);
  store_close(store);
}

uint64_t ruins_clear(struct stores *stores, int n)
{
  struct store *store = stores_open(stores->path);
  struct store_filter filter = STORE_FILTER_ANY;
  struct ticket_row row = stores_row(n);
  struct store_change change;

  filter.host = row.peer.host;
  assert_int_equal(store_clear(store, &filter, RUINS_NOW, &change), TLSPIN_OK);
  assert_int_equal(stores_forget(store, RUINS_NOW + 1), TLSPIN_OK);
  store_close(store);
  return change.operation;
}

void ruins_put_damage(struct stores *stores, int64_t missing)
{
  struct damage damage = {.cause = DAMAGE_MISSING, .found = STORES_NOW, .missing = missing};
  struct store *store = stores_open(stores->path);

  assert_int_equal(damage_put(store, &damage), TLSPIN_OK);
  store_close(store);
}

char *ruins_back_up(struct stores *stores, int64_t now)
{
  struct backup_terms terms = {.asked = true};
  struct backup *made;
  char *problem = NULL, *path;

  if (backups_make(stores->path, geteuid(), now, &terms, &made, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  path = g_steal_pointer(&made->path);
  backup_free(made);
  return path;
}

int ruins_rows(struct stores *stores, int count)
{
  struct store *store = stores_open(stores->path);
  int there = 0;

  for (int i = 0; i < count; i++) {
    struct ticket_row row = stores_row(i), found;

    if (store_get(store, &row.peer, &found) != TLSPIN_OK)
      continue;
    assert_true(span_equal(found.ticket, row.ticket));
    assert_true(span_equal(found.secret, row.secret));
    assert_int_equal(found.series, row.series);
    ticket_row_clear(&found);
    there++;
  }
  store_close(store);
  return there;
}

size_t ruins_find(const char *path, const char *text)
{
  g_autofree char *content = NULL;
  const char *at;
  gsize size;

  assert_true(g_file_get_contents(path, &content, &size, NULL));
  at = memmem(content, size, text, strlen(text));
  assert_non_null(at);
  return (size_t)(at - content);
}

size_t ruins_page(const char *path, const char *table)
{
  g_autofree char *sql =
      g_strdup_printf("SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);

  return ((size_t)stores_number(path, sql) - 1) * STORE_PAGE;
}

void ruins_spoil(const char *path, int n)
{
  stores_write(path, ruins_find(path, stores_row(n).peer.host), "XXXXXXXX", 8);
}

void ruins_spoil_all(const char *path, const char *text)
{
  for (int i = 0; i < 8 && stores_file_holds(path, text); i++)
    stores_write(path, ruins_find(path, text), "XXXXX", 5);
}

/* Without a cache SQLite writes the change into the file, and so the journal before. */
void ruins_leave_journal(const char *path)
{
  g_autofree char *journal = g_strconcat(path, "-journal", NULL), *content = NULL;
  sqlite3 *db = stores_raw(path);
  gsize size;

  assert_int_equal(sqlite3_exec(db,
                                "PRAGMA journal_mode = TRUNCATE; PRAGMA cache_size = 1; BEGIN;"
                                "UPDATE ticket SET first_seen = first_seen + 1;"
                                "UPDATE meta SET value = value;"
                                "UPDATE ticket SET first_seen = first_seen + 1",
                                NULL, NULL, NULL),
                   SQLITE_OK);
  assert_true(g_file_get_contents(journal, &content, &size, NULL));
  assert_true(size > STORE_PAGE);
  assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  stores_write(journal, 0, content, size);
}

unsigned ruins_asides(const struct stores *stores)
{
  g_autoptr(GPtrArray) names = aside_list(stores->path, NULL);

  return names->len;
}

struct keypin ruins_mode_off(void)
{
  struct peer peer = {.host = RUINS_HOST, .protocol = PROTOCOL_TLS, .port = 443};
  struct place place = place_of_peer(&peer);
  struct keypin off = keypin_new(&place, KEYPIN_MODE, KEYPIN_OFF, KEYPIN_USER);

  off.first_seen = STORES_NOW;
  return off;
}

struct keypin ruins_key(int n, uint8_t octet, enum keypin_status status)
{
  struct keypin pin = stores_pin(n);

  pin.status = status;
  memset(pin.digest, octet, sizeof pin.digest);
  return pin;
}

void ruins_expect_pins(struct stores *stores, const struct keypin *pins, const char *there)
{
  struct store *store = stores_open(stores->path);

  for (; *there != 0; there++, pins++)
    (*there == 'y' ? stores_expect_pin : stores_expect_no_pin)(store, pins);
  store_close(store);
}

int64_t ruins_modes(const struct stores *stores)
{
  return stores_number(stores->path, "SELECT count(*) FROM pin WHERE host = '" RUINS_HOST "'");
}
