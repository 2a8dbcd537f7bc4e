/* A program with subcommands.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/command.h"

#include "tests/capture.h"
#include "tools/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS = 8, RAN = 42 };

static int ran_argc;
static char ran_argv[ARGUMENTS][32];

static int remember(int argc, char **argv)
{
  ran_argc = argc;
  for (int i = 0; i < argc; i++)
    g_strlcpy(ran_argv[i], argv[i], sizeof ran_argv[i]);
  return RAN;
}

static int run_other(int argc, char **argv)
{
  (void)argc, (void)argv;
  return RAN + 1;
}

static const struct command table[] = {
    {"connect", "HOST:PORT", "meet a server", remember},
    {"list", "", "list them", run_other},
    {"show", "HOST", "show one", run_other},
    {"status", "", "how it is", run_other},
    {NULL, NULL, NULL, NULL},
};

/* Splits a line into arguments, as GOption and main want them: the array is the caller's. */
static int split(const char *line, char *words[ARGUMENTS + 1])
{
  static char copy[256];
  int count = 0;

  g_strlcpy(copy, line, sizeof copy);
  for (char *word = strtok(copy, " "); word != NULL && count < ARGUMENTS; word = strtok(NULL, " "))
    words[count++] = word;
  words[count] = NULL;
  return count;
}

static void assert_main(const char *line, int expected, const char *output, const char *errors)
{
  struct capture out, err;
  char *words[ARGUMENTS + 1], *text, *said;
  int argc = split(line, words), status;

  capture_begin(&out, STDOUT_FILENO);
  capture_begin(&err, STDERR_FILENO);
  status = command_main(table, "prog", "Summary.", "Description.", argc, words);
  said = capture_end(&err);
  text = capture_end(&out);
  assert_string_equal(said, errors);
  assert_string_equal(text, output);
  assert_int_equal(status, expected);
  free(text);
  free(said);
}

static void test_runs(void **state)
{
  (void)state;
  assert_main("prog connect --option argument -x", RAN, "", "");
  assert_int_equal(ran_argc, 4);
  assert_string_equal(ran_argv[0], "connect");
  assert_string_equal(ran_argv[1], "--option");
  assert_string_equal(ran_argv[3], "-x");
  assert_main("prog list", RAN + 1, "", "");
}

static void test_unknown(void **state)
{
  (void)state;
  assert_main("prog lsit", STATUS_USAGE, "",
              "prog: There is no command 'lsit'. Is 'list' meant? Look at 'prog --help'.\n");
  assert_main("prog frobnicate", STATUS_USAGE, "",
              "prog: There is no command 'frobnicate'. Look at 'prog --help'.\n");
  assert_main("prog", STATUS_USAGE, "", "prog: A command is missing. Look at 'prog --help'.\n");
  assert_main("prog --frob list", STATUS_USAGE, "",
              "prog: Unknown option --frob. Look at 'prog --help'.\n");
}

static void test_version(void **state)
{
  (void)state;
  assert_main("prog --version", STATUS_FINE, "prog " PACKAGE_VERSION "\n", "");
  assert_main("prog -V", STATUS_FINE, "prog " PACKAGE_VERSION "\n", "");
}

static void test_nearest(void **state)
{
  static const struct {
    const char *text;
    const char *nearest;
  } cases[] = {
      {"lst", "list"},
      {"lisst", "list"},
      {"ilst", "list"},
      {"list", "list"},
      {"stat", "status"},
      {"staus", "status"},
      {"conect", "connect"},
      {"con", "connect"},
      {"sho", "show"},
      {"shwo", "show"},
      {"hosw", "show"},
      {"", NULL},
      {"x", NULL},
      {"s", NULL},
      {"remove", NULL},
      {"listing", NULL},
      {"a-very-long-word-indeed-longer-than-any-name", NULL},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    const struct command *nearest = command_nearest(table, cases[i].text);

    if (cases[i].nearest == NULL && nearest != NULL)
      fail_msg("'%s' is near '%s'", cases[i].text, nearest->name);
    if (cases[i].nearest != NULL) {
      assert_non_null(nearest);
      assert_string_equal(nearest->name, cases[i].nearest);
    }
  }
}

static void test_list(void **state)
{
  g_autofree char *list = command_list(table);

  (void)state;
  assert_string_equal(list, "  connect    meet a server\n"
                            "  list       list them\n"
                            "  show       show one\n"
                            "  status     how it is\n");
}

