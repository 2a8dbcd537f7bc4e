/* Tests of libclient/argument.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/argument.h"

#include "common/tlspin-error.h"
#include "libclient/last.h"
#include "libclient/tlspin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void assert_names(const char *argument)
{
  assert_memory_equal(tlspin_last_message(), argument, strlen(argument));
}

static int set_up(void **state)
{
  (void)state;
  last_clear();
  return 0;
}

static void test_there(void **state)
{
  (void)state;
  assert_int_equal(argument_there("", "x"), TLSPIN_OK);
  assert_string_equal(tlspin_last_message(), "");
  assert_int_equal(argument_there(NULL, "ticket"), TLSPIN_E_ARGUMENT);
  assert_names("ticket:");
}

static void test_host_is_normalised(void **state)
{
  char host[HOST_MAX + 1];

  (void)state;
  assert_int_equal(argument_host("WWW.Example.", host), TLSPIN_OK);
  assert_string_equal(host, "www.example");
  assert_int_equal(argument_host("b\xc3\xbc"
                                 "cher.example",
                                 host),
                   TLSPIN_OK);
  assert_string_equal(host, "xn--bcher-kva.example");
}

static void test_address_cannot_be_pinned(void **state)
{
  static const char *const addresses[] = {"192.0.2.1", "::1", "[::1]", "0x7f.1"};
  char host[HOST_MAX + 1];

  (void)state;
  for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
    last_clear();
    assert_int_equal(argument_host(addresses[i], host), TLSPIN_CANNOT_BE_PINNED);
    assert_names("host:");
  }
}

static void test_wrong_hosts(void **state)
{
  static const char *const wrong[] = {NULL,
                                      "",
                                      ".",
                                      "a..b",
                                      "-a.example",
                                      "a b",
                                      "a\nb.example",
                                      "\xff.example",
                                      "*.example",
                                      "host.example:443",
                                      "[foo",
                                      "foo["};
  char host[HOST_MAX + 1], longest[HOST_INPUT_MAX + 100];

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    last_clear();
    assert_int_equal(argument_host(wrong[i], host), TLSPIN_E_ARGUMENT);
    assert_names("host:");
  }
  memset(longest, 'a', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  assert_int_equal(argument_host(longest, host), TLSPIN_E_ARGUMENT);
}

static void test_protocol(void **state)
{
  static const char *const wrong[] = {NULL, "", "TLS", "tls ", "quic", "\xff"};
  enum protocol protocol = PROTOCOL_COUNT;

  (void)state;
  assert_int_equal(argument_protocol("dtls", &protocol), TLSPIN_OK);
  assert_int_equal(protocol, PROTOCOL_DTLS);
  assert_int_equal(argument_protocol("tls", &protocol), TLSPIN_OK);
  assert_int_equal(protocol, PROTOCOL_TLS);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    last_clear();
    assert_int_equal(argument_protocol(wrong[i], &protocol), TLSPIN_E_ARGUMENT);
    assert_names("protocol:");
  }
}

static void test_port(void **state)
{
  static const unsigned wrong[] = {0, 65536, 65536 + 443, UINT32_MAX};
  uint16_t port = 0;

  (void)state;
  assert_int_equal(argument_port(1, &port), TLSPIN_OK);
  assert_int_equal(port, 1);
  assert_int_equal(argument_port(65535, &port), TLSPIN_OK);
  assert_int_equal(port, 65535);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    last_clear();
    assert_int_equal(argument_port(wrong[i], &port), TLSPIN_E_ARGUMENT);
    assert_names("port:");
  }
}

static void test_peer(void **state)
{
  struct peer peer;

  (void)state;
  assert_int_equal(argument_peer("A.example", "dtls", 853, &peer), TLSPIN_OK);
  assert_string_equal(peer.host, "a.example");
  assert_int_equal(peer.protocol, PROTOCOL_DTLS);
  assert_int_equal(peer.port, 853);
  assert_int_equal(argument_peer("192.0.2.1", "nonsense", 0, &peer), TLSPIN_CANNOT_BE_PINNED);
  assert_names("host:");
  assert_int_equal(argument_peer("a.example", "nonsense", 0, &peer), TLSPIN_E_ARGUMENT);
  assert_names("protocol:");
  assert_int_equal(argument_peer("a.example", "tls", 0, &peer), TLSPIN_E_ARGUMENT);
  assert_names("port:");
}

static void test_text(void **state)
{
  (void)state;
  assert_int_equal(argument_text("abc", "pattern", 3), TLSPIN_OK);
  assert_int_equal(argument_text("\xc3\xa9", "pattern", 3), TLSPIN_OK);
  assert_string_equal(tlspin_last_message(), "");
  assert_int_equal(argument_text("abcd", "pattern", 3), TLSPIN_E_ARGUMENT);
  assert_names("pattern:");
  assert_int_equal(argument_text("", "pattern", 3), TLSPIN_E_ARGUMENT);
  assert_int_equal(argument_text(NULL, "pattern", 3), TLSPIN_E_ARGUMENT);
  last_clear();
  assert_int_equal(argument_text("\xc3(", "pattern", 3), TLSPIN_E_ARGUMENT);
  assert_names("pattern:");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_there, set_up),
      cmocka_unit_test_setup(test_host_is_normalised, set_up),
      cmocka_unit_test_setup(test_address_cannot_be_pinned, set_up),
      cmocka_unit_test_setup(test_wrong_hosts, set_up),
      cmocka_unit_test_setup(test_protocol, set_up),
      cmocka_unit_test_setup(test_port, set_up),
      cmocka_unit_test_setup(test_peer, set_up),
      cmocka_unit_test_setup(test_text, set_up),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
