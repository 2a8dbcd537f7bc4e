/* A server that pins, and clients to try it with: see attached.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/attached.h"

#include "libserver/keytext.h"
#include "libserver/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <cmocka.h>

struct attached attached;

static void on_log(void *user, gnutls_session_t session, int priority, const char *message)
{
  size_t used = strlen(attached.log);

  assert_ptr_equal(user, attached.log);
  assert_true(priority == LOG_ERR || priority == LOG_WARNING);
  attached.logged_session = session;
  snprintf(attached.log + used, sizeof attached.log - used, "%s\n", message);
}

static int64_t fixed_clock(void)
{
  return NOW;
}

int attached_make_identity(void **state)
{
  const struct pki_identity *chain[] = {&attached.identity};

  (void)state;
  pki_make(&attached.identity, NULL, &(struct pki_request){.purpose = PKI_SERVER, .name = HOST});
  attached.credentials = pki_credentials(chain, 1);
  return 0;
}

int attached_free_identity(void **state)
{
  (void)state;
  gnutls_certificate_free_credentials(attached.credentials);
  pki_free(&attached.identity);
  return 0;
}

/* What was written so far is the text to which the next writer adds. */
static void add_key(struct writer *w, const char *name, int64_t activates)
{
  uint8_t octets[KEYS_TEXT_MAX];
  struct writer before = writer_of(octets, sizeof octets);
  struct key key;

  writer_put(&before, writer_span(w));
  assert_true(key_generate(&key, name, NOW - 1000, activates));
  w->used = 0;
  if (before.used == 0)
    keytext_write_new(w, &key);
  else
    keytext_write_added(w, writer_span(&before), &key);
}

size_t write_keys(char text[KEYS_TEXT_MAX], const char *const *names, size_t count)
{
  struct writer w = writer_of((uint8_t *)text, KEYS_TEXT_MAX - 1);

  for (size_t i = 0; i < count; i++)
    add_key(&w, names[i], NOW - 1000 + (int64_t)i);
  assert_false(w.failed);
  text[w.used] = '\0';
  return w.used;
}

void load_keys(const char *const *names, size_t count)
{
  char text[KEYS_TEXT_MAX];
  size_t size = write_keys(text, names, count);

  assert_int_equal(tlspin_server_load_keys_from_memory(attached.server, text, size), TLSPIN_OK);
}

int attached_start(void **state)
{
  static const char *const names[] = {"*"};

  (void)state;
  attached.log[0] = '\0';
  attached.logged_session = NULL;
  assert_int_equal(tlspin_server_new(&attached.server), TLSPIN_OK);
  tlspin_server_set_log(attached.server, on_log, attached.log);
  server_set_clock(attached.server, fixed_clock);
  load_keys(names, 1);
  assert_string_equal(attached.log, "");
  return 0;
}

int attached_stop(void **state)
{
  (void)state;
  tlspin_server_free(attached.server);
  attached.server = NULL;
  return 0;
}

void connect_with(struct wire *wire, const struct wire_request *request, const char *host,
                  struct pinner *pinner)
{
  struct wire_request with = *request;

  if (with.server_credentials == NULL)
    with.server_credentials = attached.credentials;
  wire_open(wire, &with);
  if (host != NULL)
    assert_int_equal(
        gnutls_server_name_set(wire->client.session, GNUTLS_NAME_DNS, host, strlen(host)), 0);
  if (pinner != NULL)
    pinner_attach(pinner, wire->client.session);
  assert_int_equal(tlspin_server_attach(attached.server, wire->server.session), TLSPIN_OK);
}

void shake(struct wire *wire, const char *host, struct pinner *pinner)
{
  connect_with(wire, &(struct wire_request){0}, host, pinner);
  wire_shake(wire);
}

void expect_done(const struct wire *wire, enum tlspin_server_result result)
{
  assert_int_equal(wire->client.result, 0);
  assert_int_equal(wire->server.result, 0);
  assert_string_equal(tlspin_server_result_token(tlspin_server_result(wire->server.session)),
                      tlspin_server_result_token(result));
}

void expect_refused(const struct wire *wire, const char *message)
{
  assert_int_equal(wire_alert(&wire->client), GNUTLS_A_HANDSHAKE_FAILURE);
  assert_int_equal(wire->server.result, GNUTLS_E_INSUFFICIENT_CREDENTIALS);
  assert_int_equal(tlspin_server_result(wire->server.session), TLSPIN_SERVER_REFUSED);
  assert_int_equal(tlspin_server_ticket_lifetime(wire->server.session), 0);
  assert_ptr_equal(attached.logged_session, wire->server.session);
  if (strstr(attached.log, message) == NULL)
    fail_msg("'%s' was not logged, but: %s", message, attached.log);
}

void keep(struct pin *pin, const struct pinner *pinner)
{
  assert_true(pinner->answered && !pinner->malformed && pinner->answer.has_ticket);
  assert_true(pinner->answer.ticket.size <= sizeof pin->octets);
  memcpy(pin->octets, pinner->answer.ticket.data, pinner->answer.ticket.size);
  pin->size = pinner->answer.ticket.size;
  pin->secret = pinner->pinning;
  assert_true(pin->secret.size > 0);
}

struct span ticket_of(const struct pin *pin)
{
  return (struct span){pin->octets, pin->size};
}

void get_pin(struct pin *pin, const char *host)
{
  struct pinner pinner = {0};
  struct wire wire;

  shake(&wire, host, &pinner);
  expect_done(&wire, TLSPIN_SERVER_PINNED);
  keep(pin, &pinner);
  wire_close(&wire);
}

void renew_pin(struct pin *pin, const char *host)
{
  struct pinner pinner = {.ticket = ticket_of(pin)};
  struct wire wire;

  shake(&wire, host, &pinner);
  expect_done(&wire, TLSPIN_SERVER_PROVED);
  assert_true(pinner_proved(&pinner, wire.client.session, &pin->secret));
  assert_false(span_equal(pinner.answer.ticket, ticket_of(pin)));
  keep(pin, &pinner);
  wire_close(&wire);
}
