/* T3, the whole way: a store is damaged in thousands of ways and opened as the daemon does it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whatever was changed, every pin must be there as it was, or not be said to be none; no row may be
 * there that never was, nor an older state of one; and where nothing is said to be lost all rows
 * must be there. Every second damage is done to a store that has a fresh backup: then all rows must
 * be there after a flipped bit, and after any other damage all but those that let more through
 * (lenient.h), which the user may have withdrawn since the backup, as far as an emptied file
 * tells. STORE_DAMAGE=N does damage N alone, the N of the message of a failure.
 */
#include "config.h"

#include "daemon/damage.h"
#include "daemon/layers.h"
#include "daemon/lenient.h"
#include "daemon/store-private.h"

#include "daemon/backups.h"
#include "tests/full.h"
#include "tests/lived.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 1000, SECTOR = 512, NOW = STORES_NOW };

enum kind { BIT, OCTET, ZEROS, CUT, KINDS };

static const char *const kind_names[] = {"bit", "octet", "512 zeros", "cut off"};

/* The store, what it is made of, and its backup. */
static struct victim {
  struct stores *stores;
  char *content, *backups, *backup, *kept;
  size_t size, backup_size;
  GHashTable *rows;
  uint64_t strict; /* rows of it that let nothing more through */
  GArray *peers; /* struct peer: those that have a ticket */
} victim;

/* The damage that is being tried. */
static struct strike {
  uint64_t number;
  enum kind kind;
  size_t offset;
  uint8_t mask;
  bool backed;
} now;

static struct tally {
  uint64_t damages, saved, of, proved, unavailable;
} tallies[2][KINDS];

static void fail_strike(const char *what)
{
  fail_msg("%s: STORE_DAMAGE=%u (%s at octet %zu, mask 0x%02x, %s backup)", what,
           (unsigned)now.number, kind_names[now.kind], now.offset, now.mask,
           now.backed ? "with a" : "without");
}

struct count {
  uint64_t all, strict;
};

static bool on_row(enum table_id table, const struct cell *cells, const struct digest *digest,
                   void *data)
{
  struct count *there = data;

  if (table == TABLE_STATE && !lived_has(victim.rows, table, digest))
    return true; /* what was lost */
  if (!lived_has(victim.rows, table, digest))
    fail_strike("a row is there that was not");
  there->all++;
  there->strict += !lenient_row(table, cells);
  return true;
}

static struct count count_rows(struct store *store)
{
  struct count there = {0, 0};

  database_refuel_all(&store->db);
  if (!contents_walk(&store->db, STORE_USER, on_row, &there))
    fail_strike("the rows can't be read");
  return there;
}

static bool note_peer(const struct ticket_row *row, void *data)
{
  g_array_append_val((GArray *)data, row->peer);
  return true;
}

static void read_victim(void)
{
  const struct backup_terms terms = {.asked = true};
  struct store_filter any = STORE_FILTER_ANY;
  struct store *store = stores_open(victim.stores->path);
  struct backup *made;
  char *problem = NULL;

  victim.peers = g_array_new(FALSE, FALSE, sizeof(struct peer));
  assert_int_equal(store_list(store, &any, NULL, UINT32_MAX, note_peer, victim.peers), TLSPIN_OK);
  victim.strict = count_rows(store).strict;
  assert_in_range(victim.strict, 1, g_hash_table_size(victim.rows) - 1);
  store_close(store);
  assert_int_equal(backups_make(victim.stores->path, geteuid(), NOW, &terms, &made, &problem),
                   TLSPIN_OK);
  victim.backup = g_strdup(made->path);
  victim.backups = g_path_get_dirname(made->path);
  backup_free(made);
  assert_true(g_file_get_contents(victim.backup, &victim.kept, &victim.backup_size, NULL));
}

static int setup(void **state)
{
  g_autoptr(GHashTable) ever = lived_set_new();

  stores_setup((void **)&victim.stores);
  lived_make(victim.stores->path, ROWS, ever);
  victim.rows = lived_rows(victim.stores->path);
  read_victim();
  assert_true(g_file_get_contents(victim.stores->path, &victim.content, &victim.size, NULL));
  *state = &victim;
  return 0;
}

static int teardown(void **state)
{
  void *stores = victim.stores;

  (void)state;
  g_hash_table_unref(victim.rows);
  g_array_unref(victim.peers);
  g_free(victim.content);
  g_free(victim.kept);
  g_free(victim.backup);
  g_free(victim.backups);
  return stores_teardown(&stores);
}

static void draw(uint64_t number)
{
  uint32_t seed = (uint32_t)number * 2246822519U + 7;

  for (int i = 0; i < 4; i++)
    stores_random(&seed);
  now.number = number;
  now.backed = number % 2 != 0;
  now.kind = (enum kind)(number / 2 % KINDS);
  now.offset = stores_random(&seed) % victim.size;
  now.mask = (uint8_t)(1 + stores_random(&seed) % 255);
  if (now.kind == BIT)
    now.mask = (uint8_t)(1U << now.mask % 8);
  if (now.kind == ZEROS)
    now.offset -= now.offset % SECTOR;
}

