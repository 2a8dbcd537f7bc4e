/* Calls one method on the session bus, for scripts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   call [-n] NAME PATH INTERFACE METHOD SIGNATURE [ARGUMENT]...
 *
 * -n wants no reply; an INTERFACE of "" is left out. Arguments are written as they are for the
 * basic types, for ay in hexadecimal digits or as COUNT*HH, and for a{sv} as KEY=TYPE:VALUE with
 * semicolons between; the elements of aay have commas between them, those of aa{sv} ampersands. A
 * VALUE of the type aa{sv} has tildes between its elements, and commas inside them; one of aay
 * commas.
 *
 * Prints each argument of the reply on a line of its own: octets in hexadecimal digits, a
 * dictionary as its KEY=VALUE in their order with two spaces between, and an array of dictionaries
 * as a line for each of them, or none; inside a dictionary they are in braces. After an error it
 * prints "NAME: TEXT" and exits with 1; with 2 where no call could be made. */
#include "config.h"

#include "tests/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_MISUSE = 2, REPLY_MS = 60000 };

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
  DBusMessage *call = dbus_message_new_method_call(words[0], words[1],
                                                   words[2][0] != '\0' ? words[2] : NULL, words[3]);

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

int main(int argc, char **argv)
{
  bool silent = argc > 1 && strcmp(argv[1], "-n") == 0;
  DBusError error = DBUS_ERROR_INIT;
  DBusConnection *connection;
  DBusMessage *call, *reply = NULL;
  int status = EXIT_SUCCESS;

  if (argc - silent < 6) {
    fprintf(stderr, "usage: call [-n] NAME PATH INTERFACE METHOD SIGNATURE [ARGUMENT]...\n");
    return EXIT_MISUSE;
  }
  connection = connect_to_bus();
  call = make_call(argv + 1 + silent, argc - 1 - silent);
  dbus_message_set_no_reply(call, silent);
  if (silent) {
    dbus_connection_send(connection, call, NULL);
    dbus_connection_flush(connection);
  } else {
    reply = dbus_connection_send_with_reply_and_block(connection, call, REPLY_MS, &error);
    status = print_reply(reply, &error);
  }
  if (reply != NULL)
    dbus_message_unref(reply);
  dbus_error_free(&error);
  dbus_message_unref(call);
  dbus_connection_close(connection);
  dbus_connection_unref(connection);
  return status;
}
