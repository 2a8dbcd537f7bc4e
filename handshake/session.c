/* What both ends of RFC 8672 do inside a GnuTLS session: see session.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Order of GnuTLS's calls (3.7 to 3.8), client: extension send (ClientHello) - hook ClientHello out
 * - hook ServerHello in - key log, client and server - hook EncryptedExtensions in - extension
 * receive - the rest. Server: hook ClientHello in - extension receive - hook ServerHello out - key
 * log - extension send (EncryptedExtensions) - the rest. */
#include "config.h"

#include "handshake/session.h"

#include "common/spki.h"
#include "common/vault.h"
#include "handshake/secret.h"
#include "handshake/transcript.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 65535 }; /* extension_data<0..2^16-1> (RFC 8446 section 4.2) */

struct handshake {
  gnutls_session_t session;
  const struct handshake_role *role;
  void *user;
  gnutls_keylog_func chained;
  struct transcript transcript;
  struct traffic_secrets traffic;
  struct handshake_secrets secrets;
  bool met;     /* a message went to or came from the other end */
  bool found;   /* secrets holds this connection's secrets */
  bool refused; /* for good */
};

static struct handshake *attached(gnutls_session_t session)
{
  gnutls_ext_priv_data_t data = NULL;

  return gnutls_ext_get_data(session, TICKET_EXTENSION, &data) < 0 ? NULL : data;
}

struct handshake *handshake_of(gnutls_session_t session, const struct handshake_role *role)
{
  struct handshake *h = attached(session);

  return h != NULL && h->role == role ? h : NULL;
}

void *handshake_user(const struct handshake *h)
{
  return h->user;
}

gnutls_session_t handshake_gnutls(const struct handshake *h)
{
  return h->session;
}

/* Many programs never send alerts themselves, so it is sent here, once. Before ClientHello there is
 * nobody to be told. */
