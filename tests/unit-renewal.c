/* System layers that are read anew while they go on answering, and those that needn't be read.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layers.h"

#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST  "a.example"
#define OTHER "b.example"

enum {
  PATIENCE = 60000,
  A_WHILE = 300, /* milliseconds: more than reading takes */
  ROWS = 2500,   /* that are too many to be read at once */
  NOISE = 1 << 20
};

static void make_layer(const char *folder, const char *name, const char *host, enum lock lock)
{
  struct ticket_row rows[ROWS];

  rows[0] = strata_row(host, lock, 1);
  for (unsigned i = 1; i < ROWS; i++) {
    rows[i] = rows[0];
    snprintf(rows[i].peer.host, sizeof rows[i].peer.host, "h%u.example", i);
  }
  strata_layer(folder, name, rows, ROWS);
}

static void make_small(const char *folder, const char *name, const char *host, enum lock lock)
{
  struct ticket_row row = strata_row(host, lock, 1);

  strata_layer(folder, name, &row, 1);
}

static void write_noise(const char *folder, const char *name, const char *text)
{
  g_autofree char *filled = g_strnfill(NOISE, '.');

  memcpy(filled, text, strlen(text));
  strata_write(folder, name, filled);
}

static void expect_match(struct strata *strata, const char *host, const char *layer)
{
  strata_expect(strata->layers, host, STRATA_NOW, TLSPIN_MATCH, "found", layer);
}

static void expect_unreadable(struct strata *strata, const char *layer)
{
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", layer);
}

static void count_one(void *data)
{
  unsigned *count = data;

  (*count)++;
}

static gboolean say_late(gpointer data)
{
  bool *late = data;

  *late = true;
  return G_SOURCE_REMOVE;
}

/* Lets the main context run until `count` has got there or, where it should not, for a while. */
static void run_until(const unsigned *count, unsigned wanted, guint patience)
{
  bool late = false;
  guint source = g_timeout_add(patience, say_late, &late);

  while (*count < wanted && !late)
    g_main_context_iteration(NULL, TRUE);
  if (!late)
    g_source_remove(source);
}

/* Until something waits for the main context: the layers were read. */
static void await_reading(void)
{
  for (int i = 0; i < PATIENCE && !g_main_context_pending(NULL); i++)
    g_usleep(1000);
  assert_true(g_main_context_pending(NULL));
}

static void renew(struct strata *strata)
{
  unsigned count = 0;

  layers_renew(strata->layers, count_one, &count);
  run_until(&count, 1, PATIENCE);
  assert_int_equal(count, 1);
}

static const struct store *store_of(const struct strata *strata, size_t index)
{
  assert_non_null(layers_at(strata->layers, index)->store);
  return layers_at(strata->layers, index)->store;
}

/* Only what was changed is opened: the others' stores are the same, in whatever place. */
static void test_unchanged_are_kept(void **state)
{
  struct strata *strata = *state;
  const struct store *first, *last;

  make_layer(strata->admin, "20.db", HOST, LOCK_NONE);
  make_layer(strata->vendor, "40.db", OTHER, LOCK_NONE);
  strata_open(strata);
  assert_true(layers_version(strata->layers) != 0);
  last = store_of(strata, 1);
  first = store_of(strata, 2);
  make_layer(strata->admin, "30.db", HOST, LOCK_ENFORCE);
  assert_true(layers_reload_system(strata->layers));
  assert_ptr_equal(store_of(strata, 1), last);
  assert_ptr_equal(store_of(strata, 3), first);
  expect_match(strata, HOST, "30.db");
  expect_match(strata, OTHER, "40.db");
  make_layer(strata->admin, "30.db", HOST, LOCK_REPORT);
  renew(strata);
  assert_ptr_equal(store_of(strata, 1), last);
  assert_ptr_equal(store_of(strata, 3), first);
  assert_int_equal(g_unlink(strata_path(strata->admin, "30.db")), 0);
  renew(strata);
  assert_int_equal(layers_count(strata->layers), 3);
  assert_ptr_equal(store_of(strata, 1), last);
  assert_ptr_equal(store_of(strata, 2), first);
  expect_match(strata, HOST, "20.db");
  expect_match(strata, OTHER, "40.db");
  assert_false(layers_reload_system(strata->layers));
}

