/* Host-name normalisation; host_split and the protocols: unit-host-split.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/host.h"

#include "tests/locales.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Normalises a copy on the heap without a NUL at its end, so that ASan and valgrind see every octet
 * that is read behind it; where it fails, the output must be untouched. */
static enum host_fault normalise(const char *name, size_t size, char out[HOST_MAX + 1])
{
  char *copy = malloc(size > 0 ? size : 1);
  enum host_fault fault;

  assert_non_null(copy);
  memcpy(copy, name, size);
  memset(out, '#', HOST_MAX + 1);
  fault = host_normalise(copy, size, out);
  free(copy);
  for (size_t i = 0; fault != HOST_FINE && i <= HOST_MAX; i++)
    assert_int_equal(out[i], '#');
  return fault;
}

static void expect_normal(const char *name, const char *normal)
{
  char out[HOST_MAX + 1], again[HOST_MAX + 1];

  assert_int_equal(normalise(name, strlen(name), out), HOST_FINE);
  assert_string_equal(out, normal);
  assert_int_equal(normalise(out, strlen(out), again), HOST_FINE);
  assert_string_equal(again, out); /* the normal form is its own */
}

static void expect_octets_refused(const char *name, size_t size, enum host_fault fault)
{
  char out[HOST_MAX + 1];
  enum host_fault found = normalise(name, size, out);

  if (found != fault)
    fail_msg("'%.*s': %s, not %s", (int)size, name, host_fault_text(found), host_fault_text(fault));
}

static void expect_refused(const char *name, enum host_fault fault)
{
  expect_octets_refused(name, strlen(name), fault);
}

static void test_plain_names(void **state)
{
  (void)state;
  expect_normal("example.com", "example.com");
  expect_normal("Example.COM.", "example.com");
  expect_normal("ABCDEFGHIJKLMNOPQRSTUVWXYZ.example", "abcdefghijklmnopqrstuvwxyz.example");
  expect_normal("localhost", "localhost");
  expect_normal("a", "a");
  expect_normal("3com.com", "3com.com");
  expect_normal("a--b.example", "a--b.example");
  expect_normal("xn--57h.ml", "xn--57h.ml");
  expect_normal("XN--BCHER-KVA.example", "xn--bcher-kva.example");
  expect_normal("1.2.3.4.example", "1.2.3.4.example");
}

static void test_unicode_names(void **state)
{
  (void)state;
  expect_normal("b\u00fccher.example", "xn--bcher-kva.example");
  expect_normal("B\u00dcCHER.EXAMPLE.", "xn--bcher-kva.example");
  expect_normal("bu\u0308cher.example", "xn--bcher-kva.example"); /* decomposed */
  expect_normal("fa\u00df.example", "xn--fa-hia.example");
  expect_normal("\u03c3\u03c2.example", "xn--3xab.example"); /* final sigma is kept */
  expect_normal("x\u3002example", "x.example");
  expect_normal("x\uff0eexample\uff61", "x.example");
  expect_normal("\uff45\uff38ample.com", "example.com");
  expect_normal("a\u00adb.example", "ab.example"); /* a soft hyphen is mapped to nothing */
}

static void test_idna_refuses(void **state)
{
  (void)state;
  expect_refused("a\u200db.example", HOST_IDNA);
  expect_refused("\u2603.example", HOST_IDNA);  /* a symbol */
  expect_refused("\u0301a.example", HOST_IDNA); /* begins with a combining mark */
  expect_refused("a\u05d0.example", HOST_IDNA); /* directions mixed */
  expect_refused("\ue000.example", HOST_IDNA);  /* private use */
  expect_refused("\U0010ffff.example", HOST_IDNA);
}

static void test_empty(void **state)
{
  (void)state;
  expect_refused("", HOST_EMPTY);
  expect_refused(".", HOST_EMPTY);
  expect_refused("\u3002", HOST_EMPTY);
  expect_refused("\u00ad", HOST_EMPTY);
}