int handshake_refuse(struct handshake *h)
{
  if (!h->refused && h->met)
    gnutls_alert_send(h->session, GNUTLS_AL_FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
  h->refused = true;
  return GNUTLS_E_INSUFFICIENT_CREDENTIALS;
}

static int send_extension(gnutls_session_t session, gnutls_buffer_t extension)
{
  struct handshake *h = attached(session);
  enum handshake_step step = HANDSHAKE_REFUSE;
  struct writer body;
  uint8_t *buffer;
  int rc = 0;

  if (h == NULL || h->refused)
    return GNUTLS_E_INSUFFICIENT_CREDENTIALS;
  buffer = malloc(BODY_MAX);
  if (buffer == NULL)
    return GNUTLS_E_MEMORY_ERROR;
  body = writer_of(buffer, BODY_MAX);
  step = h->role->send(h, &body);
  if (step == HANDSHAKE_REFUSE || body.failed)
    rc = handshake_refuse(h);
  else if (step == HANDSHAKE_GO_ON)
    rc = body.used > 0 ? gnutls_buffer_append_data(extension, body.data, body.used)
                       : GNUTLS_E_INT_RET_0; /* how an extension of zero octets is sent */
  free(buffer);
  return rc < 0 || step != HANDSHAKE_GO_ON ? rc : (int)body.used;
}

static int receive_extension(gnutls_session_t session, const unsigned char *data, size_t size)
{
  struct handshake *h = attached(session);

  if (h == NULL || h->refused)
    return GNUTLS_E_INSUFFICIENT_CREDENTIALS;
  h->met = true;
  if (h->role->receive(h, (struct span){data, size}) == HANDSHAKE_REFUSE)
    return handshake_refuse(h);
  return 0;
}

static void free_extension(gnutls_ext_priv_data_t data)
{
  struct handshake *h = data;

  if (h == NULL)
    return;
  h->role->destroy(h->user);
  transcript_clear(&h->transcript);
  vault_give(h);
}

static int on_message(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                      const gnutls_datum_t *message)
{
  struct handshake *h = attached(session);
  struct span body = {message->data, message->size};

  (void)when; /* only GNUTLS_HOOK_PRE is asked for: afterwards bodies may be consumed */
  if (h == NULL)
    return 0;
  if (h->refused)
    return GNUTLS_E_INSUFFICIENT_CREDENTIALS;
  h->met = h->met || incoming != 0;
  if (h->role->message(h, type, incoming != 0, body) == HANDSHAKE_REFUSE)
    return handshake_refuse(h);
  h->met = true;
  transcript_add(&h->transcript, type, body);
  return 0;
}

static bool hash_of_session(gnutls_session_t session, enum ticket_hash *hash)
{
  switch (gnutls_prf_hash_get(session)) {
  case GNUTLS_DIG_SHA256:
    *hash = TICKET_SHA256;
    return true;
  case GNUTLS_DIG_SHA384:
    *hash = TICKET_SHA384;
    return true;
  default:
    return false;
  }
}

/* While the key-log function runs, the Handshake Secret is where secret.c looks for it; later
 * GnuTLS overwrites it with the Master Secret. */
static void find_secrets(struct handshake *h)
{
  struct ticket_secret transcript, secret = {.size = 0};
  enum ticket_hash hash = TICKET_SHA256;

  h->found = hash_of_session(h->session, &hash) &&
             transcript_hash(&h->transcript, hash, &transcript) &&
             secret_find(h->session, &h->traffic, hash, ticket_secret_span(&transcript), &secret) &&
             ticket_derive(hash, ticket_secret_span(&secret), ticket_secret_span(&transcript),
                           &h->secrets.pinning, &h->secrets.proof);
  h->secrets.hash = hash;
  explicit_bzero(&secret, sizeof secret);
}

/* A failure here would go out unencrypted, so nothing is decided before the next hook. But what was
 * refused at the client's Finished is refused once more: a program that calls gnutls_handshake
 * again gets behind that hook, and would be told that all is done. */
static int on_secret(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
  struct handshake *h = attached(session);

  if (h == NULL)
    return 0;
  if (h->refused)
    return GNUTLS_E_INSUFFICIENT_CREDENTIALS;
  if (!h->found && traffic_secrets_note(&h->traffic, label, secret)) {
    find_secrets(h);
    explicit_bzero(&h->traffic, sizeof h->traffic);
  }
  return h->chained != NULL ? h->chained(session, label, secret) : 0;
}

bool handshake_secrets(struct handshake *h, struct handshake_secrets *secrets)
{
  if (h->found)
    *secrets = h->secrets;
  return h->found;
}

/* Registered per session: a global registration puts the extension behind pre_shared_key, which
 * must be the last one (RFC 8446 section 4.2.11). */
bool handshake_attach(gnutls_session_t session, const struct handshake_role *role, void *user)
{
  struct handshake *h = vault_take(sizeof *h);

  if (h == NULL ||
      gnutls_session_ext_register(session, "Pinning Ticket", TICKET_EXTENSION, GNUTLS_EXT_TLS,
                                  receive_extension, send_extension, free_extension, NULL, NULL,
                                  GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_EE |
                                      GNUTLS_EXT_FLAG_TLS) < 0) {
    vault_give(h);
    return false;
  }
  h->session = session;
  h->role = role;
  h->user = user;
  h->chained = gnutls_session_get_keylog_function(session);
  gnutls_ext_set_data(session, TICKET_EXTENSION, h);
  gnutls_session_set_keylog_function(session, on_secret);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, on_message);
  return true;
}

bool handshake_spki(gnutls_session_t session, bool own, struct span *spki)
{
  unsigned count = 1;
  const gnutls_datum_t *key =
      own ? gnutls_certificate_get_ours(session) : gnutls_certificate_get_peers(session, &count);
  struct span octets;

  if (key == NULL || count == 0)
    return false;
  octets = (struct span){key->data, key->size};
  if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_SERVER) == GNUTLS_CRT_RAWPK) {
    *spki = octets;
    return spki_is_whole(octets);
  }
  return spki_of_certificate(octets, spki);
}
