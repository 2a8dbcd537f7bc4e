/* Records about the keys of test identities: see pinned.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinned.h"

#include "daemon/store.h"
#include "pinning/digest.h"

#include <gnutls/gnutls.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PLACES = 8 };

struct tlspin_octets pinned_digest(const struct pki_identity *identity, enum selector selector)
{
  static uint8_t places[PLACES][CHAIN_DIGEST_MAX];
  static unsigned next;
  uint8_t *place = places[next++ % PLACES];
  gnutls_datum_t der =
      selector == SELECTOR_SPKI ? pki_spki_der(identity) : pki_certificate_der(identity);

  assert_true(digest_gnutls(MATCHING_SHA256, (struct span){der.data, der.size}, place));
  gnutls_free(der.data);
  return (struct tlspin_octets){place, 32};
}

struct tlspin_record pinned_record(const char *status, const struct pki_identity *identity)
{
  bool exception = strcmp(status, "excepted") == 0; /* which must end */

  return (struct tlspin_record){
      .host = STAGE_HOST,
      .protocol = "tls",
      .port = VISIT_PORT,
      .kind = exception ? "exception" : "pin",
      .status = status,
      .level = "leaf",
      .selector = SELECTOR_SPKI,
      .matching = MATCHING_SHA256,
      .digest = pinned_digest(identity, SELECTOR_SPKI),
      .expires = exception ? (uint64_t)time(NULL) + 86400 : 0,
  };
}

void pinned_put(struct stage *stage, const struct tlspin_record *record)
{
  if (tlspin_put(stage->context, record, 1, 0, 0, NULL, NULL, NULL) != TLSPIN_OK)
    fail_msg("%s", tlspin_last_message());
}

struct keypin pinned_locked(const struct pki_identity *identity)
{
  struct peer peer = {STAGE_HOST, PROTOCOL_TLS, VISIT_PORT};
  struct place place = place_of_peer(&peer);
  struct keypin pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_CRITICAL, KEYPIN_POLICY);
  struct tlspin_octets digest = pinned_digest(identity, SELECTOR_SPKI);

  memcpy(pin.digest, digest.data, digest.size);
  pin.locked = pin.always = true;
  return pin;
}

const char *pinned_layer_path(const struct stage *stage, const char *name)
{
  static char path[128];

  snprintf(path, sizeof path, "%s/etc", stage->desk.bus.dir);
  mkdir(path, 0755);
  snprintf(path, sizeof path, "%s/etc/%s", stage->desk.bus.dir, name);
  return path;
}

