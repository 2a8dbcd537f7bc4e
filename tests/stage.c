/* What every test of the matrix needs: see stage.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/stage.h"

#include "libclient/tlspin-admin.h"

#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

tlspin_server_t *stage_pinning(void)
{
  static unsigned count;
  tlspin_server_t *pinning;
  gnutls_datum_t raw = {(unsigned char[32]){0}, 32}, base64;
  char text[512];

  assert_int_equal(gnutls_rnd(GNUTLS_RND_RANDOM, raw.data, raw.size), 0);
  assert_int_equal(gnutls_base64_encode2(&raw, &base64), 0);
  snprintf(text, sizeof text,
           "tlspin-keys 1\nramp-down no\n"
           "key %016x * 2026-01-01T00:00:00Z 2026-01-01T00:00:00Z %.*s\n",
           ++count, (int)base64.size, base64.data);
  gnutls_free(base64.data);
  assert_int_equal(tlspin_server_new(&pinning), TLSPIN_OK);
  assert_int_equal(tlspin_server_load_keys_from_memory(pinning, text, strlen(text)), TLSPIN_OK);
  return pinning;
}

static void make_servers(struct stage *stage)
{
  for (int i = 0; i < PKI_ALGORITHMS; i++) {
    pki_make(&stage->servers[i], &stage->ca,
             &(struct pki_request){
                 .algorithm = (enum pki_algorithm)i, .purpose = PKI_SERVER, .name = STAGE_HOST});
    stage->credentials[i] = pki_credentials((const struct pki_identity *[]){&stage->servers[i]}, 1);
  }
  stage->raw = pki_raw_credentials(&stage->servers[PKI_ECDSA]);
}

int stage_open(void **state)
{
  struct stage *stage = calloc(1, sizeof *stage);

  desk_open(&stage->desk);
  assert_int_equal(tlspin_new(&stage->context, stage->desk.bus.address), TLSPIN_OK);
  tlspin_set_budget(stage->context, 20000,
                    20000); /* what takes long under valgrind is no fault here */
  pki_make(&stage->ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Test CA"});
  make_servers(stage);
  assert_int_equal(gnutls_certificate_allocate_credentials(&stage->trust), 0);
  assert_int_equal(gnutls_certificate_allocate_credentials(&stage->nobody), 0);
  pki_trust(stage->trust, &stage->ca);
  stage->pinning = stage_pinning();
  *state = stage;
  return 0;
}

int stage_close(void **state)
{
  struct stage *stage = *state;

  tlspin_server_free(stage->pinning);
  gnutls_certificate_free_credentials(stage->nobody);
  gnutls_certificate_free_credentials(stage->trust);
  gnutls_certificate_free_credentials(stage->raw);
  for (int i = 0; i < PKI_ALGORITHMS; i++) {
    gnutls_certificate_free_credentials(stage->credentials[i]);
    pki_free(&stage->servers[i]);
  }
  pki_free(&stage->ca);
  tlspin_free(stage->context);
  desk_close(&stage->desk);
  free(stage);
  return 0;
}

int stage_clear(void **state)
{
  struct stage *stage = *state;
  struct tlspin_filter all = {.all = 1};
  struct tlspin_change change;
  int code = tlspin_clear(stage->context, &all, &change);

  if (code == TLSPIN_UNAVAILABLE) /* that the bus was restarted shows at the first call */
    code = tlspin_clear(stage->context, &all, &change);
  if (code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND)
    return 0;
  print_error("The pins can't be cleared: %s %s\n", tlspin_code_token((enum tlspin_code)code),
              tlspin_last_message());
  return -1;
}

struct stand_request stage_server(struct stage *stage)
{
  return (struct stand_request){.credentials = stage->credentials[PKI_ECDSA],
                                .pinning = stage->pinning};
}

struct visit_request stage_client(struct stage *stage)
{
  return (struct visit_request){
      .context = stage->context, .host = STAGE_HOST, .credentials = stage->trust};
}

void meet(const struct visit_request *client, const struct stand_request *server,
          struct meeting *meeting)
{
  stand_open(&meeting->stand, server);
  visit(client, meeting->stand.port, &meeting->visit);
  stand_close(&meeting->stand);
}

static void meet_well(const struct visit_request *client, const struct stand_request *server,
                      bool again)
{
  struct meeting met;

  meet(client, server, &met);
  assert_int_equal(met.visit.attached, TLSPIN_OK);
  assert_int_equal(met.visit.handshake, GNUTLS_E_SUCCESS);
  assert_string_equal(met.visit.reason, "");
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_int_equal(met.visit.answer, again ? TLSPIN_MATCH : TLSPIN_NO_PIN);
  assert_int_equal(met.visit.sent, again);
  assert_int_equal(met.visit.proved, again);
  assert_int_equal(met.visit.kept, TLSPIN_OK);
  assert_true(met.visit.stored > 0);
  assert_true(met.visit.may_resume);
  assert_true(met.visit.conversed);
  assert_int_equal(met.stand.received, 1);
  assert_int_equal(met.stand.alert, -1);
}

void meet_first(const struct visit_request *client, const struct stand_request *server)
{
  meet_well(client, server, false);
}

void meet_again(const struct visit_request *client, const struct stand_request *server)
{
  meet_well(client, server, true);
}

tlspin_entry_t *stage_entry(struct stage *stage)
{
  tlspin_entry_t *entry = NULL;
  int code = tlspin_lookup(stage->context, STAGE_HOST, "tls", VISIT_PORT, &entry);

  assert_true(code == TLSPIN_MATCH || code == TLSPIN_NO_PIN);
  return entry;
}

static void assert_same_octets(const void *a, size_t a_size, const void *b, size_t b_size)
{
  assert_int_equal(a_size, b_size);
  assert_memory_equal(a, b, a_size);
}

static void assert_same_pin(const tlspin_entry_t *a, const tlspin_entry_t *b)
{
  const void *first, *second;
  size_t first_size, second_size;

  assert_int_equal(a == NULL, b == NULL);
  if (a == NULL)
    return;
  first = tlspin_entry_ticket(a, &first_size);
  second = tlspin_entry_ticket(b, &second_size);
  assert_same_octets(first, first_size, second, second_size);
  first = tlspin_entry_secret(a, &first_size);
  second = tlspin_entry_secret(b, &second_size);
  assert_same_octets(first, first_size, second, second_size);
  assert_int_equal(tlspin_entry_series(a), tlspin_entry_series(b));
  assert_int_equal(tlspin_entry_expires(a), tlspin_entry_expires(b));
}

void meet_refused(struct stage *stage, const struct visit_request *client,
                  const struct stand_request *server, const char *reason, struct meeting *meeting)
{
  tlspin_entry_t *before = stage_entry(stage), *after;

  meet(client, server, meeting);
  assert_string_equal(meeting->visit.reason, reason);
  assert_int_equal(meeting->visit.finished, TLSPIN_MISMATCH);
  assert_true(meeting->visit.handshake < 0);
  assert_false(meeting->visit.conversed);
  assert_false(meeting->visit.may_resume);
  assert_int_equal(meeting->stand.received, 0);
  if (strcmp(reason, "ticket-refused") == 0) /* it was the server that spoke */
    assert_int_equal(meeting->visit.alert, GNUTLS_A_HANDSHAKE_FAILURE);
  else
    assert_int_equal(meeting->stand.alert, GNUTLS_A_HANDSHAKE_FAILURE);
  after = stage_entry(stage);
  assert_same_pin(before, after);
  tlspin_entry_free(before);
  tlspin_entry_free(after);
}
