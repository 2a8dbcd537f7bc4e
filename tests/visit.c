/* A client program: see visit.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/visit.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static void need(bool fine, const char *what)
{
  if (fine)
    return;
  perror(what);
  abort();
}

int visit_dial(uint16_t port)
{
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), at_once = 1;

  need(fd >= 0 && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once) == 0 &&
           connect(fd, (struct sockaddr *)&address, sizeof address) == 0,
       "connect");
  return fd;
}

static gnutls_session_t make_session(const struct visit_request *request, int fd,
                                     struct visit *visit)
{
  const char *priority = request->priority != NULL ? request->priority : PRIORITY;
  gnutls_session_t session;

  need(gnutls_init(&session, GNUTLS_CLIENT | request->init_flags) == 0 &&
           gnutls_priority_set_direct(session, priority, NULL) == 0 &&
           gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, request->credentials) == 0,
       "client session");
  if (request->verify_as != NULL)
    gnutls_server_name_set(session, GNUTLS_NAME_DNS, request->verify_as,
                           strlen(request->verify_as));
  if (!request->unverified)
    gnutls_session_set_verify_cert(
        session, request->verify_as != NULL ? request->verify_as : request->host, 0);
  visit->attached = tlspin_gnutls_attach_with(session, request->context, request->host, VISIT_PORT,
                                              request->flags);
  if (request->session_data != NULL)
    need(gnutls_session_set_data(session, request->session_data->data,
                                 request->session_data->size) == 0,
         "session data");
  if (request->before != NULL)
    request->before(session);
  gnutls_handshake_set_timeout(session, 20000);
  gnutls_transport_set_int(session, fd);
  return session;
}

/* Reading also takes in the session tickets that follow a TLS 1.3 handshake. */
static bool converse(gnutls_session_t session)
{
  char octet = 'x';
  ssize_t size;

  if (gnutls_record_send(session, &octet, 1) != 1)
    return false;
  octet = '\0';
  do
    size = gnutls_record_recv(session, &octet, 1);
  while (size == GNUTLS_E_AGAIN || size == GNUTLS_E_INTERRUPTED);
  return size == 1 && octet == 'x';
}

static void note(gnutls_session_t session, struct visit *visit)
{
  visit->answer = tlspin_gnutls_answer(session);
  visit->kept = tlspin_gnutls_kept(session);
  snprintf(visit->reason, sizeof visit->reason, "%s", tlspin_gnutls_reason(session));
  snprintf(visit->change, sizeof visit->change, "%s", tlspin_gnutls_change(session));
  snprintf(visit->layer, sizeof visit->layer, "%s", tlspin_gnutls_layer(session));
  visit->rule = tlspin_gnutls_rule(session);
  visit->asked = tlspin_gnutls_asked(session) != 0;
  visit->sent = tlspin_gnutls_sent(session) != 0;
  visit->proved = tlspin_gnutls_proved(session) != 0;
  visit->may_resume = tlspin_gnutls_may_resume(session) != 0;
  visit->lifetime = tlspin_gnutls_lifetime(session);
  visit->stored = tlspin_gnutls_stored(session);
  snprintf(visit->message, sizeof visit->message, "%s", tlspin_gnutls_message(session));
}

void visit(const struct visit_request *request, uint16_t port, struct visit *visit)
{
  int fd = visit_dial(port);
  gnutls_session_t session;

  *visit = (struct visit){.alert = -1};
  session = make_session(request, fd, visit);
  do
    visit->handshake = gnutls_handshake(session);
  while (visit->handshake < 0 && gnutls_error_is_fatal(visit->handshake) == 0);
  if (visit->handshake < 0)
    gnutls_alert_send_appropriate(session, visit->handshake);
  if (visit->handshake == GNUTLS_E_FATAL_ALERT_RECEIVED)
    visit->alert = (int)gnutls_alert_get(session);
  visit->resumed = gnutls_session_is_resumed(session) != 0;
  visit->finished = tlspin_gnutls_finish(
      session, visit->handshake, request->finish_flags != 0 ? request->finish_flags : TLSPIN_WAIT);
  note(session, visit);
  if (request->after != NULL)
    request->after(session);
  if (visit->handshake == 0 && (visit->finished == TLSPIN_OK || visit->attached != TLSPIN_OK))
    visit->conversed = converse(session);
  if (visit->conversed && request->new_session_data != NULL)
    need(gnutls_session_get_data2(session, request->new_session_data) == 0, "session data");
  gnutls_deinit(session);
  close(fd);
}
