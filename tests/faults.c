/* The store fails while a program connects: it goes on or fails as its level says, in time, and
 * never hears "no pin". SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/stage.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The budget is 250 ms for a running daemon and a second for one to be started; the rest is for a
 * busy machine. */
enum { PATIENCE = 5000 };

/* The callback in the middle of a visit has no other way to know. */
static struct stage *current;

static int faults_open(void **state)
{
  stage_open(state);
  current = *state;
  return 0;
}

/* A context of its own with the real budget, as a program that has just started. */
static struct visit_request fresh_client(struct stage *stage, const char *address)
{
  struct visit_request client = stage_client(stage);

  assert_int_equal(tlspin_new(&client.context, address), TLSPIN_OK);
  return client;
}

/* One meeting at a level while the store can't be asked, or has lost pins. */
static void meet_in_doubt(struct stage *stage, struct visit_request *client, unsigned level,
                          enum tlspin_code doubt)
{
  struct stand_request server = stage_server(stage);
  bool strict = level == TLSPIN_STRICT;
  struct meeting met;
  long start = test_now();

  client->flags = level;
  meet(client, &server, &met);
  assert_true(test_now() - start < PATIENCE);
  assert_int_equal(met.visit.attached, TLSPIN_OK);
  assert_int_equal(met.visit.answer, doubt);
  assert_int_equal(met.visit.finished, strict ? doubt : TLSPIN_OK);
  assert_int_equal(met.visit.conversed, !strict);
  assert_int_equal(met.stand.received, strict ? 0 : 1);
  assert_int_not_equal(met.visit.kept, TLSPIN_OK);
  assert_false(met.visit.asked);
  assert_false(met.visit.may_resume);
}

static void meet_unavailable(struct stage *stage, struct visit_request *client, unsigned level)
{
  meet_in_doubt(stage, client, level, TLSPIN_UNAVAILABLE);
}

static void meet_all(struct stage *stage, const char *address, enum tlspin_code doubt)
{
  static const unsigned levels[] = {TLSPIN_STRICT, TLSPIN_TOFU, TLSPIN_ADVISORY};
  struct visit_request client = fresh_client(stage, address);

  for (size_t i = 0; i < 3; i++)
    meet_in_doubt(stage, &client, levels[i], doubt);
  tlspin_free(client.context);
}

static void meet_at_all_levels(struct stage *stage, const char *address)
{
  meet_all(stage, address, TLSPIN_UNAVAILABLE);
}

static void test_no_bus(void **state)
{
  meet_at_all_levels(*state, "unix:path=/nonexistent/bus");
  meet_at_all_levels(*state, "nonsense");
  meet_at_all_levels(*state, "autolaunch:");
}

/* What was pinned is still enforced once the store is back. */
static void test_daemon_stopped(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  pid_t daemon;

  meet_first(&client, &server);
  daemon = desk_wake(&stage->desk);
  assert_int_equal(kill(daemon, SIGSTOP), 0);
  meet_at_all_levels(stage, stage->desk.bus.address);
  assert_int_equal(kill(daemon, SIGCONT), 0);
  meet_again(&client, &server);
}

static void test_bus_stopped(void **state)
{
  struct stage *stage = *state;
  struct visit_request warm = fresh_client(stage, stage->desk.bus.address);
  struct stand_request server = stage_server(stage);

  meet_first(&warm, &server);
  test_process_stop(stage->desk.bus.pid);
  meet_at_all_levels(stage, stage->desk.bus.address);
  meet_unavailable(stage, &warm, TLSPIN_TOFU);
  test_process_go(stage->desk.bus.pid);
  warm.flags = TLSPIN_TOFU;
  meet_again(&warm, &server);
  tlspin_free(warm.context);
}

