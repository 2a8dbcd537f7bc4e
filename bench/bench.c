/* What tlspin costs, each against the same without it, measured in one run. See HACKING.md.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench/sample.h"
#include "dbus/messages.h"
#include "dbus/names.h"
#include "tests/stage.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EMPTY_NAME "org.tlspin.BenchEmpty"

static int rounds = 2000; /* of the quickest; the others are fractions of it */

static DBusConnection *connect_to(const struct stage *stage)
{
  DBusConnection *connection = dbus_connection_open_private(stage->desk.bus.address, NULL);

  assert_true(connection != NULL && dbus_bus_register(connection, NULL));
  return connection;
}

static void disconnect(DBusConnection *connection)
{
  dbus_connection_close(connection);
  dbus_connection_unref(connection);
}

/* Sends, takes the reply, and forgets both. Microseconds. */
static double call(DBusConnection *connection, DBusMessage *message)
{
  double start = sample_now();
  DBusMessage *reply = dbus_connection_send_with_reply_and_block(connection, message, 20000, NULL);

  assert_non_null(reply);
  start = sample_now() - start;
  dbus_message_unref(reply);
  dbus_message_unref(message);
  return start;
}

static DBusMessage *ping(const char *name)
{
  return dbus_message_new_method_call(name, BUS_PINS_PATH, DBUS_INTERFACE_PEER, "Ping");
}

static DBusMessage *lookup(const char *host)
{
  DBusMessage *message = bus_call(BUS_PINS, "Lookup");
  struct bus_peer peer = {host, "tls", VISIT_PORT};

  assert_true(bus_append_peer(message, &peer));
  return message;
}

static void store(struct stage *stage, const char *host)
{
  static const uint8_t octets[200] = {1};
  struct tlspin_ticket ticket = {octets, sizeof octets, octets, 32, "sha256", 86400, 0};
  uint64_t expires;

  assert_int_equal(tlspin_store(stage->context, host, "tls", VISIT_PORT, &ticket, &expires),
                   TLSPIN_OK);
}

/* A lookup of a pinned host, as a bare message and through the library, against an empty call. */
static void bench_lookup(struct stage *stage)
{
  DBusConnection *connection = connect_to(stage);
  struct sample bare = {0}, library = {0}, empty = {0};
  tlspin_entry_t *entry;
  double start;

  for (int i = 0; i < rounds; i++) {
    sample_add(&empty, call(connection, ping(BUS_PINS)));
    sample_add(&bare, call(connection, lookup("host50.example")));
    start = sample_now();
    assert_int_equal(tlspin_lookup(stage->context, "host50.example", "tls", VISIT_PORT, &entry),
                     TLSPIN_MATCH);
    sample_add(&library, sample_now() - start);
    tlspin_entry_free(entry);
  }
  sample_compare("warm lookup, message : empty call", &bare, &empty, 1.15);
  sample_compare("warm lookup, library : empty call", &library, &empty, 1.15);
  sample_clear(&bare);
  sample_clear(&library);
  sample_clear(&empty);
  disconnect(connection);
}

/* One handshake's CPU time of the client's thread; the server has a thread of its own. */
static double handshake(struct stage *stage, bool pinned)
{
  struct stand_request server = stage_server(stage);
  struct visit_request client = stage_client(stage);
  struct stand stand;
  struct visit seen;
  double start;

  if (!pinned) {
    server.pinning = NULL;
    client.host = NULL; /* cannot be pinned: attach changes nothing */
  }
  client.verify_as = STAGE_HOST;
  client.finish_flags = 1u << 8; /* don't wait */
  stand_open(&stand, &server);
  start = sample_cpu();
  visit(&client, stand.port, &seen);
  start = sample_cpu() - start;
  stand_close(&stand);
  assert_int_equal(seen.handshake, 0);
  assert_int_equal(seen.proved, pinned);
  return start;
}

