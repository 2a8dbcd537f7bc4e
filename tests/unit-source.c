/* Policy text group by group: lines, duplicates, and what GKeyFile would take in silence.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/source.h"

#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* All groups as "[NAME]LINE key=LINE:VALUE;..." a line each. */
static char *read_all(struct policies *policies, const char *path)
{
  struct source *source = source_open(path, TRUST_SYSTEM, &policies->findings);
  GString *text = g_string_new(NULL);
  struct section section;

  while (source != NULL && source_next(source, &section)) {
    g_string_append_printf(text, "[%s]%u", section.name, section.spot.line);
    for (size_t i = 0; i < section.count; i++) {
      g_autofree char *value = section_text(&section, &section.keys[i], &policies->findings);

      g_string_append_printf(text, " %s=%u:%s", section.keys[i].name, section.keys[i].line,
                             value != NULL ? value : "-");
    }
    g_string_append_c(text, '\n');
  }
  source_close(source);
  return g_string_free(text, FALSE);
}

/* What is read of the text, and what is found in it. */
static void expect(struct policies *policies, const char *text, const char *groups,
                   const char *findings)
{
  const char *path = policies_write(policies, "10-test.conf", text);
  g_autofree char *read = NULL;

  policies_forget(policies);
  read = read_all(policies, path);
  policies_expect(policies, findings);
  assert_string_equal(read, groups);
}

static void test_groups(void **state)
{
  expect(*state,
         "# a comment\n\n[one.example]\npins=a;b\n  \t\nmode = off \n#lock=no\n\tlock\t=\tyes\n"
         "[two.example] \t\nlevel=leaf",
         "[one.example]3 pins=4:a;b mode=6:off lock=8:yes\n[two.example]9 level=10:leaf\n", "");
  expect(*state, "", "", "");
  expect(*state, "\n\n# nothing\n", "", "");
  expect(*state, "[a]", "[a]1\n", "");
  expect(*state, "[a]\n[b]\nx=\n", "[a]1\n[b]2 x=3:\n", "");
  expect(*state, "[a]\r\nx=1\r\n\r\n[b]\r\n", "[a]1 x=2:1\n[b]4\n", "");
  expect(*state, "  [a]\n  x=1\n", "[a]1 x=2:1\n", "");
  expect(*state,
         "[b\xc3\xbc"
         "cher.example]\nx=\xe2\x98\x83\n",
         "[b\xc3\xbc"
         "cher.example]1 x=2:\xe2\x98\x83\n",
         "");
  expect(*state, "[a]\nx=1=2\nEncoding=UTF-8\n", "[a]1 x=2:1=2 Encoding=3:UTF-8\n", "");
}

/* A group that is there twice stays two. */
static void test_same_group(void **state)
{
  expect(*state, "[a]\nx=1\n[b]\n[a]\nx=2\n", "[a]1 x=2:1\n[b]3\n[a]4 x=5:2\n", "");
}

static void test_same_key(void **state)
{
  expect(*state, "[a]\nx=1\ny=2\nx=3\nx =4\n", "[a]1 x=2:1 y=3:2\n",
         "4:duplicate-key:x 5:duplicate-key:x");
  policies_expect_words(*state, "'x' stands in [a] already, on line 2.");
  expect(*state, "[a]\nx=1\nX=2\n[b]\nx=1\n", "[a]1 x=2:1 X=3:2\n[b]4 x=5:1\n", "");
}

/* A line that can't be used is found and left out; the others are read. */
static void test_lines(void **state)
{
  expect(*state, "[a]\nx=1\nnonsense\ny=2\n", "[a]1 x=2:1 y=4:2\n", "3:syntax");
  policies_expect_words(*state, "'nonsense' is neither [HOST] nor KEY=VALUE nor a comment");
  expect(*state, "[a]\n; x=1\n//x=2\n=3\nx y=4\n", "[a]1\n", "2:syntax 3:syntax 4:syntax 5:syntax");
  policies_expect_words(*state, "A comment begins with '#'.");
  expect(*state, "[a]\nx[de]=1\nx=2\n", "[a]1 x=3:2\n", "2:syntax");
  policies_expect_words(*state, "'x' has no languages.");
  expect(*state, "[a]\nabcdefghijklmnopqrstuvwxyzabcdefghijklm=1\n", "[a]1\n", "2:syntax");
}

