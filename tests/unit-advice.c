/* The commands that would change what is said of a server.
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
#define KEY    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define EXCEPT                                                                                     \
  "tlspin except --key '3 1 1 "                                                                    \
  "0000000000000000000000000000000000000000000000000000000000000000' --until 30d"
#define HERE    "host=www.example.org;scope=exact;protocol=;port=#443;key=" KEY ";"
#define MINE    HERE "kind=pin;status=critical;origin=user;layer=user;lock=none"
#define VENDOR  HERE "kind=pin;status=critical;origin=policy;layer=vendor.db;lock=none"
#define EXCUSE  HERE "kind=exception;status=excepted;origin=user;layer=user;lock=none"
#define BLOCKED "kind=pin;status=rejected;origin=user"
#define BLOCK   HERE BLOCKED ";"
#define LOCKED  HERE "kind=pin;status=critical;origin=policy;layer=corp.db;lock=enforce"

/* One entry (or NULL), which decided. The commands are joined by '|'. */
static void assert_advice(const char *verdict, const char *entry, unsigned errors,
                          const char *expected, const char *lock)
{
  const struct tlspin_check check = {.pki = TLSPIN_PKI_FAILED, .errors = errors};
  struct advice_question question = {.server = SERVER, .key = "", .ask = ""};
  g_autofree char *words =
      g_strconcat(verdict, entry != NULL ? ";decided=#0" : "", ";layer=other.db", NULL);
  tlspin_explanation_t *explanation = explained(words);
  GString *found = g_string_new(NULL);
  GArray *list;

  if (entry != NULL)
    explained_add(explanation, TLSPIN_ENTRIES, entry);
  question.explanation = explanation;
  if (errors != 0) {
    question.check = &check;
    question.key = KEY;
  }
  list = advice_new(&question);
  for (guint i = 0; i < list->len; i++) {
    const struct advice *advice = &g_array_index(list, struct advice, i);

    g_string_append_printf(found, "%s%s", i > 0 ? "|" : "", advice->command);
    assert_true(advice->what[0] != '\0');
  }
  assert_string_equal(found->str, expected);
  if (lock == NULL)
    assert_null(advice_lock(&question));
  else
    assert_string_equal(advice_lock(&question), lock);
  g_string_free(found, TRUE);
  g_array_unref(list);
  explained_end(explanation);
}

static void test_mismatch(void **state)
{
  static const char differs[] = "answer=mismatch;reason=critical-differs";

  (void)state;
  assert_advice(differs, MINE, 0,
                "tlspin clear " SERVER "|tlspin pin --from-server " SERVER "|tlspin off " SERVER,
                NULL);
  /* the system's own can't be cleared, but overruled */
  assert_advice(differs, VENDOR, 0, "tlspin pin --from-server " SERVER "|tlspin off " SERVER, NULL);
  assert_advice(differs, LOCKED, 0, "", "corp.db");
  /* a ticket is no entry that decides, and no pin stands against it */
  assert_advice("answer=mismatch;reason=proof-wrong", NULL, 0,
                "tlspin clear " SERVER "|tlspin off " SERVER, NULL);
}

/* What is cleared is what decided, wherever it stands; and a shell leaves it as it is. */
static void test_places(void **state)
{
  static const char differs[] = "answer=mismatch;reason=critical-differs";
  static const char rest[] = "|tlspin pin --from-server " SERVER "|tlspin off " SERVER;
  static const struct {
    const char *place, *command;
  } rows[] = {
      {"host=example.org;scope=subtree;port=#0;", "tlspin clear .example.org"},
      {"host=example.org;scope=one-label;port=#443;", "tlspin clear '*.example.org:443'"},
      {"host=;scope=subtree;port=#0;", "tlspin clear '*'"},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *entry = g_strconcat(
        rows[i].place, "kind=pin;status=critical;origin=user;layer=user;lock=none", NULL);
    g_autofree char *expected = g_strconcat(rows[i].command, rest, NULL);

    assert_advice(differs, entry, 0, expected, NULL);
  }
}

/* Nothing but its own removal lifts a blocked key, wherever else it is blocked; and the system's
 * nothing at all. */
static void test_rejected(void **state)
{
  static const char rejected[] = "answer=mismatch;reason=key-rejected";

  (void)state;
  assert_advice(rejected, BLOCK "layer=user;lock=none", 0,
                "tlspin clear --status rejected --key '" KEY "' " SERVER, NULL);
  assert_advice(rejected, "host=;" BLOCKED ";scope=subtree;port=#0;layer=user;lock=none;key=" KEY,
                0, "tlspin clear --status rejected --key '" KEY "' '*'", NULL);
  assert_advice(rejected, BLOCK "layer=vendor.db;lock=none", 0, "", "vendor.db");
  assert_advice(rejected, BLOCK "layer=corp.db;lock=enforce", 0, "", "corp.db");
}

