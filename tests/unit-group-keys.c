/* The lists of keys of a group: their forms, and keys that are there more than once.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/groups.h"
#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define HEX_A "4141414141414141414141414141414141414141414141414141414141414141"
#define HEX_B "42424242424242424242424242424242 4242424242424242 4242424242424242"

static void test_forms(void **state)
{
  groups_expect(*state, "[a]\npins=$B; $A ;\n", "critical any 11 A\ncritical any 11 B\n", "");
  groups_expect(*state, "[a]\npins=3 1 1 " HEX_A ";0 0 1 " HEX_B "\n",
                "critical authority 01 B\ncritical leaf 11 A\n", "");
  groups_expect(*state, "[a]\npins=" HEX_A ";2 1 2 " HEX_A HEX_A "\n",
                "critical any 11 A\ncritical authority 12 A\n", "");
  groups_expect(*state, "[a]\nblocked=$A;3 0 1 " HEX_A "\n",
                "rejected any 01 A\nrejected any 11 A\n", "");
}

static void test_levels(void **state)
{
  groups_expect(*state, "[a]\npins=$A\nblocked=$B\nlevel=issuer\n",
                "critical issuer 11 A\nrejected any 11 B\n", "");
  groups_expect(*state, "[a]\npins=$A;3 1 1 " HEX_B "\nlevel=leaf\n",
                "critical leaf 11 A\ncritical leaf 11 B\n", "");
  groups_expect(*state, "[a]\npins=$A;2 1 1 " HEX_B "\nlevel=leaf\n",
                "critical leaf 11 A\ncritical leaf 11 B\n", "2:tlsa-level:pins");
}

static void test_bad_keys(void **state)
{
  static const struct {
    const char *key, *words;
  } cases[] = {
      {"sha256//AAA", "has 3 characters, and a SHA-256 has 44"},
      {"sha256//", "has 0 characters"},
      {"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-=", "is not the Base64 of a SHA-256"},
      {"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "is not the Base64 of a SHA-256"},
      {"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "is no key. Write sha256//BASE64"},
      {"sha1//AAAA", "is no key"},
      {"4 1 1 " HEX_A, "is no key"},
      {"3 1 1 4141", "is no key"},
      {"3 1 3 " HEX_A, "is no key"},
      {"key.pem", "is no key"},
      {"4141", "is no key"},
  };

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *text = g_strdup_printf("[a]\nblocked=$B\npins=$A;%s\n", cases[i].key);

    groups_expect(*state, text, NULL, "3:pin:pins");
    policies_expect_words(*state, cases[i].words);
    policies_expect_words(*state, "In 'pins', ");
  }
}

static void test_empty_lists(void **state)
{
  groups_expect(*state, "[a]\npins=\nblocked=$A\n", NULL, "2:value:pins");
  groups_expect(*state, "[a]\npins=;;\nblocked= \n", NULL, "2:value:pins 3:value:blocked");
  groups_expect(*state, "[a]\npins=$A;\\q\n", NULL, "2:syntax:pins");
}

/* A list of keys that differ, from the number `first` on. */
static void add_list(GString *text, const char *name, unsigned first, unsigned count)
{
  g_string_append_printf(text, "%s=", name);
  for (unsigned i = 0; i < count; i++)
    g_string_append_printf(text, "%064x;", first + i);
  g_string_append_c(text, '\n');
}

/* The lists' lengths, and what is found. */
static void expect_count(struct policies *policies, unsigned pins, unsigned blocked,
                         unsigned exceptions, const char *found)
{
  g_autoptr(GString) text = g_string_new("[a]\nmode=on\nexcuse=name\n");
  struct group group;
  bool usable;

  add_list(text, "pins", 1000, pins);
  add_list(text, "blocked", 2000, blocked);
  add_list(text, "exceptions", 3000, exceptions);
  policies_forget(policies);
  usable = groups_read(policies, text->str, &group);
  policies_expect(policies, found);
  assert_int_equal(usable, found[0] == '\0');
  if (usable)
    assert_int_equal(group.records->len, pins + blocked + exceptions + 1);
  group_clear(&group);
}

