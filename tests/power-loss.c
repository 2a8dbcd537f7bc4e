/* The power goes, at every call by which the store writes: nothing that was acknowledged is lost,
 * and nothing half there. SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The states are made by powerloss.h of what the store, SQLite and the rest really asked of the
 * disk. What is wrong is printed with the words by which it is made again:
 *
 *   POWER_LOSS='daily 57 torn 1021' tests/power-loss   (or all of a work: POWER_LOSS=daily)
 *
 * The last tests take something away that the store does for that, and must find losses. */
#include "config.h"

#include "tests/losses.h"

#include "tests/full.h"
#include "tests/silence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 1000 };

static unsigned seen, wrong, wrong_in_all;

static unsigned share(const struct work *work)
{
  return (unsigned)full_count(50, 150, 6000) * work->weight / 100;
}

static void try_work(const struct work *work)
{
  unsigned lost = losses_count(work, NULL, share(work), SEED, NULL);

  wrong += lost;
  wrong_in_all += lost;
  seen += share(work);
}

static void try_works(const struct work *works)
{
  wrong = 0;
  for (const struct work *work = works; work->name != NULL; work++)
    try_work(work);
  assert_int_equal(wrong, 0);
}

static void test_works(void **state)
{
  (void)state;
  try_works(losses_store);
}

static void test_recovery(void **state)
{
  (void)state;
  try_works(losses_recovery);
}

static void test_erasure(void **state)
{
  (void)state;
  try_works(losses_erasure);
}

static const struct work *find_work(const char *name)
{
  static const struct work *const all[] = {losses_store, losses_recovery, losses_erasure};

  for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
    for (const struct work *work = all[i]; work->name != NULL; work++)
      if (strcmp(work->name, name) == 0)
        return work;
  fail_msg("no such work: %s", name);
  return NULL;
}

/* What the store does for this is needed: without it something is lost. */
static void test_mutations(void **state)
{
  static const struct {
    const char *work;
    struct mutation mutation;
  } mutations[] = {
      {"daily", {"PRAGMA synchronous = NORMAL", POWERLOSS_FORGETS_NOTHING}},
      {"daily", {"PRAGMA synchronous = OFF", POWERLOSS_FORGETS_NOTHING}},
      {"daily",
       {"PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL", POWERLOSS_FORGETS_NOTHING}},
      {"daily", {NULL, POWERLOSS_FORGETS_FILES}},
      {"first", {NULL, POWERLOSS_FORGETS_FOLDERS}},
      {"layer", {NULL, POWERLOSS_FORGETS_FILES}},
      {"layer", {NULL, POWERLOSS_FORGETS_FOLDERS}},
      {"erasure", {NULL, POWERLOSS_FORGETS_FILES}},
      {"erasure", {NULL, POWERLOSS_FORGETS_FOLDERS}},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(mutations); i++) {
    unsigned states = (unsigned)full_count(60, 60, 600), lost;

    lost = losses_count(find_work(mutations[i].work), &mutations[i].mutation, states, SEED, NULL);
    print_message("           %s, %s: wrong in %u of %u states\n", mutations[i].work,
                  mutations[i].mutation.pragma != NULL ? mutations[i].mutation.pragma
                  : mutations[i].mutation.forgotten == POWERLOSS_FORGETS_FILES
                      ? "files aren't synced"
                      : "folders aren't synced",
                  lost, states);
    assert_true(lost > 0);
  }
}

/* One state again: "WORK CALLS MODE SEED"; or all of one work: "WORK". */
static int see_again(const char *text)
{
  g_auto(GStrv) words = g_strsplit(text, " ", 4);
  struct powerloss loss = {.mode = POWERLOSS_NONE};

  if (g_strv_length(words) == 1)
    return losses_count(find_work(text), NULL, share(find_work(text)), SEED, NULL) > 0;
  if (g_strv_length(words) != 4)
    return 2;
  loss.calls = strtoul(words[1], NULL, 10);
  loss.seed = (uint32_t)strtoul(words[3], NULL, 10);
  while (loss.mode < POWERLOSS_MODES && strcmp(powerloss_mode_token(loss.mode), words[2]) != 0)
    loss.mode++;
  if (loss.mode == POWERLOSS_MODES)
    return 2;
  return losses_count(find_work(words[0]), NULL, 1, 1, &loss) > 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_works),
      cmocka_unit_test(test_recovery),
      cmocka_unit_test(test_erasure),
      cmocka_unit_test(test_mutations),
  };
  const char *again = getenv("POWER_LOSS");
  int failed;

  silence_log();
  if (again != NULL && again[0] != '\0')
    return see_again(again);
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  full_say("T2", "power loss: >= 4,000 states, none lost, torn or corrupt", failed == 0,
           "%u states, %u wrong", seen, wrong_in_all);
  return failed;
}
