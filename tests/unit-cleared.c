/* One clear of pins: what is known beforehand, and what is said of it (tools/cleared.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/cleared.h"

#include "tests/said.h"
#include "tests/things.h"
#include "tools/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define AT(host, port, layer)                                                                      \
  "host=" host ";protocol=tls;port=#" port ";kind=ticket;layer=" layer ";state=active"

#define EVERYWHERE                                                                                 \
  "host=a.example;port=#0;kind=mode;scope=exact;layer=user;state=active;status=off;origin=user"

enum { MANY = 30, NAMED = 20 };

/* What the library lists, and was asked for. */
static const char *const *listed;
static struct tlspin_filter asked;
static unsigned visited;

int __wrap_tlspin_list(tlspin_t *context, const struct tlspin_filter *filter, tlspin_visit visit,
                       void *data);
int __wrap_tlspin_list(tlspin_t *context, const struct tlspin_filter *filter, tlspin_visit visit,
                       void *data)
{
  bool more = true;

  assert_null(context);
  asked = *filter;
  visited = 0;
  for (size_t i = 0; more && listed[i] != NULL; i++) {
    tlspin_entry_t *entry = thing_new(listed[i]);

    more = visit(entry, data) == 0;
    visited++;
    tlspin_entry_free(entry);
  }
  return TLSPIN_OK;
}

static struct choice no_choice;

static struct cleared clear_of(const char *name, unsigned port, const char *const *pins)
{
  struct cleared clear = {
      .choice = &no_choice, .name = name, .alone = true, .filter.port = (uint16_t)port};

  listed = pins;
  cleared_look(NULL, &clear);
  return clear;
}

/* What is said of the clear on standard output, which ends with it. */
static void expect(struct cleared *clear, uint64_t count, const char *expected)
{
  const struct tlspin_change change = {.operation = 7, .count = count};
  struct capture capture;
  char *text;

  capture_begin(&capture, STDOUT_FILENO);
  cleared_print(clear, &change);
  text = capture_end(&capture);
  assert_string_equal(text, expected);
  free(text);
  cleared_end(clear);
}

static void complain_and_end(struct cleared *clear, const char *expected)
{
  struct capture capture;

  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(cleared_complain(clear), STATUS_NOT_FOUND);
  assert_said(&capture, expected);
  cleared_end(clear);
}

static void test_look(void **state)
{
  static const char *const pins[] = {AT("a.example", "443", "user"), EVERYWHERE,
                                     AT("a.example", "443", "corp.db"),
                                     AT("a.example", "443", "other.db"), NULL};
  struct cleared clear = {.choice = &no_choice, .filter = {.all = 1, .forever = 1, .port = 443}};

  (void)state;
  listed = pins;
  cleared_look(NULL, &clear);
  assert_false(asked.all || asked.forever); /* which no list has */
  assert_int_equal(asked.port, 443);
  assert_int_equal(clear.pins->len, 1);
  assert_int_equal(clear.stays->len, 1);
  assert_string_equal(clear.foreign, "corp.db");
  assert_int_equal(visited, 3);
  cleared_end(&clear);
  clear.filter.port = 0;
  cleared_look(NULL, &clear);
  assert_int_equal(clear.pins->len, 2);
  assert_int_equal(clear.stays->len, 0);
  cleared_end(&clear);
}

static void test_print(void **state)
{
  static const char *const one[] = {AT("a.example", "443", "user"), NULL};
  static const char *const two[] = {AT("a.example", "443", "user"), AT("a.example", "993", "user"),
                                    NULL};
  struct cleared clear = clear_of("a.example", 0, one);

  (void)state;
  expect(&clear, 1,
         "1 pin was cleared.\n  a.example:443  ticket\nTo take that back: tlspin undo 7\n");
  clear = clear_of("a.example", 0, two);
  expect(&clear, 2,
         "2 pins were cleared.\n  a.example:443  ticket\n  a.example:993  ticket\n"
         "To take that back: tlspin undo 7\n");
  clear = clear_of("a.example", 0, two); /* one came or went in between */
  expect(&clear, 1,
         "1 pin was cleared.\n  a.example:443  ticket\nTo take that back: tlspin undo 7\n");
}

static void test_forever(void **state)
{
  static const char *const one[] = {AT("a.example", "443", "user"), NULL};
  struct cleared clear = clear_of("a.example", 0, one);

  (void)state;
  clear.filter.forever = 1;
  expect(&clear, 1, "1 pin was erased for good.\n  a.example:443  ticket\n");
  clear = clear_of("a.example", 0, one);
  clear.filter.forever = 1;
  expect(&clear, 0,
         "No pin of this was there any more. What was left of it otherwise was erased for good.\n");
}