/* A layer that can't be read is tried again, and no other for it. */
static void test_problem_takes_none_along(void **state)
{
  struct strata *strata = *state;
  const struct store *kept;

  make_layer(strata->admin, "20.db", OTHER, LOCK_NONE);
  strata_write(strata->admin, "30.db", "not a database");
  strata_open(strata);
  kept = store_of(strata, 2);
  assert_true(layers_reload_system(strata->layers));
  assert_ptr_equal(store_of(strata, 2), kept);
  expect_unreadable(strata, "30.db");
  make_layer(strata->admin, "30.db", HOST, LOCK_NONE);
  renew(strata);
  assert_ptr_equal(store_of(strata, 2), kept);
  expect_match(strata, HOST, "30.db");
}

/* Who may write to the folder, and the way there, count for layers that are not read again. */
static void test_folder_counts(void **state)
{
  struct strata *strata = *state;
  const char *aside = strata_path(strata->folder, "aside");

  make_layer(strata->admin, "20.db", HOST, LOCK_NONE);
  strata_open(strata);
  assert_int_equal(g_chmod(strata->admin, 0777), 0);
  renew(strata);
  expect_unreadable(strata, "20.db");
  assert_int_equal(g_chmod(strata->admin, 0755), 0);
  renew(strata);
  expect_match(strata, HOST, "20.db");
  assert_int_equal(g_rename(strata->admin, aside), 0);
  assert_int_equal(symlink(aside, strata->admin), 0);
  assert_true(layers_reload_system(strata->layers));
  expect_match(strata, HOST, "20.db");
  assert_int_equal(g_chmod(aside, 0775), 0);
  assert_true(layers_reload_system(strata->layers));
  expect_unreadable(strata, "20.db");
  assert_int_equal(g_unlink(strata->admin), 0);
  assert_int_equal(g_rename(strata_path(strata->folder, "aside"), strata->admin), 0);
}

/* Changes a bit of the host's name where it stands in its page. */
static void damage(const char *path)
{
  g_autofree char *content = NULL;
  char *host;
  gsize size;
  FILE *file;

  assert_true(g_file_get_contents(path, &content, &size, NULL));
  host = memmem(content, size, HOST, strlen(HOST));
  assert_non_null(host);
  file = fopen(path, "r+e");
  assert_non_null(file);
  assert_int_equal(fseek(file, host - content, SEEK_SET), 0);
  assert_int_equal(fputc(host[0] ^ 1, file), host[0] ^ 1);
  assert_int_equal(fclose(file), 0);
}

/* Times that were set back hide nothing: it shows in the file that they were. */
static void test_times_set_back(void **state)
{
  struct strata *strata = *state;
  const char *path = strata_path(strata->admin, "20.db");
  struct stat before;

  make_layer(strata->admin, "20.db", HOST, LOCK_ENFORCE);
  strata_open(strata);
  assert_int_equal(stat(path, &before), 0);
  damage(path);
  assert_int_equal(
      utimensat(AT_FDCWD, path, (struct timespec[]){before.st_atim, before.st_mtim}, 0), 0);
  renew(strata);
  expect_unreadable(strata, "20.db");
}

/* A layer that is open, another one in its place, and the reading of that begun. */
static void begin_renewal(struct strata *strata, unsigned *count)
{
  make_layer(strata->admin, "20.db", HOST, LOCK_NONE);
  strata_open(strata);
  make_layer(strata->admin, "20.db", HOST, LOCK_OFF);
  layers_renew(strata->layers, count_one, count);
}

