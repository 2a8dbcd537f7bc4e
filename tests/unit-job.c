/* What the keeper does in its thread, and what it tells (daemon/job.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/job.h"

#include "tests/hinder.h"
#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY = 86400, NOW = STORES_NOW };

/* What was told last. */
static struct {
  unsigned times;
  enum tlspin_code code;
  bool made;
  unsigned backups, listed;
  char problem[512];
} told;

static void note(enum tlspin_code code, const char *problem)
{
  told.times++;
  told.code = code;
  g_strlcpy(told.problem, problem != NULL ? problem : "", sizeof told.problem);
}

static void on_made(enum tlspin_code code, const struct backup *made, const char *problem,
                    void *data)
{
  assert_ptr_equal(data, &told);
  note(code, problem);
  told.made = made != NULL;
}

static void on_erased(enum tlspin_code code, const struct traces *done, const char *problem,
                      void *data)
{
  assert_ptr_equal(data, &told);
  note(code, problem);
  told.backups = done->backups;
}

static void on_listed(enum tlspin_code code, GPtrArray *backups, const char *problem, void *data)
{
  assert_ptr_equal(data, &told);
  note(code, problem);
  told.listed = backups != NULL ? backups->len : 0;
}

static struct job job_of(enum task task, int64_t now)
{
  struct job job = {.task = task, .terms = {.now = now, .period = DAY}, .data = &told};

  memset(&told, 0, sizeof told);
  if (task == TASK_BACKUP)
    job.tell.made = on_made;
  else if (task == TASK_ERASE)
    job.tell.erased = on_erased;
  else if (task == TASK_LIST)
    job.tell.listed = on_listed;
  return job;
}

static void perform(const struct stores *stores, struct job *job)
{
  job_do(job, stores->path, geteuid());
  job_tell(job);
}

/* By itself, which nobody is told of, and for the user. */
static void test_made(void **state)
{
  struct stores *stores = *state;
  struct job job = job_of(TASK_MAKE, NOW);

  perform(stores, &job);
  assert_int_equal(told.times, 0);
  assert_int_equal(job.code, TLSPIN_OK);
  assert_true(job.known && job.any);
  assert_int_equal(job.count, 1);
  assert_true(job.newest.rows >= SHELF_ROWS);
  job_clear(&job);
  job = job_of(TASK_BACKUP, NOW + 1);
  perform(stores, &job);
  assert_int_equal(told.times, 1);
  assert_int_equal(told.code, TLSPIN_OK);
  assert_true(told.made);
  assert_int_equal(job.count, 2);
  job_clear(&job);
  assert_null(job.made);
}

/* Then nothing goes, be it ever so old. */
static void test_not_made(void **state)
{
  struct stores *stores = *state;
  struct job job;

  for (int i = 0; i < 20; i++)
    g_free(shelf_make(stores, NOW + i));
  stores_write(stores->path, 0, "no store", 8);
  job = job_of(TASK_BACKUP, NOW + 400 * DAY);
  perform(stores, &job);
  assert_int_equal(told.times, 1);
  assert_int_not_equal(told.code, TLSPIN_OK);
  assert_false(told.made);
  assert_string_not_equal(told.problem, "");
  assert_true(job.known && job.any);
  assert_int_equal(job.count, 20);
  assert_int_equal(shelf_count(stores), 20);
  job_clear(&job);
}

/* Old ones go, but not where the clock isn't trusted or something was lost. */
static void test_tidied(void **state)
{
  struct stores *stores = *state;
  struct job job;

  for (int i = 0; i < 20; i++)
    g_free(shelf_make(stores, NOW + i));
  job = job_of(TASK_TIDY, NOW + 400 * DAY);
  job.terms.suspect = true;
  perform(stores, &job);
  assert_int_equal(job.count, 20);
  job_clear(&job);
  job = job_of(TASK_TIDY, NOW + 400 * DAY);
  job.terms.lost = true;
  perform(stores, &job);
  assert_int_equal(job.count, 20);
  job_clear(&job);
  job = job_of(TASK_TIDY, NOW + 400 * DAY);
  perform(stores, &job);
  assert_int_equal(job.code, TLSPIN_OK);
  assert_int_equal(job.count, shelf_count(stores));
  assert_true(job.count >= 1 && job.count < 20);
  assert_int_equal(told.times, 0);
  job_clear(&job);
}

static void test_nothing_there(void **state)
{
  struct stores *stores = *state;
  struct job job = job_of(TASK_TIDY, NOW);

  perform(stores, &job);
  assert_int_equal(job.code, TLSPIN_OK);
  assert_true(job.known);
  assert_false(job.any);
  assert_int_equal(job.count, 0);
  job_clear(&job);
}

