/* Tests of libclient/events.c and libclient/explain.c against replies that are not as they should
 * be; tests/matrix-verdicts.c has those of the real daemon. SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "config.h"

#include "libclient/tlspin-admin.h"
#include "tests/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

struct walk {
  unsigned count, stop;
  int64_t last;
};

static int visit(const tlspin_entry_t *event, void *data)
{
  struct walk *walk = data;

  assert_true(tlspin_entry_number(event, "id") > walk->last);
  walk->last = tlspin_entry_number(event, "id");
  return ++walk->count == walk->stop;
}

static int ask(const char *arguments, uint64_t after, struct walk *walk)
{
  pid_t daemon = test_bus_daemon(&world, arguments);
  int code = tlspin_events(context, after, NULL, visit, walk);

  test_process_end(daemon);
  return code;
}

static void test_pages(void **state)
{
  static const unsigned counts[] = {0, 1, 999, 1000, 1001, 2500};

  (void)state;
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    struct walk walk = {0};
    char arguments[32];

    snprintf(arguments, sizeof arguments, "events=%u", counts[i]);
    assert_int_equal(ask(arguments, 0, &walk), TLSPIN_OK);
    assert_int_equal(walk.count, counts[i]);
    assert_int_equal(walk.last, counts[i]);
  }
}

static void test_from_somewhere_to_somewhere(void **state)
{
  struct walk walk = {.stop = 3};

  (void)state;
  assert_int_equal(ask("events=2500 log=%log", 7, &walk), TLSPIN_OK);
  assert_int_equal(walk.count, 3);
  assert_int_equal(walk.last, 10);
  assert_int_equal(test_bus_calls(&world, "Events"), 1);
}

/* Such replies could keep the walk going round, or can't be read. */
static void test_wrong_events(void **state)
{
  static const char *const wrong[] = {"events=2 shape=stuck", "events=1 shape=nameless",
                                      "events=1 shape=wrong", "do=empty", "do=text"};

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    struct walk walk = {0};

    assert_int_equal(ask(wrong[i], 0, &walk), TLSPIN_UNAVAILABLE);
    assert_int_equal(walk.count, 0);
    assert_string_equal(tlspin_last_message(), tlspin_code_text(TLSPIN_E_REPLY));
  }
}

static void test_wrong_arguments(void **state)
{
  struct walk walk = {0};

  (void)state;
  assert_int_equal(tlspin_events(NULL, 0, NULL, visit, &walk), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_events(context, 0, NULL, NULL, &walk), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_events(context, 0, "a b", visit, &walk), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_events(context, 0, "192.0.2.1", visit, &walk), TLSPIN_CANNOT_BE_PINNED);
  assert_int_equal(tlspin_events(context, 0, NULL, visit, &walk), TLSPIN_UNAVAILABLE);
}

static int explain(const char *arguments, tlspin_explanation_t **explanation)
{
  pid_t daemon = test_bus_daemon(&world, arguments);
  int code = tlspin_explain(context, "www.example", "tls", 443, NULL, explanation);

  test_process_end(daemon);
  return code;
}

static void test_explanation(void **state)
{
  tlspin_explanation_t *explanation;
  const tlspin_entry_t *command;

  (void)state;
  assert_int_equal(explain("keys=2 log=%log", &explanation), TLSPIN_OK);
  assert_memory_equal(test_bus_call(&world, "Explain"),
                      "Explain www.example tls 443 0 ----- pki=/0", 42);
  assert_string_equal(tlspin_entry_string(tlspin_explanation_verdict(explanation), "answer"),
                      "mismatch");
  assert_int_equal(tlspin_explanation_count(explanation, TLSPIN_ENTRIES), 2);
  assert_int_equal(tlspin_explanation_count(explanation, TLSPIN_LAYERS), 1);
  assert_int_equal(tlspin_explanation_count(explanation, TLSPIN_SETTINGS), 3);
  assert_string_equal(tlspin_entry_host(tlspin_explanation_at(explanation, TLSPIN_ENTRIES, 1)),
                      "a.example");
  assert_int_equal(tlspin_explanation_count(explanation, TLSPIN_COMMANDS), 2);
  command = tlspin_explanation_at(explanation, TLSPIN_COMMANDS, 1);
  assert_string_equal(tlspin_entry_string(command, "command"), "tlspin off a.example:443");
  assert_string_equal(tlspin_entry_string(command, "does"), "off");
  assert_int_equal(tlspin_entry_number(command, "asks"), -1);
  assert_null(tlspin_explanation_at(explanation, TLSPIN_COMMANDS, 2));
  assert_null(tlspin_explanation_at(explanation, TLSPIN_LAYERS, 1));
  tlspin_explanation_free(explanation);
}

static void test_wrong_explanations(void **state)
{
  static const char *const wrong[] = {"shape=answerless",  "shape=roleless keys=1",
                                      "shape=host keys=1", "shape=layers",
                                      "shape=settings",    "keys=65537",
                                      "shape=commands",    "shape=nothing-to-type",
                                      "shape=pointless",   "shape=asks",
                                      "do=empty",          "do=text"};

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    tlspin_explanation_t *explanation = (tlspin_explanation_t *)&world;

    assert_int_equal(explain(wrong[i], &explanation), TLSPIN_UNAVAILABLE);
    assert_null(explanation);
    assert_string_equal(tlspin_last_message(), tlspin_code_text(TLSPIN_E_REPLY));
  }
}

static void test_wrong_questions(void **state)
{
  static const struct tlspin_check wrong = {.chain_size = 0};
  tlspin_explanation_t *explanation;

  (void)state;
  assert_int_equal(tlspin_explain(context, "www.example", "tls", 443, &wrong, &explanation),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_explain(context, "www.example", "tls", 443, NULL, NULL),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_explain(NULL, "www.example", "tls", 443, NULL, &explanation),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_explain(context, "192.0.2.1", "tls", 443, NULL, &explanation),
                   TLSPIN_CANNOT_BE_PINNED);
  assert_int_equal(tlspin_explain(context, "www.example", "tls", 443, NULL, &explanation),
                   TLSPIN_UNAVAILABLE);
  assert_null(explanation);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_pages),           WITH(test_from_somewhere_to_somewhere),
      WITH(test_wrong_events),    WITH(test_wrong_arguments),
      WITH(test_explanation),     WITH(test_wrong_explanations),
      WITH(test_wrong_questions),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
