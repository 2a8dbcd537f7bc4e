/* What would be answered about a server, and why, as people and programs read it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/explanation.h"

#include "tests/capture.h"
#include "tests/things.h"
#include "tools/cells.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SERVER "www.example.org:443"
#define WHY    "tlspin why --connect " SERVER
#define KEY    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define OTHER  "sha256//BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB="

static const char locked[] =
    "host=example.org;scope=subtree;protocol=;port=#0;kind=pin;status=critical;origin=policy;"
    "level=authority;layer=corp.db;lock=enforce;state=active;role=decided;key=" KEY;
static const char mine[] =
    "host=www.example.org;scope=exact;protocol=;port=#443;kind=pin;status=critical;origin=user;"
    "level=leaf;layer=user;lock=none;state=masked;role=locked-out;expires=#1795453200;key=" OTHER;
static const char off[] =
    "host=www.example.org;scope=exact;protocol=;port=#443;kind=mode;status=off;origin=user;"
    "layer=user;lock=none;state=active;role=matched";
static const char ticket[] = "host=www.example.org;protocol=tls;port=#443;kind=ticket;layer=user;"
                             "lock=none;state=active;role=looked-at;expires=#1795453200";

static char *printed(const tlspin_explanation_t *explanation, const struct tlspin_check *check,
                     unsigned width)
{
  GString *paper = g_string_new(NULL);
  const struct columns_style style = thing_style(paper, width);

  explanation_print(&(struct question){SERVER, check, "", WHY, explanation}, &style);
  return g_string_free(paper, FALSE);
}

static tlspin_explanation_t *locked_one(void)
{
  tlspin_explanation_t *explanation =
      explained("answer=mismatch;reason=critical-differs;layer=corp.db;enforced=#1;rule=#6;"
                "change=;excused=#0;ticket=stands;decided=#0;locked-by=corp.db");

  explained_add(explanation, TLSPIN_ENTRIES, locked);
  explained_add(explanation, TLSPIN_ENTRIES, mine);
  explained_add(explanation, TLSPIN_ENTRIES, off);
  explained_add(explanation, TLSPIN_ENTRIES, ticket);
  explained_add(explanation, TLSPIN_LAYERS, "name=user;path=/a/pins.db;state=ok");
  explained_add(explanation, TLSPIN_LAYERS,
                "name=broken.db;path=/b/broken.db;state=unavailable;problem=/b/broken.db: torn");
  explained_add(explanation, TLSPIN_SETTINGS, "name=learn;value=yes;source=default;locked=#0");
  explained_add(explanation, TLSPIN_SETTINGS,
                "name=anchors;value=enforce;source=corp.db;locked=#1");
  return explanation;
}

static void test_printed(void **state)
{
  const struct tlspin_check check = {.pki = TLSPIN_PKI_OK};
  tlspin_explanation_t *explanation = locked_one();
  g_autofree char *text = printed(explanation, &check, 0);

  (void)state;
  assert_string_equal(
      text, "Server      www.example.org:443\n"
            "PKI         the certificate is valid\n"
            "Answer      mismatch: the server has none of the keys that are pinned for it\n"
            "Rule        6 of tlspin-verdict(7)\n"
            "Decided by  corp.db\n"
            "Ticket      stands: the server has to prove it\n"
            "\n"
            "What is stored for it, in order of precedence:\n"
            "ROLE        LAYER            KIND      UNTIL       FOR\n"
            "decides     corp.db, locked  critical  -           .example.org\n"
            "    " KEY "\n"
            "    level authority\n"
            "locked out  user             critical  2026-11-23  www.example.org:443\n"
            "    " OTHER "\n"
            "    level leaf\n"
            "matches     user             off       -           www.example.org:443\n"
            "differs     user             ticket    2026-11-23  www.example.org:443\n"
            "\n"
            "/b/broken.db: torn\n"
            "\n"
            "The administrator of this computer has settled that (corp.db). No command of yours "
            "changes it; ask there.\n");
  explained_end(explanation);
}

/* What is only reported doesn't look like what is enforced; and a comment is shown. */
static void test_terms(void **state)
{
  tlspin_explanation_t *explanation =
      explained("answer=mismatch;reason=critical-differs;layer=corp.db;enforced=#0;rule=#6;"
                "change=;excused=#0;ticket=none;decided=#0");
  g_autofree char *text = NULL;

  (void)state;
  explained_add(explanation, TLSPIN_ENTRIES,
                "host=example.org;scope=subtree;protocol=;port=#0;kind=pin;status=critical;"
                "origin=policy;layer=corp.db;lock=report;role=decided;level=any;"
                "enforced-until=#0;note=asset 4711;key=" KEY);
  text = printed(explanation, NULL, 0);
  assert_non_null(strstr(text, "decides  corp.db, locked  critical  -      .example.org\n"
                               "    " KEY "\n"
                               "    level any; only reported\n"
                               "    note: asset 4711\n"));
  explained_end(explanation);
}

