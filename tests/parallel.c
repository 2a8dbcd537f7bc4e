/* Eight programs meet one server two hundred times each, at once.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/stage.h"

#include "libclient/tlspin-admin.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAMS = 8, HANDSHAKES = 200 };

/* A server in a process of its own: one connection after the other, so that its pins are the same
 * for all. */
struct crowd_server {
  int listener;
  uint16_t port;
  pid_t pid;
};

static void serve_one(struct stage *stage, int fd)
{
  gnutls_session_t session;
  char octet;

  gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_TICKETS);
  gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL);
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, stage->credentials[PKI_ECDSA]);
  tlspin_server_attach(stage->pinning, session);
  gnutls_transport_set_int(session, fd);
  if (gnutls_handshake(session) == 0 && gnutls_record_recv(session, &octet, 1) == 1)
    gnutls_record_send(session, &octet, 1);
  gnutls_deinit(session);
  close(fd);
}

static void serve_all(struct stage *stage, int listener)
{
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) {
    int fd = accept(listener, NULL, NULL);

    if (fd >= 0)
      serve_one(stage, fd);
  }
}

static void server_start(struct stage *stage, struct crowd_server *server)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;

  server->listener = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(server->listener, 64), 0);
  assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
  server->port = ntohs(address.sin_port);
  server->pid = fork();
  if (server->pid == 0)
    serve_all(stage, server->listener);
  close(server->listener);
}

static bool is_fine(const struct visit *visit)
{
  bool answered = visit->answer == TLSPIN_MATCH || (!visit->sent && visit->answer == TLSPIN_NO_PIN);

  return visit->attached == TLSPIN_OK && visit->handshake == 0 && visit->finished == TLSPIN_OK &&
         visit->conversed && answered && visit->proved == visit->sent &&
         (visit->kept == TLSPIN_OK || (!visit->sent && visit->kept == TLSPIN_MISMATCH));
}

/* A child: the inherited context makes itself a connection of its own. Returns the number of
 * failures. */
static int run_program(struct stage *stage, uint16_t port)
{
  struct visit_request client = stage_client(stage);
  struct visit seen;
  int failures = 0, unpinned = 0;

  for (int i = 0; i < HANDSHAKES; i++) {
    visit(&client, port, &seen);
    unpinned += !seen.sent;
    if (is_fine(&seen) && unpinned <= 1)
      continue;
    failures++;
    fprintf(stderr, "handshake %d: %d, answer %d, finish %d, kept %d, %s%s\n", i, seen.handshake,
            seen.answer, seen.finished, seen.kept, seen.reason, unpinned > 1 ? ", lost pin" : "");
  }
  return failures > 100 ? 100 : failures;
}

static void run_programs(struct stage *stage, uint16_t port)
{
  pid_t programs[PROGRAMS];
  int status;

  for (int i = 0; i < PROGRAMS; i++) {
    programs[i] = fork();
    if (programs[i] == 0)
      _exit(run_program(stage, port));
  }
  for (int i = 0; i < PROGRAMS; i++) {
    assert_int_equal(waitpid(programs[i], &status, 0), programs[i]);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
  }
}

static int count_entry(const tlspin_entry_t *entry, void *data)
{
  (void)entry;
  (*(int *)data)++;
  return 0;
}

static int entries(struct stage *stage)
{
  const struct tlspin_filter tickets = {.kind = "ticket"};
  int count = 0;

  assert_int_equal(tlspin_list(stage->context, &tickets, count_entry, &count), TLSPIN_OK);
  return count;
}

/* Everybody is there for the first time: one of them pins, and from then on all of them prove. */
static void test_race_to_pin(void **state)
{
  struct stage *stage = *state;
  struct crowd_server server;
  struct visit_request client = stage_client(stage);
  struct visit last;

  server_start(stage, &server);
  run_programs(stage, server.port);
  assert_int_equal(entries(stage), 1);
  visit(&client, server.port, &last);
  assert_true(is_fine(&last) && last.proved);
  test_process_end(server.pid);
}

/* With a pin, its series goes on through 1,600 renewals. */
static void test_one_series(void **state)
{
  struct stage *stage = *state;
  struct crowd_server server;
  struct visit_request client = stage_client(stage);
  tlspin_entry_t *before, *after;
  struct visit first;

  server_start(stage, &server);
  visit(&client, server.port, &first);
  assert_int_equal(first.kept, TLSPIN_OK);
  before = stage_entry(stage);
  run_programs(stage, server.port);
  after = stage_entry(stage);
  assert_int_equal(entries(stage), 1);
  assert_int_equal(tlspin_entry_series(before), tlspin_entry_series(after));
  assert_true(tlspin_entry_expires(after) >= tlspin_entry_expires(before));
  tlspin_entry_free(before);
  tlspin_entry_free(after);
  test_process_end(server.pid);
}

int main(void)
{
  const struct CMUnitTest tests[] = {STAGE_TEST(test_race_to_pin), STAGE_TEST(test_one_series)};

  return cmocka_run_group_tests(tests, stage_open, stage_close);
}
