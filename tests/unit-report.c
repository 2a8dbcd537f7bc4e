/* The report of a pin that was not met, read as JSON.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/report.h"

#include "tests/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-glib/json-glib.h>
#include <string.h>

enum { NOW = 1700000000, MOST = 131072 };

static const struct peer peer = {.host = "www.example.org", .protocol = PROTOCOL_TLS, .port = 8443};
static const uint8_t pins[2][32] = {{0}, {0xff, 0xff, 0xff}};

static struct path path;

static int make_path(void **state)
{
  (void)state;
  path_make(&path, NULL);
  return 0;
}

static int free_path(void **state)
{
  (void)state;
  path_free(&path);
  return 0;
}

static struct report report_on(const struct chain *chain)
{
  return (struct report){.now = NOW,
                         .peer = &peer,
                         .noted = "example.org",
                         .subdomains = true,
                         .expires = NOW + 86400,
                         .pins = 2,
                         .pin = pins,
                         .chain = chain,
                         .served = path.certificate,
                         .served_count = 2};
}

/* The members of the report, which must be one JSON object. */
static JsonObject *read_report(JsonParser *parser, const struct report *report, size_t most)
{
  g_autofree char *text = report_text(report, most);
  g_autoptr(GError) error = NULL;

  assert_true(strlen(text) <= most);
  assert_true(g_utf8_validate(text, -1, NULL));
  if (!json_parser_load_from_data(parser, text, -1, &error))
    fail_msg("%s in %s", error->message, text);
  return json_node_get_object(json_parser_get_root(parser));
}

static const char *element(JsonObject *object, const char *name, guint i)
{
  return json_array_get_string_element(json_object_get_array_member(object, name), i);
}

static guint length(JsonObject *object, const char *name)
{
  return json_array_get_length(json_object_get_array_member(object, name));
}

