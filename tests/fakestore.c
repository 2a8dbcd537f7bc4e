/* What fakepins says about the store: see fakestore.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/fakestore.h"

#include "dbus/dict.h"
#include "tests/fakekeys.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { TOO_MANY_LAYERS = 2000, TOO_MANY_FILES = 5000 };

static void put_number(DBusMessageIter *dict, const char *key, uint64_t value)
{
  bus_dict_put_number(dict, key, DBUS_TYPE_UINT64, value);
}

static void put_layer(DBusMessageIter *array, const char *name, const char *problem)
{
  DBusMessageIter dict;

  bus_dict_open(array, &dict);
  bus_dict_put_string(&dict, "name", name);
  bus_dict_put_string(&dict, "path", "/nowhere/pins.db");
  bus_dict_put_string(&dict, "state", problem != NULL ? "unavailable" : "ok");
  if (problem != NULL)
    bus_dict_put_string(&dict, "problem", problem);
  bus_dict_close(array, &dict);
}

/* The first dictionary of Status, or of Doctor. */
static void put_report(DBusMessageIter *iter)
{
  DBusMessageIter dict;

  bus_dict_open(iter, &dict);
  bus_dict_put_string(&dict, "version", "9.9");
  if (!fake_is("shape", "stateless"))
    bus_dict_put_string(&dict, "state", "ok");
  put_number(&dict, "entries", fake_is("shape", "huge") ? UINT64_MAX : fake_number("entries"));
  bus_dict_put_number(&dict, "lifetime-cap", DBUS_TYPE_UINT32, 2678400);
  if (fake_number("undo-partly") > 0)
    put_number(&dict, "undo-partly", fake_number("undo-partly"));
  for (unsigned i = 0; fake_is("shape", "many") && i < 100; i++) {
    char key[16];

    snprintf(key, sizeof key, "key-%u", i);
    put_number(&dict, key, i);
  }
  bus_dict_close(iter, &dict);
}

static void answer_status(DBusMessage *reply)
{
  DBusMessageIter iter, array;

  dbus_message_iter_init_append(reply, &iter);
  put_report(&iter);
  bus_dicts_open(&iter, &array);
  put_layer(&array, "user", NULL);
  put_layer(&array, "10-site.db", "it is not readable");
  for (unsigned i = 0; fake_is("shape", "layers") && i < TOO_MANY_LAYERS; i++)
    put_layer(&array, "x", NULL);
  dbus_message_iter_close_container(&iter, &array);
}

/* The dictionary of a file; made: 0 where nothing is said of that. */
static void put_file(DBusMessageIter *parent, const char *name, uint64_t made)
{
  DBusMessageIter dict;

  bus_dict_open(parent, &dict);
  bus_dict_put_string(&dict, "name", name);
  if (made > 0)
    put_number(&dict, "made", made);
  bus_dict_close(parent, &dict);
}

/* The name of each has a number, the first of which is 0. */
static void put_files(DBusMessageIter *iter, const char *kind, unsigned long count, uint64_t made)
{
  DBusMessageIter array;
  char name[32];

  bus_dicts_open(iter, &array);
  for (unsigned long i = 0; i < count; i++) {
    snprintf(name, sizeof name, "%s-%lu.db", kind, i);
    put_file(&array, name, made);
  }
  dbus_message_iter_close_container(iter, &array);
}

static void answer_doctor(DBusMessage *reply)
{
  DBusMessageIter iter;

  dbus_message_iter_init_append(reply, &iter);
  put_report(&iter);
  put_files(&iter, "pins", fake_is("shape", "backups") ? TOO_MANY_FILES : 2, 1000);
  put_files(&iter, "damaged", fake_is("shape", "asides") ? TOO_MANY_FILES : 1, 0);
}

static void answer_backup(DBusMessage *reply)
{
  DBusMessageIter iter;

  dbus_message_iter_init_append(reply, &iter);
  put_file(&iter, "pins-0.db", 1000);
}

bool fakestore_answer(DBusMessage *call, DBusMessage *reply)
{
  const char *member = dbus_message_get_member(call);

  if (strcmp(member, "Status") == 0)
    answer_status(reply);
  else if (strcmp(member, "Doctor") == 0)
    answer_doctor(reply);
  else if (strcmp(member, "Backup") == 0 || strcmp(member, "Restore") == 0)
    answer_backup(reply);
  else
    return strcmp(member, "Acknowledge") == 0;
  return true;
}

void fakestore_note(DBusMessage *call, char *line, size_t size)
{
  const char *member = dbus_message_get_member(call), *name;
  dbus_bool_t read;
  dbus_uint64_t found;

  if (strcmp(member, "Doctor") == 0 &&
      dbus_message_get_args(call, NULL, DBUS_TYPE_BOOLEAN, &read, DBUS_TYPE_INVALID))
    snprintf(line, size, "Doctor %s\n", read ? "read" : "glance");
  else if (strcmp(member, "Acknowledge") == 0 &&
           dbus_message_get_args(call, NULL, DBUS_TYPE_UINT64, &found, DBUS_TYPE_INVALID))
    snprintf(line, size, "Acknowledge %llu\n", (unsigned long long)found);
  else if (strcmp(member, "Restore") == 0 &&
           dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID))
    snprintf(line, size, "Restore %s\n", name);
}
