/* Tests of libserver/keytext.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/keytext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD          "tlspin-keys 1\nramp-down no\n"
#define SECRET        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY(id, name) "key " id " " name " 2026-11-22T17:00:00Z 2026-11-22T18:00:00Z " SECRET "\n"
#define FIRST         KEY("0123456789abcdef", "*")
#define SECOND        KEY("00000000000000ff", "www.example.org")

static struct span span_of(const char *text)
{
  return (struct span){(const uint8_t *)text, strlen(text)};
}

static void expect_parsed(const char *text, struct keys *keys)
{
  struct trouble trouble;

  if (!keytext_parse(span_of(text), "file", keys, &trouble))
    fail_msg("refused: %s", trouble.text);
}

/* The message must name place and cause, and must not show the secret. */
static void expect_refused(const char *text, const char *place, const char *cause)
{
  struct trouble trouble;
  struct keys keys;

  if (keytext_parse(span_of(text), "file", &keys, &trouble))
    fail_msg("was taken: %s", text);
  if (strncmp(trouble.text, place, strlen(place)) != 0 || strstr(trouble.text, cause) == NULL)
    fail_msg("'%s' does not begin with '%s' or does not say '%s'", trouble.text, place, cause);
  assert_null(strstr(trouble.text, "AAECAwQ"));
  assert_null(keys.list);
  assert_int_equal(keys.count, 0);
}

static void reads_a_file(void **state)
{
  struct keys keys;

  (void)state;
  expect_parsed("tlspin-keys 1\n# remark\n\nramp-down yes\n" FIRST "# another\n" SECOND "\n",
                &keys);
  assert_true(keys.ramp_down);
  assert_int_equal(keys.ramp_down_line, 4);
  assert_int_equal(keys.count, 2);
  assert_int_equal(keys.list[0].line, 5);
  assert_int_equal(keys.list[1].line, 7);
  assert_string_equal(keys.list[0].name, "*");
  assert_string_equal(keys.list[1].name, "www.example.org");
  assert_true(keys.list[0].created == 1795366800);
  assert_true(keys.list[0].activates == 1795370400);
  assert_int_equal(keys.list[0].id[7], 0xef);
  for (uint8_t i = 0; i < KEY_SECRET_SIZE; i++)
    assert_int_equal(keys.list[1].secret[i], i);
  assert_ptr_equal(keys_find(&keys, keys.list[1].id), &keys.list[1]);
  keys_free(&keys);
}

static void reads_no_ramp_down(void **state)
{
  struct keys keys;

  (void)state;
  expect_parsed(HEAD FIRST, &keys);
  assert_false(keys.ramp_down);
  keys_free(&keys);
}

static void refuses_other_files(void **state)
{
  (void)state;
  expect_refused("", "file:1: ", "first line");
  expect_refused("\n", "file:1: ", "first line");
  expect_refused("tlspin-keys 1", "file:1: ", "first line");
  expect_refused("tlspin-keys 2\nramp-down no\n" FIRST, "file:1: ", "first line");
  expect_refused("tlspin-keys 1\r\nramp-down no\n" FIRST, "file:1: ", "first line");
  expect_refused("\xef\xbb\xbf" HEAD FIRST, "file:1: ", "first line");
  expect_refused("# remark\n" HEAD FIRST, "file:1: ", "first line");
}

static void refuses_a_missing_or_wrong_ramp_down(void **state)
{
  (void)state;
  expect_refused("tlspin-keys 1\n", "file:1: ", "ramp-down");
  expect_refused("tlspin-keys 1\n# remark\n", "file:2: ", "ramp-down");
  expect_refused("tlspin-keys 1\n" FIRST, "file:2: ", "ramp-down");
  expect_refused("tlspin-keys 1\nramp-down maybe\n" FIRST, "file:2: ", "ramp-down");
  expect_refused("tlspin-keys 1\nramp-down  no\n" FIRST, "file:2: ", "ramp-down");
  expect_refused("tlspin-keys 1\nramp-down no \n" FIRST, "file:2: ", "ramp-down");
  expect_refused(HEAD "ramp-down no\n" FIRST, "file:3: ", "no key");
}

