/* The method Status of org.tlspin.Admin1: see handlers.h and dbus/org.tlspin.Admin1.xml.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "common/text.h"
#include "daemon/torn.h"
#include "dbus/dict.h"

static bool is_lossy(const struct layers *layers, const struct layer *layer)
{
  return layer == layers_at(layers, 0) && layers_lost(layers);
}

/* A store of the user's that can be read is fine for the answers, but nothing new is kept. */
static char *problem_of(const struct layers *layers, const struct layer *layer)
{
  bool users = layer == layers_at(layers, 0);
  g_autofree char *problem = NULL;

  if (layer->problem != NULL)
    return g_strdup(layer->problem);
  if (is_lossy(layers, layer))
    problem = g_strdup_printf(_("Pins were lost from %s. Run 'tlspin doctor'."), layer->path);
  else if (users && layer->store != NULL)
    problem = layer_write_problem(layer);
  return problem != NULL ? g_utf8_make_valid(problem, -1) : NULL;
}

static const char *state_of(const struct layers *layers, const struct layer *layer)
{
  return layer->store == NULL ? "unavailable" : is_lossy(layers, layer) ? "damaged" : "ok";
}

static bool put_layer(DBusMessageIter *array, const struct layers *layers,
                      const struct layer *layer)
{
  g_autofree char *path = g_utf8_make_valid(layer->path, -1);
  g_autofree char *problem = problem_of(layers, layer);
  DBusMessageIter dict;

  return bus_dict_open(array, &dict) && bus_dict_put_string(&dict, "name", layer->name) &&
         bus_dict_put_string(&dict, "path", path) &&
         bus_dict_put_string(&dict, "state", state_of(layers, layer)) &&
         (problem == NULL || bus_dict_put_string(&dict, "problem", problem)) &&
         bus_dict_close(array, &dict);
}

bool handlers_put_layers(DBusMessageIter *iter, const struct layers *layers)
{
  DBusMessageIter array;
  bool filled = bus_dicts_open(iter, &array);

  for (size_t i = 0; filled && i < layers_count(layers); i++)
    filled = put_layer(&array, layers, layers_at(layers, i));
  return filled && dbus_message_iter_close_container(iter, &array);
}

/* What can't be read is graver than what was lost. */
static const char *state_of_all(const struct layers *layers)
{
  for (size_t i = 0; i < layers_count(layers); i++)
    if (layers_at(layers, i)->store == NULL)
      return "unavailable";
  return state_of(layers, layers_at(layers, 0));
}

static bool put_counts(DBusMessageIter *dict, struct store *store)
{
  uint64_t tickets, records;

  return (store_count(store, &tickets) != TLSPIN_OK ||
          bus_dict_put_number(dict, "entries", DBUS_TYPE_UINT64, tickets)) &&
         (store_count_pins(store, &records) != TLSPIN_OK ||
          bus_dict_put_number(dict, "records", DBUS_TYPE_UINT64, records));
}

static bool put_torn(DBusMessageIter *dict, struct store *store)
{
  struct torn torn;

  return torn_get(store, &torn) != TLSPIN_OK || torn.operation == 0 ||
         bus_dict_put_number(dict, "undo-partly", DBUS_TYPE_UINT64, torn.operation);
}

static bool put_unread(DBusMessageIter *dict)
{
  return bus_dict_put_string(
      dict, "clock-problem",
      _("what the store remembers of the time can't be understood: perhaps a newer tlspin wrote "
        "it. "
        "No pin ends until that one runs again, or a backup is restored, see 'tlspin restore'."));
}

static bool put_suspicion(DBusMessageIter *dict, const struct clock_guard *clock)
{
  if (!bus_dict_put_number(dict, "clock-now", DBUS_TYPE_UINT64, (uint64_t)clock->seen))
    return false;
  if (clock->unread)
    return put_unread(dict);
  return bus_dict_put_number(dict, "clock-jumped", DBUS_TYPE_UINT64, (uint64_t)clock->since) &&
         bus_dict_put_number(dict, "clock-trusted", DBUS_TYPE_UINT64,
                             (uint64_t)clock_trusted_from(clock));
}

bool handlers_put_clock(DBusMessageIter *dict, const struct handlers *handlers)
{
  const struct clock_guard *clock = handlers->clock;

  return clock == NULL ||
         (bus_dict_put_string(dict, "clock", clock->suspect ? "suspect" : "ok") &&
          bus_dict_put_number(dict, "believed", DBUS_TYPE_UINT64, (uint64_t)clock->mark) &&
          (!clock->suspect || put_suspicion(dict, clock)));
}

static bool put_status(DBusMessageIter *dict, const struct handlers *handlers)
{
  const struct config *config = policy_config(handlers->policy);
  const struct layers *layers = policy_layers(handlers->policy);
  struct store *user = layers_at(layers, 0)->store;
  struct settings settings;

  policy_settings(handlers->policy, &settings, NULL, NULL);
  return bus_dict_put_string(dict, "version", PACKAGE_VERSION) &&
         bus_dict_put_string(dict, "state", state_of_all(layers)) &&
         (user == NULL || put_counts(dict, user)) && handlers_put_clock(dict, handlers) &&
         bus_dict_put_number(dict, "lifetime-cap", DBUS_TYPE_UINT32, settings.lifetime_cap) &&
         bus_dict_put_number(dict, "undo-period", DBUS_TYPE_UINT32, config->undo_period) &&
         (user == NULL || put_torn(dict, user)) &&
         bus_dict_put_number(dict, "idle-timeout", DBUS_TYPE_UINT32, handlers->idle_timeout) &&
         (handlers->config_problem == NULL ||
          bus_dict_put_string(dict, "config-problem", handlers->config_problem));
}

enum tlspin_code admin_status(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  struct layers *layers = policy_layers(handlers->policy);
  DBusMessageIter iter, dict;

  (void)call, (void)problem; /* no arguments, no errors */
  layers_user(layers, handlers->now());
  dbus_message_iter_init_append(reply, &iter);
  return handlers_filled(bus_dict_open(&iter, &dict) && put_status(&dict, handlers) &&
                         bus_dict_close(&iter, &dict) && handlers_put_layers(&iter, layers));
}
