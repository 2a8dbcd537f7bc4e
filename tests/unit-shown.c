/* What CheckChain and Explain are told that a server showed: daemon/shown.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/shown.h"

#include "dbus/names.h"
#include "tests/path.h"
#include "tests/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static struct path path;

/* What was read, with the message into which it points. */
struct reading {
  DBusMessage *message;
  struct shown shown;
  GString *problem;
  enum tlspin_code code;
};

static struct reading read_call(const char *host, const struct bus_chain *chain,
                                const char *options)
{
  struct reading r = {.message = dbus_message_new_signal("/a", "a.b", "C")};
  const struct bus_check_call call = {.peer = {host, "tls", 443}};
  char *words[] = {(char *)(uintptr_t)options};
  DBusMessageIter iter, array;

  assert_true(bus_append_peer(r.message, &call.peer));
  dbus_message_iter_init_append(r.message, &iter);
  assert_true(dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "ay", &array));
  for (size_t i = 0; i < chain->count; i++)
    assert_true(bus_append_member(&array, BUS_OCTETS, &chain->at[i]));
  assert_true(dbus_message_iter_close_container(&iter, &array));
  assert_true(values_append(r.message, "a{sv}", words, 1));
  r.problem = g_string_new(NULL);
  memset(&r.shown, 0x5a, sizeof r.shown);
  r.code = shown_read(r.message, &r.shown, r.problem);
  return r;
}

static void reading_clear(struct reading *r)
{
  dbus_message_unref(r->message);
  g_string_free(r->problem, TRUE);
}

static const struct bus_chain nothing = {.count = 0};

static struct bus_chain whole_path(void)
{
  return (struct bus_chain){PATH_SIZE,
                            {path.certificate[0], path.certificate[1], path.certificate[2]}};
}

/* Without options next to nothing is known. */
static void test_bare(void **state)
{
  struct reading r = read_call("A.Example.", &nothing, "");
  const struct policy_shown *shown = &r.shown.shown;

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_string_equal(r.shown.peer.host, "a.example");
  assert_int_equal(r.shown.peer.port, 443);
  assert_null(shown->chain);
  assert_int_equal(shown->pki, PKI_UNCHECKED);
  assert_int_equal(shown->errors, 0);
  assert_int_equal(shown->ticket, TICKET_NONE);
  assert_false(shown->learn || shown->private || shown->accepted);
  assert_true(shown->expires == 0 && shown->served_count == 0);
  assert_string_equal(shown->program, "");
  reading_clear(&r);
}

static void test_everything(void **state)
{
  struct bus_chain chain = whole_path();
  struct reading r = read_call("a.example", &chain,
                               "path=b:1;pki=s:failed;errors=u:130;ticket=s:proof-wrong;"
                               "learn=b:1;private=b:1;accepted=b:1;expires=t:253402300799;"
                               "program=s:mail;served=aay:00,,3000,3000");
  const struct policy_shown *shown = &r.shown.shown;

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_non_null(shown->chain);
  assert_int_equal(shown->chain->count, PATH_SIZE);
  assert_true(shown->chain->path && !shown->chain->raw);
  assert_int_equal(shown->pki, PKI_FAILED);
  assert_int_equal(shown->errors, PKI_OTHER | PKI_EXPIRED);
  assert_int_equal(shown->ticket, TICKET_FAILED);
  assert_int_equal(shown->refusal, REFUSAL_PROOF_WRONG);
  assert_true(shown->learn && shown->private && shown->accepted);
  assert_true(shown->expires == KEYPIN_FOREVER);
  assert_string_equal(shown->program, "mail");
  assert_int_equal(shown->served_count, 4); /* whatever that is */
  assert_true(shown->served[0].size == 1 && shown->served[1].size == 0);
  assert_true(shown->served[3].size == 2 && shown->served[3].data[0] == 0x30);
  reading_clear(&r);
}

/* What the server sent has the bounds of a chain. */
static void test_served(void **state)
{
  static const struct {
    const char *first, *more;
    size_t count;
    bool fine;
  } cases[] = {{"65535*30", ",65535*30", 2, true}, {"65536*30", "", 1, false},
               {"30", ",65536*30", 2, false},      {"30", ",30", 16, true},
               {"30", ",30", 17, false},           {"30", ",30", 100, false}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GString) options = g_string_new("served=aay:");
    struct reading r;

    g_string_append(options, cases[i].first);
    for (size_t k = 1; k < cases[i].count; k++)
      g_string_append(options, cases[i].more);
    r = read_call("a.example", &nothing, options->str);
    assert_int_equal(r.code, cases[i].fine ? TLSPIN_OK : TLSPIN_E_ARGUMENT);
    assert_int_equal(strstr(r.problem->str, "'served'") != NULL, !cases[i].fine);
    if (cases[i].fine)
      assert_int_equal(r.shown.shown.served_count, cases[i].count);
    reading_clear(&r);
  }
}