/* Everything that RFC 7469 section 3 names, and nothing else. */
static void test_members(void **state)
{
  static const char *const names[] = {"date-time",
                                      "hostname",
                                      "port",
                                      "effective-expiration-date",
                                      "include-subdomains",
                                      "noted-hostname",
                                      "served-certificate-chain",
                                      "validated-certificate-chain",
                                      "known-pins"};
  g_autoptr(JsonParser) parser = json_parser_new();
  struct chain chain;
  struct report report;
  JsonObject *object;

  (void)state;
  path_read(&path, PATH_SIZE, true, &chain);
  report = report_on(&chain);
  object = read_report(parser, &report, MOST);
  assert_int_equal(json_object_get_size(object), G_N_ELEMENTS(names));
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
    assert_true(json_object_has_member(object, names[i]));
  assert_string_equal(json_object_get_string_member(object, "date-time"), "2023-11-14T22:13:20Z");
  assert_string_equal(json_object_get_string_member(object, "effective-expiration-date"),
                      "2023-11-15T22:13:20Z");
  assert_string_equal(json_object_get_string_member(object, "hostname"), "www.example.org");
  assert_string_equal(json_object_get_string_member(object, "noted-hostname"), "example.org");
  assert_int_equal(json_object_get_int_member(object, "port"), 8443);
  assert_true(json_object_get_boolean_member(object, "include-subdomains"));
  assert_int_equal(length(object, "known-pins"), 2);
  assert_string_equal(element(object, "known-pins", 0),
                      "pin-sha256=\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"");
  assert_string_equal(element(object, "known-pins", 1),
                      "pin-sha256=\"////AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"");
}

static void expect_chains(const struct report *report, guint served, guint validated)
{
  g_autoptr(JsonParser) parser = json_parser_new();
  JsonObject *object = read_report(parser, report, MOST);

  assert_int_equal(length(object, "served-certificate-chain"), served);
  assert_int_equal(length(object, "validated-certificate-chain"), validated);
}

/* A certificate as PEM that others can read. */
static void expect_pem(const char *pem, struct span expected)
{
  gnutls_datum_t in = {(unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem)}, der;

  assert_int_equal(gnutls_pem_base64_decode2("CERTIFICATE", &in, &der), 0);
  assert_true(span_equal((struct span){der.data, der.size}, expected));
  gnutls_free(der.data);
  for (const char *line = pem; *line != '\0'; line += strcspn(line, "\n") + 1)
    assert_true(strcspn(line, "\n") <= 64);
}

/* What was served is what the server sent, in its order, and what was validated is the path:
 * neither stands for the other. */
static void test_certificates(void **state)
{
  g_autoptr(JsonParser) parser = json_parser_new();
  const struct span served[] = {path.certificate[PATH_ISSUER], path.certificate[PATH_SERVER],
                                path.certificate[PATH_ISSUER]};
  struct chain chain;
  struct report report;
  JsonObject *object;

  (void)state;
  path_read(&path, PATH_SIZE, true, &chain);
  report = report_on(&chain);
  report.subdomains = false;
  report.served = served;
  report.served_count = 3;
  object = read_report(parser, &report, MOST);
  assert_false(json_object_get_boolean_member(object, "include-subdomains"));
  assert_int_equal(length(object, "served-certificate-chain"), 3);
  for (guint i = 0; i < 3; i++)
    expect_pem(element(object, "served-certificate-chain", i), served[i]);
  assert_int_equal(length(object, "validated-certificate-chain"), PATH_SIZE);
  for (guint i = 0; i < PATH_SIZE; i++)
    expect_pem(element(object, "validated-certificate-chain", i), path.certificate[i]);
}

/* What isn't known is not made up: an empty list. */
static void test_not_known(void **state)
{
  struct chain chain;
  struct report report = report_on(&chain);

  (void)state;
  report.served = NULL;
  report.served_count = 0;
  path_read(&path, PATH_SIZE, true, &chain);
  expect_chains(&report, 0, PATH_SIZE);
}

/* Nothing is said to be validated that wasn't, and a raw key is no certificate. */
static void test_no_path(void **state)
{
  struct chain chain;
  struct report report = report_on(&chain);

  (void)state;
  path_read(&path, 2, false, &chain);
  expect_chains(&report, 2, 0);
  path_read_raw(&path, &chain);
  chain.path = true;
  expect_chains(&report, 2, 0);
}

/* What is too long loses certificates, and stays JSON. */
static void test_long(void **state)
{
  g_autoptr(JsonParser) parser = json_parser_new();
  g_autofree char *whole = NULL;
  struct chain chain;
  struct report report = report_on(&chain);
  JsonObject *object;

  (void)state;
  path_read(&path, PATH_SIZE, true, &chain);
  whole = report_text(&report, MOST);
  object = read_report(parser, &report, strlen(whole));
  assert_int_equal(length(object, "served-certificate-chain"), 2);
  object = read_report(parser, &report, strlen(whole) - 1);
  assert_int_equal(length(object, "served-certificate-chain"), 0);
  assert_int_equal(length(object, "validated-certificate-chain"), PATH_SIZE);
  object = read_report(parser, &report, 1000);
  assert_int_equal(length(object, "served-certificate-chain"), 0);
  assert_int_equal(length(object, "validated-certificate-chain"), 0);
  assert_int_equal(length(object, "known-pins"), 2);
}

/* No text can leave its string. */
static void test_escapes(void **state)
{
  static const char *const texts[] = {"\"",   "\\",       "a\"b\\c",   "\n\r\t\b\f\x01\x1f",
                                      "\x7f", "\xc3\xa4", "</script>", "\\\"},{\"x\":\""};
  g_autoptr(JsonParser) parser = json_parser_new();
  struct chain chain;
  struct report report = report_on(&chain);
  JsonObject *object;

  (void)state;
  path_read(&path, 1, true, &chain);
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    report.noted = texts[i];
    object = read_report(parser, &report, MOST);
    assert_string_equal(json_object_get_string_member(object, "noted-hostname"), texts[i]);
    assert_int_equal(json_object_get_size(object), 9);
  }
  report.noted = "a\xff";
  object = read_report(parser, &report, MOST);
  assert_string_equal(json_object_get_string_member(object, "noted-hostname"), "a\xef\xbf\xbd");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_members), cmocka_unit_test(test_certificates),
      cmocka_unit_test(test_no_path), cmocka_unit_test(test_long),
      cmocka_unit_test(test_escapes), cmocka_unit_test(test_not_known),
  };

  return cmocka_run_group_tests(tests, make_path, free_path);
}