/* Where nothing was shown nothing was compared; that is said, and how it would be. */
static void test_lookup(void **state)
{
  const struct tlspin_check check = {.pki = TLSPIN_PKI_OK};
  tlspin_explanation_t *explanation = locked_one();
  g_autofree char *text = printed(explanation, NULL, 0), *shown = printed(explanation, &check, 0);

  (void)state;
  assert_non_null(strstr(text, "\n\nThis is about what is stored alone; what the server shows was "
                               "not looked at. To have that judged, too:\n  " WHY "\n\nWhat is"));
  assert_null(strstr(shown, "about what is stored alone"));
  assert_null(strstr(text, "PKI"));
  assert_null(strstr(text, "differs "));
  assert_null(strstr(text, "matches"));
  assert_non_null(strstr(text, "in force    user             ticket "));
  assert_non_null(strstr(text, "decides     corp.db, locked"));
  explained_end(explanation);
}

static void test_advice(void **state)
{
  tlspin_explanation_t *explanation =
      explained("answer=mismatch;reason=changed;layer=user;enforced=#0;rule=#6;"
                "change=unexplained;ticket=none;decided=#0");
  g_autofree char *text = NULL;

  (void)state;
  explained_add(explanation, TLSPIN_ENTRIES,
                "host=www.example.org;scope=exact;protocol=;port=#443;kind=pin;status=active;"
                "origin=tofu;layer=user;lock=none;role=decided;key=" KEY);
  explained_add(explanation, TLSPIN_COMMANDS,
                "command=tlspin clear www.example.org:443;does=clear;asks=#0");
  explained_add(explanation, TLSPIN_COMMANDS,
                "command=tlspin pin --from-server www.example.org:443;does=accept;asks=#1");
  text = printed(explanation, NULL, 0);
  assert_non_null(
      strstr(text, "            policy wants that only to be reported, so programs go on\n"));
  assert_non_null(strstr(
      text, "Change      the server shows another key than the pinned one, and nothing explains "));
  assert_non_null(strstr(text, "decides  user   learned  -      www.example.org:443\n"));
  assert_non_null(strstr(text, "\nWhat would change it:\n"
                               "  tlspin clear www.example.org:443\n"
                               "      forget that, and learn the server anew when it is met "
                               "again\n"
                               "  tlspin pin --from-server www.example.org:443\n"
                               "      accept the key that it shows now\n"));
  assert_null(strstr(text, "Ticket"));
  assert_null(strstr(text, "administrator"));
  explained_end(explanation);
}

static void test_pki(void **state)
{
  const struct tlspin_check check = {.pki = TLSPIN_PKI_FAILED,
                                     .errors = TLSPIN_PKI_EXPIRED | TLSPIN_PKI_NAME};
  tlspin_explanation_t *failed = explained("answer=no-pin;reason=pki-failed;rule=#3;excused=#0");
  tlspin_explanation_t *excused = explained("answer=match;reason=excepted;rule=#7;excused=#10");
  g_autofree char *one = printed(failed, &check, 0), *other = printed(excused, &check, 0);

  (void)state;
  assert_non_null(strstr(one, "PKI     expired, name\n"));
  assert_null(strstr(one, "excuses"));
  assert_null(strstr(one, "What is stored"));
  assert_non_null(strstr(other, "PKI     expired, name\n        an exception excuses that\n"));
  explained_end(failed);
  explained_end(excused);
}

