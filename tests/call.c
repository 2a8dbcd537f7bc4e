/* Calls methods on the session bus, for scripts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   call [-n | -u ERROR] NAME PATH INTERFACE METHOD SIGNATURE [ARGUMENT]... [-- ...]
 *
 * What comes after -- is another call, of the same connection. -n wants no reply; -u makes the call
 * again and again until its answer is that error, and prints how often it was made before. An
 * INTERFACE of "" is left out. Arguments are written as they are for the
 * basic types, for ay in hexadecimal digits or as COUNT*HH, and for a{sv} as KEY=TYPE:VALUE with
 * semicolons between; the elements of aay have commas between them, those of aa{sv} ampersands. A
 * VALUE of the type aa{sv} has tildes between its elements, and commas inside them; one of aay
 * commas.
 *
 * Prints each argument of the reply on a line of its own: octets in hexadecimal digits, a
 * dictionary as its KEY=VALUE in their order with two spaces between, and an array of dictionaries
 * as a line for each of them, or none; inside a dictionary they are in braces. After an error it
 * prints "NAME: TEXT", and where that was the last call exits with 1; with 2 where no call could be
 * made. */
#include "config.h"

#include "tests/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_MISUSE = 2, REPLY_MS = 60000, CALLS_MOST = 100000 };

static DBusConnection *connect_to_bus(void)
{
  DBusError error = DBUS_ERROR_INIT;
  DBusConnection *connection = dbus_bus_get_private(DBUS_BUS_SESSION, &error);

  if (connection == NULL) {
    fprintf(stderr, "call: %s\n", error.message);
    exit(EXIT_MISUSE);
  }
  dbus_connection_set_exit_on_disconnect(connection, FALSE);
  return connection;
}

static DBusMessage *make_call(char **words, int count)
{
  DBusMessage *call;

  if (count < 5) {
    fprintf(stderr, "usage: call [-n | -u ERROR] NAME PATH INTERFACE METHOD SIGNATURE "
                    "[ARGUMENT]... [-- ...]\n");
    exit(EXIT_MISUSE);
  }
  call = dbus_message_new_method_call(words[0], words[1], words[2][0] != '\0' ? words[2] : NULL,
                                      words[3]);
  if (call == NULL || !values_append(call, words[4], words + 5, count - 5)) {
    fprintf(stderr, "call: the arguments don't fit '%s'\n", words[4]);
    exit(EXIT_MISUSE);
  }
  return call;
}

static int print_reply(DBusMessage *reply, const DBusError *error)
{
  if (reply == NULL) {
    printf("%s: %s\n", error->name, error->message);
    return EXIT_FAILURE;
  }
  values_print(stdout, reply);
  return EXIT_SUCCESS;
}

/* The bus refuses a second message of the same number. */
static DBusMessage *ask(DBusConnection *connection, DBusMessage *call, DBusError *error)
{
  DBusMessage *copy = dbus_message_copy(call), *reply;

  reply = dbus_connection_send_with_reply_and_block(connection, copy, REPLY_MS, error);
  dbus_message_unref(copy);
  return reply;
}

static int call_once(DBusConnection *connection, DBusMessage *call)
{
  DBusError error = DBUS_ERROR_INIT;
  DBusMessage *reply = ask(connection, call, &error);
  int status = print_reply(reply, &error);

  if (reply != NULL)
    dbus_message_unref(reply);
  dbus_error_free(&error);
  return status;
}

static int call_until(DBusConnection *connection, DBusMessage *call, const char *name)
{
  for (int count = 0; count < CALLS_MOST; count++) {
    DBusError error = DBUS_ERROR_INIT;
    DBusMessage *reply = ask(connection, call, &error);
    bool over = reply == NULL && strcmp(error.name, name) == 0;

    if (reply != NULL)
      dbus_message_unref(reply);
    dbus_error_free(&error);
    if (over) {
      printf("%d\n", count);
      return EXIT_SUCCESS;
    }
  }
  printf("%d calls, and not %s\n", CALLS_MOST, name);
  return EXIT_FAILURE;
}

static int call_silently(DBusConnection *connection, DBusMessage *call)
{
  dbus_message_set_no_reply(call, TRUE);
  dbus_connection_send(connection, call, NULL);
  dbus_connection_flush(connection);
  return EXIT_SUCCESS;
}

static int make_one(DBusConnection *connection, char **words, int count)
{
  bool silent = count > 0 && strcmp(words[0], "-n") == 0;
  bool until = count > 1 && strcmp(words[0], "-u") == 0;
  int options = silent ? 1 : until ? 2 : 0;
  DBusMessage *call = make_call(words + options, count - options);
  int status = silent  ? call_silently(connection, call)
               : until ? call_until(connection, call, words[1])
                       : call_once(connection, call);

  dbus_message_unref(call);
  return status;
}

int main(int argc, char **argv)
{
  DBusConnection *connection = connect_to_bus();
  int status = EXIT_MISUSE;

  for (int begin = 1, end; begin <= argc; begin = end + 1) {
    for (end = begin; end < argc && strcmp(argv[end], "--") != 0; end++)
      continue;
    status = make_one(connection, argv + begin, end - begin);
  }
  dbus_connection_close(connection);
  dbus_connection_unref(connection);
  return status;
}
