/* The methods Doctor, Acknowledge, Backup and Restore of org.tlspin.Admin1: see handlers.h and
 * dbus/org.tlspin.Admin1.xml.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "common/text.h"
#include "daemon/doctor.h"
#include "dbus/dict.h"
#include "dbus/names.h"

#include <string.h>

enum { ASIDES_MAX = 100 };

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

/* The reply of Clear has no room for it. */
static bool put_erasure(DBusMessageIter *dict, const struct last_erasure *erased)
{
  return erased->made == 0 || (put_number(dict, "erased", (uint64_t)erased->made) &&
                               put_number(dict, "erased-backups", erased->backups) &&
                               put_number(dict, "erased-damaged", erased->removed) &&
                               put_number(dict, "erased-asides", erased->asides));
}

static bool put_report(DBusMessageIter *iter, const struct doctor *doctor,
                       const struct last_erasure *erased)
{
  DBusMessageIter dict;

  return bus_dict_open(iter, &dict) && put_text(&dict, "path", doctor->path) &&
         bus_dict_put_string(&dict, "state", doctor->problem == NULL ? "ok" : "unavailable") &&
         put_text(&dict, "problem", doctor->problem) &&
         put_text(&dict, "backups-problem", doctor->backups_problem) &&
         put_number(&dict, "asides", doctor->asides->len) &&
         put_number(&dict, "asides-size", doctor->asides_size) && put_erasure(&dict, erased) &&
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

/* The newest; how many there are stands in the report. */
static bool put_asides(DBusMessageIter *iter, const GPtrArray *asides)
{
  DBusMessageIter array, dict;
  bool filled = bus_dicts_open(iter, &array);

  for (guint i = asides->len > ASIDES_MAX ? asides->len - ASIDES_MAX : 0; filled && i < asides->len;
       i++)
    filled = bus_dict_open(&array, &dict) && put_text(&dict, "name", asides->pdata[i]) &&
             bus_dict_close(&array, &dict);
  return filled && dbus_message_iter_close_container(iter, &array);
}

static enum tlspin_code put_all(const struct handlers *handlers, DBusMessage *reply,
                                GPtrArray *read)
{
  struct doctor doctor;
  DBusMessageIter iter;
  bool filled;

  doctor_look(handlers->policy, handlers->now(), read, &doctor);
  dbus_message_iter_init_append(reply, &iter);
  filled = put_report(&iter, &doctor, &handlers->erased) && put_backups(&iter, doctor.backups) &&
           put_asides(&iter, doctor.asides);
  doctor_clear(&doctor);
  return handlers_filled(filled);
}

/* Who waits for what the keeper does. */
struct asker {
  struct handlers *handlers;
  DBusMessage *reply;
};

static struct asker *asker_new(struct handlers *handlers, DBusMessage *reply)
{
  struct asker *asker = g_new0(struct asker, 1);

  *asker = (struct asker){handlers, dispatch_keep(reply)};
  return asker;
}

static enum tlspin_code say_busy(GString *problem)
{
  g_string_assign(problem, _("A backup is being made. Try again in a moment."));
  return TLSPIN_E_BUSY;
}

static enum tlspin_code asker_end(struct asker *asker, enum tlspin_code code, GString *problem)
{
  if (code == TLSPIN_OK)
    return TLSPIN_OK;
  dbus_message_unref(asker->reply);
  g_free(asker);
  return say_busy(problem);
}

/* What is wrong with the list is found anew, and told with the report, which never fails for it. */
static void on_listed(enum tlspin_code code, GPtrArray *backups, const char *problem, void *data)
{
  struct asker *asker = data;

  (void)code;
  code = put_all(asker->handlers, asker->reply, backups);
  dispatch_send(asker->handlers->announce.connection, asker->reply, code, problem);
  g_free(asker);
}

/* All backups are read through aside, and the reply waits for that. */
enum tlspin_code admin_doctor(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  struct keeper_terms terms = handlers_terms(handlers);
  dbus_bool_t read = FALSE;
  struct asker *asker;

  dbus_message_get_args(call, NULL, DBUS_TYPE_BOOLEAN, &read, DBUS_TYPE_INVALID);
  if (!read)
    return put_all(handlers, reply, NULL);
  asker = asker_new(handlers, reply);
  return asker_end(asker, keeper_list(handlers->keeper, &terms, on_listed, asker), problem);
}

enum tlspin_code admin_acknowledge(void *data, DBusMessage *call, DBusMessage *reply,
                                   GString *problem)
{
  struct handlers *handlers = data;
  dbus_uint64_t found = 0;
  char *trouble = NULL;
  enum tlspin_code code;

  (void)reply;
  dbus_message_get_args(call, NULL, DBUS_TYPE_UINT64, &found, DBUS_TYPE_INVALID);
  code = doctor_acknowledge(handlers->policy, (int64_t)MIN(found, (uint64_t)INT64_MAX),
                            handlers->now(), &trouble);
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

struct keeper_terms handlers_terms(const struct handlers *handlers)
{
  return (struct keeper_terms){
      .now = handlers->now(),
      .ran = handlers->clock != NULL ? handlers->clock->elapsed : 0,
      .period = policy_config(handlers->policy)->undo_period,
      .suspect = handlers->clock != NULL && handlers->clock->suspect,
      .lost = layers_lost(policy_layers(handlers->policy)),
  };
}

static void on_made(enum tlspin_code code, const struct backup *made, const char *problem,
                    void *data)
{
  struct asker *asker = data;

  if (code == TLSPIN_OK)
    code = handlers_filled(put_one(asker->reply, made));
  dispatch_send(asker->handlers->announce.connection, asker->reply, code, problem);
  g_free(asker);
}

/* It is made aside, and the reply waits for it. */
enum tlspin_code admin_backup(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  struct keeper_terms terms = handlers_terms(handlers);
  struct asker *asker;
  char *trouble = NULL;
  enum tlspin_code code = doctor_prepare(handlers->policy, terms.now, &trouble);

  (void)call;
  if (code != TLSPIN_OK)
    return handlers_explain(code, trouble, problem);
  asker = asker_new(handlers, reply);
  return asker_end(asker, keeper_ask(handlers->keeper, &terms, on_made, asker), problem);
}

/* What is done is done, be there a backup of it or not. */
static void on_restored(enum tlspin_code code, const struct backup *made, const char *problem,
                        void *data)
{
  struct asker *asker = data;

  (void)code;
  (void)made;
  (void)problem;
  dispatch_send(asker->handlers->announce.connection, asker->reply, TLSPIN_OK, NULL);
  g_free(asker);
}

/* The newest backup, before that, is of what the user wanted to be rid of, so that no recovery may
 * use it (restored.h): one of what is there now is made aside, and the reply waits for it. */
static enum tlspin_code back_up_restored(struct handlers *handlers, DBusMessage *reply,
                                         GString *problem)
{
  struct keeper_terms terms = handlers_terms(handlers);
  struct asker *asker = asker_new(handlers, reply);

  return asker_end(asker, keeper_ask(handlers->keeper, &terms, on_restored, asker), problem);
}

enum tlspin_code admin_restore(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  struct backup *before = NULL;
  const char *name = "";
  char *trouble = NULL;
  enum tlspin_code code;

  dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
  code = handlers_check_length("name", name, BUS_FILE_MAX, problem);
  if (code != TLSPIN_OK)
    return code;
  if (keeper_is_busy(handlers->keeper))
    return say_busy(problem);
  code = doctor_restore(handlers->policy, name, handlers->now(), &before, &trouble);
  if (code == TLSPIN_OK) {
    announce_changed(&handlers->announce, "restored", NULL, 0);
    code = handlers_filled(put_one(reply, before));
  }
  backup_free(before);
  return code == TLSPIN_OK ? back_up_restored(handlers, reply, problem)
                           : handlers_explain(code, trouble, problem);
}
