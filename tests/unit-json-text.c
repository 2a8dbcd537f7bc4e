/* JSON that somebody else wrote.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/json-text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static JsonNode *read_text(const char *text, size_t size, size_t *line)
{
  return json_text_read((struct span){(const uint8_t *)text, size}, line);
}

static void assert_refused(const char *text, size_t size, size_t expected)
{
  size_t line = 0;

  assert_null(read_text(text, size, &line));
  assert_int_equal(line, expected);
}

static void test_members(void **state)
{
  const char *text = "{\"s\":\"x\",\"n\":7,\"f\":true,\"a\":[1],\"o\":{},\"z\":null,\"d\":1.5}";
  size_t line;
  g_autoptr(JsonNode) root = read_text(text, strlen(text), &line);
  JsonObject *object = json_node_get_object(root);
  int64_t number = 0;
  bool flag = false;

  (void)state;
  assert_string_equal(json_text_string(object, "s"), "x");
  assert_true(json_text_number(object, "n", &number));
  assert_int_equal(number, 7);
  assert_true(json_text_flag(object, "f", &flag));
  assert_true(flag);
  assert_non_null(json_text_array(object, "a"));
  assert_non_null(json_text_object(object, "o"));
  for (const char *const *name = (const char *const[]){"n", "f", "a", "o", "z", "d", "none", NULL};
       *name != NULL; name++)
    assert_null(json_text_string(object, *name));
  assert_null(json_text_array(object, "o"));
  assert_null(json_text_object(object, "a"));
  assert_false(json_text_number(object, "s", &number));
  assert_false(json_text_number(object, "d", &number));
  assert_false(json_text_flag(object, "n", &flag));
  assert_false(json_text_flag(object, "z", &flag));
}

static void test_refused(void **state)
{
  size_t line = 0;

  (void)state;
  assert_null(read_text(NULL, 0, &line));
  assert_refused("{\"a\":\n1", 7, 2);
  assert_refused("{\"a\":[\n1,\n", 10, 3);
  assert_refused("[1,\n\n2}", 7, 3);
  assert_refused("{\"a\":\"\xff\"}", 9, 1);
  assert_refused("{\"a\":1}\0{}", 10, 1);
  assert_refused("nothing", 7, 1);
}

static void assert_text_refused(const char *text, size_t line)
{
  assert_refused(text, strlen(text), line);
}

/* What could be read in two ways, or not as it stands there, isn't read. */
static void test_ambiguous(void **state)
{
  const char *fine = "{\"a\":\"\\\\u0000 \\u0001\",\"b\":{\"a\":[{\"a\":1},{\"a\":2}]}}";
  size_t line;
  JsonNode *root = read_text(fine, strlen(fine), &line);

  (void)state;
  assert_non_null(root);
  json_node_unref(root);
  assert_text_refused("{\"a\":1,\n\"a\":1}", 2);
  assert_text_refused("{\"a\":{\"b\":1},\"a\":2}", 1);
  assert_text_refused("{\"a\":2,\"a\":{\"b\":1}}", 1);
  assert_text_refused("[{\"a\":1,\"\\u0061\":1}]", 1);
  assert_text_refused("[\"a\",\n\"b\\u0000c\",\n1]", 2);
}

static void assert_lines(const char *text, const char *name, const size_t *expected)
{
  g_autoptr(GHashTable) lines = g_hash_table_new(NULL, NULL);
  size_t line;
  g_autoptr(JsonNode) root =
      json_text_read_lines((struct span){(const uint8_t *)text, strlen(text)}, &line, lines);
  JsonArray *list = json_text_array(json_node_get_object(root), name);

  for (guint i = 0; i < json_array_get_length(list); i++)
    assert_int_equal(GPOINTER_TO_SIZE(g_hash_table_lookup(lines, json_array_get_element(list, i))),
                     expected[i]);
}

/* What is in a list begins in a line, whatever it is and whatever is in it. */
static void test_lines(void **state)
{
  static const char text[] = "{\"a\":[{},\n\n{\"b\":[\n1\n]},[\n[]],\n\"x\",null,\n7.5],\n"
                             "\"c\":\n[\ntrue,\n\n{\n}\n]\n}\n";
  g_autoptr(GHashTable) lines = g_hash_table_new(NULL, NULL);
  size_t line = 0;

  (void)state;
  assert_lines(text, "a", (const size_t[]){1, 3, 5, 7, 7, 8});
  assert_lines(text, "c", (const size_t[]){11, 13});
  assert_null(json_text_read_lines((struct span){(const uint8_t *)"{\n[", 3}, &line, lines));
  assert_int_equal(line, 2);
}

/* A million levels would use up the stack of whoever calls itself for each. */
static void test_deep(void **state)
{
  g_autofree char *lists = g_strnfill(1000000, '[');
  g_autofree char *objects = NULL;
  GString *text = g_string_new(NULL);
  const char *string = "[\"[[[[[[[[[[[[[[[[[[[[[[\\\"[[[\"]";
  size_t line;

  (void)state;
  for (int i = 0; i < 100000; i++)
    g_string_append(text, "{\"a\":");
  objects = g_string_free(text, FALSE);
  assert_refused(lists, 1000000, 1);
  assert_refused(objects, strlen(objects), 1);
  assert_refused("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", 35, 1);
  json_node_unref(read_text("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", 33, &line));
  json_node_unref(read_text(string, strlen(string), &line));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_members),   cmocka_unit_test(test_refused),
      cmocka_unit_test(test_ambiguous), cmocka_unit_test(test_lines),
      cmocka_unit_test(test_deep),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
