/* A TLS server that knows nothing of pinning, for scripts.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   plain-server [-r] CERT KEY PORT PORT-FILE
 *
 * serves the chain CERT with KEY (PEM) on 127.0.0.1, one client after the other: it shakes hands,
 * answers the first line of a request, and takes leave. -r: a raw public key (RFC 7250) only. PORT
 * 0: one of the kernel's choice, which goes into PORT-FILE once it is listened on. Ends with
 * SIGTERM. */
#include "config.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE = 10 }; /* seconds that a client may take */

static const char raw_priority[] = "NORMAL:-CTYPE-SRV-ALL:+CTYPE-SRV-RAWPK";

static bool raw;

static void must(bool worked, const char *what)
{
  if (worked)
    return;
  fprintf(stderr, "plain-server: %s\n", what);
  exit(EXIT_FAILURE);
}

static gnutls_datum_t load(const char *path)
{
  gnutls_datum_t text = {NULL, 0};

  must(gnutls_load_file(path, &text) == 0, path);
  return text;
}

/* The key of a certificate, as PEM. */
static gnutls_datum_t key_of(const char *path)
{
  gnutls_datum_t text = load(path), key = {NULL, 0};
  gnutls_x509_crt_t certificate;
  gnutls_pubkey_t pubkey;

  must(gnutls_x509_crt_init(&certificate) == 0 && gnutls_pubkey_init(&pubkey) == 0 &&
           gnutls_x509_crt_import(certificate, &text, GNUTLS_X509_FMT_PEM) == 0 &&
           gnutls_pubkey_import_x509(pubkey, certificate, 0) == 0 &&
           gnutls_pubkey_export2(pubkey, GNUTLS_X509_FMT_PEM, &key) == 0,
       "no key in CERT");
  gnutls_pubkey_deinit(pubkey);
  gnutls_x509_crt_deinit(certificate);
  gnutls_free(text.data);
  return key;
}

static int set_raw_key(gnutls_certificate_credentials_t credentials, const char *certificate,
                       const char *key)
{
  gnutls_datum_t spki = key_of(certificate), pkey = load(key);
  int rc = gnutls_certificate_set_rawpk_key_mem(credentials, &spki, &pkey, GNUTLS_X509_FMT_PEM,
                                                NULL, 0, NULL, 0, 0);

  gnutls_free(spki.data);
  gnutls_free(pkey.data);
  return rc;
}

static gnutls_certificate_credentials_t credentials_of(const char *certificate, const char *key)
{
  gnutls_certificate_credentials_t credentials;
  int rc;

  must(gnutls_certificate_allocate_credentials(&credentials) == 0, "out of memory");
  rc = raw ? set_raw_key(credentials, certificate, key)
           : gnutls_certificate_set_x509_key_file(credentials, certificate, key,
                                                  GNUTLS_X509_FMT_PEM);
  must(rc >= 0, gnutls_strerror(rc));
  return credentials;
}

static int listen_on(const char *port, const char *port_file)
{
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  FILE *file;

  must(listener >= 0 && setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
           bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 16) == 0 &&
           getsockname(listener, (struct sockaddr *)&address, &size) == 0,
       "can't listen");
  file = fopen(port_file, "w");
  must(file != NULL && fprintf(file, "%u\n", ntohs(address.sin_port)) > 0 && fclose(file) == 0,
       "can't write PORT-FILE");
  return listener;
}

static int shake_hands(gnutls_session_t session)
{
  int rc;

  do
    rc = gnutls_handshake(session);
  while (rc < 0 && !gnutls_error_is_fatal(rc));
  return rc;
}

static void serve(int client, gnutls_certificate_credentials_t credentials)
{
  static const char answer[] = "HTTP/1.0 204 No Content\r\n\r\n";
  const struct timeval patience = {.tv_sec = PATIENCE};
  gnutls_session_t session;
  char request[512];

  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  must(gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL | (raw ? GNUTLS_ENABLE_RAWPK : 0U)) ==
               0 &&
           gnutls_priority_set_direct(session, raw ? raw_priority : "NORMAL", NULL) == 0 &&
           gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) == 0,
       "session");
  gnutls_transport_set_int(session, client);
  gnutls_handshake_set_timeout(session, PATIENCE * 1000);
  if (shake_hands(session) == 0) {
    if (gnutls_record_recv(session, request, sizeof request) > 0)
      gnutls_record_send(session, answer, strlen(answer));
    gnutls_bye(session, GNUTLS_SHUT_WR);
  }
  gnutls_deinit(session);
}

int main(int argc, char **argv)
{
  gnutls_certificate_credentials_t credentials;
  int listener, client;

  if (argc > 1 && strcmp(argv[1], "-r") == 0) {
    raw = true;
    argv++;
    argc--;
  }
  must(argc == 5, "usage: plain-server [-r] CERT KEY PORT PORT-FILE");
  credentials = credentials_of(argv[1], argv[2]);
  listener = listen_on(argv[3], argv[4]);
  while ((client = accept(listener, NULL, NULL)) >= 0) {
    serve(client, credentials);
    close(client);
  }
  return EXIT_FAILURE;
}
