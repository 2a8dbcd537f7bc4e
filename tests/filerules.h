/* Rules for the file of a store, and what is said where one isn't kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FILERULES_H
#define FILERULES_H

#include "daemon/file.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline struct file_rule user(void)
{
  return (struct file_rule){STORE_USER, geteuid()};
}

static inline struct file_rule layer(void)
{
  return (struct file_rule){STORE_SYSTEM, geteuid()};
}

/* problem: to hold the words; it is freed. */
static inline void expect_words(char *problem, const char *words)
{
  assert_non_null(problem);
  if (strstr(problem, words) == NULL)
    print_error("'%s' is not in: %s\n", words, problem);
  assert_non_null(strstr(problem, words));
  g_free(problem);
}

static inline void refuse(const char *path, struct file_rule rule, const char *words)
{
  char *problem = NULL;

  assert_int_equal(file_check(path, rule, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, path));
  expect_words(problem, words);
}

static inline void accept(const char *path, struct file_rule rule)
{
  char *problem = NULL;

  assert_int_equal(file_check(path, rule, &problem), TLSPIN_OK);
  assert_null(problem);
}

static inline mode_t mode_of(const char *path)
{
  struct stat status;

  assert_int_equal(stat(path, &status), 0);
  return status.st_mode & 07777;
}

#endif
