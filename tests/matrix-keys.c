/* Key pins in whole handshakes: what is learned, what counts as a change, and where pins don't
 * hold. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinned.h"
#include "tests/tamper.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 86400 };

#define LEVEL_LAYER "50-level.db"
#define DAMAGED     "60-damaged.db"

/* What was seen with the key: the path, with the anchor that the server didn't send. */
static int look_at_chain(const tlspin_entry_t *entry, void *data)
{
  size_t *count = data;
  size_t size;

  *count = tlspin_entry_chain(entry);
  assert_string_equal(tlspin_entry_string(entry, "level"), "leaf");
  assert_string_equal(tlspin_entry_string(tlspin_entry_chain_at(entry, *count - 1), "subject"),
                      "Test CA");
  assert_non_null(tlspin_entry_octets(tlspin_entry_chain_at(entry, 0), "certificate", &size));
  assert_int_equal(size, 32);
  return 1;
}

static void test_the_path_is_remembered(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA);
  size_t count = 0;

  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  assert_int_equal(tlspin_list(stage->context, NULL, look_at_chain, &count), TLSPIN_OK);
  assert_int_equal(count, 2);
}

/* Where nothing is known the program decides, at level strict as well: it is told so, and who goes
 * on is protected from then on. */
static void test_first_use_at_level_strict(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  client.flags = TLSPIN_STRICT;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.answer, TLSPIN_NO_PIN);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_int_equal(pinned_count(stage, "tofu", "active"), 1);
  pinned_refused(stage, &client, &misissued, "changed", &met);
  meet(&client, &server, &met);
  assert_int_equal(met.visit.answer, TLSPIN_MATCH);
}

static void test_same_key_in_a_new_certificate(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA), renewed = server;
  struct pki_identity identity;

  renewed.credentials = pinned_make_server(
      stage, NULL, &(struct pki_request){.key = stage->servers[PKI_ECDSA].key}, &identity);
  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  pinned_go_well(stage, &renewed, TLSPIN_MATCH, "same-key");
  assert_int_equal(pinned_events(stage, "change", "same-key"), 1);
  pinned_go_well(stage, &renewed, TLSPIN_MATCH, "");
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
  pinned_drop_server(renewed.credentials, &identity);
}

/* Where keys are learned at the level of the issuer, another key of the server's own from the same
 * authority is but a new certificate; and from another authority it is another key. */