static void bench_handshake(struct stage *stage)
{
  struct sample pinned = {0}, unpinned = {0};
  struct stand_request server = stage_server(stage);
  struct visit_request client = stage_client(stage);

  meet_first(&client, &server);
  for (int i = 0; i < rounds / 4; i++) {
    sample_add(&pinned, handshake(stage, true));
    sample_add(&unpinned, handshake(stage, false));
  }
  sample_compare("pinned handshake : unpinned (client CPU)", &pinned, &unpinned, 1.05);
  sample_clear(&pinned);
  sample_clear(&unpinned);
}

static void write_empty_service(const struct stage *stage)
{
  char path[160];
  FILE *file;

  snprintf(path, sizeof path, "%s/services/%s.service", stage->desk.bus.dir, EMPTY_NAME);
  file = fopen(path, "we");
  assert_non_null(file);
  fprintf(file, "[D-BUS Service]\nName=%s\nExec=\"%s/bench/empty\" %s\n", EMPTY_NAME,
          getenv("TOP_BUILDDIR"), EMPTY_NAME);
  assert_int_equal(fclose(file), 0);
}

/* Ends whoever owns the name, and waits until the bus knows. */
static void end_service(DBusConnection *connection, const char *name)
{
  DBusMessage *question = dbus_message_new_method_call(
      DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetConnectionUnixProcessID");
  DBusMessage *reply;
  dbus_uint32_t pid = 0;

  dbus_message_append_args(question, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
  reply = dbus_connection_send_with_reply_and_block(connection, question, 20000, NULL);
  dbus_message_unref(question);
  if (reply == NULL)
    return;
  dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &pid, DBUS_TYPE_INVALID);
  dbus_message_unref(reply);
  kill((pid_t)pid, SIGTERM);
  while (dbus_bus_name_has_owner(connection, name, NULL))
    usleep(1000);
}

/* The first answer of a service that has to be started. */
static void bench_activation(struct stage *stage)
{
  DBusConnection *connection = connect_to(stage);
  struct sample ours = {0}, empty = {0};

  write_empty_service(stage);
  for (int i = 0; i < rounds / 40; i++) {
    end_service(connection, BUS_PINS);
    end_service(connection, EMPTY_NAME);
    sample_add(&ours, call(connection, lookup("host50.example")));
    sample_add(&empty, call(connection, ping(EMPTY_NAME)));
  }
  end_service(connection, EMPTY_NAME);
  sample_compare("cold lookup : cold empty service", &ours, &empty, 1.5);
  sample_clear(&ours);
  sample_clear(&empty);
  disconnect(connection);
}

static void bench_memory(struct stage *stage)
{
  char path[64], line[128];
  long kib = 0;
  FILE *file;

  snprintf(path, sizeof path, "/proc/%d/status", (int)desk_wake(&stage->desk));
  file = fopen(path, "re");
  assert_non_null(file);
  while (fgets(line, sizeof line, file) != NULL)
    sscanf(line, "VmRSS: %ld kB", &kib);
  fclose(file);
  printf("%-44s %9.2f MB                        (aim 6.00)\n",
         "resident memory of the daemon, 100 entries", (double)kib * 1024 / 1e6);
}

static void bench(void **state)
{
  struct stage *stage = *state;
  char host[64];

  for (int i = 0; i < 100; i++) {
    snprintf(host, sizeof host, "host%d.example", i);
    store(stage, host);
  }
  printf("%-44s %12s %12s   ratio\n", "p50", "with", "against");
  bench_lookup(stage);
  bench_handshake(stage);
  bench_activation(stage);
  bench_memory(stage);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(bench)};

  if (argc == 2 && strcmp(argv[1], "--quick") == 0)
    rounds = 80;
  else if (argc != 1) {
    fprintf(stderr, "usage: %s [--quick]\n", argv[0]);
    return EXIT_FAILURE;
  }
  return cmocka_run_group_tests(tests, stage_open, stage_close);
}
