/* CheckChain and NoteHpkp as structs: see check.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/check.h"

#include "dbus/dict.h"

#define OPTION(key, type, member) BUS_FIELD(bus_check_options, key, type, member)
#define DETAIL(key, type, member) BUS_FIELD(bus_check_reply, key, type, member)

static const struct bus_field options[] = {
    OPTION("path", DBUS_TYPE_BOOLEAN, path),
    OPTION("raw-key", DBUS_TYPE_BOOLEAN, raw_key),
    OPTION("key-alone", DBUS_TYPE_BOOLEAN, key_alone),
    OPTION("leaf-alone", DBUS_TYPE_BOOLEAN, leaf_alone),
    OPTION("pki", DBUS_TYPE_STRING, pki),
    OPTION("errors", DBUS_TYPE_UINT32, errors),
    OPTION("ticket", DBUS_TYPE_STRING, ticket),
    OPTION("learn", DBUS_TYPE_BOOLEAN, learn),
    OPTION("private", DBUS_TYPE_BOOLEAN, is_private),
    OPTION("accepted", DBUS_TYPE_BOOLEAN, accepted),
    OPTION("expires", DBUS_TYPE_UINT64, expires),
    OPTION("program", DBUS_TYPE_STRING, program),
    OPTION("served", BUS_CHAIN, served),
};

static const struct bus_field details[] = {
    DETAIL("rule", DBUS_TYPE_UINT32, rule),        DETAIL("change", DBUS_TYPE_STRING, change),
    DETAIL("learned", DBUS_TYPE_BOOLEAN, learned), DETAIL("excused", DBUS_TYPE_UINT32, excused),
    DETAIL("event", DBUS_TYPE_UINT64, event),      DETAIL("otherwise", DBUS_TYPE_STRING, otherwise),
    DETAIL("limited", DBUS_TYPE_BOOLEAN, limited),
};

static const struct bus_fields option_fields = BUS_FIELDS(options),
                               detail_fields = BUS_FIELDS(details);

/* The members that are set, as a dictionary. */
static bool append_set(DBusMessageIter *iter, struct bus_fields fields, const void *members)
{
  DBusMessageIter dict;

  return bus_dict_open(iter, &dict) &&
         bus_dict_put_fields(&dict, fields, members, bus_fields_set(fields, members)) &&
         bus_dict_close(iter, &dict);
}

/* Puts the iterator behind the peer, where the message has just these types. */
static bool read_peer(DBusMessage *message, const char *signature, struct bus_peer *peer,
                      DBusMessageIter *iter)
{
  if (!dbus_message_has_signature(message, signature) || !bus_read_peer(message, peer))
    return false;
  dbus_message_iter_init(message, iter);
  for (int i = 0; i < 3; i++)
    dbus_message_iter_next(iter);
  return true;
}

bool bus_append_check_call(DBusMessage *message, const struct bus_check_call *call)
{
  DBusMessageIter iter;

  if (!bus_append_peer(message, &call->peer))
    return false;
  dbus_message_iter_init_append(message, &iter);
  return bus_append_member(&iter, BUS_CHAIN, &call->chain) &&
         append_set(&iter, option_fields, &call->options);
}

bool bus_read_check_call(DBusMessage *message, struct bus_check_call *call, struct bus_fault *fault)
{
  DBusMessageIter iter;

  fault->key = NULL;
  if (!read_peer(message, "ssqaaya{sv}", &call->peer, &iter))
    return false;
  bus_read_member(&iter, BUS_CHAIN, &call->chain);
  dbus_message_iter_next(&iter);
  call->options = (struct bus_check_options){.pki = "", .ticket = "", .program = ""};
  return bus_dict_read(&iter, option_fields, &call->options, NULL, fault);
}

bool bus_append_check_reply(DBusMessage *message, const struct bus_check_reply *reply)
{
  dbus_bool_t enforced = reply->enforced;
  DBusMessageIter iter;

  if (!dbus_message_append_args(message, DBUS_TYPE_STRING, &reply->answer, DBUS_TYPE_STRING,
                                &reply->reason, DBUS_TYPE_STRING, &reply->layer, DBUS_TYPE_BOOLEAN,
                                &enforced, DBUS_TYPE_INVALID))
    return false;
  dbus_message_iter_init_append(message, &iter);
  return append_set(&iter, detail_fields, reply);
}

bool bus_read_check_reply(DBusMessage *message, struct bus_check_reply *reply)
{
  dbus_bool_t enforced;
  DBusMessageIter iter;

  *reply = (struct bus_check_reply){.change = "", .otherwise = ""};
  if (!dbus_message_has_signature(message, "sssba{sv}") ||
      !dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &reply->answer, DBUS_TYPE_STRING,
                             &reply->reason, DBUS_TYPE_STRING, &reply->layer, DBUS_TYPE_BOOLEAN,
                             &enforced, DBUS_TYPE_INVALID))
    return false;
  reply->enforced = enforced;
  dbus_message_iter_init(message, &iter);
  for (int i = 0; i < 4; i++)
    dbus_message_iter_next(&iter);
  return bus_dict_read(&iter, detail_fields, reply, NULL, NULL);
}

bool bus_append_note_call(DBusMessage *message, const struct bus_note_call *call)
{
  DBusMessageIter iter;

  if (!bus_append_peer(message, &call->peer))
    return false;
  dbus_message_iter_init_append(message, &iter);
  return bus_append_member(&iter, BUS_OCTETS, &call->header) &&
         bus_append_member(&iter, DBUS_TYPE_BOOLEAN, &call->report_only) &&
         bus_append_member(&iter, BUS_CHAIN, &call->chain);
}

bool bus_read_note_call(DBusMessage *message, struct bus_note_call *call)
{
  DBusMessageIter iter;

  if (!read_peer(message, "ssqaybaay", &call->peer, &iter))
    return false;
  bus_read_member(&iter, BUS_OCTETS, &call->header);
  dbus_message_iter_next(&iter);
  bus_read_member(&iter, DBUS_TYPE_BOOLEAN, &call->report_only);
  dbus_message_iter_next(&iter);
  bus_read_member(&iter, BUS_CHAIN, &call->chain);
  return true;
}

bool bus_append_note_reply(DBusMessage *message, const struct bus_note_reply *reply)
{
  return dbus_message_append_args(message, DBUS_TYPE_STRING, &reply->outcome, DBUS_TYPE_STRING,
                                  &reply->reason, DBUS_TYPE_UINT64, &reply->expires,
                                  DBUS_TYPE_INVALID);
}

bool bus_read_note_reply(DBusMessage *message, struct bus_note_reply *reply)
{
  return dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &reply->outcome, DBUS_TYPE_STRING,
                               &reply->reason, DBUS_TYPE_UINT64, &reply->expires,
                               DBUS_TYPE_INVALID);
}
