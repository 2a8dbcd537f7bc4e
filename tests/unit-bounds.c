/* The bounds on the arguments of every method: what is at one is taken, what is above it is refused
 * by an error that names the argument and the bound, and changes nothing.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tests/bounds.h has them all. That none is missing is seen by the table of methods, and for the
 * keys of dictionaries by tests/vocabulary.h. */
#include "config.h"

#include "tests/bounds.h"

#include "daemon/keeper.h"
#include "pinning/hpkp.h"
#include "tests/counter.h"
#include "tests/gate.h"
#include "tests/spellout.h"
#include "tests/vocabulary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct method *find_method(const char *name)
{
  for (int i = 0; i < 2; i++)
    for (const struct method *m = (i == 0 ? handlers_pins : handlers_admin)->methods;
         m->name != NULL; m++)
      if (strcmp(m->name, name) == 0)
        return m;
  fail_msg("no method %s", name);
  return NULL;
}

static const char *sample_of(const char *method)
{
  for (size_t i = 0; i < G_N_ELEMENTS(samples); i++)
    if (strcmp(samples[i].method, method) == 0)
      return samples[i].words;
  fail_msg("no sample of %s", method);
  return NULL;
}

/* At which place the argument is that "ARGUMENT" or "ARGUMENT.KEY" begins with. */
static guint find_argument(const struct method *method, const char *argument)
{
  size_t size = strcspn(argument, ".");
  guint i = 0;

  while (method->in[i].name != NULL &&
         (strlen(method->in[i].name) != size || strncmp(method->in[i].name, argument, size) != 0))
    i++;
  if (method->in[i].name == NULL)
    fail_msg("%s has no argument %s", method->name, argument);
  return i;
}

static bool has_key(const char *pairs, const char *pair)
{
  g_auto(GStrv) list = g_strsplit(pairs, ";", 0);
  size_t size = strcspn(pair, "=") + 1;

  for (char **each = list; *each != NULL; each++)
    if (strncmp(*each, pair, size) == 0)
      return true;
  return false;
}

/* The pairs of the sample, but for those that are given. */
static char *merge(const char *sample, const char *given)
{
  g_auto(GStrv) list = g_strsplit(sample, ";", 0);
  GString *merged = g_string_new(given);

  for (char **each = list; *each != NULL; each++)
    if (!has_key(given, *each))
      g_string_append_printf(merged, ";%s", *each);
  return g_string_free(merged, FALSE);
}

static char *signature_of(const struct method *method)
{
  GString *signature = g_string_new(NULL);

  for (const struct argument *a = method->in; a->name != NULL; a++)
    g_string_append(signature, a->type);
  return g_string_free(signature, FALSE);
}

/* The call with this instead of the sample's argument, or of the pairs of its dictionary. */
static char *ask(const struct counter *counter, const char *name, const char *argument,
                 const char *given)
{
  const struct method *method = find_method(name);
  g_auto(GStrv) words = g_strsplit(sample_of(name), "|", 0);
  guint at = find_argument(method, argument);
  g_autofree char *signature = signature_of(method);
  g_autofree char *word = spell_out(given);
  g_autofree char *joined = NULL;

  for (guint i = 0; words[i] != NULL; i++) {
    char *full = i != at                         ? spell_out(words[i])
                 : strchr(argument, '.') != NULL ? merge(words[i], word)
                                                 : g_strdup(word);

    g_free(words[i]);
    words[i] = full;
  }
  joined = g_strjoinv("|", words);
  return counter_ask(counter, name, signature, joined);
}

#define INVALID "org.tlspin.Error.InvalidArgument: "

static void expect_taken(const struct counter *counter, const char *method,
                         const struct bound *bound)
{
  char *got = ask(counter, method, bound->argument, bound->most);

  if (g_str_has_prefix(got, INVALID))
    fail_msg("%s: %s as %.200s: %.300s", method, bound->argument, bound->most, got);
  free(got);
}

