/* Calls of every method that the daemon says it has, with hostile arguments, wrong ones, and wrong
 * headers.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   fuzz-calls     on the bus of DBUS_SESSION_BUS_ADDRESS, where tlspind is started by its name
 *
 * What is called comes from Introspect, so that no method can be forgotten. Each call has to be
 * answered, by what the method returns or by an error of org.tlspin.Error; one whose arguments have
 * other types by InvalidArgument, one to what isn't there by UnknownMethod. tests/fuzz-calls.bus
 * looks after the daemon. TESTS_SEED: the seed; TESTS_STEP: that step alone. */
#include "config.h"

#include "tests/attempt.h"
#include "tests/full.h"
#include "tests/marshal.h"

#include <glib.h>

enum {
  CONNECTIONS = 4,
  STRAYS = 8,
  CALLS_EACH = 250,
  PATIENCE = 120000 /* ms */,
  SOURCE = 4096,
  BLOBS = 4
};

static struct object objects[] = {{"org.tlspin.Pins1", "/org/tlspin/Pins1", NULL},
                                  {"org.tlspin.Admin1", "/org/tlspin/Admin1", NULL}};

static struct {
  GPtrArray *methods; /* struct method */
  DBusConnection *connections[CONNECTIONS];
  unsigned used[CONNECTIONS];
  struct span blobs[BLOBS];
  size_t blob_count;
  GHashTable *errors; /* names, with how often */
  uint32_t seed;
  uint64_t step, limited, refused; /* refused: but for limited */
  gint64 slowest;                  /* microseconds */
} run;

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format, ...)
{
  va_list list;

  va_start(list, format);
  fprintf(stderr, "FAILED in step %" G_GUINT64_FORMAT ": ", run.step);
  vfprintf(stderr, format, list);
  va_end(list);
  fprintf(stderr,
          "\nTo see it again: TESTS_SEED=%u; that step alone, with TESTS_STEP=%" G_GUINT64_FORMAT
          " as well\n",
          run.seed, run.step);
  full_say("T12", "100,000 malformed or mistyped calls: each answered with a D-Bus error", false,
           "seed %u, step %" G_GUINT64_FORMAT, run.seed, run.step);
  exit(1);
}

static DBusConnection *join(void)
{
  DBusError error = DBUS_ERROR_INIT;
  DBusConnection *connection = dbus_bus_get_private(DBUS_BUS_SESSION, &error);

  if (connection == NULL)
    give_up("no bus: %s", error.message);
  dbus_connection_set_exit_on_disconnect(connection, FALSE);
  return connection;
}

static void leave(DBusConnection *connection)
{
  if (connection != NULL) {
    dbus_connection_close(connection);
    dbus_connection_unref(connection);
  }
}

/* A caller with a good name: one that made some calls, or was told that it makes too many, is
 * followed by another. */
static DBusConnection *caller(unsigned which)
{
  if (run.connections[which] == NULL || run.used[which] >= CALLS_EACH) {
    leave(run.connections[which]);
    run.connections[which] = join();
    run.used[which] = 0;
  }
  run.used[which]++;
  return run.connections[which];
}

/* The answer; an error is one, too. */
static DBusMessage *ask(DBusConnection *connection, DBusMessage *call)
{
  gint64 begin = g_get_monotonic_time();
  DBusPendingCall *pending = NULL;
  DBusMessage *reply;

  if (!dbus_connection_send_with_reply(connection, call, &pending, PATIENCE) || pending == NULL)
    give_up("the call can't be sent");
  dbus_pending_call_block(pending);
  reply = dbus_pending_call_steal_reply(pending);
  dbus_pending_call_unref(pending);
  run.slowest = MAX(run.slowest, g_get_monotonic_time() - begin);
  return reply;
}

/* Whose the name is; to be freed by g_free. */
static char *find_owner(const char *name)
{
  DBusMessage *call = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                                                   DBUS_INTERFACE_DBUS, "GetNameOwner");
  const char *found = NULL;
  char *owner = NULL;
  DBusMessage *reply;

  dbus_message_append_args(call, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
  reply = ask(caller(0), call);
  if (dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &found, DBUS_TYPE_INVALID))
    owner = g_strdup(found);
  dbus_message_unref(call);
  dbus_message_unref(reply);
  return owner;
}

