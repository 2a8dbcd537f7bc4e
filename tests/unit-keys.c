/* Tests of libserver/keys.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/keys.h"

#include "common/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DAY = 24 * 60 * 60 };

/* What a test needs to know of a key: its identifier is eight times `id`. */
struct sketch {
  uint8_t id;
  const char *name;
  int64_t created;
  int64_t activates;
};

static void draw(struct keys *keys, const struct sketch *sketches, size_t count)
{
  *keys = (struct keys){.count = count, .list = vault_take(count * sizeof(struct key))};
  assert_non_null(keys->list);
  for (size_t i = 0; i < count; i++) {
    struct key *key = &keys->list[i];

    memset(key->id, sketches[i].id, KEY_ID_SIZE);
    memset(key->secret, 0x5a, KEY_SECRET_SIZE);
    strcpy(key->name, sketches[i].name);
    key->created = sketches[i].created;
    key->activates = sketches[i].activates;
    key->line = (unsigned)i + 3;
  }
}

static void make(struct keys *keys, const struct sketch *sketches, size_t count)
{
  unsigned first, second;

  draw(keys, sketches, count);
  assert_true(keys_index(keys, &first, &second));
}

#define MAKE(keys, sketches) make(keys, sketches, sizeof(sketches) / sizeof(sketches)[0])

static const struct sketch several[] = {
    {5, "b.example", 100, 100}, {1, "*", 0, 0},           {4, "a.example", 400, 500},
    {2, "*", 200, 300},         {3, "a.example", 90, 90},
};

static void finds_each_key_by_identifier(void **state)
{
  struct keys keys;

  (void)state;
  MAKE(&keys, several);
  for (uint8_t id = 0; id < 8; id++) {
    uint8_t whole[KEY_ID_SIZE];
    const struct key *key;

    memset(whole, id, sizeof whole);
    key = keys_find(&keys, whole);
    if (id >= 1 && id <= 5) {
      assert_non_null(key);
      assert_memory_equal(key->id, whole, sizeof whole);
    } else {
      assert_null(key);
    }
  }
  keys_free(&keys);
}

static void an_empty_set_has_no_key(void **state)
{
  static const uint8_t id[KEY_ID_SIZE] = {0};
  struct keys keys = {0};

  (void)state;
  assert_null(keys_find(&keys, id));
  assert_null(keys_sealing(&keys, "a.example", 0));
  assert_false(keys_any_active(&keys, INT64_MAX));
  keys_free(&keys);
}

static void tells_the_lines_of_a_duplicate(void **state)
{
  static const struct sketch twice[] = {{1, "*", 0, 0}, {2, "a.example", 0, 0}, {1, "*", 9, 9}};
  struct keys keys;
  unsigned first, second;

  (void)state;
  draw(&keys, twice, 3);
  assert_false(keys_index(&keys, &first, &second));
  assert_int_equal(first, 3);
  assert_int_equal(second, 5);
  keys_free(&keys);
}

static void expect_sealing(const struct keys *keys, const char *host, int64_t now, uint8_t id)
{
  const struct key *key = keys_sealing(keys, host, now);

  assert_non_null(key);
  if (key->id[0] != id)
    fail_msg("for %s at %lld key %u seals, not %u", host, (long long)now, key->id[0], id);
}

static void the_newest_active_key_of_the_name_seals(void **state)
{
  struct keys keys;

  (void)state;
  MAKE(&keys, several);
  expect_sealing(&keys, "a.example", 90, 3);
  expect_sealing(&keys, "a.example", 499, 3);
  expect_sealing(&keys, "a.example", 500, 4);
  expect_sealing(&keys, "a.example", INT64_MAX, 4);
  expect_sealing(&keys, "b.example", 100, 5);
  keys_free(&keys);
}

static void other_names_take_the_key_for_every_name(void **state)
{
  struct keys keys;

  (void)state;
  MAKE(&keys, several);
  expect_sealing(&keys, "c.example", 299, 1);
  expect_sealing(&keys, "c.example", 300, 2);
  expect_sealing(&keys, "aa.example", 300, 2);
  expect_sealing(&keys, "a.example.org", 300, 2);
  keys_free(&keys);
}

/* A first key of its own has to reach the other members of the cluster before it is used. */
static void a_first_key_of_its_own_waits_for_its_activation(void **state)
{
  struct keys keys;

  (void)state;
  MAKE(&keys, several);
  expect_sealing(&keys, "b.example", 99, 1);
  expect_sealing(&keys, "b.example", 100, 5);
  keys_free(&keys);
}

