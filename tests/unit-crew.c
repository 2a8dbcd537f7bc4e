/* Tests of tools/tlspin-server-crew.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin-server-crew.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct crew crew;
static atomic_size_t served, freed;

/* Waits until the other end hangs up, or crew_close does. */
static void serve(int fd, void *work)
{
  char octet;

  atomic_fetch_add(&served, 1);
  while (read(fd, &octet, 1) > 0)
    ;
  free(work);
  atomic_fetch_add(&freed, 1);
}

static int open_crew(void **state)
{
  (void)state;
  atomic_store(&served, 0);
  atomic_store(&freed, 0);
  crew_open(&crew, serve);
  return 0;
}

/* The client's end of a connection that a thread serves; -1 where none did. */
static int start(void)
{
  void *work = malloc(1);
  int ends[2];

  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  if (crew_start(&crew, ends[0], work))
    return ends[1];
  free(work);
  close(ends[0]);
  close(ends[1]);
  return -1;
}

static void wait_for(atomic_size_t *counter, size_t count)
{
  for (int i = 0; i < 3000 && atomic_load(counter) < count; i++)
    usleep(10000);
  assert_int_equal(atomic_load(counter), count);
}

static void serves_each_connection_and_closes_it(void **state)
{
  char octet;
  int fd = start();

  (void)state;
  assert_true(fd >= 0);
  wait_for(&served, 1);
  assert_int_equal(shutdown(fd, SHUT_WR), 0);
  assert_int_equal(read(fd, &octet, 1), 0); /* closed at the other end, too */
  close(fd);
  crew_close(&crew);
  assert_int_equal(atomic_load(&freed), 1);
}

static void takes_no_more_than_it_has_places(void **state)
{
  int fds[CREW_MAX];

  (void)state;
  for (int i = 0; i < CREW_MAX; i++) {
    assert_false(crew_is_full(&crew));
    fds[i] = start();
    assert_true(fds[i] >= 0);
  }
  assert_true(crew_is_full(&crew));
  assert_int_equal(start(), -1);
  close(fds[7]); /* one leaves, and its place is free */
  wait_for(&freed, 1);
  for (int i = 0; i < 3000 && crew_is_full(&crew); i++)
    usleep(10000);
  fds[7] = start();
  assert_true(fds[7] >= 0);
  crew_close(&crew);
  assert_int_equal(atomic_load(&served), CREW_MAX + 1);
  assert_int_equal(atomic_load(&freed), CREW_MAX + 1);
  for (int i = 0; i < CREW_MAX; i++)
    close(fds[i]);
}

static void closing_ends_connections_that_would_last(void **state)
{
  int fds[3];

  (void)state;
  for (int i = 0; i < 3; i++)
    fds[i] = start();
  crew_close(&crew);
  assert_int_equal(atomic_load(&freed), 3);
  for (int i = 0; i < 3; i++)
    close(fds[i]);
}

static void closing_an_idle_crew_returns(void **state)
{
  (void)state;
  crew_close(&crew);
  assert_int_equal(atomic_load(&served), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(serves_each_connection_and_closes_it, open_crew),
      cmocka_unit_test_setup(takes_no_more_than_it_has_places, open_crew),
      cmocka_unit_test_setup(closing_ends_connections_that_would_last, open_crew),
      cmocka_unit_test_setup(closing_an_idle_crew_returns, open_crew),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
