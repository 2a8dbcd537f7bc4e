/* The backups of the pin store, as the commands show them and take them in and out.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/copies.h"

#include "tests/capture.h"
#include "tests/folder.h"
#include "tests/said.h"
#include "tests/things.h"
#include "tools/tlspin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

enum { MADE = 1700000000 /* 2023-11-14T22:13:20Z */, NAMES = 99 };

/* A folder with a home of a store in it, and a file beside that. */
struct fixture {
  char *folder, *home, *backups, *file;
  tlspin_doctor_t *doctor;
  struct capture capture;
};

/* What the library does, and was asked. */
static struct {
  tlspin_doctor_t *doctor;
  int code, read;
} asked;

int tlspin_doctor(tlspin_t *context, int read, tlspin_doctor_t **doctor)
{
  assert_ptr_equal(context, &asked);
  asked.read = read;
  *doctor = asked.code == TLSPIN_OK ? asked.doctor : NULL;
  return asked.code;
}

static int setup(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);
  g_autofree char *report = NULL;
  struct utimbuf times = {MADE, MADE};

  f->folder = g_dir_make_tmp("tlspin-XXXXXX", NULL);
  assert_non_null(f->folder);
  f->home = g_build_filename(f->folder, "home", NULL);
  f->backups = g_build_filename(f->home, "backups", NULL);
  f->file = g_build_filename(f->folder, "stick.db", NULL);
  assert_int_equal(g_mkdir(f->home, 0700), 0);
  assert_true(g_file_set_contents(f->file, "pins", -1, NULL));
  assert_int_equal(utime(f->file, &times), 0);
  report = g_strdup_printf("path=%s/pins.db", f->home);
  f->doctor = doctored(report);
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  tlspin_doctor_free(f->doctor);
  folder_remove(f->folder);
  g_free(f->folder);
  g_free(f->home);
  g_free(f->backups);
  g_free(f->file);
  g_free(f);
  return 0;
}

static void expect_file(const char *path, const char *expected)
{
  g_autofree char *content = NULL;
  struct stat status;

  assert_true(g_file_get_contents(path, &content, NULL, NULL));
  assert_string_equal(content, expected);
  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
}

static void test_ask(void **state)
{
  struct fixture *f = *state;
  tlspin_doctor_t *doctor = NULL;

  asked.doctor = f->doctor;
  asked.code = TLSPIN_OK;
  capture_begin(&f->capture, STDERR_FILENO);
  assert_int_equal(copies_ask((tlspin_t *)&asked, true, &doctor), STATUS_FINE);
  assert_said(&f->capture, NULL);
  assert_ptr_equal(doctor, f->doctor);
  assert_int_equal(asked.read, 1);
  asked.code = TLSPIN_UNAVAILABLE;
  capture_begin(&f->capture, STDERR_FILENO);
  assert_int_equal(copies_ask((tlspin_t *)&asked, false, &doctor), STATUS_STORE);
  assert_said(&f->capture, tlspin_code_text(TLSPIN_UNAVAILABLE));
  assert_null(doctor);
  assert_int_equal(asked.read, 0);
}

static void add_all(tlspin_doctor_t *doctor)
{
  doctored_add(doctor, "name=pins-3.db;path=/b/pins-3.db;made=#1700000000;size=#45056;state=ok");
  doctored_add(doctor, "name=pins-2.db;path=/b/pins-2.db;made=#1600000000;size=#9;state=damaged;"
                       "problem=It is empty.");
  doctored_add(doctor, "name=pins-1.db;path=/b/pins-1.db;made=#1500000000;size=#0;state=unread");
}

static void test_print(void **state)
{
  struct fixture *f = *state;
  char *text;

  capture_begin(&f->capture, STDOUT_FILENO);
  copies_print(f->doctor);
  assert_said(&f->capture, NULL);
  add_all(f->doctor);
  capture_begin(&f->capture, STDOUT_FILENO);
  copies_print(f->doctor);
  text = capture_end(&f->capture);
  assert_string_equal(text, "BACKUP     MADE                 SIZE  STATE\n"
                            "pins-3.db  2023-11-14 22:13  45.1 kB  fine\n"
                            "pins-2.db  2020-09-13 12:26  9 bytes  damaged\n"
                            "    It is empty.\n"
                            "pins-1.db  2017-07-14 02:40  0 bytes  not read\n");
  free(text);
}

