/* What happened to the user's store, and what can be done.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/doctor.h"

#include "tests/misfire.h"
#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define HOST  "a.example"
#define OTHER "b.example"

enum { NOW = STRATA_NOW };

MISFIRE(struct dirent *, readdir, (DIR * dir), (dir), NULL)

static const struct config config = {.lifetime_cap = 5000, .undo_period = 5000};

static void put(const struct strata *strata, const char *host, uint8_t mark)
{
  struct ticket_row row = strata_row(host, LOCK_NONE, mark);

  strata_put(strata, &row);
}

static struct policy *open_policy(struct strata *strata)
{
  return policy_new(strata_open(strata), &config, NULL);
}

static void expect(struct policy *policy, const char *host, enum tlspin_code code)
{
  struct layers_answer answer = strata_lookup(policy, host, NOW);

  assert_int_equal(answer.code, code);
  layers_answer_clear(&answer);
}

/* Makes a backup as the method does; its name is to be freed. */
static char *back_up(struct policy *policy, const struct strata *strata, int64_t now)
{
  const struct backup_terms terms = {.asked = true};
  struct backup *made = NULL;
  char *problem = NULL, *name;

  assert_int_equal(doctor_prepare(policy, now, &problem), TLSPIN_OK);
  assert_int_equal(backups_make(strata->user, geteuid(), now, &terms, &made, &problem), TLSPIN_OK);
  name = g_path_get_basename(made->path);
  backup_free(made);
  return name;
}

/* With the host in the store, and in a backup, whose name is to be freed. */
static struct policy *open_kept(struct strata *strata, char **name)
{
  struct policy *policy;

  put(strata, HOST, 1);
  policy = open_policy(strata);
  *name = back_up(policy, strata, NOW - 9);
  return policy;
}

/* The backup is none any more; its path, to be freed. */
static char *spoil(const struct strata *strata, const char *name)
{
  char *path = g_build_filename(strata_path(strata->folder, "home/backups"), name, NULL);

  assert_true(g_file_set_contents(path, "no backup", -1, NULL));
  assert_int_equal(g_chmod(path, 0600), 0);
  return path;
}

/* The store's octets are gone, and the policy finds a new one in its place. */
static void wreck(const struct strata *strata)
{
  assert_true(g_file_set_contents(strata->user, "wrecked", -1, NULL));
  assert_int_equal(g_chmod(strata->user, 0600), 0);
}

static void expect_refused(enum tlspin_code code, enum tlspin_code expected, char **problem,
                           const char *words)
{
  assert_int_equal(code, expected);
  assert_non_null(*problem);
  if (strstr(*problem, words) == NULL)
    fail_msg("'%s' is not in: %s", words, *problem);
  g_clear_pointer(problem, g_free);
}

/* With all backups read through, as the keeper does it. */
static void look_through(struct policy *policy, const struct strata *strata, struct doctor *doctor)
{
  g_autoptr(GPtrArray) read = NULL;
  g_autofree char *problem = NULL;

  backups_list(strata->user, geteuid(), NOW, true, &read, &problem);
  doctor_look(policy, NOW, read, doctor);
}

static void test_well(void **state)
{
  struct strata *strata = *state;
  struct policy *policy;
  struct doctor doctor;
  char *problem = NULL;

  put(strata, HOST, 1);
  policy = open_policy(strata);
  look_through(policy, strata, &doctor);
  assert_string_equal(doctor.path, strata->user);
  assert_null(doctor.problem);
  assert_null(doctor.backups_problem);
  assert_false(doctor.damaged);
  assert_int_equal(doctor.asides->len, 0);
  assert_int_equal(doctor.backups->len, 0);
  doctor_clear(&doctor);
  doctor_clear(&doctor);
  assert_int_equal(doctor_acknowledge(policy, 0, NOW, &problem), TLSPIN_E_NOT_FOUND);
  g_free(problem);
  policy_free(policy);
}

/* What can't be listed is said in the log; the rest is told. */
static void test_unlisted(void **state)
{
  struct strata *strata = *state;
  g_autofree char *name = NULL;
  struct policy *policy = open_kept(strata, &name);
  struct doctor doctor;

  readdir_misfire = (struct misfire){.call = 1, .error = EIO};
  doctor_look(policy, NOW, NULL, &doctor);
  assert_int_equal(readdir_misfire.call, 0);
  assert_int_equal(doctor.asides->len, 0);
  assert_int_equal(doctor.backups->len, 1);
  doctor_clear(&doctor);
  policy_free(policy);
}

