/* What the handlers share: peers of messages, texts, and the table.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "dbus/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_peer(void **state)
{
  const struct bus_peer in = {"WWW.A.Example.", "dtls", 65535};
  g_autoptr(GString) problem = g_string_new(NULL);
  struct peer peer;

  (void)state;
  assert_int_equal(handlers_read_peer(&in, &peer, problem), TLSPIN_OK);
  assert_string_equal(peer.host, "www.a.example");
  assert_int_equal(peer.protocol, PROTOCOL_DTLS);
  assert_int_equal(peer.port, 65535);
  assert_string_equal(problem->str, "");
}

/* The text names the argument that can't be used. */
static void test_peer_refused(void **state)
{
  static const struct {
    struct bus_peer in;
    enum tlspin_code code;
    const char *words;
  } cases[] = {
      {{"a.example", "tls", 0}, TLSPIN_E_ARGUMENT, "'port' is 0"},
      {{"a.example", "", 443}, TLSPIN_E_ARGUMENT, "'protocol' is ''"},
      {{"a.example", "TLS", 443}, TLSPIN_E_ARGUMENT, "'protocol' is 'TLS'"},
      {{"a.example", "tls ", 443}, TLSPIN_E_ARGUMENT, "'protocol'"},
      {{"", "tls", 443}, TLSPIN_E_ARGUMENT, "'host'"},
      {{".", "tls", 443}, TLSPIN_E_ARGUMENT, "'host'"},
      {{"a..example", "tls", 443}, TLSPIN_E_ARGUMENT, "'host'"},
      {{"*.example", "tls", 443}, TLSPIN_E_ARGUMENT, "'host'"},
      {{"a.example\n", "tls", 443}, TLSPIN_E_ARGUMENT, "'host'"},
      {{"a\x01.example", "tls", 443}, TLSPIN_E_ARGUMENT, "'host'"},
      {{"_x.example", "tls", 443}, TLSPIN_E_ARGUMENT, "'host'"},
      {{"192.0.2.1", "tls", 443}, TLSPIN_CANNOT_BE_PINNED, "'host'"},
      {{"0x7f000001", "tls", 443}, TLSPIN_CANNOT_BE_PINNED, "'host'"},
      {{"::1", "tls", 443}, TLSPIN_CANNOT_BE_PINNED, "'host'"},
      {{"a.example:443", "tls", 443}, TLSPIN_E_ARGUMENT, "'host'"},
      /* an argument that is wrong is told even where the peer can't be pinned anyway */
      {{"192.0.2.1", "tls", 0}, TLSPIN_E_ARGUMENT, "'port'"},
      {{"192.0.2.1", "ssl", 443}, TLSPIN_E_ARGUMENT, "'protocol'"},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GString) problem = g_string_new(NULL);
    struct peer peer;

    if (handlers_read_peer(&cases[i].in, &peer, problem) != cases[i].code ||
        strstr(problem->str, cases[i].words) == NULL)
      fail_msg("%s: %s", cases[i].in.host, problem->str);
  }
}

/* Names of more octets than any host has are not echoed. */
static void test_long_hosts(void **state)
{
  static const size_t sizes[] = {254, 1024, 1025, 1 << 20};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
    g_autofree char *name = g_strnfill(sizes[i], 'a');
    g_autoptr(GString) problem = g_string_new(NULL);
    char host[HOST_MAX + 1] = "untouched";

    assert_int_equal(handlers_read_host(name, host, problem), TLSPIN_E_ARGUMENT);
    assert_non_null(strstr(problem->str, "'host'"));
    assert_true(problem->len < 200);
    assert_string_equal(host, "untouched");
  }
}

static void test_protocol(void **state)
{
  g_autoptr(GString) problem = g_string_new(NULL);
  enum protocol protocol = PROTOCOL_DTLS;

  (void)state;
  assert_int_equal(handlers_read_protocol("tls", &protocol, problem), TLSPIN_OK);
  assert_int_equal(protocol, PROTOCOL_TLS);
  assert_int_equal(handlers_read_protocol("quic", &protocol, problem), TLSPIN_E_ARGUMENT);
  assert_non_null(strstr(problem->str, "'quic'"));
}

static void test_explain(void **state)
{
  g_autoptr(GString) problem = g_string_new(NULL);

  (void)state;
  assert_int_equal(handlers_explain(TLSPIN_E_NOT_FOUND, NULL, problem), TLSPIN_E_NOT_FOUND);
  assert_string_equal(problem->str, "");
  assert_int_equal(handlers_explain(TLSPIN_UNAVAILABLE, g_strdup("why"), problem),
                   TLSPIN_UNAVAILABLE);
  assert_string_equal(problem->str, "why");
}

static void test_filled(void **state)
{
  (void)state;
  assert_int_equal(handlers_filled(true), TLSPIN_OK);
  assert_int_equal(handlers_filled(false), TLSPIN_E_MEMORY);
}

static void test_limit(void **state)
{
  static const struct {
    uint32_t limit;
    enum tlspin_code code;
  } cases[] = {{0, TLSPIN_E_ARGUMENT},
               {1, TLSPIN_OK},
               {BUS_LIST_MAX, TLSPIN_OK},
               {BUS_LIST_MAX + 1, TLSPIN_E_ARGUMENT},
               {UINT32_MAX, TLSPIN_E_ARGUMENT}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GString) problem = g_string_new(NULL);

    assert_int_equal(handlers_check_limit(cases[i].limit, problem), cases[i].code);
    assert_int_equal(strstr(problem->str, "'limit'") != NULL, cases[i].code != TLSPIN_OK);
  }
}

/* The text names the argument and the key, and for a wrong type what it must be. */
static void test_fault(void **state)
{
  static const struct {
    struct bus_fault fault;
    const char *type;
  } cases[] = {{{BUS_KEY_UNKNOWN, "kee", ""}, ""},
               {{BUS_KEY_TYPE, "kee", "ay"}, "'ay'"},
               {{BUS_KEY_TWICE, "kee", "s"}, "twice"}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GString) problem = g_string_new(NULL);

    assert_int_equal(handlers_fault("options", &cases[i].fault, problem), TLSPIN_E_ARGUMENT);
    assert_non_null(strstr(problem->str, "'options'"));
    assert_non_null(strstr(problem->str, "'kee'"));
    assert_non_null(strstr(problem->str, cases[i].type));
  }
}

static void test_reason(void **state)
{
  struct verdict verdict = {.reason = VERDICT_CRITICAL_DIFFERS, .refusal = REFUSAL_PROOF_WRONG};

  (void)state;
  assert_string_equal(handlers_reason(&verdict), "critical-differs");
  verdict.reason = VERDICT_TICKET;
  assert_string_equal(handlers_reason(&verdict), "proof-wrong");
}

static void count(void *data)
{
  ++*(unsigned *)data;
}

static void test_served(void **state)
{
  unsigned served = 0;
  struct handlers handlers = {.served = count, .data = &served}, silent = {.served = NULL};

  (void)state;
  handlers_served(&handlers);
  handlers_served(&silent);
  assert_int_equal(served, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_peer),       cmocka_unit_test(test_peer_refused),
      cmocka_unit_test(test_long_hosts), cmocka_unit_test(test_protocol),
      cmocka_unit_test(test_explain),    cmocka_unit_test(test_filled),
      cmocka_unit_test(test_served),     cmocka_unit_test(test_limit),
      cmocka_unit_test(test_fault),      cmocka_unit_test(test_reason),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
