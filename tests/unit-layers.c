/* Which of the ordered stores decides. How they change: unit-layers-changes.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layers.h"

#include "tests/nobody.h"
#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST "a.example"

/* What one layer may be like, as far as HOST is concerned. */
enum kind { NOTHING, OPEN, ENFORCE, REPORT, OFF, EXPIRED, EXPIRED_LOCK, BROKEN, KINDS };

static struct ticket_row row_of(enum kind kind, uint8_t mark)
{
  static const enum lock locks[KINDS] = {[ENFORCE] = LOCK_ENFORCE,
                                         [REPORT] = LOCK_REPORT,
                                         [OFF] = LOCK_OFF,
                                         [EXPIRED_LOCK] = LOCK_OFF};
  struct ticket_row row = strata_row(HOST, locks[kind], mark);

  if (kind == EXPIRED || kind == EXPIRED_LOCK)
    row.expires = STRATA_NOW;
  return row;
}

static void make_layer(const char *folder, const char *name, enum kind kind, uint8_t mark)
{
  struct ticket_row rows[] = {strata_row("other.example", LOCK_ENFORCE, 99), row_of(kind, mark)};

  if (kind == BROKEN)
    strata_write(folder, name, "not a database");
  else
    strata_layer(folder, name, rows, kind == NOTHING ? 1 : 2);
}

static void make_user(const struct strata *strata, enum kind kind, uint8_t mark)
{
  struct ticket_row row = row_of(kind, mark);

  g_unlink(strata->user);
  g_unlink(strata_path(strata->folder, "home/pins.lock"));
  if (kind == BROKEN) {
    g_mkdir(strata_path(strata->folder, "home"), 0700);
    strata_write(strata_path(strata->folder, "home"), "pins.db", "not a database");
    assert_int_equal(g_chmod(strata->user, 0600), 0);
  } else if (kind != NOTHING) {
    strata_put(strata, &row);
  }
}

/* The oracle: every entry that counts gets a rank, and the highest one decides. */
struct candidate {
  enum kind kind;
  const char *layer;
  int open_rank, locked_rank;
};

static const struct candidate *oracle(const struct candidate *candidates, size_t count)
{
  const struct candidate *best = NULL;
  int best_rank = 0;

  for (size_t i = 0; i < count; i++) {
    const struct candidate *c = &candidates[i];
    int rank = c->kind == OPEN                                             ? c->open_rank
               : c->kind == ENFORCE || c->kind == REPORT || c->kind == OFF ? c->locked_rank
                                                                           : 0;

    if (rank > best_rank) {
      best = c;
      best_rank = rank;
    }
  }
  return best;
}

static bool any_is(const struct candidate *candidates, size_t count, enum kind kind)
{
  for (size_t i = 0; i < count; i++)
    if (candidates[i].kind == kind)
      return true;
  return false;
}

static void check_found(const struct layers_answer *answer, const struct candidate *best,
                        uint8_t mark)
{
  assert_int_equal(answer->code, best->kind == OFF ? TLSPIN_OPTED_OUT : TLSPIN_MATCH);
  assert_string_equal(answer->reason, best->kind == OFF ? "locked-off" : "found");
  assert_string_equal(answer->layer->name, best->layer);
  assert_true(answer->row.series == mark);
  assert_int_equal(answer->row.ticket.data[0], mark);
  assert_int_equal(answer->row.secret.data[31], mark);
  assert_int_equal(answer->row.lock, best->kind == OPEN      ? LOCK_NONE
                                     : best->kind == ENFORCE ? LOCK_ENFORCE
                                     : best->kind == REPORT  ? LOCK_REPORT
                                                             : LOCK_OFF);
}

static void check_none(const struct layers_answer *answer, const struct candidate *c, size_t count)
{
  bool expired = any_is(c, count, EXPIRED) || any_is(c, count, EXPIRED_LOCK);

  assert_null(answer->row.owned);
  assert_int_equal(answer->row.lock, LOCK_NONE);
  if (any_is(c, count - 1, BROKEN)) {
    assert_int_equal(answer->code, TLSPIN_UNAVAILABLE);
    assert_string_equal(answer->reason, "layer-unreadable");
    assert_non_null(answer->layer->problem);
  } else if (any_is(c, count, BROKEN)) { /* the user's: there is a new one in its place */
    assert_int_equal(answer->code, TLSPIN_STORE_DAMAGED);
    assert_string_equal(answer->reason, "pins-lost");
    assert_string_equal(answer->layer->name, LAYER_USER);
  } else {
    assert_int_equal(answer->code, TLSPIN_NO_PIN);
    assert_string_equal(answer->reason, expired ? "expired" : "none");
    assert_null(answer->layer);
  }
}

