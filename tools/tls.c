/* A client's TLS over a socket: see tls.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tls.h"

#include "common/text.h"
#include "tools/input.h"

#include <string.h>

enum { BYE = G_USEC_PER_SEC, FILE_MOST = 16 << 20 /* octets */ };

/* Read by us, who say what is wrong with a file where GnuTLS would only say that something is. */
static bool trust_file(gnutls_certificate_credentials_t credentials, const char *path,
                       char **problem)
{
  g_autofree char *name = input_name(path);
  g_autoptr(GBytes) bytes = input_read_small(path, FILE_MOST, problem);
  struct span octets;
  gnutls_datum_t pem;

  if (bytes == NULL)
    return false;
  octets = input_span(bytes);
  pem = (gnutls_datum_t){(unsigned char *)(uintptr_t)octets.data, (unsigned)octets.size};
  if (octets.size > 0 &&
      gnutls_certificate_set_x509_trust_mem(credentials, &pem, GNUTLS_X509_FMT_PEM) > 0)
    return true;
  *problem = g_strdup_printf(_("'%s' holds no certificate in PEM form."), name);
  return false;
}

static bool trust_system(gnutls_certificate_credentials_t credentials, char **problem)
{
  if (gnutls_certificate_set_x509_system_trust(credentials) > 0)
    return true;
  *problem = g_strdup(_("this system trusts no certificate authority; name one with --ca FILE."));
  return false;
}

/* Certificates stay the first choice, for a server that has both. */
static int allow_raw_keys(gnutls_session_t session)
{
  return gnutls_set_default_priority_append(session, "+CTYPE-SRV-RAWPK", NULL, 0);
}

static int prepare(struct tls *tls, bool raw_keys)
{
  int rc = gnutls_init(&tls->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
                                          (raw_keys ? GNUTLS_ENABLE_RAWPK : 0U));

  if (rc == GNUTLS_E_SUCCESS)
    rc = raw_keys ? allow_raw_keys(tls->session) : gnutls_set_default_priority(tls->session);
  if (rc == GNUTLS_E_SUCCESS)
    rc = gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->credentials);
  if (rc == GNUTLS_E_SUCCESS && !g_hostname_is_ip_address(tls->name))
    rc = gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, tls->name, strlen(tls->name));
  return rc;
}

void tls_check(struct tls *tls)
{
  gnutls_session_set_verify_cert(tls->session, tls->name, 0);
}

bool tls_open(struct tls *tls, const char *name, const char *ca_file, bool raw_keys, char **problem)
{
  int rc;

  *tls = (struct tls){.name = name};
  rc = gnutls_certificate_allocate_credentials(&tls->credentials);
  if (rc == GNUTLS_E_SUCCESS && !(ca_file != NULL ? trust_file(tls->credentials, ca_file, problem)
                                                  : trust_system(tls->credentials, problem)))
    return false;
  if (rc == GNUTLS_E_SUCCESS)
    rc = prepare(tls, raw_keys);
  if (rc != GNUTLS_E_SUCCESS)
    *problem = g_strdup(gnutls_strerror(rc));
  return rc == GNUTLS_E_SUCCESS;
}

/* Waits until the session can go on; false when the time is over. */
static bool wait_for(gnutls_session_t session, GSocket *socket, gint64 deadline)
{
  GIOCondition condition = gnutls_record_get_direction(session) == 0 ? G_IO_IN : G_IO_OUT;
  gint64 left = deadline - g_get_monotonic_time();

  return left > 0 && g_socket_condition_timed_wait(socket, condition, left, NULL, NULL);
}

int tls_handshake(struct tls *tls, GSocket *socket, gint64 deadline)
{
  int rc;

  gnutls_transport_set_int(tls->session, g_socket_get_fd(socket));
  while ((rc = gnutls_handshake(tls->session)) != GNUTLS_E_SUCCESS &&
         gnutls_error_is_fatal(rc) == 0)
    if (rc == GNUTLS_E_AGAIN && !wait_for(tls->session, socket, deadline))
      return GNUTLS_E_TIMEDOUT;
  return rc;
}

/* Whoever refused or excused it, GnuTLS can say again what is wrong with it. */
char *tls_certificate_problem(const struct tls *tls)
{
  gnutls_datum_t text = {NULL, 0};
  unsigned status = 0;
  char *problem;

  if (gnutls_certificate_type_get2(tls->session, GNUTLS_CTYPE_SERVER) != GNUTLS_CRT_X509 ||
      gnutls_certificate_verify_peers3(tls->session, tls->name, &status) < 0 || status == 0)
    return NULL;
  if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) < 0)
    return g_strdup(_("The certificate is not valid."));
  problem = g_strndup((const char *)text.data, text.size);
  gnutls_free(text.data);
  return g_strchomp(problem);
}

char *tls_problem(const struct tls *tls, int handshake)
{
  const char *alert;
  char *problem;

  switch (handshake) {
  case GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR:
  case GNUTLS_E_CERTIFICATE_ERROR:
    problem = tls_certificate_problem(tls);
    return problem != NULL ? problem : g_strdup(_("The certificate is not valid."));
  case GNUTLS_E_FATAL_ALERT_RECEIVED:
    alert = gnutls_alert_get_name(gnutls_alert_get(tls->session));
    return g_strdup_printf(_("The server ended the handshake: %s."),
                           alert != NULL ? alert : _("an unknown alert"));
  case GNUTLS_E_TIMEDOUT:
    return g_strdup(_("The server did not finish the handshake in time."));
  default:
    return g_strdup(gnutls_strerror(handshake));
  }
}

void tls_bye(struct tls *tls, GSocket *socket)
{
  gint64 deadline = g_get_monotonic_time() + BYE;
  int rc;

  while ((rc = gnutls_bye(tls->session, GNUTLS_SHUT_RDWR)) != GNUTLS_E_SUCCESS &&
         gnutls_error_is_fatal(rc) == 0)
    if (rc == GNUTLS_E_AGAIN && !wait_for(tls->session, socket, deadline))
      return;
}

void tls_close(struct tls *tls)
{
  if (tls->session != NULL)
    gnutls_deinit(tls->session);
  if (tls->credentials != NULL)
    gnutls_certificate_free_credentials(tls->credentials);
}