/* The argument or its key is named, and the bound. */
static void expect_refused(const struct counter *counter, const char *method,
                           const struct bound *bound)
{
  g_auto(GStrv) names = g_strsplit(bound->argument, ".", 0);
  g_autofree char *named = g_strdup_printf("'%s'", names[1] != NULL ? names[1] : names[0]);
  char *got = ask(counter, method, bound->argument, bound->more);

  if (!g_str_has_prefix(got, INVALID) || strstr(got, named) == NULL ||
      strstr(got, bound->says) == NULL)
    fail_msg("%s: %s as %.200s: %.300s", method, bound->argument, bound->more, got);
  free(got);
}

static void each(const struct counter *counter, bool taken)
{
  for (size_t i = 0; i < G_N_ELEMENTS(bounds); i++) {
    g_auto(GStrv) methods = g_strsplit(bounds[i].methods, " ", 0);

    for (char **method = methods; *method != NULL; method++)
      if (taken && bounds[i].most != NULL)
        expect_taken(counter, *method, &bounds[i]);
      else if (!taken && bounds[i].more != NULL)
        expect_refused(counter, *method, &bounds[i]);
  }
}

static void on_moved(void *data)
{
  (void)data;
}

static void open_counter(struct counter *counter, struct strata *strata)
{
  counter_open(counter, strata);
  counter->handlers.keeper = keeper_new(strata->user, getuid(), on_moved, NULL);
}

static void close_counter(struct counter *counter)
{
  keeper_free(counter->handlers.keeper);
  counter_close(counter);
}

static void test_taken(void **state)
{
  struct counter counter;

  open_counter(&counter, *state);
  each(&counter, true);
  close_counter(&counter);
}

static void test_refused(void **state)
{
  struct counter counter;

  open_counter(&counter, *state);
  each(&counter, false);
  counter_expect(&counter, "List", "a{sv}su", "||1000", "\n");
  counter_expect(&counter, "Events", "tsu", "0||1000", "");
  close_counter(&counter);
}

/* Of a longer hash the secret is longer. */
static void test_secret(void **state)
{
  struct counter counter;
  static const char words[] = "a.example|tls|443|00|%s*11|sha384|60|0|";
  static const char *const wrong[] = {"0", "32", "47", "49", "1000000"};

  open_counter(&counter, *state);
  for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_autofree char *call = g_strdup_printf(words, wrong[i]);

    counter_refuse(&counter, "StoreTicket", "ssqayaysutay", call, "InvalidArgument",
                   "with 'sha384' it must have 48");
  }
  counter_expect(&counter, "StoreTicket", "ssqayaysutay", "a.example|tls|443|00|48*11|sha384|60|0|",
                 "stored\n1700000060\n");
  close_counter(&counter);
}

/* A header comes from a server, and one that is too long is no fault of the program's. */
static void test_header(void **state)
{
  static const struct bound most = {"", "header", "16384*20", NULL, NULL},
                            more = {"", "header", "16385*20", NULL, NULL};
  struct counter counter;
  char *got;

  assert_int_equal(HPKP_HEADER_MAX, 16384);
  open_counter(&counter, *state);
  got = ask(&counter, "NoteHpkp", most.argument, most.most);
  assert_string_equal(got, "ignore\nit is malformed\n0\n");
  free(got);
  got = ask(&counter, "NoteHpkp", more.argument, more.most);
  assert_string_equal(got, "ignore\nit is too long\n0\n");
  free(got);
  close_counter(&counter);
}

static bool is_bound(const char *method, const char *argument)
{
  for (size_t i = 0; i < G_N_ELEMENTS(bounds); i++) {
    g_auto(GStrv) methods = g_strsplit(bounds[i].methods, " ", 0);

    if (strcmp(bounds[i].argument, argument) == 0 &&
        g_strv_contains((const char *const *)methods, method))
      return true;
  }
  return false;
}

/* Booleans, and dictionaries without a word about their keys, have no bounds. */
static void require_bound(const char *method, const char *argument, const char *type)
{
  if (strcmp(type, "b") != 0 && strcmp(type, "a{sv}") != 0 && !is_bound(method, argument))
    fail_msg("%s: no bound of %s is tested", method, argument);
}

/* One letter is the key of vocabulary.h for the dictionaries of an argument. */
static void require_keys(const char *method, const char *argument, const char *vocabulary)
{
  for (unsigned i = 0; i < 100; i++) {
    const struct vocabulary_key *key = vocabulary_key(vocabulary, i);
    g_autofree char *path = g_strdup_printf("%s.%s", argument, key->key);

    require_bound(method, path, key->type);
  }
}

