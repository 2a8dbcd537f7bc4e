/* What tests/fakepins.c says about keys: see fakekeys.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/fakekeys.h"

#include "dbus/check.h"
#include "dbus/dict.h"
#include "dbus/fields.h"
#include "dbus/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MOST = 5000 };

/* What the option has in hex, written there; false where it has none. */
static bool read_hex(const char *option, uint8_t octets[32])
{
  const char *hex = fake_option(option);

  for (size_t i = 0; i < 32 && strlen(hex) == 64; i++)
    sscanf(hex + 2 * i, "%2hhx", &octets[i]);
  return strlen(hex) == 64;
}

/* The digest as the option has it, or of 0xa5. */
static struct span digest(void)
{
  static uint8_t octets[64];

  memset(octets, 0xa5, sizeof octets);
  read_hex("digest", octets);
  return (struct span){octets, 32};
}

static struct span seen(void)
{
  static uint8_t octets[32];

  return (struct span){octets, read_hex("seen", octets) ? sizeof octets : 0};
}

/* The one thing that is wrong with a key. */
static void spoil(struct bus_key *key)
{
  struct {
    const char *what;
    const char **word, *value;
  } words[] = {
      {"host", &key->host, "other.example"},  {"host-case", &key->host, "WWW.EXAMPLE"},
      {"scope", &key->scope, "everywhere"},   {"protocol", &key->protocol, "quic"},
      {"kind", &key->kind, "ticket"},         {"status", &key->status, "important"},
      {"inactive", &key->status, "inactive"}, {"misfit", &key->status, "off"},
      {"origin", &key->origin, "nobody"},     {"level", &key->level, "top"},
  };

  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (fake_is("key", words[i].what))
      *words[i].word = words[i].value;
  if (fake_is("key", "selector"))
    key->selector = 2;
  if (fake_is("key", "matching"))
    key->matching = 0;
  if (fake_is("key", "digest"))
    key->digest.size = 31;
  if (fake_is("key", "seen"))
    key->seen = (struct span){key->digest.data, 31};
  if (fake_is("key", "errors"))
    key->errors = 1;
  if (fake_is("key", "time"))
    key->enforce_until = key->report_until = UINT64_MAX;
  if (fake_is("key", "times"))
    key->report_until = 0;
}

const struct bus_key *fakekeys(const char *host, size_t *count)
{
  static struct bus_key keys[KEYS_MOST];

  *count = fake_number("keys");
  for (size_t i = 0; i < *count; i++)
    keys[i] = (struct bus_key){
        .host = host,
        .scope = "exact",
        .protocol = "tls",
        .port = 443,
        .kind = "pin",
        .status = fake_option("status"),
        .origin = fake_option("origin"),
        .level = fake_option("level"),
        .selector = 1,
        .matching = 1,
        .digest = digest(),
        .flags = BUS_KEY_ALWAYS,
        .enforce_until = KEYPIN_FOREVER,
        .report_until = KEYPIN_FOREVER,
        .seen = seen(),
        .layer = (uint32_t)fake_number("rank"),
    };
  if (*count > 0)
    spoil(&keys[*count - 1]);
  return keys;
}

static void answer_check(DBusMessage *reply)
{
  const struct bus_check_reply check = {
      .answer = fake_option("check"),
      .reason = fake_option("why"),
      .layer = fake_option("layer"),
      .enforced = fake_number("enforced") != 0,
      .rule = 6,
      .change = fake_option("change"),
      .learned = fake_number("learned") != 0,
      .excused = (uint32_t)fake_number("excused"),
      .event = 9,
      .otherwise = fake_option("otherwise"),
  };

  bus_append_check_reply(reply, &check);
}

static void answer_note(DBusMessage *reply)
{
  const struct bus_note_reply note = {fake_option("note"), "", 5};

  bus_append_note_reply(reply, &note);
}

static void answer_put(DBusMessage *reply)
{
  static const char *const warnings[] = {"one", "two"};
  const char *const *list = warnings;
  dbus_uint64_t operation = 41, count = 5;

  dbus_message_append_args(reply, DBUS_TYPE_UINT64, &operation, DBUS_TYPE_UINT64, &count,
                           DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &list, 2, DBUS_TYPE_INVALID);
}

static void put_event(DBusMessageIter *array, unsigned long id)
{
  DBusMessageIter dict;

  bus_dict_open(array, &dict);
  if (!fake_is("shape", "nameless"))
    bus_dict_put_number(&dict, "id", DBUS_TYPE_UINT64, fake_is("shape", "stuck") ? 1 : id);
  bus_dict_put_string(&dict, "kind", "mismatch");
  if (fake_is("shape", "wrong"))
    bus_dict_put_number(&dict, "reason", DBUS_TYPE_UINT64, id);
  bus_dict_close(array, &dict);
}