/* A NUL would cut the name short for every program that takes it as a C string. */
static void test_nul(void **state)
{
  static const char name[] = "good.example\0.evil.example";

  (void)state;
  expect_octets_refused(name, sizeof name - 1, HOST_CONTROL);
  expect_octets_refused(name, 13, HOST_CONTROL);
  expect_octets_refused("\0good.example", 13, HOST_CONTROL);
  expect_octets_refused("\0", 1, HOST_CONTROL);
  expect_octets_refused("b\xc3\xbc\0cher", 8, HOST_CONTROL);
}

static void test_not_utf8(void **state)
{
  static const char *const names[] = {
      "\x80.example",                     /* a lone continuation */
      "a\xbf.example",                    /* the same */
      "\xff.example",                     /* never in UTF-8 */
      "\xfe\x80.example",                 /* the same */
      "\xc0\xae.example",                 /* '.' in two octets */
      "\xc1\xa1.example",                 /* 'a' in two octets */
      "\xe0\x80\xaf.example",             /* '/' in three */
      "\xe0\x9f\xbf.example",             /* the last overlong of three */
      "\xf0\x80\x80\xaf.example",         /* '/' in four */
      "\xf0\x8f\xbf\xbf.example",         /* the last overlong of four */
      "\xed\xa0\x80.example",             /* a high surrogate */
      "\xed\xbf\xbf.example",             /* a low surrogate */
      "\xed\xa0\xbd\xed\xb8\x80.example", /* a pair of them */
      "\xf4\x90\x80\x80.example",         /* above U+10FFFF */
      "\xf8\x88\x80\x80\x80.example",
      "\xc3",                 /* cut short */
      "example.\xe2\x82",     /* the same */
      "example.\xf0\x9f\x98", /* the same */
      "\xc3(.example",        /* an octet that is no continuation */
      "\xe2\x28\xa1.example",
      "\xfc.example" /* Latin-1 */
  };

  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    expect_refused(names[i], HOST_ENCODING);
}

/* Everything that a name may not hold, at the start, in the middle and at the end of a label. */
static void test_every_ascii_octet(void **state)
{
  char name[32], expected[32];

  (void)state;
  for (int c = 1; c < 128; c++) {
    enum host_fault fault = c == ':' || c == '[' ? HOST_COLON : HOST_LABEL;

    snprintf(name, sizeof name, "a%cb.example", c);
    snprintf(expected, sizeof expected, "a%cb.example", c >= 'A' && c <= 'Z' ? c + 32 : c);
    if (isalnum(c) || c == '-' || c == '.')
      expect_normal(name, expected);
    else
      expect_refused(name, fault);
    snprintf(name, sizeof name, "%ca.example", c);
    if (!isalnum(c))
      expect_refused(name, fault);
    snprintf(name, sizeof name, "www.a%c.example", c);
    if (!isalnum(c))
      expect_refused(name, fault);
  }
}

static void test_labels(void **state)
{
  (void)state;
  expect_refused(".example.com", HOST_LABEL);
  expect_refused("a..example", HOST_LABEL);
  expect_refused("..", HOST_LABEL);
  expect_refused("example.com..", HOST_LABEL);
  expect_refused("b\u00fccher..example", HOST_LABEL);
  expect_refused("*.example.com", HOST_LABEL);
  expect_refused("under_score.example", HOST_LABEL);
  expect_refused("-", HOST_LABEL);
  expect_refused("http://example.com", HOST_COLON); /* which comes first */
  expect_refused("example.com/", HOST_LABEL);
  expect_refused("user@example.com", HOST_LABEL);
  expect_refused("%65xample.com", HOST_LABEL);
}

