/* T11: how long a program waits for its lookups while others flood the daemon.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   flood
 *
 * on the session bus. One after the other, each flood is let loose in processes of its own, and a
 * victim looks a host up that is pinned, again and again. Each lookup has to be answered with
 * "match", and the daemon has to be the same one at the end.
 *
 * Of what a victim waits dbus-daemon takes a part, which no daemon can help: it reads two
 * kilooctets of each connection in turn, and 64 that send leave a 65th of its time to the one that
 * answers. The target can't be met then. These rows are called "bus", and decide nothing but that:
 * the same flood is let loose on a program in the daemon's place that does nothing but answer, and
 * the daemon has to be nearly as quick. */
#include "config.h"

#include "dbus/messages.h"
#include "dbus/names.h"
#include "tests/full.h"

#include <errno.h>
#include <signal.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

enum {
  TARGET_MS = 250,
  BUSY_TARGET_MS = 10000, /* where the machine has other work, as under make check */
  PATIENCE_MS = 60000,
  CONNECTIONS = 64,
  RULES = 10000,
  BIG = 60000000, /* octets */
  OCTETS = 15000000,
  SENDERS = 4,
  LEAST = 100, /* lookups, for a p99 that says something */
  MOST = 100000,
  LONG_MS = 20000, /* whatever there are by then must do */
  REST_MS = 1,
  SETTLE_MS = 300 /* until a flood is at its height */
};

#define VICTIM      "victim.example"
#define ECHO        "org.tlspin.test.Echo"
#define ECHO_FACTOR 1.5

/* Whether the floods and their victim call the echo, and not the daemon. */
static bool to_echo;

static void give_up(const char *what)
{
  fprintf(stderr, "flood: %s\n", what);
  exit(EXIT_FAILURE);
}

static double now_ms(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static void sleep_ms(unsigned milliseconds)
{
  struct timespec rest = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};

  while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
    continue;
}

static DBusConnection *join(void)
{
  DBusConnection *connection = dbus_bus_get_private(DBUS_BUS_SESSION, NULL);

  if (connection == NULL)
    give_up("the bus can't be reached");
  dbus_connection_set_exit_on_disconnect(connection, FALSE);
  return connection;
}

static DBusMessage *call_of(const char *interface, const char *method)
{
  DBusMessage *call = bus_call(interface, method);

  if (call == NULL || (to_echo && !dbus_message_set_destination(call, ECHO)))
    give_up("no memory");
  return call;
}

static DBusMessage *lookup_of(const char *host)
{
  struct bus_peer peer = {host, "tls", 443};
  DBusMessage *call = call_of(BUS_PINS, "Lookup");

  if (!bus_append_peer(call, &peer))
    give_up("no memory");
  return call;
}

/* The bus refuses a second call of the same number. */
static void send_copy(DBusConnection *connection, DBusMessage *call)
{
  DBusMessage *copy = dbus_message_copy(call);

  if (copy == NULL || !dbus_connection_send(connection, copy, NULL))
    give_up("no memory");
  dbus_message_unref(copy);
}

/* Sends without ever waiting for an answer, nor reading any. */
static void send_for_ever(DBusConnection **connections, int count, DBusMessage *call)
{
  for (;;)
    for (int i = 0; i < count; i++) {
      send_copy(connections[i], call);
      dbus_connection_flush(connections[i]);
    }
}

static void flood_lookups(void)
{
  DBusConnection *connection = join();

  send_for_ever(&connection, 1, lookup_of("flood.example"));
}

static void flood_connections(void)
{
  DBusConnection *connections[CONNECTIONS];

  for (int i = 0; i < CONNECTIONS; i++)
    connections[i] = join();
  send_for_ever(connections, CONNECTIONS, lookup_of("flood.example"));
}

