/* Tests of libserver/keyfile.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/keyfile.h"

#include "libserver/keytext.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { WRITERS = 4, CHANGES = 25 };

static char directory[64];
static char path[128];
static struct trouble trouble;

static int make_directory(void **state)
{
  (void)state;
  strcpy(directory, "/tmp/unit-keyfile-XXXXXX");
  snprintf(path, sizeof path, "%s/keys", mkdtemp(directory));
  trouble.text[0] = '\0';
  return 0;
}

static int remove_directory(void **state)
{
  DIR *dir = opendir(directory);
  struct dirent *entry;

  (void)state;
  assert_non_null(dir);
  while ((entry = readdir(dir)) != NULL)
    if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
      unlinkat(dirfd(dir), entry->d_name, 0);
  closedir(dir);
  return rmdir(directory);
}

static struct span span_of(const char *text)
{
  return (struct span){(const uint8_t *)text, strlen(text)};
}

static size_t count_files(void)
{
  DIR *dir = opendir(directory);
  struct dirent *entry;
  size_t count = 0;

  while ((entry = readdir(dir)) != NULL)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      count++;
  closedir(dir);
  return count;
}

static void expect_content(const char *content)
{
  struct keyfile_text text;

  if (!keyfile_read(path, &text, &trouble))
    fail_msg("refused: %s", trouble.text);
  assert_int_equal(text.size, strlen(content));
  assert_memory_equal(text.octets, content, text.size);
  keyfile_text_free(&text);
  assert_null(text.octets);
}

static void expect_refused(const char *name, const char *cause)
{
  struct keyfile_text text;
  int lock;

  assert_false(keyfile_read(name, &text, &trouble));
  assert_null(text.octets);
  if (strncmp(trouble.text, name, strlen(name)) != 0 || strstr(trouble.text, cause) == NULL)
    fail_msg("'%s' does not name the file or '%s'", trouble.text, cause);
  assert_false(keyfile_lock(name, &lock, &text, &trouble));
  assert_non_null(strstr(trouble.text, cause));
}

static void reads_what_was_created(void **state)
{
  struct stat status;

  (void)state;
  assert_true(keyfile_create(path, span_of("one\n"), &trouble));
  expect_content("one\n");
  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
  assert_int_equal(count_files(), 1);
}

static void modes_do_not_depend_on_the_umask(void **state)
{
  mode_t before = umask(0);
  struct stat status;

  (void)state;
  assert_true(keyfile_create(path, span_of("one\n"), &trouble));
  assert_true(keyfile_replace(path, span_of("two\n"), &trouble));
  umask(before);
  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
}

static void creating_never_overwrites(void **state)
{
  (void)state;
  assert_true(keyfile_create(path, span_of("one\n"), &trouble));
  assert_false(keyfile_create(path, span_of("two\n"), &trouble));
  assert_non_null(strstr(trouble.text, "there already"));
  expect_content("one\n");
  assert_int_equal(count_files(), 1); /* no temporary file left */
}

static void creating_does_not_follow_a_link(void **state)
{
  char target[160];

  (void)state;
  snprintf(target, sizeof target, "%s/target", directory);
  assert_int_equal(symlink(target, path), 0);
  assert_false(keyfile_create(path, span_of("one\n"), &trouble));
  assert_int_equal(access(target, F_OK), -1);
}

static void replaces_the_whole_file(void **state)
{
  (void)state;
  assert_true(keyfile_create(path, span_of("a longer first content\n"), &trouble));
  assert_true(keyfile_replace(path, span_of("two\n"), &trouble));
  expect_content("two\n");
  assert_int_equal(count_files(), 1);
}

static void works_with_a_name_in_the_current_directory(void **state)
{
  struct keyfile_text text;
  int before = open(".", O_RDONLY | O_DIRECTORY);

  (void)state;
  assert_int_equal(chdir(directory), 0);
  assert_true(keyfile_create("here", span_of("one\n"), &trouble));
  assert_true(keyfile_replace("here", span_of("two\n"), &trouble));
  assert_true(keyfile_read("here", &text, &trouble));
  keyfile_text_free(&text);
  assert_int_equal(fchdir(before), 0);
  close(before);
}