/* The layers are as they were until the new ones are taken over, whatever became of the files. */
static void test_renew(void **state)
{
  struct strata *strata = *state;
  unsigned count = 0;

  begin_renewal(strata, &count);
  await_reading();
  expect_match(strata, HOST, "20.db");
  assert_int_equal(count, 0);
  run_until(&count, 1, PATIENCE);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_OPTED_OUT, "locked-off", "20.db");
  layers_renew(strata->layers, count_one, &count);
  run_until(&count, 2, A_WHILE);
  assert_int_equal(count, 1);
}

/* What is small is in force at once. */
static void test_renew_at_once(void **state)
{
  struct strata *strata = *state;
  const struct store *kept;
  unsigned count = 0;

  make_layer(strata->admin, "20.db", OTHER, LOCK_NONE);
  make_small(strata->admin, "30.db", HOST, LOCK_NONE);
  strata_open(strata);
  kept = store_of(strata, 2);
  make_small(strata->admin, "30.db", HOST, LOCK_OFF);
  layers_renew(strata->layers, count_one, &count);
  assert_int_equal(count, 1);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_OPTED_OUT, "locked-off", "30.db");
  assert_ptr_equal(store_of(strata, 2), kept);
  layers_renew(strata->layers, count_one, &count);
  run_until(&count, 2, A_WHILE);
  assert_int_equal(count, 1);
}

static void test_renew_by_none(void **state)
{
  struct strata *strata = *state;

  make_layer(strata->admin, "20.db", HOST, LOCK_ENFORCE);
  strata_open(strata);
  assert_int_equal(g_unlink(strata_path(strata->admin, "20.db")), 0);
  expect_match(strata, HOST, "20.db");
  strata_expect(strata->layers, OTHER, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
  renew(strata);
  assert_int_equal(layers_count(strata->layers), 1);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
}

static void replace_by_noise(const struct strata *strata, const char *text)
{
  write_noise(strata->folder, "noise", text);
  assert_int_equal(
      g_rename(strata_path(strata->folder, "noise"), strata_path(strata->admin, "20.db")), 0);
}

static void test_renew_by_noise(void **state)
{
  struct strata *strata = *state;

  make_layer(strata->admin, "20.db", HOST, LOCK_ENFORCE);
  strata_open(strata);
  replace_by_noise(strata, "not a database");
  expect_match(strata, HOST, "20.db");
  strata_expect(strata->layers, OTHER, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
  renew(strata);
  expect_unreadable(strata, "20.db");
}

/* What is changed while files are read is read next. */
static void test_renew_again(void **state)
{
  struct strata *strata = *state;
  unsigned count = 0;

  begin_renewal(strata, &count);
  make_layer(strata->admin, "30.db", OTHER, LOCK_ENFORCE);
  layers_renew(strata->layers, count_one, &count);
  layers_renew(strata->layers, count_one, &count);
  run_until(&count, 2, PATIENCE);
  assert_int_equal(count, 2);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_OPTED_OUT, "locked-off", "20.db");
  expect_match(strata, OTHER, "30.db");
  run_until(&count, 3, A_WHILE);
  assert_int_equal(count, 2);
}

/* What was wrong with a file that was replaced meanwhile is not held against the next one. */
static void test_overtaken(void **state)
{
  struct strata *strata = *state;
  unsigned count = 0;

  make_layer(strata->admin, "20.db", HOST, LOCK_NONE);
  strata_open(strata);
  replace_by_noise(strata, "not a database");
  layers_renew(strata->layers, count_one, &count);
  await_reading();
  make_layer(strata->admin, "20.db", HOST, LOCK_OFF);
  run_until(&count, 1, PATIENCE);
  assert_int_equal(count, 1);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_OPTED_OUT, "locked-off", "20.db");
}

/* But for ever nobody waits. */
static void test_overtaken_for_ever(void **state)
{
  struct strata *strata = *state;
  unsigned count = 0, rounds = 0;

  make_layer(strata->admin, "20.db", HOST, LOCK_NONE);
  strata_open(strata);
  replace_by_noise(strata, "not a database");
  layers_renew(strata->layers, count_one, &count);
  for (; count == 0 && rounds < 20; rounds++) {
    g_autofree char *text = g_strdup_printf("noise %u", rounds);

    expect_match(strata, HOST, "20.db");
    await_reading();
    replace_by_noise(strata, text);
    g_main_context_iteration(NULL, TRUE);
  }
  assert_int_equal(rounds, 3);
  expect_unreadable(strata, "20.db");
}