/* As many calls as may be under way, all of whose answers are read. */
static void flood_reading(void)
{
  DBusConnection *connection = join();
  DBusMessage *call = lookup_of("flood.example");

  for (;;) {
    for (int i = 0; i < 100; i++)
      send_copy(connection, call);
    if (!dbus_connection_read_write(connection, 0))
      give_up("the bus has gone");
    while (dbus_connection_dispatch(connection) == DBUS_DISPATCH_DATA_REMAINS)
      continue;
  }
}

/* Pages of a thousand entries, each call of which takes long. */
static void flood_lists(void)
{
  DBusConnection *connections[CONNECTIONS];
  DBusMessage *call = call_of(BUS_ADMIN, "List");
  DBusMessageIter iter, dict;
  const char *cursor = "";
  dbus_uint32_t limit = 1000;

  dbus_message_iter_init_append(call, &iter);
  if (!dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &dict) ||
      !dbus_message_iter_close_container(&iter, &dict) ||
      !dbus_message_iter_append_basic(&iter, DBUS_TYPE_STRING, &cursor) ||
      !dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT32, &limit))
    give_up("no memory");
  for (int i = 0; i < CONNECTIONS; i++)
    connections[i] = join();
  for (;;)
    for (int i = 0; i < CONNECTIONS; i++) {
      send_copy(connections[i], call);
      dbus_connection_read_write(connections[i], 0);
      while (dbus_connection_dispatch(connections[i]) == DBUS_DISPATCH_DATA_REMAINS)
        continue;
    }
}

/* Takes the call, and waits until it is refused. */
static void send_in_vain(DBusConnection *connection, DBusMessage *call, const char *error_name)
{
  DBusError error = DBUS_ERROR_INIT;
  DBusMessage *reply =
      dbus_connection_send_with_reply_and_block(connection, call, PATIENCE_MS, &error);

  dbus_message_unref(call);
  if (!to_echo && (reply != NULL || !dbus_error_has_name(&error, error_name)))
    give_up("a call was not refused");
  if (reply != NULL)
    dbus_message_unref(reply);
  dbus_error_free(&error);
}

/* One such message after the other. */
static void flood_big(void)
{
  DBusConnection *connection = join();
  char *host = malloc(BIG + 1);

  if (host == NULL)
    give_up("no memory");
  memset(host, 'a', BIG);
  host[BIG] = '\0';
  for (;;)
    send_in_vain(connection, lookup_of(host), "org.tlspin.Error.InvalidArgument");
}

/* For a method that isn't there, at both names in turn. */
static void send_octets(void)
{
  static const char *const interfaces[] = {BUS_PINS, BUS_ADMIN};
  DBusConnection *connection = join();
  uint8_t *octets = calloc(1, OCTETS);

  for (unsigned i = 0;; i++) {
    DBusMessage *call = call_of(interfaces[i % 2], "Nothing");

    if (octets == NULL || !dbus_message_append_args(call, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &octets,
                                                    OCTETS, DBUS_TYPE_INVALID))
      give_up("no memory");
    send_in_vain(connection, call, "org.tlspin.Error.UnknownMethod");
  }
}

/* Each report is announced, and the bus compares each signal with all the rules. */
static void flood_rules(void)
{
  DBusConnection *connection = join();
  struct bus_failure_call failure = {{VICTIM, "tls", 443}, "proof-wrong"};
  DBusMessage *call = call_of(BUS_PINS, "ReportFailure");
  char rule[256];

  for (int i = 0; i < RULES; i++) {
    snprintf(rule, sizeof rule, "type='signal',interface='%s',arg0='%d.example'", BUS_ADMIN, i);
    dbus_bus_add_match(connection, rule, NULL);
  }
  dbus_connection_flush(connection);
  if (!bus_append_failure_call(call, &failure))
    give_up("no memory");
  for (;;) {
    DBusMessage *reply =
        dbus_connection_send_with_reply_and_block(connection, call, PATIENCE_MS, NULL);

    if (reply != NULL)
      dbus_message_unref(reply);
  }
}

