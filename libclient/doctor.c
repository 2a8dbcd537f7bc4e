/* What happened to the user's store, and its backups: see tlspin-admin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/admin.h"

#include "dbus/messages.h"
#include "dbus/names.h"
#include "libclient/argument.h"
#include "libclient/last.h"

#include <limits.h>
#include <stdlib.h>

enum { FILES_MAX = 4096 /* more than anybody keeps */ };

struct tlspin_doctor {
  tlspin_entry_t *report;
  struct entry_list backups;
  struct entry_list asides;
};

void tlspin_doctor_free(tlspin_doctor_t *doctor)
{
  if (doctor == NULL)
    return;
  tlspin_entry_free(doctor->report);
  entry_list_clear(&doctor->backups);
  entry_list_clear(&doctor->asides);
  free(doctor);
}

/* The dictionary at the iterator, which steps on. */
static int read_dict(DBusMessageIter *iter, tlspin_entry_t **entry)
{
  DBusMessageIter dict;
  int code;

  dbus_message_iter_recurse(iter, &dict);
  code = entry_of_dict(&dict, ENTRY_OTHER, entry);
  dbus_message_iter_next(iter);
  return code;
}

static int read_doctor(DBusMessage *reply, void *data)
{
  tlspin_doctor_t *doctor = data;
  DBusMessageIter iter;
  int code;

  if (!dbus_message_has_signature(reply, "a{sv}aa{sv}aa{sv}"))
    return entry_garbled();
  dbus_message_iter_init(reply, &iter);
  code = read_dict(&iter, &doctor->report);
  if (code == TLSPIN_OK && tlspin_entry_string(doctor->report, "state") == NULL)
    code = entry_garbled();
  if (code == TLSPIN_OK)
    code = entry_list_read(&iter, ENTRY_OTHER, FILES_MAX, &doctor->backups);
  return code == TLSPIN_OK ? entry_list_read(&iter, ENTRY_OTHER, FILES_MAX, &doctor->asides) : code;
}

static DBusMessage *doctor_message(int read)
{
  DBusMessage *message = bus_call(BUS_ADMIN, "Doctor");
  dbus_bool_t wanted = read != 0;

  if (message != NULL &&
      !dbus_message_append_args(message, DBUS_TYPE_BOOLEAN, &wanted, DBUS_TYPE_INVALID)) {
    dbus_message_unref(message);
    message = NULL;
  }
  return message;
}

int tlspin_doctor(tlspin_t *context, int read, tlspin_doctor_t **doctor)
{
  tlspin_doctor_t *made;
  int code;

  last_clear();
  if (doctor != NULL)
    *doctor = NULL;
  code = argument_there(context, "context");
  if (code == TLSPIN_OK)
    code = argument_there(doctor, "doctor");
  if (code != TLSPIN_OK)
    return code;
  made = calloc(1, sizeof *made);
  if (made == NULL)
    return last_code(TLSPIN_E_MEMORY);
  code = admin_call_long(context, doctor_message(read), read_doctor, made);
  if (code == TLSPIN_OK)
    *doctor = made;
  else
    tlspin_doctor_free(made);
  return code;
}

const tlspin_entry_t *tlspin_doctor_report(const tlspin_doctor_t *doctor)
{
  return doctor->report;
}

static const tlspin_entry_t *at(const struct entry_list *list, size_t index)
{
  return index < list->count ? list->at[index] : NULL;
}

size_t tlspin_doctor_backups(const tlspin_doctor_t *doctor)
{
  return doctor->backups.count;
}

const tlspin_entry_t *tlspin_doctor_backup(const tlspin_doctor_t *doctor, size_t index)
{
  return at(&doctor->backups, index);
}

size_t tlspin_doctor_set_aside(const tlspin_doctor_t *doctor)
{
  return doctor->asides.count;
}

const tlspin_entry_t *tlspin_doctor_aside(const tlspin_doctor_t *doctor, size_t index)
{
  return at(&doctor->asides, index);
}

static int read_nothing(DBusMessage *reply, void *data)
{
  (void)data;
  return dbus_message_has_signature(reply, "") ? TLSPIN_OK : entry_garbled();
}

static DBusMessage *acknowledge_message(int64_t found)
{
  DBusMessage *message = bus_call(BUS_ADMIN, "Acknowledge");
  dbus_uint64_t seen = found > 0 ? (dbus_uint64_t)found : 0;

  if (message != NULL &&
      !dbus_message_append_args(message, DBUS_TYPE_UINT64, &seen, DBUS_TYPE_INVALID)) {
    dbus_message_unref(message);
    message = NULL;
  }
  return message;
}

int tlspin_acknowledge(tlspin_t *context, int64_t found)
{
  int code;

  last_clear();
  code = argument_there(context, "context");
  if (code != TLSPIN_OK)
    return code;
  return admin_call(context, acknowledge_message(found), false, read_nothing, NULL);
}

static int read_backup(DBusMessage *reply, void *data)
{
  DBusMessageIter iter;

  if (!dbus_message_has_signature(reply, "a{sv}"))
    return entry_garbled();
  dbus_message_iter_init(reply, &iter);
  return read_dict(&iter, data);
}

/* Not repeated: what was done once would be done twice. */
static int call_for_backup(tlspin_t *context, DBusMessage *message, tlspin_entry_t **backup)
{
  tlspin_entry_t *read = NULL;
  int code = admin_call_long(context, message, read_backup, &read);

  if (code == TLSPIN_OK && backup != NULL)
    *backup = read;
  else
    tlspin_entry_free(read);
  return code;
}

int tlspin_backup(tlspin_t *context, tlspin_entry_t **backup)
{
  int code;

  last_clear();
  if (backup != NULL)
    *backup = NULL;
  code = argument_there(context, "context");
  return code == TLSPIN_OK ? call_for_backup(context, bus_call(BUS_ADMIN, "Backup"), backup) : code;
}

static DBusMessage *restore_message(const char *name)
{
  DBusMessage *message = bus_call(BUS_ADMIN, "Restore");

  if (message != NULL &&
      !dbus_message_append_args(message, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID)) {
    dbus_message_unref(message);
    message = NULL;
  }
  return message;
}

int tlspin_restore(tlspin_t *context, const char *name, tlspin_entry_t **before)
{
  int code;

  last_clear();
  if (before != NULL)
    *before = NULL;
  code = argument_there(context, "context");
  if (code == TLSPIN_OK)
    code = argument_text(name, "name", NAME_MAX);
  return code == TLSPIN_OK ? call_for_backup(context, restore_message(name), before) : code;
}
