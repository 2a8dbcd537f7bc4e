/* A GnuTLS client and server joined in memory: see wire.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/wire.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INBOX = 1 << 18 }; /* octets: more than a handshake of GnuTLS can be long */

#define MUST(call) must(call, #call, __LINE__)

static void must(int rc, const char *call, int line)
{
  if (rc >= 0)
    return;
  fprintf(stderr, "wire.c:%d: %s: %s\n", line, call, gnutls_strerror(rc));
  abort();
}

static bool broken(const struct wire_end *end)
{
  return end->result < 0 && gnutls_error_is_fatal(end->result);
}

static ssize_t push(gnutls_transport_ptr_t transport, const void *data, size_t size)
{
  struct wire_end *end = transport, *peer = end->peer;

  if (size > INBOX - peer->unread) {
    gnutls_transport_set_errno(end->session, ENOSPC);
    return -1;
  }
  memcpy(peer->inbox + peer->unread, data, size);
  peer->unread += size;
  return (ssize_t)size;
}

static ssize_t pull(gnutls_transport_ptr_t transport, void *data, size_t size)
{
  struct wire_end *end = transport;

  if (end->unread == 0) {
    if (broken(end->peer))
      return 0;
    gnutls_transport_set_errno(end->session, EAGAIN);
    return -1;
  }
  size = size < end->unread ? size : end->unread;
  memcpy(data, end->inbox, size);
  end->unread -= size;
  memmove(end->inbox, end->inbox + size, end->unread);
  return (ssize_t)size;
}

static void open_end(struct wire_end *end, unsigned flags, const char *priority,
                     gnutls_certificate_credentials_t credentials)
{
  MUST(gnutls_init(&end->session, flags | GNUTLS_NONBLOCK));
  MUST(gnutls_priority_set_direct(end->session, priority, NULL));
  MUST(gnutls_credentials_set(end->session, GNUTLS_CRD_CERTIFICATE, credentials));
  gnutls_transport_set_ptr(end->session, end);
  gnutls_transport_set_push_function(end->session, push);
  gnutls_transport_set_pull_function(end->session, pull);
  end->result = GNUTLS_E_AGAIN;
  end->inbox = malloc(INBOX);
  MUST(end->inbox != NULL ? 0 : GNUTLS_E_MEMORY_ERROR);
}

static const char *priority_or_default(const char *priority)
{
  return priority != NULL ? priority : WIRE_PRIORITY;
}

void wire_open(struct wire *wire, const struct wire_request *request)
{
  gnutls_certificate_credentials_t client = request->client_credentials;
  gnutls_certificate_credentials_t server = request->server_credentials;

  memset(wire, 0, sizeof *wire);
  MUST(gnutls_certificate_allocate_credentials(&wire->unused));
  wire->client.peer = &wire->server;
  wire->server.peer = &wire->client;
  open_end(&wire->client, GNUTLS_CLIENT | request->flags,
           priority_or_default(request->client_priority), client != NULL ? client : wire->unused);
  open_end(&wire->server, GNUTLS_SERVER | request->flags,
           priority_or_default(request->server_priority), server != NULL ? server : wire->unused);
}

/* True where the end got further: it may have something new for the other one. */
static bool step(struct wire_end *end)
{
  size_t unread = end->unread, sent = end->peer->unread;

  if (end->result == 0 || broken(end))
    return false;
  end->result = gnutls_handshake(end->session);
  return end->result == 0 || broken(end) || end->unread != unread || end->peer->unread != sent;
}

void wire_shake(struct wire *wire)
{
  bool client, server;

  do {
    client = step(&wire->client);
    server = step(&wire->server);
  } while (client || server);
}

int wire_alert(const struct wire_end *end)
{
  return end->result == GNUTLS_E_FATAL_ALERT_RECEIVED ? (int)gnutls_alert_get(end->session) : -1;
}

void wire_close(struct wire *wire)
{
  gnutls_deinit(wire->client.session);
  gnutls_deinit(wire->server.session);
  gnutls_certificate_free_credentials(wire->unused);
  free(wire->client.inbox);
  free(wire->server.inbox);
}
