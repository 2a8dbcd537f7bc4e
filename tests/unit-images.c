/* What records were before operations touched them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static void begin(struct work *work, struct store *store)
{
  assert_int_equal(journal_begin(work, store), TLSPIN_OK);
  assert_int_equal(journal_number(work, OPERATION_EDIT, 0, STORES_NOW), TLSPIN_OK);
}

static void end(struct work *work)
{
  struct store_change change;

  assert_int_equal(journal_end(work, TLSPIN_OK, &change), TLSPIN_OK);
}

static void expect_left(struct store *store, const struct pin_image *image,
                        const struct keypin *pin)
{
  struct digest digest;

  assert_int_equal(image->left, pin != NULL);
  if (pin == NULL)
    return;
  assert_true(pin_digest(store->db.checksum, pin, &digest));
  assert_memory_equal(&digest, &image->result, sizeof digest);
}

static void test_keep(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin one = stores_pin(1), other = one, two = stores_pin(2);
  struct pin_image image;
  struct work work;

  other.status = KEYPIN_CRITICAL;
  begin(&work, store);
  assert_int_equal(journal_keep_pin(&work, &one, &other), TLSPIN_OK);
  assert_int_equal(journal_keep_pin(&work, NULL, &two), TLSPIN_OK);
  end(&work);
  assert_int_equal(journal_next_pin(store, 1, NULL, &image), TLSPIN_OK);
  assert_true(image.operation == 1 && image.present);
  assert_true(stores_same_pin(&image.pin, &one));
  assert_non_null(image.pin.owned);
  expect_left(store, &image, &other);
  keypin_clear(&image.pin);
  assert_int_equal(journal_next_pin(store, 1, &one, &image), TLSPIN_OK);
  assert_false(image.present);
  assert_int_equal(keypin_compare_key(&image.pin, &two), 0);
  expect_left(store, &image, &two);
  keypin_clear(&image.pin);
  assert_int_equal(journal_next_pin(store, 1, &two, &image), TLSPIN_E_NOT_FOUND);
  assert_int_equal(journal_next_pin(store, 2, NULL, &image), TLSPIN_E_NOT_FOUND);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* The first image stays; what is left is what was left last. */
static void test_keep_again(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin one = stores_pin(1), other = one, new = stores_pin(2);
  struct pin_image image;
  struct work work;

  other.status = KEYPIN_CRITICAL;
  begin(&work, store);
  assert_int_equal(journal_keep_pin(&work, &one, &other), TLSPIN_OK);
  assert_int_equal(journal_keep_pin(&work, &other, NULL), TLSPIN_OK);
  assert_int_equal(journal_keep_pin(&work, NULL, &new), TLSPIN_OK);
  assert_int_equal(journal_keep_pin(&work, &new, NULL), TLSPIN_OK);
  assert_int_equal(journal_keep_pin(&work, NULL, &new), TLSPIN_OK);
  end(&work);
  assert_int_equal(journal_next_pin(store, 1, NULL, &image), TLSPIN_OK);
  assert_true(image.present && stores_same_pin(&image.pin, &one));
  expect_left(store, &image, NULL);
  keypin_clear(&image.pin);
  assert_int_equal(journal_next_pin(store, 1, &one, &image), TLSPIN_OK);
  assert_false(image.present);
  expect_left(store, &image, &new);
  keypin_clear(&image.pin);
  store_close(store);
  store_close(stores_open(stores->path));
}

static void test_forget(void **state)
{
  enum { PINS = 5 };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct pin_image image;
  char host[HOST_MAX + 1];
  struct work work;

  begin(&work, store);
  for (int i = 0; i < PINS; i++) {
    struct keypin pin = stores_pin(i);

    assert_int_equal(journal_keep_pin(&work, &pin, NULL), TLSPIN_OK);
  }
  for (int i = 0; i < PINS - 1; i++) {
    assert_int_equal(journal_forget_pin(store, &work.change, 1, host), TLSPIN_OK);
    assert_string_equal(host, stores_pin(i).place.host);
  }
  assert_int_equal(journal_next_pin(store, 1, NULL, &image), TLSPIN_OK);
  assert_string_equal(image.pin.place.host, stores_pin(PINS - 1).place.host);
  keypin_clear(&image.pin);
  assert_int_equal(journal_forget_pin(store, &work.change, 1, host), TLSPIN_OK);
  assert_int_equal(journal_forget_pin(store, &work.change, 1, host), TLSPIN_E_NOT_FOUND);
  end(&work);
  store_close(store);
  store_close(stores_open(stores->path));
}

static void test_peer(void **state)
{
  static const struct {
    const char *place;
    int protocol;
    enum protocol expected;
    uint16_t port;
  } cases[] = {
      {"a.example", PLACE_ANY_PROTOCOL, PROTOCOL_TLS, 0},
      {"a.example:444", PLACE_ANY_PROTOCOL, PROTOCOL_TLS, 0},
      {"a.example:444", PROTOCOL_DTLS, PROTOCOL_DTLS, 444},
      {"*.a.example:444", PROTOCOL_DTLS, PROTOCOL_DTLS, 0},
      {"*:1", PROTOCOL_TLS, PROTOCOL_TLS, 0},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct keypin pin = stores_pin_at(0, cases[i].place);
    struct peer peer;

    pin.place.protocol = cases[i].protocol;
    peer = journal_peer_of(&pin.place);
    assert_string_equal(peer.host, pin.place.host);
    assert_int_equal(peer.protocol, cases[i].expected);
    assert_int_equal(peer.port, cases[i].port);
  }
}

/* Only a record that is about one peer alone takes its report away. */
static void test_drop_failure(void **state)
{
  static const struct {
    const char *place;
    int protocol;
    bool dropped;
  } cases[] = {
      {"host-0001.example", PROTOCOL_TLS, false},
      {"host-0001.example:443", PLACE_ANY_PROTOCOL, false},
      {".host-0001.example:443", PROTOCOL_TLS, false},
      {"host-0001.example:443", PROTOCOL_DTLS, false},
      {"host-0001.example:443", PROTOCOL_TLS, true},
      {"host-0001.example:443", PROTOCOL_TLS, true}, /* none is fine */
  };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct peer peer = stores_row(1).peer;
  struct failure_row failure;

  assert_int_equal(store_put_failure(store, &peer, "no-proof", 1), TLSPIN_OK);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct keypin pin = stores_pin_at(0, cases[i].place);
    struct work work;

    pin.place.protocol = cases[i].protocol;
    begin(&work, store);
    assert_int_equal(journal_drop_failure_of(&work, &pin.place), TLSPIN_OK);
    end(&work);
    assert_int_equal(store_get_failure(store, &peer, &failure),
                     cases[i].dropped ? TLSPIN_E_NOT_FOUND : TLSPIN_OK);
  }
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_keep),         TEST(test_keep_again),
      TEST(test_forget),       cmocka_unit_test(test_peer),
      TEST(test_drop_failure),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