static void refuses_a_file_without_keys(void **state)
{
  (void)state;
  expect_refused(HEAD, "file:2: ", "no key in the file");
  expect_refused(HEAD "# key\n", "file:3: ", "no key in the file");
}

/* A file that was cut off has lost keys, and so clients. */
static void refuses_an_incomplete_last_line(void **state)
{
  char text[] = HEAD FIRST SECOND;

  (void)state;
  for (size_t cut = strlen(HEAD FIRST) + 1; cut < strlen(HEAD FIRST SECOND); cut++) {
    struct trouble trouble;
    struct keys keys;

    assert_false(keytext_parse((struct span){(const uint8_t *)text, cut}, "file", &keys, &trouble));
    assert_non_null(strstr(trouble.text, "file:4: The last line is not complete"));
  }
}

static void refuses_characters_that_do_not_print(void **state)
{
  static const char nul[] = HEAD "# a\0b\n" FIRST;
  struct trouble trouble;
  struct keys keys;

  (void)state;
  expect_refused(HEAD "# a\tb\n" FIRST, "file:3: ", "printable");
  expect_refused(HEAD "# \x7f\n" FIRST, "file:3: ", "printable");
  expect_refused(HEAD "# \xc3\xa9\n" FIRST, "file:3: ", "printable");
  expect_refused(HEAD "\r\n" FIRST, "file:3: ", "printable");
  assert_false(
      keytext_parse((struct span){(const uint8_t *)nul, sizeof nul - 1}, "file", &keys, &trouble));
  assert_non_null(strstr(trouble.text, "file:3: "));
}

static void refuses_lines_that_are_no_keys(void **state)
{
  (void)state;
  expect_refused(HEAD "key\n", "file:3: ", "one space");
  expect_refused(HEAD " " FIRST, "file:3: ", "neither 'key' nor");
  expect_refused(HEAD "Key 0123456789abcdef * 2026-11-22T17:00:00Z 2026-11-22T18:00:00Z " SECRET
                      "\n",
                 "file:3: ", "neither 'key' nor");
  expect_refused(HEAD "key 0123456789abcdef * 2026-11-22T17:00:00Z " SECRET "\n",
                 "file:3: ", "one space");
  expect_refused(HEAD FIRST "future word and some more of them\n", "file:4: ", "neither 'key' nor");
}

static void refuses_wrong_words(void **state)
{
  (void)state;
  expect_refused(HEAD KEY("0123456789ABCDEF", "*"), "file:3: ", "identifier");
  expect_refused(HEAD KEY("0123", "*"), "file:3: ", "identifier");
  expect_refused(HEAD KEY("0123456789abcdef", ""), "file:3: ", "name");
  expect_refused(HEAD KEY("0123456789abcdef", "**"), "file:3: ", "name");
  expect_refused(HEAD KEY("0123456789abcdef", "*.example.org"), "file:3: ", "name");
  expect_refused(HEAD KEY("0123456789abcdef", "WWW.example.org"), "file:3: ", "name");
  expect_refused(HEAD KEY("0123456789abcdef", "www.example.org."), "file:3: ", "name");
  expect_refused(HEAD KEY("0123456789abcdef", "192.0.2.1"), "file:3: ", "name");
  expect_refused(HEAD "key 0123456789abcdef * 2026-11-22 2026-11-22T18:00:00Z " SECRET "\n",
                 "file:3: ", "time");
  expect_refused(HEAD "key 0123456789abcdef * 2026-11-22T17:00:00Z 2026-11-31T18:00:00Z " SECRET
                      "\n",
                 "file:3: ", "time");
  expect_refused(HEAD "key 0123456789abcdef * 2026-11-22T17:00:01Z 2026-11-22T17:00:00Z " SECRET
                      "\n",
                 "file:3: ", "before it was created");
}

