/* JSON on standard output.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/json.h"

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
#include <unistd.h>

static JsonBuilder *object(void)
{
  return json_builder_begin_object(json_builder_new());
}

/* What was written, read again. */
static JsonNode *read_back(struct capture *capture)
{
  g_autoptr(GError) error = NULL;
  char *text = capture_end(capture);
  JsonNode *node;

  assert_true(g_str_has_suffix(text, "\n"));
  node = json_from_string(text, &error);
  if (error != NULL)
    fail_msg("%s: %s", error->message, text);
  free(text);
  return node;
}

static void test_members(void **state)
{
  struct capture capture;
  JsonBuilder *builder = object();
  g_autoptr(JsonNode) node = NULL;
  JsonObject *read;

  (void)state;
  json_put_text(builder, "text", "a \"quoted\"\n\033\\ b\xc3\xbc");
  json_put_text(builder, "none", NULL);
  json_put_text(builder, "empty", "");
  json_put_text(builder, "latin1", "b\xfc");
  json_put_number(builder, "number", 65535);
  json_put_number(builder, "huge", UINT64_MAX);
  json_put_flag(builder, "yes", true);
  json_put_flag(builder, "no", false);
  json_put_time(builder, "time", 1795366800);
  json_put_time(builder, "never", 0);
  json_put_time(builder, "beyond", UINT64_MAX);
  capture_begin(&capture, STDOUT_FILENO);
  json_print(json_builder_end_object(builder));
  node = read_back(&capture);
  read = json_node_get_object(node);
  assert_int_equal(json_object_get_size(read), 11);
  assert_string_equal(json_object_get_string_member(read, "text"),
                      "a \"quoted\"\n\033\\ b\xc3\xbc");
  assert_true(json_object_get_null_member(read, "none"));
  assert_true(json_object_get_null_member(read, "empty"));
  assert_string_equal(json_object_get_string_member(read, "latin1"), "b\xef\xbf\xbd");
  assert_int_equal(json_object_get_int_member(read, "number"), 65535);
  assert_true(json_object_get_int_member(read, "huge") == INT64_MAX);
  assert_true(json_object_get_boolean_member(read, "yes"));
  assert_false(json_object_get_boolean_member(read, "no"));
  assert_string_equal(json_object_get_string_member(read, "time"), "2026-11-22T17:00:00Z");
  assert_true(json_object_get_null_member(read, "never"));
  assert_true(json_object_get_null_member(read, "beyond"));
}

/* A document a line, for those who read a stream of them. */
static void test_lines(void **state)
{
  struct capture capture;
  char *text;

  (void)state;
  capture_begin(&capture, STDOUT_FILENO);
  for (uint64_t i = 0; i < 2; i++) {
    JsonBuilder *builder = object();

    json_put_number(builder, "number", i);
    json_put_text(builder, "text", "a\nb\033\xc2\x9b");
    json_print_line(json_builder_end_object(builder));
  }
  text = capture_end(&capture);
  assert_string_equal(text, "{\"number\":0,\"text\":\"a\\nb\\u001b\\u009b\"}\n"
                            "{\"number\":1,\"text\":\"a\\nb\\u001b\\u009b\"}\n");
  free(text);
}

/* JSON is UTF-8 (RFC 8259 section 8.1), also where the terminal isn't. */
static void test_charset(void **state)
{
  struct capture capture;
  JsonBuilder *builder = object();
  char *text;

  (void)state;
  setlocale(LC_ALL, "C");
  json_put_text(builder, "text", "b\xc3\xbc");
  capture_begin(&capture, STDOUT_FILENO);
  json_print(json_builder_end_object(builder));
  text = capture_end(&capture);
  setlocale(LC_ALL, "C.UTF-8");
  assert_true(strstr(text, "b\xc3\xbc") != NULL || strstr(text, "b\\u00fc") != NULL);
  free(text);
}

static void add(struct json_array *array, uint64_t number)
{
  JsonBuilder *builder = object();

  json_put_number(builder, "number", number);
  json_array_add(array, json_builder_end_object(builder));
}

static void test_array(void **state)
{
  (void)state;
  for (unsigned count = 0; count < 4; count++) {
    struct capture capture;
    struct json_array array = {false};
    g_autoptr(JsonNode) node = NULL;
    JsonArray *read;

    capture_begin(&capture, STDOUT_FILENO);
    for (unsigned i = 0; i < count; i++)
      add(&array, i);
    json_array_end(&array, STATUS_FINE);
    node = read_back(&capture);
    read = json_node_get_array(node);
    assert_int_equal(json_array_get_length(read), count);
    for (unsigned i = 0; i < count; i++)
      assert_int_equal(json_object_get_int_member(json_array_get_object_element(read, i), "number"),
                       i);
  }
}

/* Each element is out before the next one comes: nothing is collected. */
static void test_array_streams(void **state)
{
  struct capture capture;
  struct json_array array = {false};
  char *text;

  (void)state;
  capture_begin(&capture, STDOUT_FILENO);
  add(&array, 1);
  add(&array, 2);
  text = capture_end(&capture);
  assert_string_equal(text, "[{\"number\":1}\n,{\"number\":2}\n");
  free(text);
}

/* The first of all tests here: nothing else was written. */
static void test_failure(void **state)
{
  struct capture capture;
  g_autoptr(JsonNode) node = NULL;
  char *text;

  (void)state;
  capture_begin(&capture, STDERR_FILENO);
  complain(STATUS_STORE, "b\xc3\xbc is wrong");
  free(capture_end(&capture));
  capture_begin(&capture, STDOUT_FILENO);
  json_print_failure();
  node = read_back(&capture);
  assert_string_equal(json_object_get_string_member(json_node_get_object(node), "error"),
                      "b\xc3\xbc is wrong");
  capture_begin(&capture, STDOUT_FILENO);
  json_print_failure(); /* there is a document already */
  text = capture_end(&capture);
  assert_string_equal(text, "");
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_failure), cmocka_unit_test(test_members),
      cmocka_unit_test(test_lines),   cmocka_unit_test(test_charset),
      cmocka_unit_test(test_array),   cmocka_unit_test(test_array_streams),
  };

  setlocale(LC_ALL, "C.UTF-8");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