static void test_headings(void **state)
{
  expect(*state, "x=1\ny=2\n[a]\nx=3\n", "[a]3 x=4:3\n", "1:syntax");
  policies_expect_words(*state, "'x=1' stands in no group.");
  expect(*state, "[a\nx=1\n[b]\n", "[b]3\n", "1:syntax");
  policies_expect_words(*state, "The ']' of the group is missing.");
  expect(*state, "[a] x=1\ny=2\n[b]\n", "[b]3\n", "1:syntax");
  policies_expect_words(*state, "Something stands behind '[a]'.");
  expect(*state, "[]\n[a[b]\n[a]]\n[ok]\n", "[ok]4\n", "1:syntax 2:syntax 3:syntax");
  policies_expect_words(*state, "'[]' is not the name of a group.");
  /* What belongs to a group that can't be used belongs to no other one. */
  expect(*state, "[a]\nx=1\n[b\nx=2\nx=3\n[c]\nx=4\n", "[a]1 x=2:1\n[c]6 x=7:4\n",
         "3:syntax 5:duplicate-key:x");
}

static void test_mark(void **state)
{
  expect(*state, "\xef\xbb\xbf[a]\nx=1\n[b]\n", "[a]1 x=2:1\n[b]3\n", "1:syntax");
  policies_expect_words(*state, "byte order mark");
  expect(*state, "[a]\n\xef\xbb\xbfx=1\n", "[a]1\n", "2:syntax");
}

static void expect_octets(struct policies *policies, const char *octets, size_t size,
                          const char *groups, const char *findings)
{
  const char *path = policies_write_octets(policies, "10-test.conf", octets, size);
  g_autofree char *read = NULL;

  policies_forget(policies);
  read = read_all(policies, path);
  policies_expect(policies, findings);
  assert_string_equal(read, groups);
}

#define OCTETS(octets) octets, sizeof(octets) - 1

static void test_octets(void **state)
{
  expect_octets(*state, OCTETS("[a]\nx=1\0 2\ny=3\n"), "[a]1 y=3:3\n", "2:syntax");
  policies_expect_words(*state, "control character (0x00)");
  expect_octets(*state, OCTETS("[a]\nx=\x1b[31m\r\ny=\r3\n\x7f\n"), "[a]1\n",
                "2:syntax 3:syntax 4:syntax");
  expect_octets(*state, OCTETS("[a]\r"), "", "1:syntax");
  expect_octets(*state, OCTETS("[a]\nx=\xff\ny=\xc3\xa9\n"), "[a]1 y=3:\xc3\xa9\n", "2:syntax");
  policies_expect_words(*state, "The line is not UTF-8.");
  expect_octets(*state, OCTETS("\0\0\0\0"), "", "1:syntax");
}

/* A line of the greatest length is read, and one octet more is not. */
static void test_line_length(void **state)
{
  for (int more = 0; more < 2; more++) {
    struct policies *policies = *state;
    g_autofree char *value = g_strnfill(SOURCE_LINE_MAX - 2 + (gsize)more, 'v');
    g_autofree char *text = g_strdup_printf("[a]\nx=%s\ny=2\n", value);
    const char *path = policies_write(policies, "10-test.conf", text);
    g_autofree char *read = NULL;

    policies_forget(policies);
    read = read_all(policies, path);
    policies_expect(policies, more == 0 ? "" : "2:syntax");
    assert_int_equal(strlen(read) > SOURCE_LINE_MAX, more == 0);
    assert_true(g_str_has_suffix(read, " y=3:2\n"));
  }
}

static void test_large_group(void **state)
{
  struct policies *policies = *state;
  g_autofree char *value = g_strnfill(SOURCE_GROUP_MAX / 5, 'v');
  g_autoptr(GString) text = g_string_new("[a]\n");
  g_autofree char *read = NULL;

  for (int i = 0; i < 6; i++)
    g_string_append_printf(text, "x%d=%s\n", i, value);
  g_string_append(text, "last=1\n");
  read = read_all(policies, policies_write(policies, "10-test.conf", text->str));
  policies_expect(policies, "6:syntax:x4 7:syntax:x5");
  assert_non_null(strstr(read, " last=8:1\n"));
}

static void test_many_keys(void **state)
{
  struct policies *policies = *state;
  g_autoptr(GString) text = g_string_new("[a]\n");
  g_autofree char *read = NULL;

  for (int i = 0; i <= SECTION_KEYS_MAX; i++)
    g_string_append_printf(text, "x%d=1\n", i);
  read = read_all(policies, policies_write(policies, "10-test.conf", text->str));
  policies_expect(policies, "34:syntax");
  assert_true(g_str_has_suffix(read, " x31=33:1\n"));
}

