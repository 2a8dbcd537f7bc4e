/* Tests of libclient/put.c and libclient/readkey.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/tlspin-admin.h"

#include "tests/pki.h"
#include "tests/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t octets[64];

static int put(const struct tlspin_record *record)
{
  return tlspin_put(context, record, 1, 0, 0, NULL, NULL, NULL);
}

static void test_defaults(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  struct tlspin_record record = {
      .host = "WWW.Example.", .selector = 1, .matching = 1, .digest = {octets, 32}};

  (void)state;
  assert_int_equal(put(&record), TLSPIN_OK);
  assert_string_equal(test_bus_call(&world, "Put"),
                      "Put | host=www.example scope=exact protocol= port=q0 kind=pin "
                      "status=critical origin=user level=leaf selector=y1 matching=y1 digest=A32 "
                      "always=b1 note= |");
  test_process_end(daemon);
}

static void test_everything(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  struct tlspin_record records[] = {
      {.host = "",
       .scope = "subtree",
       .protocol = "dtls",
       .port = 853,
       .kind = "exception",
       .origin = "import",
       .level = "authority",
       .matching = 2,
       .digest = {octets, 64},
       .expires = 1,
       .enforced_until = 2,
       .not_always = 1,
       .errors = 3,
       .note = "why not",
       .first_seen = 4,
       .last_seen = 5,
       .count_seen = 6,
       .backed = 1},
      {.host = "a.example", .kind = "mode", .status = "off"},
  };

  (void)state;
  assert_int_equal(tlspin_put(context, records, 2, 17, TLSPIN_DRY_RUN, NULL, NULL, NULL),
                   TLSPIN_OK);
  assert_string_equal(
      test_bus_call(&world, "Put"),
      "Put | host= scope=subtree protocol=dtls port=q853 kind=exception status=excepted "
      "origin=import level=authority selector=y0 matching=y2 digest=A64 errors=u3 expires=t1 "
      "enforced-until=t2 first-seen=t4 last-seen=t5 count-seen=t6 always=b0 note=why not backed=b1 "
      "| "
      "host=a.example scope=exact protocol= port=q0 kind=mode status=off origin=user always=b1 "
      "note= | operation=t17 dry-run=b1");
  test_process_end(daemon);
}

static void test_chain(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  const struct tlspin_seen chain[] = {{"a", 1, 0, {octets, 32}, "sha256//x"},
                                      {NULL, 0, 2, {octets, 32}, "sha256//y"}},
                           raw = {.subject = "no", .not_after = 5, .key = "sha256//z"};
  struct tlspin_record record = {.host = "a.example",
                                 .selector = 1,
                                 .matching = 1,
                                 .digest = {octets, 32},
                                 .chain = chain,
                                 .chain_size = 2};

  (void)state;
  assert_int_equal(put(&record), TLSPIN_OK);
  assert_non_null(
      strstr(test_bus_call(&world, "Put"),
             " note= chain={ subject=a not-before=t1 not-after=t0 certificate=A32 key=sha256//x }"
             "{ subject= not-before=t0 not-after=t2 certificate=A32 key=sha256//y } |"));
  test_process_end(daemon);
  daemon = test_bus_daemon(&world, "log=%log");
  record.chain = &raw;
  record.chain_size = 1;
  assert_int_equal(put(&record), TLSPIN_OK);
  assert_non_null(strstr(test_bus_call(&world, "Put"), " chain={ key=sha256//z } |"));
  test_process_end(daemon);
}

static void test_wrong_chains(void **state)
{
  static const struct {
    struct tlspin_seen seen;
    const char *named;
  } wrong[] = {
      {{.key = NULL}, "record 1: key:"},
      {{.key = ""}, "record 1: key:"},
      {{.key = "\xff"}, "record 1: key:"},
      {{.key = "x", .subject = "\xff"}, "record 1: subject:"},
      {{.key = "x", .certificate = {octets, 65}}, "record 1: certificate:"},
      {{.key = "x", .certificate = {NULL, 32}}, "record 1: certificate:"},
  };
  const struct tlspin_seen many[17] = {{.key = "x"}};
  struct tlspin_record record = {.host = "a.example", .chain_size = 1};

  (void)state;
  assert_int_equal(put(&record), TLSPIN_E_ARGUMENT);
  assert_string_equal(tlspin_last_message(), "record 1: chain: it is missing");
  record.chain = many;
  record.chain_size = 17;
  assert_int_equal(put(&record), TLSPIN_E_ARGUMENT);
  assert_memory_equal(tlspin_last_message(), "record 1: chain: it has more", 28);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    record.chain = &wrong[i].seen;
    record.chain_size = 1;
    assert_int_equal(put(&record), TLSPIN_E_ARGUMENT);
    assert_memory_equal(tlspin_last_message(), wrong[i].named, strlen(wrong[i].named));
  }
}

static void collect(const char *warning, void *data)
{
  strcat(data, warning);
  strcat(data, ";");
}

static void test_what_comes_back(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");
  struct tlspin_record record = {.host = "a.example", .kind = "mode", .status = "on"};
  struct tlspin_change change = {0};
  char warnings[64] = "";

  (void)state;
  assert_int_equal(tlspin_put(context, &record, 1, 0, 0, &change, collect, warnings), TLSPIN_OK);
  assert_int_equal(change.operation, 41);
  assert_int_equal(change.count, 5);
  assert_int_equal(change.replaced, 0);
  assert_string_equal(warnings, "one;two;");
  test_process_end(daemon);
}

static void test_wrong_answers(void **state)
{
  static const struct {
    const char *arguments;
    int code;
  } wrong[] = {
      {"do=empty", TLSPIN_UNAVAILABLE},
      {"do=text", TLSPIN_UNAVAILABLE},
      {"do=error error=org.tlspin.Error.InvalidArgument", TLSPIN_E_ARGUMENT},
      {"do=error error=org.tlspin.Error.Unavailable", TLSPIN_UNAVAILABLE},
      {"do=error error=org.example.Anything", TLSPIN_UNAVAILABLE},
  };
  struct tlspin_record record = {.host = "a.example", .kind = "mode", .status = "on"};
  char warnings[64] = "";

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    pid_t daemon = test_bus_daemon(&world, wrong[i].arguments);

    assert_int_equal(tlspin_put(context, &record, 1, 0, 0, NULL, collect, warnings), wrong[i].code);
    assert_string_not_equal(tlspin_last_message(), "");
    test_process_end(daemon);
  }
  assert_string_equal(warnings, "");
}

/* A second one would find that all is there already, and lose the number. */
static void test_not_repeated(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log do=die");
  struct tlspin_record record = {.host = "a.example", .kind = "mode", .status = "on"};

  (void)state;
  assert_int_equal(put(&record), TLSPIN_UNAVAILABLE);
  assert_int_equal(test_bus_calls(&world, "Put"), 1);
  test_process_end(daemon);
}