static void test_too_many(void **state)
{
  expect_count(*state, GROUP_KEYS_MAX - 2, 1, 1, "");
  expect_count(*state, 1, 1, GROUP_KEYS_MAX - 2, "");
  expect_count(*state, GROUP_KEYS_MAX + 1, 1, 1, "4:value:pins");
  policies_expect_words(*state, "With those of 'pins', the group has more than 256 keys. Take out");
  expect_count(*state, GROUP_KEYS_MAX - 1, 2, 1, "5:value:blocked");
  expect_count(*state, GROUP_KEYS_MAX - 1, 1, 1, "6:value:exceptions");
  expect_count(*state, 12000, 1, 1, "4:value:pins");
}

/* What comes behind the last one that has room is looked at, too. */
static void test_too_many_and_bad(void **state)
{
  g_autoptr(GString) text = g_string_new("[a]\n");

  add_list(text, "pins", 0, GROUP_KEYS_MAX + 1);
  g_string_truncate(text, text->len - 1);
  g_string_append(text, "bad\nblocked=worse\n");
  groups_expect(*state, text->str, NULL, "2:value:pins 2:pin:pins 3:pin:blocked");
}

/* Two certificates, and what a group makes of them. */
static void write_pem(struct policies *policies)
{
  struct pki_identity one = {0}, two = {0};
  g_autofree char *path = g_build_filename(policies->text, "keys.pem", NULL);
  const struct pki_identity *chain[] = {&one, &two};

  pki_make(&two, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Test CA"});
  pki_make(&one, &two, &(struct pki_request){.purpose = PKI_SERVER, .name = "a.example"});
  pki_write(chain, 2, path, NULL);
  pki_free(&one);
  pki_free(&two);
}

static void test_files(void **state)
{
  struct group group;

  write_pem(*state);
  assert_true(groups_read(
      *state, "[a]\npins=file:keys.pem;$A\nexceptions=file:keys.pem\nexcuse=name\n", &group));
  policies_expect(*state, "");
  assert_int_equal(group.records->len, 5);
  for (guint i = 0; i < group.records->len; i++) {
    const struct keypin *record = &g_array_index(group.records, struct keypin, i);
    bool excepted = record->kind == KEYPIN_EXCEPTION;

    assert_true(keypin_is_valid(record));
    assert_int_equal(record->level, excepted ? KEYPIN_LEAF : KEYPIN_ANY);
    assert_int_equal(record->errors, excepted ? PKI_NAME : 0);
  }
  group_clear(&group);
}

static void test_bad_files(void **state)
{
  groups_expect(*state, "[a]\npins=file:none.pem;$A\n", NULL, "2:file:pins");
  groups_expect(*state, "[a]\npins=$A\nblocked=file:\n", NULL, "3:file:blocked");
  groups_expect(*state, "[a]\npins=file:10-test.conf\n", NULL, "2:pem:pins");
}

static void test_exceptions(void **state)
{
  groups_expect(*state, "[a]\nexceptions=$A\nexcuse=unknown-issuer;expired\n",
                "excepted leaf 11 A errors=3\n", "");
  groups_expect(*state, "[a]\nexcuse=name;weak;purpose;not-yet-valid\nlevel=any\nexceptions=$A\n",
                "excepted leaf 11 A errors=3c\n", "");
  /* Usages 2 and 3 say by themselves what they stand in for. */
  groups_expect(*state, "[a]\nexceptions=3 1 1 " HEX_A ";2 1 1 " HEX_B "\n",
                "excepted leaf 11 A errors=f\nexcepted authority 11 B errors=1\n", "");
  groups_expect(*state, "[a]\nexceptions=3 1 1 " HEX_A "\nexcuse=name\n",
                "excepted leaf 11 A errors=8\n", "");
}

static void test_bad_exceptions(void **state)
{
  groups_expect(*state, "[a]\nexceptions=$A\n", NULL, "2:contradiction:exceptions");
  policies_expect_words(*state, "'exceptions' needs 'excuse'");
  groups_expect(*state, "[a]\nexceptions=1 1 1 " HEX_A "\n", NULL, "2:contradiction:exceptions");
  groups_expect(*state, "[a]\nexceptions=$A\nexcuse=\n", NULL, "3:value:excuse");
  groups_expect(*state, "[a]\nexceptions=$A\nexcuse=name;revoked\n", NULL, "3:value:excuse");
  policies_expect_words(*state, "'revoked' can't be excused.");
  groups_expect(*state, "[a]\nexceptions=$A\nexcuse=other\n", NULL, "3:value:excuse");
  groups_expect(*state, "[a]\nexceptions=$A\nexcuse=\\q\n", NULL, "3:syntax:excuse");
  groups_expect(*state, "[a]\npins=$A\nexcuse=name\n", NULL, "3:contradiction:excuse");
}

/* An exception ends; it is never "only reported". */
static void test_exception_dates(void **state)
{
  groups_expect(*state,
                "[a]\nexceptions=$A\nexcuse=name\nexpires=2024-01-01\nreport-until=2025-01-01\n",
                "excepted leaf 11 A errors=8 enforce=1704067200 report=1704067200\n", "");
  groups_expect(*state, "[a]\nexceptions=$A\nexcuse=name\nmode=report\nexpires=2024-01-01\n",
                "excepted leaf 11 A errors=8 enforce=1704067200 report=1704067200\n", "");
  groups_expect(*state, "[a]\nexceptions=$A\nexcuse=name\nmode=report\n",
                "excepted leaf 11 A errors=8\n", "");
}

static void test_twice(void **state)
{
  groups_expect(*state, "[a]\npins=$A;$B;$A\n", "critical any 11 A\ncritical any 11 B\n",
                "2:same-key:pins");
  groups_expect(*state, "[a]\npins=$A;$A;" HEX_A "\n", "critical any 11 A\n",
                "2:same-key:pins 2:same-key:pins");
  groups_expect(*state, "[a]\npins=$A;3 1 1 " HEX_A "\nblocked=$B;$B\n",
                "critical any 11 A\ncritical leaf 11 A\nrejected any 11 B\n", "3:same-key:blocked");
  groups_expect(*state, "[a]\npins=$A\nexceptions=$A;$A\nexcuse=name\n",
                "critical any 11 A\nexcepted leaf 11 A errors=8\n", "3:same-key:exceptions");
}

static void test_blocked_and_wanted(void **state)
{
  groups_expect(*state, "[a]\npins=$A;$B\nblocked=$B\n", NULL, "3:contradiction:blocked");
  policies_expect_words(*state, "is in 'blocked' and in 'pins'");
  groups_expect(*state, "[a]\npins=3 1 1 " HEX_A "\nblocked=$A\n", NULL, "3:contradiction:blocked");
  groups_expect(*state, "[a]\nblocked=$A\nexceptions=$A\nexcuse=name\n", NULL,
                "2:contradiction:blocked");
  policies_expect_words(*state, "is in 'blocked' and in 'exceptions'");
  /* The certificate and its key are not the same key. */
  groups_expect(*state, "[a]\npins=$A\nblocked=3 0 1 " HEX_A "\n",
                "rejected any 01 A\ncritical any 11 A\n", "");
}

/* A file counts by its keys, as often as it is named. Long lists take no time to speak of. */
static void test_many_files(void **state)
{
  g_autoptr(GString) text = g_string_new("[a]\npins=");

  write_pem(*state);
  for (unsigned i = 0; i < GROUP_KEYS_MAX / 2; i++)
    g_string_append(text, "file:keys.pem;");
  g_string_append(text, "\nexceptions=$A\nexcuse=name\n");
  groups_expect(*state, text->str, NULL, "3:value:exceptions");
  g_string_truncate(text, strlen("[a]\npins="));
  for (unsigned i = 0; i < 50000; i++)
    g_string_append(text, "file:keys.pem;");
  groups_expect(*state, text->str, NULL, "2:value:pins");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_forms),
      TEST(test_levels),
      TEST(test_bad_keys),
      TEST(test_empty_lists),
      TEST(test_files),
      TEST(test_bad_files),
      TEST(test_exceptions),
      TEST(test_bad_exceptions),
      TEST(test_exception_dates),
      TEST(test_twice),
      TEST(test_blocked_and_wanted),
      TEST(test_too_many),
      TEST(test_too_many_and_bad),
      TEST(test_many_files),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
