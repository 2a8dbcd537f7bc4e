/* Tests of libserver/attachment.c with the keys and settings of a attached.server, in whole
 * handshakes. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/attached.h"

#include "libserver/keytext.h"
#include "libserver/server.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 3, PROOFS = 60 };

static void in_a_ramp_down_proofs_go_on_and_tickets_end(void **state)
{
  struct pinner pinner = {0}, asking = {0};
  struct wire wire;
  struct pin pin;

  (void)state;
  get_pin(&pin, HOST);
  tlspin_server_set_ramp_down(attached.server, 1);
  pinner.ticket = ticket_of(&pin);
  shake(&wire, HOST, &pinner);
  expect_done(&wire, TLSPIN_SERVER_RAMP_DOWN);
  assert_true(pinner_proved(&pinner, wire.client.session, &pin.secret));
  assert_false(pinner.answer.has_ticket);
  assert_int_equal(pinner.answer.lifetime, 0);
  assert_int_equal(pinner.size, 1 + 1 + pinner.answer.proof.size + 2 + 4);
  assert_int_equal(tlspin_server_ticket_lifetime(wire.server.session), 0);
  wire_close(&wire);
  shake(&wire, HOST, &asking);
  expect_done(&wire, TLSPIN_SERVER_LEFT_OUT);
  assert_false(asking.answered);
  wire_close(&wire);
  tlspin_server_set_ramp_down(attached.server, 0);
  renew_pin(&pin, HOST);
}

static void the_key_file_can_order_a_ramp_down(void **state)
{
  static const char *const names[] = {"*"};
  uint8_t changed[KEYS_TEXT_MAX];
  struct writer w = writer_of(changed, sizeof changed);
  struct pinner asking = {0}, pinned = {0};
  char text[KEYS_TEXT_MAX];
  struct wire wire;
  struct pin pin;
  size_t size = write_keys(text, names, 1);

  (void)state;
  assert_int_equal(tlspin_server_load_keys_from_memory(attached.server, text, size), TLSPIN_OK);
  get_pin(&pin, HOST);
  keytext_write_ramp_down(&w, (struct span){(uint8_t *)text, size}, 4, true);
  assert_int_equal(tlspin_server_load_keys_from_memory(attached.server, w.data, w.used), TLSPIN_OK);
  shake(&wire, HOST, &asking);
  expect_done(&wire, TLSPIN_SERVER_LEFT_OUT);
  assert_false(asking.answered);
  wire_close(&wire);
  pinned.ticket = ticket_of(&pin);
  shake(&wire, HOST, &pinned);
  expect_done(&wire, TLSPIN_SERVER_RAMP_DOWN);
  wire_close(&wire);
}

static void each_name_has_its_own_key(void **state)
{
  static const char *const names[] = {HOST, OTHER_HOST};
  struct pin pin, other;

  (void)state;
  load_keys(names, 2);
  get_pin(&pin, HOST);
  get_pin(&other, OTHER_HOST);
  assert_memory_not_equal(pin.octets + 1, other.octets + 1, KEY_ID_SIZE);
  renew_pin(&pin, HOST);
  renew_pin(&other, OTHER_HOST);
}

static void a_name_without_a_key_is_served_unpinned(void **state)
{
  static const char *const names[] = {HOST};
  struct pinner asking = {0}, pinned = {0};
  struct wire wire;
  struct pin pin;

  (void)state;
  load_keys(names, 1);
  attached.log[0] = '\0';
  get_pin(&pin, HOST);
  shake(&wire, OTHER_HOST, &asking);
  expect_done(&wire, TLSPIN_SERVER_LEFT_OUT);
  assert_false(asking.answered);
  assert_string_equal(attached.log, "");
  wire_close(&wire);
  pinned.ticket = ticket_of(&pin);
  shake(&wire, OTHER_HOST, &pinned);
  expect_refused(&wire, "belongs to another server name");
  wire_close(&wire);
}

static int64_t early_clock(void)
{
  return NOW - 1000; /* only the first key is active */
}

/* Another member of the cluster uses the key already: its tickets are good, and stay the client's.
 */
static void a_ticket_under_a_key_that_waits_is_proved_and_not_renewed(void **state)
{
  static const char *const names[] = {HOST, OTHER_HOST};
  struct pinner pinned = {0}, asking = {0};
  struct wire wire;
  struct pin pin;

  (void)state;
  load_keys(names, 2);
  get_pin(&pin, OTHER_HOST);
  server_set_clock(attached.server, early_clock);
  pinned.ticket = ticket_of(&pin);
  shake(&wire, OTHER_HOST, &pinned);
  expect_done(&wire, TLSPIN_SERVER_RAMP_DOWN);
  assert_true(pinner_proved(&pinned, wire.client.session, &pin.secret));
  assert_false(pinned.answer.has_ticket);
  assert_int_equal(pinned.answer.lifetime, 0);
  wire_close(&wire);
  shake(&wire, OTHER_HOST, &asking);
  expect_done(&wire, TLSPIN_SERVER_LEFT_OUT);
  wire_close(&wire);
}

/* Loads the first `count` keys of a text. */
static void load_first(const char *text, size_t count)
{
  const char *end = text;

  for (size_t i = 0; i < count; i++)
    end = strchr(strstr(end, "\nkey ") + 1, '\n');
  assert_int_equal(
      tlspin_server_load_keys_from_memory(attached.server, text, (size_t)(end - text) + 1),
      TLSPIN_OK);
}