static void test_level_of_the_issuer(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       rekeyed = pinned_server(stage, PKI_RSA), strange = server;
  unsigned events = pinned_events(stage, "change", "same-key");
  struct pki_identity other_ca, other;

  pki_make(&other_ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Other CA"});
  pki_trust(stage->trust, &other_ca);
  strange.credentials = pinned_make_server(
      stage, &other_ca, &(struct pki_request){.key = stage->servers[PKI_ECDSA].key}, &other);
  pinned_setting(stage, LEVEL_LAYER, "level", "issuer");
  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  pinned_go_well(stage, &rekeyed, TLSPIN_MATCH, "same-key");
  assert_int_equal(pinned_events(stage, "change", "same-key"), events + 1);
  pinned_go_well(stage, &rekeyed, TLSPIN_MATCH, "");
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
  pinned_refuse(stage, &strange, "changed"); /* its own key doesn't count */
  pinned_layer_remove(stage, LEVEL_LAYER);
  pinned_drop_server(strange.credentials, &other);
  pki_free(&other_ca);
}

/* The certificate is about to expire, and the same authority makes one for a new key. Then the old
 * one is history, and may come back. */
static void test_rotation(void **state)
{
  struct stage *stage = *state;
  struct stand_request old = pinned_server(stage, PKI_ECDSA), new = pinned_server(stage, PKI_RSA),
                       stranger = pinned_server(stage, PKI_ED25519);
  struct pki_identity identity;
  time_t now = time(NULL);

  old.credentials = pinned_make_server(
      stage, NULL, &(struct pki_request){.not_before = now - 85 * DAY, .not_after = now + 5 * DAY},
      &identity);
  pinned_go_well(stage, &old, TLSPIN_NO_PIN, "");
  pinned_go_well(stage, &new, TLSPIN_MATCH, "same-issuer");
  pinned_go_well(stage, &new, TLSPIN_MATCH, "");
  pinned_refuse(stage, &stranger, "changed");
  pinned_go_well(stage, &old, TLSPIN_MATCH, "seen-before");
  pinned_drop_server(old.credentials, &identity);
}

/* The same from another authority, which the client trusts just as well. */
static void test_rotation_to_another_authority(void **state)
{
  struct stage *stage = *state;
  struct stand_request old = {.credentials = NULL}, new = {.credentials = NULL};
  struct pki_identity identity, other_ca, other;
  time_t now = time(NULL);

  pki_make(&other_ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Other CA"});
  pki_trust(stage->trust, &other_ca);
  old.credentials = pinned_make_server(
      stage, NULL, &(struct pki_request){.not_before = now - 85 * DAY, .not_after = now + 5 * DAY},
      &identity);
  new.credentials = pinned_make_server(stage, &other_ca, &(struct pki_request){0}, &other);
  pinned_go_well(stage, &old, TLSPIN_NO_PIN, "");
  pinned_refuse(stage, &new, "changed");
  pinned_drop_server(old.credentials, &identity);
  pinned_drop_server(new.credentials, &other);
  pki_free(&other_ca);
}

/* A pin whose time of enforcement is over: told, and not more. Nothing is learned from it. */
static void test_report_mode(void **state)
{
  struct stage *stage = *state;
  struct stand_request misissued = pinned_server(stage, PKI_RSA);
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  pin.enforced_until = 1;
  pinned_put(stage, &pin);
  meet(&client, &misissued, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_string_equal(met.visit.reason, "critical-differs");
  assert_true(met.visit.conversed);
  assert_false(met.visit.may_resume);
  assert_int_equal(pinned_events(stage, "reported", "critical-differs"), 1);
  assert_int_equal(pinned_count(stage, "tofu", NULL), 0);
}

/* An attack: beside a pin that is enforced one that is only reported let its own key in. */
static void test_report_mode_beside_enforced(void **state)
{
  static const char *const statuses[] = {"critical", "active"};
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA);
  struct tlspin_record pin, told;

  for (size_t i = 0; i < 2; i++) {
    unsigned reported = pinned_events(stage, "reported", NULL);

    stage_clear(state);
    pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);
    told = pinned_record(statuses[i], &stage->servers[PKI_RSA]);
    told.enforced_until = 1;
    pinned_put(stage, &pin);
    pinned_put(stage, &told);
    pinned_refuse(stage, &misissued, "critical-differs");
    pinned_go_well(stage, &server, TLSPIN_MATCH, "");
    assert_int_equal(pinned_events(stage, "reported", NULL), reported);
  }
}

/* The same of an administrator's: locked or not, and once they were enforced. */
static void test_report_mode_in_policy(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA);

  for (unsigned i = 0; i < 4; i++) {
    struct keypin pins[] = {pinned_locked(&stage->servers[PKI_ECDSA]),
                            pinned_locked(&stage->servers[PKI_RSA])};

    pins[0].locked = pins[1].locked = i % 2 != 0;
    pins[1].enforce_until = i / 2 == 0 ? 0 : time(NULL) - DAY;
    pinned_layer(stage, LEVEL_LAYER, pins, 2);
    pinned_refuse(stage, &misissued, "critical-differs");
    pinned_go_well(stage, &server, TLSPIN_MATCH, "");
  }
  pinned_layer_remove(stage, LEVEL_LAYER);
}

/* An attack: a pin that is only reported, and met, let a strict program go on where a layer can't
 * be read. */
static void test_report_mode_and_damage(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA);
  struct tlspin_record told = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  struct keypin other = pinned_locked(&stage->servers[PKI_RSA]);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  strcpy(other.place.host, "other.example");
  told.enforced_until = 1;
  pinned_put(stage, &told);
  client.flags = TLSPIN_STRICT;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  pinned_layer(stage, DAMAGED, &other, 1);
  tamper_empty(pinned_layer_path(stage, DAMAGED));
  desk_kill(&stage->desk, SIGTERM); /* the next one never saw it whole */
  meet(&client, &server, &met);
  assert_int_not_equal(met.visit.finished, TLSPIN_OK);
  assert_false(met.visit.conversed);
  pinned_layer_remove(stage, DAMAGED);
}

