/* Where calls arrive: see reception.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/reception.h"

#include "common/text.h"
#include "daemon/authority.h"
#include "daemon/callers.h"
#include "daemon/loop.h"
#include "daemon/quota.h"
#include "daemon/spent.h"
#include "dbus/names.h"
#include "dbus/weight.h"

/* For each octet of a reply that has to wait its caller rests so long while others wait, too: 64
 * KiB a second. */
enum { REST_US = 15 };

/* Of a call from its arrival to its end, whether it is served, refused, or dropped. */
struct visit {
  DBusConnection *connection;
  DBusMessage *call;
  size_t octets;
};

struct reception {
  struct reception_config config;
  struct callers *callers;
  struct turns turns;
  guint serving;  /* the source that serves, while anybody waits for a turn */
  unsigned calls; /* that wait, also those of callers who aren't known yet */
  size_t octets;  /* in them */
  unsigned callers_waiting;

  struct caller *served; /* while a call is served: whose it is, and how much it brings */
  size_t weight;
};

static struct visit *visit_new(DBusConnection *connection, DBusMessage *call)
{
  struct visit *visit = g_new(struct visit, 1);

  *visit = (struct visit){connection, dbus_message_ref(call), bus_weight(call, BUS_CALL_MAX)};
  return visit;
}

/* Any call may have brought secrets. */
static void visit_free(void *data)
{
  struct visit *visit = data;

  spent_call(visit->connection, visit->call);
  dbus_message_unref(visit->call);
  g_free(visit);
}

/* The first of a caller's calls is taken from the queue. */
static struct visit *take(struct reception *reception, struct caller *caller)
{
  struct visit *visit = g_queue_pop_head(&caller->calls);

  caller->octets -= visit->octets;
  reception->octets -= visit->octets;
  reception->calls--;
  if (g_queue_is_empty(&caller->calls))
    reception->callers_waiting--;
  return visit;
}

static void put(struct reception *reception, struct caller *caller, struct visit *visit)
{
  if (g_queue_is_empty(&caller->calls))
    reception->callers_waiting++;
  g_queue_push_tail(&caller->calls, visit);
  caller->octets += visit->octets;
  reception->octets += visit->octets;
  reception->calls++;
}

bool reception_any(const struct reception *reception)
{
  return reception->calls > 0;
}

static void serve(struct reception *reception, struct caller *caller)
{
  struct visit *visit = take(reception, caller);
  int64_t start = reception->config.clock(), end;
  long backlog = dbus_connection_get_outgoing_size(reception->config.connection);

  reception->served = caller;
  reception->weight = visit->octets;
  dispatch_serve(reception->config.dispatch, reception->config.connection, visit->call);
  reception->served = NULL;
  visit_free(visit);
  end = reception->config.clock();
  backlog = dbus_connection_get_outgoing_size(reception->config.connection) - backlog;
  caller->turn.rests_until = end + MAX(backlog, 0) * REST_US;
  turns_charge(&reception->turns, &caller->turn, (uint64_t)MAX(end - start, 1));
  if (g_queue_is_empty(&caller->calls)) {
    turns_leave(&reception->turns, &caller->turn);
    callers_idle(caller);
  }
}

/* Also after a call that was refused: it may have taken as much memory as another. */
static void tell_idle(struct reception *reception)
{
  if (!reception_any(reception))
    reception->config.idle(reception->config.data);
}

static void serve_next(struct reception *reception, struct turn *turn)
{
  serve(reception, (struct caller *)turn);
  tell_idle(reception);
}

static gboolean serve_some(gpointer data);

static gboolean serve_later(gpointer data)
{
  struct reception *reception = data;

  reception->serving = g_idle_add_full(G_PRIORITY_DEFAULT, serve_some, reception, NULL);
  return G_SOURCE_REMOVE;
}

/* NULL: while the bus doesn't take in what was answered nobody is served, or only who has added
 * little to it; there is no end to the replies that a caller can ask for and not read. */
static struct turn *next_turn(const struct reception *reception)
{
  switch (loop_backlog(reception->config.connection)) {
  case LOOP_FREE:
    return turns_next(&reception->turns, INT64_MAX);
  case LOOP_CONGESTED:
    return turns_next(&reception->turns, reception->config.clock());
  case LOOP_BLOCKED:
    break;
  }
  return NULL;
}

/* One at a time, so that in between others are heard. */
static gboolean serve_some(gpointer data)
{
  struct reception *reception = data;
  struct turn *turn = next_turn(reception);

  if (turn == NULL) {
    reception->serving = g_timeout_add(LOOP_LATER_MS, serve_later, reception);
    return G_SOURCE_REMOVE;
  }
  serve_next(reception, turn);
  if (turns_next(&reception->turns, INT64_MAX) != NULL)
    return G_SOURCE_CONTINUE;
  reception->serving = 0;
  return G_SOURCE_REMOVE;
}

static void begin_serving(struct reception *reception)
{
  if (reception->serving == 0)
    serve_later(reception);
}

/* Whose calls were waiting for that. */
static void on_known(void *data, struct caller *caller)
{
  struct reception *reception = data;

  if (g_queue_is_empty(&caller->calls)) {
    callers_idle(caller);
    return;
  }
  turns_join(&reception->turns, &caller->turn);
  begin_serving(reception);
}