static void refuses_a_missing_file(void **state)
{
  (void)state;
  expect_refused(path, "no such file");
}

static void refuses_a_link(void **state)
{
  char link_path[160];

  (void)state;
  assert_true(keyfile_create(path, span_of("one\n"), &trouble));
  snprintf(link_path, sizeof link_path, "%s/link", directory);
  assert_int_equal(symlink(path, link_path), 0);
  expect_refused(link_path, "symbolic link");
}

static void refuses_what_is_no_regular_file(void **state)
{
  (void)state;
  expect_refused(directory, "not a regular file");
  expect_refused("/dev/null", "not a regular file");
  assert_int_equal(mkfifo(path, 0600), 0); /* and does not wait for a writer */
  expect_refused(path, "not a regular file");
}

static void refuses_a_file_that_others_may_use(void **state)
{
  static const mode_t modes[] = {0640, 0620, 0610, 0604, 0602, 0601, 0666, 0777};

  (void)state;
  assert_true(keyfile_create(path, span_of("one\n"), &trouble));
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    assert_int_equal(chmod(path, modes[i]), 0);
    expect_refused(path, "chmod 600");
  }
  assert_int_equal(chmod(path, 0400), 0);
  expect_content("one\n");
}

/* Only root can give a file away; an ordinary user meets files of root and of others where they
 * are. */
static void refuses_a_file_of_somebody_else(void **state)
{
  (void)state;
  if (getuid() != 0)
    skip();
  assert_true(keyfile_create(path, span_of("one\n"), &trouble));
  assert_int_equal(chown(path, 65534, 65534), 0);
  expect_refused(path, "belongs to the user with the number 65534");
}

