/* Where an entry applies: scopes, specificity, and the texts that people write.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct place at(const char *host, enum scope scope)
{
  struct place place = {.scope = scope, .protocol = PLACE_ANY_PROTOCOL, .port = PLACE_ANY_PORT};

  snprintf(place.host, sizeof place.host, "%s", host);
  return place;
}

static struct peer peer_of(const char *host)
{
  struct peer peer = {.protocol = PROTOCOL_TLS, .port = 443};

  snprintf(peer.host, sizeof peer.host, "%s", host);
  return peer;
}

static bool covers(const char *host, enum scope scope, const char *name)
{
  struct place place = at(host, scope);
  struct peer peer = peer_of(name);

  return place_covers(&place, &peer);
}

static void test_tokens(void **state)
{
  enum scope scope = SCOPE_EXACT;
  int protocol = 7;

  (void)state;
  for (int i = 0; i < SCOPE_COUNT; i++) {
    assert_true(scope_from_token(scope_token((enum scope)i), &scope));
    assert_int_equal(scope, i);
  }
  assert_string_equal(scope_token(SCOPE_ONE_LABEL), "one-label");
  assert_false(scope_from_token("", &scope));
  assert_false(scope_from_token("Exact", &scope));
  assert_int_equal(scope, SCOPE_SUBTREE);
  for (int i = PLACE_ANY_PROTOCOL; i < PROTOCOL_COUNT; i++) {
    assert_true(place_protocol_from_token(place_protocol_token(i), &protocol));
    assert_int_equal(protocol, i);
  }
  assert_string_equal(place_protocol_token(PLACE_ANY_PROTOCOL), "");
  assert_string_equal(place_protocol_token(PROTOCOL_DTLS), "dtls");
  protocol = 7;
  assert_false(place_protocol_from_token("udp", &protocol));
  assert_int_equal(protocol, 7);
}

static void test_of_peer(void **state)
{
  struct peer peer = peer_of("a.example"), other = peer;
  struct place place;

  (void)state;
  peer.protocol = PROTOCOL_DTLS;
  peer.port = 853;
  place = place_of_peer(&peer);
  assert_true(place_is_valid(&place));
  assert_string_equal(place.host, "a.example");
  assert_int_equal(place.scope, SCOPE_EXACT);
  assert_true(place_covers(&place, &peer));
  assert_false(place_covers(&place, &other));
  other.port = 853;
  assert_false(place_covers(&place, &other)); /* another protocol */
  other.protocol = PROTOCOL_DTLS;
  assert_true(place_covers(&place, &other));
  other.port = 854;
  assert_false(place_covers(&place, &other));
}

static void test_validity(void **state)
{
  struct place place = at("example.com", SCOPE_SUBTREE);

  (void)state;
  assert_true(place_is_valid(&place));
  place.port = 65535;
  place.protocol = PROTOCOL_DTLS;
  assert_true(place_is_valid(&place));
  place.protocol = PROTOCOL_COUNT;
  assert_false(place_is_valid(&place));
  place.protocol = PLACE_ANY_PROTOCOL - 1;
  assert_false(place_is_valid(&place));
  place.protocol = PROTOCOL_TLS;
  place.scope = SCOPE_COUNT;
  assert_false(place_is_valid(&place));
  place.scope = (enum scope) - 1;
  assert_false(place_is_valid(&place));
  place = at("", SCOPE_SUBTREE);
  assert_true(place_is_valid(&place));
  place.scope = SCOPE_EXACT;
  assert_false(place_is_valid(&place));
  place.scope = SCOPE_ONE_LABEL;
  assert_false(place_is_valid(&place));
}

static void test_valid_hosts(void **state)
{
  static const char *const wrong[] = {"Example.com",   "example.com.", ".example.com", "*.example",
                                      "b\xc3\xbc.com", "a b",          "10.0.0.1",     "::1",
                                      "a..b",          "-a.example",   "a_b.example",  "*"};
  struct place place = at("xn--bcher-kva.example", SCOPE_EXACT);

  (void)state;
  assert_true(place_is_valid(&place));
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    place = at(wrong[i], SCOPE_EXACT);
    if (place_is_valid(&place))
      fail_msg("%s", wrong[i]);
  }
  for (size_t i = 0; i < HOST_MAX; i++)
    place.host[i] = i % 64 == 63 ? '.' : 'a';
  place.host[HOST_MAX] = '\0';
  assert_true(place_is_valid(&place));
  memset(place.host, 'a', sizeof place.host); /* without an end */
  assert_false(place_is_valid(&place));
}