static void test_store_damaged(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);

  meet_first(&client, &server);
  desk_kill(&stage->desk, SIGTERM);
  assert_int_equal(chmod(stage->desk.store, 0644), 0); /* whoever wrote it: it isn't read */
  meet_at_all_levels(stage, stage->desk.bus.address);
  desk_kill(&stage->desk, SIGTERM);
  assert_int_equal(chmod(stage->desk.store, 0600), 0);
  assert_int_equal(unlink(stage->desk.store), 0); /* lost pins don't look like none either */
  desk_wake(&stage->desk);                        /* recovering may take longer than a lookup may */
  meet_all(stage, stage->desk.bus.address, TLSPIN_STORE_DAMAGED);
}

static void kill_daemon(gnutls_session_t session)
{
  (void)session;
  desk_kill(&current->desk, SIGKILL);
}

static void kill_bus(gnutls_session_t session)
{
  (void)session;
  test_bus_kill(&current->desk.bus);
}

/* The question was sent and its answer lost: it is put again, to a daemon that is started anew. */
static void test_daemon_killed(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);

  meet_first(&client, &server);
  client.before = kill_daemon;
  for (int i = 0; i < 5; i++)
    meet_again(&client, &server);
}

static int kill_in_handshake(gnutls_session_t session)
{
  (void)session;
  desk_kill(&current->desk, SIGKILL);
  return 0;
}

static void kill_late(gnutls_session_t session)
{
  gnutls_session_set_verify_function(session, kill_in_handshake);
}

/* Killed between the answer and the new ticket: the ticket goes to the next daemon. */
static void test_daemon_killed_late(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);

  client.unverified = true;
  client.before = kill_late;
  meet_first(&client, &server);
  meet_again(&client, &server);
  client.before = NULL;
  meet_again(&client, &server);
}

/* The bus dies under a program: the program doesn't. */
static void test_bus_killed(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = fresh_client(stage, stage->desk.bus.address);
  struct stand_request server = stage_server(stage);

  meet_first(&client, &server);
  client.before = kill_bus;
  meet_unavailable(stage, &client, TLSPIN_TOFU);
  client.before = NULL;
  meet_unavailable(stage, &client, TLSPIN_STRICT);
  test_bus_restart(&stage->desk.bus);
  client.flags = TLSPIN_TOFU;
  meet_again(&client, &server);
  client.before = kill_bus;
  meet_unavailable(stage, &client, TLSPIN_STRICT);
  test_bus_restart(&stage->desk.bus);
  tlspin_free(client.context);
}

static int fail_certificate(gnutls_session_t session)
{
  (void)session;
  return GNUTLS_E_CERTIFICATE_ERROR;
}

static void refuse_certificate(gnutls_session_t session)
{
  gnutls_session_set_verify_function(session, fail_certificate);
}

/* Nothing is stored before the program has accepted the certificate. */
static void test_certificate_refused(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct meeting met;

  client.before = refuse_certificate;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_E_TLS);
  assert_int_not_equal(met.visit.kept, TLSPIN_OK);
  assert_null(stage_entry(stage));
}

/* The ticket is sent on its way without waiting, and arrives. */
static void test_not_waiting(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  tlspin_entry_t *entry = NULL;
  struct meeting met;

  client.finish_flags = 1u << 8; /* anything but TLSPIN_WAIT */
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_int_equal(met.visit.kept, TLSPIN_OK);
  assert_int_equal(met.visit.stored, 0);
  for (int i = 0; i < 3000 && entry == NULL; i++) {
    usleep(10000);
    entry = stage_entry(stage);
  }
  assert_non_null(entry);
  tlspin_entry_free(entry);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_no_bus),
      STAGE_TEST(test_daemon_stopped),
      STAGE_TEST(test_bus_stopped),
      STAGE_TEST(test_daemon_killed),
      STAGE_TEST(test_daemon_killed_late),
      STAGE_TEST(test_certificate_refused),
      STAGE_TEST(test_not_waiting),
      STAGE_TEST(test_bus_killed),
      STAGE_TEST(test_store_damaged), /* the last: the store stays damaged */
  };

  return cmocka_run_group_tests(tests, faults_open, stage_close);
}