static void with_no_active_key_the_earliest_seals(void **state)
{
  static const struct sketch future[] = {
      {1, "*", 1000, 1000}, {2, "a.example", 3000, 3500}, {3, "a.example", 2000, 2500}};
  struct keys keys;

  (void)state;
  MAKE(&keys, future);
  assert_false(keys_any_active(&keys, 0));
  expect_sealing(&keys, "a.example", 0, 3);
  expect_sealing(&keys, "b.example", 0, 1);
  assert_true(keys_any_active(&keys, 1000));
  keys_free(&keys);
}

/* The clock is right, since another key is active: a first key has to reach the cluster before it
 * is used. */
static void while_others_are_active_a_first_key_waits(void **state)
{
  static const struct sketch first[] = {{1, "a.example", 0, 0}, {2, "b.example", 50, 100}};
  static const struct sketch every[] = {{1, "a.example", 0, 0}, {2, "*", 50, 100}};
  struct keys keys;

  (void)state;
  MAKE(&keys, first);
  assert_null(keys_sealing(&keys, "b.example", 99));
  expect_sealing(&keys, "b.example", 100, 2);
  keys_free(&keys);
  MAKE(&keys, every);
  assert_null(keys_sealing(&keys, "b.example", 99));
  expect_sealing(&keys, "a.example", 99, 1);
  expect_sealing(&keys, "b.example", 100, 2);
  keys_free(&keys);
}

static void without_a_key_for_the_name_none_seals(void **state)
{
  static const struct sketch one[] = {{1, "a.example", 0, 0}};
  struct keys keys;

  (void)state;
  MAKE(&keys, one);
  assert_null(keys_sealing(&keys, "b.example", 10));
  assert_null(keys_sealing(&keys, "*.example", 10));
  expect_sealing(&keys, "a.example", 10, 1);
  keys_free(&keys);
}

/* All members of a cluster have to agree, whatever the order of their files. */
static void at_equal_activation_the_later_creation_seals(void **state)
{
  static const struct sketch one[] = {{1, "*", 50, 100}, {2, "*", 60, 100}, {3, "*", 60, 100}};
  static const struct sketch other[] = {{3, "*", 60, 100}, {2, "*", 60, 100}, {1, "*", 50, 100}};
  struct keys keys;

  (void)state;
  MAKE(&keys, one);
  expect_sealing(&keys, "a.example", 100, 3);
  keys_free(&keys);
  MAKE(&keys, other);
  expect_sealing(&keys, "a.example", 100, 3);
  keys_free(&keys);
}

static void a_key_is_for_its_name_alone_or_for_every_name(void **state)
{
  struct keys keys;

  (void)state;
  MAKE(&keys, several);
  assert_true(key_is_for(&keys.list[0], "b.example"));
  assert_false(key_is_for(&keys.list[0], "a.example"));
  assert_false(key_is_for(&keys.list[0], "*"));
  assert_true(key_is_for(&keys.list[1], "a.example"));
  keys_free(&keys);
}

static void a_key_is_removable_a_lifetime_after_its_successor_took_over(void **state)
{
  struct keys keys;

  (void)state;
  MAKE(&keys, several);
  assert_true(keys_removable_from(&keys, &keys.list[4]) == 500 + 32 * DAY);
  assert_true(keys_removable_from(&keys, &keys.list[1]) == 300 + 32 * DAY);
  assert_true(keys_removable_from(&keys, &keys.list[0]) == INT64_MAX);
  assert_true(keys_removable_from(&keys, &keys.list[2]) == INT64_MAX);
  assert_true(keys_removable_from(&keys, &keys.list[3]) == INT64_MAX);
  keys_free(&keys);
}

static void counts_keys_that_were_lost_too_early(void **state)
{
  static const struct sketch fewer[] = {{2, "*", 200, 300}, {5, "b.example", 100, 100}};
  struct keys older, newer;

  (void)state;
  MAKE(&older, several);
  MAKE(&newer, fewer);
  assert_int_equal(keys_count_lost(&older, &older, 0), 0);
  assert_int_equal(keys_count_lost(&older, &newer, 600), 3);            /* 1, 3 and 4 */
  assert_int_equal(keys_count_lost(&older, &newer, 300 + 32 * DAY), 2); /* 3 and 4 */
  assert_int_equal(keys_count_lost(&older, &newer, 500 + 32 * DAY), 1); /* 4 is in use */
  assert_int_equal(keys_count_lost(&newer, &older, 600), 0);
  keys_free(&older);
  keys_free(&newer);
}

