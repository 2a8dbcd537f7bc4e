/* When backups are made and which go (daemon/rotation.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/rotation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR = 3600, DAY = 86400, ITEMS = 40, NOW = 1700049600 /* Wednesday, 12:00 */ };

static void test_due(void **state)
{
  struct rotation_changes changes = {.any = false};

  (void)state;
  assert_false(rotation_due(&changes, NOW));
  rotation_note(&changes, NOW);
  assert_false(rotation_due(&changes, NOW));
  assert_false(rotation_due(&changes, NOW + ROTATION_SETTLED - 1));
  assert_true(rotation_due(&changes, NOW + ROTATION_SETTLED));
  rotation_note(&changes, NOW + ROTATION_SETTLED - 1);
  assert_false(rotation_due(&changes, NOW + ROTATION_SETTLED));
}

/* Who never stops changing something has a backup after an hour all the same. */
static void test_due_while_changing(void **state)
{
  struct rotation_changes changes = {.any = false};
  int64_t now = NOW;

  (void)state;
  for (; now < NOW + ROTATION_LATEST; now += 60) {
    rotation_note(&changes, now);
    assert_false(rotation_due(&changes, now));
  }
  rotation_note(&changes, now);
  assert_true(rotation_due(&changes, now));
}

/* The clock is set back by a year: nobody waits for a year. */
static void test_due_set_back(void **state)
{
  struct rotation_changes changes = {.any = false};
  const int64_t back = NOW - 365 * DAY;

  (void)state;
  rotation_note(&changes, NOW);
  assert_true(rotation_due(&changes, back));
  rotation_note(&changes, back);
  assert_false(rotation_due(&changes, back));
  assert_true(rotation_due(&changes, back + ROTATION_SETTLED));
}

static void test_compare(void **state)
{
  (void)state;
  assert_true(rotation_compare(NOW - 1, NOW - 2, NOW) < 0);
  assert_true(rotation_compare(NOW - 2, NOW - 1, NOW) > 0);
  assert_int_equal(rotation_compare(NOW, NOW, NOW), 0);
  assert_true(rotation_compare(NOW + 1, NOW - DAY, NOW) > 0);
  assert_true(rotation_compare(NOW - DAY, NOW + 1, NOW) < 0);
  assert_true(rotation_compare(NOW + 2, NOW + 1, NOW) < 0);
  assert_int_equal(rotation_compare(NOW + 1, NOW + 1, NOW), 0);
}

/* Ages in hours, the newest first; a letter each: w, whole and stays; s, stays; g, goes. The first
 * whole one is the newest that was read through. */
struct trial {
  const char *name;
  int ages[ITEMS]; /* ends with -1 after the first */
  const char *expected;
  int64_t period; /* hours; 0: 1,000 days */
  bool keep;
};

static const struct trial trials[] = {
    {"none", {-1}, "", 0, false},
    {"one", {5, -1}, "w", 0, false},
    {"three of an hour", {1, 1, 1, -1}, "wss", 0, false},
    {"a fourth of the same day goes", {1, 2, 3, 4, -1}, "wssg", 0, false},
    {"the newest of each day before", {1, 2, 3, 13, 14, 37, 38, -1}, "wsssgsg", 0, false},
    {"a day that is among the newest", {1, 13, 37, 38, 61, -1}, "wssgs", 0, false},
    {"beyond a week one a week",
     {1, 2, 3, 8 * 24, 9 * 24, 10 * 24, 11 * 24, 15 * 24, 17 * 24, 18 * 24, -1},
     "wsssgsggsg",
     0,
     false},
    {"beyond four weeks none", {1, 2, 3, 27 * 24, 28 * 24, 40 * 24, -1}, "wsssgg", 0, false},
    {"old ones where there are no others", {28 * 24, 40 * 24, 400 * 24, -1}, "wss", 0, false},
    {"beyond the undo period", {1, 100, 168, 169, -1}, "wssg", 168, false},
    {"without an undo period", {0, 1, 2, -1}, "wgg", 0 - 1, false},
    {"the only one, however old", {5000, -1}, "w", 168, false},
    {"the newest, however old", {5000, 5001, -1}, "wg", 168, false},
    {"damaged ones before it stay", {1, 2, 3, 4, 5, -1}, "ssssw", 0, false},
    {"what comes after it goes by the rules", {1, 2, 300, 301, -1}, "sswg", 168, false},
    {"none that is whole: nothing goes", {1, 2, 3, 4, 5, 900, 9000, -1}, "sssssss", 168, false},
    {"nothing may go", {1, 2, 3, 4, 5, 900, 9000, -1}, "wssssss", 168, true},
    {"of the future", {1, -2, -3, -1}, "wgg", 0, false},
    {"of the future alone", {-30, -20, -10, -1}, "wgg", 0, false},
};