static void refuses_secrets_that_are_not_32_octets_in_base64(void **state)
{
  static const char *const secrets[] = {
      "",
      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",   /* no padding */
      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",  /* bits behind the end */
      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= ", /* space behind the end */
      "AAECAwQFBgcICQoLDA0ODxAREhMU FRYXGBkaGxwdHh8=",
      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==",     /* 31 octets */
      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g",     /* 33 octets */
      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=AAAA", /* more behind the padding */
      "-_ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",     /* the other alphabet */
      "================================",
      "!",
  };
  char text[512];

  (void)state;
  for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
    snprintf(text, sizeof text,
             HEAD "key 0123456789abcdef * 2026-11-22T17:00:00Z 2026-11-22T18:00:00Z %s\n",
             secrets[i]);
    expect_refused(text, "file:3: ", "Base64");
  }
}

static void refuses_duplicates(void **state)
{
  (void)state;
  expect_refused(HEAD FIRST SECOND KEY("0123456789abcdef", "a.example"), "file:5: ", "in line 3");
}

/* The longest lines, as many as may be: they fit, and one more is refused. */
static void takes_as_many_keys_as_there_may_be_and_no_more(void **state)
{
  char *text = malloc(KEYTEXT_MAX + KEYTEXT_LINE_MAX + 1);
  char name[HOST_MAX + 1];
  struct trouble trouble;
  struct keys keys;
  size_t used;

  (void)state;
  assert_non_null(text);
  memset(name, 'a', HOST_MAX);
  for (size_t i = 63; i < HOST_MAX; i += 64)
    name[i] = '.';
  name[HOST_MAX] = '\0';
  used = (size_t)sprintf(text, "%s", HEAD);
  for (unsigned i = 0; i < KEYS_MAX; i++)
    used += (size_t)sprintf(text + used,
                            "key %016x %s 2026-11-22T17:00:00Z 2026-11-22T18:00:00Z " SECRET "\n",
                            i, name);
  assert_int_equal((used - strlen(HEAD)) / KEYS_MAX, KEYTEXT_LINE_MAX);
  assert_true(keytext_parse((struct span){(uint8_t *)text, used}, "file", &keys, &trouble));
  assert_int_equal(keys.count, KEYS_MAX);
  keys_free(&keys);
  used += (size_t)sprintf(text + used, "%s", FIRST);
  assert_false(keytext_parse((struct span){(uint8_t *)text, used}, "file", &keys, &trouble));
  assert_non_null(strstr(trouble.text, "file:10003: There are more than 10,000 keys"));
  free(text);
}

static void refuses_a_text_that_is_too_long(void **state)
{
  char *text = malloc(KEYTEXT_MAX + 1);
  struct trouble trouble;
  struct keys keys;

  (void)state;
  assert_non_null(text);
  memset(text, '\n', KEYTEXT_MAX + 1);
  memcpy(text, HEAD FIRST, strlen(HEAD FIRST));
  assert_true(keytext_parse((struct span){(uint8_t *)text, KEYTEXT_MAX}, "file", &keys, &trouble));
  keys_free(&keys);
  assert_false(
      keytext_parse((struct span){(uint8_t *)text, KEYTEXT_MAX + 1}, "file", &keys, &trouble));
  assert_non_null(strstr(trouble.text, "larger than 4 MiB"));
  free(text);
}

/* Whatever octet of a file changes, it is read or refused, never read beyond its end. */
static void survives_any_changed_octet(void **state)
{
  static const char text[] = HEAD FIRST SECOND;
  size_t taken = 0, refused = 0;

  (void)state;
  for (size_t i = 0; i < sizeof text - 1; i++)
    for (unsigned value = 0; value < 256; value += 5) {
      uint8_t *copy = malloc(sizeof text - 1); /* its end is watched by the sanitizers */
      struct trouble trouble;
      struct keys keys;

      assert_non_null(copy);
      memcpy(copy, text, sizeof text - 1);
      copy[i] = (uint8_t)value;
      if (keytext_parse((struct span){copy, sizeof text - 1}, "file", &keys, &trouble)) {
        taken++;
        keys_free(&keys);
      } else {
        refused++;
        assert_int_equal(strncmp(trouble.text, "file:", 5), 0);
      }
      free(copy);
    }
  assert_true(taken > 0 && refused > taken);
}

