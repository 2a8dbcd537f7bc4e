/* One event of the log, as people and programs read it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/event.h"

#include "tests/capture.h"
#include "tests/things.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEY  "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PEER "id=#3;made=#1795366800;last=#1795453200;host=www.example.org;protocol=tls;port=#443;"

static char *printed(const char *words, unsigned width, bool coloured)
{
  tlspin_entry_t *event = thing_new(words);
  GString *paper = g_string_new(NULL);
  struct columns_style style = thing_style(paper, width);

  style.coloured = coloured;
  event_print(event, &style);
  tlspin_entry_free(event);
  return g_string_free(paper, FALSE);
}

static void assert_printed(const char *words, const char *expected)
{
  g_autofree char *text = printed(words, 0, false);

  assert_string_equal(text, expected);
}

static void test_mismatch(void **state)
{
  (void)state;
  assert_printed(PEER "kind=mismatch;reason=key-rejected;layer=corp.db;count=#2;key=" KEY,
                 "2026-11-23 17:00  www.example.org:443  refused\n"
                 "    the server showed a key that is rejected (by corp.db), 2 times\n"
                 "    it showed " KEY "\n"
                 "    tlspin why --connect www.example.org:443\n");
  assert_printed(PEER "kind=mismatch;reason=proof-wrong;layer=user;count=#1;key=",
                 "2026-11-23 17:00  www.example.org:443  refused\n"
                 "    the server's proof was wrong\n"
                 "    tlspin why --connect www.example.org:443\n");
}

/* Over DTLS no command asks the server. */
static void test_dtls(void **state)
{
  (void)state;
  assert_printed("id=#3;made=#1795366800;last=#1795453200;host=a.example;protocol=dtls;port=#853;"
                 "kind=mismatch;reason=changed;layer=user;count=#1;key=",
                 "2026-11-23 17:00  a.example:853  refused\n"
                 "    the server shows another key than the pinned one, and nothing explains it\n"
                 "    tlspin why --dtls a.example:853\n");
}

/* Only what was refused needs to be mended. */
static void test_others(void **state)
{
  static const struct {
    const char *kind, *text;
  } rows[] = {{"reported", "only reported"},
              {"change", "a change was accepted"},
              {"exception", "an exception was used"},
              {"hpkp", "HPKP was violated"},
              {"of-a-later-version", "of-a-later-version"}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *words = g_strdup_printf(PEER "reason=some-word;kind=%s", rows[i].kind);
    g_autofree char *expected =
        g_strdup_printf("2026-11-23 17:00  www.example.org:443  %s\n    some-word\n", rows[i].text);

    assert_printed(words, expected);
  }
}

static void test_crowded(void **state)
{
  (void)state;
  assert_printed(PEER "kind=crowded;reason=none;layer=;count=#3;key=" KEY,
                 "2026-11-23 17:00  www.example.org:443  a key could not be learned\n"
                 "    too many were learned of this server before, 3 times\n"
                 "    it showed " KEY "\n");
}

/* What a program had accepted names the program, and the command that says more. */
static void test_accepted(void **state)
{
  (void)state;
  assert_printed(
      PEER "kind=accepted;reason=unexplained;layer=user;count=#1;key=" KEY
           ";program=mail reader;operation=#12",
      "2026-11-23 17:00  www.example.org:443  a program had its user accept another key\n"
      "    the server shows another key than the pinned one, and nothing explains the change\n"
      "    it showed " KEY "\n"
      "    told by mail reader\n"
      "    tlspin why --connect www.example.org:443\n"
      "    tlspin undo 12\n");
}

/* What became of HPKP's pins is no violation. */
static void test_hpkp(void **state)
{
  (void)state;
  assert_printed(PEER "kind=hpkp;reason=removed;layer=user;count=#1",
                 "2026-11-23 17:00  www.example.org:443  the pins of HPKP were removed\n"
                 "    the server had them forgotten\n");
  assert_printed(PEER "kind=hpkp;reason=replaced;layer=user;count=#1;operation=#7",
                 "2026-11-23 17:00  www.example.org:443  the pins of HPKP were replaced\n"
                 "    the server gave other ones, or fewer, or an earlier end\n"
                 "    tlspin undo 7\n");
}