/* A group is found again by its offset, from wherever the source is. */
static void test_seek(void **state)
{
  struct policies *policies = *state;
  const char *path = policies_write(policies, "10-test.conf",
                                    "# x\n\n[a]\nx=1\n\n[b]\r\nx=2\n[c]\nx=3\n[\n[d]\nx=4");
  struct source *source = source_open(path, TRUST_SYSTEM, &policies->findings);
  struct section section;
  int64_t offsets[4];
  unsigned lines[4];

  for (int i = 0; i < 4; i++) {
    assert_true(source_next(source, &section));
    offsets[i] = section.offset;
    lines[i] = section.spot.line;
  }
  assert_false(source_next(source, &section));
  for (int i = 0; i < 16; i++) {
    int group = i * 7 % 4;
    g_autofree char *value = NULL;

    source_seek(source, offsets[group], lines[group]);
    assert_true(source_next(source, &section));
    value = section_text(&section, &section.keys[0], &policies->findings);
    assert_int_equal(section.name[0], 'a' + group);
    assert_int_equal(value[0], '1' + group);
    assert_int_equal(section.spot.line, lines[group]);
    assert_int_equal(section.keys[0].line, lines[group] + 1);
    assert_int_equal(section.offset, offsets[group]);
  }
  source_close(source);
}

static void test_unreadable(void **state)
{
  struct policies *policies = *state;

  assert_null(source_open("/nowhere/at/all.conf", TRUST_SYSTEM, &policies->findings));
  policies_expect(policies, "0:file");
  policies_expect_words(policies, "/nowhere/at/all.conf can't be read");
}

static int reads; /* until one fails; 0: none does */

ssize_t __real_pread(int fd, void *octets, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *octets, size_t size, off_t offset);

ssize_t __wrap_pread(int fd, void *octets, size_t size, off_t offset)
{
  errno = EIO;
  return reads > 0 && --reads == 0 ? -1 : __real_pread(fd, octets, size, offset);
}

/* A disk that fails in the middle of a file doesn't end it. */
static void test_fault(void **state)
{
  struct policies *policies = *state;
  g_autofree char *comment = g_strnfill(20000, '#');
  g_autofree char *text = g_strdup_printf("[a]\nx=1\n%s\n[b]\nx=2\n%s\n", comment, comment);
  const char *path = policies_write(policies, "10-test.conf", text);

  for (int i = 1; i < 5; i++) {
    g_autofree char *read = NULL;

    policies_forget(policies);
    reads = i;
    read = read_all(policies, path);
    policies_expect(policies, reads == 0 ? "0:file" : "");
    if (i == 1)
      policies_expect_words(policies, "Input/output error");
  }
  assert_int_equal(reads, 0);
}

/* Whatever is found to be fine, GKeyFile takes as a whole, and gives the same. */
static void compare_with_glib(struct policies *policies, const char *path, const char *text,
                              size_t size)
{
  g_autoptr(GKeyFile) file = g_key_file_new();
  g_autoptr(GError) error = NULL;
  struct source *source = source_open(path, TRUST_SYSTEM, &policies->findings);
  struct section section;

  if (!g_key_file_load_from_data(file, text, size, G_KEY_FILE_KEEP_TRANSLATIONS, &error))
    fail_msg("GLib says: %s", error->message);
  while (source_next(source, &section)) {
    assert_true(g_key_file_has_group(file, section.name));
    for (size_t i = 0; i < section.count; i++)
      assert_true(g_key_file_has_key(file, section.name, section.keys[i].name, NULL));
  }
  source_close(source);
}

/* Pieces of policy text at random: every one of them is read to its end. */
static void test_random(void **state)
{
  static const char *const pieces[] = {
      "[a]", "[b.example]", "\n",        "\n",   "\n", "x=1", "yy = 2",   "=",    "[",
      "]",   "#",           ";",         "\r",   " ",  "\t",  "\xc3\xa9", "\xff", "\x01",
      "\\",  "[de]",        "Encoding=", "\\q;", "x",  "\n[", "\nz=;",    "]\n"};
  struct policies *policies = *state;
  unsigned fine = 0;
  GRand *rand = g_rand_new_with_seed(8672);

  for (int round = 0; round < 4000; round++) {
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *read = NULL;
    const char *path;

    for (int i = g_rand_int_range(rand, 0, 12); i > 0; i--)
      g_string_append(text, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
    path = policies_write_octets(policies, "10-test.conf", text->str, text->len);
    policies_forget(policies);
    read = read_all(policies, path);
    if (policies->findings.list->len > 0)
      continue;
    compare_with_glib(policies, path, text->str, text->len);
    fine++;
  }
  assert_true(fine > 100);
  g_rand_free(rand);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_groups),      TEST(test_same_group), TEST(test_same_key), TEST(test_lines),
      TEST(test_headings),    TEST(test_mark),       TEST(test_octets),   TEST(test_line_length),
      TEST(test_large_group), TEST(test_many_keys),  TEST(test_seek),     TEST(test_unreadable),
      TEST(test_fault),       TEST(test_random),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
