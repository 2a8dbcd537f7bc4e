/* Prints the signals of org.tlspin.Admin1 on the session bus, for scripts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   listen COUNT FILE
 *
 * Prints "ready" once it listens, then a line for each signal: its name and its arguments as in
 * call.c, and for the first peer that it names what Lookup answers then. Ends after COUNT of them.
 * Writes to FILE the octets of all the signals as they were on the wire. */
#include "config.h"

#include "dbus/messages.h"
#include "dbus/names.h"
#include "tests/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_MISUSE = 2, REPLY_MS = 60000 };

static void must(bool worked, const char *what)
{
  if (worked)
    return;
  fprintf(stderr, "listen: %s\n", what);
  exit(EXIT_MISUSE);
}

static void keep_octets(DBusMessage *signal, FILE *file)
{
  char *octets = NULL;
  int size = 0;

  must(dbus_message_marshal(signal, &octets, &size), "no memory");
  must(fwrite(octets, 1, (size_t)size, file) == (size_t)size && fflush(file) == 0, "no room");
  dbus_free(octets);
}

/* The first of the peers in Changed, or the one of PinFailed. */
static bool find_peer(DBusMessage *signal, struct bus_peer *peer)
{
  DBusMessageIter iter, array, item;

  if (dbus_message_has_member(signal, "PinFailed")) {
    struct bus_failure_call failure;
    bool found = bus_read_failure_call(signal, &failure);

    *peer = failure.peer;
    return found;
  }
  if (!dbus_message_has_member(signal, "Changed"))
    return false;
  dbus_message_iter_init(signal, &iter);
  dbus_message_iter_next(&iter);
  dbus_message_iter_recurse(&iter, &array);
  if (dbus_message_iter_get_arg_type(&array) != DBUS_TYPE_STRUCT)
    return false;
  dbus_message_iter_recurse(&array, &item);
  dbus_message_iter_get_basic(&item, &peer->host);
  dbus_message_iter_next(&item);
  dbus_message_iter_get_basic(&item, &peer->protocol);
  dbus_message_iter_next(&item);
  dbus_message_iter_get_basic(&item, &peer->port);
  return true;
}

static void print_lookup(DBusConnection *connection, const struct bus_peer *peer)
{
  DBusMessage *call = bus_call(BUS_PINS, "Lookup"), *reply;
  struct bus_lookup_reply answer;

  must(call != NULL && bus_append_peer(call, peer), "no memory");
  reply = dbus_connection_send_with_reply_and_block(connection, call, REPLY_MS, NULL);
  must(reply != NULL && bus_read_lookup_reply(reply, &answer), "no answer");
  printf(" -> %s", answer.answer);
  dbus_message_unref(reply);
  dbus_message_unref(call);
}

/* The arguments, which values_print writes as lines, on one line. */
static void print_signal(DBusConnection *connection, DBusMessage *signal)
{
  struct bus_peer peer;
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);

  values_print(out, signal);
  fclose(out);
  for (size_t i = 0; i < size; i++)
    if (text[i] == '\n')
      text[i] = ' ';
  printf("%s %s", dbus_message_get_member(signal), text);
  if (find_peer(signal, &peer))
    print_lookup(connection, &peer);
  putchar('\n');
  fflush(stdout);
  free(text);
}

static DBusMessage *next_message(DBusConnection *connection)
{
  DBusMessage *message;

  while ((message = dbus_connection_pop_message(connection)) == NULL)
    if (!dbus_connection_read_write(connection, -1))
      return NULL;
  return message;
}

int main(int argc, char **argv)
{
  DBusError error = DBUS_ERROR_INIT;
  DBusConnection *connection = dbus_bus_get_private(DBUS_BUS_SESSION, &error);
  long left = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
  FILE *file = argc == 3 ? fopen(argv[2], "wb") : NULL;
  DBusMessage *message;

  must(connection != NULL && file != NULL, "usage: listen COUNT FILE, on a bus");
  dbus_connection_set_exit_on_disconnect(connection, FALSE);
  dbus_bus_add_match(connection, "type='signal',interface='" BUS_ADMIN "'", &error);
  must(!dbus_error_is_set(&error), "the bus refuses");
  puts("ready");
  fflush(stdout);
  while (left > 0 && (message = next_message(connection)) != NULL) {
    if (dbus_message_has_interface(message, BUS_ADMIN)) {
      keep_octets(message, file);
      print_signal(connection, message);
      left--;
    }
    dbus_message_unref(message);
  }
  fclose(file);
  dbus_connection_close(connection);
  dbus_connection_unref(connection);
  return left == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
