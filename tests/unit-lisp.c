/* What Emacs prints of lists.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/lisp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static struct lisp *read_text(const char *text, size_t *line)
{
  struct lisp_reader reader = lisp_reader_of((struct span){(const uint8_t *)text, strlen(text)});
  struct lisp *form = lisp_read(&reader);

  *line = reader.line;
  return form;
}

static void print(const struct lisp *form, GString *text)
{
  if (form->kind == LISP_STRING)
    g_string_append_printf(text, "<%s>", form->text->str);
  else if (form->kind == LISP_SYMBOL)
    g_string_append(text, form->text->str);
  else {
    g_string_append_c(text, '(');
    for (guint i = 0; i < form->items->len; i++) {
      g_string_append(text, i > 0 ? " " : "");
      print(form->items->pdata[i], text);
    }
    g_string_append_c(text, ')');
  }
}

static void assert_read(const char *text, const char *expected)
{
  size_t line;
  g_autoptr(lisp) form = read_text(text, &line);
  g_autoptr(GString) printed = g_string_new(NULL);

  assert_non_null(form);
  print(form, printed);
  assert_string_equal(printed->str, expected);
}

static void assert_broken(const char *text, size_t expected)
{
  size_t line;

  assert_null(read_text(text, &line));
  assert_int_equal(line, expected);
}

static void test_forms(void **state)
{
  (void)state;
  assert_read("nil", "nil");
  assert_read(" ; a comment ( \n :id ", ":id");
  assert_read("\"a \\\"b\\\\ \\n(;\"", "<a \"b\\ \n(;>");
  assert_read("\"a\\\nb\"", "<ab>");
  assert_read("()", "()");
  assert_read("(:a(1 \"x\")\n\t:b (nil))", "(:a (1 <x>) :b (nil))");
}

static void test_broken(void **state)
{
  (void)state;
  assert_broken("", 1);
  assert_broken(" ; only a comment", 1);
  assert_broken("(a\n(b)", 2);
  assert_broken("\"a\n\nb", 3);
  assert_broken("\"a\\", 1);
  assert_broken(")", 1);
  assert_broken("('a)", 1);
  assert_broken("[a]", 1);
  assert_broken("((((((((a))))))))", 1);
}

static void test_depth(void **state)
{
  g_autofree char *deep = g_strnfill(1000000, '(');

  (void)state;
  assert_read("(((((((a)))))))", "(((((((a)))))))");
  assert_broken(deep, 1);
}

static void test_get(void **state)
{
  size_t line;
  g_autoptr(lisp) list = read_text("(:a 1\n :b \"two\" :a 3 :c)", &line);

  (void)state;
  assert_string_equal(lisp_get(list, ":a")->text->str, "1");
  assert_string_equal(lisp_get(list, ":b")->text->str, "two");
  assert_int_equal(lisp_get(list, ":b")->line, 2);
  assert_null(lisp_get(list, ":c"));
  assert_null(lisp_get(list, ":d"));
  assert_null(lisp_get(list->items->pdata[0], ":a"));
}

static void test_peek(void **state)
{
  const char *text = "\n ;c\n) x";
  struct lisp_reader reader = lisp_reader_of((struct span){(const uint8_t *)text, strlen(text)});

  (void)state;
  assert_int_equal(lisp_peek(&reader), ')');
  assert_false(lisp_take(&reader, '('));
  assert_true(lisp_take(&reader, ')'));
  assert_int_equal(reader.line, 3);
  assert_int_equal(lisp_peek(&reader), 'x');
  lisp_free(lisp_read(&reader));
  assert_int_equal(lisp_peek(&reader), -1);
  assert_false(lisp_take(&reader, ')'));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_forms), cmocka_unit_test(test_broken), cmocka_unit_test(test_depth),
      cmocka_unit_test(test_get),   cmocka_unit_test(test_peek),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