/* By the call the service is started, if it wasn't. */
static void introspect(struct object *object)
{
  DBusMessage *call = dbus_message_new_method_call(object->service, object->path,
                                                   DBUS_INTERFACE_INTROSPECTABLE, "Introspect");
  DBusMessage *reply = ask(caller(0), call);
  const char *xml;

  if (!dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &xml, DBUS_TYPE_INVALID) ||
      !object_methods(object, xml, run.methods))
    give_up("%s: no introspection data", object->path);
  object->owner = find_owner(object->service);
  dbus_message_unref(call);
  dbus_message_unref(reply);
}

/* Certificates, to be shown to CheckChain and Explain. */
static void load_blobs(void)
{
  g_autofree char *text = NULL;
  g_auto(GStrv) blocks = NULL;

  if (!g_file_get_contents(TEST_DATA "/import/chain.pem", &text, NULL, NULL))
    give_up("no certificates");
  blocks = g_strsplit(text, "-----BEGIN CERTIFICATE-----", -1);
  for (size_t i = 1; blocks[0] != NULL && blocks[i] != NULL && run.blob_count < BLOBS; i++) {
    struct span *blob = &run.blobs[run.blob_count++];

    *strstr(blocks[i], "-----") = '\0';
    blob->data = g_base64_decode(blocks[i], &blob->size);
  }
}

/* As octets of the run's seed and the step's number. */
static void fill(uint8_t *octets)
{
  const guint32 seed[] = {run.seed, (guint32)run.step, (guint32)(run.step >> 32)};
  g_autoptr(GRand) rand = g_rand_new_with_seed_array(seed, G_N_ELEMENTS(seed));

  for (size_t i = 0; i < SOURCE; i++)
    octets[i] = (uint8_t)g_rand_int(rand);
}

static void count(const char *error)
{
  g_hash_table_insert(
      run.errors, g_strdup(error),
      GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(run.errors, error)) + 1));
}

#define ERRORS "org.tlspin.Error."

static bool is_standard(const struct method *method)
{
  return g_str_has_prefix(method->interface, "org.freedesktop.DBus.");
}

static void check_error(const struct attempt *attempt, DBusMessage *reply)
{
  const char *name = dbus_message_get_error_name(reply), *text = NULL;
  bool limited = strcmp(name, ERRORS "LimitsExceeded") == 0;

  count(name);
  run.limited += limited;
  run.refused += !limited;
  if (!dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID) ||
      text[0] == '\0')
    give_up("%s says nothing", name);
  if (limited)
    return;
  if (attempt->sort == ATTEMPT_MISDIRECTED) {
    /* descriptors are refused whatever it is for */
    bool refused = strcmp(name, ERRORS "InvalidArgument") == 0 &&
                   dbus_message_contains_unix_fds(attempt->call);

    if (!refused && strcmp(name, ERRORS "UnknownMethod") != 0 &&
        strcmp(name, DBUS_ERROR_UNKNOWN_METHOD) != 0)
      give_up("a call to what isn't there: %s: %s", name, text);
  } else if (attempt->sort == ATTEMPT_MISTYPED && !is_standard(attempt->method)) {
    if (strcmp(name, ERRORS "InvalidArgument") != 0)
      give_up("a mistyped call: %s: %s", name, text);
  } else if (!g_str_has_prefix(name, ERRORS) && !is_standard(attempt->method)) {
    give_up("%s: %s", name, text);
  }
}

static void check(const struct attempt *attempt, DBusMessage *reply)
{
  struct method *method = (struct method *)(uintptr_t)attempt->method;

  method->calls++;
  if (strcmp(dbus_message_get_sender(reply), method->object->owner) != 0)
    give_up("answered by %s: %s", dbus_message_get_sender(reply),
            dbus_message_get_error_name(reply));
  if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR) {
    method->refusals++;
    method->understood += attempt->sort == ATTEMPT_TYPED &&
                          strcmp(dbus_message_get_error_name(reply), ERRORS "InvalidArgument") != 0;
    check_error(attempt, reply);
    return;
  }
  method->replies++;
  method->understood++;
  if (attempt->sort == ATTEMPT_MISTYPED && !is_standard(method))
    give_up("arguments '%s' were taken for '%s'", attempt->signature, method->in->str);
  if (attempt->sort != ATTEMPT_MISDIRECTED && !dbus_message_has_signature(reply, method->out->str))
    give_up("the reply is '%s'", dbus_message_get_signature(reply));
}