static void test_wrong_records(void **state)
{
  static const struct {
    struct tlspin_record record;
    const char *named;
  } wrong[] = {
      {{.host = NULL}, "host:"},
      {{.host = "a b"}, "host:"},
      {{.host = "\xff"}, "host:"},
      {{.host = "a", .scope = ""}, "scope:"},
      {{.host = "a", .scope = "\xff"}, "scope:"},
      {{.host = "a", .kind = "\xff"}, "kind:"},
      {{.host = "a", .status = "\xff"}, "status:"},
      {{.host = "a", .origin = "\xff"}, "origin:"},
      {{.host = "a", .level = "\xff"}, "level:"},
      {{.host = "a", .protocol = "udp"}, "protocol:"},
      {{.host = "a", .port = 65536}, "port:"},
      {{.host = "a", .note = "\xff"}, "note:"},
      {{.host = "a", .selector = 256}, "selector:"},
      {{.host = "a", .matching = 257}, "matching:"},
      {{.host = "a", .digest = {octets, 65}}, "digest:"},
      {{.host = "a", .digest = {NULL, 32}}, "digest:"},
  };
  struct tlspin_record records[3] = {{.host = "a.example"}, {.host = "b.example"}};
  char text[1030];

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    records[2] = wrong[i].record;
    assert_int_equal(tlspin_put(context, records, 3, 0, 0, NULL, NULL, NULL), TLSPIN_E_ARGUMENT);
    assert_memory_equal(tlspin_last_message(), "record 3: ", 10);
    assert_memory_equal(tlspin_last_message() + 10, wrong[i].named, strlen(wrong[i].named));
  }
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  records[0].note = text;
  assert_int_equal(put(records), TLSPIN_E_ARGUMENT);
  records[0] = (struct tlspin_record){.host = "192.0.2.1"};
  assert_int_equal(put(records), TLSPIN_CANNOT_BE_PINNED);
}

