/* What is known of a peer: see pinlist-records.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinlist-records.h"

#include "daemon/store.h"
#include "dbus/messages.h"
#include "dbus/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { REPLY_MS = 20000, DAEMON_LAYER = 1 };

static struct store *layer;
static DBusConnection *bus;

static void need(bool fine, const char *what)
{
  if (fine)
    return;
  fprintf(stderr, "pinlist-records.c: %s\n", what);
  exit(EXIT_FAILURE);
}

void records_open(const char *path)
{
  char *problem = NULL;

  if (path == NULL)
    need((bus = dbus_bus_get_private(DBUS_BUS_SESSION, NULL)) != NULL, "no bus");
  else
    need(store_open(path, STORE_SYSTEM, geteuid(), &layer, &problem) == TLSPIN_OK,
         problem != NULL ? problem : path);
}

void records_close(void)
{
  store_close(layer);
  if (bus == NULL)
    return;
  dbus_connection_close(bus);
  dbus_connection_unref(bus);
}

static bool collect(const struct keypin *pin, void *data)
{
  struct keypin copy = *pin;

  copy.note = "";
  copy.seen = (struct span){NULL, 0};
  copy.owned = NULL;
  g_array_append_val((GArray *)data, copy);
  return true;
}

static DBusMessage *look_up(const struct peer *peer)
{
  DBusMessage *call = bus_call(BUS_PINS, "Lookup"), *reply;
  const struct bus_peer asked = {peer->host, protocol_token(peer->protocol), peer->port};

  need(call != NULL && bus_append_peer(call, &asked), "no memory");
  reply = dbus_connection_send_with_reply_and_block(bus, call, REPLY_MS, NULL);
  dbus_message_unref(call);
  need(reply != NULL, "a lookup was not answered");
  return reply;
}

static void ask(const struct peer *peer, GArray *pins)
{
  DBusMessage *message = look_up(peer);
  struct bus_lookup_reply reply;
  g_autofree struct bus_key *keys = NULL;

  need(bus_read_lookup_reply(message, &reply) && reply.policy == 0, "a reply that is no whole one");
  keys = g_new(struct bus_key, reply.key_count + 1);
  bus_read_lookup_keys(message, keys, reply.key_count);
  for (size_t i = 0; i < reply.key_count; i++) {
    struct keypin pin;

    need(keys[i].layer == DAEMON_LAYER && bus_key_to_pin(&keys[i], &pin), "a strange record");
    collect(&pin, pins);
    keypin_clear(&pin);
  }
  dbus_message_unref(message);
}

struct records records_of(const struct peer *peer)
{
  struct records records = {g_array_new(FALSE, FALSE, sizeof(struct keypin)),
                            g_array_new(FALSE, FALSE, sizeof(struct verdict_entry))};

  if (bus != NULL)
    ask(peer, records.pins);
  else
    need(store_pins(layer, peer, collect, records.pins) == TLSPIN_OK, "a layer can't be read");
  for (guint i = 0; i < records.pins->len; i++) {
    struct verdict_entry entry = {&g_array_index(records.pins, struct keypin, i), DAEMON_LAYER};

    g_array_append_val(records.entries, entry);
  }
  return records;
}

void records_clear(struct records *records)
{
  g_array_unref(records->pins);
  g_array_unref(records->entries);
}
