/* Checks by somebody who may read only what everybody may: root may read everything.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is to be checked has to lie where everybody may look.
 */
#ifndef NOBODY_H
#define NOBODY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <grp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static inline bool nobody_become(void)
{
  const uid_t nobody = 65534;

  return geteuid() != 0 || (setgroups(0, NULL) == 0 && setresgid(nobody, nobody, nobody) == 0 &&
                            setresuid(nobody, nobody, nobody) == 0);
}

/* Root gives it to nobody; for what an ordinary user may do with what is theirs. */
static inline void nobody_owns(const char *path)
{
  const uid_t nobody = 65534;

  assert_true(geteuid() != 0 || lchown(path, nobody, nobody) == 0);
}

/* Calls `check` in a child, which an ordinary user remains in and root is nobody in. A failed
 * assertion must not go on with the parent's tests there. */
static inline void nobody_checks(void (*check)(void **state), void **state)
{
  pid_t child = fork();
  int status;

  assert_true(child >= 0);
  if (child == 0) {
    setenv("CMOCKA_TEST_ABORT", "1", 1);
    if (!nobody_become())
      _exit(2);
    check(state);
    _exit(0);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

#endif
