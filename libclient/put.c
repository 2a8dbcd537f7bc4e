/* Storing records: see tlspin-admin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/admin.h"

#include "common/text.h"
#include "dbus/dict.h"
#include "dbus/names.h"
#include "libclient/argument.h"
#include "libclient/last.h"
#include "libclient/put-chain.h"
#include "pinning/keypin.h"

#include <string.h>

/* What is checked here is what libdbus couldn't carry; the daemon checks the rest. */
static int check_words(const struct tlspin_record *record)
{
  const struct {
    const char *word, *name;
  } words[] = {
      {record->scope, "scope"},   {record->kind, "kind"},   {record->status, "status"},
      {record->origin, "origin"}, {record->level, "level"},
  };
  enum protocol protocol;
  int code = TLSPIN_OK;

  for (size_t i = 0; i < sizeof words / sizeof words[0] && code == TLSPIN_OK; i++)
    if (words[i].word != NULL)
      code = argument_text(words[i].word, words[i].name, BUS_NAME_MAX);
  if (code == TLSPIN_OK && record->protocol != NULL && record->protocol[0] != '\0')
    code = argument_protocol(record->protocol, &protocol);
  if (code == TLSPIN_OK && record->note != NULL && record->note[0] != '\0')
    code = argument_text(record->note, "note", KEYPIN_NOTE_MAX);
  return code;
}

static int check_numbers(const struct tlspin_record *record)
{
  uint16_t port;

  if (record->selector > UINT8_MAX)
    return last_say(TLSPIN_E_ARGUMENT, _("selector: it is neither 0 nor 1"));
  if (record->matching > UINT8_MAX)
    return last_say(TLSPIN_E_ARGUMENT, _("matching: it is neither 1 nor 2"));
  if (record->digest.size > CHAIN_DIGEST_MAX)
    return last_say(TLSPIN_E_ARGUMENT, _("digest: it has neither 32 nor 64 octets"));
  if (record->digest.size > 0 && record->digest.data == NULL)
    return argument_there(NULL, "digest");
  return record->port != 0 ? argument_port(record->port, &port) : TLSPIN_OK;
}

static int check_record(const struct tlspin_record *record)
{
  char host[HOST_MAX + 1];
  int code = argument_there(record->host, "host");

  if (code == TLSPIN_OK && record->host[0] != '\0')
    code = argument_host(record->host, host);
  if (code == TLSPIN_OK)
    code = check_words(record);
  if (code == TLSPIN_OK)
    code = check_numbers(record);
  return code == TLSPIN_OK ? put_chain_check(record) : code;
}

static int check_records(const struct tlspin_record *records, size_t count)
{
  char reason[LAST_SIZE];

  if (count == 0 || count > BUS_PUT_MAX)
    return last_say(TLSPIN_E_ARGUMENT, _("records: there are not 1 to %d of them"), BUS_PUT_MAX);
  for (size_t i = 0; i < count; i++) {
    int code = check_record(&records[i]);

    if (code != TLSPIN_OK) {
      strcpy(reason, tlspin_last_message());
      return last_say(code, _("record %zu: %s"), i + 1, reason);
    }
  }
  return TLSPIN_OK;
}

static bool put_string(DBusMessageIter *dict, const char *key, const char *string,
                       const char *otherwise)
{
  return bus_dict_put_string(dict, key, string != NULL ? string : otherwise);
}

/* A time or a count that is 0 is not there. */
static bool put_number(DBusMessageIter *dict, const char *key, uint64_t number)
{
  return number == 0 || bus_dict_put_number(dict, key, DBUS_TYPE_UINT64, number);
}

static bool put_place(DBusMessageIter *dict, const struct tlspin_record *record)
{
  char host[HOST_MAX + 1] = "";

  return (record->host[0] == '\0' || argument_host(record->host, host) == TLSPIN_OK) &&
         bus_dict_put_string(dict, "host", host) &&
         put_string(dict, "scope", record->scope, "exact") &&
         put_string(dict, "protocol", record->protocol, "") &&
         bus_dict_put_number(dict, "port", DBUS_TYPE_UINT16, record->port);
}

static bool is_kind(const struct tlspin_record *record, enum keypin_kind kind)
{
  return strcmp(record->kind != NULL ? record->kind : "pin", keypin_kind_token(kind)) == 0;
}

static bool put_key(DBusMessageIter *dict, const struct tlspin_record *record)
{
  const struct span digest = {record->digest.data, record->digest.size};

  if (is_kind(record, KEYPIN_MODE))
    return true;
  return put_string(dict, "level", record->level, "leaf") &&
         bus_dict_put_number(dict, "selector", DBUS_TYPE_BYTE, record->selector) &&
         bus_dict_put_number(dict, "matching", DBUS_TYPE_BYTE, record->matching) &&
         bus_dict_put_octets(dict, "digest", digest) &&
         (record->errors == 0 ||
          bus_dict_put_number(dict, "errors", DBUS_TYPE_UINT32, record->errors));
}

static bool put_times(DBusMessageIter *dict, const struct tlspin_record *record)
{
  return put_number(dict, "expires", record->expires) &&
         put_number(dict, "enforced-until", record->enforced_until) &&
         put_number(dict, "first-seen", record->first_seen) &&
         put_number(dict, "last-seen", record->last_seen) &&
         put_number(dict, "count-seen", record->count_seen);
}

