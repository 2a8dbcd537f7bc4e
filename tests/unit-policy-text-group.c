/* A group of policy text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/policy-text-group.h"

#include "tests/written.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct text_group *group_of(const char *text)
{
  struct place place;

  assert_int_equal(place_read(text, &place), HOST_FINE);
  return text_group_new(&place);
}

static void test_records(void **state)
{
  struct text_group *group = group_of("a.example:443");
  struct keypin pin = record_at("a.example:443", KEYPIN_PIN, KEYPIN_ACTIVE, 0x11);
  char note[] = "kept";

  (void)state;
  assert_string_equal(group->name, "a.example:443");
  assert_false(text_group_is_reported(group));
  pin.note = note;
  text_group_add(group, &pin, KEYPIN_REPORTED, 7);
  note[0] = '\0';
  assert_int_equal(text_group_record(group, 0)->line, 7);
  assert_string_equal(text_group_record(group, 0)->pin.note, "kept");
  assert_true(text_group_is_reported(group));
  pin.kind = KEYPIN_EXCEPTION;
  text_group_add(group, &pin, KEYPIN_ENFORCED, 8);
  assert_true(text_group_is_reported(group));
  pin.kind = KEYPIN_MODE;
  text_group_add(group, &pin, KEYPIN_ENFORCED, 9);
  assert_false(text_group_is_reported(group));
  text_group_comment(group, text_group_record(group, 1));
  assert_null(group->comment);
  text_group_comment(group, text_group_record(group, 0));
  assert_string_equal(group->comment, "kept");
  text_group_free(group);
}

/* Each key once in each list. */
static void test_lists(void **state)
{
  struct text_group *group = group_of("a.example");
  struct keypin pin = record_at("a.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x11);

  (void)state;
  text_group_pin(group, &pin);
  text_group_pin(group, &pin);
  text_group_except(group, &pin);
  assert_int_equal(group->pins->len, 1);
  assert_int_equal(group->exceptions->len, 1);
  assert_string_equal(group->pins->pdata[0], "sha256//" B11);
  assert_false(text_group_blocks(group, &pin));
  text_group_block(group, &pin);
  text_group_block(group, &pin);
  assert_int_equal(group->blocked->len, 1);
  assert_true(text_group_blocks(group, &pin));
  pin = record_at("a.example", KEYPIN_PIN, KEYPIN_ACTIVE, 0x22);
  pin.selector = SELECTOR_CERTIFICATE;
  pin.level = KEYPIN_AUTHORITY;
  assert_false(text_group_blocks(group, &pin));
  text_group_pin(group, &pin);
  assert_true(g_str_has_prefix(group->pins->pdata[1], "0 0 1 2222"));
  text_group_free(group);
}

static void test_join(void **state)
{
  struct text_group *group = group_of("a.example");
  struct remarks remarks = {written_remark, written_told, false};
  struct terms terms = {PROTOCOL_TLS, 5, 9}, others = {PROTOCOL_DTLS, 6, 8};

  (void)state;
  text_group_join(group, &remarks, &terms, 1);
  assert_true(group->standing);
  assert_true(terms_are_same(&group->terms, &terms));
  assert_string_equal(written_told->str, "");
  text_group_join(group, &remarks, &others, 2);
  assert_int_equal(group->terms.protocol, PLACE_ANY_PROTOCOL);
  assert_int_equal(group->terms.enforce_until, 6);
  assert_int_equal(group->terms.report_until, 9);
  assert_string_equal(written_told->str,
                      "2 [a.example]: a group has one protocol; it is made that of any.\n"
                      "2 [a.example]: a group has one end; it is the latest one.\n");
  text_group_free(group);
}

/* What lets a server through isn't reported after its end. */
static void test_terms(void **state)
{
  struct keypin pin = record_at("a.example", KEYPIN_MODE, KEYPIN_OFF, 0);
  struct terms terms, leave;

  (void)state;
  pin.enforce_until = 5;
  terms = terms_of(&pin);
  leave = terms_of_leave(&pin);
  assert_int_equal(terms.report_until, KEYPIN_FOREVER);
  assert_int_equal(leave.enforce_until, 5);
  assert_int_equal(leave.report_until, 5);
  assert_false(terms_are_same(&terms, &leave));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_records, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_lists, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_join, written_setup, written_teardown),
      cmocka_unit_test_setup_teardown(test_terms, written_setup, written_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
