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
#include <dlfcn.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 8, SUPPORTED = 10, UNSUPPORTED = 11 };

static bool copies; /* GnuTLS is to be one that hands out copies of its secrets */
static gnutls_keylog_func reported;

static int report_copy(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
  gnutls_datum_t copy = {malloc(secret->size), secret->size};
  int result;

  if (copy.data == NULL)
    return GNUTLS_E_MEMORY_ERROR;
  memcpy(copy.data, secret->data, secret->size);
  result = reported(session, label, &copy);
  free(copy.data);
  return result;
}

/* In the place of GnuTLS's own, which does the work. The first of a session is GnuTLS's own
 * function. */
void gnutls_session_set_keylog_function(gnutls_session_t session, gnutls_keylog_func function)
{
  union {
    void *symbol;
    void (*function)(gnutls_session_t, gnutls_keylog_func);
  } own = {.symbol = dlsym(RTLD_NEXT, "gnutls_session_set_keylog_function")};

  if (!copies || gnutls_session_get_keylog_function(session) == NULL) {
    own.function(session, function);
    return;
  }
  reported = function;
  own.function(session, report_copy);
}

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

/* The Handshake Secret can't be found in such a GnuTLS: that is noticed, and nothing worse happens.
 */
static void test_another_gnutls(void **state)
{
  (void)state;
  assert_int_equal(again("--copies"), UNSUPPORTED);
}

int main(int count, char *arguments[])
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_supported),
      cmocka_unit_test(test_threads),
      cmocka_unit_test(test_not_supported),
      cmocka_unit_test(test_another_gnutls),
  };

  copies = count == 2 && strcmp(arguments[1], "--copies") == 0;
  if (count == 2)
    return ask_from_threads();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