/* An exception names all errors, or there is none to be made. */
static void test_failed(void **state)
{
  static const char failed[] = "answer=mismatch;reason=pki-failed";
  static const char unpinned[] = "answer=no-pin;reason=pki-failed";

  (void)state;
  assert_advice(failed, MINE, TLSPIN_PKI_NAME | TLSPIN_PKI_UNKNOWN_ISSUER,
                EXCEPT " --error unknown-issuer --error name " SERVER, NULL);
  assert_advice(failed, MINE, TLSPIN_PKI_NAME | TLSPIN_PKI_REVOKED, "", NULL);
  assert_advice(failed, MINE, TLSPIN_PKI_OTHER, "", NULL);
  assert_advice(failed, MINE, 0, "", NULL);
  assert_advice(unpinned, NULL, TLSPIN_PKI_EXPIRED,
                EXCEPT " --error expired " SERVER "|tlspin off " SERVER, NULL);
}

/* The same command for both places, and one of its own for the other form of the key. */
static void test_several(void **state)
{
  static const char *const entries[] = {
      "host=www.example.org;scope=exact;port=#0;layer=user;role=decided;key=0 1 ab;" BLOCKED,
      "host=;scope=subtree;port=#0;layer=user;role=matched;key=0 1 ab;" BLOCKED,
      "host=;scope=subtree;port=#0;layer=user;role=matched;key=" KEY ";" BLOCKED,
      "host=;scope=subtree;port=#0;layer=user;role=looked-at;key=0 1 cd;" BLOCKED,
  };
  tlspin_explanation_t *explanation = explained("answer=mismatch;reason=key-rejected;decided=#0");
  const struct advice_question question = {
      .server = SERVER, .key = "", .ask = "", .explanation = explanation};
  GArray *list;

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(entries); i++)
    explained_add(explanation, TLSPIN_ENTRIES, entries[i]);
  list = advice_new(&question);
  assert_int_equal(list->len, 1);
  assert_string_equal(g_array_index(list, struct advice, 0).command,
                      "tlspin clear --status rejected --key '0 1 ab' www.example.org '*' && "
                      "tlspin clear --status rejected --key '" KEY "' '*'");
  g_array_unref(list);
  explained_add(
      explanation, TLSPIN_ENTRIES,
      "host=;scope=subtree;port=#0;layer=corp.db;lock=none;role=matched;key=0 1 ab;" BLOCKED);
  assert_string_equal(advice_lock(&question), "corp.db");
  explained_end(explanation);
}

/* What no command can ask, and what a layer may hold. */
static void test_ways(void **state)
{
  tlspin_explanation_t *explanation = explained("answer=no-pin;reason=none");
  struct advice_question question = {.server = SERVER, .key = "", .explanation = explanation};
  GArray *list = advice_new(&question);

  (void)state;
  assert_int_equal(list->len, 1);
  assert_string_equal(g_array_index(list, struct advice, 0).command, "tlspin off " SERVER);
  g_array_unref(list);
  question.ask = " --ca 'a\033[2J'";
  list = advice_new(&question);
  assert_string_equal(g_array_index(list, struct advice, 0).command,
                      "tlspin pin --from-server " SERVER " --ca 'a\xef\xbf\xbd[2J'");
  g_array_unref(list);
  explained_end(explanation);
}

static void test_others(void **state)
{
  (void)state;
  assert_advice("answer=match;reason=critical-matched", MINE, 0,
                "tlspin clear " SERVER "|tlspin off " SERVER, NULL);
  assert_advice("answer=match;reason=critical-matched", VENDOR, 0, "tlspin off " SERVER, NULL);
  assert_advice("answer=match;reason=critical-matched", LOCKED, 0, "", "corp.db");
  assert_advice("answer=match;reason=excepted", EXCUSE, 0, "tlspin clear " SERVER, NULL);
  assert_advice("answer=no-pin;reason=none", NULL, 0,
                "tlspin pin --from-server " SERVER "|tlspin off " SERVER, NULL);
  assert_advice("answer=opted-out;reason=off", VENDOR, 0, "tlspin on " SERVER, NULL);
  assert_advice("answer=opted-out;reason=locked-off", NULL, 0, "", "other.db");
  assert_advice("answer=opted-out;reason=added-anchor", NULL, 0, "tlspin pin --from-server " SERVER,
                NULL);
  assert_advice("answer=unavailable;reason=unreadable", NULL, 0, "tlspin status", NULL);
  assert_advice("answer=clock-suspect;reason=none", NULL, 0, "tlspin status", NULL);
}

/* What a daemon says that can't be is no crash. */
static void test_wrong_index(void **state)
{
  tlspin_explanation_t *explanation =
      explained("answer=mismatch;reason=changed;layer=user;decided=#7");
  const struct advice_question question = {
      .server = SERVER, .key = "", .ask = "", .explanation = explanation};
  GArray *list = advice_new(&question);

  (void)state;
  assert_int_equal(list->len, 3);
  assert_null(advice_lock(&question));
  g_array_unref(list);
  explained_end(explanation);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mismatch), cmocka_unit_test(test_places),
      cmocka_unit_test(test_rejected), cmocka_unit_test(test_failed),
      cmocka_unit_test(test_others),   cmocka_unit_test(test_wrong_index),
      cmocka_unit_test(test_several),  cmocka_unit_test(test_ways),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