static void what_is_written_is_read_again(void **state)
{
  uint8_t octets[2048], more[2048];
  struct writer w = writer_of(octets, sizeof octets), added = writer_of(more, sizeof more);
  struct trouble trouble;
  struct key first, second;
  struct keys keys;

  (void)state;
  assert_true(key_generate(&first, "*", 1795366800, 1795366800));
  assert_true(key_generate(&second, "www.example.org", 1795366800, 1795370400));
  keytext_write_new(&w, &first);
  assert_false(w.failed);
  keytext_write_added(&added, writer_span(&w), &second);
  assert_true(keytext_parse(writer_span(&added), "file", &keys, &trouble));
  assert_int_equal(keys.count, 2);
  assert_false(keys.ramp_down);
  assert_memory_equal(keys.list[0].id, first.id, KEY_ID_SIZE);
  assert_memory_equal(keys.list[0].secret, first.secret, KEY_SECRET_SIZE);
  assert_memory_equal(keys.list[1].secret, second.secret, KEY_SECRET_SIZE);
  assert_string_equal(keys.list[1].name, second.name);
  assert_true(keys.list[1].created == second.created);
  assert_true(keys.list[1].activates == second.activates);
  keys_free(&keys);
}

static void expect_written(const struct writer *w, const char *text)
{
  assert_false(w->failed);
  assert_int_equal(w->used, strlen(text));
  assert_memory_equal(w->data, text, w->used);
}

static void changes_leave_the_rest_as_it_was(void **state)
{
  static const char text[] = "tlspin-keys 1\n# ours\nramp-down no\n\n" FIRST "# theirs\n" SECOND;
  uint8_t octets[2048];
  struct writer w = writer_of(octets, sizeof octets);

  (void)state;
  keytext_write_removed(&w, span_of(text), 5);
  expect_written(&w, "tlspin-keys 1\n# ours\nramp-down no\n\n# theirs\n" SECOND);
  w = writer_of(octets, sizeof octets);
  keytext_write_ramp_down(&w, span_of(text), 3, true);
  expect_written(&w, "tlspin-keys 1\n# ours\nramp-down yes\n\n" FIRST "# theirs\n" SECOND);
  w = writer_of(octets, sizeof octets);
  keytext_write_ramp_down(&w, span_of(text), 3, false);
  expect_written(&w, text);
}

static void fails_where_the_room_is_too_small(void **state)
{
  uint8_t octets[64];
  struct writer w = writer_of(octets, sizeof octets);
  struct key key;

  (void)state;
  assert_true(key_generate(&key, "*", 0, 0));
  keytext_write_new(&w, &key);
  assert_true(w.failed);
}

static void fails_for_a_time_that_can_not_be_written(void **state)
{
  uint8_t octets[1024];
  struct writer w = writer_of(octets, sizeof octets);
  struct key key;

  (void)state;
  assert_true(key_generate(&key, "*", 0, INT64_MAX));
  keytext_write_new(&w, &key);
  assert_true(w.failed);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_a_file),
      cmocka_unit_test(reads_no_ramp_down),
      cmocka_unit_test(refuses_other_files),
      cmocka_unit_test(refuses_a_missing_or_wrong_ramp_down),
      cmocka_unit_test(refuses_a_file_without_keys),
      cmocka_unit_test(refuses_an_incomplete_last_line),
      cmocka_unit_test(refuses_characters_that_do_not_print),
      cmocka_unit_test(refuses_lines_that_are_no_keys),
      cmocka_unit_test(refuses_wrong_words),
      cmocka_unit_test(refuses_secrets_that_are_not_32_octets_in_base64),
      cmocka_unit_test(refuses_duplicates),
      cmocka_unit_test(takes_as_many_keys_as_there_may_be_and_no_more),
      cmocka_unit_test(refuses_a_text_that_is_too_long),
      cmocka_unit_test(survives_any_changed_octet),
      cmocka_unit_test(what_is_written_is_read_again),
      cmocka_unit_test(changes_leave_the_rest_as_it_was),
      cmocka_unit_test(fails_where_the_room_is_too_small),
      cmocka_unit_test(fails_for_a_time_that_can_not_be_written),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
