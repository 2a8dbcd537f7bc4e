/* A client of RFC 8672 for tests of a running server.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   pin-client PORT HOST [PIN-FILE [CERTIFICATE KEY]]
 *   pin-client PORT --silent COUNT
 *
 * Connects to PORT of 127.0.0.1 and asks for HOST ("-": no server name). Sends the ticket in
 * PIN-FILE ("-": none), if it exists, and keeps the new one there: a line of ticket and secret in
 * hexadecimal digits. Presents CERTIFICATE, if one is given. Prints what the extension said, then
 * what the server replied. Exit status: 0 fine, 1 the connection failed (and the alert or error was
 * printed), 2 the test itself is wrong.
 */
#include "config.h"

#include "tests/pinner.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMEOUT = 20000, PIN_MAX = 1024 };

#define MUST(condition) must(condition, #condition, __LINE__)

static void must(bool fine, const char *condition, int line)
{
  if (fine)
    return;
  fprintf(stderr, "pin-client.c:%d: %s\n", line, condition);
  exit(2);
}

struct pin {
  uint8_t ticket[PIN_MAX];
  size_t ticket_size;
  struct ticket_secret secret;
};

static size_t from_hex(const char *digits, uint8_t *octets, size_t room)
{
  const gnutls_datum_t text = {(unsigned char *)(uintptr_t)digits, (unsigned)strlen(digits)};
  size_t size = room;

  MUST(gnutls_hex_decode(&text, octets, &size) >= 0);
  return size;
}

static void print_hex(FILE *file, const uint8_t *octets, size_t size)
{
  for (size_t i = 0; i < size; i++)
    fprintf(file, "%02x", octets[i]);
}

static bool read_pin(const char *path, struct pin *pin)
{
  char ticket[2 * PIN_MAX + 1], secret[2 * TICKET_SECRET_MAX + 1];
  FILE *file = fopen(path, "re");

  if (file == NULL)
    return false;
  MUST(fscanf(file, "%2048s %96s", ticket, secret) == 2);
  fclose(file);
  pin->ticket_size = from_hex(ticket, pin->ticket, sizeof pin->ticket);
  pin->secret.size = (uint8_t)from_hex(secret, pin->secret.octets, sizeof pin->secret.octets);
  return true;
}

static void write_pin(const char *path, const struct pinner *pinner)
{
  FILE *file = fopen(path, "we");

  MUST(file != NULL);
  print_hex(file, pinner->answer.ticket.data, pinner->answer.ticket.size);
  fprintf(file, " ");
  print_hex(file, pinner->pinning.octets, pinner->pinning.size);
  fprintf(file, "\n");
  MUST(fclose(file) == 0);
}

static int connect_to(const char *port)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  MUST(fd >= 0);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    perror("connect");
    exit(1);
  }
  return fd;
}

static void fail(gnutls_session_t session, int rc)
{
  if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
    printf("alert: %d\n", gnutls_alert_get(session));
  else
    printf("error: %s\n", gnutls_strerror(rc));
  exit(1);
}

static void shake(gnutls_session_t session)
{
  int rc;

  do
    rc = gnutls_handshake(session);
  while (rc < 0 && !gnutls_error_is_fatal(rc));
  if (rc < 0)
    fail(session, rc);
}

static void print_answer(const struct pinner *pinner, gnutls_session_t session,
                         const struct pin *pin)
{
  if (!pinner->answered || pinner->malformed) {
    printf("extension: %s\n", pinner->answered ? "malformed" : "none");
    return;
  }
  printf("proof: %s\n", !pinner->answer.has_proof                      ? "none"
                        : pinner_proved(pinner, session, &pin->secret) ? "right"
                                                                       : "wrong");
  printf("ticket: %s\nlifetime: %lu\n", pinner->answer.has_ticket ? "yes" : "no",
         (unsigned long)pinner->answer.lifetime);
}

static void converse(gnutls_session_t session)
{
  static const char request[] = "GET / HTTP/1.0\r\n\r\n";
  char reply[4096];
  ssize_t count;

  gnutls_record_set_timeout(session, TIMEOUT);
  MUST(gnutls_record_send(session, request, sizeof request - 1) == (ssize_t)sizeof request - 1);
  do {
    count = gnutls_record_recv(session, reply, sizeof reply);
    if (count > 0)
      fwrite(reply, 1, (size_t)count, stdout);
  } while (count > 0 || count == GNUTLS_E_INTERRUPTED || count == GNUTLS_E_AGAIN);
  if (count < 0)
    fail(session, (int)count);
}

static _Noreturn void keep_silent(const char *port, int count)
{
  for (int i = 0; i < count; i++)
    connect_to(port);
  puts("connected");
  MUST(fflush(stdout) == 0);
  for (;;)
    pause();
}

int main(int argc, char **argv)
{
  const char *path = argc > 3 && strcmp(argv[3], "-") != 0 ? argv[3] : NULL;
  gnutls_certificate_credentials_t credentials;
  struct pinner pinner = {0};
  struct pin pin = {.ticket_size = 0};
  gnutls_session_t session;
  int fd;

  MUST(argc == 3 || argc == 4 || argc == 6);
  if (strcmp(argv[2], "--silent") == 0)
    keep_silent(argv[1], atoi(path));
  if (path != NULL && read_pin(path, &pin))
    pinner.ticket = (struct span){pin.ticket, pin.ticket_size};
  MUST(gnutls_certificate_allocate_credentials(&credentials) >= 0);
  if (argc == 6)
    MUST(gnutls_certificate_set_x509_key_file(credentials, argv[4], argv[5], GNUTLS_X509_FMT_PEM) >=
         0);
  MUST(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT) >= 0);
  MUST(gnutls_set_default_priority(session) >= 0);
  MUST(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) >= 0);
  if (strcmp(argv[2], "-") != 0)
    MUST(gnutls_server_name_set(session, GNUTLS_NAME_DNS, argv[2], strlen(argv[2])) >= 0);
  gnutls_handshake_set_timeout(session, TIMEOUT);
  pinner_attach(&pinner, session);
  fd = connect_to(argv[1]);
  gnutls_transport_set_int(session, fd);
  shake(session);
  print_answer(&pinner, session, &pin);
  if (path != NULL && pinner.answer.has_ticket)
    write_pin(path, &pinner);
  converse(session);
  gnutls_bye(session, GNUTLS_SHUT_WR);
  gnutls_deinit(session);
  gnutls_certificate_free_credentials(credentials);
  close(fd);
  return 0;
}
