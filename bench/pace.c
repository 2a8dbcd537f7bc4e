/* How fast the daemon on the session bus answers lookups, for scripts.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   pace FILE [ROUNDS]
 *
 * looks hosts up, chosen at random from the file's lines, in turns with empty calls, so many of
 * each. Prints how long a lookup takes, how much of that is CPU time of the daemon's, and the same
 * of an empty call: microseconds, on one line. Each is the mean of a few calls, and of these the
 * least, as it was when nobody else disturbed it. Every lookup has to be answered with "match" or
 * "no-pin". */
#include "config.h"

#include "bench/asker.h"
#include "dbus/messages.h"
#include "dbus/names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

enum { ROUNDS = 2000, BATCH = 20 };

struct hosts {
  char **names;
  size_t count, room;
};

static void give_up(const char *what)
{
  fprintf(stderr, "pace: %s\n", what);
  exit(EXIT_FAILURE);
}

static void add(struct hosts *hosts, char *name)
{
  if (hosts->count == hosts->room) {
    hosts->room = hosts->room * 2 + 64;
    hosts->names = realloc(hosts->names, hosts->room * sizeof *hosts->names);
    if (hosts->names == NULL)
      abort();
  }
  name[strcspn(name, "\n")] = '\0';
  hosts->names[hosts->count++] = name;
}

static struct hosts read_hosts(const char *path)
{
  struct hosts hosts = {NULL, 0, 0};
  FILE *file = fopen(path, "re");
  char *line = NULL;
  size_t size = 0;

  if (file == NULL)
    give_up("the file of hosts can't be read");
  while (getline(&line, &size, file) > 0) {
    add(&hosts, line);
    line = NULL;
    size = 0;
  }
  free(line);
  fclose(file);
  if (hosts.count == 0)
    give_up("the file has no hosts");
  return hosts;
}

static void free_hosts(struct hosts *hosts)
{
  for (size_t i = 0; i < hosts->count; i++)
    free(hosts->names[i]);
  free(hosts->names);
}

static void look_up(DBusConnection *connection, const char *host)
{
  DBusMessage *reply = asker_ask(connection, asker_lookup(host));
  struct bus_lookup_reply fields;

  if (!bus_read_lookup_reply(reply, &fields) ||
      (strcmp(fields.answer, "match") != 0 && strcmp(fields.answer, "no-pin") != 0))
    give_up("a lookup was not answered well");
  dbus_message_unref(reply);
}

static clockid_t clock_of_daemon(DBusConnection *connection)
{
  dbus_uint32_t pid;
  clockid_t clock;

  asker_time(connection, asker_ping(BUS_PINS)); /* starts it */
  pid = asker_owner(connection, BUS_PINS);
  if (pid == 0 || clock_getcpuclockid((pid_t)pid, &clock) != 0)
    give_up("the daemon's clock can't be read");
  return clock;
}

/* The least that a call took; the daemon's part of it. */
struct pace {
  double whole, daemon;
};

/* A batch of calls: lookups of these hosts or, without any, empty ones. */
static void measure(DBusConnection *connection, const struct hosts *hosts, clockid_t clock,
                    struct pace *pace)
{
  double start = sample_now(), daemon = sample_clock(clock);

  for (int i = 0; i < BATCH; i++)
    if (hosts != NULL)
      look_up(connection, hosts->names[(size_t)random() % hosts->count]);
    else
      asker_time(connection, asker_ping(BUS_PINS));
  pace->daemon = MIN(pace->daemon, (sample_clock(clock) - daemon) / BATCH);
  pace->whole = MIN(pace->whole, (sample_now() - start) / BATCH);
}

int main(int argc, char **argv)
{
  struct pace lookups = {INFINITY, INFINITY}, pings = lookups;
  int rounds = argc == 3 ? atoi(argv[2]) : ROUNDS;
  DBusConnection *connection;
  struct hosts hosts;
  clockid_t clock;

  if (argc < 2 || argc > 3 || rounds < 1) {
    fprintf(stderr, "usage: pace FILE [ROUNDS]\n");
    return EXIT_FAILURE;
  }
  hosts = read_hosts(argv[1]);
  connection = asker_connect(NULL);
  clock = clock_of_daemon(connection);
  for (int done = 0; done < rounds; done += BATCH) {
    measure(connection, &hosts, clock, &lookups);
    measure(connection, NULL, clock, &pings);
  }
  printf("%.1f %.1f %.1f %.1f\n", lookups.whole, lookups.daemon, pings.whole, pings.daemon);
  asker_disconnect(connection);
  free_hosts(&hosts);
  return EXIT_SUCCESS;
}
