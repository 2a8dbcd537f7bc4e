/* Entries of the store as dictionaries: what of each is told, and what isn't.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/entries.h"

#include "tests/ledger.h"
#include "tests/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* The message of these entries, printed as call.c does; to be freed by free. */
static char *print(const struct policy_entry *entry, size_t count)
{
  DBusMessage *message = dbus_message_new_signal("/a", "a.b", "C");
  struct entries entries;
  DBusMessageIter iter;
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);

  assert_non_null(out);
  dbus_message_iter_init_append(message, &iter);
  entries_open(&entries, &iter);
  for (size_t i = 0; i < count; i++)
    entries_append(&entry[i], &entries);
  assert_true(entries_close(&entries, &iter));
  assert_string_equal(dbus_message_get_signature(message), "aa{sv}");
  values_print(out, message);
  fclose(out);
  dbus_message_unref(message);
  return text;
}

static void expect(const struct policy_entry *entry, const char *expected)
{
  char *text = print(entry, 1);

  assert_string_equal(text, expected);
  free(text);
}

static const struct layer user = {.name = (char *)(uintptr_t)LAYER_USER};

#define HEX8  "a5a5a5a5a5a5a5a5"
#define HEX32 HEX8 HEX8 HEX8 HEX8
#define TEXT  "sha256//paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU="

static void test_ticket(void **state)
{
  struct ticket_row row = strata_row("a.example", LOCK_REPORT, 9);
  struct failure_row failure = {"proof-wrong", 5, 6, 7};
  struct policy_entry entry = {.row = &row, .layer = &user, .state = "active"};

  (void)state;
  expect(&entry, "host=a.example  protocol=tls  port=443  kind=ticket  layer=user  state=active  "
                 "lock=report  hash=sha256  ticket-size=5  first-seen=1699999000  "
                 "issued=1699999900  expires=1700604800\n");
  entry.role = "decided";
  entry.failure = &failure;
  row.ticket.data = row.secret.data = NULL; /* never looked at */
  expect(&entry, "host=a.example  protocol=tls  port=443  kind=ticket  layer=user  state=active  "
                 "lock=report  role=decided  hash=sha256  ticket-size=5  first-seen=1699999000  "
                 "issued=1699999900  expires=1700604800  failures=7  failure-reason=proof-wrong  "
                 "failed=6\n");
}

static void test_pin(void **state)
{
  struct keypin pin = ledger_pin_of("a.example", KEYPIN_ACTIVE, KEYPIN_TOFU, 0xa5);
  struct policy_entry entry = {.pin = &pin, .layer = &user, .state = "active"};

  (void)state;
  expect(&entry,
         "host=a.example  scope=exact  protocol=tls  port=443  kind=pin  status=active  "
         "origin=tofu  level=leaf  selector=1  matching=1  digest=" HEX32 "  always=0  note=  "
         "first-seen=1699999000  last-seen=0  count-seen=0  layer=user  state=active  lock=none  "
         "key=" TEXT "\n");
}

/* The ends are told where there are any. */
static void test_ends(void **state)
{
  struct keypin pin = ledger_pin("*.a.example", KEYPIN_EXCEPTED, KEYPIN_USER, 0xa5);
  struct policy_entry entry = {
      .pin = &pin, .layer = &user, .state = "reported", .role = "looked-at"};

  (void)state;
  pin.place.protocol = PROTOCOL_DTLS;
  pin.enforce_until = 5;
  pin.report_until = 6;
  pin.always = true;
  pin.note = "a note";
  pin.last_seen = 7;
  pin.count_seen = 8;
  expect(&entry,
         "host=a.example  scope=one-label  protocol=dtls  port=0  kind=exception  "
         "status=excepted  origin=user  level=leaf  selector=1  matching=1  digest=" HEX32
         "  expires=6  enforced-until=5  always=1  errors=1  note=a note  first-seen=1699999000  "
         "last-seen=7  count-seen=8  layer=user  state=reported  lock=none  role=looked-at  "
         "key=" TEXT "\n");
  pin.enforce_until = 6;
  entry.role = NULL;
  expect(&entry,
         "host=a.example  scope=one-label  protocol=dtls  port=0  kind=exception  "
         "status=excepted  origin=user  level=leaf  selector=1  matching=1  digest=" HEX32
         "  expires=6  always=1  errors=1  note=a note  first-seen=1699999000  last-seen=7  "
         "count-seen=8  layer=user  state=reported  lock=none  key=" TEXT "\n");
}

