/* Can the GnuTLS at hand be used at all?
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The answer is given once a process, so that other circumstances need another process: the test
 * runs itself again. */
#include "config.h"

#include "handshake/probe.h"

#include "tests/again.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 8, SUPPORTED = 10, UNSUPPORTED = 11 };

static void test_supported(void **state)
{
  (void)state;
  assert_true(handshake_supported());
  assert_true(handshake_supported());
}

static void *ask(void *answer)
{
  *(bool *)answer = handshake_supported();
  return NULL;
}

/* All at once, before anybody has the answer. */
static int ask_from_threads(void)
{
  pthread_t threads[THREADS];
  bool answers[THREADS];
  int supported = 0;

  for (int i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, ask, &answers[i]) != 0)
      return 1;
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    supported += answers[i];
  }
  return supported == THREADS ? SUPPORTED : supported == 0 ? UNSUPPORTED : 2;
}

static void test_threads(void **state)
{
  (void)state;
  assert_int_equal(again("--ask"), SUPPORTED);
}

/* Where the administrator forbids TLS 1.3 to GnuTLS, there is no Handshake Secret. */
static void test_not_supported(void **state)
{
  static const char setting[] = "[overrides]\ndisabled-version = tls1.3\n";
  char path[] = "/tmp/tlspin-unit-probe-XXXXXX";
  int file = mkstemp(path), answer;

  (void)state;
  assert_true(file >= 0);
  assert_int_equal(write(file, setting, sizeof setting - 1), sizeof setting - 1);
  assert_int_equal(close(file), 0);
  assert_int_equal(setenv("GNUTLS_SYSTEM_PRIORITY_FILE", path, 1), 0);
  answer = again("--ask");
  unsetenv("GNUTLS_SYSTEM_PRIORITY_FILE");
  unlink(path);
  assert_int_equal(answer, UNSUPPORTED);
}

int main(int count, char *arguments[])
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_supported),
      cmocka_unit_test(test_threads),
      cmocka_unit_test(test_not_supported),
  };

  if (count == 2 && strcmp(arguments[1], "--ask") == 0)
    return ask_from_threads();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
