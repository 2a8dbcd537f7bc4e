/* A stand-in for the daemon behind org.tlspin.Pins1 and org.tlspin.Admin1, for the faults that the
 * real one doesn't have.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Usage: fakepins KEY=VALUE... The keys:
 *   address    the bus; else $DBUS_STARTER_ADDRESS
 *   log        a file to which a line is appended for each start and each call
 *   start      milliseconds before it takes its names, or "fail"
 *   do         what to do with a call: reply, silent, die, error, empty (a reply without
 *              arguments), text (one of a string)
 *   once       a file: the first call is treated as `do` says and makes it; where it is there,
 *              calls are replied to
 *   late       milliseconds before each reply
 *   leave      calls after which it ends
 *   error, message                                        of do=error
 *   answer, reason, layer, hash, lock, ticket, secret (their sizes), series, expires, policy
 *                                                         of Lookup
 *   keys       how many Lookup and Explain have; key: what is wrong with the last one
 *   status, origin, level, rank, digest, seen (hex)       of each key
 *   outcome, until                                        of StoreTicket
 *   check, why, change, enforced, learned, excused        of CheckChain
 *   note       of NoteHpkp
 *   entries    how many List has, page: in one reply; shape: what is wrong with the entries, or
 * with what is said about the store next       the cursor that every page has events     how many
 * the log has signal     none, some or many: what is sent after each call of Status undo-partly  of
 * Status
 */
#include "config.h"

#include "common/bytes.h"
#include "dbus/dict.h"
#include "dbus/messages.h"
#include "dbus/names.h"
#include "tests/fakekeys.h"
#include "tests/fakestore.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Values by key; a key that is not listed ends the program, so that no test is fooled. */
static struct {
  const char *key;
  const char *value;
} options[] = {
    {"address", NULL},
    {"log", NULL},
    {"start", "0"},
    {"do", "reply"},
    {"once", NULL},
    {"late", "0"},
    {"leave", "0"},
    {"error", "org.example.E"},
    {"message", "it broke"},
    {"answer", "match"},
    {"reason", "found"},
    {"layer", "user"},
    {"hash", "sha256"},
    {"lock", "none"},
    {"ticket", "100"},
    {"secret", "32"},
    {"series", "7"},
    {"expires", "2000000000"},
    {"outcome", "stored"},
    {"until", "1900000000"},
    {"entries", "1"},
    {"page", "1000"},
    {"shape", "good"},
    {"next", NULL},
    {"keys", "0"},
    {"key", "good"},
    {"status", "critical"},
    {"origin", "user"},
    {"level", "leaf"},
    {"rank", "0"},
    {"digest", ""},
    {"policy", "0"},
    {"seen", ""},
    {"check", "match"},
    {"why", "active-matched"},
    {"change", ""},
    {"enforced", "1"},
    {"learned", "0"},
    {"excused", "0"},
    {"otherwise", ""},
    {"note", "note"},
    {"events", "0"},
    {"signal", "none"},
    {"undo-partly", "0"},
};

static const char **option(const char *key)
{
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
    if (strcmp(options[i].key, key) == 0)
      return &options[i].value;
  fprintf(stderr, "fakepins: no key '%s'\n", key);
  exit(2);
}

static unsigned long number(const char *key)
{
  return strtoul(*option(key), NULL, 10);
}

static bool is(const char *key, const char *value)
{
  return strcmp(*option(key), value) == 0;
}

const char *fake_option(const char *key)
{
  return *option(key);
}

unsigned long fake_number(const char *key)
{
  return number(key);
}

bool fake_is(const char *key, const char *value)
{
  return is(key, value);
}

/* One write, so that lines of several processes don't mix. */
static void note(const char *line)
{
  const char *path = *option("log");
  int fd;

  if (path == NULL)
    return;
  fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0 || write(fd, line, strlen(line)) < 0)
    exit(3);
  close(fd);
}

static void note_call(DBusMessage *call)
{
  struct bus_store_call store;
  struct bus_failure_call failure;
  struct bus_peer peer;
  char line[4096];
  const char *member = dbus_message_get_member(call);
  bool wanted = !dbus_message_get_no_reply(call);

  if (strcmp(member, "StoreTicket") == 0 && bus_read_store_call(call, &store))
    snprintf(line, sizeof line, "%s %s %s %u %zu %zu %s %u %llu %zu %s\n", member, store.peer.host,
             store.peer.protocol, store.peer.port, store.ticket.size, store.secret.size, store.hash,
             store.lifetime, (unsigned long long)store.series, store.anchor.size,
             wanted ? "reply" : "no-reply");
  else if (strcmp(member, "ReportFailure") == 0 && bus_read_failure_call(call, &failure))
    snprintf(line, sizeof line, "%s %s %s %u %s %s\n", member, failure.peer.host,
             failure.peer.protocol, failure.peer.port, failure.reason,
             wanted ? "reply" : "no-reply");
  else if (dbus_message_has_signature(call, "ssq") && bus_read_peer(call, &peer))
    snprintf(line, sizeof line, "%s %s %s %u\n", member, peer.host, peer.protocol, peer.port);
  else
    snprintf(line, sizeof line, "%s %s\n", member, dbus_message_get_signature(call));
  fakekeys_note(call, line, sizeof line);
  fakestore_note(call, line, sizeof line);
  note(line);
}