static gboolean flag;
static int number;

static const GOptionEntry entries[] = {
    {"flag", 'f', 0, G_OPTION_ARG_NONE, &flag, "A flag", NULL},
    {"number", 0, 0, G_OPTION_ARG_INT, &number, "A number", "N"},
    G_OPTION_ENTRY_NULL,
};

static void assert_parsed(const char *line, int most, int expected, const char *arguments,
                          const char *errors)
{
  struct capture err;
  char *words[ARGUMENTS + 1], **argv = words, *said;
  g_autofree char *rest = NULL;
  int argc = split(line, words), status;

  flag = FALSE;
  number = 0;
  capture_begin(&err, STDERR_FILENO);
  status = options_parse("prog cmd", "[A] [B]", "Description.", entries, 1, most, &argc, &argv);
  said = capture_end(&err);
  assert_string_equal(said, errors);
  assert_int_equal(status, expected);
  assert_null(argv[argc]);
  rest = g_strjoinv(" ", argv + 1);
  if (status == STATUS_FINE)
    assert_string_equal(rest, arguments);
  free(said);
}

static void test_options(void **state)
{
  (void)state;
  assert_parsed("cmd a", 2, STATUS_FINE, "a", "");
  assert_false(flag);
  assert_parsed("cmd --flag a --number=3 b", 2, STATUS_FINE, "a b", "");
  assert_true(flag);
  assert_int_equal(number, 3);
  assert_parsed("cmd a -f b --number 4", 2, STATUS_FINE, "a b", "");
  assert_true(flag);
  assert_int_equal(number, 4);
  assert_parsed("cmd a b c d e", -1, STATUS_FINE, "a b c d e", "");
  assert_parsed("cmd -", 2, STATUS_FINE, "-", "");
}

static void test_separator(void **state)
{
  (void)state;
  assert_parsed("cmd -- a", 2, STATUS_FINE, "a", "");
  assert_parsed("cmd -- -f", 2, STATUS_FINE, "-f", "");
  assert_false(flag);
  assert_parsed("cmd -f a -- --number", 2, STATUS_FINE, "a --number", "");
  assert_true(flag);
  assert_parsed("cmd a -- b", 2, STATUS_FINE, "a b", "");
  assert_parsed("cmd -- --", 2, STATUS_FINE, "--", "");
}

static void test_misuse(void **state)
{
  (void)state;
  assert_parsed("cmd", 2, STATUS_USAGE, "",
                "prog cmd: An argument is missing: [A] [B]. Look at 'prog cmd --help'.\n");
  assert_parsed("cmd a b c", 2, STATUS_USAGE, "",
                "prog cmd: 'c' is one argument too many. Look at 'prog cmd --help'.\n");
  assert_parsed("cmd --frob a", 2, STATUS_USAGE, "",
                "prog cmd: Unknown option --frob. Look at 'prog cmd --help'.\n");
  assert_parsed("cmd --number=many a", 2, STATUS_USAGE, "",
                "prog cmd: Cannot parse integer value “many” for --number. "
                "Look at 'prog cmd --help'.\n");
}

/* GLib ends the process after its help. */
static void test_help(void **state)
{
  struct capture out;
  char *words[ARGUMENTS + 1], **argv = words, *text;
  int argc = split("cmd --help", words), status;
  pid_t child;

  (void)state;
  capture_begin(&out, STDOUT_FILENO);
  child = fork();
  assert_true(child >= 0);
  if (child == 0)
    _exit(options_parse("prog cmd", "[A]", "Description.", entries, 0, 1, &argc, &argv) + 99);
  assert_int_equal(waitpid(child, &status, 0), child);
  text = capture_end(&out);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  assert_non_null(strstr(text, "prog cmd [OPTION…] [A]\n"));
  assert_non_null(strstr(text, "-f, --flag"));
  assert_non_null(strstr(text, "\nDescription.\n"));
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_runs),      cmocka_unit_test(test_unknown),
      cmocka_unit_test(test_version),   cmocka_unit_test(test_nearest),
      cmocka_unit_test(test_list),      cmocka_unit_test(test_options),
      cmocka_unit_test(test_separator), cmocka_unit_test(test_misuse),
      cmocka_unit_test(test_help),
  };

  setlocale(LC_ALL, "C.UTF-8");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
