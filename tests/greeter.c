/* A TLS server at the other end of a pair of sockets: see greeter.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/greeter.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void must(gboolean worked, const char *what)
{
  if (worked)
    return;
  fprintf(stderr, "greeter: %s\n", what);
  abort();
}

/* Until the client has gone. */
static void drain(int fd)
{
  char octets[256];

  while (read(fd, octets, sizeof octets) > 0)
    ;
}

static int set_priority(gnutls_session_t session, gboolean raw)
{
  return raw ? gnutls_priority_set_direct(session, "NORMAL:-CTYPE-SRV-ALL:+CTYPE-SRV-RAWPK", NULL)
             : gnutls_set_default_priority(session);
}

static void shake_hands(struct greeter *greeter)
{
  gboolean raw = greeter->manner == GREETER_RAW;
  gnutls_session_t session;
  size_t size = sizeof greeter->name;
  unsigned type;
  char octet;

  must(gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL | (raw ? GNUTLS_ENABLE_RAWPK : 0U)) ==
               0 &&
           set_priority(session, raw) == 0 &&
           gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, greeter->credentials) == 0,
       "session");
  gnutls_transport_set_int(session, greeter->fd);
  do
    greeter->handshake = gnutls_handshake(session);
  while (greeter->handshake < 0 && !gnutls_error_is_fatal(greeter->handshake));
  if (gnutls_server_name_get(session, greeter->name, &size, &type, 0) != GNUTLS_E_SUCCESS)
    greeter->name[0] = '\0';
  if (greeter->handshake == 0)
    greeter->farewell = (int)gnutls_record_recv(session, &octet, 1);
  if (greeter->manner != GREETER_RUDE)
    gnutls_bye(session, GNUTLS_SHUT_WR);
  gnutls_deinit(session);
}

static void write_all(int fd, const char *octets, size_t size)
{
  must(send(fd, octets, size, MSG_NOSIGNAL) == (ssize_t)size, "send");
}

static gpointer run(gpointer data)
{
  static const char alert[] = "\x15\x03\x03\x00\x02\x02\x28"; /* fatal, handshake_failure */
  static const char garbled[] = "* OK IMAP4rev1 server ready\r\n";
  struct greeter *greeter = data;

  switch (greeter->manner) {
  case GREETER_POLITE:
  case GREETER_RAW:
  case GREETER_RUDE:
    shake_hands(greeter);
    break;
  case GREETER_REFUSES:
    write_all(greeter->fd, alert, sizeof alert - 1);
    break;
  case GREETER_GARBLED:
    write_all(greeter->fd, garbled, sizeof garbled - 1);
    break;
  case GREETER_SILENT:
    break;
  }
  if (greeter->manner != GREETER_POLITE && greeter->manner != GREETER_RAW)
    drain(greeter->fd);
  close(greeter->fd);
  return NULL;
}

void greeter_begin(struct greeter *greeter, enum greeter_manner manner,
                   gnutls_certificate_credentials_t credentials)
{
  int ends[2];

  must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
  *greeter = (struct greeter){.manner = manner, .credentials = credentials, .fd = ends[1]};
  greeter->farewell = GNUTLS_E_PREMATURE_TERMINATION;
  greeter->socket = g_socket_new_from_fd(ends[0], NULL);
  must(greeter->socket != NULL, "socket");
  greeter->thread = g_thread_new("greeter", run, greeter);
}

void greeter_end(struct greeter *greeter)
{
  g_socket_close(greeter->socket, NULL);
  g_object_unref(greeter->socket);
  g_thread_join(greeter->thread);
}
