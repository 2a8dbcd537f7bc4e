/* A table that fits the terminal.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/columns.h"

#include "tests/capture.h"
#include "tools/cells.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ELLIPSIS "\xe2\x80\xa6"

static const struct column shape[] = {
    {.title = "NAME", .shrinks = true},
    {.title = "NUMBER", .right = true},
    {.title = "STATE", .drop = 1},
    {.title = "ORIGIN", .drop = 2},
};

enum { SHAPE = sizeof shape / sizeof shape[0] };

struct paper {
  GString *text;
  unsigned pieces; /* calls of the sink */
};

static void write_on(const char *text, void *data)
{
  struct paper *paper = data;

  g_string_append(paper->text, text);
  paper->pieces++;
  assert_true(g_str_has_suffix(text, "\n"));
}

static struct columns *begin(struct paper *paper, unsigned width, bool coloured)
{
  struct columns_style style = {width, coloured, ELLIPSIS, write_on, paper};

  paper->text = g_string_new(NULL);
  paper->pieces = 0;
  return columns_new(shape, SHAPE, &style);
}

static void add(struct columns *table, const char *name, const char *number, const char *state,
                const char *origin)
{
  const struct cell cells[SHAPE] = {
      {name, PAINT_NONE}, {number, PAINT_NONE}, {state, PAINT_GOOD}, {origin, PAINT_NONE}};

  columns_add(table, cells);
}

static void end(struct columns *table, struct paper *paper, const char *expected)
{
  columns_end(table);
  assert_string_equal(paper->text->str, expected);
  g_string_free(paper->text, TRUE);
}

static void add_two(struct columns *table)
{
  add(table, "imap.example.org", "993", "active", "user");
  add(table, "a.example", "5", "expired", "corp.db");
}

/* The two rows in so many columns of a terminal; 0: no limit. */
static void expect_two(unsigned width, const char *expected)
{
  struct paper paper;
  struct columns *table = begin(&paper, width, false);

  add_two(table);
  end(table, &paper, expected);
}

#define TWO_ROWS                                                                                   \
  "NAME              NUMBER  STATE    ORIGIN\n"                                                    \
  "imap.example.org     993  active   user\n"                                                      \
  "a.example              5  expired  corp.db\n"

/* As wide as needed is wide enough. */
static void test_fits(void **state)
{
  (void)state;
  expect_two(0, TWO_ROWS);
  expect_two(42, TWO_ROWS);
}

/* The shrinking column has come to COLUMNS_LEAST: another one goes. */
static void test_drops(void **state)
{
  (void)state;
  expect_two(41, "NAME              NUMBER  STATE\n"
                 "imap.example.org     993  active\n"
                 "a.example              5  expired\n");
  expect_two(32, "NAME              NUMBER\n"
                 "imap.example.org     993\n"
                 "a.example              5\n");
}

/* Narrower than anything can be: what has to stay stays, and no line is empty. */
static void test_hopeless(void **state)
{
  (void)state;
  expect_two(5, "N  NUMBER\ni     993\na       5\n");
}

static void test_shrinks(void **state)
{
  struct paper paper;
  struct columns *table = begin(&paper, 44, false);

  (void)state;
  add(table, "a-very-long-name.example.org", "993", "active", "user");
  end(table, &paper,
      "NAME                  NUMBER  STATE   ORIGIN\n"
      "a-very-lon" ELLIPSIS "ample.org     993  active  user\n");
}

static void test_empty(void **state)
{
  struct paper paper;
  struct columns *table = begin(&paper, 80, false);

  (void)state;
  end(table, &paper, "");
}

/* Codes take no cells, and an empty cell none at all. */
static void test_colour(void **state)
{
  struct paper paper;
  struct columns *table = begin(&paper, 80, true);

  (void)state;
  add(table, "a", "1", "active", "user");
  add(table, "b", "2", "", "");
  end(table, &paper,
      "\033[1mNAME\033[0m  \033[1mNUMBER\033[0m  \033[1mSTATE\033[0m   \033[1mORIGIN\033[0m\n"
      "a          1  \033[32mactive\033[0m  user\n"
      "b          2\n");
}

/* The sample is written when it is full, and every row after it at once; a longer text is whole,
 * and moves only its own line. */
static void test_streams(void **state)
{
  struct paper paper;
  struct columns *table = begin(&paper, 0, false);

  (void)state;
  for (int i = 0; i < COLUMNS_SAMPLE - 1; i++)
    add(table, "a", "1", "active", "user");
  assert_int_equal(paper.pieces, 0);
  add(table, "a", "1", "active", "user");
  assert_int_equal(paper.pieces, COLUMNS_SAMPLE + 1);
  g_string_truncate(paper.text, 0);
  add(table, "longer", "1", "active", "user");
  add(table, "b", "1", "active", "user");
  assert_int_equal(paper.pieces, COLUMNS_SAMPLE + 3);
  end(table, &paper,
      "longer       1  active  user\n"
      "b          1  active  user\n");
}

/* On a terminal it is shortened instead. */
static void test_streams_limited(void **state)
{
  struct paper paper;
  struct columns *table = begin(&paper, 80, false);

  (void)state;
  for (int i = 0; i < COLUMNS_SAMPLE; i++)
    add(table, "host", "1", "active", "user");
  g_string_truncate(paper.text, 0);
  add(table, "longer", "1", "active", "user");
  end(table, &paper, "lo" ELLIPSIS "r       1  active  user\n");
}

