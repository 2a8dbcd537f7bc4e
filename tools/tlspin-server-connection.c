/* One connection of tlspin-server serve: see tlspin-server-connection.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin-server-connection.h"

#include "common/text.h"
#include "tools/tlspin-server.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum {
  HANDSHAKE_TIMEOUT = 10 * 1000, /* milliseconds */
  REQUEST_TIMEOUT = 10 * 1000,
  GOODBYE_TIMEOUT = 1000,
  REQUEST_MAX = 8192
};

/* What a client presented of itself. */
enum visitor { VISITOR_NOBODY, VISITOR_VERIFIED, VISITOR_REFUSED };

void connection_log(void *user, gnutls_session_t session, int priority, const char *message)
{
  const struct connection *connection = session != NULL ? gnutls_session_get_ptr(session) : NULL;
  g_autofree char *clean = output_clean(message);

  (void)user;
  (void)priority;
  if (connection != NULL)
    complain(STATUS_TROUBLE, "%s: %s", connection->address, clean);
  else
    complain(STATUS_TROUBLE, "%s", clean);
}

static bool set_up(gnutls_session_t session, int fd, struct connection *connection)
{
  const struct service *service = connection->service;

  gnutls_session_set_ptr(session, connection);
  gnutls_transport_set_int(session, fd);
  gnutls_handshake_set_timeout(session, HANDSHAKE_TIMEOUT);
  if (service->asks_certificate)
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
  return gnutls_priority_set(session, service->priority) >= 0 &&
         gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, service->credentials) >= 0 &&
         gnutls_session_ticket_enable_server(session, &service->ticket_key) >= 0 &&
         tlspin_server_attach(service->pins, session) == TLSPIN_OK;
}

/* Never fatal alone: EINTR, a warning alert. */
static int shake(gnutls_session_t session)
{
  int rc;

  do
    rc = gnutls_handshake(session);
  while (rc < 0 && !gnutls_error_is_fatal(rc));
  return rc;
}

static enum visitor meet(gnutls_session_t session)
{
  unsigned status, count = 0;

  if (gnutls_certificate_get_peers(session, &count) == NULL || count == 0)
    return VISITOR_NOBODY;
  if (gnutls_certificate_verify_peers2(session, &status) < 0 || status != 0)
    return VISITOR_REFUSED;
  return VISITOR_VERIFIED;
}

static bool is_complete(const char *request)
{
  return strstr(request, "\r\n\r\n") != NULL || strstr(request, "\n\n") != NULL;
}

/* Reads up to the empty line. False: the client was too slow, said too much or went away. */
static bool read_request(gnutls_session_t session, char request[REQUEST_MAX])
{
  gint64 end = g_get_monotonic_time() / 1000 + REQUEST_TIMEOUT;
  size_t used = 0;

  request[0] = '\0';
  while (!is_complete(request)) {
    gint64 left = end - g_get_monotonic_time() / 1000;
    ssize_t count;

    if (left <= 0 || used == REQUEST_MAX - 1)
      return false;
    gnutls_record_set_timeout(session, (unsigned)left);
    count = gnutls_record_recv(session, request + used, REQUEST_MAX - 1 - used);
    if (count == 0 || (count < 0 && gnutls_error_is_fatal((int)count)))
      return false;
    used += count > 0 ? (size_t)count : 0;
    request[used] = '\0';
  }
  return true;
}

static char *describe(gnutls_session_t session, enum visitor visitor)
{
  const char *name = tlspin_server_name(session);

  return g_strdup_printf("server-name: %s\n"
                         "pinning: %s\n"
                         "ticket-lifetime: %lu\n"
                         "resumed: %s\n"
                         "client-certificate: %s\n",
                         name[0] != '\0' ? name : "-",
                         tlspin_server_result_token(tlspin_server_result(session)),
                         (unsigned long)tlspin_server_ticket_lifetime(session),
                         gnutls_session_is_resumed(session) ? "yes" : "no",
                         visitor == VISITOR_VERIFIED ? "verified" : "none");
}

static bool send_all(gnutls_session_t session, const char *text)
{
  size_t size = strlen(text), sent = 0;

  while (sent < size) {
    ssize_t count = gnutls_record_send(session, text + sent, size - sent);

    if (count == GNUTLS_E_AGAIN || (count < 0 && gnutls_error_is_fatal((int)count)))
      return false; /* AGAIN: the time for sending is over */
    sent += count > 0 ? (size_t)count : 0;
  }
  return true;
}

static bool reply(gnutls_session_t session, const char *request, const char *body)
{
  bool head = g_str_has_prefix(request, "HEAD "), get = g_str_has_prefix(request, "GET ");
  g_autofree char *text = NULL;

  if (!head && !get)
    body = "Only GET and HEAD are understood.\n";
  text = g_strdup_printf("HTTP/1.0 %s\r\n"
                         "Content-Type: text/plain; charset=utf-8\r\n"
                         "Content-Length: %zu\r\n"
                         "Connection: close\r\n\r\n%s",
                         head || get ? "200 OK" : "405 Method Not Allowed", strlen(body),
                         head ? "" : body);
  return send_all(session, text);
}

/* Why the connection was no good, or NULL where it was. */
static const char *converse(gnutls_session_t session)
{
  g_autofree char *body = NULL;
  char request[REQUEST_MAX];
  enum visitor visitor;
  int rc = shake(session);

  if (rc < 0)
    return rc == GNUTLS_E_FATAL_ALERT_RECEIVED ? gnutls_alert_get_name(gnutls_alert_get(session))
                                               : gnutls_strerror(rc);
  visitor = meet(session);
  if (visitor == VISITOR_REFUSED) {
    gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
    return _("the client's certificate is not valid");
  }
  if (!read_request(session, request))
    return _("no whole request came");
  body = describe(session, visitor);
  if (!reply(session, request, body))
    return _("the reply could not be sent");
  gnutls_bye(session, GNUTLS_SHUT_WR);
  return NULL;
}

static void print_line(const struct connection *connection, gnutls_session_t session,
                       const char *trouble)
{
  const char *name = tlspin_server_name(session);

  complain(STATUS_FINE, "%s %s %s%s%s", connection->address, name[0] != '\0' ? name : "-",
           tlspin_server_result_token(tlspin_server_result(session)), trouble != NULL ? ": " : "",
           trouble != NULL ? trouble : "");
}

/* Waits for the client to hang up first: closing while something of it is unread would take our
 * last words, an alert, away from it (RST). */
static void hang_up(int fd)
{
  gint64 end = g_get_monotonic_time() / 1000 + GOODBYE_TIMEOUT, left;
  struct pollfd incoming = {fd, POLLIN, 0};
  char rest[REQUEST_MAX];

  shutdown(fd, SHUT_WR);
  while ((left = end - g_get_monotonic_time() / 1000) > 0 && poll(&incoming, 1, (int)left) > 0 &&
         recv(fd, rest, sizeof rest, 0) > 0)
    ;
}

void connection_serve(int fd, void *work)
{
  struct connection *connection = work;
  gnutls_session_t session = NULL;

  if (gnutls_init(&session, GNUTLS_SERVER) >= 0) {
    if (set_up(session, fd, connection))
      print_line(connection, session, converse(session));
    else
      complain(STATUS_TROUBLE, _("%s: A session could not be set up. Look whether memory is left."),
               connection->address);
    hang_up(fd);
    gnutls_deinit(session);
  }
  g_free(connection);
}
