/* A process that nobody looks into.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/seclusion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_empty_core(void)
{
  FILE *file = fopen("/proc/self/coredump_filter", "re");
  unsigned filter = 1;
  bool read = file != NULL && fscanf(file, "%x", &filter) == 1;

  if (file != NULL)
    (void)fclose(file);
  return (read || geteuid() != 0) && (filter == 0 || !read);
}

/* In a child, for there is no way back. */
static void check(void)
{
  struct rlimit limit;

  seclude_process();
  if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0 || limit.rlim_max != 0)
    _exit(1);
#ifndef __SANITIZE_ADDRESS__
  if (prctl(PR_GET_DUMPABLE) != 0)
    _exit(2);
#endif
  if (!is_empty_core())
    _exit(3);
  abort();
}

static void test_seclude(void **state)
{
  int status;
  pid_t child = fork();

  (void)state;
  assert_true(child >= 0);
  if (child == 0)
    check();
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGABRT);
  assert_false(WCOREDUMP(status));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_seclude)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}