static tlspin_explanation_t *long_one(void)
{
  tlspin_explanation_t *explanation = locked_one();

  explained_add(
      explanation, TLSPIN_ENTRIES,
      "host=a-host-with-quite.a-long-name.in-the.north-of.the.example.net;scope=one-label;"
      "port=#65535;kind=exception;status=excepted;origin=user;layer=user;lock=none;"
      "role=elsewhere;expires=#1795453200;key=1 2 "
      "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
      "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  return explanation;
}

/* The layout holds on any terminal; and only what has no blanks is cut. */
static void test_width(void **state)
{
  const struct tlspin_check check = {.pki = TLSPIN_PKI_OK};
  tlspin_explanation_t *explanation = long_one();

  (void)state;
  for (unsigned width = 70; width <= 132; width++) {
    g_autofree char *text = printed(explanation, &check, width);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (size_t i = 0; lines[i] != NULL; i++)
      if (cells_width(lines[i]) > width)
        fail_msg("at %u: '%s'", width, lines[i]);
    assert_non_null(strstr(text, "decides"));
    assert_non_null(strstr(text, "corp.db, locked"));
    assert_non_null(strstr(text, "    " KEY "\n"));
  }
  explained_end(explanation);
}

/* What others chose steers no terminal. */
static void test_clean(void **state)
{
  tlspin_explanation_t *explanation = explained(
      "answer=\033[1m;reason=\033[2m;layer=\033[3m;rule=#1;change=\033[4m;ticket=\033[5m");
  g_autofree char *text = NULL;

  (void)state;
  explained_add(explanation, TLSPIN_ENTRIES,
                "host=\033[6m;scope=exact;port=#0;kind=pin;status=active;layer=\033[7m;lock=none;"
                "role=\033[8m;key=\033[9m");
  explained_add(explanation, TLSPIN_LAYERS, "name=a;problem=\033[2J");
  text = printed(explanation, NULL, 0);
  assert_null(strchr(text, '\033'));
  explained_end(explanation);
}

static JsonNode *json_of(const tlspin_explanation_t *explanation, const struct tlspin_check *check)
{
  struct capture capture;
  g_autoptr(GError) error = NULL;
  JsonNode *node;
  char *text;

  capture_begin(&capture, STDOUT_FILENO);
  json_print(explanation_to_json(&(struct question){SERVER, check, "", WHY, explanation}));
  text = capture_end(&capture);
  node = json_from_string(text, &error);
  if (error != NULL)
    fail_msg("%s: %s", error->message, text);
  free(text);
  return node;
}

static void assert_keys(JsonObject *object, const char *expected)
{
  g_autoptr(GList) members = json_object_get_members(object);
  g_autoptr(GString) found = g_string_new(NULL);

  for (GList *member = members; member != NULL; member = member->next)
    g_string_append_printf(found, "%s ", (char *)member->data);
  assert_string_equal(found->str, expected);
}

static const char top[] = "server pki errors verdict entries layers settings locked-by commands ";
static const char verdict_keys[] =
    "answer reason layer change ticket enforced rule excused clock believed clock-now "
    "clock-jumped clock-trusted clock-problem ";

static void test_json(void **state)
{
  const struct tlspin_check check = {.pki = TLSPIN_PKI_OK};
  tlspin_explanation_t *explanation = locked_one();
  g_autoptr(JsonNode) node = json_of(explanation, &check);
  JsonObject *object = json_node_get_object(node), *part;
  JsonArray *array;

  (void)state;
  assert_keys(object, top);
  assert_string_equal(json_object_get_string_member(object, "pki"), "ok");
  assert_string_equal(json_object_get_string_member(object, "locked-by"), "corp.db");
  assert_int_equal(json_array_get_length(json_object_get_array_member(object, "commands")), 0);
  part = json_object_get_object_member(object, "verdict");
  assert_keys(part, verdict_keys);
  assert_true(json_object_get_boolean_member(part, "enforced"));
  assert_int_equal(json_object_get_int_member(part, "rule"), 6);
  array = json_object_get_array_member(object, "entries");
  assert_int_equal(json_array_get_length(array), 4);
  part = json_array_get_object_element(array, 1);
  assert_string_equal(json_object_get_string_member(part, "role"), "locked-out");
  assert_string_equal(json_object_get_string_member(part, "key"), OTHER);
  assert_true(json_object_has_member(json_array_get_object_element(array, 3), "ticket-size"));
  part = json_array_get_object_element(json_object_get_array_member(object, "layers"), 1);
  assert_keys(part, "name path state problem ");
  part = json_array_get_object_element(json_object_get_array_member(object, "settings"), 1);
  assert_keys(part, "name value source locked ");
  assert_true(json_object_get_boolean_member(part, "locked"));
  explained_end(explanation);
}

/* The same keys where nothing is there. */
static void test_json_empty(void **state)
{
  tlspin_explanation_t *explanation = explained("answer=no-pin;reason=none;rule=#7");
  g_autoptr(JsonNode) node = json_of(explanation, NULL);
  JsonObject *object = json_node_get_object(node);

  (void)state;
  assert_keys(object, top);
  assert_keys(json_object_get_object_member(object, "verdict"), verdict_keys);
  assert_true(json_object_get_null_member(object, "pki"));
  assert_true(json_object_get_null_member(object, "locked-by"));
  assert_int_equal(json_array_get_length(json_object_get_array_member(object, "entries")), 0);
  assert_int_equal(json_array_get_length(json_object_get_array_member(object, "commands")), 0);
  explained_end(explanation);
}

/* Each with a word for programs, and the text for people. */
static void test_json_commands(void **state)
{
  tlspin_explanation_t *explanation = explained("answer=no-pin;reason=none;rule=#7;locked-by=");
  g_autoptr(JsonNode) node = NULL;
  JsonObject *object, *command;

  (void)state;
  explained_add(explanation, TLSPIN_COMMANDS, "command=tlspin off 'a';does=off;asks=#0");
  node = json_of(explanation, NULL);
  object = json_node_get_object(node);
  assert_true(json_object_get_null_member(object, "locked-by"));
  command = json_array_get_object_element(json_object_get_array_member(object, "commands"), 0);
  assert_keys(command, "command does text ");
  assert_string_equal(json_object_get_string_member(command, "command"), "tlspin off 'a'");
  assert_string_equal(json_object_get_string_member(command, "does"), "off");
  assert_string_equal(json_object_get_string_member(command, "text"), "trust the PKI alone there");
  explained_end(explanation);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_printed),    cmocka_unit_test(test_terms),
      cmocka_unit_test(test_lookup),     cmocka_unit_test(test_advice),
      cmocka_unit_test(test_pki),        cmocka_unit_test(test_width),
      cmocka_unit_test(test_clean),      cmocka_unit_test(test_json),
      cmocka_unit_test(test_json_empty), cmocka_unit_test(test_json_commands),
  };

  setenv("TZ", "UTC", 1);
  tzset();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
