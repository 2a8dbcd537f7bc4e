/* Servers that the user names.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void assert_read(const char *text, const char *expected)
{
  struct target target;
  g_autofree char *problem = NULL, *again = NULL;

  if (!target_read(text, &target, &problem))
    fail_msg("%s", problem);
  again = target_text(&target);
  assert_string_equal(again, expected);
}

static void assert_refused(const char *text, const char *expected)
{
  struct target target;
  g_autofree char *problem = NULL;

  assert_false(target_read(text, &target, &problem));
  if (strstr(problem, expected) == NULL)
    fail_msg("'%s' is not in '%s'", expected, problem);
}

static void test_target(void **state)
{
  (void)state;
  assert_read("imap.example.org", "imap.example.org");
  assert_read("imap.example.org:993", "imap.example.org:993");
  assert_read("IMAP.Example.ORG.", "imap.example.org");
  assert_read("b\xc3\xbc"
              "cher.example:65535",
              "xn--bcher-kva.example:65535");
}

/* A host that stands in no list of processes. */
static void assert_read_line(const char *input, const char *expected)
{
  FILE *file = tmpfile(), *kept = stdin;
  char where[HOST_INPUT_MAX + 1];
  struct target target, met;
  g_autofree char *problem = NULL, *again = NULL;
  bool read, read_met;

  assert_non_null(file);
  assert_true(fputs(input, file) >= 0 && fflush(file) == 0);
  stdin = file;
  rewind(file);
  read = target_read("-", &target, &problem);
  g_clear_pointer(&problem, g_free);
  rewind(file);
  read_met = target_read_met("-", NULL, &met, where, &problem);
  stdin = kept;
  assert_int_equal(fclose(file), 0);
  assert_int_equal(read, expected != NULL);
  assert_int_equal(read_met, expected != NULL);
  if (expected == NULL) {
    assert_string_equal(problem, "there is no host on standard input");
    return;
  }
  again = target_text(&target);
  assert_string_equal(again, expected);
  assert_string_equal(where, met.host);
  assert_string_equal(met.host, target.host);
}

static void test_target_line(void **state)
{
  (void)state;
  assert_read_line("imap.example.org:993\n", "imap.example.org:993");
  assert_read_line("  imap.example.org  \nother.example\n", "imap.example.org");
  assert_read_line("imap.example.org", "imap.example.org");
  assert_read_line("", NULL);
}

static void test_target_refused(void **state)
{
  (void)state;
  assert_refused("", "'' is not of the form");
  assert_refused(":993", "is not of the form");
  assert_refused("a.example:", "is not of the form");
  assert_refused("a.example:0", "is not of the form");
  assert_refused("a.example:65536", "is not of the form");
  assert_refused("a.example:imap", "is not of the form");
  assert_refused("192.0.2.7", "it is an address");
  assert_refused("[2001:db8::7]:443", "it is an address");
  assert_refused("a..example", "is not a host name");
  assert_refused("a_b.example", "is not a host name");
  assert_refused("*.example", "is not a host name");
  assert_refused("a\xff.example", "is not a host name");
}

static void assert_met(const char *text, const char *name, const char *expected,
                       const char *expected_where)
{
  struct target target;
  char where[HOST_INPUT_MAX + 1];
  g_autofree char *problem = NULL, *again = NULL;

  if (!target_read_met(text, name, &target, where, &problem))
    fail_msg("%s", problem);
  again = target_text(&target);
  assert_string_equal(again, expected);
  assert_string_equal(where, expected_where);
}

static void assert_not_met(const char *text, const char *name, const char *expected)
{
  struct target target;
  char where[HOST_INPUT_MAX + 1];
  g_autofree char *problem = NULL;

  assert_false(target_read_met(text, name, &target, where, &problem));
  if (strstr(problem, expected) == NULL)
    fail_msg("'%s' is not in '%s'", expected, problem);
}