static bool put_record(DBusMessageIter *array, const struct tlspin_record *record)
{
  const char *status = is_kind(record, KEYPIN_EXCEPTION) ? "excepted" : "critical";
  DBusMessageIter dict;

  return bus_dict_open(array, &dict) && put_place(&dict, record) &&
         put_string(&dict, "kind", record->kind, "pin") &&
         put_string(&dict, "status", record->status, status) &&
         put_string(&dict, "origin", record->origin, "user") && put_key(&dict, record) &&
         put_times(&dict, record) &&
         bus_dict_put_number(&dict, "always", DBUS_TYPE_BOOLEAN, !record->not_always) &&
         put_string(&dict, "note", record->note, "") && put_chain_append(&dict, record) &&
         (record->backed == 0 || bus_dict_put_number(&dict, "backed", DBUS_TYPE_BOOLEAN, 1)) &&
         bus_dict_close(array, &dict);
}

static bool put_options(DBusMessageIter *message, uint64_t operation, unsigned flags)
{
  DBusMessageIter dict;

  return bus_dict_open(message, &dict) && put_number(&dict, "operation", operation) &&
         ((flags & TLSPIN_DRY_RUN) == 0 ||
          bus_dict_put_number(&dict, "dry-run", DBUS_TYPE_BOOLEAN, 1)) &&
         ((flags & TLSPIN_MORE) == 0 || bus_dict_put_number(&dict, "more", DBUS_TYPE_BOOLEAN, 1)) &&
         bus_dict_close(message, &dict);
}

static bool put_records(DBusMessageIter *message, const struct tlspin_record *records, size_t count)
{
  DBusMessageIter array;

  if (!bus_dicts_open(message, &array))
    return false;
  for (size_t i = 0; i < count; i++)
    if (!put_record(&array, &records[i]))
      return false;
  return dbus_message_iter_close_container(message, &array);
}

static DBusMessage *put_message(const struct tlspin_record *records, size_t count,
                                uint64_t operation, unsigned flags)
{
  DBusMessage *message = bus_call(BUS_ADMIN, "Put");
  DBusMessageIter iter;

  if (message == NULL)
    return NULL;
  dbus_message_iter_init_append(message, &iter);
  if (put_records(&iter, records, count) && put_options(&iter, operation, flags))
    return message;
  dbus_message_unref(message);
  return NULL;
}

struct put_reply {
  DBusMessage *message; /* the warnings point into it */
  DBusMessageIter warnings;
  struct tlspin_change change;
};

static int read_put(DBusMessage *message, void *data)
{
  struct put_reply *reply = data;
  dbus_uint64_t operation, count;
  DBusMessageIter iter;

  if (!dbus_message_has_signature(message, "ttas"))
    return entry_garbled();
  dbus_message_iter_init(message, &iter);
  dbus_message_iter_get_basic(&iter, &operation);
  dbus_message_iter_next(&iter);
  dbus_message_iter_get_basic(&iter, &count);
  dbus_message_iter_next(&iter);
  dbus_message_iter_recurse(&iter, &reply->warnings);
  reply->message = dbus_message_ref(message);
  reply->change = (struct tlspin_change){.operation = operation, .count = count};
  return TLSPIN_OK;
}

static void tell_warnings(struct put_reply *reply, tlspin_warn warn, void *data)
{
  const char *text;

  for (; warn != NULL && dbus_message_iter_get_arg_type(&reply->warnings) == DBUS_TYPE_STRING;
       dbus_message_iter_next(&reply->warnings)) {
    dbus_message_iter_get_basic(&reply->warnings, &text);
    warn(text, data);
  }
}

/* Not repeated: where everything was stored the first time the number of the operation would be
 * lost. What finishes an operation is answered once all of it is stored. */
static int put(tlspin_t *context, DBusMessage *message, bool finishes, struct tlspin_change *change,
               tlspin_warn warn, void *data)
{
  struct put_reply reply = {.message = NULL};
  bool unsure;
  int code = admin_change(context, message, finishes, read_put, &reply, &unsure);

  reply.change.unknown = unsure;
  if (change != NULL)
    *change = reply.change;
  if (code != TLSPIN_OK)
    return code;
  tell_warnings(&reply, warn, data);
  dbus_message_unref(reply.message);
  return TLSPIN_OK;
}

int tlspin_put(tlspin_t *context, const struct tlspin_record *records, size_t count,
               uint64_t operation, unsigned flags, struct tlspin_change *change, tlspin_warn warn,
               void *data)
{
  int code;

  last_clear();
  code = argument_there(context, "context");
  if (code == TLSPIN_OK)
    code = argument_there(records, "records");
  if (code == TLSPIN_OK && (flags & ~(unsigned)(TLSPIN_DRY_RUN | TLSPIN_MORE)) != 0)
    code = last_say(TLSPIN_E_ARGUMENT, _("flags: there is a bit that has no meaning"));
  if (code == TLSPIN_OK)
    code = check_records(records, count);
  return code == TLSPIN_OK ? put(context, put_message(records, count, operation, flags),
                                 operation != 0 && (flags & TLSPIN_MORE) == 0, change, warn, data)
                           : code;
}