/* From the damage to the moment when the user has seen it. */
static void test_damaged(void **state)
{
  struct strata *strata = *state;
  struct policy *policy;
  struct doctor doctor;
  char *problem = NULL;

  put(strata, HOST, 1);
  wreck(strata);
  policy = open_policy(strata);
  expect(policy, HOST, TLSPIN_STORE_DAMAGED);
  doctor_look(policy, NOW, NULL, &doctor);
  assert_true(doctor.damaged);
  assert_int_equal(doctor.damage.cause, DAMAGE_CONTENT);
  assert_int_equal(doctor.damage.found, NOW);
  assert_int_equal(doctor.asides->len, 1);
  assert_string_equal(doctor.asides->pdata[0], doctor.damage.aside);
  doctor_clear(&doctor);
  expect_refused(doctor_acknowledge(policy, doctor.damage.found - 1, NOW, &problem), TLSPIN_E_BUSY,
                 &problem, "Something else");
  assert_int_equal(doctor_acknowledge(policy, doctor.damage.found, NOW, &problem), TLSPIN_OK);
  assert_null(problem);
  expect(policy, HOST, TLSPIN_NO_PIN);
  doctor_look(policy, NOW, NULL, &doctor);
  assert_false(doctor.damaged);
  assert_int_equal(doctor.asides->len, 1);
  doctor_clear(&doctor);
  policy_free(policy);
}

/* Backups are read where that is asked for; one that is damaged is named. */
static void test_backups(void **state)
{
  struct strata *strata = *state;
  g_autofree char *first = NULL, *second = NULL, *path = NULL;
  const struct backup *backup;
  struct policy *policy;
  struct doctor doctor;

  put(strata, HOST, 1);
  policy = open_policy(strata);
  first = back_up(policy, strata, NOW - 9);
  second = back_up(policy, strata, NOW);
  path = spoil(strata, first);
  look_through(policy, strata, &doctor);
  assert_int_equal(doctor.backups->len, 2);
  backup = doctor.backups->pdata[0];
  assert_int_equal(backup->state, BACKUP_WHOLE);
  assert_true(backup->sum.rows >= 1);
  backup = doctor.backups->pdata[1];
  assert_int_equal(backup->state, BACKUP_DAMAGED);
  assert_non_null(strstr(backup->problem, path));
  doctor_clear(&doctor);
  doctor_look(policy, NOW, NULL, &doctor);
  backup = doctor.backups->pdata[0];
  assert_int_equal(backup->state, BACKUP_UNREAD);
  doctor_clear(&doctor);
  policy_free(policy);
}

/* The folder of the backups is open to others. */
static void test_backups_unlisted(void **state)
{
  struct strata *strata = *state;
  struct policy *policy;
  struct doctor doctor;

  put(strata, HOST, 1);
  policy = open_policy(strata);
  assert_int_equal(g_mkdir(strata_path(strata->folder, "home/backups"), 0755), 0);
  assert_int_equal(g_chmod(strata_path(strata->folder, "home/backups"), 0755), 0);
  look_through(policy, strata, &doctor);
  assert_null(doctor.backups);
  assert_non_null(strstr(doctor.backups_problem, "chmod go="));
  doctor_clear(&doctor);
  policy_free(policy);
}

/* What is there stays, and this is said. */
static void refuse_restore(struct policy *policy, const char *name, enum tlspin_code code,
                           const char *words)
{
  struct backup *before = NULL;
  char *problem = NULL;

  expect_refused(doctor_restore(policy, name, NOW, &before, &problem), code, &problem, words);
  backup_free(before);
}

static void test_restored(void **state)
{
  struct strata *strata = *state;
  g_autofree char *name = NULL, *later = NULL;
  struct backup *before = NULL;
  struct policy *policy;
  char *problem = NULL;

  policy = open_kept(strata, &name);
  put(strata, OTHER, 2);
  expect(policy, OTHER, TLSPIN_MATCH);
  assert_int_equal(doctor_restore(policy, name, NOW, &before, &problem), TLSPIN_OK);
  assert_null(problem);
  assert_non_null(before);
  expect(policy, HOST, TLSPIN_MATCH);
  expect(policy, OTHER, TLSPIN_NO_PIN);
  later = g_path_get_basename(before->path);
  backup_free(before);
  assert_int_equal(doctor_restore(policy, later, NOW + 1, &before, &problem), TLSPIN_OK);
  backup_free(before);
  expect(policy, OTHER, TLSPIN_MATCH);
  policy_free(policy);
}

