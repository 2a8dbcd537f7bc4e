/* Stored keys of GnuTLS beside the pins of users, policies and servers: the table of libtlspin(3).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/storedkeys.h"

#include <signal.h>
#include <string.h>

#define LAYER "50-site.db"

#define NEVER_SEEN GNUTLS_E_NO_CERTIFICATE_FOUND
#define CHANGED    GNUTLS_E_CERTIFICATE_KEY_MISMATCH

static const gnutls_datum_t *const one = &storedkeys_one, *const other = &storedkeys_other;

static void put(struct stage *stage, const char *status, enum pki_algorithm server, bool report)
{
  struct tlspin_record pin = pinned_record(status, &stage->servers[server]);

  pin.enforced_until = report ? 1 : 0;
  pinned_put(stage, &pin);
}

static int take_operation(const tlspin_entry_t *event, void *data)
{
  if (strcmp(tlspin_entry_string(event, "kind"), "accepted") == 0)
    *(uint64_t *)data = (uint64_t)tlspin_entry_number(event, "operation");
  return 0;
}

static void undo_acceptance(struct stage *stage)
{
  uint64_t operation = 0;

  assert_int_equal(tlspin_events(stage->context, 0, STAGE_HOST, take_operation, &operation),
                   TLSPIN_OK);
  assert_true(operation > 0);
  if (tlspin_undo(stage->context, operation, NULL) != TLSPIN_OK)
    fail_msg("%s", tlspin_last_message());
}

/* An attack: another key must not look as if the server had never been seen. It is logged; the
 * user's word for it is taken, logged, and can be undone. */
static void test_another_key(void **state)
{
  struct stage *stage = *state;
  unsigned refused = pinned_events(stage, "mismatch", "changed"),
           accepted = pinned_events(stage, "accepted", "changed");

  assert_int_equal(storedkeys_store(one, 0), 0);
  assert_int_equal(pinned_events(stage, "accepted", "changed"), accepted);
  assert_int_equal(storedkeys_verify(other), CHANGED);
  assert_non_null(strstr(tlspin_last_message(), "another key"));
  assert_non_null(strstr(tlspin_last_message(), "tlspin clear " STAGE_HOST ":443"));
  assert_true(pinned_events(stage, "mismatch", "changed") > refused);
  assert_int_equal(storedkeys_verify(one), 0);
  assert_int_equal(storedkeys_store(other, 0), 0);
  assert_int_equal(pinned_events(stage, "accepted", "changed"), accepted + 1);
  assert_int_equal(storedkeys_verify(other), 0);
  assert_int_equal(storedkeys_verify(one), 0);
  undo_acceptance(stage);
  assert_int_equal(storedkeys_verify(other), CHANGED);
  assert_int_equal(storedkeys_verify(one), 0);
}

/* Whoever put it there, an active pin knows the server's key; and any that matches accepts it. */
static void test_active_pins(void **state)
{
  struct stage *stage = *state;
  struct keypin pin = pinned_locked(&stage->servers[PKI_RSA]);

  put(stage, "active", PKI_ECDSA, false);
  assert_int_equal(storedkeys_verify(one), 0);
  assert_int_equal(storedkeys_verify(other), CHANGED);
  pin.status = KEYPIN_ACTIVE;
  pin.locked = false;
  pinned_layer(stage, LAYER, &pin, 1);
  assert_int_equal(storedkeys_verify(other), 0);
  assert_int_equal(storedkeys_verify(one), 0);
  stage_clear(state);
  assert_int_equal(storedkeys_verify(one), CHANGED);
  assert_int_equal(storedkeys_store(one, 0), 0);
  assert_int_equal(storedkeys_verify(one), 0);
  pinned_layer_remove(stage, LAYER);
}

/* An active pin of an authority has no opinion of a key alone. */
static void test_active_pin_above_the_key(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record pin = pinned_record("active", &stage->ca);

  pin.level = "authority";
  pinned_put(stage, &pin);
  assert_int_equal(storedkeys_verify(one), NEVER_SEEN);
  assert_int_equal(storedkeys_store(one, 0), 0);
  assert_int_equal(storedkeys_verify(one), 0);
  assert_int_equal(storedkeys_verify(other), CHANGED);
}

/* The user's word is not enough against a pin that forbids, and why is told. */
static void test_critical_pin(void **state)
{
  struct stage *stage = *state;

  put(stage, "critical", PKI_ECDSA, false);
  assert_int_equal(storedkeys_verify(one), 0);
  assert_int_equal(storedkeys_verify(other), CHANGED);
  storedkeys_refuse(other, "none of the keys that are pinned");
  assert_int_equal(storedkeys_verify(other), CHANGED);
  assert_int_equal(storedkeys_store(one, 0), 0);
}