/* A mode is about no key. */
static void test_mode(void **state)
{
  struct keypin pin = ledger_pin("*", KEYPIN_OFF, KEYPIN_POLICY, 0);
  struct policy_entry entry = {.pin = &pin, .layer = &user, .state = "active"};

  (void)state;
  expect(&entry, "host=  scope=subtree  protocol=  port=0  kind=mode  status=off  origin=policy  "
                 "always=0  note=  first-seen=1699999000  last-seen=0  count-seen=0  layer=user  "
                 "state=active  lock=none\n");
}

static void test_locks(void **state)
{
  static const struct {
    enum keypin_status status;
    int64_t enforce_until;
    const char *lock;
  } cases[] = {{KEYPIN_CRITICAL, KEYPIN_FOREVER, "  lock=enforce"},
               {KEYPIN_CRITICAL, 5, "  lock=enforce"},
               {KEYPIN_CRITICAL, 0, "  lock=report"},
               {KEYPIN_OFF, KEYPIN_FOREVER, "  lock=off"},
               {KEYPIN_ON, KEYPIN_FOREVER, "  lock=enforce"}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct keypin pin = ledger_pin("a.example", cases[i].status, KEYPIN_POLICY, 1);
    struct policy_entry entry = {.pin = &pin, .layer = &user, .state = "active"};
    char *text;

    pin.locked = true;
    pin.enforce_until = cases[i].enforce_until;
    text = print(&entry, 1);
    assert_non_null(strstr(text, cases[i].lock));
    free(text);
  }
}

/* The record's `seen` becomes this chain's; storage: what it points to. */
static void see(struct keypin *pin, const struct chain_seen *seen, uint8_t *storage, size_t size)
{
  struct writer writer = writer_of(storage, size);

  assert_true(chain_seen_encode(seen, &writer));
  pin->seen = writer_span(&writer);
}

static void test_chain(void **state)
{
  struct keypin pin = ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_TOFU, 1);
  struct policy_entry entry = {.pin = &pin, .layer = &user, .state = "active"};
  struct chain_seen seen = {.count = 2,
                            .at = {{.subject = "a.example", .not_before = -5, .not_after = 6},
                                   {.subject = "", .not_before = 7, .not_after = 8}}};
  uint8_t storage[1024];
  char *text;

  (void)state;
  memset(seen.at[0].certificate, 0xa5, 32);
  memset(seen.at[0].spki, 0xa5, 32);
  see(&pin, &seen, storage, sizeof storage);
  text = print(&entry, 1);
  assert_non_null(strstr(text,
                         "  chain={subject=a.example  not-before=0  not-after=6  certificate=" HEX32
                         "  key=" TEXT "}{subject=  not-before=7  not-after=8  certificate=0000"));
  free(text);
  seen.count = 1;
  seen.raw = true;
  see(&pin, &seen, storage, sizeof storage);
  text = print(&entry, 1);
  assert_non_null(strstr(text, "  chain={key=" TEXT "}\n"));
  free(text);
}

/* Octets that are no chain are not worth an error. */
static void test_damaged_chain(void **state)
{
  static const uint8_t octets[] = {1, 0, 9, 9};
  struct keypin pin = ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_TOFU, 1);
  struct policy_entry entry = {.pin = &pin, .layer = &user, .state = "active"};
  char *text;

  (void)state;
  pin.seen = (struct span){octets, sizeof octets};
  text = print(&entry, 1);
  assert_null(strstr(text, "chain="));
  assert_non_null(strstr(text, "  key=sha256//"));
  free(text);
}

static void test_several(void **state)
{
  struct keypin pin = ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_TOFU, 1);
  struct ticket_row row = strata_row("b.example", LOCK_NONE, 9);
  struct policy_entry entries[] = {{.row = &row, .layer = &user, .state = "active"},
                                   {.pin = &pin, .layer = &user, .state = "active"}};
  char *text = print(entries, 2);
  g_auto(GStrv) lines = g_strsplit(text, "\n", 0);

  (void)state;
  assert_int_equal(g_strv_length(lines), 3);
  assert_true(g_str_has_prefix(lines[0], "host=b.example  protocol=tls"));
  assert_true(g_str_has_prefix(lines[1], "host=a.example  scope=exact"));
  free(text);
  text = print(entries, 0);
  assert_string_equal(text, "");
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ticket),        cmocka_unit_test(test_pin),
      cmocka_unit_test(test_ends),          cmocka_unit_test(test_mode),
      cmocka_unit_test(test_locks),         cmocka_unit_test(test_chain),
      cmocka_unit_test(test_damaged_chain), cmocka_unit_test(test_several),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