static void check_combination(struct strata *strata, enum kind high, enum kind low, enum kind user)
{
  const struct candidate candidates[] = {
      {high, "20.db", 2, 5}, {low, "10.db", 1, 4}, {user, LAYER_USER, 3, 3}};
  const struct candidate *best = oracle(candidates, 3);
  struct peer peer = strata_peer(HOST);
  struct layers_answer answer;

  layers_get(strata->layers, &peer, STRATA_NOW, &answer);
  if (best != NULL)
    check_found(&answer, best, (uint8_t)(1 + (best - candidates)));
  else
    check_none(&answer, candidates, 3);
  layers_answer_clear(&answer);
}

static const char *variant(const struct strata *strata, char which, enum kind kind)
{
  char name[16];

  snprintf(name, sizeof name, "%c%d.db", which, (int)kind);
  return strata_path(strata->folder, name);
}

/* Layers of all kinds are made once, and put in place as links to the same files. */
static void put_in_place(const char *from, const char *folder, const char *name)
{
  g_unlink(strata_path(folder, name));
  assert_int_equal(link(from, strata_path(folder, name)), 0);
}

/* Two system layers in all states, beside a user's store in all states. */
static void test_all_combinations(void **state)
{
  static const enum kind user_kinds[] = {NOTHING, OPEN, EXPIRED, BROKEN};
  struct strata *strata = *state;

  for (enum kind kind = NOTHING; kind < KINDS; kind++) {
    make_layer(strata->folder, strrchr(variant(strata, 'h', kind), '/') + 1, kind, 1);
    make_layer(strata->folder, strrchr(variant(strata, 'l', kind), '/') + 1, kind, 2);
  }
  for (size_t u = 0; u < G_N_ELEMENTS(user_kinds); u++) {
    make_user(strata, user_kinds[u], 3);
    for (enum kind high = NOTHING; high < KINDS; high++) {
      put_in_place(variant(strata, 'h', high), strata->admin, "20.db");
      for (enum kind low = NOTHING; low < KINDS; low++) {
        put_in_place(variant(strata, 'l', low), strata->vendor, "10.db");
        strata_open(strata);
        check_combination(strata, high, low, user_kinds[u]);
      }
    }
  }
}

/* By file name, whichever folder the file is in; the later name wins. */
static void test_order(void **state)
{
  static const char *const names[] = {"10-b.db", "10-a.db", "9.db", "zz.db", "Z.db", "10.db"};
  static const char *const ordered[] = {LAYER_USER, "zz.db",   "Z.db",   "9.db",
                                        "10.db",    "10-b.db", "10-a.db"};
  struct strata *strata = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
    make_layer(i % 2 == 0 ? strata->admin : strata->vendor, names[i], OPEN, (uint8_t)(i + 1));
  strata_write(strata->admin, "zzz.conf", "no layer");
  strata_write(strata->admin, "zzz.db~", "no layer");
  strata_open(strata);
  assert_int_equal(layers_count(strata->layers), G_N_ELEMENTS(ordered));
  for (size_t i = 0; i < G_N_ELEMENTS(ordered); i++)
    assert_string_equal(layers_at(strata->layers, i)->name, ordered[i]);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", "zz.db");
}

/* An entry counts up to the second before it expires. */
static void test_expiry(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);
  int64_t end = STRATA_NOW + STRATA_LIFETIME;

  strata_put(strata, &row);
  strata_open(strata);
  strata_expect(strata->layers, HOST, end - 1, TLSPIN_MATCH, "found", LAYER_USER);
  strata_expect(strata->layers, HOST, end, TLSPIN_NO_PIN, "expired", "");
  strata_expect(strata->layers, HOST, end + 1, TLSPIN_NO_PIN, "expired", "");
  strata_expect(strata->layers, "b.example", end, TLSPIN_NO_PIN, "none", "");
}