/* Who the server is to be, and where it is. */
static void test_met(void **state)
{
  (void)state;
  assert_met("IMAP.example.org.:993", NULL, "imap.example.org:993", "imap.example.org");
  assert_met("192.0.2.7:993", "IMAP.example.org", "imap.example.org:993", "192.0.2.7");
  assert_met("[2001:db8::7]:993", "imap.example.org", "imap.example.org:993", "2001:db8::7");
  assert_met("mx.example.org", "imap.example.org", "imap.example.org", "mx.example.org");
  assert_not_met("192.0.2.7:993", NULL, "--sni NAME says who");
  assert_not_met("[2001:db8::7]:993", NULL, "--sni NAME says who");
  assert_not_met("192.0.2.7:993", "192.0.2.8", "'192.0.2.8' is not a host name: it is an address");
  assert_not_met("192.0.2.7:993", "a..b", "'a..b' is not a host name");
  assert_not_met("192.0.2.7:993", "", "'' is not a host name: it is empty");
  assert_not_met("[foo:993", "imap.example.org", "is not of the form");
  assert_not_met("foo[:993", NULL, "it holds a colon or a bracket");
}

static void assert_place(const char *text, const char *host, int scope, uint16_t port,
                         const char *expected)
{
  struct target target;
  g_autofree char *problem = NULL, *again = NULL;

  if (!target_read_place(text, &target, &problem))
    fail_msg("%s", problem);
  assert_string_equal(target.host, host);
  assert_int_equal(target.scope, scope);
  assert_int_equal(target.port, port);
  again = target_text(&target);
  assert_string_equal(again, expected);
  if (scope == TARGET_ANY_SCOPE)
    assert_null(target_scope(&target));
  else
    assert_string_equal(target_scope(&target), scope_token((enum scope)scope));
}

static void test_place(void **state)
{
  (void)state;
  assert_place("A.Example", "a.example", TARGET_ANY_SCOPE, 0, "a.example");
  assert_place("a.example:993", "a.example", TARGET_ANY_SCOPE, 993, "a.example:993");
  assert_place("*.A.example.", "a.example", SCOPE_ONE_LABEL, 0, "*.a.example");
  assert_place(".a.example:443", "a.example", SCOPE_SUBTREE, 443, ".a.example:443");
  assert_place("*", "", SCOPE_SUBTREE, 0, "*");
}

static void assert_no_place(const char *text, const char *expected)
{
  struct target target;
  g_autofree char *problem = NULL;

  assert_false(target_read_place(text, &target, &problem));
  assert_non_null(strstr(problem, expected));
}

static void test_place_refused(void **state)
{
  (void)state;
  assert_no_place("*.", "is not a host name");
  assert_no_place("*.192.0.2.7", "is not a host name");
  assert_no_place("..a", "is not a host name");
  assert_no_place("a.*.example", "is not a host name");
  assert_no_place("", "is not of the form");
  assert_no_place("*\033[2J", "'*\xef\xbf\xbd[2J'");
}

/* What comes from a file may hold what a terminal would obey. */
static void test_message_is_clean(void **state)
{
  (void)state;
  assert_refused("a\033[2Jb", "'a\xef\xbf\xbd[2Jb'");
}

static GArray *read_with(const char *input, size_t size, char *const *arguments, char **problem)
{
  FILE *file = size > 0 ? fmemopen((void *)(uintptr_t)input, size, "r") : fopen("/dev/null", "r");
  GArray *targets;

  assert_non_null(file);
  targets = hosts_read(arguments, file, problem);
  fclose(file);
  return targets;
}

static void assert_targets(GArray *targets, const char *const *expected)
{
  assert_non_null(targets);
  assert_int_equal(targets->len, g_strv_length((char **)(uintptr_t)expected));
  for (guint i = 0; i < targets->len; i++) {
    g_autofree char *text = target_text(&g_array_index(targets, struct target, i));

    assert_string_equal(text, expected[i]);
  }
  g_array_unref(targets);
}

