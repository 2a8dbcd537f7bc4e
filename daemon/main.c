/* tlspind: the pin store's daemon. The only file that knows the clock; options.h knows paths and
 * the environment.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/seclusion.h"
#include "daemon/connection.h"
#include "daemon/handlers.h"
#include "daemon/keeper.h"
#include "daemon/loop.h"
#include "daemon/options.h"
#include "daemon/presence.h"
#include "daemon/reception.h"
#include "daemon/slack.h"
#include "daemon/sqlite-memory.h"
#include "daemon/timekeeper.h"
#include "daemon/watch.h"

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
  EXIT_USAGE = 1,
  EXIT_BUS = 2,
  TIDY_SECONDS = 3600,
  FLUSH_SECONDS = 60,
  WATCH_SECONDS = 5,
  SLACK_SECONDS = 1,
  BUSY_MILLISECONDS = 100
};

struct daemon {
  GMainLoop *loop;
  bool over;                    /* perhaps before the loop runs */
  DBusConnection *pins, *admin; /* one for each name: see connection.h */
  struct config config;
  struct layers *layers;
  struct handlers handlers;
  struct dispatch dispatch_pins, dispatch_admin;
  struct quota *quota;
  struct reception *at_pins, *at_admin;
  struct presence *presence;
  struct watch *watches[2];
  guint tidying; /* the source that goes on with it, or 0 */
  guint slack;   /* the source that gives memory back, or 0 */
};

static struct timekeeper timekeeper; /* the one that handlers ask, too */

/* Which start of the computer this is: half of the number that the kernel gives it. Where that
 * can't be read, all have one: they differ in that they have run for less than the one before. */
static uint64_t number_boot(void)
{
  g_autofree char *id = NULL;
  uint64_t number = 0;

  if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &id, NULL, NULL))
    return 1;
  for (const char *c = id; *c != '\0'; c++)
    if (g_ascii_isxdigit(*c))
      number = number << 4 | (uint64_t)g_ascii_xdigit_value(*c);
  return MAX(number, 1);
}

/* Nobody can set for how long the computer has run. */
static struct clock_reading read_system(void)
{
  static uint64_t boot;
  struct timespec elapsed = {0};

  if (boot == 0)
    boot = number_boot();
  clock_gettime(CLOCK_BOOTTIME, &elapsed);
  return (struct clock_reading){time(NULL), elapsed.tv_sec, boot};
}

/* For tests, a file that holds what is read (HACKING.md). */
static struct clock_reading read_clock(void)
{
  struct clock_reading reading = read_system();
  g_autofree char *text = NULL;
  char *rest = NULL;
  int64_t elapsed;

  if (options.clock == NULL || !g_file_get_contents(options.clock, &text, NULL, NULL))
    return reading;
  reading.says = g_ascii_strtoll(text, &rest, 10);
  elapsed = g_ascii_strtoll(rest, &rest, 10);
  if (elapsed == 0)
    return reading;
  return (struct clock_reading){reading.says, elapsed, MAX(g_ascii_strtoull(rest, NULL, 10), 1)};
}

static int64_t believed_time(void)
{
  return timekeeper_now(&timekeeper);
}

static struct layers *open_layers(void)
{
  g_autofree char *store = options_store();
  struct layers_config config = {
      .user_path = store,
      .admin_dir = options_admin_dir(),
      .vendor_dir = options_vendor_dir(),
      .user = geteuid(),
      .system = (uid_t)options.system_owner,
      .ticks = g_get_monotonic_time,
  };

  return layers_new(&config, read_clock().says);
}

static bool is_busy(const struct daemon *daemon)
{
  return (daemon->at_pins != NULL && reception_any(daemon->at_pins)) ||
         (daemon->at_admin != NULL && reception_any(daemon->at_admin));
}

static void on_over(void *data, const char *why)
{
  struct daemon *daemon = data;

  g_info("Leaving: %s.", why);
  daemon->over = true;
  if (!is_busy(daemon))
    g_main_loop_quit(daemon->loop);
}

/* What had arrived before the names were given back is served. */
static void on_idle(void *data)
{
  struct daemon *daemon = data;

  if (daemon->over && !is_busy(daemon))
    g_main_loop_quit(daemon->loop);
}

static gboolean on_signal(gpointer data)
{
  struct daemon *daemon = data;

  presence_leave(daemon->presence);
  return G_SOURCE_CONTINUE;
}

/* While there is something under way for a caller, or half done in the store. */
static void keep_present(struct daemon *daemon)
{
  presence_keep(daemon->presence, drafts_any(daemon->handlers.drafts) ||
                                      waiting_any(daemon->handlers.waiting) ||
                                      policy_has_grown(daemon->handlers.policy) ||
                                      keeper_is_needed(daemon->handlers.keeper));
}