/* Compatibility forms of characters that no name may hold must not turn into ones that it may. */
static void test_fullwidth(void **state)
{
  (void)state;
  expect_refused("\uff11\uff19\uff12.0.2.1", HOST_IP);
  expect_refused("192.0.2.\u2460", HOST_IP); /* a circled 1 */
  expect_refused("\uff10x7f.\uff11", HOST_IP);
  expect_refused("x.example\uff1a443", HOST_COLON);
  expect_refused("\uff3b\uff1a\uff1a1\uff3d", HOST_IP);
  expect_refused("a\uff0fb.example", HOST_LABEL);
  expect_refused("a\u3000b.example", HOST_LABEL);
  expect_refused("a\u00a0b.example", HOST_LABEL);
  expect_refused("\uff0a.example.com", HOST_LABEL);
}

static void test_addresses(void **state)
{
  static const char *const names[] = {"192.0.2.1",
                                      "192.0.2.1.",
                                      "1",
                                      "127.1",
                                      "017700000001",
                                      "0x7f000001",
                                      "0X7F.1",
                                      "0x7f.0x1",
                                      "0x",
                                      "a.0x",
                                      "example.0xfa",
                                      "example.123",
                                      "1.0.0.1",
                                      "2001:db8::1",
                                      "[2001:db8::1]",
                                      "::1",
                                      "fe80::1%eth0",
                                      "[fe80::1%eth0]",
                                      "::ffff:192.0.2.1",
                                      "999.999.999.999.999"};
  static const char *const others[] = {"a:b",  "x.example:443", "[v1.x]", "[foo]", "[foo",
                                       "foo[", "[::1",          "::1]",   "[]",    "[::1]:443",
                                       ":",    "[::1]x",        "[[::1]", "1:2",   "a::x"};

  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    expect_refused(names[i], HOST_IP);
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    expect_refused(others[i], HOST_COLON);
  expect_normal("0xg.example", "0xg.example");
  expect_normal("example.0xfg", "example.0xfg");
  expect_normal("example.1a", "example.1a");
  expect_normal("example.01af", "example.01af");
  expect_normal("example.ax1f", "example.ax1f");
}

/* A name of labels of `label` letters each, `size` octets long in all. */
static void fill(char *name, size_t size, size_t label)
{
  for (size_t i = 0; i < size; i++)
    name[i] = i % (label + 1) == label ? '.' : 'a';
  name[size] = '\0';
}

static void test_lengths(void **state)
{
  static char name[HOST_INPUT_MAX + 2];
  char out[HOST_MAX + 1];

  (void)state;
  fill(name, 63, 63);
  expect_normal(name, name);
  fill(name, 64, 64);
  expect_refused(name, HOST_LABEL_LENGTH);
  fill(name, HOST_MAX, 49);
  expect_normal(name, name);
  name[HOST_MAX] = '.'; /* the root dot does not count */
  name[HOST_MAX + 1] = '\0';
  assert_int_equal(normalise(name, HOST_MAX + 1, out), HOST_FINE);
  assert_int_equal(strlen(out), HOST_MAX);
  fill(name, HOST_MAX + 1, 49);
  expect_refused(name, HOST_LENGTH);
  fill(name, HOST_INPUT_MAX, 49);
  expect_refused(name, HOST_LENGTH);
  fill(name, HOST_INPUT_MAX + 1, 49);
  expect_refused(name, HOST_LENGTH);
}

static void repeat(char *name, const char *part, int times)
{
  name[0] = '\0';
  for (int i = 0; i < times; i++)
    strcat(name, part);
}

