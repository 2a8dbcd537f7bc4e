/* tls-get: fetches a page, from a server that is pinned when it is met for the first time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   cc tls-get.c $(pkg-config --cflags --libs tlspin) -o tls-get
 *   ./tls-get [--ca FILE] [--address ADDRESS] HOST PORT PATH
 *
 * What a GnuTLS program does for pinning is in fetch: tlspin_gnutls_attach before the handshake,
 * tlspin_gnutls_finish after it. Ends with 0; with 3 where the server is not the one that was
 * pinned; with 2 for wrong arguments; with 1 for any other reason.
 */
#include <getopt.h>
#include <locale.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <tlspin-gnutls.h>
#include <unistd.h>

enum { EXIT_ARGUMENTS = 2, EXIT_PIN = 3 };

static struct {
  const char *host, *port, *path;
  const char *address; /* to connect to, in place of the host's own */
  const char *ca_file; /* to trust, in place of the system's authorities */
} options;

static int connect_to(const char *host, const char *port)
{
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
  int fd = -1, fault = getaddrinfo(host, port, &hints, &list);

  for (struct addrinfo *a = list; fault == 0 && a != NULL && fd < 0; a = a->ai_next) {
    fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
      close(fd);
      fd = -1;
    }
  }
  if (list != NULL)
    freeaddrinfo(list);
  if (fd < 0)
    fprintf(stderr, "tls-get: %s, port %s, can't be reached.\n", host, port);
  return fd;
}

/* Why GnuTLS gave up, and of a certificate, what is bad about it. */
static int complain(gnutls_session_t session, int rc)
{
  gnutls_datum_t text = {NULL, 0};

  if (rc == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
    gnutls_certificate_verification_status_print(gnutls_session_get_verify_cert_status(session),
                                                 gnutls_certificate_type_get(session), &text, 0);
  fprintf(stderr, "tls-get: %s %s\n", gnutls_strerror(rc),
          text.data != NULL ? (const char *)text.data : "");
  gnutls_free(text.data);
  return EXIT_FAILURE;
}

static int print_page(gnutls_session_t session)
{
  char buffer[4096];
  int size = snprintf(buffer, sizeof buffer, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", options.path,
                      options.host);
  ssize_t got;

  if (size < 0 || size >= (int)sizeof buffer)
    return EXIT_ARGUMENTS;
  got = gnutls_record_send(session, buffer, (size_t)size);
  while (got > 0 || (got < 0 && !gnutls_error_is_fatal((int)got))) {
    got = gnutls_record_recv(session, buffer, sizeof buffer);
    if (got > 0)
      fwrite(buffer, 1, (size_t)got, stdout);
  }
  return got == 0 ? EXIT_SUCCESS : complain(session, (int)got);
}

/* An address has no name to be pinned by: then this is TLS as ever. TLSPIN_WAIT is for telling
 * whether the pin was kept; most programs need not wait. */
static int fetch(gnutls_session_t session)
{
  const char *where = options.address != NULL ? options.address : options.host;
  unsigned port = (unsigned)strtoul(options.port, NULL, 10);
  int attached = tlspin_gnutls_attach(session, options.host, port, TLSPIN_TOFU);
  int fd, rc, code;

  if (attached != TLSPIN_OK && attached != TLSPIN_CANNOT_BE_PINNED) {
    fprintf(stderr, "tls-get: %s\n", tlspin_code_text((enum tlspin_code)attached));
    return EXIT_FAILURE;
  }
  fd = connect_to(where, options.port);
  if (fd < 0)
    return EXIT_FAILURE;
  gnutls_transport_set_int(session, fd);
  do
    rc = gnutls_handshake(session);
  while (rc < 0 && !gnutls_error_is_fatal(rc));
  code = attached == TLSPIN_OK ? tlspin_gnutls_finish(session, rc, TLSPIN_WAIT) : TLSPIN_OK;
  if (code != TLSPIN_OK && code != TLSPIN_E_TLS) {
    fprintf(stderr, "tls-get: %s\n", tlspin_gnutls_message(session));
    return EXIT_PIN;
  }
  if (rc != GNUTLS_E_SUCCESS)
    return complain(session, rc);
  if (tlspin_gnutls_proved(session))
    fprintf(stderr, "tls-get: %s is the server that was pinned.\n", options.host);
  else if (tlspin_gnutls_stored(session) != 0)
    fprintf(stderr, "tls-get: %s is pinned from now on.\n", options.host);
  else if (attached == TLSPIN_OK)
    fprintf(stderr, "tls-get: %s\n", tlspin_gnutls_message(session));
  return print_page(session);
}

static int usage(void)
{
  fprintf(stderr, "Usage: tls-get [--ca FILE] [--address ADDRESS] HOST PORT PATH\n");
  return 0;
}

static int read_options(int argc, char **argv)
{
  static const struct option known[] = {
      {"address", required_argument, NULL, 'a'}, {"ca", required_argument, NULL, 'c'}, {0}};
  int option;

  while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
    if (option == 'a')
      options.address = optarg;
    else if (option == 'c')
      options.ca_file = optarg;
    else
      return usage();
  if (argc - optind != 3)
    return usage();
  options.host = argv[optind];
  options.port = argv[optind + 1];
  options.path = argv[optind + 2];
  return 1;
}

int main(int argc, char **argv)
{
  gnutls_certificate_credentials_t credentials;
  gnutls_session_t session;
  int status;

  setlocale(LC_ALL, "");
  if (!read_options(argc, argv))
    return EXIT_ARGUMENTS;
  gnutls_certificate_allocate_credentials(&credentials);
  if ((options.ca_file != NULL ? gnutls_certificate_set_x509_trust_file(
                                     credentials, options.ca_file, GNUTLS_X509_FMT_PEM)
                               : gnutls_certificate_set_x509_system_trust(credentials)) <= 0)
    fprintf(stderr, "tls-get: no certificate authorities can be read.\n");
  gnutls_init(&session, GNUTLS_CLIENT);
  gnutls_set_default_priority(session);
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
  gnutls_session_set_verify_cert(session, options.host, 0);
  gnutls_transport_set_int(session, -1);
  status = fetch(session);
  if (status == EXIT_SUCCESS)
    gnutls_bye(session, GNUTLS_SHUT_WR);
  if (gnutls_transport_get_int(session) >= 0)
    close(gnutls_transport_get_int(session));
  gnutls_deinit(session);
  gnutls_certificate_free_credentials(credentials);
  return status;
}