static void test_mask(void **state)
{
  struct strata *strata = *state;

  make_layer(strata->vendor, "50.db", ENFORCE, 1);
  make_layer(strata->admin, "50.db", NOTHING, 1);
  strata_open(strata);
  assert_int_equal(layers_count(strata->layers), 2);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
  make_layer(strata->admin, "50.db", OPEN, 2);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", "50.db");
  assert_string_equal(layers_at(strata->layers, 1)->path, strata_path(strata->admin, "50.db"));
}

/* A namesake that can't be read masks, too: what it says is not known. */
static void test_mask_broken(void **state)
{
  struct strata *strata = *state;

  make_layer(strata->vendor, "50.db", ENFORCE, 1);
  make_layer(strata->admin, "50.db", BROKEN, 1);
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
}

static void link_to(const char *target, const char *path)
{
  g_unlink(path);
  assert_int_equal(symlink(target, path), 0);
}

/* A link to /dev/null takes the vendor's layer away, and does nothing where there is none. */
static void test_mask_link(void **state)
{
  struct strata *strata = *state;
  const char *mask = strata_path(strata->admin, "50.db");

  make_layer(strata->vendor, "50.db", ENFORCE, 1);
  strata_open(strata);
  link_to("/dev/null", mask);
  link_to("/dev/null", strata_path(strata->admin, "60.db"));
  assert_true(layers_reload_system(strata->layers));
  assert_int_equal(layers_count(strata->layers), 1);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
  assert_false(layers_reload_system(strata->layers));
  assert_int_equal(g_unlink(mask), 0);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", "50.db");
}

/* A loss of power leaves empty files; they must not take the vendor's pins away. */
static void test_empty_is_no_mask(void **state)
{
  struct strata *strata = *state;

  make_layer(strata->vendor, "50.db", ENFORCE, 1);
  strata_write(strata->admin, "50.db", "");
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
  assert_non_null(strstr(layers_at(strata->layers, 1)->problem, "symbolic link to /dev/null"));
  assert_int_equal(g_unlink(strata_path(strata->admin, "50.db")), 0);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", "50.db");
  make_layer(strata->admin, "50.db", OPEN, 2);
  assert_true(layers_reload_system(strata->layers));
  assert_int_equal(truncate(strata_path(strata->admin, "50.db"), 0), 0);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
}

static void test_empty_is_no_layer(void **state)
{
  struct strata *strata = *state;

  strata_write(strata->vendor, "50.db", "");
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
}

/* Other links are no masks, and a mask is the administrator's only. */
static void test_no_mask(void **state)
{
  struct strata *strata = *state;
  const char *mask = strata_path(strata->admin, "50.db");

  make_layer(strata->vendor, "50.db", ENFORCE, 1);
  strata_write(strata->folder, "empty", "");
  for (size_t i = 0; i < 4; i++) {
    const char *const targets[] = {strata_path(strata->folder, "empty"), "/dev/zero", "/dev/null/x",
                                   "nowhere"};

    link_to(targets[i], mask);
    strata_open(strata);
    strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable",
                  "50.db");
    mask = strata_path(strata->admin, "50.db");
  }
  assert_int_equal(g_unlink(mask), 0);
  link_to("/dev/null", strata_path(strata->vendor, "50.db"));
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
}

/* Whoever may write to the folder could have made the link. */
static void test_mask_untrusted(void **state)
{
  struct strata *strata = *state;

  make_layer(strata->vendor, "50.db", ENFORCE, 1);
  link_to("/dev/null", strata_path(strata->admin, "50.db"));
  assert_int_equal(g_chmod(strata->admin, 0777), 0);
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
  assert_int_equal(g_chmod(strata->admin, 0755), 0);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
}

/* The owner of the link itself counts, as the owner of a layer does. */
static void test_mask_of_stranger(void **state)
{
  struct strata *strata = *state;
  const char *mask = strata_path(strata->admin, "50.db");

  link_to("/dev/null", mask);
  assert_true(store_is_mask(mask, geteuid()));
  assert_false(store_is_mask(mask, geteuid() + 1));
  if (getuid() != 0)
    return;
  make_layer(strata->vendor, "50.db", ENFORCE, 1);
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
  assert_int_equal(lchown(strata_path(strata->admin, "50.db"), 65534, 65534), 0);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
}