static void empty_folder(const char *path)
{
  GDir *dir = g_dir_open(path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *file = g_build_filename(path, name, NULL);

    g_unlink(file);
  }
  if (dir != NULL)
    g_dir_close(dir);
}

/* The folder as it was, and in it the damaged file. */
static void strike(void)
{
  const char *path = victim.stores->path;
  char changed = (char)(victim.content[now.offset] ^ (char)now.mask);
  static const char zeros[SECTOR];

  empty_folder(victim.backups);
  empty_folder(victim.stores->home);
  stores_write(victim.stores->lock, 0, "1\n", 2);
  stores_write(path, 0, victim.content, victim.size);
  assert_int_equal(chmod(path, 0600) + chmod(victim.stores->lock, 0600), 0);
  if (now.backed) {
    stores_write(victim.backup, 0, victim.kept, victim.backup_size);
    assert_int_equal(chmod(victim.backup, 0600), 0);
  }
  if (now.kind == CUT)
    assert_int_equal(truncate(path, (off_t)now.offset), 0);
  else if (now.kind == ZEROS)
    stores_write(path, now.offset, zeros, MIN(SECTOR, victim.size - now.offset));
  else
    stores_write(path, now.offset, &changed, 1);
}

/* Every answer but the right one or a doubt would be wrong. */
static void ask(struct layers *layers, bool whole)
{
  struct layers_answer answer;

  for (guint i = 0; i < victim.peers->len; i++) {
    const struct peer *peer = &g_array_index(victim.peers, struct peer, i);

    layers_get(layers, peer, NOW, &answer);
    if (answer.code == TLSPIN_NO_PIN && g_strcmp0(answer.reason, "expired") != 0)
      fail_strike("a pin is said to be none");
    if (whole && answer.code != TLSPIN_MATCH && g_strcmp0(answer.reason, "expired") != 0)
      fail_strike("a pin of a whole store is missing");
    layers_answer_clear(&answer);
  }
}

static void look(struct layers *layers, struct tally *tally)
{
  struct store *store = layers_user(layers, NOW)->store;
  struct damage damage;
  uint64_t all = g_hash_table_size(victim.rows);
  struct count there;
  bool whole;

  tally->damages++;
  tally->of += all;
  ask(layers, false);
  if (store == NULL) {
    tally->unavailable++;
    return;
  }
  there = count_rows(store);
  whole = !damage_stands(store);
  tally->saved += there.all;
  tally->proved += damage_get(store, &damage) == TLSPIN_OK && whole;
  if (whole)
    ask(layers, true);
  if (whole && there.all != all)
    fail_strike("rows are missing, and nothing is said to be lost");
  if (now.backed && (now.kind == BIT ? there.all != all : there.strict != victim.strict))
    fail_strike("rows are missing in spite of the backup");
}

static void try(uint64_t number)
{
  struct layers_config config = {.user_path = victim.stores->path,
                                 .admin_dir = victim.stores->folder,
                                 .vendor_dir = victim.stores->folder,
                                 .user = geteuid(),
                                 .system = geteuid()};
  struct layers *layers;

  draw(number);
  strike();
  layers = layers_new(&config, NOW);
  look(layers, &tallies[now.backed][now.kind]);
  layers_free(layers);
}

static double lost_each(const struct tally *tally)
{
  return tally->damages == 0 ? 0 : (double)(tally->of - tally->saved) / (double)tally->damages;
}

static void print(void)
{
  for (int backed = 0; backed < 2; backed++)
    for (int i = 0; i < KINDS; i++)
      print_message("%-10s %s: %5u damages, %.3f rows lost each, %u proved whole, %u unavailable\n",
                    kind_names[i], backed ? "with a backup" : "without one  ",
                    (unsigned)tallies[backed][i].damages, lost_each(&tallies[backed][i]),
                    (unsigned)tallies[backed][i].proved, (unsigned)tallies[backed][i].unavailable);
}

static void test_damages(void **state)
{
  const char *only = getenv("STORE_DAMAGE");
  uint64_t count = full_count(40, 100, 10000), unavailable = 0;
  const struct tally *bits = &tallies[false][BIT];

  (void)state;
  if (only != NULL) {
    try(strtoull(only, NULL, 10));
    return;
  }
  for (uint64_t n = 0; n < count; n++)
    try(n);
  print();
  for (int i = 0; i < 2 * KINDS; i++)
    unavailable += tallies[i / KINDS][i % KINDS].unavailable;
  full_say("T3b", "no silent no-pin or wrong pin; bits >= 99 % saved, 100 % with a backup",
           bits->saved * 100 >= bits->of * 99,
           "%u damages: none silent or wrong; %.4f %% saved after a bit, 100 %% with a backup; "
           "%u times unavailable",
           (unsigned)count, 100.0 * (double)bits->saved / (double)bits->of, (unsigned)unavailable);
  assert_true(bits->saved * 100 >= bits->of * 99);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_damages),
  };

  return cmocka_run_group_tests(tests, setup, teardown);
}