/* No method takes a file descriptor: none is kept for as long as a call waits. */
static enum tlspin_code check_message(const struct visit *visit, GString *problem)
{
  if (dbus_message_contains_unix_fds(visit->call)) {
    g_string_assign(problem, _("no method takes a file descriptor"));
    return TLSPIN_E_ARGUMENT;
  }
  if (visit->octets <= BUS_CALL_MAX)
    return TLSPIN_OK;
  g_string_printf(problem, _("the arguments together are longer than %d octets"), BUS_CALL_MAX);
  return TLSPIN_E_ARGUMENT;
}

/* One call can wait of everybody, whatever others have sent. */
static bool has_room(const struct reception *reception, const struct caller *caller, size_t octets)
{
  unsigned share = MAX(reception->callers_waiting, 1);
  unsigned calls = g_queue_get_length((GQueue *)&caller->calls);

  if (calls == 0)
    return true;
  if (calls >= QUOTA_CALLS || caller->octets + octets > QUOTA_OCTETS)
    return false;
  return (reception->calls < QUOTA_CALLS_ALL || calls < QUOTA_CALLS_ALL / share) &&
         (reception->octets + octets <= QUOTA_OCTETS_ALL ||
          caller->octets + octets <= QUOTA_OCTETS_ALL / share);
}

static enum tlspin_code refuse_caller(const struct caller *caller, GString *problem)
{
  if (caller == NULL)
    g_string_printf(problem,
                    _("More than %d programs wait for answers of the pin store. Try again in a "
                      "few seconds."),
                    QUOTA_CALLERS);
  else
    g_string_printf(problem,
                    _("The program has %u calls waiting already; at most %d, and %d MiB of them, "
                      "may. Try again when some have been answered."),
                    g_queue_get_length((GQueue *)&caller->calls), QUOTA_CALLS, QUOTA_OCTETS >> 20);
  return TLSPIN_E_LIMIT;
}

static bool is_alone(const struct reception *reception)
{
  return reception->serving == 0 && reception->calls == 1 &&
         dbus_connection_get_dispatch_status(reception->config.connection) !=
             DBUS_DISPATCH_DATA_REMAINS;
}

static void queue(struct reception *reception, struct caller *caller, struct visit *visit)
{
  bool first = g_queue_is_empty(&caller->calls);

  put(reception, caller, visit);
  if (!caller->known)
    return;
  if (first)
    turns_join(&reception->turns, &caller->turn);
  if (is_alone(reception))
    serve_next(reception, &caller->turn);
  else
    begin_serving(reception);
}

/* The visit is taken where TLSPIN_OK is returned. */
static enum tlspin_code receive(struct reception *reception, struct visit *visit, GString *problem)
{
  enum tlspin_code code = check_message(visit, problem);
  const char *sender = dbus_message_get_sender(visit->call);
  struct caller *caller;

  if (code != TLSPIN_OK)
    return code;
  caller = callers_get(reception->callers, sender != NULL ? sender : "");
  if (caller == NULL || !has_room(reception, caller, visit->octets))
    return refuse_caller(caller, problem);
  queue(reception, caller, visit);
  return TLSPIN_OK;
}

static DBusHandlerResult filter(DBusConnection *connection, DBusMessage *message, void *data)
{
  struct reception *reception = data;
  g_autoptr(GString) problem = NULL;
  struct visit *visit;
  enum tlspin_code code;

  if (dbus_message_get_type(message) != DBUS_MESSAGE_TYPE_METHOD_CALL)
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  problem = g_string_new(NULL);
  visit = visit_new(connection, message);
  code = receive(reception, visit, problem);
  if (code != TLSPIN_OK) {
    dispatch_refuse(connection, message, code,
                    loop_backlog(connection) != LOOP_FREE ? NULL : problem->str);
    visit_free(visit);
    tell_idle(reception);
  }
  return DBUS_HANDLER_RESULT_HANDLED;
}

/* What the call that is being served takes from its caller's account. */
static enum tlspin_code charge(void *data, GString *problem)
{
  struct reception *reception = data;
  const struct caller *caller = reception->served;
  const struct quota_cost cost = {1, reception->weight};

  return quota_take(reception->config.quota, caller->process, caller->kind, &cost,
                    reception->config.clock(), problem);
}

/* Of who has left, what it wanted to have stored is stored still, and nothing else is done. A
 * verdict may be all that keeps a program from an impostor: it is given, whatever was stored. */
static enum tlspin_code admit(void *data, const char *interface, const struct method *method,
                              DBusMessage *call, GString *problem)
{
  struct reception *reception = data;
  const struct caller *caller = reception->served;
  enum tlspin_code code =
      authority_decide(caller->kind, interface, dbus_message_get_member(call), problem);

  if (code != TLSPIN_OK)
    return code;
  if (method == NULL || method->kind == METHOD_READS)
    return caller->gone ? TLSPIN_E_DENIED : TLSPIN_OK;
  return method->kind == METHOD_STORES ? charge(reception, problem) : TLSPIN_OK;
}

struct reception *reception_new(const struct reception_config *config)
{
  struct reception *reception = g_new0(struct reception, 1);

  reception->config = *config;
  reception->callers =
      callers_new(config->connection, config->proc, on_known, visit_free, reception);
  turns_init(&reception->turns);
  config->dispatch->admit = admit;
  config->dispatch->charge = charge;
  config->dispatch->gate = reception;
  dbus_connection_add_filter(config->connection, filter, reception, NULL);
  return reception;
}

void reception_free(struct reception *reception)
{
  dbus_connection_remove_filter(reception->config.connection, filter, reception);
  if (reception->serving != 0)
    g_source_remove(reception->serving);
  callers_free(reception->callers);
  turns_clear(&reception->turns);
  g_free(reception);
}