static gboolean tidy_later(gpointer data);

/* A bit at a time, while nobody asks for anything. */
static gboolean tidy_more(gpointer data)
{
  struct daemon *daemon = data;
  g_autoptr(GString) problem = g_string_new(NULL);
  struct store_applied applied;
  enum tlspin_code code = handlers_apply(&daemon->handlers, &applied, problem);

  if (code == TLSPIN_OK || policy_tidy(daemon->handlers.policy, believed_time())) {
    keep_present(daemon);
    return G_SOURCE_CONTINUE;
  }
  daemon->tidying = 0;
  if (code == TLSPIN_E_BUSY && waiting_any(daemon->handlers.waiting))
    daemon->tidying = g_timeout_add(BUSY_MILLISECONDS, tidy_later, daemon);
  keep_present(daemon);
  return G_SOURCE_REMOVE;
}

static void tidy(struct daemon *daemon)
{
  if (daemon->tidying == 0)
    daemon->tidying = g_idle_add_full(G_PRIORITY_LOW, tidy_more, daemon, NULL);
}

/* Once another daemon may be done with what comes before. */
static gboolean tidy_later(gpointer data)
{
  struct daemon *daemon = data;

  daemon->tidying = 0;
  tidy(daemon);
  return G_SOURCE_REMOVE;
}

static gboolean on_slack(gpointer data)
{
  struct daemon *daemon = data;

  daemon->slack = 0;
  slack_return();
  return G_SOURCE_REMOVE;
}

/* What an answer took, a long list above all, is given back soon, and not after each of many. */
static void on_served(void *data)
{
  struct daemon *daemon = data;

  if (daemon->slack == 0)
    daemon->slack = g_timeout_add_seconds(SLACK_SECONDS, on_slack, daemon);
  presence_touch(daemon->presence);
  keep_present(daemon);
  if (policy_has_grown(daemon->handlers.policy))
    tidy(daemon);
}

/* Where it fails, it is tried again as things are tidied up. */
static void on_caller_left(void *data, uint64_t operation)
{
  struct daemon *daemon = data;
  g_autoptr(GString) problem = g_string_new(NULL);

  if (handlers_drop_draft(&daemon->handlers, operation, problem) == TLSPIN_OK)
    g_info("A caller left in the middle of operation %" G_GUINT64_FORMAT ": it was taken back.",
           operation);
  tidy(daemon);
  keep_present(daemon);
}

static void remember_locks(struct daemon *daemon)
{
  struct settings settings;

  policy_settings(daemon->handlers.policy, &settings, NULL, NULL);
}

static void on_layers_read(void *data)
{
  struct daemon *daemon = data;

  remember_locks(daemon);
  announce_changed(&daemon->handlers.announce, "layers", NULL, 0);
}

static void on_layers_changed(void *data)
{
  struct daemon *daemon = data;

  layers_renew(daemon->layers, on_layers_read, daemon);
}

static gboolean on_tidy(gpointer data)
{
  tidy(data);
  return G_SOURCE_CONTINUE;
}

/* Copying a store takes much memory for a while. */
static void on_kept(void *data)
{
  struct daemon *daemon = data;

  keep_present(daemon);
  if (!keeper_is_busy(daemon->handlers.keeper))
    slack_return();
}

/* Before anything that is done every minute would be. */
static bool leaves_early(const struct daemon *daemon)
{
  return daemon->config.idle_timeout > 0 && daemon->config.idle_timeout < FLUSH_SECONDS;
}

/* A daemon that leaves early has to do it between the last call and the end of an idle time. */
static guint flush_seconds(const struct daemon *daemon)
{
  return leaves_early(daemon) ? MAX(daemon->config.idle_timeout / 2, 1) : FLUSH_SECONDS;
}

static void keep_backups(struct daemon *daemon)
{
  struct keeper_terms terms = handlers_terms(&daemon->handlers);

  if (leaves_early(daemon))
    terms.settled = daemon->config.idle_timeout;
  keeper_tend(daemon->handlers.keeper, layers_user(daemon->layers, terms.now)->store, &terms);
}

static gboolean on_flush(gpointer data)
{
  struct daemon *daemon = data;

  policy_flush(daemon->handlers.policy, believed_time());
  timekeeper_save(&timekeeper);
  keep_backups(daemon);
  return G_SOURCE_CONTINUE;
}

/* Another daemon can't recover what this one has open. */
static gboolean on_watch(gpointer data)
{
  struct daemon *daemon = data;

  layers_watch_user(daemon->layers, believed_time());
  return G_SOURCE_CONTINUE;
}