/* A store that can't be read is set aside by that, and there is no backup of it. */
static void test_restored_over_wreck(void **state)
{
  struct strata *strata = *state;
  g_autofree char *name = NULL, *lock = g_strdup(strata_path(strata->folder, "home/pins.lock"));
  struct backup *before = NULL;
  struct policy *policy;
  struct doctor doctor;
  char *problem = NULL;
  int fd;

  policy = open_kept(strata, &name);
  policy_free(policy);
  layers_free(strata->layers);
  strata->layers = NULL;
  wreck(strata);
  fd = g_open(lock, O_RDWR | O_CLOEXEC, 0);
  assert_int_equal(flock(fd, LOCK_SH), 0);
  policy = open_policy(strata); /* so that nothing is recovered yet */
  expect(policy, HOST, TLSPIN_UNAVAILABLE);
  expect_refused(doctor_prepare(policy, NOW, &problem), TLSPIN_UNAVAILABLE, &problem, "locked");
  expect_refused(doctor_acknowledge(policy, 0, NOW, &problem), TLSPIN_UNAVAILABLE, &problem,
                 "locked");
  doctor_look(policy, NOW, NULL, &doctor);
  assert_non_null(doctor.problem);
  assert_false(doctor.damaged);
  doctor_clear(&doctor);
  expect_refused(doctor_restore(policy, name, NOW, &before, &problem), TLSPIN_UNAVAILABLE, &problem,
                 "locked by another process");
  assert_null(before);
  close(fd);
  assert_int_equal(doctor_restore(policy, name, NOW, &before, &problem), TLSPIN_OK);
  backup_free(before);
  expect(policy, HOST, TLSPIN_MATCH);
  expect(policy, OTHER, TLSPIN_STORE_DAMAGED); /* nobody knows what the wreck held */
  assert_int_equal(doctor_acknowledge(policy, 0, NOW, &problem), TLSPIN_OK);
  expect(policy, OTHER, TLSPIN_NO_PIN);
  policy_free(policy);
}

static void test_not_restored(void **state)
{
  struct strata *strata = *state;
  g_autofree char *name = NULL, *path = NULL;
  struct policy *policy = open_kept(strata, &name);

  refuse_restore(policy, "../pins.db", TLSPIN_E_NOT_FOUND, "../pins.db");
  path = spoil(strata, name);
  refuse_restore(policy, name, TLSPIN_UNAVAILABLE, path);
  expect(policy, HOST, TLSPIN_MATCH);
  assert_int_equal(g_chmod(strata_path(strata->folder, "home/backups"), 0755), 0);
  refuse_restore(policy, name, TLSPIN_E_NOT_FOUND, name);
  assert_int_equal(g_chmod(strata_path(strata->folder, "home/backups"), 0700), 0);
  expect(policy, HOST, TLSPIN_MATCH);
  policy_free(policy);
}

/* Where what the store holds can't be kept, nothing is put in its place. */
static void test_not_kept(void **state)
{
  struct strata *strata = *state;
  g_autofree char *name = NULL, *lock = NULL;
  struct policy *policy = open_kept(strata, &name);
  struct backup *before = NULL;
  char *problem = NULL;

  put(strata, OTHER, 2);
  lock = g_strdup(strata_path(strata->folder, "home/backups/.pins.db"));
  assert_int_equal(g_mkdir(lock, 0700), 0);
  expect_refused(doctor_restore(policy, name, NOW, &before, &problem), TLSPIN_UNAVAILABLE, &problem,
                 "backups");
  assert_null(before);
  expect(policy, OTHER, TLSPIN_MATCH);
  assert_int_equal(g_rmdir(lock), 0);
  policy_free(policy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_well),
      TEST(test_unlisted),
      TEST(test_damaged),
      TEST(test_backups),
      TEST(test_backups_unlisted),
      TEST(test_restored),
      TEST(test_restored_over_wreck),
      TEST(test_not_restored),
      TEST(test_not_kept),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
