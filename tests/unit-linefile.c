/* A file line by line: every size of line, from every offset.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/linefile.h"

#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void open_octets(struct policies *policies, struct linefile *file, const char *octets,
                        size_t size)
{
  const char *path = policies_write_octets(policies, "lines", octets, size);
  int fd = open(path, O_RDONLY | O_CLOEXEC);

  assert_true(fd >= 0);
  linefile_open(file, fd);
}

/* The lines, each in brackets, with a '+' where there was more of it. */
static void expect(struct policies *policies, const char *octets, size_t size, size_t most,
                   const char *lines)
{
  g_autoptr(GString) line = g_string_new(NULL), read = g_string_new(NULL);
  struct linefile file;
  bool overlong;

  open_octets(policies, &file, octets, size);
  while (linefile_next(&file, line, most, &overlong))
    g_string_append_printf(read, "[%s%s]", line->str, overlong ? "+" : "");
  assert_int_equal(file.fault, 0);
  assert_int_equal(linefile_offset(&file), size);
  linefile_close(&file);
  assert_string_equal(read->str, lines);
}

#define TEXT(text) text, sizeof(text) - 1

static void test_lines(void **state)
{
  expect(*state, TEXT(""), 9, "");
  expect(*state, TEXT("a"), 9, "[a]");
  expect(*state, TEXT("a\n"), 9, "[a]");
  expect(*state, TEXT("\n"), 9, "[]");
  expect(*state, TEXT("a\n\nb"), 9, "[a][][b]");
  expect(*state, TEXT("a\r\n\r\nb\rc\r"), 9, "[a][][b\rc\r]");
}

static void test_overlong(void **state)
{
  expect(*state, TEXT("abcd\nabc\nab\n"), 3, "[abc+][abc][ab]");
  expect(*state, TEXT("abcd"), 3, "[abc+]");
  expect(*state, TEXT("abcd\n"), 0, "[+]");
}

static void test_nul(void **state)
{
  g_autoptr(GString) line = g_string_new(NULL);
  struct linefile file;
  bool overlong;

  open_octets(*state, &file, TEXT("a\0b\r\nc"));
  assert_true(linefile_next(&file, line, 9, &overlong));
  assert_int_equal(line->len, 3);
  assert_memory_equal(line->str, "a\0b", 3);
  linefile_close(&file);
}

/* Lines of all sizes around that of the buffer, and then from each offset again. */
static void test_sizes(void **state)
{
  g_autoptr(GString) text = g_string_new(NULL), line = g_string_new(NULL);
  int64_t offsets[40];
  struct linefile file;
  bool overlong;

  for (size_t i = 0; i < 40; i++) {
    size_t size = i % 2 == 0 ? sizeof file.octets - 10 + i : i;

    offsets[i] = (int64_t)text->len;
    for (size_t j = 0; j < size; j++)
      g_string_append_c(text, (char)('a' + i % 26));
    g_string_append_c(text, '\n');
  }
  open_octets(*state, &file, text->str, text->len);
  for (size_t round = 0; round < 400; round++) {
    size_t i = round < 40 ? round : round * 17 % 40;

    if (round >= 40)
      linefile_seek(&file, offsets[i]);
    assert_int_equal(linefile_offset(&file), offsets[i]);
    assert_true(linefile_next(&file, line, 1 << 20, &overlong));
    assert_int_equal(line->len, i % 2 == 0 ? sizeof file.octets - 10 + i : i);
    assert_true(line->len == 0 ||
                (line->str[0] == (char)('a' + i % 26) && line->str[line->len - 1] == line->str[0]));
  }
  linefile_seek(&file, (int64_t)text->len);
  assert_false(linefile_next(&file, line, 9, &overlong));
  linefile_seek(&file, (int64_t)text->len + 100);
  assert_false(linefile_next(&file, line, 9, &overlong));
  linefile_close(&file);
}

/* What can't be read is a fault and not the end. */
static void test_fault(void **state)
{
  g_autoptr(GString) line = g_string_new(NULL);
  struct policies *policies = *state;
  struct linefile file;
  bool overlong;

  linefile_open(&file, open(policies->text, O_RDONLY | O_CLOEXEC));
  assert_false(linefile_next(&file, line, 9, &overlong));
  assert_int_equal(file.fault, EISDIR);
  linefile_close(&file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_lines), TEST(test_overlong), TEST(test_nul), TEST(test_sizes), TEST(test_fault),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