/* As if it were not there, but for the log: it blocks nothing, and so it vouches for nothing. */
static void expect_unheeded(struct stage *stage, bool logged)
{
  unsigned reported = pinned_events(stage, "reported", NULL),
           refused = pinned_events(stage, "mismatch", NULL);

  assert_int_equal(storedkeys_verify(other), NEVER_SEEN);
  assert_int_equal(pinned_events(stage, "reported", NULL) > reported, logged);
  assert_int_equal(storedkeys_verify(one), NEVER_SEEN);
  assert_int_equal(pinned_events(stage, "mismatch", NULL), refused);
  assert_int_equal(storedkeys_store(other, 0), 0);
  assert_int_equal(storedkeys_verify(other), 0);
  assert_int_equal(storedkeys_store(other, 0), 0);
  assert_int_equal(pinned_count(stage, "program", "active"), 1);
  assert_int_equal(storedkeys_verify(one), CHANGED); /* the other is known now */
  assert_int_equal(storedkeys_store(one, 0), 0);
  assert_int_equal(storedkeys_verify(one), 0);
}

/* An attack: with a pin that is only reported every key was a match. */
static void test_reported_pins(void **state)
{
  static const struct {
    const char *status;
    bool logged;
  } cases[] = {{"critical", true}, {"active", false}};

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    stage_clear(state);
    put(*state, cases[i].status, PKI_ECDSA, true);
    expect_unheeded(*state, cases[i].logged);
  }
}

/* An attack: beside one that is enforced its key was a match. */
static void test_reported_beside_enforced(void **state)
{
  static const char *const statuses[] = {"critical", "active"};

  for (size_t i = 0; i < 4; i++) {
    stage_clear(state);
    put(*state, statuses[i % 2], PKI_ECDSA, false);
    put(*state, statuses[i / 2], PKI_RSA, true);
    assert_int_equal(storedkeys_verify(other), CHANGED);
    assert_int_equal(storedkeys_verify(one), 0);
  }
}

/* mode=report of a policy, locked or not, of pins and of blocked keys. */
static void test_reported_policy(void **state)
{
  struct stage *stage = *state;
  struct keypin pin = pinned_locked(&stage->servers[PKI_ECDSA]);

  pin.enforce_until = 0;
  for (unsigned locked = 0; locked < 2; locked++) {
    stage_clear(state);
    pin.locked = locked;
    pinned_layer(stage, LAYER, &pin, 1);
    expect_unheeded(stage, true);
  }
  stage_clear(state);
  pin = pinned_locked(&stage->servers[PKI_RSA]);
  pin.status = KEYPIN_REJECTED;
  pin.enforce_until = 0;
  pinned_layer(stage, LAYER, &pin, 1);
  expect_unheeded(stage, true);
  pinned_layer_remove(stage, LAYER);
}

/* An administrator's word, which neither the user's nor a program's lifts. */
static void test_locked(void **state)
{
  struct stage *stage = *state;
  struct keypin pin = pinned_locked(&stage->servers[PKI_ECDSA]);

  assert_int_equal(storedkeys_store(other, 0), 0);
  pinned_layer(stage, LAYER, &pin, 1);
  assert_int_equal(storedkeys_verify(one), 0);
  assert_int_equal(storedkeys_store(one, 0), 0); /* it is known already */
  assert_int_equal(storedkeys_verify(other), CHANGED);
  storedkeys_refuse(other, "ask there");
  stage_clear(state);
  pin.status = KEYPIN_ACTIVE;
  pinned_layer(stage, LAYER, &pin, 1);
  assert_int_equal(storedkeys_verify(other), CHANGED);
  storedkeys_refuse(other, "ask there");
  pinned_setting(stage, LAYER, "learn", "no");
  assert_int_equal(storedkeys_verify(other), NEVER_SEEN);
  storedkeys_refuse(other, "the administrator doesn't let keys be accepted");
  put(stage, "active", PKI_ECDSA, false);
  assert_int_equal(storedkeys_verify(other), CHANGED);
  storedkeys_refuse(other, "another key");
  stage_clear(state);
  pinned_layer_remove(stage, LAYER);
  assert_int_equal(pinned_count(stage, NULL, NULL), 0);
}

/* What GnuTLS doesn't show can't be met; but it is no attack either, and nobody is told of one. */
static void test_pins_above_the_key(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record pin = pinned_record("critical", &stage->ca);
  static const char *const levels[] = {"issuer", "anchor", "authority", "any"};
  unsigned events = pinned_events(stage, NULL, NULL);

  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
    stage_clear(state);
    pin.level = levels[i];
    pinned_put(stage, &pin);
    assert_int_equal(storedkeys_verify(one), CHANGED);
    storedkeys_refuse(one, "path of its certificates is not known");
    assert_int_equal(pinned_events(stage, NULL, NULL), events);
  }
}