static size_t read_trial(const struct trial *trial, struct rotation_item *items)
{
  size_t count = 0;

  for (; trial->ages[count] != -1; count++)
    items[count] = (struct rotation_item){NOW - (int64_t)trial->ages[count] * HOUR,
                                          trial->expected[count] == 'w'};
  assert_int_equal(count, strlen(trial->expected));
  return count;
}

static void test_choose(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
    const struct trial *trial = &trials[i];
    struct rotation_item items[ITEMS];
    struct rotation_rules rules = {.now = NOW,
                                   .period = trial->period == 0  ? (int64_t)1000 * DAY
                                             : trial->period < 0 ? 0
                                                                 : trial->period * HOUR,
                                   .keep = trial->keep};
    size_t count = read_trial(trial, items);
    char found[ITEMS + 1] = "";
    bool goes[ITEMS];

    rotation_choose(items, count, &rules, goes);
    for (size_t k = 0; k < count; k++)
      found[k] = goes[k] ? 'g' : items[k].whole ? 'w' : 's';
    if (strcmp(found, trial->expected) != 0)
      print_error("%s: %s instead of %s\n", trial->name, found, trial->expected);
    assert_string_equal(found, trial->expected);
  }
}

/* A backup is made every so often over a year, each rotation as it is in the daemon: how many there
 * are, and that there is one near each time that the rules promise. */
static void live(unsigned seed, int64_t period)
{
  struct rotation_item items[ITEMS + 1];
  size_t count = 0;
  int64_t now = NOW;

  srand(seed);
  for (int step = 0; step < 1500; step++) {
    struct rotation_rules rules = {.period = period};
    bool goes[ITEMS + 1];
    size_t left = 0;

    now += 180 + rand() % (rand() % 20 == 0 ? 20 * DAY : 8 * HOUR);
    rules.now = now;
    memmove(items + 1, items, count * sizeof *items);
    items[0] = (struct rotation_item){now, true};
    for (size_t i = 1; i <= count; i++)
      items[i].whole = false;
    count++;
    rotation_choose(items, count, &rules, goes);
    assert_false(goes[0]);
    for (size_t i = 0; i < count; i++)
      if (!goes[i])
        items[left++] = items[i];
    count = left;
    if (count > ROTATION_MOST)
      print_error("seed %u, step %d: %zu backups\n", seed, step, count);
    assert_true(count <= ROTATION_MOST);
    for (size_t i = 1; i < count; i++)
      assert_true(now - items[i].made <= period);
  }
}

static void test_a_year(void **state)
{
  (void)state;
  for (unsigned seed = 1; seed <= 20; seed++) {
    live(seed, (int64_t)1000 * DAY);
    live(seed, (int64_t)7 * DAY);
    live(seed, 0);
  }
}

/* Whatever the times and the order: of those that are whole one stays, the newest. */
static void test_never_the_last(void **state)
{
  (void)state;
  for (unsigned seed = 1; seed <= 20000; seed++) {
    struct rotation_item items[8];
    struct rotation_rules rules = {.now = NOW, .period = seed % 3 * 7 * DAY};
    size_t count, first = 8;
    bool goes[8];

    srand(seed);
    count = (size_t)(rand() % 9);
    for (size_t i = 0; i < count; i++) {
      items[i] =
          (struct rotation_item){NOW + 40 * DAY - (int64_t)(rand() % (90 * DAY)), rand() % 3 == 0};
      if (items[i].whole && first == 8)
        first = i;
    }
    rotation_choose(items, count, &rules, goes);
    for (size_t i = 0; i < count; i++)
      if (i <= first && goes[i])
        fail_msg("seed %u: number %zu goes", seed, i);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_due),
      cmocka_unit_test(test_due_while_changing),
      cmocka_unit_test(test_due_set_back),
      cmocka_unit_test(test_compare),
      cmocka_unit_test(test_choose),
      cmocka_unit_test(test_a_year),
      cmocka_unit_test(test_never_the_last),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