/* What can't be listed isn't known. */
static void test_unlisted(void **state)
{
  struct stores *stores = *state;
  g_autofree char *folder = shelf_folder(stores);
  struct job job;

  g_free(shelf_make(stores, NOW));
  assert_int_equal(chmod(folder, 0755), 0);
  job = job_of(TASK_LIST, NOW);
  perform(stores, &job);
  assert_int_equal(told.times, 1);
  assert_int_equal(told.code, TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(told.problem, folder));
  assert_int_equal(told.listed, 0);
  job_clear(&job);
  job = job_of(TASK_TIDY, NOW);
  perform(stores, &job);
  assert_false(job.known);
  assert_int_equal(job.code, TLSPIN_UNAVAILABLE);
  job_clear(&job);
}

/* A list looks at nothing else. */
static void test_listed(void **state)
{
  struct stores *stores = *state;
  struct job job;

  g_free(shelf_make(stores, NOW));
  g_free(shelf_make(stores, NOW + 1));
  job = job_of(TASK_LIST, NOW + 2);
  perform(stores, &job);
  assert_int_equal(told.code, TLSPIN_OK);
  assert_int_equal(told.listed, 2);
  assert_string_equal(told.problem, "");
  assert_false(job.known);
  job_clear(&job);
  assert_null(job.list);
}

static struct job erasure_of(const char *host)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct job job = job_of(TASK_ERASE, NOW + 5);

  filter.host = host;
  job.erasure = erasure_new(&filter);
  return job;
}

static void end_erasure(struct job *job)
{
  erasure_free(job->erasure);
  job_clear(job);
}

static void test_erased(void **state)
{
  struct stores *stores = *state;
  g_autofree char *backup = shelf_make(stores, NOW);
  struct job job = erasure_of("nowhere.example");

  perform(stores, &job);
  assert_int_equal(told.code, TLSPIN_E_NOT_FOUND);
  end_erasure(&job);
  job = erasure_of(SHELF_ERASED);
  perform(stores, &job);
  assert_int_equal(told.code, TLSPIN_OK);
  assert_int_equal(told.backups, 1);
  assert_true(job.known && job.any); /* of what it holds now */
  assert_false(stores_file_holds(backup, SHELF_ERASED));
  end_erasure(&job);
}

/* The store comes last, and until then holds it yet: nobody makes a backup of that, or begins an
 * erasure of their own, which would end before this one does. */
static void test_erased_apart(void **state)
{
  struct stores *stores = *state;
  g_autofree char *backup = shelf_make(stores, NOW), *after = NULL;
  struct job job = erasure_of(SHELF_ERASED), other = erasure_of(SHELF_ERASED);
  struct store *store = stores_open(stores->path);
  struct erased erased;

  perform(stores, &job);
  assert_int_equal(told.code, TLSPIN_OK);
  shelf_refuse(stores, TLSPIN_E_BUSY, "being erased");
  perform(stores, &other);
  assert_int_equal(told.code, TLSPIN_E_BUSY);
  assert_non_null(strstr(told.problem, "being erased"));
  end_erasure(&other);
  shelf_refuse(stores, TLSPIN_E_BUSY, "being erased");
  assert_int_equal(store_erase(store, job.erasure, &erased), TLSPIN_OK);
  assert_true(erased.entries > 0);
  store_close(store);
  end_erasure(&job);
  after = shelf_make(stores, NOW + 9);
  assert_int_equal(shelf_count(stores), 2);
  assert_false(stores_file_holds(after, SHELF_ERASED));
  assert_false(stores_file_holds(backup, SHELF_ERASED));
}

/* The first of two faults is told: what can't be read now isn't known either. */
static void test_hindered(void **state)
{
  struct stores *stores = *state;
  g_autofree char *backup = shelf_make(stores, NOW);
  struct job job = erasure_of(SHELF_ERASED);

  hinder(backup, 0);
  perform(stores, &job);
  hinder(NULL, 0);
  assert_int_equal(told.code, TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(told.problem, backup));
  assert_int_equal(told.backups, 0);
  assert_true(stores_file_holds(backup, SHELF_ERASED));
  end_erasure(&job);
}

/* Whatever was done, it is told as not done. */
static void test_given_up(void **state)
{
  static const enum task tasks[] = {TASK_BACKUP, TASK_ERASE, TASK_LIST};
  struct stores *stores = *state;

  for (size_t i = 0; i < 2 * G_N_ELEMENTS(tasks); i++) {
    enum task task = tasks[i / 2];
    struct job job = task == TASK_ERASE ? erasure_of(SHELF_ERASED) : job_of(task, NOW + (int)i);
    struct erasure *erasure = job.erasure;

    if (i % 2 == 1)
      job_do(&job, stores->path, geteuid());
    job_give_up(&job);
    erasure_free(erasure);
    assert_int_equal(told.times, 1);
    assert_int_equal(told.code, TLSPIN_UNAVAILABLE);
    assert_non_null(strstr(told.problem, "leaves"));
    assert_false(told.made);
    assert_int_equal(told.backups + told.listed, 0);
    job_give_up(&job); /* nobody is told twice */
    assert_int_equal(told.times, 1);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shelf_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_made),     TEST(test_not_made),      TEST(test_tidied), TEST(test_listed),
      TEST(test_unlisted), TEST(test_nothing_there), TEST(test_erased), TEST(test_erased_apart),
      TEST(test_hindered), TEST(test_given_up),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
