/* How the store is: see tlspin-admin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/admin.h"

#include "dbus/dict.h"
#include "dbus/messages.h"
#include "dbus/names.h"
#include "libclient/argument.h"
#include "libclient/entry.h"
#include "libclient/last.h"

#include <stdlib.h>
#include <string.h>

enum {
  PAIRS_MAX = 64,   /* keys of a dictionary that are kept */
  LAYERS_MAX = 1024 /* more than any system has */
};

/* A key, and a string or (NULL) a number. */
struct pair {
  char *key;
  char *string;
  int64_t number;
};

struct dict {
  struct pair *pairs;
  size_t count;
};

struct tlspin_status {
  struct dict store;
  struct dict *layers;
  size_t count;
};

static void dict_clear(struct dict *dict)
{
  for (size_t i = 0; i < dict->count; i++) {
    free(dict->pairs[i].key);
    free(dict->pairs[i].string);
  }
  free(dict->pairs);
}

void tlspin_status_free(tlspin_status_t *status)
{
  if (status == NULL)
    return;
  dict_clear(&status->store);
  for (size_t i = 0; i < status->count; i++)
    dict_clear(&status->layers[i]);
  free(status->layers);
  free(status);
}

/* Another element at the end of an array: zeroed, or NULL without memory. */
static void *grow(void **array, size_t *count, size_t size)
{
  char *grown = reallocarray(*array, *count + 1, size);

  if (grown == NULL)
    return NULL;
  *array = grown;
  return memset(grown + (*count)++ * size, 0, size);
}

static int add_pair(struct dict *dict, const char *key, const struct bus_value *value)
{
  void *pairs = dict->pairs;
  struct pair *pair;

  if (value->type == DBUS_TYPE_INVALID || value->number > INT64_MAX || dict->count == PAIRS_MAX)
    return entry_garbled();
  pair = grow(&pairs, &dict->count, sizeof *pair);
  dict->pairs = pairs;
  if (pair == NULL)
    return last_code(TLSPIN_E_MEMORY);
  pair->number = (int64_t)value->number;
  pair->key = strdup(key);
  if (value->string != NULL)
    pair->string = strdup(value->string);
  if (pair->key == NULL || (value->string != NULL && pair->string == NULL))
    return last_code(TLSPIN_E_MEMORY);
  return TLSPIN_OK;
}

/* The dictionary at `iter`, on which it steps. */
static int read_dict(DBusMessageIter *iter, struct dict *dict)
{
  DBusMessageIter inner;
  struct bus_value value;
  const char *key;
  int code = TLSPIN_OK;

  dbus_message_iter_recurse(iter, &inner);
  while (code == TLSPIN_OK && bus_dict_next(&inner, &key, &value))
    code = add_pair(dict, key, &value);
  dbus_message_iter_next(iter);
  return code;
}

static int read_layers(DBusMessageIter *iter, tlspin_status_t *status)
{
  DBusMessageIter array;
  int code = TLSPIN_OK;

  dbus_message_iter_recurse(iter, &array);
  while (code == TLSPIN_OK && dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_ARRAY) {
    void *layers = status->layers;
    struct dict *layer;

    if (status->count == LAYERS_MAX)
      return entry_garbled();
    layer = grow(&layers, &status->count, sizeof *layer);
    status->layers = layers;
    code = layer != NULL ? read_dict(&array, layer) : last_code(TLSPIN_E_MEMORY);
  }
  return code;
}

static int read_status(DBusMessage *reply, void *data)
{
  tlspin_status_t *status = data;
  DBusMessageIter iter;
  int code;

  if (!dbus_message_has_signature(reply, "a{sv}aa{sv}"))
    return entry_garbled();
  dbus_message_iter_init(reply, &iter);
  code = read_dict(&iter, &status->store);
  if (code == TLSPIN_OK)
    code = read_layers(&iter, status);
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
  bus_lock(context->bus);
  code = admin_call(context, bus_call(BUS_ADMIN, "Status"), true, read_status, made);
  bus_unlock(context->bus);
  if (code == TLSPIN_OK)
    *status = made;
  else
    tlspin_status_free(made);
  return code;
}

static const struct pair *find(const struct dict *dict, const char *key)
{
  for (size_t i = 0; i < dict->count; i++)
    if (strcmp(dict->pairs[i].key, key) == 0)
      return &dict->pairs[i];
  return NULL;
}

static const char *string_of(const struct dict *dict, const char *key)
{
  const struct pair *pair = find(dict, key);

  return pair != NULL ? pair->string : NULL;
}

const char *tlspin_status_string(const tlspin_status_t *status, const char *key)
{
  return string_of(&status->store, key);
}

int64_t tlspin_status_number(const tlspin_status_t *status, const char *key)
{
  const struct pair *pair = find(&status->store, key);

  return pair != NULL && pair->string == NULL ? pair->number : -1;
}

size_t tlspin_status_layers(const tlspin_status_t *status)
{
  return status->count;
}

const char *tlspin_status_layer(const tlspin_status_t *status, size_t layer, const char *key)
{
  return layer < status->count ? string_of(&status->layers[layer], key) : NULL;
}