static gboolean on_started(gpointer data)
{
  timekeeper_save(&timekeeper);
  on_tidy(data);
  remember_locks(data);
  return G_SOURCE_REMOVE;
}

static struct reception *receive(struct daemon *daemon, DBusConnection *connection,
                                 struct dispatch *dispatch, const struct interface *interfaces)
{
  const struct reception_config config = {connection,           dispatch, daemon->quota, "/proc",
                                          g_get_monotonic_time, on_idle,  daemon};

  *dispatch = (struct dispatch){interfaces, &daemon->handlers, handlers_served, NULL, NULL, NULL};
  return reception_new(&config);
}

/* The names are asked for first: the bus works on that while the store is read. Folders are watched
 * before they are read, so that no change is missed in between. */
static void start(struct daemon *daemon)
{
  loop_attach(daemon->pins);
  loop_attach(daemon->admin);
  daemon->presence =
      presence_new(daemon->pins, daemon->admin, daemon->config.idle_timeout, on_over, daemon);
  daemon->watches[0] = watch_new(options_admin_dir(), on_layers_changed, daemon);
  daemon->watches[1] = watch_new(options_vendor_dir(), on_layers_changed, daemon);
  daemon->layers = open_layers();
  timekeeper = (struct timekeeper){daemon->layers, read_clock, CLOCK_GUARD_NEW, false};
  layers_attend(daemon->layers, on_layers_read, daemon);
  daemon->handlers = (struct handlers){
      .policy = policy_new(daemon->layers, &daemon->config, options_vendor_anchors()),
      .announce = {daemon->admin},
      .drafts = drafts_new(daemon->admin, on_caller_left, daemon),
      .waiting = waiting_new(daemon->admin),
      .keeper = keeper_new(layers_at(daemon->layers, 0)->path, geteuid(), on_kept, daemon),
      .now = believed_time,
      .clock = &timekeeper.guard,
      .served = on_served,
      .data = daemon,
      .idle_timeout = daemon->config.idle_timeout,
      .config_problem = daemon->config.problem,
      .pins = &daemon->dispatch_pins,
  };
  daemon->quota = quota_new();
  daemon->at_pins = receive(daemon, daemon->pins, &daemon->dispatch_pins, handlers_pins);
  daemon->at_admin = receive(daemon, daemon->admin, &daemon->dispatch_admin, handlers_admin);
  g_unix_signal_add(SIGTERM, on_signal, daemon);
  g_unix_signal_add(SIGINT, on_signal, daemon);
  g_idle_add_full(G_PRIORITY_LOW, on_started, daemon, NULL);
  g_timeout_add_seconds(TIDY_SECONDS, on_tidy, daemon);
  g_timeout_add_seconds(flush_seconds(daemon), on_flush, daemon);
  g_timeout_add_seconds(WATCH_SECONDS, on_watch, daemon);
}

/* Whoever waits for the keeper is answered while everything is there yet. */
static void stop(struct daemon *daemon)
{
  keeper_free(daemon->handlers.keeper);
  dbus_connection_flush(daemon->pins);
  dbus_connection_flush(daemon->admin);
  watch_free(daemon->watches[0]);
  watch_free(daemon->watches[1]);
  reception_free(daemon->at_pins);
  reception_free(daemon->at_admin);
  quota_free(daemon->quota);
  presence_free(daemon->presence);
  drafts_free(daemon->handlers.drafts);
  waiting_free(daemon->handlers.waiting);
  policy_flush(daemon->handlers.policy, believed_time());
  timekeeper_leave(&timekeeper);
  policy_free(daemon->handlers.policy);
  layers_free(daemon->layers);
  connection_close(daemon->admin);
  connection_close(daemon->pins);
  config_clear(&daemon->config);
  g_main_loop_unref(daemon->loop);
}

int main(int argc, char **argv)
{
  struct daemon daemon = {NULL};

  seclude_process();
  slack_share();
  sqlite_memory_use_vault();
  setlocale(LC_CTYPE, ""); /* what texts need; the rest would cost a tenth of the start */
  setlocale(LC_MESSAGES, "");
  umask(077);
  signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk, and no end */
  if (!options_read(&argc, &argv))
    return EXIT_USAGE;
  if (options.version) {
    g_print("tlspind %s\n", PACKAGE_VERSION);
    return EXIT_SUCCESS;
  }
  options_config(&daemon.config);
  daemon.pins = connection_open(options.bus);
  daemon.admin = daemon.pins != NULL ? connection_open(options.bus) : NULL;
  if (daemon.admin == NULL)
    return EXIT_BUS;
  daemon.loop = g_main_loop_new(NULL, FALSE);
  start(&daemon);
  if (!daemon.over)
    g_main_loop_run(daemon.loop);
  stop(&daemon);
  return EXIT_SUCCESS;
}