static void test_advisory(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  client.flags = TLSPIN_ADVISORY;
  meet(&client, &misissued, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_string_equal(met.visit.reason, "changed");
  assert_true(met.visit.conversed);
  assert_false(met.visit.may_resume);
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
  pinned_refuse(stage, &misissued, "changed");
}

/* Pinning is off for the server: any good certificate will do, and nothing is learned. */
static void test_opted_out(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       other = pinned_server(stage, PKI_RSA);
  struct tlspin_record off = {.host = STAGE_HOST, .kind = "mode", .status = "off"};

  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  pinned_put(stage, &off);
  pinned_go_well(stage, &other, TLSPIN_OPTED_OUT, "");
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
}

/* Pins are looked at and enforced; the store doesn't change, and neither does the log. */
static void test_private(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA), ticketing = stage_server(stage);
  struct visit_request client = stage_client(stage);
  unsigned events = pinned_events(stage, NULL, NULL);
  struct meeting met;

  client.flags = TLSPIN_PRIVATE;
  meet(&client, &ticketing, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_null(stage_entry(stage));
  assert_int_equal(pinned_count(stage, NULL, NULL), 0);
  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  pinned_refused(stage, &client, &misissued, "changed", &met);
  assert_int_equal(pinned_events(stage, NULL, NULL), events);
  assert_int_equal(pinned_count(stage, NULL, NULL), 1);
}

/* Blocks the key of a session that could be resumed, and resumes it. */
static void resume_blocked(struct stage *stage, const char *priority, struct meeting *met)
{
  struct stand_request server = pinned_server(stage, PKI_ECDSA);
  struct tlspin_record blocked = pinned_record("rejected", &stage->servers[PKI_ECDSA]);
  struct visit_request client = stage_client(stage);
  gnutls_datum_t key, data = {NULL, 0};

  assert_int_equal(gnutls_session_ticket_key_generate(&key), 0);
  server.resumption = &key;
  server.priority = priority;
  client.new_session_data = &data;
  meet(&client, &server, met);
  assert_true(met->visit.conversed && met->visit.may_resume && data.size > 0);
  client.new_session_data = NULL;
  client.session_data = &data;
  client.flags = TLSPIN_RESUMING;
  meet(&client, &server, met);
  assert_true(met->visit.resumed && met->visit.conversed && met->visit.may_resume);
  assert_int_equal(met->visit.answer, TLSPIN_MATCH);
  assert_int_equal(pinned_count(stage, "tofu", NULL), 1);
  pinned_put(stage, &blocked);
  meet(&client, &server, met);
  assert_true(met->visit.resumed);
  gnutls_free(key.data);
  gnutls_free(data.data);
}

/* With TLS 1.2 GnuTLS knows the certificate of the session, which is judged. With TLS 1.3 it does
 * not tell, and the session rests on the handshake that made it. */
static void test_resumption(void **state)
{
  struct stage *stage = *state;
  struct meeting met;

  resume_blocked(stage, "NORMAL:-VERS-ALL:+VERS-TLS1.2", &met);
  assert_int_equal(met.visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(met.visit.reason, "key-rejected");
  assert_int_equal(met.stand.received, 0);
  stage_clear(state);
  resume_blocked(stage, NULL, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
}

/* The server proves its ticket with a new key: that explains the change. */
static void test_proved_change(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage), changed = stage_server(stage);
  struct meeting met;

  changed.credentials = stage->credentials[PKI_RSA];
  meet_first(&client, &server);
  meet(&client, &changed, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_string_equal(met.visit.change, "proved");
  assert_true(met.visit.proved);
  meet(&client, &changed, &met);
  assert_string_equal(met.visit.change, "");
}

/* Without TLSPIN_WAIT nobody waits for what is learned; it is learned all the same. */
static void test_not_waited_for(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA);
  struct visit_request client = stage_client(stage);
  struct meeting met;
  unsigned found = 0;

  client.finish_flags = 1U << 31; /* any but TLSPIN_WAIT */
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  for (int i = 0; i < 2400 && found == 0; i++) {
    found = pinned_count(stage, "tofu", "active");
    usleep(25000);
  }
  assert_int_equal(found, 1);
}

/* A program that checks the certificate by itself, and accepts one that its credentials don't: it
 * is judged by its pins, and nothing is learned. */
static void test_accepted_by_the_program(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       other = pinned_server(stage, PKI_RSA);
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  client.credentials = stage->nobody;
  client.unverified = true;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_int_equal(pinned_count(stage, NULL, NULL), 0);
  pinned_put(stage, &pin);
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_int_equal(met.visit.answer, TLSPIN_MATCH);
  pinned_refused(stage, &client, &other, "critical-differs", &met);
  pin = pinned_record("critical", &stage->ca);
  pin.level = "anchor";
  stage_clear(state);
  pinned_put(stage, &pin);
  pinned_refused(stage, &client, &server, "path-unknown", &met);
}

/* The one learned key: how often it was met, and how much is known of its path. */
struct met {
  int64_t count;
  size_t path;
  uint8_t certificate[32];
};

static int look_at_count(const tlspin_entry_t *entry, void *data)
{
  struct met *met = data;
  size_t size;
  const void *digest;

  met->count = tlspin_entry_number(entry, "count-seen");
  met->path = tlspin_entry_chain(entry);
  digest = tlspin_entry_octets(tlspin_entry_chain_at(entry, 0), "certificate", &size);
  assert_int_equal(size, sizeof met->certificate);
  memcpy(met->certificate, digest, size);
  return 1;
}

static struct met look(struct stage *stage)
{
  struct met met = {0};

  assert_int_equal(tlspin_list(stage->context, NULL, look_at_count, &met), TLSPIN_OK);
  return met;
}

/* Of a key that is met again the daemon is shown the certificate alone: it counts it, and what is
 * known of the path stays. */
static void test_counted(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA);
  struct met met;

  for (int64_t i = 1; i <= 3; i++) {
    pinned_go_well(stage, &server, i == 1 ? TLSPIN_NO_PIN : TLSPIN_MATCH, "");
    met = look(stage);
    assert_int_equal(met.count, i);
    assert_int_equal(met.path, 2);
  }
}

static struct {
  struct stage *stage;
  struct tlspin_record pin;
} meanwhile;

/* The question of the lookup goes before this one, on the same way, and is answered before it. */
static void pin_after_lookup(gnutls_session_t session)
{
  tlspin_entry_t *entry;

  (void)session;
  assert_int_equal(tlspin_lookup(meanwhile.stage->context, STAGE_HOST, "tls", VISIT_PORT, &entry),
                   TLSPIN_NO_PIN);
  pinned_put(meanwhile.stage, &meanwhile.pin);
}

/* A server whose key is known, and a pin that comes between lookup and finish. */
static struct visit pin_meanwhile(struct stage *stage, struct tlspin_record pin, unsigned flags)
{
  struct stand_request server = pinned_server(stage, PKI_ECDSA);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  meanwhile.stage = stage;
  meanwhile.pin = pin;
  client.before = pin_after_lookup;
  client.finish_flags = flags;
  meet(&client, &server, &met);
  return met.visit;
}

/* Above the certificate, where a count alone can't tell whether the pin is met: nothing false is
 * logged, and what is true is, at once by who waits. */
static void test_counted_too_late(void **state)
{
  static const unsigned waits[] = {TLSPIN_WAIT, 1U << 31};
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA);
  struct pki_identity other;
  struct tlspin_record pin;

  pki_make(&other, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Other CA"});
  for (size_t i = 0; i < 2; i++) {
    bool waited = waits[i] == TLSPIN_WAIT;
    unsigned events, differ = pinned_events(stage, "mismatch", "critical-differs");

    pin = pinned_record("critical", &stage->ca);
    pin.level = "anchor";
    events = pinned_events(stage, NULL, NULL);
    assert_int_equal(pin_meanwhile(stage, pin, waits[i]).finished, TLSPIN_OK);
    pinned_go_well(stage, &server, TLSPIN_MATCH, "");
    assert_int_equal(pinned_events(stage, NULL, NULL), events);
    stage_clear(state);
    pin = pinned_record("critical", &other);
    pin.level = "anchor";
    assert_int_equal(pin_meanwhile(stage, pin, waits[i]).finished,
                     waited ? TLSPIN_MISMATCH : TLSPIN_OK);
    assert_int_equal(pinned_events(stage, "mismatch", "critical-differs"), differ + waited);
    pinned_refuse(stage, &server, "critical-differs");
    assert_int_equal(pinned_events(stage, NULL, "path-unknown"), 0);
    stage_clear(state);
  }
  pki_free(&other);
}

/* What the certificate alone shows is logged, also where nobody waits. */
static void test_blocked_meanwhile(void **state)
{
  struct stage *stage = *state;
  unsigned events = pinned_events(stage, "mismatch", "key-rejected");
  struct tlspin_record pin = pinned_record("rejected", &stage->servers[PKI_ECDSA]);

  assert_int_equal(pin_meanwhile(stage, pin, 1U << 31).finished, TLSPIN_OK);
  pinned_count(stage, NULL, NULL); /* behind what was not waited for */
  assert_int_equal(pinned_events(stage, "mismatch", "key-rejected"), events + 1);
}

/* The server's certificate without a path, with whatever a program says of the PKI. */
static void tell_leaf(struct stage *stage, const struct pki_identity *identity, enum tlspin_pki pki)
{
  gnutls_datum_t der = pki_certificate_der(identity);
  struct tlspin_octets leaf = {der.data, der.size};
  struct tlspin_check check = {
      .chain = &leaf, .chain_size = 1, .flags = TLSPIN_CHECK_LEARN, .pki = pki};

  assert_int_equal(tlspin_check_chain(stage->context, STAGE_HOST, "tls", VISIT_PORT, &check, NULL),
                   TLSPIN_MATCH);
  gnutls_free(der.data);
}

/* A certificate alone is no reason to forget what is known of a path: not the one that was seen
 * last, and not a new one for the same key. */
static void test_a_leaf_alone_teaches_nothing(void **state)
{
  static const enum tlspin_pki pkis[] = {TLSPIN_PKI_OK, TLSPIN_PKI_UNCHECKED};
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA);
  struct pki_identity renewed;
  struct met before, after;
  gnutls_certificate_credentials_t credentials = pinned_make_server(
      stage, NULL, &(struct pki_request){.key = stage->servers[PKI_ECDSA].key}, &renewed);

  pinned_go_well(stage, &server, TLSPIN_NO_PIN, "");
  before = look(stage);
  for (size_t i = 0; i < 2; i++) {
    tell_leaf(stage, &stage->servers[PKI_ECDSA], pkis[i]);
    tell_leaf(stage, &renewed, pkis[i]);
    after = look(stage);
    assert_int_equal(after.path, 2);
    assert_memory_equal(after.certificate, before.certificate, sizeof before.certificate);
  }
  assert_int_equal(after.count, before.count + 4);
  pinned_drop_server(credentials, &renewed);
}