/* A link, a folder and a file of all the world's are no layers. */
static void test_layer_untrusted(void **state)
{
  struct strata *strata = *state;
  const char *path = strata_path(strata->admin, "50.db");

  make_layer(strata->folder, "real.db", ENFORCE, 1);
  assert_int_equal(symlink(strata_path(strata->folder, "real.db"), path), 0);
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
  assert_int_equal(g_unlink(path), 0);
  assert_int_equal(g_mkdir(path, 0755), 0);
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
  assert_int_equal(g_rmdir(path), 0);
  make_layer(strata->admin, "50.db", ENFORCE, 1);
  assert_int_equal(g_chmod(path, 0646), 0);
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "50.db");
  assert_non_null(strstr(layers_at(strata->layers, 1)->problem, path));
}

/* A folder that can't be listed might hold anything; a missing one holds nothing. */
static void test_folder_unreadable(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row("b.example", LOCK_NONE, 7);

  assert_int_equal(g_rmdir(strata->admin), 0);
  strata_put(strata, &row);
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
  strata_write(strata->folder, "admin", "a file in the folder's place");
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "admin");
  strata_expect(strata->layers, "b.example", STRATA_NOW, TLSPIN_MATCH, "found", LAYER_USER);
  assert_non_null(strstr(layers_at(strata->layers, 1)->problem, strata->admin));
  assert_int_equal(g_unlink(strata->admin), 0);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
}

static void check_forbidden(void **state)
{
  struct strata *strata = *state;

  assert_int_equal(g_chmod(strata->admin, 0), 0);
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "admin");
  assert_int_equal(g_chmod(strata->admin, 0755), 0);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
}

/* Root may look into every folder. */
static void test_folder_forbidden(void **state)
{
  struct strata *strata = *state;

  nobody_owns(strata->folder);
  nobody_owns(strata->admin);
  nobody_owns(strata->vendor);
  nobody_checks(check_forbidden, state);
}

/* A home that is unmounted, say: what was known to be there must not become "no pin", and a new
 * store must not be made in its place. */
static void test_home_gone(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);
  g_autofree char *home = g_path_get_dirname(strata->user);
  g_autofree char *aside = g_strconcat(home, ".aside", NULL);

  strata_put(strata, &row);
  strata_open(strata);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_MATCH, "found", LAYER_USER);
  assert_true(store_leaves_trace(strata->user));
  assert_int_equal(g_rename(home, aside), 0);
  assert_false(store_leaves_trace(strata->user));
  for (int i = 0; i < 3; i++) {
    strata_expect(strata->layers, HOST, STRATA_NOW + i, TLSPIN_UNAVAILABLE, "store-unreadable",
                  LAYER_USER);
    strata_expect(strata->layers, "b.example", STRATA_NOW + i, TLSPIN_UNAVAILABLE,
                  "store-unreadable", LAYER_USER);
  }
  assert_non_null(strstr(layers_at(strata->layers, 0)->problem, "went away"));
  assert_false(g_file_test(home, G_FILE_TEST_EXISTS));
  assert_int_equal(g_mkdir(home, 0700), 0); /* what lies below the mount */
  strata_expect(strata->layers, HOST, STRATA_NOW + 4, TLSPIN_UNAVAILABLE, "store-unreadable",
                LAYER_USER);
  assert_int_equal(g_rmdir(home), 0);
  assert_int_equal(g_rename(aside, home), 0);
  strata_expect(strata->layers, HOST, STRATA_NOW + 5, TLSPIN_MATCH, "found", LAYER_USER);
  strata_expect(strata->layers, "b.example", STRATA_NOW + 5, TLSPIN_NO_PIN, "none", "");
}

static void test_free_nothing(void **state)
{
  (void)state;
  layers_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_all_combinations),
      TEST(test_order),
      TEST(test_expiry),
      TEST(test_mask),
      TEST(test_mask_broken),
      TEST(test_mask_link),
      TEST(test_empty_is_no_mask),
      TEST(test_empty_is_no_layer),
      TEST(test_no_mask),
      TEST(test_mask_untrusted),
      TEST(test_mask_of_stranger),
      TEST(test_layer_untrusted),
      TEST(test_folder_unreadable),
      TEST(test_folder_forbidden),
      TEST(test_home_gone),
      cmocka_unit_test(test_free_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
