/* The program's own functions beside ours: key logs, hooks and pointers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "handshake/session.h"

#include "tests/again.h"
#include "tests/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BODY ((struct span){(const uint8_t *)"body", 4})

enum { LABELS = 5 };

static const char *const labels[LABELS] = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                           "SERVER_HANDSHAKE_TRAFFIC_SECRET", "EXPORTER_SECRET",
                                           "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"};

/* What the program's own key-log function has seen; found by the session's pointer. */
struct key_log {
  int seen[LABELS];
  int others;
  int result; /* what it returns */
};

static int log_key(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
  struct key_log *log = gnutls_session_get_ptr(session);
  bool known = false;

  for (int i = 0; i < LABELS; i++)
    if (strcmp(labels[i], label) == 0) {
      log->seen[i]++;
      known = secret->size == 32 || secret->size == 48;
    }
  log->others += !known;
  return log->result;
}

/* scene_open, but the program was there first. */
static void open_with_key_logs(struct scene *scene, struct key_log *client, struct key_log *server)
{
  struct actor client_actor = scene->client, server_actor = scene->server;

  scene->client.detached = scene->server.detached = true;
  scene_open(scene, &(struct wire_request){0});
  gnutls_session_set_ptr(scene->wire.client.session, client);
  gnutls_session_set_ptr(scene->wire.server.session, server);
  gnutls_session_set_keylog_function(scene->wire.client.session, log_key);
  gnutls_session_set_keylog_function(scene->wire.server.session, log_key);
  scene->client = client_actor;
  scene->server = server_actor;
  assert_true(handshake_attach(scene->wire.client.session, &actor_role, &scene->client));
  assert_true(handshake_attach(scene->wire.server.session, &actor_role, &scene->server));
}

static void test_own_key_log(void **state)
{
  struct scene scene = {.client = {.body = BODY}};
  struct key_log client = {.result = 0}, server = {.result = 0};

  (void)state;
  open_with_key_logs(&scene, &client, &server);
  wire_shake(&scene.wire);
  assert_int_equal(scene.wire.client.result, 0);
  assert_int_equal(scene.wire.server.result, 0);
  for (int i = 0; i < LABELS; i++) {
    assert_int_equal(client.seen[i], 1);
    assert_int_equal(server.seen[i], 1);
  }
  assert_int_equal(client.others + server.others, 0);
  assert_true(scene_agrees(&scene));
  assert_ptr_equal(gnutls_session_get_ptr(scene.wire.client.session), &client);
  scene_close(&scene);
}

/* What it returns reaches GnuTLS as if we were not there. */
static void test_own_key_log_fails(void **state)
{
  struct scene scene = {.client = {.body = BODY}};
  struct key_log client = {.result = GNUTLS_E_FILE_ERROR}, server = {.result = 0};

  (void)state;
  open_with_key_logs(&scene, &client, &server);
  wire_shake(&scene.wire);
  assert_int_equal(scene.wire.client.result, GNUTLS_E_FILE_ERROR);
  assert_int_equal(client.seen[0], 1);
  scene_close(&scene);
}

static bool file_has_labels(const char *path)
{
  FILE *file = fopen(path, "re");
  char line[512];
  int seen[LABELS] = {0};

  assert_non_null(file);
  while (fgets(line, sizeof line, file) != NULL)
    for (int i = 0; i < LABELS; i++)
      seen[i] += strncmp(line, labels[i], strlen(labels[i])) == 0 && line[strlen(labels[i])] == ' ';
  fclose(file);
  for (int i = 0; i < LABELS; i++)
    if (seen[i] != 2) /* both ends are in one process */
      return false;
  return true;
}

/* In the other process: 0 where both ends are done and have their secrets. */
static int connect_once(void)
{
  struct scene scene = {.client = {.body = BODY}};
  bool agreed;

  scene_open(&scene, &(struct wire_request){0});
  wire_shake(&scene.wire);
  agreed = scene_agrees(&scene);
  scene_close(&scene);
  return agreed ? 0 : 1;
}

/* GnuTLS looks at the variable once a process. */
static void test_sslkeylogfile(void **state)
{
  char path[] = "/tmp/tlspin-unit-session-XXXXXX";
  int file = mkstemp(path), result;
  bool complete;

  (void)state;
  assert_true(file >= 0);
  close(file);
  assert_int_equal(setenv("SSLKEYLOGFILE", path, 1), 0);
  result = again("--connect");
  unsetenv("SSLKEYLOGFILE");
  complete = file_has_labels(path);
  unlink(path);
  assert_int_equal(result, 0);
  assert_true(complete);
}

