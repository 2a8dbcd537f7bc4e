/* Calls of all methods, one after the other, in the process: from the message to the file.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first octet: bit 0, whether there is a layer of the system, too; bit 1, whether the store is
 * tidied and read through at the end; bit 2, whether it was damaged before, by the octets that
 * follow (specimen_change): then what is pinned must not be looked for in vain. Then call by call:
 * an octet for the method, one that says whether its arguments are of the right types (below 200),
 * and what they are made of. */
#include "config.h"

#include "fuzz/fuzz.h"

#include "daemon/handlers.h"
#include "dbus/names.h"
#include "fuzz/scratch.h"
#include "fuzz/specimen.h"
#include "tests/marshal.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { LAYER = 1, TIDY = 2, DAMAGE = 4, CALLS = 8, TYPED = 200 };

static int64_t now(void)
{
  return SPECIMEN_NOW + 10;
}

static void on_served(void *data)
{
  (void)data;
}

/* The folder of the layers, with the specimen in it, or the empty one. */
static char *layers_folder(bool with)
{
  char *folder = scratch_path(with ? "layers" : "none");
  g_autofree char *file = g_build_filename(folder, "10-fuzz.db", NULL);
  const struct specimen *system = specimen_of(STORE_SYSTEM);

  g_mkdir(folder, 0755);
  if (with)
    scratch_write(file, (struct span){system->octets, system->size});
  return folder;
}

static const struct method *choose(uint8_t which, const struct interface **interface)
{
  size_t pins = 0, admin = 0;

  while (handlers_pins[0].methods[pins].name != NULL)
    pins++;
  while (handlers_admin[0].methods[admin].name != NULL)
    admin++;
  which = (uint8_t)(which % (pins + admin));
  *interface = which < pins ? &handlers_pins[0] : &handlers_admin[0];
  return &(*interface)->methods[which < pins ? which : which - pins];
}

static bool append_arguments(DBusMessage *call, const struct argument *arguments, struct marshal *m)
{
  DBusMessageIter iter;

  dbus_message_iter_init_append(call, &iter);
  for (; arguments->name != NULL; arguments++)
    if (!marshal_append(&iter, arguments->name, arguments->type, m))
      return false;
  return true;
}

static bool append_others(DBusMessage *call, const struct argument *arguments, struct marshal *m)
{
  g_autoptr(GString) signature = g_string_new(NULL);
  g_autofree char *other = NULL;
  DBusMessageIter iter;

  for (; arguments->name != NULL; arguments++)
    g_string_append(signature, arguments->type);
  other = marshal_other_signature(signature->str, &m->source);
  dbus_message_iter_init_append(call, &iter);
  return marshal_append(&iter, NULL, other, m);
}

static void require_reply(DBusMessage *reply, const struct method *method, bool typed)
{
  const char *error = dbus_message_get_error_name(reply);
  g_autoptr(GString) out = g_string_new(NULL);

  for (const struct argument *a = method->out; a->name != NULL; a++)
    g_string_append(out, a->type);
  if (error == NULL)
    require(typed && (dbus_message_has_signature(reply, out->str) ||
                      !dbus_message_get_no_reply(reply))); /* one that is kept is filled in later */
  else if (!typed)
    require(strcmp(error, "org.tlspin.Error.InvalidArgument") == 0);
  else
    require(g_str_has_prefix(error, "org.tlspin.Error.") &&
            strcmp(error, "org.tlspin.Error.None") != 0);
}

static void call(struct handlers *handlers, struct marshal *m)
{
  const struct interface *interface;
  const struct method *method = choose(reader_u8(&m->source), &interface);
  bool typed = reader_u8(&m->source) < TYPED;
  DBusMessage *message =
      dbus_message_new_method_call(NULL, interface->path, interface->name, method->name);
  const struct dispatch dispatch = {.interfaces = interface, .data = handlers, .served = on_served};
  DBusMessage *reply;

  require(message != NULL && dbus_message_set_sender(message, ":1.1"));
  dbus_message_set_serial(message, 1);
  require(typed ? append_arguments(message, method->in, m) : append_others(message, method->in, m));
  reply = dispatch_call(&dispatch, message);
  require(reply != NULL);
  while (keeper_is_busy(handlers->keeper))
    g_main_context_iteration(NULL, TRUE);
  require_reply(reply, method, typed);
  dbus_message_unref(reply);
  dbus_message_unref(message);
}

