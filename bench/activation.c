/* The first answer of a daemon that has to be started: see bench.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench/asker.h"
#include "bench/bench.h"
#include "dbus/names.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define EMPTY_NAME "org.tlspin.BenchEmpty"

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
  dbus_uint32_t pid = asker_owner(connection, name);

  if (pid == 0)
    return;
  kill((pid_t)pid, SIGTERM);
  while (dbus_bus_name_has_owner(connection, name, NULL))
    usleep(1000);
}

void bench_activation(struct stage *stage)
{
  DBusConnection *connection = asker_connect(stage->desk.bus.address);
  struct sample ours = {0}, empty = {0};

  write_empty_service(stage);
  for (int i = 0; i < bench_rounds / 40; i++) {
    end_service(connection, BUS_PINS);
    end_service(connection, EMPTY_NAME);
    sample_add(&ours, asker_time(connection, asker_lookup(BENCH_HOST)));
    sample_add(&empty, asker_time(connection, asker_ping(EMPTY_NAME)));
  }
  end_service(connection, EMPTY_NAME);
  sample_compare("cold lookup : cold empty service", &ours, &empty, 1.5);
  sample_clear(&ours);
  sample_clear(&empty);
  asker_disconnect(connection);
}
