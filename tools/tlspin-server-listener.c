/* The listening socket of tlspin-server serve: see tlspin-server-listener.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin-server-listener.h"

#include "common/text.h"
#include "tools/tlspin-server.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128, SEND_TIMEOUT = 10 };

static void address_text(const struct sockaddr *address, socklen_t size,
                         char text[ADDRESS_TEXT_SIZE])
{
  char host[48], port[8];
  bool known = getnameinfo(address, size, host, sizeof host, port, sizeof port,
                           NI_NUMERICHOST | NI_NUMERICSERV) == 0;

  if (!known)
    snprintf(text, ADDRESS_TEXT_SIZE, "?");
  else
    snprintf(text, ADDRESS_TEXT_SIZE, address->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
             port);
}

/* Splits at the last colon and takes brackets away. */
static bool split(const char *where, char **host, char **port)
{
  const char *colon = strrchr(where, ':');
  size_t size = colon != NULL ? (size_t)(colon - where) : 0;

  /* getaddrinfo takes higher ones, too, and makes others of them */
  if (size == 0 || !g_ascii_string_to_unsigned(colon + 1, 10, 0, G_MAXUINT16, NULL, NULL))
    return false;
  *port = g_strdup(colon + 1);
  if (size >= 2 && where[0] == '[' && where[size - 1] == ']')
    *host = g_strndup(where + 1, size - 2);
  else
    *host = g_strndup(where, size);
  return true;
}

static int bind_to(const struct addrinfo *info)
{
  int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, error;

  if (fd < 0)
    return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
    return fd;
  error = errno;
  close(fd);
  errno = error;
  return -1;
}

static int bind_any(const char *host, const char *port, const char *where)
{
  const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                 .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *list = NULL;
  int fd = -1, rc = getaddrinfo(host, port, &hints, &list);

  if (rc != 0)
    return -complain(STATUS_USAGE, _("--listen %s: %s. Give ADDRESS:PORT, such as 127.0.0.1:8443."),
                     where, gai_strerror(rc));
  for (struct addrinfo *info = list; info != NULL && fd < 0; info = info->ai_next)
    fd = bind_to(info);
  freeaddrinfo(list);
  if (fd < 0)
    return -complain(STATUS_TROUBLE, _("--listen %s: %s. Choose another address or port."), where,
                     strerror(errno));
  return fd;
}

int listener_open(const char *where, char address[ADDRESS_TEXT_SIZE], uint16_t *port)
{
  g_autofree char *host = NULL, *service = NULL;
  struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
  socklen_t size = sizeof bound;
  int fd;

  if (!split(where, &host, &service))
    return -complain(STATUS_USAGE,
                     _("--listen %s: There is no port from 0 to 65535. Give ADDRESS:PORT, such as "
                       "127.0.0.1:8443."),
                     where);
  fd = bind_any(host, service, where);
  if (fd < 0)
    return fd;
  getsockname(fd, (struct sockaddr *)&bound, &size);
  address_text((struct sockaddr *)&bound, size, address);
  *port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                            : ((struct sockaddr_in *)&bound)->sin_port);
  return fd;
}

int listener_accept(int listener, char address[ADDRESS_TEXT_SIZE])
{
  const struct timeval timeout = {SEND_TIMEOUT, 0};
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  int fd = accept4(listener, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC);

  if (fd < 0)
    return -1;
  address_text((struct sockaddr *)&peer, size, address);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  return fd;
}