/* In the daemon's place: it only answers, by the shortest reply that there is. */
static void echo(void)
{
  DBusConnection *connection = join();
  DBusMessage *call;

  if (dbus_bus_request_name(connection, ECHO, 0, NULL) != DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER)
    give_up("no name");
  while (dbus_connection_read_write(connection, -1))
    while ((call = dbus_connection_pop_message(connection)) != NULL) {
      DBusMessage *reply = dbus_message_new_method_return(call);

      if (reply == NULL || !dbus_connection_send(connection, reply, NULL))
        give_up("no memory");
      dbus_message_unref(reply);
      dbus_message_unref(call);
    }
}

static pid_t let_loose(void (*flood)(void))
{
  pid_t pid = fork();

  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    flood();
    _exit(EXIT_FAILURE);
  }
  if (pid < 0)
    give_up("no process");
  return pid;
}

/* What libdbus keeps of octets the daemon overwrites by a message to itself (daemon/spent.h). */
static void flood_octets(void)
{
  for (int i = 1; i < SENDERS; i++)
    let_loose(send_octets);
  send_octets();
}

/* It must have lasted to the end. */
static bool end(pid_t pid)
{
  int status;

  kill(pid, SIGKILL);
  return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Milliseconds. */
struct waits {
  unsigned count;
  double p50, p99, most;
  double bus; /* p99 of calls that the bus answers itself */
};

/* Takes the call. NULL: there was no reply for as long as a victim waits. */
static DBusMessage *ask(DBusConnection *connection, DBusMessage *call, double *took)
{
  DBusError error = DBUS_ERROR_INIT;
  double start = now_ms();
  DBusMessage *reply =
      dbus_connection_send_with_reply_and_block(connection, call, PATIENCE_MS, &error);

  *took = now_ms() - start;
  if (reply == NULL && !dbus_error_has_name(&error, DBUS_ERROR_NO_REPLY))
    give_up(error.message);
  dbus_error_free(&error);
  dbus_message_unref(call);
  return reply;
}

/* What is answered has to be right. */
static double look_up(DBusConnection *connection)
{
  double took;
  DBusMessage *reply = ask(connection, lookup_of(VICTIM), &took);
  struct bus_lookup_reply fields;

  if (reply == NULL)
    return took;
  if (!to_echo && (!bus_read_lookup_reply(reply, &fields) || strcmp(fields.answer, "match") != 0))
    give_up("a lookup was not answered with \"match\"");
  dbus_message_unref(reply);
  return took;
}

/* An empty call that the bus answers itself. */
static double ask_bus(DBusConnection *connection)
{
  double took;
  DBusMessage *reply = ask(
      connection,
      dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetId"),
      &took);

  if (reply != NULL)
    dbus_message_unref(reply);
  return took;
}

/* Lookups for so long, with a rest after each, and enough of them. */
static struct waits suffer(double most_ms)
{
  DBusConnection *connection = join();
  double *took = calloc(MOST, sizeof *took), *bus = calloc(MOST, sizeof *bus);
  double start = now_ms();
  struct waits waits;
  unsigned n = 0;

  if (took == NULL || bus == NULL)
    give_up("no memory");
  while (n < MOST && ((n < LEAST && now_ms() - start < LONG_MS) || now_ms() - start < most_ms)) {
    took[n] = look_up(connection);
    bus[n++] = ask_bus(connection);
    sleep_ms(REST_MS);
  }
  qsort(took, n, sizeof *took, compare);
  qsort(bus, n, sizeof *bus, compare);
  waits = (struct waits){n, took[n / 2], took[n * 99 / 100], took[n - 1], bus[n * 99 / 100]};
  free(took);
  free(bus);
  dbus_connection_close(connection);
  dbus_connection_unref(connection);
  return waits;
}

/* Who has the name; another daemon would have another one. */
static void owner(DBusConnection *connection, char name[64])
{
  const char *pins = BUS_PINS, *unique = "";
  DBusMessage *call = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                                                   DBUS_INTERFACE_DBUS, "GetNameOwner");
  DBusMessage *reply;

  dbus_message_append_args(call, DBUS_TYPE_STRING, &pins, DBUS_TYPE_INVALID);
  reply = dbus_connection_send_with_reply_and_block(connection, call, PATIENCE_MS, NULL);
  if (reply != NULL)
    dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &unique, DBUS_TYPE_INVALID);
  snprintf(name, 64, "%s", unique);
  if (reply != NULL)
    dbus_message_unref(reply);
  dbus_message_unref(call);
}

