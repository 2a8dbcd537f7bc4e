/* The methods Doctor, Acknowledge, Backup and Restore of org.tlspin.Admin1: see handlers.h and
 * dbus/org.tlspin.Admin1.xml.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "common/text.h"
#include "daemon/doctor.h"
#include "dbus/dict.h"

#include <string.h>

static bool put_number(DBusMessageIter *dict, const char *key, uint64_t number)
{
  return bus_dict_put_number(dict, key, DBUS_TYPE_UINT64, number);
}

static bool put_text(DBusMessageIter *dict, const char *key, const char *text)
{
  g_autofree char *valid = text != NULL ? g_utf8_make_valid(text, -1) : NULL;

  return valid == NULL || bus_dict_put_string(dict, key, valid);
}

static bool put_damage(DBusMessageIter *dict, const struct damage *damage)
{
  return bus_dict_put_string(dict, "cause",
                             damage->cause == DAMAGE_MISSING ? "missing" : "content") &&
         put_number(dict, "found", (uint64_t)damage->found) &&
         put_number(dict, "saved", damage->saved) && put_number(dict, "carved", damage->carved) &&
         put_number(dict, "merged", damage->merged) &&
         (damage->missing == DAMAGE_UNKNOWN ||
          put_number(dict, "missing", (uint64_t)damage->missing)) &&
         (damage->backup == 0 || put_number(dict, "backup", (uint64_t)damage->backup)) &&
         (damage->aside[0] == '\0' || put_text(dict, "aside", damage->aside));
}

static bool put_report(DBusMessageIter *iter, const struct doctor *doctor)
{
  DBusMessageIter dict;

  return bus_dict_open(iter, &dict) && put_text(&dict, "path", doctor->path) &&
         bus_dict_put_string(&dict, "state", doctor->problem == NULL ? "ok" : "unavailable") &&
         put_text(&dict, "problem", doctor->problem) &&
         put_text(&dict, "backups-problem", doctor->backups_problem) &&
         (!doctor->damaged || put_damage(&dict, &doctor->damage)) && bus_dict_close(iter, &dict);
}

static const char *state_of(const struct backup *backup)
{
  switch (backup->state) {
  case BACKUP_WHOLE:
    return "ok";
  case BACKUP_DAMAGED:
    return "damaged";
  default:
    return "unread";
  }
}

static bool put_backup(DBusMessageIter *parent, const struct backup *backup)
{
  g_autofree char *name = g_path_get_basename(backup->path);
  DBusMessageIter dict;

  return bus_dict_open(parent, &dict) && put_text(&dict, "name", name) &&
         put_text(&dict, "path", backup->path) &&
         put_number(&dict, "made", (uint64_t)backup->made) &&
         put_number(&dict, "size", (uint64_t)backup->size) &&
         bus_dict_put_string(&dict, "state", state_of(backup)) &&
         (backup->state != BACKUP_WHOLE || put_number(&dict, "rows", backup->sum.rows)) &&
         put_text(&dict, "problem", backup->problem) && bus_dict_close(parent, &dict);
}

static bool put_backups(DBusMessageIter *iter, const GPtrArray *backups)
{
  DBusMessageIter array;
  bool filled = bus_dicts_open(iter, &array);

  for (guint i = 0; filled && backups != NULL && i < backups->len; i++)
    filled = put_backup(&array, backups->pdata[i]);
  return filled && dbus_message_iter_close_container(iter, &array);
}

static bool put_asides(DBusMessageIter *iter, const GPtrArray *asides)
{
  DBusMessageIter array, dict;
  bool filled = bus_dicts_open(iter, &array);

  for (guint i = 0; filled && i < asides->len; i++)
    filled = bus_dict_open(&array, &dict) && put_text(&dict, "name", asides->pdata[i]) &&
             bus_dict_close(&array, &dict);
  return filled && dbus_message_iter_close_container(iter, &array);
}

enum tlspin_code admin_doctor(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  dbus_bool_t read = FALSE;
  struct doctor doctor;
  DBusMessageIter iter;
  bool filled;

  (void)problem;
  dbus_message_get_args(call, NULL, DBUS_TYPE_BOOLEAN, &read, DBUS_TYPE_INVALID);
  doctor_look(handlers->policy, handlers->now(), read, &doctor);
  dbus_message_iter_init_append(reply, &iter);
  filled = put_report(&iter, &doctor) && put_backups(&iter, doctor.backups) &&
           put_asides(&iter, doctor.asides);
  doctor_clear(&doctor);
  return handlers_filled(filled);
}

enum tlspin_code admin_acknowledge(void *data, DBusMessage *call, DBusMessage *reply,
                                   GString *problem)
{
  struct handlers *handlers = data;
  char *trouble = NULL;
  enum tlspin_code code = doctor_acknowledge(handlers->policy, handlers->now(), &trouble);

  (void)call, (void)reply;
  if (code == TLSPIN_OK)
    announce_changed(&handlers->announce, "acknowledged", NULL, 0);
  return handlers_explain(code, trouble, problem);
}

/* One backup, or an empty dictionary. */
static bool put_one(DBusMessage *reply, const struct backup *backup)
{
  DBusMessageIter iter, dict;

  dbus_message_iter_init_append(reply, &iter);
  if (backup != NULL)
    return put_backup(&iter, backup);
  return bus_dict_open(&iter, &dict) && bus_dict_close(&iter, &dict);
}

enum tlspin_code admin_backup(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  struct backup *made = NULL;
  char *trouble = NULL;
  enum tlspin_code code = doctor_backup(handlers->policy, handlers->now(), &made, &trouble);

  (void)call;
  if (code == TLSPIN_OK)
    code = handlers_filled(put_one(reply, made));
  backup_free(made);
  return handlers_explain(code, trouble, problem);
}

enum tlspin_code admin_restore(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  struct backup *before = NULL;
  const char *name = "";
  char *trouble = NULL;
  enum tlspin_code code;

  dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
  code = doctor_restore(handlers->policy, name, handlers->now(), &before, &trouble);
  if (code == TLSPIN_OK) {
    announce_changed(&handlers->announce, "restored", NULL, 0);
    code = handlers_filled(put_one(reply, before));
  }
  backup_free(before);
  return handlers_explain(code, trouble, problem);
}
