/* The parts of a peer as they are written: host_split and the protocols of host.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void test_protocols(void **state)
{
  enum protocol protocol = PROTOCOL_COUNT;

  (void)state;
  assert_string_equal(protocol_token(PROTOCOL_TLS), "tls");
  assert_string_equal(protocol_token(PROTOCOL_DTLS), "dtls");
  assert_false(protocol_from_token("", &protocol));
  assert_false(protocol_from_token("TLS", &protocol));
  assert_false(protocol_from_token("tlsx", &protocol));
  assert_int_equal(protocol, PROTOCOL_COUNT);
  for (int i = 0; i < PROTOCOL_COUNT; i++) {
    assert_true(protocol_from_token(protocol_token((enum protocol)i), &protocol));
    assert_int_equal(protocol, i);
  }
}

static void test_split(void **state)
{
  static const struct {
    const char *text, *host;
    uint16_t port;
  } cases[] = {
      {"example.com", "example.com", 0},
      {"example.com:443", "example.com", 443},
      {"example.com:1", "example.com", 1},
      {"example.com:65535", "example.com", 65535},
      {"Example.COM.:00025", "Example.COM.", 25},
      {"192.0.2.1", "192.0.2.1", 0},
      {"192.0.2.1:80", "192.0.2.1", 80},
      {"2001:db8::1", "2001:db8::1", 0},
      {"::1", "::1", 0},
      {"::", "::", 0},
      {"[2001:db8::1]", "2001:db8::1", 0},
      {"[2001:db8::1]:993", "2001:db8::1", 993},
      {"[::1]:65535", "::1", 65535},
      {"[fe80::1%eth0]:5", "fe80::1%eth0", 5},
      {"b\u00fccher.example:443", "b\u00fccher.example", 443},
      {"ex ample.com:443", "ex ample.com", 443}, /* for host_normalise to refuse */
  };
  char host[HOST_INPUT_MAX + 1];
  uint16_t port;

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    port = 7;
    assert_true(host_split(cases[i].text, host, &port));
    assert_string_equal(host, cases[i].host);
    assert_int_equal(port, cases[i].port);
  }
}

static void expect_no_split(const char *text)
{
  char host[HOST_INPUT_MAX + 1];
  uint16_t port;

  if (host_split(text, host, &port))
    fail_msg("\"%s\" was taken as host \"%s\", port %u", text, host, port);
}

static void test_split_refuses_ports(void **state)
{
  static const char *const ports[] = {"",       "0",      "00000", "65536", "65537", "99999",
                                      "100000", "000443", "+1",    "-1",    " 1",    "1 ",
                                      "0x50",   "http",   "1.5",   "\t1"};
  char text[64];

  (void)state;
  for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
    snprintf(text, sizeof text, "x:%s", ports[i]);
    expect_no_split(text);
    snprintf(text, sizeof text, "[::1]:%s", ports[i]);
    expect_no_split(text);
  }
  expect_no_split("x:18446744073709551617");
  expect_no_split("x:\uff11");
}

static void test_split_refuses(void **state)
{
  static const char *const texts[] = {"",         ":",           ":443",       "[",
                                      "[]",       "[]:443",      "[::1",       "[::1]x",
                                      "[::1]443", "[::1]:443:1", "[a]",        "[a]:443",
                                      "[a]:1:2",  "[::1] :443",  "[::1]]:443", "[1.2.3.4]"};

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    expect_no_split(texts[i]);
}

static void test_split_lengths(void **state)
{
  static char text[HOST_INPUT_MAX + 16];
  char host[HOST_INPUT_MAX + 1];
  uint16_t port;

  (void)state;
  memset(text, 'a', HOST_INPUT_MAX);
  strcpy(text + HOST_INPUT_MAX, ":443");
  assert_true(host_split(text, host, &port));
  assert_int_equal(strlen(host), HOST_INPUT_MAX);
  assert_int_equal(port, 443);
  memset(text, 'a', HOST_INPUT_MAX + 1);
  strcpy(text + HOST_INPUT_MAX + 1, ":443");
  assert_false(host_split(text, host, &port));
  text[HOST_INPUT_MAX + 1] = '\0';
  assert_false(host_split(text, host, &port));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_protocols),           cmocka_unit_test(test_split),
      cmocka_unit_test(test_split_refuses_ports), cmocka_unit_test(test_split_refuses),
      cmocka_unit_test(test_split_lengths),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