/* A reason is a word of the verdict, of a ticket, or of a change. */
static void test_reasons(void **state)
{
  static const char *const tokens[] = {"changed", "critical-differs", "same-issuer", "tls-version"};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(tokens); i++) {
    g_autofree char *words = g_strdup_printf(PEER "kind=change;reason=%s", tokens[i]);
    g_autofree char *text = printed(words, 0, false);

    assert_null(strstr(text, tokens[i])); /* it is said in words */
  }
}

static void test_width(void **state)
{
  (void)state;
  for (unsigned width = 60; width < 100; width += 10) {
    g_autofree char *text =
        printed(PEER "kind=reported;reason=changed;layer=a-long-name-of-a-layer.db;count=#1000",
                width, false);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    assert_true(g_strv_length(lines) >= 3);
    for (size_t i = 0; lines[i] != NULL; i++)
      assert_true(strlen(lines[i]) <= width);
  }
}

static void test_colour(void **state)
{
  g_autofree char *text = printed(PEER "kind=mismatch;reason=changed", 80, true);
  g_autofree char *plain = printed(PEER "kind=mismatch;reason=changed", 80, false);

  (void)state;
  assert_non_null(strstr(text, "\033[1;31mrefused\033[0m"));
  assert_null(strchr(plain, '\033'));
}

/* The key is chosen by the server, and the layer's name by an administrator. */
static void test_clean(void **state)
{
  g_autofree char *text = printed(
      PEER "kind=\033[1m;reason=\033[2J;layer=\033[3J;key=\033[4J;program=\033[5J", 80, false);

  (void)state;
  assert_null(strchr(text, '\033'));
}

static JsonNode *json_of(const char *words)
{
  tlspin_entry_t *event = thing_new(words);
  struct capture capture;
  g_autoptr(GError) error = NULL;
  JsonNode *node;
  char *text;

  capture_begin(&capture, STDOUT_FILENO);
  json_print(event_to_json(event));
  text = capture_end(&capture);
  node = json_from_string(text, &error);
  if (error != NULL)
    fail_msg("%s: %s", error->message, text);
  free(text);
  tlspin_entry_free(event);
  return node;
}

static void test_json(void **state)
{
  static const char keys[] =
      "id made last count kind host protocol port reason layer key report program operation ";
  g_autoptr(JsonNode) node = json_of(
      PEER "kind=hpkp;reason=changed;count=#2;key=" KEY
           ";report={\"hostname\":\"www.example.org\",\"port\":443};program=curl;operation=#12");
  JsonObject *object = json_node_get_object(node);
  g_autoptr(GList) members = json_object_get_members(object);
  g_autoptr(GString) found = g_string_new(NULL);

  (void)state;
  for (GList *member = members; member != NULL; member = member->next)
    g_string_append_printf(found, "%s ", (char *)member->data);
  assert_string_equal(found->str, keys);
  assert_int_equal(json_object_get_int_member(object, "id"), 3);
  assert_string_equal(json_object_get_string_member(object, "made"), "2026-11-22T17:00:00Z");
  assert_true(json_object_get_null_member(object, "layer"));
  assert_string_equal(json_object_get_string_member(object, "program"), "curl");
  assert_int_equal(json_object_get_int_member(object, "operation"), 12);
  object = json_object_get_object_member(object, "report");
  assert_int_equal(json_object_get_int_member(object, "port"), 443);
}

/* A report that is no JSON is still what was logged; one that isn't there is null, as is an
 * operation. */
static void test_json_report(void **state)
{
  g_autoptr(JsonNode) broken = json_of(PEER "kind=hpkp;report={\"hostname\":");
  g_autoptr(JsonNode) none = json_of(PEER "kind=change");

  (void)state;
  assert_string_equal(json_object_get_string_member(json_node_get_object(broken), "report"),
                      "{\"hostname\":");
  assert_true(json_object_get_null_member(json_node_get_object(none), "report"));
  assert_true(json_object_get_null_member(json_node_get_object(none), "operation"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mismatch), cmocka_unit_test(test_dtls),
      cmocka_unit_test(test_others),   cmocka_unit_test(test_accepted),
      cmocka_unit_test(test_crowded),  cmocka_unit_test(test_hpkp),
      cmocka_unit_test(test_reasons),  cmocka_unit_test(test_width),
      cmocka_unit_test(test_colour),   cmocka_unit_test(test_clean),
      cmocka_unit_test(test_json),     cmocka_unit_test(test_json_report),
  };

  setenv("TZ", "UTC", 1);
  tzset();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