static void answer_events(DBusMessage *call, DBusMessage *reply)
{
  DBusMessageIter iter, array;
  dbus_uint64_t after;

  dbus_message_iter_init(call, &iter);
  dbus_message_iter_get_basic(&iter, &after);
  dbus_message_iter_init_append(reply, &iter);
  bus_dicts_open(&iter, &array);
  for (unsigned long i = 0; i < BUS_LIST_MAX && after + i < fake_number("events"); i++)
    put_event(&array, (unsigned long)after + i + 1);
  dbus_message_iter_close_container(&iter, &array);
}

static void put_explained(DBusMessageIter *array)
{
  DBusMessageIter dict;

  bus_dict_open(array, &dict);
  bus_dict_put_string(&dict, "host", fake_is("shape", "host") ? "A.example" : "a.example");
  bus_dict_put_string(&dict, "scope", "subtree");
  bus_dict_put_string(&dict, "protocol", "");
  bus_dict_put_number(&dict, "port", DBUS_TYPE_UINT16, 0);
  bus_dict_put_string(&dict, "kind", "pin");
  if (!fake_is("shape", "roleless"))
    bus_dict_put_string(&dict, "role", "decided");
  bus_dict_close(array, &dict);
}

static void put_part(DBusMessageIter *iter, unsigned long count, bool explained)
{
  DBusMessageIter array, dict;

  bus_dicts_open(iter, &array);
  for (unsigned long i = 0; i < count; i++) {
    if (explained) {
      put_explained(&array);
    } else {
      bus_dict_open(&array, &dict);
      bus_dict_put_string(&dict, "name", "x");
      bus_dict_close(&array, &dict);
    }
  }
  dbus_message_iter_close_container(iter, &array);
}

static void put_commands(DBusMessageIter *iter, unsigned long count)
{
  DBusMessageIter array, dict;

  bus_dicts_open(iter, &array);
  for (unsigned long i = 0; i < count; i++) {
    bus_dict_open(&array, &dict);
    if (!fake_is("shape", "nothing-to-type"))
      bus_dict_put_string(&dict, "command", "tlspin off a.example:443");
    if (!fake_is("shape", "pointless"))
      bus_dict_put_string(&dict, "does", "off");
    if (fake_is("shape", "asks"))
      bus_dict_put_string(&dict, "asks", "yes");
    bus_dict_close(&array, &dict);
  }
  dbus_message_iter_close_container(iter, &array);
}

static void answer_explain(DBusMessage *reply)
{
  DBusMessageIter iter, dict;

  dbus_message_iter_init_append(reply, &iter);
  bus_dict_open(&iter, &dict);
  if (!fake_is("shape", "answerless"))
    bus_dict_put_string(&dict, "answer", "mismatch");
  bus_dict_put_number(&dict, "rule", DBUS_TYPE_UINT32, 6);
  bus_dict_close(&iter, &dict);
  put_part(&iter, fake_number("keys"), true);
  put_part(&iter, fake_is("shape", "layers") ? 2000 : 1, false);
  put_part(&iter, fake_is("shape", "settings") ? 300 : 3, false);
  put_commands(&iter, fake_is("shape", "commands") ? 65 : 2);
}

bool fakekeys_answer(DBusMessage *call, DBusMessage *reply)
{
  const char *member = dbus_message_get_member(call);

  if (strcmp(member, "CheckChain") == 0)
    answer_check(reply);
  else if (strcmp(member, "NoteHpkp") == 0)
    answer_note(reply);
  else if (strcmp(member, "Put") == 0)
    answer_put(reply);
  else if (strcmp(member, "Events") == 0)
    answer_events(call, reply);
  else if (strcmp(member, "Explain") == 0)
    answer_explain(reply);
  else
    return false;
  return true;
}

static void note_check(DBusMessage *call, const char *member, char *line, size_t size)
{
  struct bus_check_call check;
  struct bus_fault fault;
  const struct bus_check_options *options = &check.options;

  if (bus_read_check_call(call, &check, &fault))
    snprintf(line, size, "%s %s %s %u %zu %s%s%s%s%s pki=%s/%u ticket=%s until=%llu by=%s %s\n",
             member, check.peer.host, check.peer.protocol, check.peer.port, check.chain.count,
             options->path ? "p" : "-",
             options->raw_key      ? "r"
             : options->key_alone  ? "k"
             : options->leaf_alone ? "c"
                                   : "-",
             options->learn ? "l" : "-", options->is_private ? "s" : "-",
             options->accepted ? "a" : "-", options->pki, options->errors, options->ticket,
             (unsigned long long)options->expires, options->program,
             dbus_message_get_no_reply(call) ? "no-reply" : "reply");
  else
    snprintf(line, size, "%s unreadable\n", member);
}

/* Where it was told what the server sent, how many certificates and how many octets. */
static void note_served(DBusMessage *call, char *line, size_t size)
{
  struct bus_check_call check;
  struct bus_fault fault;
  size_t octets = 0;

  if (!bus_read_check_call(call, &check, &fault) || check.options.served.count == 0)
    return;
  for (size_t i = 0; i < check.options.served.count; i++)
    octets += check.options.served.at[i].size;
  snprintf(line + strlen(line) - 1, size - strlen(line) + 1, " served=%zu/%zu\n",
           check.options.served.count, octets);
}

