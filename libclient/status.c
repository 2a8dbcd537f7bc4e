/* How the store is: see tlspin-admin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/admin.h"

#include "dbus/messages.h"
#include "dbus/names.h"
#include "libclient/argument.h"
#include "libclient/entry.h"
#include "libclient/last.h"

#include <stdlib.h>

enum { LAYERS_MAX = 1024 /* more than any system has */ };

struct tlspin_status {
  tlspin_entry_t *store;
  struct entry_list layers;
};

void tlspin_status_free(tlspin_status_t *status)
{
  if (status == NULL)
    return;
  tlspin_entry_free(status->store);
  entry_list_clear(&status->layers);
  free(status);
}

static int read_status(DBusMessage *reply, void *data)
{
  tlspin_status_t *status = data;
  DBusMessageIter iter, dict;
  int code;

  if (!dbus_message_has_signature(reply, "a{sv}aa{sv}"))
    return entry_garbled();
  dbus_message_iter_init(reply, &iter);
  dbus_message_iter_recurse(&iter, &dict);
  code = entry_of_dict(&dict, ENTRY_OTHER, &status->store);
  dbus_message_iter_next(&iter);
  if (code == TLSPIN_OK)
    code = entry_list_read(&iter, ENTRY_OTHER, LAYERS_MAX, &status->layers);
  if (code == TLSPIN_OK && tlspin_status_string(status, "state") == NULL)
    code = entry_garbled();
  return code;
}

int tlspin_status(tlspin_t *context, tlspin_status_t **status)
{
  tlspin_status_t *made;
  int code;

  last_clear();
  if (status != NULL)
    *status = NULL;
  code = argument_there(context, "context");
  if (code == TLSPIN_OK)
    code = argument_there(status, "status");
  if (code != TLSPIN_OK)
    return code;
  made = calloc(1, sizeof *made);
  if (made == NULL)
    return last_code(TLSPIN_E_MEMORY);
  code = admin_call(context, bus_call(BUS_ADMIN, "Status"), true, read_status, made);
  if (code == TLSPIN_OK)
    *status = made;
  else
    tlspin_status_free(made);
  return code;
}

const char *tlspin_status_string(const tlspin_status_t *status, const char *key)
{
  return tlspin_entry_string(status->store, key);
}

int64_t tlspin_status_number(const tlspin_status_t *status, const char *key)
{
  return tlspin_entry_number(status->store, key);
}

size_t tlspin_status_layers(const tlspin_status_t *status)
{
  return status->layers.count;
}

const char *tlspin_status_layer(const tlspin_status_t *status, size_t layer, const char *key)
{
  return layer < status->layers.count ? tlspin_entry_string(status->layers.at[layer], key) : NULL;
}