static void test_raw_key(void **state)
{
  const struct bus_chain one = {1, {path.spki[0]}}, two = {2, {path.spki[0], path.spki[1]}};
  struct reading r = read_call("a.example", &one, "raw-key=b:1");

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_true(r.shown.shown.chain->raw && r.shown.shown.chain->count == 1);
  reading_clear(&r);
  r = read_call("a.example", &one, ""); /* it is no certificate */
  assert_int_equal(r.code, TLSPIN_E_ARGUMENT);
  reading_clear(&r);
  r = read_call("a.example", &two, "raw-key=b:1");
  assert_int_equal(r.code, TLSPIN_E_ARGUMENT);
  reading_clear(&r);
}

/* The key of a certificate that the program does not know. */
static void test_key_alone(void **state)
{
  static const char *const wrong[][2] = {{"key-alone=b:1;raw-key=b:1", "'raw-key'"},
                                         {"path=b:1;key-alone=b:1", "'path'"},
                                         {"key-alone=b:1;raw-key=b:1;path=b:1", "'raw-key'"},
                                         {"key-alone=u:1", "'key-alone'"}};
  const struct bus_chain one = {1, {path.spki[0]}}, two = {2, {path.spki[0], path.spki[1]}},
                         certificate = {1, {path.certificate[0]}};
  struct reading r = read_call("a.example", &one, "key-alone=b:1");

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_true(r.shown.shown.chain->alone && r.shown.shown.chain->count == 1);
  assert_false(r.shown.shown.chain->path);
  reading_clear(&r);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    r = read_call("a.example", &one, wrong[i][0]);
    assert_int_equal(r.code, TLSPIN_E_ARGUMENT);
    assert_non_null(strstr(r.problem->str, "'key-alone'"));
    assert_non_null(strstr(r.problem->str, wrong[i][1]));
    reading_clear(&r);
  }
  r = read_call("a.example", &two, "key-alone=b:1");
  assert_int_equal(r.code, TLSPIN_E_ARGUMENT);
  reading_clear(&r);
  r = read_call("a.example", &certificate, "key-alone=b:1");
  assert_int_equal(r.code, TLSPIN_E_ARGUMENT);
  reading_clear(&r);
  r = read_call("a.example", &one, "raw-key=b:1;key-alone=b:0");
  assert_int_equal(r.code, TLSPIN_OK);
  assert_false(r.shown.shown.chain->alone);
  reading_clear(&r);
}

/* The server's certificate without the path that it is of. */
static void test_leaf_alone(void **state)
{
  static const char *const wrong[][2] = {{"leaf-alone=b:1;raw-key=b:1", "'raw-key'"},
                                         {"path=b:1;leaf-alone=b:1", "'path'"},
                                         {"leaf-alone=u:1", "'leaf-alone'"}};
  const struct bus_chain one = {1, {path.certificate[0]}}, key = {1, {path.spki[0]}};
  struct reading r = read_call("a.example", &one, "leaf-alone=b:1");

  (void)state;
  assert_int_equal(r.code, TLSPIN_OK);
  assert_true(r.shown.shown.leaf_alone);
  assert_false(r.shown.shown.chain->path || r.shown.shown.chain->alone);
  reading_clear(&r);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    r = read_call("a.example", &one, wrong[i][0]);
    assert_int_equal(r.code, TLSPIN_E_ARGUMENT);
    assert_non_null(strstr(r.problem->str, "'leaf-alone'"));
    assert_non_null(strstr(r.problem->str, wrong[i][1]));
    reading_clear(&r);
  }
  r = read_call("a.example", &key, "leaf-alone=b:1;key-alone=b:1");
  assert_int_equal(r.code, TLSPIN_E_ARGUMENT);
  assert_non_null(strstr(r.problem->str, "key 'key-alone'"));
  reading_clear(&r);
  r = read_call("a.example", &one, "");
  assert_int_equal(r.code, TLSPIN_OK);
  assert_false(r.shown.shown.leaf_alone);
  reading_clear(&r);
}

static void test_words(void **state)
{
  static const struct {
    const char *options;
    enum pki_status pki;
    unsigned errors;
    enum ticket_result ticket;
  } cases[] = {
      {"pki=s:", PKI_UNCHECKED, 0, TICKET_NONE},
      {"pki=s:unchecked", PKI_UNCHECKED, 0, TICKET_NONE},
      {"pki=s:ok;errors=u:0", PKI_OK, 0, TICKET_NONE},
      {"pki=s:failed;errors=u:1", PKI_FAILED, PKI_UNKNOWN_ISSUER, TICKET_NONE},
      {"pki=s:failed;errors=u:255", PKI_FAILED, 255, TICKET_NONE},
      {"pki=s:failed", PKI_FAILED, PKI_OTHER, TICKET_NONE}, /* in what way: nothing excuses it */
      {"pki=s:failed;errors=u:0", PKI_FAILED, PKI_OTHER, TICKET_NONE},
      {"ticket=s:", PKI_UNCHECKED, 0, TICKET_NONE},
      {"ticket=s:proved", PKI_UNCHECKED, 0, TICKET_PROVED},
      {"ticket=s:ticket-refused", PKI_UNCHECKED, 0, TICKET_FAILED},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct reading r = read_call("a.example", &nothing, cases[i].options);
    const struct policy_shown *shown = &r.shown.shown;

    if (r.code != TLSPIN_OK || shown->pki != cases[i].pki || shown->errors != cases[i].errors ||
        shown->ticket != cases[i].ticket)
      fail_msg("%s: %s", cases[i].options, r.problem->str);
    reading_clear(&r);
  }
}