/* The next call shows whether it did any harm. */
static void send_stray(struct marshal *m, DBusConnection *connection)
{
  const struct method *method = run.methods->pdata[reader_u8(&m->source) % run.methods->len];
  DBusMessage *stray = attempt_stray(method, m);

  if (!dbus_connection_send(connection, stray, NULL))
    give_up("no memory");
  dbus_message_unref(stray);
}

/* One call, by a caller that goes where it was told that it makes too many. */
static void take_step(void)
{
  uint8_t octets[SOURCE];
  struct marshal m = {.source = reader_of((struct span){octets, SOURCE}),
                      .blobs = run.blobs,
                      .blob_count = run.blob_count};
  uint64_t limited = run.limited;
  unsigned which = (unsigned)(run.step % CONNECTIONS);
  struct attempt attempt;
  DBusMessage *reply;
  gint64 begin;

  fill(octets);
  attempt = attempt_make(run.methods->pdata[run.step % run.methods->len], &m);
  if (run.step % STRAYS == 0)
    send_stray(&m, caller(which));
  begin = g_get_monotonic_time();
  reply = ask(caller(which), attempt.call);
  ((struct method *)run.methods->pdata[run.step % run.methods->len])->took +=
      g_get_monotonic_time() - begin;
  check(&attempt, reply);
  if (run.limited > limited)
    run.used[which] = CALLS_EACH;
  dbus_message_unref(reply);
  attempt_clear(&attempt);
}

static void tell(uint64_t steps)
{
  GHashTableIter iter;
  gpointer name, number;

  for (guint i = 0; i < run.methods->len; i++) {
    const struct method *method = run.methods->pdata[i];

    printf("%s.%s(%s): %" G_GUINT64_FORMAT " calls, %" G_GUINT64_FORMAT
           " replies, %" G_GINT64_FORMAT " ms\n",
           method->interface, method->name, method->in->str, method->calls, method->replies,
           method->took / 1000);
    if (steps >= 20000 && !is_standard(method) &&
        (method->understood == 0 || method->refusals == 0))
      give_up("%s: never understood, or never refused", method->name);
  }
  g_hash_table_iter_init(&iter, run.errors);
  while (g_hash_table_iter_next(&iter, &name, &number))
    printf("%s: %u\n", (const char *)name, GPOINTER_TO_UINT(number));
  if (run.limited > steps / 4)
    give_up("%" G_GUINT64_FORMAT " calls were too many for their caller", run.limited);
}

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
  const char *text = getenv(variable);

  return text != NULL && text[0] != '\0' ? g_ascii_strtoull(text, NULL, 10) : otherwise;
}

int main(void)
{
  uint64_t wanted = full_count(400, 1500, 100000), first = number_of("TESTS_STEP", 0), steps;

  run.seed = (uint32_t)number_of("TESTS_SEED", 20261123);
  run.methods = g_ptr_array_new();
  run.errors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  printf("TESTS_SEED=%u\n", run.seed);
  load_blobs();
  for (size_t i = 0; i < G_N_ELEMENTS(objects); i++)
    introspect(&objects[i]);
  run.step = first;
  do {
    take_step();
    run.step++;
  } while (first == 0 && run.refused < wanted);
  steps = run.step - first;
  for (size_t i = 0; i < G_N_ELEMENTS(objects); i++) {
    g_autofree char *owner = find_owner(objects[i].service);

    if (g_strcmp0(owner, objects[i].owner) != 0)
      give_up("the daemon was another one at the end");
  }
  tell(steps);
  for (unsigned i = 0; i < CONNECTIONS; i++)
    leave(run.connections[i]);
  full_say("T12", "100,000 malformed or mistyped calls: each answered with a D-Bus error", true,
           "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
           " calls of %u methods refused with an error, all answered; the slowest in "
           "%" G_GINT64_FORMAT " ms",
           run.refused, steps, run.methods->len, run.slowest / 1000);
  return 0;
}
