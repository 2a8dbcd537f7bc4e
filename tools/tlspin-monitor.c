/* tlspin monitor: what happens, as it happens.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/event.h"
#include "tools/thing.h"
#include "tools/when.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS_MOST = 86400 };

static char *seconds; /* NULL: without an end */

static const GOptionEntry entries[] = {
    {"seconds", 0, 0, G_OPTION_ARG_STRING, &seconds,
     N_("Listen for so long (default: until Ctrl-C)"), N_("N")},
    G_OPTION_ENTRY_NULL,
};

static int stop_pipe[2];

/* Ends the listening; whatever was heard before is printed. */
static void on_signal(int signal)
{
  ssize_t written = write(stop_pipe[1], "", 1);

  (void)signal;
  (void)written; /* the pipe holds far more than a signal or two */
}

static void put_change(JsonBuilder *builder, const tlspin_entry_t *what)
{
  int64_t port = tlspin_entry_number(what, "port");

  json_put_text(builder, "change", thing_text(what, "change"));
  json_put_text(builder, "host", thing_text(what, "host"));
  json_put_text(builder, "protocol", thing_text(what, "protocol"));
  if (port > 0)
    json_put_number(builder, "port", (uint64_t)port);
  else
    json_put_text(builder, "port", NULL);
}

/* A line of JSON each, so that a reader needn't wait for the end. */
static void print_json(const char *signal, const tlspin_entry_t *what)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_text(builder, "signal", signal);
  if (strcmp(signal, "Logged") == 0)
    event_put_members(builder, what);
  else if (strcmp(signal, "Changed") == 0)
    put_change(builder, what);
  json_print_line(json_builder_end_object(builder));
}

static void print_change(const tlspin_entry_t *what)
{
  g_autofree char *now = when_to_text((uint64_t)time(NULL));
  g_autofree char *host = output_clean(thing_text(what, "host"));
  g_autofree char *change = output_clean(thing_text(what, "change"));
  int64_t port = tlspin_entry_number(what, "port");

  if (host[0] == '\0')
    output_said(_("%s  one or more servers  %s"), now, change);
  else if (port > 0)
    output_said("%s  %s:%u  %s", now, host, (unsigned)port, change);
  else
    output_said("%s  %s  %s", now, host, change);
}

static void print_start(void)
{
  g_autofree char *now = when_to_text((uint64_t)time(NULL));

  output_said(_("%s  the daemon of the pin store was started"), now);
}

static void print_text(const char *signal, const tlspin_entry_t *what)
{
  const struct columns_style style = columns_style_of_output();

  if (strcmp(signal, "Logged") == 0)
    event_print(what, &style);
  else if (strcmp(signal, "Changed") == 0)
    print_change(what);
  else if (strcmp(signal, "Lost") == 0)
    print_start();
}

static int heard(const char *signal, const tlspin_entry_t *what, void *data)
{
  (void)data;
  (shared_options.json ? print_json : print_text)(signal, what);
  return output_finish(STATUS_FINE) != STATUS_FINE; /* at once; nobody reads any more: enough */
}

static int listen_for(int milliseconds)
{
  tlspin_t *context = store_context();
  struct sigaction action = {.sa_handler = on_signal};
  int code;

  if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
    return complain(STATUS_STORE, "%s.", g_strerror(errno));
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  code = tlspin_listen(context, milliseconds, stop_pipe[0], heard, NULL);
  tlspin_free(context);
  return code == TLSPIN_OK || code == 1 ? STATUS_FINE : complain_of(code);
}

int run_monitor(int argc, char **argv)
{
  const char *description =
      _("Shows what happens in the pin store while it happens: servers that don't meet\n"
        "their pins, and pins that are stored, changed or cleared. With --json a line of\n"
        "JSON for each.\n"
        "\n"
        "Examples:\n"
        "  tlspin monitor\n"
        "  tlspin monitor --json --seconds 60\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the session bus can't be reached.");
  int status = read_options("monitor", NULL, description, entries, 0, 0, &argc, &argv);
  guint64 time = 0;

  if (status != STATUS_FINE)
    return status;
  if (seconds != NULL && !g_ascii_string_to_unsigned(seconds, 10, 1, SECONDS_MOST, &time, NULL))
    return complain(STATUS_USAGE, _("--seconds must be 1 to 86400."));
  return listen_for(seconds != NULL ? (int)time * 1000 : -1);
}