static int keep_quiet(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
  (void)session, (void)label, (void)secret;
  return 0;
}

static int look_on(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                   const gnutls_datum_t *message)
{
  int *calls = gnutls_session_get_ptr(session);

  (void)type, (void)when, (void)incoming, (void)message;
  if (calls != NULL)
    ++*calls;
  return 0;
}

/* A function of the program in our place, set after we were attached: no secrets, and no pretence
 * of any. */
static void test_displaced(void **state)
{
  struct handshake_secrets secrets;

  (void)state;
  for (int hook = 0; hook < 2; hook++)
    for (int server = 0; server < 2; server++) {
      struct scene scene = {.client = {.body = BODY}, .server = {.body = BODY}};
      struct wire_end *end = server ? &scene.wire.server : &scene.wire.client;

      scene_open(&scene, &(struct wire_request){0});
      if (hook)
        gnutls_handshake_set_hook_function(end->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE,
                                           look_on);
      else
        gnutls_session_set_keylog_function(end->session, keep_quiet);
      wire_shake(&scene.wire);
      assert_int_equal(end->result, 0);
      assert_int_equal(end->peer->result, 0);
      assert_false(scene_secrets(end, &secrets));
      assert_true(scene_secrets(end->peer, &secrets));
      assert_true(span_equal(actor_received(&scene.client), BODY));
      scene_close(&scene);
    }
}

/* A hook for some messages only takes our place as well: what was recorded before is not enough. */
static void test_displaced_for_some_messages(void **state)
{
  struct scene scene = {.client = {.body = BODY}};
  struct handshake_secrets secrets;

  (void)state;
  scene_open(&scene, &(struct wire_request){0});
  gnutls_handshake_set_hook_function(scene.wire.client.session, GNUTLS_HANDSHAKE_FINISHED,
                                     GNUTLS_HOOK_BOTH, look_on);
  wire_shake(&scene.wire);
  assert_int_equal(scene.wire.client.result, 0);
  assert_false(scene_secrets(&scene.wire.client, &secrets));
  scene_close(&scene);
}

/* Even then a refusal of the extension is told to the other end. */
static void test_displaced_and_refused(void **state)
{
  (void)state;
  for (int server = 0; server < 2; server++) {
    struct scene scene = {.client = {.body = BODY}, .server = {.body = BODY}};
    struct wire_end *end = server ? &scene.wire.server : &scene.wire.client;
    struct actor *actor = server ? &scene.server : &scene.client;

    actor->receive = HANDSHAKE_REFUSE;
    scene_open(&scene, &(struct wire_request){0});
    gnutls_handshake_set_hook_function(end->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE,
                                       look_on);
    wire_shake(&scene.wire);
    assert_int_equal(end->result, GNUTLS_E_INSUFFICIENT_CREDENTIALS);
    assert_int_equal(wire_alert(end->peer), GNUTLS_A_HANDSHAKE_FAILURE);
    scene_close(&scene);
  }
}

/* GnuTLS has one hook a session and no way to ask for it: one that was set before is replaced. */
static void test_hook_set_before(void **state)
{
  struct scene scene = {.client = {.detached = true}};
  int calls = 0;

  (void)state;
  scene_open(&scene, &(struct wire_request){0});
  gnutls_session_set_ptr(scene.wire.client.session, &calls);
  gnutls_handshake_set_hook_function(scene.wire.client.session, GNUTLS_HANDSHAKE_ANY,
                                     GNUTLS_HOOK_PRE, look_on);
  scene.client = (struct actor){.body = BODY};
  assert_true(handshake_attach(scene.wire.client.session, &actor_role, &scene.client));
  wire_shake(&scene.wire);
  assert_int_equal(calls, 0);
  assert_true(scene_agrees(&scene));
  scene_close(&scene);
}

int main(int count, char *arguments[])
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_own_key_log),
      cmocka_unit_test(test_own_key_log_fails),
      cmocka_unit_test(test_sslkeylogfile),
      cmocka_unit_test(test_displaced),
      cmocka_unit_test(test_displaced_for_some_messages),
      cmocka_unit_test(test_displaced_and_refused),
      cmocka_unit_test(test_hook_set_before),
  };

  if (count == 2 && strcmp(arguments[1], "--connect") == 0)
    return connect_once();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
