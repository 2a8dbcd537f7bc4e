/* A client's TLS over a socket that doesn't block, within a time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLS_H
#define TLS_H

#include <gio/gio.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>

struct tls {
  gnutls_certificate_credentials_t credentials;
  gnutls_session_t session;
  const char *name;
};

/* Prepares a session that sends `name`, which must outlive it, as SNI unless it is an address. Its
 * handshake checks no certificate yet. ca_file: PEM, whom to trust; NULL: whom the system trusts.
 * raw_keys: the server may show a raw public key (RFC 7250). False: *problem is what is wrong, a
 * sentence or two, to be freed by the caller. To be closed in any case. */
bool tls_open(struct tls *tls, const char *name, const char *ca_file, bool raw_keys,
              char **problem);

/* Makes the handshake check the certificate for the name. */
void tls_check(struct tls *tls);

/* Runs the handshake. deadline: of g_get_monotonic_time. Returns what GnuTLS says;
 * GNUTLS_E_TIMEDOUT when the time is over. */
int tls_handshake(struct tls *tls, GSocket *socket, gint64 deadline);

/* Says what ended the handshake, for people; to be freed by the caller. */
char *tls_problem(const struct tls *tls, int handshake);

/* What the PKI has against the certificate, for people; NULL where it is valid, or there is none.
 * To be freed by the caller. */
char *tls_certificate_problem(const struct tls *tls);

/* Ends the session as TLS wants it (RFC 8446 section 6.1), and waits for the server's farewell, but
 * not long. */
void tls_bye(struct tls *tls, GSocket *socket);

void tls_close(struct tls *tls);

#endif
