/* A TCP connection to a server.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/dial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <locale.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The first label is too long for a question to go out. */
#define NO_NAME "a123456789b123456789c123456789d123456789e123456789f123456789g123.invalid"

/* A socket of the loopback on a port of the kernel's choice. */
static int bound(sa_family_t family, guint16 *port)
{
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct sockaddr *address =
      family == AF_INET6 ? (struct sockaddr *)&six : (struct sockaddr *)&four;
  socklen_t size = family == AF_INET6 ? sizeof six : sizeof four;
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || bind(fd, address, size) != 0 || getsockname(fd, address, &size) != 0) {
    if (fd >= 0)
      close(fd);
    return -1;
  }
  *port = ntohs(family == AF_INET6 ? six.sin6_port : four.sin_port);
  return fd;
}

static gint64 in_seconds(unsigned seconds)
{
  return g_get_monotonic_time() + seconds * (gint64)G_USEC_PER_SEC;
}

static void assert_connects(const char *host, guint16 port, const char *expected)
{
  g_autoptr(GError) error = NULL;
  GSocketConnection *connection = dial(host, port, in_seconds(20), &error);
  g_autofree char *address = NULL;
  int fd;

  if (connection == NULL)
    fail_msg("%s: %s", host, error->message);
  address = dial_address(connection);
  assert_string_equal(address, expected);
  fd = g_socket_get_fd(g_socket_connection_get_socket(connection));
  assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  g_object_unref(connection);
}

static void test_connects(void **state)
{
  guint16 port;
  int fd = bound(AF_INET, &port);

  (void)state;
  assert_true(fd >= 0);
  assert_int_equal(listen(fd, 5), 0);
  assert_connects("127.0.0.1", port, "127.0.0.1");
  assert_connects("localhost", port, "127.0.0.1"); /* also where ::1 comes first, and refuses */
  close(fd);
}

static void test_six(void **state)
{
  guint16 port;
  int fd = bound(AF_INET6, &port);

  (void)state;
  if (fd < 0) {
    print_message("there is no IPv6 here\n");
    skip();
  }
  assert_int_equal(listen(fd, 5), 0);
  assert_connects("::1", port, "::1");
  close(fd);
}

/* A proxy would be another peer, and --sni with an address must mean that address. */
static void test_no_proxy(void **state)
{
  guint16 port;
  int fd = bound(AF_INET, &port);

  (void)state;
  setenv("http_proxy", "http://192.0.2.1:9", 1);
  setenv("ALL_PROXY", "socks5://192.0.2.1:9", 1);
  assert_int_equal(listen(fd, 5), 0);
  assert_connects("127.0.0.1", port, "127.0.0.1");
  close(fd);
}

static void test_refused(void **state)
{
  g_autoptr(GError) error = NULL;
  guint16 port;
  int fd = bound(AF_INET, &port); /* and doesn't listen */

  (void)state;
  assert_true(fd >= 0);
  assert_null(dial("127.0.0.1", port, in_seconds(20), &error));
  assert_true(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED));
  close(fd);
}

static void test_unknown(void **state)
{
  g_autoptr(GError) error = NULL;

  (void)state;
  assert_null(dial(NO_NAME, 443, in_seconds(20), &error));
  assert_non_null(error);
  assert_true(error->message[0] != '\0');
}

/* A listener whose queue is full answers nobody. */
static void test_deadline(void **state)
{
  g_autoptr(GError) error = NULL;
  guint16 port;
  int fd = bound(AF_INET, &port), waiting[8];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  gint64 begin = g_get_monotonic_time();

  (void)state;
  address.sin_port = htons(port);
  assert_int_equal(listen(fd, 0), 0);
  for (size_t i = 0; i < G_N_ELEMENTS(waiting); i++) {
    waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    connect(waiting[i], (struct sockaddr *)&address, sizeof address);
  }
  assert_null(dial("127.0.0.1", port, in_seconds(1), &error));
  assert_true(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  assert_non_null(strstr(error->message, "no answer in time"));
  assert_true(g_get_monotonic_time() - begin >= G_USEC_PER_SEC);
  for (size_t i = 0; i < G_N_ELEMENTS(waiting); i++)
    close(waiting[i]);
  close(fd);
}

static void test_too_late(void **state)
{
  g_autoptr(GError) error = NULL;

  (void)state;
  assert_null(dial(NO_NAME, 443, 0, &error));
  assert_non_null(error);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_connects), cmocka_unit_test(test_six),
      cmocka_unit_test(test_no_proxy), cmocka_unit_test(test_refused),
      cmocka_unit_test(test_unknown),  cmocka_unit_test(test_deadline),
      cmocka_unit_test(test_too_late),
  };

  setlocale(LC_ALL, "C.UTF-8");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