static const struct flood {
  const char *number, *what;
  void (*flood)(void);
  bool bus; /* the bus alone takes too long; only in a full run */
} floods[] = {
    {"T11a", "one connection that reads no answer", flood_lookups, false},
    {"T11b", "one connection that reads them", flood_reading, false},
    {"T11c", "60 MB messages", flood_big, false},
    {"T11d", "10,000 match rules", flood_rules, false},
    {"T11e", "4 that send 15 MB of octets", flood_octets, false},
    {"T11 bus a", "64 connections", flood_connections, true},
    {"T11 bus b", "64 connections that list", flood_lists, true},
};

/* Whether the flood lasted. */
static bool endure(const struct flood *flood, struct waits *waits)
{
  pid_t pid = let_loose(flood->flood);

  sleep_ms(SETTLE_MS);
  *waits = suffer((double)full_count(500, 1500, 20000));
  return end(pid);
}

static bool endure_echo(const struct flood *flood, struct waits *waits)
{
  pid_t pid = let_loose(echo);
  bool lasted;

  to_echo = true;
  sleep_ms(SETTLE_MS);
  lasted = endure(flood, waits);
  to_echo = false;
  return end(pid) && lasted;
}

/* The same program with the name before and after. */
static bool endure_daemon(const struct flood *flood, struct waits *waits, bool *stayed)
{
  DBusConnection *connection = join();
  char before[64], after[64];
  bool lasted;

  look_up(connection);
  owner(connection, before);
  lasted = endure(flood, waits);
  owner(connection, after);
  *stayed = before[0] != '\0' && strcmp(before, after) == 0;
  dbus_connection_close(connection);
  dbus_connection_unref(connection);
  return lasted;
}

/* A p99 of some hundred lookups says something. */
static bool meets_target(const struct waits *waits)
{
  return waits->count >= LEAST && waits->p99 <= (full_asked() ? TARGET_MS : BUSY_TARGET_MS);
}

static bool meets_echo(const struct flood *flood, const struct waits *waits, char text[64])
{
  struct waits least;
  bool lasted = endure_echo(flood, &least);

  snprintf(text, 64, ", of an echo in its place %.1f ms", least.p99);
  return lasted && waits->p99 <= ECHO_FACTOR * least.p99;
}

static bool try(const struct flood *flood)
{
  struct waits waits;
  bool stayed, lasted = endure_daemon(flood, &waits, &stayed), met;
  char compared[64] = "";

  met = flood->bus ? meets_echo(flood, &waits, compared) : meets_target(&waits);
  met = met && lasted && stayed;
  full_say(
      flood->number,
      flood->bus ? "no slower than a program that does nothing else (x 1.5)"
                 : "victim's p99 <= 250 ms; the daemon stays on the bus",
      met,
      "%s: %u lookups, p50 %.1f, p99 %.1f, at most %.1f ms (p99 of the bus alone %.1f ms%s); the "
      "daemon %s%s",
      flood->what, waits.count, waits.p50, waits.p99, waits.most, waits.bus, compared,
      stayed ? "stayed" : "left", lasted ? "" : ", the flood ended");
  return met;
}

/* A word picks one of them. */
int main(int argc, char **argv)
{
  bool well = true;

  for (size_t i = 0; i < sizeof floods / sizeof floods[0]; i++)
    if (argc < 2 ? !floods[i].bus || full_asked() : strcmp(argv[1], floods[i].number) == 0)
      well = try(&floods[i]) && well;
  return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
