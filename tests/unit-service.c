/* Ports of services.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void assert_port(const char *service, uint16_t expected)
{
  uint16_t port = 1;

  assert_true(service_port((struct span){(const uint8_t *)service, strlen(service)}, &port));
  assert_int_equal(port, expected);
}

static void refuse(const char *service)
{
  uint16_t port;

  assert_false(service_port((struct span){(const uint8_t *)service, strlen(service)}, &port));
}

static void test_known(void **state)
{
  (void)state;
  assert_port("*", 0);
  assert_port("443", 443);
  assert_port("65535", 65535);
  assert_port("https", 443);
  assert_port("imaps", 993);
  assert_port("xmpp-client", 5222);
  assert_port("vnc", 5900);
}

static void test_unknown(void **state)
{
  (void)state;
  refuse("");
  refuse("0");
  refuse("65536");
  refuse("HTTPS ");
  refuse("http s");
  refuse("nosuch");
  refuse("**");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known),
      cmocka_unit_test(test_unknown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
