/* A TLS server on a real socket: see stand.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/stand.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3"

static void need(bool fine, const char *what)
{
  if (fine)
    return;
  perror(what);
  abort();
}

static gnutls_session_t make_session(struct stand *stand, int fd)
{
  const struct stand_request *request = &stand->request;
  gnutls_session_t session;

  need(gnutls_init(&session, GNUTLS_SERVER | request->flags) == 0 &&
           gnutls_priority_set_direct(session, request->priority, NULL) == 0 &&
           gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, request->credentials) == 0,
       "server session");
  if (request->resumption != NULL)
    need(gnutls_session_ticket_enable_server(session, request->resumption) == 0, "session tickets");
  if (request->ask_certificate)
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
  if (request->pinning != NULL)
    need(tlspin_server_attach(request->pinning, session) == TLSPIN_OK, "pinning");
  if (request->twist != NULL)
    twist_attach(request->twist, session);
  gnutls_handshake_set_timeout(session, 20000);
  gnutls_handshake_set_max_packet_length(session, 1 << 20);
  gnutls_transport_set_int(session, fd);
  return session;
}

static void converse(struct stand *stand, gnutls_session_t session)
{
  char octets[64];
  ssize_t size = gnutls_record_recv(session, octets, sizeof octets);

  if (size == GNUTLS_E_FATAL_ALERT_RECEIVED)
    stand->alert = (int)gnutls_alert_get(session);
  if (size <= 0)
    return;
  stand->received += (size_t)size;
  gnutls_record_send(session, octets, (size_t)size);
  gnutls_bye(session, GNUTLS_SHUT_WR);
}

static void serve(struct stand *stand, int fd)
{
  gnutls_session_t session = make_session(stand, fd);
  unsigned count = 0;

  do
    stand->result = gnutls_handshake(session);
  while (stand->result < 0 && gnutls_error_is_fatal(stand->result) == 0);
  if (stand->result == GNUTLS_E_FATAL_ALERT_RECEIVED)
    stand->alert = (int)gnutls_alert_get(session);
  stand->resumed = gnutls_session_is_resumed(session) != 0;
  stand->certificate = gnutls_certificate_get_peers(session, &count) != NULL && count > 0;
  if (stand->result == 0)
    converse(stand, session);
  stand->pinned = tlspin_server_result(session);
  gnutls_deinit(session);
}

static void *run(void *data)
{
  struct stand *stand = data;
  struct timeval patience = {.tv_sec = 20};
  int fd;

  setsockopt(stand->listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  do /* with a time-out, accept is not restarted after a signal */
    fd = accept4(stand->listener, NULL, NULL, SOCK_CLOEXEC);
  while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
  if (fd < 0)
    return NULL;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  serve(stand, fd);
  shutdown(fd, SHUT_WR);
  close(fd);
  return NULL;
}

void stand_open(struct stand *stand, const struct stand_request *request)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;

  *stand = (struct stand){.request = *request, .alert = -1, .result = GNUTLS_E_INTERNAL_ERROR};
  if (request->priority == NULL)
    stand->request.priority = PRIORITY;
  stand->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  need(stand->listener >= 0 &&
           bind(stand->listener, (struct sockaddr *)&address, sizeof address) == 0 &&
           listen(stand->listener, 4) == 0 &&
           getsockname(stand->listener, (struct sockaddr *)&address, &size) == 0,
       "listen");
  stand->port = ntohs(address.sin_port);
  need(pthread_create(&stand->thread, NULL, run, stand) == 0, "thread");
}

void stand_close(struct stand *stand)
{
  pthread_join(stand->thread, NULL);
  close(stand->listener);
}