/* RFC 6125 section 6.4.3 for one label, RFC 6797 section 8.2 for a subtree. */
static void test_covers(void **state)
{
  static const struct {
    const char *host, *name;
    bool exact, one_label, subtree;
  } cases[] = {
      {"example.com", "example.com", true, false, true},
      {"example.com", "a.example.com", false, true, true},
      {"example.com", "b.a.example.com", false, false, true},
      {"example.com", "notexample.com", false, false, false},
      {"example.com", "example.com.evil.test", false, false, false},
      {"example.com", "com", false, false, false},
      {"example.com", "example.org", false, false, false},
      {"example.com", "xexample.com", false, false, false},
      {"a.example.com", "example.com", false, false, false},
      {"a.example.com", "b.example.com", false, false, false},
      {"com", "example.com", false, true, true},
      {"google", "mail.google", false, true, true},
      {"localhost", "localhost", true, false, true},
      {"example.com", "xn--bcher-kva.example.com", false, true, true},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(covers(cases[i].host, SCOPE_EXACT, cases[i].name), cases[i].exact);
    assert_int_equal(covers(cases[i].host, SCOPE_ONE_LABEL, cases[i].name), cases[i].one_label);
    assert_int_equal(covers(cases[i].host, SCOPE_SUBTREE, cases[i].name), cases[i].subtree);
  }
  assert_true(covers("", SCOPE_SUBTREE, "b.a.example.com"));
  assert_true(covers("", SCOPE_SUBTREE, "localhost"));
  assert_false(covers("", SCOPE_EXACT, "localhost"));
  assert_false(covers("", SCOPE_ONE_LABEL, "localhost"));
}

static void test_above(void **state)
{
  struct peer peer = peer_of("b.a.example.com");
  struct place place = at("a.example.com", SCOPE_EXACT);

  (void)state;
  assert_true(place_is_above(&place, &peer));
  place.port = 443;
  place.protocol = PROTOCOL_TLS;
  assert_true(place_is_above(&place, &peer));
  place.port = 444;
  assert_false(place_is_above(&place, &peer));
  place.port = 443;
  place.protocol = PROTOCOL_DTLS;
  assert_false(place_is_above(&place, &peer));
  place = at("com", SCOPE_ONE_LABEL);
  assert_true(place_is_above(&place, &peer));
  place = at("b.a.example.com", SCOPE_SUBTREE);
  assert_false(place_is_above(&place, &peer)); /* the host itself */
  place = at("c.b.a.example.com", SCOPE_SUBTREE);
  assert_false(place_is_above(&place, &peer));
  place = at("xample.com", SCOPE_SUBTREE);
  assert_false(place_is_above(&place, &peer));
  place = at("", SCOPE_SUBTREE);
  assert_false(place_is_above(&place, &peer));
}

static void test_names(void **state)
{
  static const char host[] = "b.a.example.com";
  const char *names[PLACE_NAMES_MAX];

  (void)state;
  assert_int_equal(place_names(host, names), 5);
  assert_ptr_equal(names[0], host);
  assert_string_equal(names[1], "a.example.com");
  assert_string_equal(names[2], "example.com");
  assert_string_equal(names[3], "com");
  assert_string_equal(names[4], "");
  assert_int_equal(place_names("localhost", names), 2);
  assert_int_equal(place_names("", names), 1);
  assert_string_equal(names[0], "");
}

/* A name has at most 127 labels; what has more, and so is none, does not overrun. */
static void test_many_names(void **state)
{
  char host[2 * 200];
  const char *names[PLACE_NAMES_MAX];

  (void)state;
  for (size_t i = 0; i < sizeof host; i++)
    host[i] = i % 2 == 0 ? 'a' : '.';
  host[253] = '\0';
  assert_int_equal(place_names(host, names), 128);
  host[253] = '.';
  host[sizeof host - 1] = '\0';
  assert_int_equal(place_names(host, names), PLACE_NAMES_MAX);
  assert_string_equal(names[PLACE_NAMES_MAX - 1], "");
}

static struct place full(const char *host, enum scope scope, int protocol, uint16_t port)
{
  struct place place = at(host, scope);

  place.protocol = protocol;
  place.port = port;
  return place;
}

