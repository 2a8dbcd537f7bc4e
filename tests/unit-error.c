/* The table of outcomes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/tlspin-error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER TEST_DATA "/../../common/tlspin-error.h"

/* Numbers, tokens and D-Bus names are an interface: programs and other versions of the daemon
 * rely on them, so they stand here a second time. */
static const struct {
  int code;
  const char *token;
  const char *dbus_name;
} known[] = {
    {0, "ok", "org.tlspin.Error.None"},
    {1, "match", "org.tlspin.Error.Match"},
    {2, "mismatch", "org.tlspin.Error.Mismatch"},
    {3, "no-pin", "org.tlspin.Error.NoPin"},
    {4, "store-damaged", "org.tlspin.Error.StoreDamaged"},
    {5, "unavailable", "org.tlspin.Error.Unavailable"},
    {6, "clock-suspect", "org.tlspin.Error.ClockSuspect"},
    {7, "opted-out", "org.tlspin.Error.OptedOut"},
    {8, "cannot-be-pinned", "org.tlspin.Error.CannotBePinned"},
    {32, "invalid-argument", "org.tlspin.Error.InvalidArgument"},
    {33, "no-memory", "org.tlspin.Error.NoMemory"},
    {34, "not-found", "org.tlspin.Error.NotFound"},
    {35, "nothing-to-undo", "org.tlspin.Error.NothingToUndo"},
    {36, "unknown-method", "org.tlspin.Error.UnknownMethod"},
    {37, "bad-reply", "org.tlspin.Error.BadReply"},
    {38, "tls", "org.tlspin.Error.TLS"},
    {39, "bad-keys", "org.tlspin.Error.BadKeys"},
    {40, "denied", "org.tlspin.Error.AccessDenied"},
    {41, "limit-exceeded", "org.tlspin.Error.LimitsExceeded"},
    {42, "busy", "org.tlspin.Error.Busy"},
};

enum { KNOWN = sizeof known / sizeof known[0] };

static enum tlspin_code code_at(size_t i)
{
  return (enum tlspin_code)known[i].code;
}

/* The numbers that the header gives to its codes, in its order. */
static size_t read_header(int codes[], size_t room)
{
  FILE *file = fopen(HEADER, "re");
  char line[512];
  size_t count = 0;

  assert_non_null(file);
  while (fgets(line, sizeof line, file) != NULL) {
    const char *equals = strchr(line, '=');

    if (strncmp(line, "  TLSPIN_", 9) != 0 || equals == NULL)
      continue;
    assert_true(count < room);
    codes[count++] = atoi(equals + 1);
  }
  fclose(file);
  return count;
}

/* A code that is added to the header and to neither table is found here. */
static void test_every_code_of_the_header_has_a_row(void **state)
{
  int codes[100];
  size_t count = read_header(codes, 100);

  (void)state;
  assert_int_equal(count, KNOWN);
  for (size_t i = 0; i < KNOWN; i++)
    assert_int_equal(codes[i], known[i].code);
}

static void test_rows(void **state)
{
  (void)state;
  for (size_t i = 0; i < KNOWN; i++) {
    assert_string_equal(tlspin_code_token(code_at(i)), known[i].token);
    assert_string_equal(tlspin_code_dbus_name(code_at(i)), known[i].dbus_name);
    assert_int_equal(tlspin_code_from_token(known[i].token), known[i].code);
    assert_int_equal(tlspin_code_from_dbus_name(known[i].dbus_name), known[i].code);
  }
}

/* One sentence each, and no two alike. */
static void test_texts(void **state)
{
  (void)state;
  for (size_t i = 0; i < KNOWN; i++) {
    const char *text = tlspin_code_text(code_at(i));

    assert_true(strlen(text) > 4);
    assert_non_null(strchr(".?", text[strlen(text) - 1]));
    for (size_t k = 0; k < i; k++)
      assert_string_not_equal(text, tlspin_code_text(code_at(k)));
  }
}

/* A number from elsewhere must not look like success, nor like an answer. */
static void test_unknown_numbers(void **state)
{
  static const int unknown[] = {-1, 9, 31, 43, 1000, INT32_MAX};

  (void)state;
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    enum tlspin_code code = (enum tlspin_code)unknown[i];

    assert_string_equal(tlspin_code_token(code), "bad-reply");
    assert_string_equal(tlspin_code_dbus_name(code), "org.tlspin.Error.BadReply");
    assert_string_equal(tlspin_code_text(code), tlspin_code_text(TLSPIN_E_REPLY));
  }
}

/* Whatever is not understood is an error, never "ok", "match" or "no-pin". */
static void test_unknown_names(void **state)
{
  static const char *const unknown[] = {"",
                                        "OK",
                                        "ok ",
                                        " ok",
                                        "No-Pin",
                                        "no-pi",
                                        "no-pin\n",
                                        "org.tlspin.Error.",
                                        "org.tlspin.Error.none",
                                        "org.freedesktop.DBus.Error.NoReply",
                                        "org.tlspin.Error.NoPinX"};

  (void)state;
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    assert_int_equal(tlspin_code_from_token(unknown[i]), TLSPIN_E_REPLY);
    assert_int_equal(tlspin_code_from_dbus_name(unknown[i]), TLSPIN_UNAVAILABLE);
  }
  assert_int_equal(tlspin_code_from_token("org.tlspin.Error.Match"), TLSPIN_E_REPLY);
  assert_int_equal(tlspin_code_from_dbus_name("match"), TLSPIN_UNAVAILABLE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_code_of_the_header_has_a_row),
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_texts),
      cmocka_unit_test(test_unknown_numbers),
      cmocka_unit_test(test_unknown_names),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