/* What is printed, and whether there was anything to be. */
static char *shown(struct fixture *f, bool *any)
{
  capture_begin(&f->capture, STDOUT_FILENO);
  *any = copies_show(f->doctor);
  return capture_end(&f->capture);
}

/* None is an empty list to a program. */
static void test_show(void **state)
{
  struct fixture *f = *state;
  bool any;
  char *text = shown(f, &any);

  assert_false(any);
  assert_string_equal(text, "");
  free(text);
  shared_options.json = TRUE;
  text = shown(f, &any);
  assert_true(any);
  assert_string_equal(text, "[]\n");
  free(text);
  add_all(f->doctor);
  text = shown(f, &any);
  assert_true(any && text[0] == '[');
  free(text);
  shared_options.json = FALSE;
  text = shown(f, &any);
  assert_true(any && g_str_has_prefix(text, "BACKUP"));
  free(text);
}

/* What a later daemon may leave out is no reason to end. */
static void test_print_little(void **state)
{
  struct fixture *f = *state;

  doctored_add(f->doctor, "made=#1700000000");
  capture_begin(&f->capture, STDOUT_FILENO);
  copies_print(f->doctor);
  assert_said(&f->capture, "?       2023-11-14 22:13");
}

/* As it stands on standard output, on one line. */
static void expect_json(struct fixture *f, JsonBuilder *builder, const char *expected)
{
  char *text;

  capture_begin(&f->capture, STDOUT_FILENO);
  json_print_line(builder);
  text = capture_end(&f->capture);
  assert_string_equal(text, expected);
  free(text);
}

static void test_json(void **state)
{
  struct fixture *f = *state;
  JsonBuilder *builder = json_builder_new();
  tlspin_entry_t *none = thing_new("other=#1");

  copies_put(builder, f->doctor);
  expect_json(f, builder, "[]\n");
  add_all(f->doctor);
  builder = json_builder_new();
  copies_put(builder, f->doctor);
  expect_json(
      f, builder,
      "[{\"name\":\"pins-3.db\",\"path\":\"/b/pins-3.db\",\"made\":\"2023-11-14T22:13:20Z\","
      "\"size\":45056,\"state\":\"ok\",\"problem\":null},"
      "{\"name\":\"pins-2.db\",\"path\":\"/b/pins-2.db\",\"made\":\"2020-09-13T12:26:40Z\","
      "\"size\":9,\"state\":\"damaged\",\"problem\":\"It is empty.\"},"
      "{\"name\":\"pins-1.db\",\"path\":\"/b/pins-1.db\",\"made\":\"2017-07-14T02:40:00Z\","
      "\"size\":0,\"state\":\"unread\",\"problem\":null}]\n");
  builder = json_builder_new();
  json_builder_begin_array(builder);
  copies_put_one(builder, none);
  json_builder_end_array(builder);
  expect_json(f, builder, "[null]\n");
  tlspin_entry_free(none);
}

static int take_out(struct fixture *f, const char *words, const char *to)
{
  tlspin_entry_t *backup = thing_new(words);
  int status;

  capture_begin(&f->capture, STDERR_FILENO);
  status = copies_take_out(backup, to);
  tlspin_entry_free(backup);
  return status;
}

static void test_take_out(void **state)
{
  struct fixture *f = *state;
  g_autofree char *words = g_strconcat("name=x;path=", f->file, NULL);
  g_autofree char *to = g_build_filename(f->folder, "out.db", NULL);
  g_autofree char *nowhere = g_build_filename(f->folder, "no", "out.db", NULL);

  assert_int_equal(take_out(f, words, to), STATUS_FINE);
  assert_said(&f->capture, NULL);
  expect_file(to, "pins");
  assert_true(g_file_set_contents(f->file, "others", -1, NULL));
  assert_int_equal(take_out(f, words, to), STATUS_USAGE); /* what is there stays */
  assert_said(&f->capture, "out.db' can't be made: File exists.");
  expect_file(to, "pins");
  assert_int_equal(take_out(f, words, nowhere), STATUS_USAGE);
  assert_said(&f->capture, "no/out.db' can't be made: No such file or directory.");
  assert_int_equal(take_out(f, "name=x;path=/nowhere/x.db", nowhere), STATUS_USAGE);
  assert_said(&f->capture, "'/nowhere/x.db' can't be read: No such file or directory.");
  assert_int_equal(take_out(f, "name=x", nowhere), STATUS_STORE);
  assert_said(&f->capture, tlspin_code_text(TLSPIN_UNAVAILABLE));
}

