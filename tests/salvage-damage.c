/* T3, the half of the file: a store is damaged in thousands of ways, and what is left of its rows
 * is counted. SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each damage is done to a store of a thousand rows, and undone. A row counts as saved where the
 * salvage reaches it, or where it was carved and the sum proves that it belongs there. No row may
 * be found that never was. SALVAGE_DAMAGE=N does damage N alone, the N of the message of a failure.
 */
#include "config.h"

#include "daemon/missing.h"
#include "daemon/salvage.h"

#include "tests/full.h"
#include "tests/lived.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 1000, SECTOR = 512 };

enum damage_kind { BIT, OCTET, ZEROS, CUT, KINDS };

static const char *const kind_names[] = {"bit", "octet", "512 zeros", "cut off"};

struct damage {
  enum damage_kind kind;
  size_t offset;
  uint8_t mask;
};

/* The store, and what it is made of. */
struct victim {
  struct stores *stores;
  char *content;
  size_t size;
  GHashTable *rows, *ever;
};

/* What the salvage tells of. */
struct rescue {
  const struct victim *victim;
  const struct damage *damage;
  GHashTable *reached, *carved;
  struct digest sum; /* of the reached rows */
};

struct tally {
  uint64_t damages, saved, of, whole;
};

static int setup(void **state)
{
  static struct victim victim;

  stores_setup((void **)&victim.stores);
  victim.ever = lived_set_new();
  lived_make(victim.stores->path, ROWS, victim.ever);
  victim.rows = lived_rows(victim.stores->path);
  assert_true(g_file_get_contents(victim.stores->path, &victim.content, &victim.size, NULL));
  *state = &victim;
  return 0;
}

static int teardown(void **state)
{
  struct victim *victim = *state;
  void *stores = victim->stores;

  g_hash_table_unref(victim->rows);
  g_hash_table_unref(victim->ever);
  g_free(victim->content);
  return stores_teardown(&stores);
}

static struct damage damage_of(const struct victim *victim, uint64_t n)
{
  uint32_t seed = (uint32_t)n * 2654435761U + 1;
  struct damage damage = {.kind = (enum damage_kind)(n % KINDS)};

  for (int i = 0; i < 4; i++)
    stores_random(&seed);
  damage.offset = stores_random(&seed) % victim->size;
  damage.mask = (uint8_t)(1 + stores_random(&seed) % 255);
  if (damage.kind == BIT)
    damage.mask = (uint8_t)(1U << damage.mask % 8);
  if (damage.kind == ZEROS)
    damage.offset -= damage.offset % SECTOR;
  return damage;
}

static void strike(const struct victim *victim, const struct damage *damage)
{
  const char *path = victim->stores->path;
  char changed = (char)(victim->content[damage->offset] ^ (char)damage->mask);
  static const char zeros[SECTOR];

  if (damage->kind == CUT)
    assert_int_equal(truncate(path, (off_t)damage->offset), 0);
  else if (damage->kind == ZEROS)
    stores_write(path, damage->offset, zeros, SECTOR);
  else
    stores_write(path, damage->offset, &changed, 1);
}

static void mend_file(const struct victim *victim, const struct damage *damage)
{
  size_t size = damage->kind == CUT     ? victim->size - damage->offset
                : damage->kind == ZEROS ? SECTOR
                                        : 1;

  stores_write(victim->stores->path, damage->offset, victim->content + damage->offset, size);
}

static void fail_damage(const struct damage *damage, const char *what)
{
  fail_msg("%s: %s at octet %zu, mask 0x%02x", what, kind_names[damage->kind], damage->offset,
           damage->mask);
}

static bool take(enum table_id table, const struct cell *cells, const struct digest *digest,
                 bool reached, void *data)
{
  struct rescue *rescue = data;
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  struct digest own;

  if (!cells_digest(checksum, &tables[table], cells, &own) || memcmp(&own, digest, sizeof own) != 0)
    fail_damage(rescue->damage, "a row has another digest than is told");
  if (!lived_has(rescue->victim->ever, table, digest))
    fail_damage(rescue->damage, "a row never was");
  if (reached && !lived_has(rescue->victim->rows, table, digest))
    fail_damage(rescue->damage, "an old row is reached");
  if (reached && g_hash_table_size(rescue->carved) > 0)
    fail_damage(rescue->damage, "a row is reached after one was carved");
  if (g_hash_table_contains(rescue->reached, digest))
    return true;
  lived_add(reached ? rescue->reached : rescue->carved, table, digest);
  if (reached)
    digest_toggle(&rescue->sum, digest);
  return true;
}