static void test_wrong_arguments(void **state)
{
  struct tlspin_record *records = calloc(1001, sizeof *records);

  (void)state;
  for (size_t i = 0; i < 1001; i++)
    records[i].host = "a.example";
  assert_int_equal(tlspin_put(context, records, 1001, 0, 0, NULL, NULL, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_put(context, records, 0, 0, 0, NULL, NULL, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_put(context, NULL, 1, 0, 0, NULL, NULL, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_put(context, records, 1, 0, 4, NULL, NULL, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_put(NULL, records, 1, 0, 0, NULL, NULL, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_put(context, records, 1, 0, 0, NULL, NULL, NULL), TLSPIN_UNAVAILABLE);
  free(records);
}

static void expect_key(const char *text, const char *level, unsigned selector, unsigned matching,
                       const void *digest, size_t size)
{
  struct tlspin_record record = {.host = "kept"};
  unsigned char storage[64];

  if (tlspin_read_key(text, &record, storage) != TLSPIN_OK)
    fail_msg("%s: %s", text, tlspin_last_message());
  assert_string_equal(record.level, level);
  assert_int_equal(record.selector, selector);
  assert_int_equal(record.matching, matching);
  assert_int_equal(record.digest.size, size);
  assert_ptr_equal(record.digest.data, storage);
  assert_memory_equal(storage, digest, size);
  assert_string_equal(record.host, "kept");
}

static void test_keys(void **state)
{
  static const uint8_t zeros[64] = {0};
  char hex[2 * 64 + 10];

  (void)state;
  expect_key("sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "any", 1, 1, zeros, 32);
  memset(hex, '0', sizeof hex);
  hex[64] = '\0';
  expect_key(hex, "any", 1, 1, zeros, 32);
  memcpy(hex, "3 1 2 ", 6);
  memset(hex + 6, '0', 128);
  hex[6 + 128] = '\0';
  expect_key(hex, "leaf", 1, 2, zeros, 64);
  memcpy(hex, "2 0 1 ", 6);
  hex[6 + 64] = '\0';
  expect_key(hex, "authority", 0, 1, zeros, 32);
}

static void expect_errors(const char *usage, const char *kind, unsigned before, unsigned errors)
{
  struct tlspin_record record = {.kind = kind, .errors = before};
  unsigned char storage[64];
  char *text;

  assert_true(asprintf(&text, "%s%064d", usage, 0) > 0);
  assert_int_equal(tlspin_read_key(text, &record, storage), TLSPIN_OK);
  assert_int_equal(record.errors, errors);
  free(text);
}

/* Of an exception the key says what it is to excuse, unless somebody did already. */
static void test_errors(void **state)
{
  const unsigned domain_issued =
      TLSPIN_PKI_UNKNOWN_ISSUER | TLSPIN_PKI_EXPIRED | TLSPIN_PKI_NOT_YET_VALID | TLSPIN_PKI_NAME;

  (void)state;
  expect_errors("3 1 1 ", "exception", 0, domain_issued);
  expect_errors("2 0 1 ", "exception", 0, TLSPIN_PKI_UNKNOWN_ISSUER);
  expect_errors("1 1 1 ", "exception", 0, 0);
  expect_errors("0 0 1 ", "exception", 0, 0);
  expect_errors("", "exception", 0, 0);
  expect_errors("3 1 1 ", "exception", TLSPIN_PKI_WEAK, TLSPIN_PKI_WEAK);
  expect_errors("3 1 1 ", "pin", 0, 0); /* no pin excuses anything */
  expect_errors("3 1 1 ", NULL, 0, 0);
}

static void test_pem(void **state)
{
  struct pki_identity identity;
  gnutls_datum_t pem, der, key_pem;
  uint8_t digest[32];
  char *twice;

  (void)state;
  pki_make(&identity, NULL, &(struct pki_request){.purpose = PKI_SERVER, .name = "a.example"});
  der = pki_spki_der(&identity);
  gnutls_hash_fast(GNUTLS_DIG_SHA256, der.data, der.size, digest);
  assert_int_equal(gnutls_x509_crt_export2(identity.certificate, GNUTLS_X509_FMT_PEM, &pem), 0);
  expect_key((const char *)pem.data, "any", 1, 1, digest, 32);
  assert_int_equal(gnutls_pem_base64_encode2("PUBLIC KEY", &der, &key_pem), 0);
  expect_key((const char *)key_pem.data, "any", 1, 1, digest, 32);
  assert_true(asprintf(&twice, "%s%s", (const char *)pem.data, (const char *)pem.data) > 0);
  assert_int_equal(tlspin_read_key(twice, &(struct tlspin_record){0}, (unsigned char[64]){0}),
                   TLSPIN_E_ARGUMENT);
  free(twice);
  gnutls_free(pem.data);
  gnutls_free(key_pem.data);
  gnutls_free(der.data);
  pki_free(&identity);
}

static void test_what_is_no_key(void **state)
{
  static const char *const wrong[] = {
      "",
      "key",
      "sha256//",
      "sha256//AAAA",
      "4 1 1 00",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
      "-----BEGIN ",
  };
  struct tlspin_record record = {.level = "before"};
  unsigned char storage[64];
  char *large = malloc((1 << 20) + 2);

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_int_equal(tlspin_read_key(wrong[i], &record, storage), TLSPIN_E_ARGUMENT);
    assert_string_not_equal(tlspin_last_message(), "");
    assert_string_equal(record.level, "before");
  }
  memset(large, '0', (1 << 20) + 1);
  large[(1 << 20) + 1] = '\0';
  assert_int_equal(tlspin_read_key(large, &record, storage), TLSPIN_E_ARGUMENT);
  free(large);
  assert_int_equal(tlspin_read_key(NULL, &record, storage), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_read_key("x", NULL, storage), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_read_key("x", &record, NULL), TLSPIN_E_ARGUMENT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_defaults),
      WITH(test_everything),
      WITH(test_chain),
      WITH(test_wrong_chains),
      WITH(test_what_comes_back),
      WITH(test_wrong_answers),
      WITH(test_not_repeated),
      WITH(test_wrong_records),
      WITH(test_wrong_arguments),
      cmocka_unit_test(test_keys),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_pem),
      cmocka_unit_test(test_what_is_no_key),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
