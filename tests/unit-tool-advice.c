/* The commands that would change what is said of a server, as they are shown.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/advice.h"

#include "tests/things.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SERVER "www.example.org:443"

static struct question question_of(const tlspin_explanation_t *explanation, const char *ask)
{
  return (struct question){.server = SERVER, .ask = ask, .explanation = explanation};
}

/* Joined by '|', each with its word and text. */
static void assert_advice(const tlspin_explanation_t *explanation, const char *ask,
                          const char *expected)
{
  struct question question = question_of(explanation, ask);
  g_autoptr(GArray) list = advice_new(&question);
  g_autoptr(GString) found = g_string_new(NULL);

  for (guint i = 0; i < list->len; i++) {
    const struct advice *advice = &g_array_index(list, struct advice, i);

    g_string_append_printf(found, "%s%s (%s: %s)", i > 0 ? "|" : "", advice->command, advice->does,
                           advice->text);
  }
  assert_string_equal(found->str, expected);
}

/* In the daemon's order, in the user's words. */
static void test_texts(void **state)
{
  tlspin_explanation_t *explanation = explained("answer=no-pin;reason=none");

  (void)state;
  assert_advice(explanation, "", "");
  explained_add(explanation, TLSPIN_COMMANDS, "command=tlspin off a;does=off;asks=#0");
  explained_add(explanation, TLSPIN_COMMANDS, "command=tlspin on a;does=on");
  assert_advice(explanation, NULL,
                "tlspin off a (off: trust the PKI alone there)|tlspin on a (on: pin there again)");
  explained_end(explanation);
}

/* What asks the server has to meet it as it was met, or is of no use. */
static void test_ways(void **state)
{
  tlspin_explanation_t *explanation = explained("answer=no-pin;reason=none");

  (void)state;
  explained_add(explanation, TLSPIN_COMMANDS,
                "command=tlspin pin --from-server a;does=pin;asks=#1");
  explained_add(explanation, TLSPIN_COMMANDS, "command=tlspin off a;does=off;asks=#0");
  assert_advice(explanation, NULL, "tlspin off a (off: trust the PKI alone there)");
  assert_advice(explanation, " --ca 'a b'",
                "tlspin pin --from-server a --ca 'a b' (pin: pin the key that it shows now)|"
                "tlspin off a (off: trust the PKI alone there)");
  explained_end(explanation);
}

/* A newer daemon's words are left as they are; and what comes over the bus steers no terminal. */
static void test_others(void **state)
{
  tlspin_explanation_t *explanation = explained("answer=no-pin;reason=none");

  (void)state;
  explained_add(explanation, TLSPIN_COMMANDS, "command=tlspin \033[2J;does=dance");
  assert_advice(explanation, NULL, "tlspin \xef\xbf\xbd[2J (dance: dance)");
  explained_end(explanation);
}

static void assert_lock(const char *verdict, const char *lock)
{
  tlspin_explanation_t *explanation = explained(verdict);
  struct question question = question_of(explanation, "");

  if (lock == NULL)
    assert_null(advice_lock(&question));
  else
    assert_string_equal(advice_lock(&question), lock);
  explained_end(explanation);
}

static void test_lock(void **state)
{
  (void)state;
  assert_lock("answer=mismatch;layer=corp.db", NULL);
  assert_lock("answer=mismatch;layer=corp.db;locked-by=", NULL);
  assert_lock("answer=mismatch;layer=user;locked-by=corp.db", "corp.db");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_texts),
      cmocka_unit_test(test_ways),
      cmocka_unit_test(test_others),
      cmocka_unit_test(test_lock),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