/* Each is more specific than the next, and all cover one peer. */
static void test_compare(void **state)
{
  const struct place order[] = {
      full("b.example.com", SCOPE_EXACT, PROTOCOL_TLS, 443),
      full("b.example.com", SCOPE_EXACT, PLACE_ANY_PROTOCOL, 443),
      full("b.example.com", SCOPE_EXACT, PROTOCOL_TLS, PLACE_ANY_PORT),
      full("b.example.com", SCOPE_EXACT, PLACE_ANY_PROTOCOL, PLACE_ANY_PORT),
      full("b.example.com", SCOPE_SUBTREE, PROTOCOL_TLS, 443),
      full("b.example.com", SCOPE_SUBTREE, PLACE_ANY_PROTOCOL, PLACE_ANY_PORT),
      full("example.com", SCOPE_ONE_LABEL, PROTOCOL_TLS, 443),
      full("example.com", SCOPE_ONE_LABEL, PROTOCOL_TLS, PLACE_ANY_PORT),
      full("example.com", SCOPE_SUBTREE, PLACE_ANY_PROTOCOL, 443),
      full("com", SCOPE_SUBTREE, PROTOCOL_TLS, 443),
      full("", SCOPE_SUBTREE, PROTOCOL_TLS, 443),
      full("", SCOPE_SUBTREE, PLACE_ANY_PROTOCOL, 443),
      full("", SCOPE_SUBTREE, PLACE_ANY_PROTOCOL, PLACE_ANY_PORT),
  };
  struct peer peer = peer_of("b.example.com");
  const int count = sizeof order / sizeof order[0];

  (void)state;
  for (int i = 0; i < count; i++) {
    assert_true(place_covers(&order[i], &peer));
    for (int j = 0; j < count; j++) {
      int found = place_compare(&order[i], &order[j]);

      assert_true(i < j ? found < 0 : i > j ? found > 0 : found == 0);
      assert_true(place_equal(&order[i], &order[j]) == (i == j));
    }
  }
}

/* Places of other hosts are others, which place_compare needn't know. */
static void test_equal(void **state)
{
  struct place one = full("b.example.com", SCOPE_EXACT, PROTOCOL_TLS, 443), other = one;

  (void)state;
  assert_true(place_equal(&one, &other));
  other.host[0] = 'c';
  assert_false(place_equal(&one, &other));
  assert_int_equal(place_compare(&one, &other), 0);
  other = one;
  other.port = 444;
  assert_false(place_equal(&one, &other));
  other = one;
  other.protocol = PROTOCOL_DTLS;
  assert_false(place_equal(&one, &other));
}

static void check_read(const char *text, const char *host, enum scope scope, uint16_t port,
                       const char *written)
{
  struct place place = {.host = "x"};
  char back[PLACE_TEXT_SIZE];
  enum host_fault fault = place_read(text, &place);

  if (fault != HOST_FINE)
    fail_msg("%s: %s", text, host_fault_token(fault));
  assert_true(place_is_valid(&place));
  assert_string_equal(place.host, host);
  assert_int_equal(place.scope, scope);
  assert_int_equal(place.port, port);
  assert_int_equal(place.protocol, PLACE_ANY_PROTOCOL);
  place_text(&place, back);
  assert_string_equal(back, written);
  if (strcmp(text, written) != 0)
    check_read(back, host, scope, port, written);
}

static void test_read(void **state)
{
  (void)state;
  check_read("example.com", "example.com", SCOPE_EXACT, 0, "example.com");
  check_read("Example.COM.", "example.com", SCOPE_EXACT, 0, "example.com");
  check_read("example.com:443", "example.com", SCOPE_EXACT, 443, "example.com:443");
  check_read("*.example.com", "example.com", SCOPE_ONE_LABEL, 0, "*.example.com");
  check_read("*.Example.com.:1", "example.com", SCOPE_ONE_LABEL, 1, "*.example.com:1");
  check_read(".example.com", "example.com", SCOPE_SUBTREE, 0, ".example.com");
  check_read("**.example.com:65535", "example.com", SCOPE_SUBTREE, 65535, ".example.com:65535");
  check_read("*", "", SCOPE_SUBTREE, 0, "*");
  check_read("*:993", "", SCOPE_SUBTREE, 993, "*:993");
  check_read("*.com", "com", SCOPE_ONE_LABEL, 0, "*.com");
  check_read(".co.uk", "co.uk", SCOPE_SUBTREE, 0, ".co.uk");
  check_read("b\xc3\xbc"
             "cher.example",
             "xn--bcher-kva.example", SCOPE_EXACT, 0, "xn--bcher-kva.example");
  check_read("*.B\xc3\x9c"
             "CHER.example:25",
             "xn--bcher-kva.example", SCOPE_ONE_LABEL, 25, "*.xn--bcher-kva.example:25");
  check_read("xn--57h.ml", "xn--57h.ml", SCOPE_EXACT, 0, "xn--57h.ml");
}