static const struct {
  const char *method, *argument, *vocabulary;
} dictionaries[] = {{"CheckChain", "options", "o"}, {"Explain", "options", "o"},
                    {"List", "filter", "f"},        {"Clear", "filter", "f"},
                    {"Put", "entries", "e"},        {"Put", "options", "p"}};

static void test_all(void **state)
{
  (void)state;
  for (int i = 0; i < 2; i++)
    for (const struct method *m = (i == 0 ? handlers_pins : handlers_admin)->methods;
         m->name != NULL; m++)
      for (const struct argument *a = m->in; a->name != NULL; a++)
        require_bound(m->name, a->name, a->type);
  for (size_t i = 0; i < G_N_ELEMENTS(dictionaries); i++)
    require_keys(dictionaries[i].method, dictionaries[i].argument, dictionaries[i].vocabulary);
  require_keys("Put", "entries.chain", "c");
}

static void refuse_pair(const struct counter *counter, size_t dictionary, const char *pairs,
                        const char *key, const char *says)
{
  g_autofree char *argument = g_strdup_printf("%s.", dictionaries[dictionary].argument);
  const struct bound bound = {"", argument, NULL, pairs, says};
  g_autofree char *named = g_strdup_printf("'%s'", key);
  char *got = ask(counter, dictionaries[dictionary].method, bound.argument, bound.more);

  if (!g_str_has_prefix(got, INVALID) || strstr(got, named) == NULL || strstr(got, says) == NULL)
    fail_msg("%s: %s: %.300s", dictionaries[dictionary].method, pairs, got);
  free(got);
}

static const char *value_of(const char *type)
{
  return type[0] == 's' ? "x" : strcmp(type, "aa{sv}") == 0 ? KEY : "00";
}

/* Of each dictionary: keys that are not known, known keys with another type, and twice. */
static void test_keys(void **state)
{
  struct counter counter;

  open_counter(&counter, *state);
  for (size_t i = 0; i < G_N_ELEMENTS(dictionaries); i++) {
    g_autofree char *unknown = g_strdup_printf("%s", "hots=s:a.example");

    refuse_pair(&counter, i, unknown, "hots", dictionaries[i].argument);
    for (unsigned j = 0; j < 100; j++) {
      const struct vocabulary_key *key = vocabulary_key(dictionaries[i].vocabulary, j);
      g_autofree char *other = g_strdup_printf("%s=d:1", key->key);
      g_autofree char *type = g_strdup_printf("must have type '%s'", key->type);
      g_autofree char *twice =
          g_strdup_printf("%s=%s:%s;%s=%s:%s", key->key, key->type, value_of(key->type), key->key,
                          key->type, value_of(key->type));

      refuse_pair(&counter, i, other, key->key, type);
      refuse_pair(&counter, i, twice, key->key, "twice");
    }
  }
  close_counter(&counter);
}

/* Each argument in turn with another type, and one more than there are. */
static void test_types(void **state)
{
  struct counter counter;

  open_counter(&counter, *state);
  for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
    const struct method *method = find_method(samples[i].method);
    g_auto(GStrv) words = g_strsplit(samples[i].words, "|", 0);

    for (guint j = 0; method->in[j].name != NULL; j++) {
      g_autoptr(GString) signature = g_string_new(NULL), call = g_string_new(NULL);
      g_autofree char *named = g_strdup_printf("argument '%s' has type 'd'", method->in[j].name);

      for (guint k = 0; method->in[k].name != NULL; k++) {
        g_autofree char *word = spell_out(k == j ? "1" : words[k] != NULL ? words[k] : "");

        g_string_append(signature, k == j ? "d" : method->in[k].type);
        g_string_append_printf(call, "%s%s", k > 0 ? "|" : "", word);
      }
      counter_refuse(&counter, method->name, signature->str, call->str, "InvalidArgument", named);
    }
  }
  close_counter(&counter);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all),
      cmocka_unit_test_setup_teardown(test_taken, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_refused, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_secret, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_header, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_keys, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_types, strata_setup, strata_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