static void generated_keys_differ(void **state)
{
  struct key a, b;
  char text[KEY_ID_TEXT_SIZE];

  (void)state;
  assert_true(key_generate(&a, "*", 10, 20));
  assert_true(key_generate(&b, "a.example", 10, 20));
  assert_memory_not_equal(a.id, b.id, sizeof a.id);
  assert_memory_not_equal(a.secret, b.secret, sizeof a.secret);
  assert_string_equal(b.name, "a.example");
  assert_true(a.created == 10 && a.activates == 20);
  key_id_text(&a, text);
  assert_int_equal(strlen(text), 2 * KEY_ID_SIZE);
}

static void refuses_to_generate_for_a_name_that_is_too_long(void **state)
{
  char name[HOST_MAX + 2];
  struct key key;

  (void)state;
  memset(name, 'a', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  assert_false(key_generate(&key, name, 10, 20));
}

static void reads_and_writes_identifiers(void **state)
{
  static const char *const wrong[] = {"",
                                      "0123456789abcde",
                                      "0123456789abcdef0",
                                      "0123456789abcdeg",
                                      "0123456789ABCDEF",
                                      "0x23456789abcdef"};
  static const uint8_t octets[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
  static const char text[] = "0123456789abcdef";
  char again[KEY_ID_TEXT_SIZE];
  struct key key;

  (void)state;
  assert_true(key_id_parse((struct span){(const uint8_t *)text, 16}, key.id));
  assert_memory_equal(key.id, octets, sizeof octets);
  key_id_text(&key, again);
  assert_string_equal(again, text);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_false(key_id_parse((struct span){(const uint8_t *)wrong[i], strlen(wrong[i])}, key.id));
}

/* With all keys that a file may hold, the choice is the one that a plain search makes. */
static void chooses_right_among_many(void **state)
{
  struct keys keys = {.count = KEYS_MAX, .list = vault_take(KEYS_MAX * sizeof(struct key))};
  unsigned first, second;

  (void)state;
  assert_non_null(keys.list);
  for (uint32_t i = 0; i < KEYS_MAX; i++) {
    struct key *key = &keys.list[i];

    memcpy(key->id, &i, sizeof i);
    snprintf(key->name, sizeof key->name, "h%u.example", i * 7919u % 1000u);
    key->created = key->activates = i * 104729u % 5000u;
  }
  assert_true(keys_index(&keys, &first, &second));
  for (int64_t now = 0; now < 6000; now += 1500) {
    const struct key *chosen = keys_sealing(&keys, "h77.example", now);
    int64_t best = -1;

    for (size_t i = 0; i < KEYS_MAX; i++)
      if (strcmp(keys.list[i].name, "h77.example") == 0 && keys.list[i].activates <= now &&
          keys.list[i].activates > best)
        best = keys.list[i].activates;
    if (best < 0) { /* not yet, while others are active */
      assert_null(chosen);
      continue;
    }
    assert_non_null(chosen);
    assert_string_equal(chosen->name, "h77.example");
    assert_true(chosen->activates == best);
  }
  keys_free(&keys);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_each_key_by_identifier),
      cmocka_unit_test(an_empty_set_has_no_key),
      cmocka_unit_test(tells_the_lines_of_a_duplicate),
      cmocka_unit_test(the_newest_active_key_of_the_name_seals),
      cmocka_unit_test(other_names_take_the_key_for_every_name),
      cmocka_unit_test(a_first_key_of_its_own_waits_for_its_activation),
      cmocka_unit_test(with_no_active_key_the_earliest_seals),
      cmocka_unit_test(while_others_are_active_a_first_key_waits),
      cmocka_unit_test(without_a_key_for_the_name_none_seals),
      cmocka_unit_test(at_equal_activation_the_later_creation_seals),
      cmocka_unit_test(a_key_is_for_its_name_alone_or_for_every_name),
      cmocka_unit_test(a_key_is_removable_a_lifetime_after_its_successor_took_over),
      cmocka_unit_test(counts_keys_that_were_lost_too_early),
      cmocka_unit_test(generated_keys_differ),
      cmocka_unit_test(refuses_to_generate_for_a_name_that_is_too_long),
      cmocka_unit_test(reads_and_writes_identifiers),
      cmocka_unit_test(chooses_right_among_many),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
