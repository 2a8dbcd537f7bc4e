/* Where a record applies, its key and its end, as the user names them (tools/edit.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/edit.h"

#include "tests/said.h"
#include "tools/tlspin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <time.h>
#include <unistd.h>

static void assert_place(const char *text, const char *host, const char *scope, unsigned port)
{
  struct edit edit = {.record = {NULL}};

  assert_int_equal(edit_read_place(text, &edit), STATUS_FINE);
  assert_string_equal(edit.record.host, host);
  assert_string_equal(edit.record.scope, scope);
  assert_int_equal(edit.record.port, port);
}

static void test_place(void **state)
{
  (void)state;
  assert_place("Www.Example.Org.", "www.example.org", "exact", 0);
  assert_place("www.example.org:993", "www.example.org", "exact", 993);
  assert_place("*.example.org", "example.org", "one-label", 0);
  assert_place(".example.org:443", "example.org", "subtree", 443);
  assert_place("*", "", "subtree", 0);
}

static void test_place_refused(void **state)
{
  static const char *const texts[] = {"", "192.0.2.7", "a..b", "a:0", "a:b", "*.", "a_b.example"};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    struct edit edit = {.record = {NULL}};
    struct capture capture;

    capture_begin(&capture, STDERR_FILENO);
    assert_int_equal(edit_read_place(texts[i], &edit), STATUS_USAGE);
    assert_said(&capture, "Write HOST, HOST:PORT, *.HOST or .HOST.");
  }
}

/* The true cause is named. */
static void test_place_cause(void **state)
{
  static const struct {
    const char *text, *cause;
  } rows[] = {
      {"a.org:0", "there is no port from 1 to 65535 behind its colon"},
      {"a.org:65536", "there is no port from 1 to 65535 behind its colon"},
      {"a.org:", "there is no port from 1 to 65535 behind its colon"},
      {":443", "there is no host before its colon"},
      {"http://a.org", "it is a URL"},
      {"https://a.org:443/", "it is a URL"},
      {"192.0.2.7:443", "it is an address"},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    struct edit edit = {.record = {NULL}};
    struct capture capture;

    capture_begin(&capture, STDERR_FILENO);
    assert_int_equal(edit_read_place(rows[i].text, &edit), STATUS_USAGE);
    assert_said(&capture, rows[i].cause);
  }
}

static void test_end(void **state)
{
  struct capture capture;
  uint64_t end = 7;

  (void)state;
  assert_int_equal(edit_read_end(NULL, &end), STATUS_FINE);
  assert_int_equal(end, 7);
  assert_int_equal(edit_read_end("9999-12-31T23:59:59Z", &end), STATUS_FINE);
  assert_int_equal(end, UINT64_C(253402300799));
  assert_int_equal(edit_read_end("2h", &end), STATUS_FINE);
  assert_in_range(end, (uint64_t)time(NULL) + 7000, (uint64_t)time(NULL) + 7300);
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(edit_read_end("1999-01-01", &end), STATUS_USAGE);
  assert_said(&capture, "must be a time that is still to come");
}

static void test_level(void **state)
{
  static const char *const levels[] = {NULL, "leaf", "issuer", "anchor", "authority", "any"};
  struct capture capture;

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
    assert_int_equal(edit_read_level(levels[i]), STATUS_FINE);
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(edit_read_level("root"), STATUS_USAGE);
  assert_said(&capture, "Say leaf, issuer, anchor, authority or any.");
}

/* Each form that people write; none is refused without saying how to. */
static void test_key(void **state)
{
  static const char hex[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  g_autofree char *tlsa = g_strconcat("2 0 1 ", hex, NULL);
  struct tlspin_record record = {.note = "mine"};
  unsigned char digest[64];
  struct capture capture;

  (void)state;
  assert_int_equal(edit_read_key(hex, &record, digest), STATUS_FINE);
  assert_string_equal(record.level, "any");
  assert_int_equal(record.selector, 1);
  assert_ptr_equal(record.digest.data, digest);
  assert_int_equal(record.digest.size, 32);
  assert_int_equal(digest[1], 0x11);
  assert_int_equal(edit_read_key(tlsa, &record, digest), STATUS_FINE);
  assert_string_equal(record.level, "authority");
  assert_int_equal(record.selector, 0);
  assert_string_equal(record.note, "mine");
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(edit_read_key("sha256//AAAA", &record, digest), STATUS_USAGE);
  assert_said(&capture, "'sha256//AAAA' is no key. Write it as sha256//BASE64");
}

static void test_place_text(void **state)
{
  static const char *const texts[][2] = {{"Www.Example.Org.", "www.example.org"},
                                         {"*.example.org:993", "*.example.org:993"},
                                         {".example.org", ".example.org"}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    struct edit edit = {.record = {NULL}};
    g_autofree char *text = NULL;

    assert_int_equal(edit_read_place(texts[i][0], &edit), STATUS_FINE);
    text = edit_place_text(&edit);
    assert_string_equal(text, texts[i][1]);
  }
}

static void test_note(void **state)
{
  g_autofree char *longest = g_strnfill(1024, 'a'), *longer = g_strnfill(1025, 'a');
  struct tlspin_record record = {.note = "before"};
  struct capture capture;

  (void)state;
  assert_int_equal(edit_read_note(longest, &record), STATUS_FINE);
  assert_ptr_equal(record.note, longest);
  assert_int_equal(edit_read_note("", &record), STATUS_FINE);
  assert_null(record.note);
  assert_int_equal(edit_read_note(NULL, &record), STATUS_FINE);
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(edit_read_note(longer, &record), STATUS_USAGE);
  assert_said(&capture, "--note is too long: 1025 octets, of which 1024 can be kept. Shorten it.");
}

static void test_hostile_texts(void **state)
{
  static const char hostile[] = "a\ntlspin: b\033[2J.pem";
  struct edit model = {.record.status = "critical"};
  struct capture capture;

  (void)state;
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(edit_read_place(hostile, &model), STATUS_USAGE);
  assert_one_line(&capture);
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(edit_read_level(hostile), STATUS_USAGE);
  assert_one_line(&capture);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_place),         cmocka_unit_test(test_place_refused),
      cmocka_unit_test(test_place_cause),   cmocka_unit_test(test_place_text),
      cmocka_unit_test(test_end),           cmocka_unit_test(test_level),
      cmocka_unit_test(test_key),           cmocka_unit_test(test_note),
      cmocka_unit_test(test_hostile_texts),
  };

  setlocale(LC_ALL, "C.UTF-8");
  g_set_prgname("test");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