/* Old tickets open, and are renewed under the new key. */
static void keys_can_be_rotated(void **state)
{
  static const char *const names[] = {"*", "*"};
  char text[KEYS_TEXT_MAX];
  struct pin old, new;

  (void)state;
  write_keys(text, names, 2);
  load_first(text, 1);
  get_pin(&old, HOST);
  load_first(text, 2);
  new = old;
  renew_pin(&new, HOST);
  assert_memory_not_equal(new.octets + 1, old.octets + 1, KEY_ID_SIZE);
  renew_pin(&old, HOST);
  assert_memory_equal(new.octets + 1, old.octets + 1, KEY_ID_SIZE);
}

static void a_key_that_was_taken_away_too_early_locks_clients_out(void **state)
{
  static const char *const names[] = {"*", "*"};
  struct pinner pinner = {0};
  char text[KEYS_TEXT_MAX];
  struct wire wire;
  struct pin pin;

  (void)state;
  write_keys(text, names, 2);
  load_first(text, 2);
  get_pin(&pin, HOST);
  load_first(text, 1);
  assert_non_null(strstr(attached.log, "is gone"));
  pinner.ticket = ticket_of(&pin);
  shake(&wire, HOST, &pinner);
  expect_refused(&wire, "not in the key file");
  wire_close(&wire);
}

/* The clock is asked right after a handshake took its keys, so here the keys change in the middle
 * of it. Loading asks for the time as well. */
static int64_t load_others(void)
{
  static const char *const names[] = {"*"};
  static bool loading;

  if (!loading) {
    loading = true;
    load_keys(names, 1);
  }
  return NOW;
}

static void a_handshake_goes_on_with_the_keys_that_it_began_with(void **state)
{
  struct pinner pinner = {0}, later = {0};
  struct wire wire;
  struct pin pin, fresh;

  (void)state;
  get_pin(&pin, HOST);
  pinner.ticket = ticket_of(&pin);
  connect_with(&wire, &(struct wire_request){0}, HOST, &pinner);
  server_set_clock(attached.server, load_others);
  wire_shake(&wire);
  expect_done(&wire, TLSPIN_SERVER_PROVED);
  assert_true(pinner_proved(&pinner, wire.client.session, &pin.secret));
  keep(&fresh, &pinner);
  assert_memory_equal(fresh.octets + 1, pin.octets + 1, KEY_ID_SIZE);
  wire_close(&wire);
  later.ticket = ticket_of(&fresh); /* the others are in force now */
  shake(&wire, HOST, &later);
  expect_refused(&wire, "not in the key file");
  wire_close(&wire);
}

static void sessions_outlive_the_server(void **state)
{
  static const char *const names[] = {"*"};
  struct pinner pinner = {0};
  struct wire wire;

  (void)state;
  connect_with(&wire, &(struct wire_request){0}, HOST, &pinner);
  tlspin_server_free(attached.server);
  wire_shake(&wire);
  expect_done(&wire, TLSPIN_SERVER_PINNED);
  wire_close(&wire);
  assert_int_equal(tlspin_server_new(&attached.server), TLSPIN_OK);
  load_keys(names, 1);
}

static atomic_bool stop_loading;

/* The same two keys in turns, one alone and both: the first one is there at any time. */
static void *load_again_and_again(void *argument)
{
  const char *text = argument;

  while (!atomic_load(&stop_loading)) {
    load_first(text, 1);
    load_first(text, 2);
    tlspin_server_set_lifetime(attached.server, TLSPIN_SERVER_LIFETIME_LEAST);
    tlspin_server_set_ramp_down(attached.server, 0);
  }
  return NULL;
}

/* CMocka's assertions belong to its own thread, so a thread only counts. */
static void *prove_often(void *argument)
{
  const struct pin *pin = argument;
  size_t proved = 0;

  for (int i = 0; i < PROOFS; i++) {
    struct pinner pinner = {.ticket = ticket_of(pin)};
    struct wire wire;

    shake(&wire, HOST, &pinner);
    proved += pinner_proved(&pinner, wire.client.session, &pin->secret);
    wire_close(&wire);
  }
  return (void *)proved;
}

static void sessions_go_on_while_keys_are_loaded(void **state)
{
  static const char *const names[] = {"*", "*"};
  pthread_t loader, threads[THREADS];
  char text[KEYS_TEXT_MAX];
  struct pin pin;

  (void)state;
  write_keys(text, names, 2);
  tlspin_server_set_log(attached.server, NULL, NULL);
  load_first(text, 1);
  get_pin(&pin, HOST);
  atomic_store(&stop_loading, false);
  assert_int_equal(pthread_create(&loader, NULL, load_again_and_again, text), 0);
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, prove_often, &pin), 0);
  for (int i = 0; i < THREADS; i++) {
    void *proved;

    assert_int_equal(pthread_join(threads[i], &proved), 0);
    assert_int_equal((size_t)proved, PROOFS);
  }
  atomic_store(&stop_loading, true);
  assert_int_equal(pthread_join(loader, NULL), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      ATTACHED(in_a_ramp_down_proofs_go_on_and_tickets_end),
      ATTACHED(the_key_file_can_order_a_ramp_down),
      ATTACHED(each_name_has_its_own_key),
      ATTACHED(a_name_without_a_key_is_served_unpinned),
      ATTACHED(a_ticket_under_a_key_that_waits_is_proved_and_not_renewed),
      ATTACHED(keys_can_be_rotated),
      ATTACHED(a_key_that_was_taken_away_too_early_locks_clients_out),
      ATTACHED(a_handshake_goes_on_with_the_keys_that_it_began_with),
      ATTACHED(sessions_outlive_the_server),
      ATTACHED(sessions_go_on_while_keys_are_loaded),
  };

  return cmocka_run_group_tests(tests, attached_make_identity, attached_free_identity);
}