/* The carved rows of which the sum proves that they were there. */
static uint64_t prove(const struct rescue *rescue, const struct salvage_found *found)
{
  struct digest candidates[MISSING_MAX], sum = found->contents.all;
  uint64_t missing = found->contents.rows - g_hash_table_size(rescue->reached);
  bool chosen[MISSING_MAX];
  size_t count = 0;
  gpointer digest;
  GHashTableIter iter;

  if (!found->contents_known || g_hash_table_size(rescue->carved) > MISSING_MAX)
    return 0;
  g_hash_table_iter_init(&iter, rescue->carved);
  while (g_hash_table_iter_next(&iter, &digest, NULL))
    memcpy(&candidates[count++], digest, DIGEST_SIZE);
  digest_toggle(&sum, &rescue->sum);
  if (!missing_find(candidates, count, missing, &sum, chosen))
    return 0;
  for (size_t i = 0; i < count; i++)
    if (chosen[i] && !g_hash_table_contains(rescue->victim->rows, &candidates[i]))
      fail_damage(rescue->damage, "an old row is proved");
  return missing;
}

static uint64_t carved_of_now(const struct rescue *rescue)
{
  GHashTableIter iter;
  gpointer digest;
  uint64_t count = 0;

  g_hash_table_iter_init(&iter, rescue->carved);
  while (g_hash_table_iter_next(&iter, &digest, NULL))
    if (g_hash_table_contains(rescue->victim->rows, digest))
      count++;
  return count;
}

/* How many rows are saved for certain; *unproved: carved, but not proved. */
static uint64_t rescue_rows(const struct victim *victim, const struct damage *damage)
{
  struct rescue rescue = {victim, damage, lived_set_new(), lived_set_new(), {{0}}};
  struct salvage_found found;
  uint64_t saved;

  if (!salvage_read(victim->stores->path, STORE_USER, take, &rescue, &found))
    fail_damage(damage, "the file can't be read");
  saved = g_hash_table_size(rescue.reached);
  if (saved < g_hash_table_size(victim->rows))
    saved += prove(&rescue, &found);
  if (getenv("SALVAGE_DAMAGE") != NULL)
    print_message(
        "reached %u, carved %u (of now %u), mended %u, damaged pages %u of %u, contents %d\n",
        g_hash_table_size(rescue.reached), g_hash_table_size(rescue.carved),
        (unsigned)carved_of_now(&rescue), (unsigned)found.mended, (unsigned)found.pages_damaged,
        (unsigned)found.pages, found.contents_known);
  g_hash_table_unref(rescue.reached);
  g_hash_table_unref(rescue.carved);
  return saved;
}

static void damage_once(const struct victim *victim, uint64_t n, struct tally *tallies)
{
  struct damage damage = damage_of(victim, n);
  struct tally *tally = &tallies[damage.kind];
  uint64_t saved;

  strike(victim, &damage);
  saved = rescue_rows(victim, &damage);
  mend_file(victim, &damage);
  tally->damages++;
  tally->saved += saved;
  tally->of += g_hash_table_size(victim->rows);
  tally->whole += saved == g_hash_table_size(victim->rows);
}

static double lost_each(const struct tally *tally)
{
  return tally->damages == 0 ? 0 : (double)(tally->of - tally->saved) / (double)tally->damages;
}

static void test_damages(void **state)
{
  const struct victim *victim = *state;
  const char *only = getenv("SALVAGE_DAMAGE");
  uint64_t count = full_count(100, 200, 10000);
  struct tally tallies[KINDS] = {{0}};
  const struct tally *bits = &tallies[BIT];
  bool enough;

  for (uint64_t n = only != NULL ? strtoull(only, NULL, 10) : 0; n < count; n++) {
    damage_once(victim, n, tallies);
    if (only != NULL)
      return;
  }
  for (int i = 0; i < KINDS; i++)
    print_message("%-10s %5u damages: %.2f rows lost each, nothing lost by %u\n", kind_names[i],
                  (unsigned)tallies[i].damages, lost_each(&tallies[i]), (unsigned)tallies[i].whole);
  enough = bits->saved * 100 >= bits->of * 99;
  full_say("T3a", ">= 99 % of rows saved after a flipped bit, without a backup", enough,
           "%u damages of %u rows; lost by a bit %.3f, an octet %.3f, 512 zeros %.1f, a cut %.1f",
           (unsigned)count, g_hash_table_size(victim->rows), lost_each(bits),
           lost_each(&tallies[OCTET]), lost_each(&tallies[ZEROS]), lost_each(&tallies[CUT]));
  assert_true(enough);
}

/* Nothing is missing from a file that is whole, and nothing is mended. */
static void test_whole(void **state)
{
  const struct victim *victim = *state;
  struct damage none = {.kind = OCTET, .mask = 0};

  assert_in_range(g_hash_table_size(victim->rows), ROWS * 8 / 10, 2 * ROWS);
  assert_int_equal(rescue_rows(victim, &none), g_hash_table_size(victim->rows));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_whole),
      cmocka_unit_test(test_damages),
  };

  return cmocka_run_group_tests(tests, setup, teardown);
}