/* As the daemon does now and then, two days later. */
static void tidy(struct handlers *handlers)
{
  g_autoptr(GString) problem = g_string_new(NULL);
  struct store_applied applied;

  while (handlers_apply(handlers, &applied, problem) == TLSPIN_OK)
    ;
  policy_flush(handlers->policy, now());
  while (policy_tidy(handlers->policy, now() + 2 * 86400))
    ;
}

/* The host is pinned; what can't be had any more, the store knows that it is lost. */
static void look(struct handlers *handlers)
{
  const struct bus_peer peer = {"a.example", "tls", 443};
  const struct dispatch dispatch = {
      .interfaces = handlers_pins, .data = handlers, .served = on_served};
  DBusMessage *message = bus_call(BUS_PINS, "Lookup"), *answer;
  struct bus_lookup_reply reply;

  require(message != NULL && bus_append_peer(message, &peer));
  dbus_message_set_serial(message, 1);
  answer = dispatch_call(&dispatch, message);
  require(bus_read_lookup_reply(answer, &reply));
  if (strcmp(reply.answer, "match") == 0)
    require(reply.ticket.size == 8 && memcmp(reply.ticket.data, "a ticket", 8) == 0 &&
            reply.series == 1);
  else
    require(strcmp(reply.answer, "store-damaged") == 0 || strcmp(reply.answer, "unavailable") == 0);
  dbus_message_unref(answer);
  dbus_message_unref(message);
}

static void serve(const struct specimen *user, uint8_t how, struct marshal *m)
{
  bool layered = (how & LAYER) != 0;
  g_autofree char *admin = layers_folder(layered), *vendor = layers_folder(false);
  const struct layers_config where = {.user_path = user->path,
                                      .admin_dir = admin,
                                      .vendor_dir = vendor,
                                      .user = geteuid(),
                                      .system = geteuid()};
  struct config config = {.undo_period = 86400};
  struct layers *layers = layers_new(&where, SPECIMEN_NOW);
  struct handlers handlers = {.policy = policy_new(layers, &config, NULL),
                              .drafts = drafts_new(NULL, NULL, NULL),
                              .waiting = waiting_new(NULL),
                              .keeper = keeper_new(user->path, geteuid(), on_served, NULL),
                              .now = now,
                              .served = on_served};

  if ((how & LAYER) == 0)
    look(&handlers);
  for (int i = 0; i < CALLS && m->source.left > 0 && !m->source.failed; i++)
    call(&handlers, m);
  if ((how & TIDY) != 0)
    tidy(&handlers);
  keeper_free(handlers.keeper);
  drafts_free(handlers.drafts);
  waiting_free(handlers.waiting);
  policy_free(handlers.policy);
  layers_free(layers);
  config_clear(&config);
}

/* Whole at the end, or as it could not be recovered. */
static void require_whole(const struct specimen *user, bool damaged)
{
  struct store *store = specimen_open(user);
  char *text;

  require(store != NULL || damaged);
  if (store == NULL)
    return;
  text = specimen_text(store);
  require(text != NULL);
  g_free(text);
  store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const struct specimen *user = specimen_of(STORE_USER);
  struct marshal m = {.source = reader_of((struct span){data, size})};
  uint8_t how = reader_u8(&m.source);
  bool damaged = (how & DAMAGE) != 0;
  g_autofree uint8_t *copy = g_malloc(user->size);

  specimen_put(user, damaged ? specimen_change(user, &m.source, copy)
                             : (struct span){user->octets, user->size});
  serve(user, how, &m);
  if ((how & (TIDY | DAMAGE)) != 0)
    require_whole(user, damaged);
  return 0;
}