static void note_filter(DBusMessage *call)
{
  DBusMessageIter iter, dict;
  struct bus_value value;
  const char *key;
  char line[2048];

  dbus_message_iter_init(call, &iter);
  dbus_message_iter_recurse(&iter, &dict);
  while (bus_dict_next(&dict, &key, &value)) {
    if (value.type == DBUS_TYPE_STRING)
      snprintf(line, sizeof line, "filter %s %c %s\n", key, value.type, value.string);
    else
      snprintf(line, sizeof line, "filter %s %c %llu\n", key, value.type,
               (unsigned long long)value.number);
    note(line);
  }
}

static struct span octets(const char *key)
{
  static uint8_t data[2 * BUS_TICKET_MAX];

  memset(data, 0xa5, sizeof data);
  return (struct span){data, number(key)};
}

static void answer_lookup(DBusMessage *call, DBusMessage *reply)
{
  struct bus_peer peer = {.host = ""};
  struct bus_lookup_reply lookup = {
      .answer = *option("answer"),
      .reason = *option("reason"),
      .layer = *option("layer"),
      .ticket = octets("ticket"),
      .secret = octets("secret"),
      .hash = *option("hash"),
      .series = number("series"),
      .expires = number("expires"),
      .lock = *option("lock"),
      .policy = (uint32_t)number("policy"),
  };

  bus_read_peer(call, &peer);
  lookup.keys = fakekeys(peer.host, &lookup.key_count);
  bus_append_lookup_reply(reply, &lookup);
}

static void answer_store(DBusMessage *reply)
{
  const struct bus_store_reply store = {*option("outcome"), number("until")};

  bus_append_store_reply(reply, &store);
}

static void put_entry(DBusMessageIter *array, unsigned long index)
{
  DBusMessageIter dict;
  char host[64];

  snprintf(host, sizeof host, is("shape", "host") ? "H%lu.example" : "h%lu.example", index);
  bus_dict_open(array, &dict);
  if (!is("shape", "peerless"))
    bus_dict_put_string(&dict, "host", host);
  bus_dict_put_string(&dict, "protocol", is("shape", "protocol") ? "udp" : "tls");
  if (is("shape", "port-type"))
    bus_dict_put_string(&dict, "port", "443");
  else
    bus_dict_put_number(&dict, "port", DBUS_TYPE_UINT16, is("shape", "port") ? 0 : 443);
  bus_dict_put_string(&dict, "kind", "ticket");
  bus_dict_put_string(&dict, "layer", *option("layer"));
  bus_dict_put_string(&dict, "state", "active");
  bus_dict_put_string(&dict, "lock", *option("lock"));
  bus_dict_put_string(&dict, "hash", *option("hash"));
  bus_dict_put_number(&dict, "ticket-size", DBUS_TYPE_UINT32, number("ticket"));
  bus_dict_put_number(&dict, "first-seen", DBUS_TYPE_UINT64, 1000);
  bus_dict_put_number(&dict, "issued", DBUS_TYPE_UINT64, 2000);
  bus_dict_put_number(&dict, "expires", DBUS_TYPE_UINT64, number("expires"));
  bus_dict_put_number(&dict, "failures", DBUS_TYPE_UINT32, 3);
  bus_dict_put_string(&dict, "failure-reason", "proof-wrong");
  bus_dict_put_number(&dict, "failed", DBUS_TYPE_UINT64, 4000);
  bus_dict_put_string(&dict, "of-a-later-version", "x");
  bus_dict_close(array, &dict);
}

static unsigned long put_entries(DBusMessage *reply, unsigned long first)
{
  unsigned long end = first + number("page");
  DBusMessageIter iter, array;

  if (end > number("entries"))
    end = number("entries");
  dbus_message_iter_init_append(reply, &iter);
  bus_dicts_open(&iter, &array);
  for (unsigned long i = first; i < end; i++)
    put_entry(&array, i);
  dbus_message_iter_close_container(&iter, &array);
  return end;
}

/* The cursor is the index of the next entry. */
static void answer_list(DBusMessage *call, DBusMessage *reply)
{
  DBusMessageIter iter;
  const char *cursor, *next;
  unsigned long end;
  char text[32] = "";

  dbus_message_iter_init(call, &iter);
  dbus_message_iter_next(&iter);
  dbus_message_iter_get_basic(&iter, &cursor);
  end = put_entries(reply, strtoul(cursor, NULL, 10));
  if (end < number("entries"))
    snprintf(text, sizeof text, "%lu", end);
  next = *option("next") != NULL ? *option("next") : text;
  dbus_message_iter_init_append(reply, &iter);
  dbus_message_append_args(reply, DBUS_TYPE_STRING, &next, DBUS_TYPE_INVALID);
}

