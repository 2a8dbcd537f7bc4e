/* Directives of header fields, against known answers and a regular expression.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/directives.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 512 };

static void put(struct writer *w, const char *text)
{
  writer_put(w, (struct span){(const uint8_t *)text, strlen(text)});
}

static void put_directive(struct writer *w, const struct directive *d)
{
  put(w, "[");
  writer_put(w, d->name);
  if (d->has_value)
    put(w, d->quoted ? "=q:" : "=t:");
  directive_value(d, w);
  put(w, "]");
}

/* "[name][name=t:token][name=q:unquoted]", with a '!' at the end where the text is malformed. */
static const char *listing(struct span text, enum directives_manner manner, char out[TEXT_MAX])
{
  uint8_t *copy = malloc(text.size);
  struct directives directives;
  struct writer w = writer_of((uint8_t *)out, TEXT_MAX - 1);
  enum directives_step step;
  struct directive d;

  assert_true(copy != NULL || text.size == 0);
  if (text.size > 0)
    memcpy(copy, text.data, text.size);
  directives = directives_of((struct span){copy, text.size}, manner);
  while ((step = directives_next(&directives, &d)) == DIRECTIVES_NEXT)
    put_directive(&w, &d);
  if (step == DIRECTIVES_MALFORMED)
    put(&w, "!");
  assert_int_equal(directives_next(&directives, &d), DIRECTIVES_END);
  assert_false(w.failed);
  out[w.used] = '\0';
  free(copy);
  return out;
}

/* tolerant: NULL where it is as the strict one. */
static void expect(const char *text, const char *strict, const char *tolerant)
{
  struct span span = {(const uint8_t *)text, strlen(text)};
  char out[TEXT_MAX];

  assert_string_equal(listing(span, DIRECTIVES_STRICT, out), strict);
  assert_string_equal(listing(span, DIRECTIVES_TOLERANT, out), tolerant ? tolerant : strict);
}

static void reads_names_and_values(void **state)
{
  (void)state;
  expect("", "", NULL);
  expect("a", "[a]", NULL);
  expect("a;b", "[a][b]", NULL);
  expect("a=b", "[a=t:b]", NULL);
  expect("a=\"b\"", "[a=q:b]", NULL);
  expect("a=\"\"", "[a=q:]", NULL);
  expect("a=b;c=\"d e\";f", "[a=t:b][c=q:d e][f]", NULL);
  expect("a=\"b;c=d\";e", "[a=q:b;c=d][e]", NULL);
  expect("a=\"'\"", "[a=q:']", NULL);
  expect("!#$%&'*+-.^_`|~09AZaz=!#$%&*+-.^_`|~'09AZaz",
         "[!#$%&'*+-.^_`|~09AZaz=t:!#$%&*+-.^_`|~'09AZaz]", NULL);
}

/* RFC 7230 section 3.2.3: OWS is spaces and tabs and nothing else. */
static void passes_over_white_space_and_empty_directives(void **state)
{
  (void)state;
  expect("  a \t;\t b=c  ;d=\"e\"\t", "[a][b=t:c][d=q:e]", NULL);
  expect(" \t ", "", NULL);
  expect(";", "", NULL);
  expect(" ; ;; ", "", NULL);
  expect(";;a; ;b;;", "[a][b]", NULL);
  expect("a\r\n ;b", "!", NULL);
  expect("a;\nb", "[a]!", NULL);
  expect("a\v", "!", NULL);
}

static void refuses_what_the_grammar_does_not_have(void **state)
{
  (void)state;
  expect("=", "!", NULL);
  expect("=a", "!", NULL);
  expect("a=", "!", NULL);
  expect("a=;b", "!", NULL);
  expect("a==b", "!", NULL);
  expect("a=b=c", "!", NULL);
  expect("a b", "!", NULL);
  expect("a=b c", "!", NULL);
  expect("a=\"b\"c", "!", NULL);
  expect("a=\"b\" c", "!", NULL);
  expect("a=b\"c\"", "!", NULL);
  expect("\"a\"", "!", NULL);
  expect("a,b", "!", NULL);
  expect("a=b,c=d", "!", NULL);
  expect("a;b=\"c", "[a]!", NULL);
  expect("a;b=http://c", "[a]!", NULL);
  expect("a;b@c;d", "[a]!", NULL);
  expect("a\x7f", "!", NULL);
  expect("\xc3\xa4", "!", NULL);
  expect("a=\xc3\xa4", "!", NULL);
}

/* quoted-pair */
static void takes_backslashes_off_in_quotes(void **state)
{
  (void)state;
  expect("a=\"\\\"\"", "[a=q:\"]", NULL);
  expect("a=\"b\\\\\"", "[a=q:b\\]", NULL);
  expect("a=\"\\b\\;\\ \\\t\"", "[a=q:b; \t]", NULL);
  expect("a=\"\\\xff\"", "[a=q:\xff]", NULL);
  expect("a=\"\\", "!", NULL);
  expect("a=\"\\\"", "!", NULL);
  expect("a=\"\\\\\\\"", "!", NULL);
  expect("a=\"\\\n\"", "!", NULL);
  expect("a=\\b", "!", NULL);
}