/* A part of a backup is none. */
static void test_no_room(void **state)
{
  struct fixture *f = *state;
  g_autofree char *words = g_strconcat("name=x;path=", f->file, NULL);
  g_autofree char *to = g_build_filename(f->folder, "out.db", NULL), *many = g_strnfill(9000, 'x');
  struct rlimit before, little;
  int status;

  assert_true(g_file_set_contents(f->file, many, -1, NULL));
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  little = (struct rlimit){5000, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
  status = take_out(f, words, to);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_said(&f->capture, "out.db' can't be written: File too large.");
  assert_int_equal(status, STATUS_USAGE);
  assert_int_equal(access(to, F_OK), -1);
}

/* The name that the file has among the backups, or NULL; the status must be this. */
static char *take_in(struct fixture *f, const char *file, int status)
{
  char *name = NULL;

  capture_begin(&f->capture, STDERR_FILENO);
  assert_int_equal(copies_take_in(f->doctor, file, &name), status);
  return name;
}

static void expect_in(struct fixture *f, const char *expected)
{
  g_autofree char *name = take_in(f, f->file, STATUS_FINE);
  g_autofree char *path = NULL;

  assert_said(&f->capture, NULL);
  assert_string_equal(name, expected);
  path = g_build_filename(f->backups, name, NULL);
  expect_file(path, "pins");
}

static void test_take_in(void **state)
{
  struct fixture *f = *state;
  g_autofree char *dangling = g_build_filename(f->backups, "pins-20231114T221320Z_03.db", NULL);
  g_autofree char *first = g_build_filename(f->backups, "pins-20231114T221320Z.db", NULL);
  struct stat status;

  expect_in(f, "pins-20231114T221320Z.db");
  assert_int_equal(stat(f->backups, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0700);
  expect_in(f, "pins-20231114T221320Z_02.db");
  assert_int_equal(symlink("nowhere", dangling), 0);
  expect_in(f, "pins-20231114T221320Z_04.db");
  copies_remove(f->doctor, "pins-20231114T221320Z.db");
  assert_int_equal(access(first, F_OK), -1);
  copies_remove(f->doctor, "pins-20231114T221320Z.db"); /* it is gone */
  expect_in(f, "pins-20231114T221320Z.db");
}

static void test_not_taken_in(void **state)
{
  struct fixture *f = *state;
  g_autofree char *none = g_build_filename(f->folder, "none.db", NULL);

  assert_null(take_in(f, none, STATUS_NOT_FOUND));
  assert_said(&f->capture, "none.db', and no backup of that name.");
  assert_null(take_in(f, f->folder, STATUS_NOT_FOUND));
  assert_said(&f->capture, "There is no file");
  assert_int_equal(g_rmdir(f->home), 0);
  assert_null(take_in(f, f->file, STATUS_STORE));
  assert_said(&f->capture, "home/backups can't be made: No such file or directory.");
}

/* There is an end to the names of one second; none of those that are there is written over. */
static void test_no_name(void **state)
{
  struct fixture *f = *state;
  g_autofree char *last = g_build_filename(f->backups, "pins-20231114T221320Z_99.db", NULL);

  for (int i = 1; i < NAMES; i++) {
    g_autofree char *name = take_in(f, f->file, STATUS_FINE);

    assert_said(&f->capture, NULL);
    assert_non_null(name);
  }
  assert_true(g_file_set_contents(last, "the last", -1, NULL));
  assert_int_equal(g_chmod(last, 0600), 0);
  assert_null(take_in(f, f->file, STATUS_USAGE));
  assert_said(&f->capture, "pins-20231114T221320Z_99.db' can't be made: File exists.");
  expect_file(last, "the last");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_show),    TEST(test_ask),     TEST(test_print),        TEST(test_print_little),
      TEST(test_json),    TEST(test_no_room), TEST(test_not_taken_in), TEST(test_take_out),
      TEST(test_take_in), TEST(test_no_name),
  };

  setenv("TZ", "UTC", 1);
  tzset();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
