/* Can the GnuTLS at hand be used at all: see probe.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "handshake/probe.h"

#include "handshake/session.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <string.h>

enum {
  QUEUE = 8192, /* octets; a handshake without certificates needs about 1,000 */
  ROUNDS = 8    /* flights; two are needed */
};

/* An external PSK spares the probe a certificate; the key schedule is the same (RFC 8446
 * section 7.1). */
#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK"
#define IDENTITY "tlspin probe"
static const gnutls_datum_t probe_key = {(unsigned char *)"0123456789abcdef", 16};

/* One direction of the wire, in memory. */
struct queue {
  uint8_t octets[QUEUE];
  size_t start, end;
};

struct end {
  gnutls_session_t session;
  struct queue *in, *out;
};

static ssize_t push(gnutls_transport_ptr_t transport, const void *data, size_t size)
{
  struct end *end = transport;

  if (size > QUEUE - end->out->end) {
    gnutls_transport_set_errno(end->session, ENOSPC);
    return -1;
  }
  memcpy(end->out->octets + end->out->end, data, size);
  end->out->end += size;
  return (ssize_t)size;
}

static ssize_t pull(gnutls_transport_ptr_t transport, void *data, size_t size)
{
  struct end *end = transport;
  size_t ready = end->in->end - end->in->start;

  if (ready == 0) {
    gnutls_transport_set_errno(end->session, EAGAIN);
    return -1;
  }
  size = size < ready ? size : ready;
  memcpy(data, end->in->octets + end->in->start, size);
  end->in->start += size;
  return (ssize_t)size;
}

static enum handshake_step leave_out(struct handshake *h, struct writer *body)
{
  (void)h, (void)body;
  return HANDSHAKE_OMIT;
}

static enum handshake_step ignore(struct handshake *h, struct span body)
{
  (void)h, (void)body;
  return HANDSHAKE_GO_ON;
}

static enum handshake_step pass(struct handshake *h, unsigned type, bool incoming, struct span body)
{
  (void)h, (void)type, (void)incoming, (void)body;
  return HANDSHAKE_GO_ON;
}

static void keep(void *user)
{
  (void)user;
}

static const struct handshake_role listener = {leave_out, ignore, pass, keep};

static int give_key(gnutls_session_t session, const char *name, gnutls_datum_t *key)
{
  (void)session, (void)name;
  key->data = gnutls_malloc(probe_key.size);
  if (key->data == NULL)
    return -1;
  memcpy(key->data, probe_key.data, probe_key.size);
  key->size = probe_key.size;
  return 0;
}

static bool end_start(struct end *end, unsigned role, void *credentials)
{
  if (gnutls_init(&end->session, role | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS) < 0) {
    end->session = NULL;
    return false;
  }
  gnutls_transport_set_ptr(end->session, end);
  gnutls_transport_set_push_function(end->session, push);
  gnutls_transport_set_pull_function(end->session, pull);
  return gnutls_priority_set_direct(end->session, PRIORITY, NULL) >= 0 &&
         gnutls_credentials_set(end->session, GNUTLS_CRD_PSK, credentials) >= 0 &&
         handshake_attach(end->session, &listener, NULL);
}

static bool shake_hands(struct end *client, struct end *server)
{
  int client_rc = GNUTLS_E_AGAIN, server_rc = GNUTLS_E_AGAIN;

  for (int i = 0; i < ROUNDS && (client_rc < 0 || server_rc < 0); i++) {
    if (client_rc < 0)
      client_rc = gnutls_handshake(client->session);
    if (server_rc < 0)
      server_rc = gnutls_handshake(server->session);
    if (gnutls_error_is_fatal(client_rc) || gnutls_error_is_fatal(server_rc))
      return false;
  }
  return client_rc == 0 && server_rc == 0;
}

static bool secrets_agree(const struct end *client, const struct end *server)
{
  struct handshake_secrets ours, theirs;
  bool same = handshake_secrets(handshake_of(client->session, &listener), &ours) &&
              handshake_secrets(handshake_of(server->session, &listener), &theirs) &&
              span_equal(ticket_secret_span(&ours.pinning), ticket_secret_span(&theirs.pinning)) &&
              span_equal(ticket_secret_span(&ours.proof), ticket_secret_span(&theirs.proof));

  explicit_bzero(&ours, sizeof ours);
  explicit_bzero(&theirs, sizeof theirs);
  return same;
}

static bool probe(gnutls_psk_client_credentials_t client_key,
                  gnutls_psk_server_credentials_t server_key)
{
  struct queue up = {.end = 0}, down = {.end = 0};
  struct end client = {NULL, &down, &up}, server = {NULL, &up, &down};
  bool fine;

  gnutls_psk_set_server_credentials_function(server_key, give_key);
  fine = gnutls_psk_set_client_credentials(client_key, IDENTITY, &probe_key, GNUTLS_PSK_KEY_RAW) >=
             0 &&
         end_start(&client, GNUTLS_CLIENT, client_key) &&
         end_start(&server, GNUTLS_SERVER, server_key) && shake_hands(&client, &server) &&
         secrets_agree(&client, &server);
  if (client.session != NULL)
    gnutls_deinit(client.session);
  if (server.session != NULL)
    gnutls_deinit(server.session);
  return fine;
}

static bool supported;

static void probe_once(void)
{
  gnutls_psk_client_credentials_t client = NULL;
  gnutls_psk_server_credentials_t server = NULL;

  supported = gnutls_psk_allocate_client_credentials(&client) >= 0 &&
              gnutls_psk_allocate_server_credentials(&server) >= 0 && probe(client, server);
  if (client != NULL)
    gnutls_psk_free_client_credentials(client);
  if (server != NULL)
    gnutls_psk_free_server_credentials(server);
}

bool handshake_supported(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;

  pthread_once(&once, probe_once);
  return supported;
}