/* A note follows its row, be that held back or not, and doesn't count for the widths. */
static void test_notes(void **state)
{
  struct paper paper;
  struct columns *table = begin(&paper, 0, false);

  (void)state;
  add(table, "a", "1", "active", "user");
  columns_note(table, "a note that is longer than all of the row");
  add(table, "b", "2", "active", "user");
  columns_note(table, "one");
  columns_note(table, "another");
  end(table, &paper,
      "NAME  NUMBER  STATE   ORIGIN\n"
      "a          1  active  user\n"
      "    a note that is longer than all of the row\n"
      "b          2  active  user\n"
      "    one\n"
      "    another\n");
  table = begin(&paper, 0, false);
  for (int i = 0; i < COLUMNS_SAMPLE; i++)
    add(table, "a", "1", "active", "user");
  g_string_truncate(paper.text, 0);
  columns_note(table, "of the last of the sample");
  add(table, "b", "1", "active", "user");
  columns_note(table, "at once");
  assert_string_equal(paper.text->str, "    of the last of the sample\n"
                                       "b          1  active  user\n"
                                       "    at once\n");
  columns_end(table);
  g_string_free(paper.text, TRUE);
}

/* Texts come from layers and certificates, too. */
static void test_clean(void **state)
{
  struct paper paper;
  struct columns *table = begin(&paper, 0, false);

  (void)state;
  add(table, "a\033b", "1", "active", "us\ner");
  columns_note(table, "c\033d");
  end(table, &paper,
      "NAME  NUMBER  STATE   ORIGIN\n"
      "a\xef\xbf\xbd"
      "b        1  active  us\xef\xbf\xbd"
      "er\n"
      "    c\xef\xbf\xbd"
      "d\n");
}

static void test_notes_limited(void **state)
{
  struct paper paper;
  struct columns *table = begin(&paper, 30, false);

  (void)state;
  add(table, "a", "1", "active", "user");
  columns_note(table, "0123456789012345678901234567890123456789");
  end(table, &paper,
      "NAME  NUMBER  STATE   ORIGIN\n"
      "a          1  active  user\n"
      "    0123456789012" ELLIPSIS "890123456789\n");
}

/* What is a sentence is broken and not shortened, held back or not. */
static void test_remarks(void **state)
{
  struct paper paper;
  struct columns *table = begin(&paper, 30, false);

  (void)state;
  add(table, "a", "1", "active", "user");
  columns_note(table, "the key");
  columns_remark(table, "this is said of it by the administrator, a\033b");
  end(table, &paper,
      "NAME  NUMBER  STATE   ORIGIN\n"
      "a          1  active  user\n"
      "    the key\n"
      "    this is said of it by the\n"
      "    administrator, a\xef\xbf\xbd"
      "b\n");
  table = begin(&paper, 0, false);
  for (int i = 0; i <= COLUMNS_SAMPLE; i++)
    add(table, "a", "1", "active", "user");
  g_string_truncate(paper.text, 0);
  columns_remark(table, "at once");
  assert_string_equal(paper.text->str, "    at once\n");
  columns_end(table);
  g_string_free(paper.text, TRUE);
}

/* No line passes the width, at whatever width there is room at all. */
static void test_every_width(void **state)
{
  (void)state;
  for (unsigned width = 9; width < 120; width++) {
    struct paper paper;
    struct columns *table = begin(&paper, width, false);
    g_auto(GStrv) lines = NULL;

    add(table, "a-very-long-name.somewhere.in.the.example.org", "993", "active", "user");
    add(table, "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2.example.org", "1", "expired", "corp.db");
    columns_end(table);
    lines = g_strsplit(paper.text->str, "\n", -1);
    assert_int_equal(g_strv_length(lines), 4);
    for (size_t i = 0; i < 3; i++) {
      assert_true(g_utf8_validate(lines[i], -1, NULL));
      assert_true(cells_width(lines[i]) <= width);
      assert_false(g_str_has_suffix(lines[i], " "));
    }
    g_string_free(paper.text, TRUE);
  }
}

static void assert_paragraph(unsigned width, unsigned indent, const char *text,
                             const char *expected)
{
  struct paper paper = {.text = g_string_new(NULL)};
  const struct columns_style style = {width, true, ELLIPSIS, write_on, &paper};

  columns_paragraph(&style, indent, text);
  assert_string_equal(paper.text->str, expected);
  g_string_free(paper.text, TRUE);
}

static void test_paragraph(void **state)
{
  (void)state;
  assert_paragraph(0, 0, "one two three", "one two three\n");
  assert_paragraph(0, 4, "one two three", "    one two three\n");
  assert_paragraph(8, 0, "one two three", "one two\nthree\n");
  assert_paragraph(8, 2, "one two three", "  one\n  two\n  three\n");
  assert_paragraph(8, 2, "a\033b",
                   "  a\xef\xbf\xbd"
                   "b\n");
}

static void test_style_of_output(void **state)
{
  struct capture capture;
  struct columns_style style;
  char *text;

  (void)state;
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  capture_begin_terminal(&capture, STDOUT_FILENO, 43);
  style = columns_style_of_output();
  style.write("text\n", style.data);
  text = capture_end(&capture);
  assert_string_equal(text, "text\n");
  assert_int_equal(style.width, 43);
  assert_true(style.coloured);
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fits),
      cmocka_unit_test(test_drops),
      cmocka_unit_test(test_shrinks),
      cmocka_unit_test(test_hopeless),
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_colour),
      cmocka_unit_test(test_streams),
      cmocka_unit_test(test_streams_limited),
      cmocka_unit_test(test_every_width),
      cmocka_unit_test(test_remarks),
      cmocka_unit_test(test_notes),
      cmocka_unit_test(test_notes_limited),
      cmocka_unit_test(test_clean),
      cmocka_unit_test(test_paragraph),
      cmocka_unit_test(test_style_of_output),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