/* The longest text there is fits. */
static void test_longest(void **state)
{
  char text[PLACE_TEXT_SIZE + 8] = "**.", back[PLACE_TEXT_SIZE], expected[PLACE_TEXT_SIZE + 8];
  struct place place;
  size_t at_end = 3;

  (void)state;
  for (size_t i = 0; i < HOST_MAX; i++)
    text[at_end++] = i % 64 == 63 ? '.' : 'a';
  memcpy(text + at_end, ":65535", 7);
  assert_int_equal(place_read(text, &place), HOST_FINE);
  place_text(&place, back);
  snprintf(expected, sizeof expected, "%s", text + 2);
  assert_string_equal(back, expected);
  text[at_end++] = 'a'; /* one too many */
  memcpy(text + at_end, ":65535", 7);
  assert_int_equal(place_read(text, &place), HOST_LENGTH);
}

static void test_refused(void **state)
{
  static const struct {
    const char *text;
    enum host_fault fault;
  } cases[] = {
      {"", HOST_EMPTY},
      {".", HOST_EMPTY},
      {"*.", HOST_EMPTY},
      {"**.", HOST_EMPTY},
      {"..", HOST_EMPTY}, /* a subtree of the root */
      {"**", HOST_LABEL},
      {"***", HOST_LABEL},
      {"***.example.com", HOST_LABEL},
      {"..example.com", HOST_LABEL},
      {"*.*.example.com", HOST_LABEL},
      {"*..example.com", HOST_LABEL},
      {".*.example.com", HOST_LABEL},
      {"**.*.example.com", HOST_LABEL},
      {"a.*.example.com", HOST_LABEL},
      {"*b.example.com", HOST_LABEL},
      {"a*.example.com", HOST_LABEL},
      {"xn--*.example.com", HOST_LABEL},
      {"example.*", HOST_LABEL},
      {"*.example.com..", HOST_LABEL},
      {"\xef\xbc\x8a.example.com", HOST_LABEL}, /* a wide asterisk */
      {"a_b.example", HOST_LABEL},
      {"a b.example", HOST_LABEL},
      {"a/b.example", HOST_LABEL},
      {"a\nb.example", HOST_LABEL},
      {"\x1b[2J.example", HOST_COLON}, /* for the bracket */
      {"192.0.2.1", HOST_IP},
      {"*.192.0.2.1", HOST_IP},
      {".0x7f", HOST_IP},
      {"::1", HOST_IP},
      {"[::1]", HOST_IP},
      {"[::1]:443", HOST_IP},
      {"*.[::1]", HOST_IP},
      {"[*:]", HOST_COLON},
      {"[.example.com:]", HOST_COLON},
      {"[abc", HOST_FORM},
      {"[::1]443", HOST_FORM},
      {"[::1]:0", HOST_PORT},
      {":443", HOST_NAMELESS},
      {":", HOST_NAMELESS},
      {"example.com:", HOST_PORT},
      {"example.com:0", HOST_PORT},
      {"example.com:65536", HOST_PORT},
      {"example.com:+1", HOST_PORT},
      {"http://example.com", HOST_URL},
      {"https://example.com/", HOST_URL},
      {"https://example.com:443", HOST_URL},
      {"example.com:443:443", HOST_COLON},
      {"*:", HOST_PORT},
      {"*:x", HOST_PORT},
      {"\xff.example", HOST_ENCODING},
  };
  struct place place = {.host = "untouched"};

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    enum host_fault fault = place_read(cases[i].text, &place);

    if (fault != cases[i].fault)
      fail_msg("%s: %s", cases[i].text, host_fault_token(fault));
    assert_string_equal(place.host, "untouched");
  }
}

static void test_long_texts(void **state)
{
  static const size_t sizes[] = {254, 1023, 1024, 1025, 1026, 4096, 1000000};
  char *text = malloc(1000001);
  struct place place;

  (void)state;
  assert_non_null(text);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    memset(text, 'a', sizes[i]);
    text[sizes[i]] = '\0';
    assert_int_equal(place_read(text, &place), HOST_LENGTH);
    text[0] = '.';
    assert_int_equal(place_read(text, &place), sizes[i] == 254 ? HOST_LABEL_LENGTH : HOST_LENGTH);
    memset(text, '.', sizes[i]);
    assert_true(place_read(text, &place) != HOST_FINE);
    memset(text, '*', sizes[i]);
    assert_true(place_read(text, &place) != HOST_FINE);
  }
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tokens),   cmocka_unit_test(test_of_peer),
      cmocka_unit_test(test_validity), cmocka_unit_test(test_valid_hosts),
      cmocka_unit_test(test_covers),   cmocka_unit_test(test_above),
      cmocka_unit_test(test_names),    cmocka_unit_test(test_many_names),
      cmocka_unit_test(test_compare),  cmocka_unit_test(test_equal),
      cmocka_unit_test(test_read),     cmocka_unit_test(test_longest),
      cmocka_unit_test(test_refused),  cmocka_unit_test(test_long_texts),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