static void answer_change(DBusMessage *reply, bool undo)
{
  const struct bus_undo_reply change = {41, 5, 2};

  if (undo)
    bus_append_undo_reply(reply, &change);
  else
    dbus_message_append_args(reply, DBUS_TYPE_UINT64, &change.operation, DBUS_TYPE_UINT64,
                             &change.count, DBUS_TYPE_INVALID);
}

static void answer(DBusMessage *call, DBusMessage *reply)
{
  const char *member = dbus_message_get_member(call);

  if (strcmp(member, "Lookup") == 0)
    answer_lookup(call, reply);
  else if (strcmp(member, "StoreTicket") == 0)
    answer_store(reply);
  else if (strcmp(member, "List") == 0)
    answer_list(call, reply);
  else if (strcmp(member, "Get") == 0)
    put_entries(reply, 0);
  else if (strcmp(member, "Clear") == 0 || strcmp(member, "Undo") == 0)
    answer_change(reply, strcmp(member, "Undo") == 0);
  else if (!fakestore_answer(call, reply))
    fakekeys_answer(call, reply);
}

static void spoil(DBusMessage *reply)
{
  const char *text = "match";
  DBusMessageIter iter;

  if (is("do", "text")) {
    dbus_message_iter_init_append(reply, &iter);
    dbus_message_iter_append_basic(&iter, DBUS_TYPE_STRING, &text);
  }
}

static bool first_time(void)
{
  const char *path = *option("once");
  int fd;

  if (path == NULL)
    return true;
  fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (fd >= 0)
    close(fd);
  return fd >= 0;
}

static void handle(DBusConnection *bus, DBusMessage *call)
{
  bool fault = !is("do", "reply") && first_time();
  DBusMessage *reply;

  usleep((useconds_t)number("late") * 1000);
  if (fault && is("do", "die"))
    _exit(0);
  if (fault && is("do", "silent"))
    return;
  if (fault && is("do", "error"))
    reply = dbus_message_new_error(call, *option("error"), *option("message"));
  else
    reply = dbus_message_new_method_return(call);
  if (fault)
    spoil(reply);
  else
    answer(call, reply);
  if (!dbus_message_get_no_reply(call))
    dbus_connection_send(bus, reply, NULL);
  if (strcmp(dbus_message_get_member(call), "Status") == 0)
    fakekeys_signal(bus);
  dbus_connection_flush(bus);
  dbus_message_unref(reply);
}

/* False when it is time to leave. */
static bool take(DBusConnection *bus, DBusMessage *message)
{
  static unsigned long taken;

  if (dbus_message_get_type(message) != DBUS_MESSAGE_TYPE_METHOD_CALL)
    return true;
  note_call(message);
  if (dbus_message_get_signature(message)[0] == 'a' &&
      strcmp(dbus_message_get_member(message), "Put") != 0)
    note_filter(message);
  handle(bus, message);
  return ++taken != number("leave");
}

/* What came with the names is in the queue before anything is read. */
static void serve(DBusConnection *bus)
{
  bool stay = true;

  do {
    DBusMessage *message;

    while (stay && (message = dbus_connection_pop_message(bus)) != NULL) {
      stay = take(bus, message);
      dbus_message_unref(message);
    }
  } while (stay && dbus_connection_read_write(bus, -1));
  usleep(50000);
}

static DBusConnection *join(const char *address)
{
  DBusConnection *bus = dbus_connection_open_private(address, NULL);
  int flags = DBUS_NAME_FLAG_DO_NOT_QUEUE;

  if (bus == NULL || !dbus_bus_register(bus, NULL) ||
      dbus_bus_request_name(bus, BUS_ADMIN, (unsigned)flags, NULL) != 1 ||
      dbus_bus_request_name(bus, BUS_PINS, (unsigned)flags, NULL) != 1)
    exit(4);
  return bus;
}

int main(int argc, char **argv)
{
  const char *address;
  char line[64];

  for (int i = 1; i < argc; i++) {
    char *value = strchr(argv[i], '=');

    if (value == NULL)
      return 2;
    *value = '\0';
    *option(argv[i]) = value + 1;
  }
  snprintf(line, sizeof line, "start %ld\n", (long)getpid());
  note(line);
  if (is("start", "fail"))
    return 1;
  usleep((useconds_t)number("start") * 1000);
  address = *option("address");
  if (address == NULL)
    address = getenv("DBUS_STARTER_ADDRESS");
  {
    DBusConnection *bus = join(address);

    puts("ready");
    fflush(stdout);
    serve(bus);
    dbus_connection_close(bus);
    dbus_connection_unref(bus);
  }
  return 0;
}