static void test_many(void **state)
{
  const char *many[MANY + 1] = {NULL};
  struct cleared clear;
  struct capture capture;
  char *text;
  unsigned lines = 0;

  (void)state;
  for (int i = 0; i < MANY; i++)
    many[i] = AT("a.example", "443", "user");
  clear = clear_of(NULL, 0, many);
  assert_int_equal(visited, NAMED);
  capture_begin(&capture, STDOUT_FILENO);
  cleared_print(&clear, &(struct tlspin_change){.operation = 7, .count = 12000});
  text = capture_end(&capture);
  for (const char *line = text; (line = strstr(line, "  a.example:443")) != NULL; line++)
    lines++;
  assert_int_equal(lines, NAMED);
  assert_non_null(strstr(text, "12000 pins were cleared.\n"));
  assert_non_null(strstr(text, "\n  and 11980 more\n"));
  free(text);
  cleared_end(&clear);
}

/* What is for every port stays where a port was named; the command that clears it has all words. */
static void test_stays(void **state)
{
  static const char *const both[] = {AT("a.example", "443", "user"), EVERYWHERE, NULL};
  static const char *const wide[] = {EVERYWHERE, NULL};
  char kind[] = "pin", status[] = "active", origin[] = "tofu", key[] = KEY;
  struct choice choice = {.kind = kind, .status = status, .origin = origin, .key = key};
  struct cleared clear = clear_of("a.example:443", 443, both);

  (void)state;
  expect(&clear, 1,
         "1 pin was cleared.\n  a.example:443  ticket\n"
         "This stays, as it is for every port; 'tlspin clear a.example' clears it, and the other "
         "ports:\n  a.example  off\nTo take that back: tlspin undo 7\n");
  clear = clear_of("*.a.example:443", 443, wide);
  clear.choice = &choice;
  clear.since = "2026-11-22 17:00";
  clear.filter.forever = 1;
  complain_and_end(&clear,
                   "There is nothing of yours for *.a.example:443 alone. Nothing was changed. "
                   "'tlspin clear --forever --since '2026-11-22 17:00' --kind pin --status active "
                   "--origin tofu --key " KEY " '*.a.example'' clears what is for every port.");
}

static void test_nothing(void **state)
{
  static const char *const none[] = {NULL}, *const foreign[] = {AT("a.example", "443", "corp.db"),
                                                                NULL};
  char kind[] = "pin";
  struct choice choice = {.kind = kind};
  struct cleared clear = clear_of(NULL, 0, none);

  (void)state;
  complain_and_end(&clear, "There is no such pin of yours. Nothing was changed.");
  clear = clear_of(NULL, 0, none);
  clear.filter.all = 1;
  complain_and_end(&clear, "There are no pins of yours. Nothing was changed.");
  clear = clear_of("a.example", 0, foreign);
  complain_and_end(&clear, "a.example is pinned by the administrator of this computer (corp.db)");
  clear = clear_of("a.example", 0, none);
  complain_and_end(&clear, "a.example is not pinned. Nothing was changed.");
  clear = clear_of("a.example", 0, none);
  clear.alone = false;
  complain_and_end(&clear, "a.example is not pinned.\n");
  clear = clear_of("a.example", 0, none);
  clear.since = "2h";
  complain_and_end(&clear, "a.example has no such pin of yours. Nothing was changed.");
  clear = clear_of("a.example", 0, none);
  clear.choice = &choice;
  clear.alone = false;
  complain_and_end(&clear, "a.example has no such pin of yours.\n");
}

static void test_json(void **state)
{
  static const char *const none[] = {NULL};
  struct json_array array = {false};
  struct cleared clear = clear_of("a.example:443", 443, none);
  struct capture capture;
  char *text;

  (void)state;
  clear.filter.host = "a.example";
  clear.filter.scope = "exact";
  capture_begin(&capture, STDOUT_FILENO);
  cleared_put(&array, &clear, &(struct tlspin_change){.operation = 7, .count = 2});
  clear.filter = (struct tlspin_filter){.all = 1, .forever = 1};
  cleared_put(&array, &clear, &(struct tlspin_change){.count = 1});
  json_array_end(&array, STATUS_FINE);
  text = capture_end(&capture);
  assert_string_equal(
      text,
      "[{\"host\":\"a.example\",\"scope\":\"exact\",\"port\":443,\"since\":null,\"kind\":null,"
      "\"status\":null,\"origin\":null,\"key\":null,\"all\":false,\"forever\":false,"
      "\"operation\":7,\"count\":2}\n"
      ",{\"host\":null,\"scope\":null,\"port\":null,\"since\":null,\"kind\":null,\"status\":null,"
      "\"origin\":null,\"key\":null,\"all\":true,\"forever\":true,\"operation\":0,\"count\":1}\n"
      "]\n");
  free(text);
  cleared_end(&clear);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_look), cmocka_unit_test(test_print), cmocka_unit_test(test_forever),
      cmocka_unit_test(test_many), cmocka_unit_test(test_stays), cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_json),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