/* Who can't wait throws away what is being read. */
static void test_reload_meanwhile(void **state)
{
  struct strata *strata = *state;
  unsigned count = 0;

  begin_renewal(strata, &count);
  assert_true(layers_reload_system(strata->layers));
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_OPTED_OUT, "locked-off", "20.db");
  run_until(&count, 1, A_WHILE);
  assert_int_equal(count, 0);
  make_layer(strata->admin, "20.db", HOST, LOCK_ENFORCE);
  renew(strata);
  expect_match(strata, HOST, "20.db");
}

static void test_freed_meanwhile(void **state)
{
  struct strata *strata = *state;
  unsigned count = 0;

  strata_open(strata);
  assert_true(layers_version(strata->layers) != 0);
  make_layer(strata->admin, "20.db", HOST, LOCK_NONE);
  layers_renew(strata->layers, count_one, &count);
  layers_free(g_steal_pointer(&strata->layers));
  run_until(&count, 1, A_WHILE);
  assert_int_equal(count, 0);
}

/* Puts the octets of one file into another, as cp(1) does. */
static void copy_over(const char *from, const char *to)
{
  g_autofree char *octets = NULL;
  gsize size;
  FILE *file = fopen(to, "r+e");

  assert_true(g_file_get_contents(from, &octets, &size, NULL));
  assert_non_null(file);
  assert_int_equal(fwrite(octets, 1, size, file), size);
  assert_int_equal(ftruncate(fileno(file), (off_t)size), 0);
  assert_int_equal(fclose(file), 0);
}