/* The A-label is what counts, not the octets of the UTF-8. */
static void test_unicode_lengths(void **state)
{
  char name[1000], out[HOST_MAX + 1];

  (void)state;
  repeat(name, "\u00fc", 30);
  expect_normal(name, "xn--tdaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  repeat(name, "\u00fc", 57);
  assert_int_equal(normalise(name, strlen(name), out), HOST_FINE);
  assert_int_equal(strlen(out), LABEL_MAX);
  repeat(name, "\u00fc", 58);
  expect_refused(name, HOST_LABEL_LENGTH);
  repeat(name, "\u00fc", 100);
  expect_refused(name, HOST_LABEL_LENGTH);
  repeat(name, "b\u00fccher.", 40);
  expect_refused(name, HOST_LENGTH);
}

/* 600 octets of UTF-8 whose A-labels have room enough. */
static void test_long_unicode(void **state)
{
  char name[1000] = "", out[HOST_MAX + 1];

  (void)state;
  for (int label = 0; label < 4; label++) {
    repeat(name + strlen(name), "\u4e2d", 45);
    strcat(name, label < 3 ? "." : "");
  }
  assert_int_equal(normalise(name, strlen(name), out), HOST_FINE);
  assert_int_equal(strlen(out), 207);
}

/* An A-label of 9 octets, a dot, and the rest in ASCII. */
static void test_longest_unicode(void **state)
{
  char name[HOST_MAX + 1] = "b\u00fc.", out[HOST_MAX + 1];

  (void)state;
  fill(name + 4, HOST_MAX - 10, 48);
  assert_int_equal(normalise(name, strlen(name), out), HOST_FINE);
  assert_int_equal(strlen(out), HOST_MAX);
  fill(name + 4, HOST_MAX - 9, 48);
  expect_refused(name, HOST_LENGTH);
}

/* Soft hyphens vanish, so that only the limit on what is looked at counts here. */
static void test_longest_input(void **state)
{
  char name[HOST_INPUT_MAX + 3];

  (void)state;
  repeat(name, "\u00ad", HOST_INPUT_MAX / 2 - 1);
  strcat(name, "ab");
  assert_int_equal(strlen(name), HOST_INPUT_MAX);
  expect_normal(name, "ab");
  strcat(name, "c");
  expect_refused(name, HOST_LENGTH);
}

/* Far beyond HOST_INPUT_MAX nothing is read at all. */
static void test_huge(void **state)
{
  char out[HOST_MAX + 1];

  (void)state;
  assert_int_equal(host_normalise("x", SIZE_MAX, out), HOST_LENGTH);
  assert_int_equal(host_normalise("x", HOST_INPUT_MAX + 1, out), HOST_LENGTH);
  assert_int_equal(host_normalise("x", 0, out), HOST_EMPTY);
}

/* In a Turkish locale tolower('I') need not be 'i'. */
static void test_turkish(void **state)
{
  (void)state;
  if (!locale_use("tr_TR")) {
    print_message("no locale but C can be had here\n");
    skip();
  }
  expect_normal("MAIL.EXAMPLE.COM", "mail.example.com");
  expect_normal("TITLE.INFO", "title.info");
  expect_normal("\u0130.example", "xn--i-9bb.example");
  expect_normal("\u0131.example", "xn--cfa.example");
}

static void test_fault_names(void **state)
{
  static const char *const tokens[] = {"fine",         "empty", "control",  "encoding", "length",
                                       "label_length", "label", "ip",       "ip",       "form",
                                       "idna",         "port",  "nameless", "url"};

  (void)state;
  for (int fault = HOST_FINE; fault <= HOST_URL; fault++) {
    assert_string_equal(host_fault_token((enum host_fault)fault), tokens[fault]);
    for (int other = HOST_FINE; other < fault; other++)
      assert_string_not_equal(host_fault_text((enum host_fault)fault),
                              host_fault_text((enum host_fault)other));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain_names),
      cmocka_unit_test(test_unicode_names),
      cmocka_unit_test(test_idna_refuses),
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_nul),
      cmocka_unit_test(test_not_utf8),
      cmocka_unit_test(test_every_ascii_octet),
      cmocka_unit_test(test_labels),
      cmocka_unit_test(test_fullwidth),
      cmocka_unit_test(test_addresses),
      cmocka_unit_test(test_lengths),
      cmocka_unit_test(test_unicode_lengths),
      cmocka_unit_test(test_long_unicode),
      cmocka_unit_test(test_longest_unicode),
      cmocka_unit_test(test_longest_input),
      cmocka_unit_test(test_huge),
      cmocka_unit_test(test_turkish),
      cmocka_unit_test(test_fault_names),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