enum { CROWD = 5000 }; /* records: more than a lookup may bring */

static void put_crowd(struct stage *stage, const struct pki_identity *first)
{
  struct keypin *pins = calloc(CROWD, sizeof *pins);

  assert_non_null(pins);
  for (uint32_t i = 0; i < CROWD; i++) {
    pins[i] = pinned_locked(first);
    if (i > 0)
      memcpy(pins[i].digest, &i, sizeof i);
  }
  pinned_layer(stage, "70-crowd.db", pins, CROWD);
  free(pins);
}

/* A server with more pins than a lookup may bring is judged by all of them, at every level. */
static void test_crowd(void **state)
{
  static const unsigned levels[] = {TLSPIN_TOFU, TLSPIN_STRICT};
  struct stage *stage = *state;
  struct stand_request server = pinned_server(stage, PKI_ECDSA),
                       misissued = pinned_server(stage, PKI_RSA);
  struct visit_request client = stage_client(stage);
  tlspin_explanation_t *explained;
  struct meeting met;

  put_crowd(stage, &stage->servers[PKI_ECDSA]);
  for (size_t i = 0; i < 2; i++) {
    client.flags = levels[i];
    meet(&client, &server, &met);
    assert_int_equal(met.visit.finished, TLSPIN_OK);
    assert_int_equal(met.visit.answer, TLSPIN_MATCH);
    assert_string_equal(met.visit.layer, "70-crowd.db");
    assert_true(met.visit.conversed);
    pinned_refused(stage, &client, &misissued, "critical-differs", &met);
    client.unverified = true; /* no path is known */
    client.credentials = stage->nobody;
    pinned_refused(stage, &client, &misissued, "critical-differs", &met);
    client = stage_client(stage);
  }
  assert_int_equal(tlspin_explain(stage->context, STAGE_HOST, "tls", VISIT_PORT, NULL, &explained),
                   TLSPIN_OK);
  assert_true(tlspin_explanation_count(explained, TLSPIN_ENTRIES) >= 5000);
  tlspin_explanation_free(explained);
  pinned_layer_remove(stage, "70-crowd.db");
  assert_int_equal(pinned_count(stage, NULL, NULL), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_the_path_is_remembered),
      STAGE_TEST(test_first_use_at_level_strict),
      STAGE_TEST(test_same_key_in_a_new_certificate),
      STAGE_TEST(test_level_of_the_issuer),
      STAGE_TEST(test_rotation),
      STAGE_TEST(test_rotation_to_another_authority),
      STAGE_TEST(test_report_mode),
      STAGE_TEST(test_report_mode_beside_enforced),
      STAGE_TEST(test_report_mode_in_policy),
      STAGE_TEST(test_report_mode_and_damage),
      STAGE_TEST(test_advisory),
      STAGE_TEST(test_opted_out),
      STAGE_TEST(test_private),
      STAGE_TEST(test_counted),
      STAGE_TEST(test_counted_too_late),
      STAGE_TEST(test_blocked_meanwhile),
      STAGE_TEST(test_a_leaf_alone_teaches_nothing),
      STAGE_TEST(test_crowd),
      STAGE_TEST(test_resumption),
      STAGE_TEST(test_proved_change),
      STAGE_TEST(test_not_waited_for),
      STAGE_TEST(test_accepted_by_the_program),
  };

  return cmocka_run_group_tests(tests, stage_open, stage_close);
}