/* A layer that knows HOST, overwritten by one that knows OTHER, and beside them a third. */
static void overwrite(struct strata *strata, bool large)
{
  make_layer(strata->admin, "20.db", HOST, LOCK_NONE);
  make_small(strata->admin, "30.db", "c.example", LOCK_ENFORCE);
  strata_open(strata);
  expect_match(strata, HOST, "20.db");
  strata_expect(strata->layers, OTHER, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
  if (large)
    make_layer(strata->folder, "new.db", OTHER, LOCK_OFF);
  else
    make_small(strata->folder, "new.db", OTHER, LOCK_OFF);
  copy_over(strata_path(strata->folder, "new.db"), strata_path(strata->admin, "20.db"));
}

/* What a layer says that was overwritten isn't known before it was read, which no answer waits
 * for. */
static void expect_overwritten(struct strata *strata)
{
  strata_expect(strata->layers, OTHER, STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable", "20.db");
  strata_expect(strata->layers, "d.example", STRATA_NOW, TLSPIN_UNAVAILABLE, "layer-unreadable",
                "20.db");
  expect_match(strata, "c.example", "30.db");
}

static void expect_new(struct strata *strata)
{
  strata_expect(strata->layers, OTHER, STRATA_NOW, TLSPIN_OPTED_OUT, "locked-off", "20.db");
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_NO_PIN, "none", "");
  expect_match(strata, "c.example", "30.db");
}

/* It is noticed by its change. */
static void test_overwritten(void **state)
{
  struct strata *strata = *state;
  const struct store *kept;
  unsigned count = 0;

  overwrite(strata, true);
  kept = store_of(strata, 1);
  expect_overwritten(strata);
  layers_renew(strata->layers, count_one, &count);
  await_reading();
  assert_int_equal(count, 0);
  expect_overwritten(strata);
  run_until(&count, 1, PATIENCE);
  expect_new(strata);
  assert_ptr_equal(store_of(strata, 1), kept);
  run_until(&count, 2, A_WHILE);
  assert_int_equal(count, 1);
}

/* Or by an answer that could not be given; by none where nobody attends to it. */
static void test_overwritten_unnoticed(void **state)
{
  struct strata *strata = *state;
  unsigned count = 0;

  overwrite(strata, true);
  expect_overwritten(strata);
  run_until(&count, 1, A_WHILE);
  expect_overwritten(strata);
  layers_attend(strata->layers, count_one, &count);
  expect_overwritten(strata);
  expect_overwritten(strata);
  assert_int_equal(count, 0);
  run_until(&count, 1, PATIENCE);
  expect_new(strata);
  run_until(&count, 2, A_WHILE);
  assert_int_equal(count, 1);
}

/* What is left that can't be read isn't read for each answer. */
static void test_overwritten_by_noise(void **state)
{
  struct strata *strata = *state;
  unsigned count = 0;

  make_layer(strata->admin, "20.db", HOST, LOCK_ENFORCE);
  strata_open(strata);
  layers_attend(strata->layers, count_one, &count);
  write_noise(strata->folder, "noise", "not a database");
  copy_over(strata_path(strata->folder, "noise"), strata_path(strata->admin, "20.db"));
  expect_unreadable(strata, "20.db");
  run_until(&count, 1, PATIENCE);
  expect_unreadable(strata, "20.db");
  run_until(&count, 2, A_WHILE);
  assert_int_equal(count, 1);
}

/* What is small by now is read at once. */
static void test_overwritten_by_small(void **state)
{
  struct strata *strata = *state;
  unsigned count = 0;

  overwrite(strata, false);
  layers_attend(strata->layers, count_one, &count);
  expect_new(strata);
  run_until(&count, 1, A_WHILE);
  assert_int_equal(count, 0);
}

static void test_overwritten_and_freed(void **state)
{
  struct strata *strata = *state;
  unsigned count = 0;

  overwrite(strata, true);
  layers_attend(strata->layers, count_one, &count);
  expect_overwritten(strata);
  layers_free(g_steal_pointer(&strata->layers));
  run_until(&count, 1, A_WHILE);
  assert_int_equal(count, 0);
}

static unsigned long address_space(void)
{
  FILE *file = fopen("/proc/self/statm", "re");
  unsigned long pages = 0;

  if (file == NULL || fscanf(file, "%lu", &pages) != 1)
    fail();
  fclose(file);
  return pages * (unsigned long)sysconf(_SC_PAGESIZE);
}

/* A thread's stack doesn't fit; what is needed otherwise does. */
static void test_no_thread(void **state)
{
  struct strata *strata = *state;
  struct rlimit before, tight;

#ifdef __SANITIZE_ADDRESS__
  skip(); /* its shadow takes all the address space there is; run without it */
#endif
  make_layer(strata->admin, "20.db", HOST, LOCK_NONE);
  strata_open(strata);
  make_layer(strata->admin, "20.db", HOST, LOCK_OFF);
  assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
  tight = (struct rlimit){address_space() + (6 << 20), before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
  assert_null(g_thread_try_new("none", (GThreadFunc)g_strdup, NULL, NULL));
  renew(strata);
  assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
  strata_expect(strata->layers, HOST, STRATA_NOW, TLSPIN_OPTED_OUT, "locked-off", "20.db");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_no_thread), /* the first: the stacks of others would be used again */
      TEST(test_unchanged_are_kept),
      TEST(test_problem_takes_none_along),
      TEST(test_folder_counts),
      TEST(test_times_set_back),
      TEST(test_renew),
      TEST(test_renew_at_once),
      TEST(test_renew_by_none),
      TEST(test_renew_by_noise),
      TEST(test_renew_again),
      TEST(test_overtaken),
      TEST(test_overtaken_for_ever),
      TEST(test_reload_meanwhile),
      TEST(test_freed_meanwhile),
      TEST(test_overwritten),
      TEST(test_overwritten_unnoticed),
      TEST(test_overwritten_by_noise),
      TEST(test_overwritten_by_small),
      TEST(test_overwritten_and_freed),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