static void test_refused(void **state)
{
  static const struct {
    const char *options, *key;
  } cases[] = {
      {"paht=b:1", "'paht'"},
      {"path=u:1", "'path'"},
      {"path=b:1;path=b:1", "'path'"},
      {"pki=s:OK", "'pki'"},
      {"pki=s:yes", "'pki'"},
      {"errors=u:1", "'errors'"},
      {"pki=s:ok;errors=u:1", "'errors'"},
      {"pki=s:failed;errors=u:256", "'errors'"},
      {"pki=s:failed;errors=u:4294967295", "'errors'"},
      {"ticket=s:stands", "'ticket'"},
      {"ticket=s:none", "'ticket'"},
      {"accepted=b:1", "'accepted'"},
      {"learn=b:1;expires=t:2000000000", "'expires'"},
      {"learn=b:1;accepted=b:1;expires=t:253402300800", "'expires'"},
      {"learn=b:1;accepted=b:1;expires=t:18446744073709551615", "'expires'"},
      {"program=ay:00", "'program'"},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct reading r = read_call("a.example", &nothing, cases[i].options);

    if (r.code != TLSPIN_E_ARGUMENT || strstr(r.problem->str, cases[i].key) == NULL)
      fail_msg("%s: %s", cases[i].options, r.problem->str);
    reading_clear(&r);
  }
}

static void test_program_sizes(void **state)
{
  (void)state;
  for (size_t size = BUS_PROGRAM_MAX; size <= BUS_PROGRAM_MAX + 1; size++) {
    g_autofree char *name = g_strnfill(size, 'p');
    g_autofree char *options = g_strconcat("program=s:", name, NULL);
    struct reading r = read_call("a.example", &nothing, options);

    assert_int_equal(r.code, size <= BUS_PROGRAM_MAX ? TLSPIN_OK : TLSPIN_E_ARGUMENT);
    reading_clear(&r);
  }
}

/* Chains that are none: an error, whatever else is said. */
static void test_chains(void **state)
{
  static uint8_t large[CHAIN_CERTIFICATE_MAX + 1];
  struct bus_chain cut = whole_path(), twice = whole_path(), longer = whole_path();
  const struct bus_chain empty = {1, {{NULL, 0}}};
  const struct bus_chain huge = {1, {{large, sizeof large}}};
  const struct bus_chain *const cases[] = {&cut, &twice, &longer, &empty, &huge};

  (void)state;
  cut.at[1].size--;
  twice.at[2] = twice.at[0];
  longer.count = BUS_CHAIN_READ;
  for (size_t i = PATH_SIZE; i < BUS_CHAIN_READ; i++)
    longer.at[i] = path.certificate[i % PATH_SIZE];
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct reading r = read_call("a.example", cases[i], "path=b:1;pki=s:ok");

    if (r.code != TLSPIN_E_ARGUMENT || strstr(r.problem->str, "'chain'") == NULL)
      fail_msg("chain %zu: %d", i, (int)r.code);
    reading_clear(&r);
  }
}

/* An address is for the caller to answer, but what else is wrong comes first. */
static void test_peers(void **state)
{
  static const struct {
    const char *host, *options;
    enum tlspin_code code;
  } cases[] = {{"192.0.2.1", "", TLSPIN_CANNOT_BE_PINNED},
               {"192.0.2.1", "learn=b:1;pki=s:ok", TLSPIN_CANNOT_BE_PINNED},
               {"192.0.2.1", "pki=s:maybe", TLSPIN_E_ARGUMENT},
               {"a b", "", TLSPIN_E_ARGUMENT},
               {"", "", TLSPIN_E_ARGUMENT}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct reading r = read_call(cases[i].host, &nothing, cases[i].options);

    assert_int_equal(r.code, cases[i].code);
    reading_clear(&r);
  }
}

static int begin(void **state)
{
  (void)state;
  path_make(&path, NULL);
  return 0;
}

static int end(void **state)
{
  (void)state;
  path_free(&path);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bare),       cmocka_unit_test(test_everything),
      cmocka_unit_test(test_raw_key),    cmocka_unit_test(test_key_alone),
      cmocka_unit_test(test_leaf_alone), cmocka_unit_test(test_words),
      cmocka_unit_test(test_refused),    cmocka_unit_test(test_program_sizes),
      cmocka_unit_test(test_chains),     cmocka_unit_test(test_peers),
      cmocka_unit_test(test_served),
  };

  return cmocka_run_group_tests(tests, begin, end);
}
