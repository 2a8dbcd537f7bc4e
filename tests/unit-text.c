/* The texts that people see, in their language.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"

#include "common/bytes.h"
#include "tests/again.h"
#include "tests/locales.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LANGUAGE_CATALOGUE "tr/LC_MESSAGES"

/* A catalogue as msgfmt writes it, sorted by the first of each pair. */
static const struct {
  struct span original, translated;
} messages[] = {
#define OCTETS(text) ((struct span){(const uint8_t *)(text), sizeof(text) - 1})
    {OCTETS(""), OCTETS("Content-Type: text/plain; charset=UTF-8\n"
                        "Plural-Forms: nplurals=2; plural=(n != 1);\n")},
    {OCTETS("%lu server\0%lu servers"), OCTETS("%lu sunucu\0%lu sunucular")},
    {OCTETS("Done."), OCTETS("Bitti \xc4\xb1.")},
#undef OCTETS
};

enum { MESSAGES = sizeof messages / sizeof messages[0], HEADER = 28 };

static void put_native(struct writer *w, uint32_t value)
{
  writer_put(w, (struct span){(const uint8_t *)&value, sizeof value});
}

/* One table of the GNU .mo format: length and offset of each string. */
static uint32_t put_table(struct writer *w, uint32_t offset, bool translated)
{
  for (size_t i = 0; i < MESSAGES; i++) {
    struct span text = translated ? messages[i].translated : messages[i].original;

    put_native(w, (uint32_t)text.size);
    put_native(w, offset);
    offset += (uint32_t)text.size + 1;
  }
  return offset;
}

static void put_texts(struct writer *w, bool translated)
{
  for (size_t i = 0; i < MESSAGES; i++) {
    writer_put(w, translated ? messages[i].translated : messages[i].original);
    writer_u8(w, 0);
  }
}

static void write_catalogue(const char *path)
{
  uint8_t buffer[1024];
  struct writer w = writer_of(buffer, sizeof buffer);
  uint32_t offset = HEADER + 2 * 8 * MESSAGES;
  FILE *file = fopen(path, "we");

  put_native(&w, 0x950412de);
  put_native(&w, 0); /* revision */
  put_native(&w, MESSAGES);
  put_native(&w, HEADER);
  put_native(&w, HEADER + 8 * MESSAGES);
  put_native(&w, 0); /* no hash table */
  put_native(&w, offset);
  offset = put_table(&w, offset, false);
  put_table(&w, offset, true);
  put_texts(&w, false);
  put_texts(&w, true);
  assert_false(w.failed);
  assert_non_null(file);
  assert_int_equal(fwrite(w.data, 1, w.used, file), w.used);
  assert_int_equal(fclose(file), 0);
}

/* Without a catalogue a text stays as it is, and a number chooses as in English. */
static void test_untranslated(void **state)
{
  const char *text = "No catalogue has this text.";

  (void)state;
  assert_ptr_equal(text_translate(text), text);
  assert_ptr_equal(_(text), text);
  assert_string_equal(N_("marked"), "marked");
  assert_string_equal(text_translate_count("one", "many", 0), "many");
  assert_string_equal(text_translate_count("one", "many", 1), "one");
  assert_string_equal(text_translate_count("one", "many", 2), "many");
}

/* A library looks into its own domain and leaves the program's as it was. */
static void test_domain(void **state)
{
  (void)state;
  assert_non_null(textdomain("some-program"));
  text_translate("Done.");
  assert_string_equal(textdomain(NULL), "some-program");
  assert_string_equal(bindtextdomain("tlspin", NULL), LOCALEDIR);
  assert_string_equal(bind_textdomain_codeset("tlspin", NULL), "UTF-8");
}

/* In a process where nobody has asked before: 0 where the domain is bound by the first question. */
static int ask_once(const char *how)
{
  if (strcmp(how, "--text") == 0)
    text_translate("Done.");
  else
    text_translate_count("one", "many", 2);
  return strcmp(bindtextdomain("tlspin", NULL), LOCALEDIR) == 0 ? 0 : 1;
}

static void test_first_question(void **state)
{
  (void)state;
  assert_int_equal(again("--text"), 0);
  assert_int_equal(again("--count"), 0);
}

static void test_translated(void **state)
{
  char directory[] = "/tmp/tlspin-unit-text-XXXXXX";

  (void)state;
  if (!locale_use("tr_TR")) {
    print_message("no locale but C can be had here\n");
    skip();
  }
  text_translate("binds the domain to its usual place, once");
  assert_non_null(mkdtemp(directory));
  assert_int_equal(chdir(directory), 0);
  assert_int_equal(mkdir("tr", 0700) | mkdir(LANGUAGE_CATALOGUE, 0700), 0);
  write_catalogue(LANGUAGE_CATALOGUE "/tlspin.mo");
  bindtextdomain("tlspin", directory);
  unsetenv("LANGUAGE");
  assert_string_equal(text_translate("Done."), "Bitti \xc4\xb1.");
  assert_string_equal(text_translate("Not in it."), "Not in it.");
  assert_string_equal(text_translate_count("%lu server", "%lu servers", 1), "%lu sunucu");
  assert_string_equal(text_translate_count("%lu server", "%lu servers", 7), "%lu sunucular");
  assert_int_equal(unlink(LANGUAGE_CATALOGUE "/tlspin.mo"), 0);
  assert_int_equal(rmdir(LANGUAGE_CATALOGUE) | rmdir("tr") | rmdir(directory), 0);
  assert_int_equal(chdir("/"), 0);
}

int main(int count, char *arguments[])
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_untranslated),
      cmocka_unit_test(test_domain),
      cmocka_unit_test(test_first_question),
      cmocka_unit_test(test_translated),
  };

  if (count == 2)
    return ask_once(arguments[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
