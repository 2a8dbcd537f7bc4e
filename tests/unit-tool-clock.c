/* What people and programs are told of the computer's clock: tools/clock.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void write_text(const char *text, void *data)
{
  g_string_append(data, text);
}

static char *sheet_of(const struct clock_told *told)
{
  GString *text = g_string_new(NULL);
  const struct columns_style style = {.width = 100, .write = write_text, .data = text};
  struct sheet *sheet = sheet_new();

  sheet_add(sheet, "Before", "%s", "it");
  clock_add(sheet, told);
  sheet_end(sheet, &style);
  return g_string_free(text, FALSE);
}

static void expect_lines(const struct clock_told *told, const char *expected)
{
  g_autofree char *text = sheet_of(told);

  assert_string_equal(text, expected);
}

/* Nothing is said of what is fine, or not known. */
static void test_fine(void **state)
{
  (void)state;
  expect_lines(&(struct clock_told){"ok", 1000, -1, -1, -1, NULL}, "Before  it\n");
  expect_lines(&(struct clock_told){NULL, -1, -1, -1, -1, NULL}, "Before  it\n");
  expect_lines(&(struct clock_told){"broken", 1000, 1, 1, 1, NULL}, "Before  it\n");
}

static void test_suspect(void **state)
{
  (void)state;
  expect_lines(&(struct clock_told){"suspect", 1900000000, 0, 0, 86400, NULL},
               "Before  it\n"
               "Clock   can't be trusted: it has jumped to 1970-01-01 00:00\n"
               "        pins are judged as at 2030-03-17 17:46, and none ends meanwhile\n"
               "        trusted when it is set right, or from 1970-01-02 00:00 on\n");
  expect_lines(
      &(struct clock_told){"suspect", 1900000000, 253402300799, 253402300799, 253402300799, NULL},
      "Before  it\n"
      "Clock   can't be trusted: it has jumped to 9999-12-31 23:59\n"
      "        pins are judged as at 2030-03-17 17:46, and none ends meanwhile\n"
      "        trusted when it is set right, or from 9999-12-31 23:59 on\n");
}

/* No day is told on which it would be trusted. */
static void test_problem(void **state)
{
  const struct clock_told told = {"suspect", 1900000000, 0, -1, -1, "nobody understands it."};

  (void)state;
  expect_lines(&told, "Before  it\n"
                      "Clock   can't be trusted: nobody understands it.\n"
                      "        pins are judged as at 2030-03-17 17:46, and none ends meanwhile\n");
}

static void expect_doubt(const char *clock, int64_t believed, int64_t now, uint64_t end,
                         const char *expected)
{
  const struct clock_told told = {clock, believed, now, now, now, NULL};
  g_autofree char *text = clock_doubt(&told, end);

  if (expected == NULL)
    assert_null(text);
  else
    assert_string_equal(text, expected);
}

/* Only of what lies between the two times; the moment of the end is after it. */
static void test_doubt(void **state)
{
  static const char ahead[] = "in force although it ended on 2030-03-17 by what the clock says, "
                              "which isn't trusted";
  static const char behind[] = "ended on 2030-03-17, but not by what the clock says, which isn't "
                               "trusted: whether it is in force can't be told";

  (void)state;
  expect_doubt("suspect", 1899999999, 1900000000, 1900000000, ahead);
  expect_doubt("suspect", 0, 253402300799, 1900000000, ahead);
  expect_doubt("suspect", 1900000000, 1899999999, 1900000000, behind);
  expect_doubt("suspect", 1900000000, 1900000001, 1900000000, NULL);
  expect_doubt("suspect", 1899999998, 1899999999, 1900000000, NULL);
  expect_doubt("suspect", 1000, 2000, 0, NULL); /* it never ends */
  expect_doubt("ok", 1899999999, 1900000000, 1900000000, NULL);
  expect_doubt(NULL, -1, -1, 1900000000, NULL);
}

static void expect_json(const struct clock_told *told, const char *expected)
{
  JsonBuilder *builder = json_builder_new();
  JsonNode *root;
  char *text;

  json_builder_begin_object(builder);
  clock_put(builder, told);
  json_builder_end_object(builder);
  root = json_builder_get_root(builder);
  text = json_to_string(root, FALSE);
  assert_string_equal(text, expected);
  g_free(text);
  json_node_unref(root);
  g_object_unref(builder);
}

static void test_json(void **state)
{
  (void)state;
  expect_json(&(struct clock_told){"suspect", 1900000000, 0, 60, 86400, NULL},
              "{\"clock\":\"suspect\",\"believed\":\"2030-03-17T17:46:40Z\","
              "\"clock-now\":\"1970-01-01T00:00:01Z\",\"clock-jumped\":\"1970-01-01T00:01:00Z\","
              "\"clock-trusted\":\"1970-01-02T00:00:00Z\",\"clock-problem\":null}");
  expect_json(&(struct clock_told){"ok", 1900000000, -1, -1, -1, NULL},
              "{\"clock\":\"ok\",\"believed\":\"2030-03-17T17:46:40Z\",\"clock-now\":null,"
              "\"clock-jumped\":null,\"clock-trusted\":null,"
              "\"clock-problem\":null}");
  expect_json(&(struct clock_told){NULL, -1, -1, -1, -1, NULL},
              "{\"clock\":null,\"believed\":null,\"clock-now\":null,\"clock-jumped\":null,"
              "\"clock-trusted\":null,"
              "\"clock-problem\":null}");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fine),  cmocka_unit_test(test_suspect), cmocka_unit_test(test_problem),
      cmocka_unit_test(test_doubt), cmocka_unit_test(test_json),
  };

  setenv("TZ", "UTC", 1);
  tzset();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