static void test_arguments(void **state)
{
  char *arguments[] = {(char[]){"B.example:1"}, (char[]){"a.example"}, NULL};
  g_autofree char *problem = NULL;

  (void)state;
  assert_targets(read_with("", 0, arguments, &problem),
                 (const char *const[]){"b.example:1", "a.example", NULL});
  assert_null(problem);
}

static void test_lines(void **state)
{
  static const char input[] = "# servers\n"
                              "a.example\n"
                              "\n"
                              "  \t \r\n"
                              "  b.example:993  \r\n"
                              "  # c.example\n"
                              "d.example"; /* no line feed at the end */
  char *arguments[] = {(char[]){"first.example"}, (char[]){"-"}, (char[]){"last.example"}, NULL};
  g_autofree char *problem = NULL;

  (void)state;
  assert_targets(read_with(input, sizeof input - 1, arguments, &problem),
                 (const char *const[]){"first.example", "a.example", "b.example:993", "d.example",
                                       "last.example", NULL});
}

static void test_no_lines(void **state)
{
  char *arguments[] = {(char[]){"-"}, NULL};
  g_autofree char *problem = NULL;

  (void)state;
  assert_targets(read_with("", 0, arguments, &problem), (const char *const[]){NULL});
}

static void assert_lines_refused(const char *input, size_t size, const char *expected)
{
  char *arguments[] = {(char[]){"-"}, NULL};
  g_autofree char *problem = NULL;

  assert_null(read_with(input, size, arguments, &problem));
  assert_string_equal(problem, expected);
}

/* One that can't be used: nothing is done at all, and it is found easily. */
static void test_lines_refused(void **state)
{
  g_autofree char *endless = g_strnfill(100000, 'a');

  (void)state;
#define REFUSED(input, expected) assert_lines_refused(input, sizeof(input) - 1, expected)
  REFUSED("a.example\n\nb.example:x\nc.example\n",
          "line 3 of standard input: 'b.example:x' is not of the form HOST or HOST:PORT");
  REFUSED("a.example\n192.0.2.7\n", "line 2 of standard input: '192.0.2.7' is not a host name: "
                                    "it is an address; pins need a host name");
  REFUSED("a.example\0.evil.example\n", "line 1 of standard input holds a NUL");
  REFUSED("a.example b.example\n",
          "line 1 of standard input: 'a.example b.example' is not a host name: a part between "
          "dots is empty or holds something else than letters, digits and inner hyphens");
#undef REFUSED
  endless[0] = 'b';
  {
    char *arguments[] = {(char[]){"-"}, NULL};
    g_autofree char *problem = NULL;

    assert_null(read_with(endless, 100000, arguments, &problem));
    assert_true(g_str_has_prefix(problem, "line 1 of standard input: 'b"));
  }
}

static void test_argument_refused(void **state)
{
  char *arguments[] = {(char[]){"a.example"}, (char[]){"b..example"}, NULL};
  g_autofree char *problem = NULL;

  (void)state;
  assert_null(read_with("", 0, arguments, &problem));
  assert_true(g_str_has_prefix(problem, "'b..example' is not a host name"));
}

/* Standard input that can't be read is no empty list. */
static void test_unreadable(void **state)
{
  char *arguments[] = {(char[]){"-"}, NULL};
  g_autofree char *problem = NULL;
  FILE *file = fopen("/", "r");

  (void)state;
  assert_non_null(file);
  assert_null(hosts_read(arguments, file, &problem));
  assert_string_equal(problem, "standard input can't be read: Is a directory");
  fclose(file);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_target),
      cmocka_unit_test(test_target_line),
      cmocka_unit_test(test_target_refused),
      cmocka_unit_test(test_met),
      cmocka_unit_test(test_place),
      cmocka_unit_test(test_place_refused),
      cmocka_unit_test(test_message_is_clean),
      cmocka_unit_test(test_arguments),
      cmocka_unit_test(test_lines),
      cmocka_unit_test(test_no_lines),
      cmocka_unit_test(test_lines_refused),
      cmocka_unit_test(test_argument_refused),
      cmocka_unit_test(test_unreadable),
  };

  setlocale(LC_ALL, "C.UTF-8");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