static void note_note(DBusMessage *call, char *line, size_t size)
{
  struct bus_note_call note;

  if (bus_read_note_call(call, &note))
    snprintf(line, size, "NoteHpkp %s %s %u %zu %d %zu %s\n", note.peer.host, note.peer.protocol,
             note.peer.port, note.header.size, note.report_only, note.chain.count,
             dbus_message_get_no_reply(call) ? "no-reply" : "reply");
}

/* Appends to a line that may be full. */
__attribute__((format(printf, 3, 4))) static void append(char *line, size_t size,
                                                         const char *format, ...)
{
  size_t used = strlen(line);
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(line + used, size - used, format, arguments);
  va_end(arguments);
}

/* Each member; those of dictionaries in it are in braces. */
static void note_dict(DBusMessageIter *at, char *line, size_t size)
{
  DBusMessageIter dict;
  struct bus_value value;
  const char *key;

  dbus_message_iter_recurse(at, &dict);
  while (bus_dict_next(&dict, &key, &value)) {
    append(line, size, " %s=", key);
    if (value.type == DBUS_TYPE_STRING)
      append(line, size, "%s", value.string);
    else if (value.type != BUS_DICTS)
      append(line, size, "%c%llu", value.type,
             (unsigned long long)value.number + value.octets.size);
    for (; value.type == BUS_DICTS && bus_dict_at(&value.dicts);
         dbus_message_iter_next(&value.dicts)) {
      append(line, size, "{");
      note_dict(&value.dicts, line, size);
      append(line, size, " }");
    }
  }
}

/* Each member of each dictionary of a Put, and its options. */
static void note_put(DBusMessage *call, char *line, size_t size)
{
  DBusMessageIter iter, array;

  snprintf(line, size, "Put");
  dbus_message_iter_init(call, &iter);
  dbus_message_iter_recurse(&iter, &array);
  for (; bus_dict_at(&array); dbus_message_iter_next(&array)) {
    append(line, size, " |");
    note_dict(&array, line, size);
  }
  dbus_message_iter_next(&iter);
  append(line, size, " |");
  note_dict(&iter, line, size);
  append(line, size, "\n");
}

void fakekeys_note(DBusMessage *call, char *line, size_t size)
{
  const char *member = dbus_message_get_member(call);

  if (strcmp(member, "CheckChain") == 0 || strcmp(member, "Explain") == 0) {
    note_check(call, member, line, size);
    note_served(call, line, size);
  } else if (strcmp(member, "NoteHpkp") == 0) {
    note_note(call, line, size);
  } else if (strcmp(member, "Put") == 0) {
    note_put(call, line, size);
  }
}

static void put_logged(DBusMessage *signal)
{
  DBusMessageIter iter, dict;

  dbus_message_iter_init_append(signal, &iter);
  bus_dict_open(&iter, &dict);
  bus_dict_put_number(&dict, "id", DBUS_TYPE_UINT64, 77);
  bus_dict_put_string(&dict, "kind", "mismatch");
  bus_dict_close(&iter, &dict);
}

static void put_changed(DBusMessage *signal, int count)
{
  const char *change = "cleared", *host = "a.example", *protocol = "tls";
  uint16_t port = 443;
  DBusMessageIter iter, array, item;

  dbus_message_iter_init_append(signal, &iter);
  dbus_message_iter_append_basic(&iter, DBUS_TYPE_STRING, &change);
  dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "(ssq)", &array);
  for (int i = 0; i < count; i++) {
    dbus_message_iter_open_container(&array, DBUS_TYPE_STRUCT, NULL, &item);
    dbus_message_iter_append_basic(&item, DBUS_TYPE_STRING, &host);
    dbus_message_iter_append_basic(&item, DBUS_TYPE_STRING, &protocol);
    dbus_message_iter_append_basic(&item, DBUS_TYPE_UINT16, &port);
    dbus_message_iter_close_container(&array, &item);
  }
  dbus_message_iter_close_container(&iter, &array);
}

static void put_text(DBusMessage *signal)
{
  const char *text = "x";

  dbus_message_append_args(signal, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
}

static void send_signal(DBusConnection *bus, const char *member, int count)
{
  DBusMessage *signal = dbus_message_new_signal(BUS_ADMIN_PATH, BUS_ADMIN, member);

  if (count < 0)
    put_text(signal);
  else if (strcmp(member, "Logged") == 0)
    put_logged(signal);
  else
    put_changed(signal, count);
  dbus_connection_send(bus, signal, NULL);
  dbus_message_unref(signal);
}

void fakekeys_signal(DBusConnection *bus)
{
  if (fake_is("signal", "none"))
    return;
  if (fake_is("signal", "many"))
    for (int i = 0; i < 1000; i++)
      send_signal(bus, "Logged", 0);
  send_signal(bus, "Logged", -1); /* what is wrong is passed over */
  send_signal(bus, "Changed", -1);
  send_signal(bus, "Other", 1);
  send_signal(bus, "Changed", 0);
  send_signal(bus, "Changed", 2);
  send_signal(bus, "Logged", 0);
}