/* Each octet in quotes, behind a backslash, and as a token. */
static void takes_the_octets_that_the_grammar_has(void **state)
{
  static const char tchar[] = "!#$%&'*+-.^_`|~0123456789"
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  char out[TEXT_MAX];

  (void)state;
  for (int octet = 0; octet < 256; octet++) {
    uint8_t o = (uint8_t)octet, quoted[] = {'a', '=', '"', o, '"'};
    uint8_t pair[] = {'a', '=', '"', '\\', o, '"'}, token[] = {'a', '=', 'b', o};
    bool text = o == '\t' || (o >= ' ' && o != 0x7f);
    bool plain = text && o != '"' && o != '\\';
    bool is_tchar = o != 0 && strchr(tchar, o) != NULL, is_end = strchr(" \t;", o) && o != 0;

#define MALFORMED(octets, manner)                                                                  \
  (strchr(listing((struct span){octets, sizeof octets}, manner, out), '!') == out)
    assert_int_equal(MALFORMED(quoted, DIRECTIVES_STRICT), !plain);
    assert_int_equal(MALFORMED(quoted, DIRECTIVES_TOLERANT), !plain && o != 0x7f);
    assert_int_equal(MALFORMED(pair, DIRECTIVES_STRICT), !text);
    assert_int_equal(MALFORMED(pair, DIRECTIVES_TOLERANT), !text && o != 0x7f);
    assert_int_equal(MALFORMED(token, DIRECTIVES_STRICT), !is_tchar && !is_end);
    assert_int_equal(MALFORMED(token, DIRECTIVES_TOLERANT), !is_tchar && !is_end);
#undef MALFORMED
  }
}

static void tolerates_what_chromium_took(void **state)
{
  (void)state;
  expect("a =b", "!", "[a=t:b]");
  expect("a= b", "!", "[a=t:b]");
  expect("a \t=\t \"b\" ; c", "!", "[a=q:b][c]");
  expect("a =", "!", NULL);
  expect("a= ;b", "!", NULL);
  expect("a='b'", "[a=t:'b']", "[a=q:b]");
  expect("a='b c'", "!", "[a=q:b c]");
  expect("a=''", "[a=t:'']", "[a=q:]");
  expect("a='\"\\''", "!", "[a=q:\"']");
  expect("a='b;c'", "[a=t:'b][c']", "[a=q:b;c]");
  expect("a='b", "[a=t:'b]", "!");
  expect("a='b\"", "!", NULL);
  expect("a=\"b'", "!", NULL);
  expect("a=\"\x7f\\\x7f\"", "!", "[a=q:\x7f\x7f]");
}

static void compares_names_by_ascii_alone(void **state)
{
#define NAME(text) (struct span){(const uint8_t *)(text), sizeof(text) - 1}
  (void)state;
  assert_true(directive_names_equal(NAME("max-age"), NAME("MAX-agE")));
  assert_true(directive_names_equal(NAME("AZaz09"), NAME("azAZ09")));
  assert_true(directive_names_equal(NAME(""), NAME("")));
  assert_false(directive_names_equal(NAME("max-age"), NAME("max-ag")));
  assert_false(directive_names_equal(NAME("max-age"), NAME("max-agf")));
  assert_false(directive_names_equal(NAME("@[`{"), NAME("`{@[")));
  assert_false(directive_names_equal(NAME("!-"), NAME("\001\r")));
#undef NAME
}

/* The strict grammar once more, as a POSIX regular expression over octets other than NUL. */
#define TOKEN  "[-!#$%&'*+.^_`|~0-9A-Za-z]+"
#define QUOTED "\"([\t !#-[]|]|[_-~^\x80-\xff]|\\\\[\t -~\x80-\xff])*\""
#define ONE    TOKEN "(=(" TOKEN "|" QUOTED "))?"
#define FIELD  "^[ \t;]*(" ONE "[ \t]*(;[ \t;]*" ONE "[ \t]*)*(;[ \t;]*)?)?$"

static void agrees_with_a_regular_expression(void **unused)
{
  static const char *const pieces[] = {"a",  "B9", "=", "=", ";",  ";",    " ", "\t",  "\"",
                                       "\"", "\\", "'", ",", "\n", "\x7f", "]", "\xe4"};
  unsigned short state[3] = {7, 2, 30};
  unsigned fine = 0, malformed = 0;
  regex_t regex;

  (void)unused;
  assert_int_equal(regcomp(&regex, FIELD, REG_EXTENDED | REG_NOSUB), 0);
  for (int i = 0; i < 30000; i++) {
    char text[64] = "", out[TEXT_MAX];
    long count = nrand48(state) % 16;
    bool matches;

    while (count-- > 0)
      strcat(text, pieces[nrand48(state) % (long)(sizeof pieces / sizeof pieces[0])]);
    matches = regexec(&regex, text, 0, NULL, 0) == 0;
    listing((struct span){(const uint8_t *)text, strlen(text)}, DIRECTIVES_STRICT, out);
    if ((strlen(out) == 0 || out[strlen(out) - 1] != '!') != matches)
      fail_msg("\"%s\" is read as %s", text, out);
    matches ? fine++ : malformed++;
  }
  regfree(&regex);
  assert_in_range(fine, 1000, 29000);
  assert_in_range(malformed, 1000, 29000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_names_and_values),
      cmocka_unit_test(passes_over_white_space_and_empty_directives),
      cmocka_unit_test(refuses_what_the_grammar_does_not_have),
      cmocka_unit_test(takes_backslashes_off_in_quotes),
      cmocka_unit_test(takes_the_octets_that_the_grammar_has),
      cmocka_unit_test(tolerates_what_chromium_took),
      cmocka_unit_test(compares_names_by_ascii_alone),
      cmocka_unit_test(agrees_with_a_regular_expression),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