/* Root may open everything, so there a child becomes somebody else first. */
static void refuses_a_file_that_can_not_be_opened(void **state)
{
  struct keyfile_text text;
  int status;
  pid_t child;

  (void)state;
  assert_true(keyfile_create(path, span_of("one\n"), &trouble));
  assert_int_equal(chmod(path, 0), 0);
  child = fork();
  assert_true(child >= 0);
  if (child == 0)
    _exit((getuid() == 0 && setuid(65534) != 0) || keyfile_read(path, &text, &trouble) ||
          strstr(trouble.text, "can't be opened") == NULL);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

static void refuses_a_file_that_is_too_large(void **state)
{
  (void)state;
  assert_true(keyfile_create(path, span_of("one\n"), &trouble));
  assert_int_equal(truncate(path, KEYTEXT_MAX + 1), 0);
  expect_refused(path, "larger than 4 MiB");
  assert_int_equal(truncate(path, KEYTEXT_MAX), 0);
  {
    struct keyfile_text text;

    assert_true(keyfile_read(path, &text, &trouble));
    assert_int_equal(text.size, KEYTEXT_MAX);
    keyfile_text_free(&text);
  }
}

static void fails_where_it_can_not_write(void **state)
{
  char missing[160];

  (void)state;
  snprintf(missing, sizeof missing, "%s/missing/keys", directory);
  assert_false(keyfile_create(missing, span_of("one\n"), &trouble));
  assert_non_null(strstr(trouble.text, "can't be written"));
  assert_false(keyfile_replace(missing, span_of("one\n"), &trouble));
  assert_non_null(strstr(trouble.text, "can't be written"));
}

static void refuses_a_name_that_is_too_long(void **state)
{
  static char name[2 * PATH_MAX];

  (void)state;
  memset(name, 'x', sizeof name - 2);
  name[sizeof name - 3] = '/';
  assert_false(keyfile_create(name, span_of("one\n"), &trouble));
  assert_non_null(strstr(trouble.text, "xxx"));
}

/* A full disk: the old file stays, and no temporary one. In a child, since the limit can't be
 * lifted again. */
static void keeps_the_old_file_when_the_disk_is_full(void **state)
{
  static char content[100000];
  struct rlimit limit = {4096, 4096};
  int status;
  pid_t child;

  (void)state;
  memset(content, 'x', sizeof content - 1);
  assert_true(keyfile_create(path, span_of("one\n"), &trouble));
  child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    _exit(keyfile_replace(path, span_of(content), &trouble) ||
          strstr(trouble.text, "can't be written") == NULL);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  expect_content("one\n");
  assert_int_equal(count_files(), 1);
}

/* Appends one line to the file, CHANGES times, each time under the lock. Returns NULL, or its
 * argument where something went wrong. */
static void *append_lines(void *argument)
{
  struct trouble *own = argument;

  for (int i = 0; i < CHANGES; i++) {
    struct keyfile_text text;
    uint8_t *longer;
    bool done;
    int lock;

    if (!keyfile_lock(path, &lock, &text, own))
      return argument;
    longer = malloc(text.size + 2);
    memcpy(longer, text.octets, text.size);
    memcpy(longer + text.size, "x\n", 2);
    done = keyfile_replace(path, (struct span){longer, text.size + 2}, own);
    free(longer);
    keyfile_text_free(&text);
    close(lock);
    if (!done)
      return argument;
  }
  return NULL;
}

/* flock(2) belongs to the open file, so threads stand for processes here. */
static void no_change_is_lost_when_several_write_at_once(void **state)
{
  struct trouble *troubles = calloc(WRITERS, sizeof *troubles);
  pthread_t threads[WRITERS];
  struct keyfile_text text;

  (void)state;
  assert_true(keyfile_create(path, span_of(""), &trouble));
  for (int i = 0; i < WRITERS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, append_lines, &troubles[i]), 0);
  for (int i = 0; i < WRITERS; i++) {
    void *failed;

    assert_int_equal(pthread_join(threads[i], &failed), 0);
    if (failed != NULL)
      fail_msg("%s", troubles[i].text);
  }
  assert_true(keyfile_read(path, &text, &trouble));
  assert_int_equal(text.size, 2 * WRITERS * CHANGES);
  keyfile_text_free(&text);
  assert_int_equal(count_files(), 1);
  free(troubles);
}

static void a_lock_keeps_others_out_until_it_is_closed(void **state)
{
  struct keyfile_text text;
  int lock, other;

  (void)state;
  assert_true(keyfile_create(path, span_of("one\n"), &trouble));
  assert_true(keyfile_lock(path, &lock, &text, &trouble));
  keyfile_text_free(&text);
  other = open(path, O_RDONLY);
  assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
  close(lock);
  assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
  close(other);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
  const struct CMUnitTest tests[] = {
      IN_DIRECTORY(reads_what_was_created),
      IN_DIRECTORY(modes_do_not_depend_on_the_umask),
      IN_DIRECTORY(creating_never_overwrites),
      IN_DIRECTORY(creating_does_not_follow_a_link),
      IN_DIRECTORY(replaces_the_whole_file),
      IN_DIRECTORY(works_with_a_name_in_the_current_directory),
      IN_DIRECTORY(refuses_a_missing_file),
      IN_DIRECTORY(refuses_a_link),
      IN_DIRECTORY(refuses_what_is_no_regular_file),
      IN_DIRECTORY(refuses_a_file_that_others_may_use),
      IN_DIRECTORY(refuses_a_file_of_somebody_else),
      IN_DIRECTORY(refuses_a_file_that_can_not_be_opened),
      IN_DIRECTORY(refuses_a_file_that_is_too_large),
      IN_DIRECTORY(fails_where_it_can_not_write),
      IN_DIRECTORY(refuses_a_name_that_is_too_long),
      IN_DIRECTORY(keeps_the_old_file_when_the_disk_is_full),
      IN_DIRECTORY(no_change_is_lost_when_several_write_at_once),
      IN_DIRECTORY(a_lock_keeps_others_out_until_it_is_closed),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