static void write_layer(struct stage *stage, const char *name,
                        const struct layer_contents *contents)
{
  char *problem = NULL;

  if (store_write_layer(pinned_layer_path(stage, name), contents, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  desk_kill(&stage->desk, SIGTERM);
}

void pinned_layer(struct stage *stage, const char *name, const struct keypin *pins, size_t count)
{
  const struct layer_contents contents = {.pin_count = count, .pins = pins};

  write_layer(stage, name, &contents);
}

void pinned_setting(struct stage *stage, const char *layer, const char *name, const char *value)
{
  const struct setting_row row = {name, value, true};
  const struct layer_contents contents = {.setting_count = 1, .settings = &row};

  write_layer(stage, layer, &contents);
}

void pinned_layer_remove(struct stage *stage, const char *name)
{
  assert_int_equal(unlink(pinned_layer_path(stage, name)), 0);
  desk_kill(&stage->desk, SIGTERM);
}

static const char *anchor_of(const struct stage *stage)
{
  static char path[128];

  snprintf(path, sizeof path, "%s/vendor.crt", stage->desk.anchors);
  return path;
}

void pinned_vendor(struct stage *stage, const struct pki_identity *anchor)
{
  mkdir(stage->desk.anchors, 0755);
  pki_write(&anchor, 1, anchor_of(stage), NULL);
  desk_kill(&stage->desk, SIGTERM);
}

void pinned_vendor_remove(struct stage *stage)
{
  assert_int_equal(unlink(anchor_of(stage)), 0);
  desk_kill(&stage->desk, SIGTERM);
}

struct count {
  const char *origin, *status, *kind, *reason;
  unsigned count;
};

static bool fits(const tlspin_entry_t *entry, const char *name, const char *wanted)
{
  const char *word = tlspin_entry_string(entry, name);

  return wanted == NULL || (word != NULL && strcmp(word, wanted) == 0);
}

static int count_record(const tlspin_entry_t *entry, void *data)
{
  struct count *count = data;

  if (strcmp(tlspin_entry_kind(entry), "ticket") != 0 && fits(entry, "origin", count->origin) &&
      fits(entry, "status", count->status))
    count->count++;
  return 0;
}

unsigned pinned_count(struct stage *stage, const char *origin, const char *status)
{
  struct count count = {.origin = origin, .status = status};

  if (tlspin_list(stage->context, NULL, count_record, &count) != TLSPIN_OK)
    fail_msg("%s", tlspin_last_message());
  return count.count;
}

static int count_event(const tlspin_entry_t *event, void *data)
{
  struct count *count = data;

  if (fits(event, "kind", count->kind) && fits(event, "reason", count->reason))
    count->count += (unsigned)tlspin_entry_number(event, "count");
  return 0;
}

unsigned pinned_events(struct stage *stage, const char *kind, const char *reason)
{
  struct count count = {.kind = kind, .reason = reason};

  if (tlspin_events(stage->context, 0, NULL, count_event, &count) != TLSPIN_OK)
    fail_msg("%s", tlspin_last_message());
  return count.count;
}

struct stand_request pinned_server(struct stage *stage, enum pki_algorithm algorithm)
{
  return (struct stand_request){.credentials = stage->credentials[algorithm]};
}

void pinned_go_well(struct stage *stage, const struct stand_request *server, int answer,
                    const char *change)
{
  struct visit_request client = stage_client(stage);
  struct meeting met;

  meet(&client, server, &met);
  if (met.visit.finished != TLSPIN_OK)
    print_error("%s\n", met.visit.message);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_string_equal(met.visit.reason, "");
  assert_string_equal(met.visit.change, change);
  assert_int_equal(met.visit.answer, answer);
  assert_true(met.visit.conversed && met.visit.may_resume);
}

void pinned_refused(struct stage *stage, const struct visit_request *client,
                    const struct stand_request *server, const char *reason, struct meeting *met)
{
  unsigned events = pinned_events(stage, "mismatch", reason);

  meet(client, server, met);
  assert_string_equal(met->visit.reason, reason);
  assert_int_equal(met->visit.finished, TLSPIN_MISMATCH);
  assert_true(met->visit.handshake < 0);
  assert_false(met->visit.may_resume);
  assert_int_equal(met->stand.received, 0);
  assert_int_equal(met->stand.alert, GNUTLS_A_HANDSHAKE_FAILURE);
  assert_non_null(strstr(met->visit.message, STAGE_HOST));
  assert_true(met->visit.rule > 0);
  events += (client->flags & TLSPIN_PRIVATE) == 0;
  assert_int_equal(pinned_events(stage, "mismatch", reason), events);
}

void pinned_refuse(struct stage *stage, const struct stand_request *server, const char *reason)
{
  struct visit_request client = stage_client(stage);
  struct meeting met;

  pinned_refused(stage, &client, server, reason, &met);
  assert_int_equal(met.visit.answer, TLSPIN_MISMATCH);
}

gnutls_certificate_credentials_t pinned_make_server(struct stage *stage,
                                                    const struct pki_identity *issuer,
                                                    const struct pki_request *request,
                                                    struct pki_identity *identity)
{
  const struct pki_identity *chain[] = {identity};
  struct pki_request with = *request;

  with.purpose = PKI_SERVER;
  if (with.name == NULL)
    with.name = STAGE_HOST;
  pki_make(identity, issuer != NULL ? issuer : &stage->ca, &with);
  return pki_credentials(chain, 1);
}

void pinned_drop_server(gnutls_certificate_credentials_t credentials, struct pki_identity *identity)
{
  gnutls_certificate_free_credentials(credentials);
  pki_free(identity);
}