/* A pin at any level, as those of HPKP and of sha256// are, is met by the key itself. */
static void test_pin_at_any_level(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  unsigned events = pinned_events(stage, NULL, NULL);

  pin.level = "any";
  pinned_put(stage, &pin);
  assert_int_equal(storedkeys_verify(one), 0);
  assert_int_equal(storedkeys_verify(other), CHANGED);
  assert_int_equal(pinned_events(stage, NULL, NULL), events);
  pin.level = "leaf"; /* another key in this place is what is logged */
  stage_clear(state);
  pinned_put(stage, &pin);
  assert_int_equal(storedkeys_verify(other), CHANGED);
  assert_true(pinned_events(stage, NULL, NULL) > events);
}

/* A blocked authority must not lock the user out of every server; a blocked key is one. */
static void test_blocked_keys(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record authority = pinned_record("rejected", &stage->ca);

  authority.host = ""; /* everywhere */
  authority.scope = "subtree";
  authority.protocol = NULL;
  authority.port = 0;
  assert_int_equal(storedkeys_store(one, 0), 0);
  pinned_put(stage, &authority);
  assert_int_equal(storedkeys_verify(one), 0);
  assert_int_equal(storedkeys_store(other, 0), 0);
  assert_int_equal(storedkeys_verify(other), 0);
  put(stage, "rejected", PKI_ECDSA, false);
  assert_int_equal(storedkeys_verify(one), CHANGED);
  storedkeys_refuse(one, "key that is rejected");
  assert_int_equal(storedkeys_verify(other), 0);
}

static void test_opted_out(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record off = {.host = STAGE_HOST, .kind = "mode", .status = "off"};

  assert_int_equal(storedkeys_store(one, 0), 0);
  pinned_put(stage, &off);
  put(stage, "rejected", PKI_RSA, false);
  assert_int_equal(storedkeys_verify(one), NEVER_SEEN);
  storedkeys_refuse(one, "pinning is switched off");
  assert_int_equal(storedkeys_verify(other), CHANGED);
}

/* GnuTLS doesn't show in which authority a path ends, so that none is exempt. */
static void test_added_anchor(void **state)
{
  struct stage *stage = *state;
  struct pki_identity vendor;

  pki_make(&vendor, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "The vendor's"});
  pinned_vendor(stage, &vendor); /* the stage's authority is one that was added */
  assert_int_equal(storedkeys_verify(one), NEVER_SEEN);
  assert_int_equal(storedkeys_store(one, 0), 0);
  assert_int_equal(storedkeys_verify(one), 0);
  assert_int_equal(storedkeys_verify(other), CHANGED);
  pinned_vendor_remove(stage);
  pki_free(&vendor);
}

/* A key that was learned in a handshake is known here, too, and the other way round. */
static void test_shared_with_handshakes(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA);

  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  assert_int_equal(storedkeys_verify(one), 0);
  assert_int_equal(storedkeys_verify(other), CHANGED);
  assert_int_equal(storedkeys_store(other, 0), 0);
  assert_int_equal(storedkeys_verify(other), 0);
  assert_int_equal(storedkeys_verify(one), 0); /* the first use accepts it */
  server = pinned_server(stage, PKI_RSA);
  pinned_go_well(stage, &server, TLSPIN_MATCH, "");
}

/* Where the PKI vouches for the server it decides, as it does beside any active pin. */
static void test_handshake_with_another_key(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_RSA);

  assert_int_equal(storedkeys_store(one, 0), 0);
  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  assert_int_equal(pinned_count(stage, "tofu", NULL), 0);
  assert_int_equal(storedkeys_verify(other), CHANGED);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_another_key),
      STAGE_TEST(test_active_pins),
      STAGE_TEST(test_active_pin_above_the_key),
      STAGE_TEST(test_critical_pin),
      STAGE_TEST(test_reported_pins),
      STAGE_TEST(test_reported_beside_enforced),
      STAGE_TEST(test_reported_policy),
      STAGE_TEST(test_locked),
      STAGE_TEST(test_pins_above_the_key),
      STAGE_TEST(test_pin_at_any_level),
      STAGE_TEST(test_blocked_keys),
      STAGE_TEST(test_opted_out),
      STAGE_TEST(test_added_anchor),
      STAGE_TEST(test_shared_with_handshakes),
      STAGE_TEST(test_handshake_with_another_key),
  };

  return cmocka_run_group_tests(tests, storedkeys_open, storedkeys_close);
}
