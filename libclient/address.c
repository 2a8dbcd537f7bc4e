/* Where the session bus is, and whether it is alive: see address.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/address.h"

#include "common/text.h"
#include "common/tlspin-error.h"
#include "libclient/deadline.h"
#include "libclient/last.h"

#include <dbus/dbus.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  BACKLOG_PAUSE = 2, /* milliseconds between two tries at a full backlog */
  GUID_MAX = 64
};

/* Fills the socket address; a leading NUL makes it an abstract one. */
static bool set_socket(struct address *address, const char *name, bool abstract)
{
  size_t size = strlen(name), before = abstract ? 1 : 0;

  if (size == 0 || before + size >= sizeof address->socket.sun_path)
    return false;
  memset(&address->socket, 0, sizeof address->socket);
  address->socket.sun_family = AF_UNIX;
  memcpy(address->socket.sun_path + before, name, size);
  address->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + before + size);
  return true;
}

/* The entry as libdbus wants it, with nothing in it but what was checked. */
static bool set_text(struct address *address, const char *key, const char *name, const char *guid)
{
  char *escaped = dbus_address_escape_value(name);
  int size = -1;

  if (escaped != NULL)
    size = snprintf(address->text, sizeof address->text, "unix:%s=%s%s%s", key, escaped,
                    guid != NULL ? ",guid=" : "", guid != NULL ? guid : "");
  dbus_free(escaped);
  return size > 0 && size < (int)sizeof address->text;
}

static bool is_guid(const char *guid)
{
  size_t size = strlen(guid);

  return size > 0 && size <= GUID_MAX && strspn(guid, "0123456789abcdefABCDEF") == size;
}

static bool read_entry(DBusAddressEntry *entry, struct address *address)
{
  const char *path = dbus_address_entry_get_value(entry, "path");
  const char *abstract = dbus_address_entry_get_value(entry, "abstract");
  const char *guid = dbus_address_entry_get_value(entry, "guid");
  const char *name = path != NULL ? path : abstract;

  if (strcmp(dbus_address_entry_get_method(entry), "unix") != 0)
    return false;
  if ((path == NULL) == (abstract == NULL) || (guid != NULL && !is_guid(guid)))
    return false;
  return set_socket(address, name, path == NULL) &&
         set_text(address, path != NULL ? "path" : "abstract", name, guid);
}

static size_t parse(const char *text, struct address list[ADDRESS_MAX])
{
  DBusAddressEntry **entries;
  int found = 0;
  size_t count = 0;

  if (!dbus_parse_address(text, &entries, &found, NULL)) {
    last_say(0, _("The address of the session bus, '%s', can't be understood."), text);
    return 0;
  }
  for (int i = 0; i < found && count < ADDRESS_MAX; i++)
    if (read_entry(entries[i], &list[count]))
      count++;
  dbus_address_entries_free(entries);
  if (count == 0)
    last_say(0, _("The address of the session bus, '%s', is not one of a local socket."), text);
  return count;
}

/* The socket that systemd and others make for every user; of nobody else's making. */
static size_t parse_runtime_dir(const char *dir, struct address list[ADDRESS_MAX])
{
  char path[PATH_MAX];
  int size = snprintf(path, sizeof path, "%s/bus", dir);
  struct stat status;

  if (size < 0 || size >= (int)sizeof path || stat(path, &status) != 0 ||
      !S_ISSOCK(status.st_mode) || status.st_uid != geteuid()) {
    last_say(0, _("There is no session bus at '%s/bus'."), dir);
    return 0;
  }
  if (!set_socket(&list[0], path, false) || !set_text(&list[0], "path", path, NULL)) {
    last_say(0, _("The path of the session bus, '%s', is too long."), path);
    return 0;
  }
  return 1;
}

size_t address_list(const char *given, struct address list[ADDRESS_MAX])
{
  const char *text = given != NULL ? given : secure_getenv("DBUS_SESSION_BUS_ADDRESS");
  const char *dir = secure_getenv("XDG_RUNTIME_DIR");

  if (given != NULL || (text != NULL && text[0] != '\0'))
    return parse(text, list);
  if (dir != NULL && dir[0] == '/')
    return parse_runtime_dir(dir, list);
  last_say(0, _("There is no session bus, through which the pin store is asked: "
                "DBUS_SESSION_BUS_ADDRESS is not set."));
  return 0;
}

/* A unix socket has no connection in progress: while the backlog is full, it says EAGAIN.
 * Returns 0 or an errno; so do the others below. */
static int connect_within(int fd, const struct address *address, int64_t deadline)
{
  while (connect(fd, (const struct sockaddr *)&address->socket, address->size) != 0) {
    if (errno != EINTR && errno != EAGAIN)
      return errno;
    if (deadline_poll(deadline) == 0)
      return ETIMEDOUT;
    poll(NULL, 0, BACKLOG_PAUSE);
  }
  return 0;
}

/* Opens the conversation of the D-Bus specification ("Authentication Protocol") with a question
 * that every bus answers, and that commits to nothing. */
static int speak_within(int fd, int64_t deadline)
{
  static const char question[] = "\0AUTH\r\n";
  struct pollfd ready = {fd, POLLIN, 0};
  char answer;

  if (send(fd, question, sizeof question - 1, MSG_NOSIGNAL) != sizeof question - 1)
    return ECONNRESET;
  while (poll(&ready, 1, deadline_poll(deadline)) <= 0)
    if (deadline_poll(deadline) == 0)
      return ETIMEDOUT;
  return recv(fd, &answer, 1, MSG_DONTWAIT) == 1 ? 0 : ECONNRESET;
}

static int probe(const struct address *address, int64_t deadline)
{
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int fault;

  if (fd < 0)
    return errno;
  fault = connect_within(fd, address, deadline);
  if (fault == 0)
    fault = speak_within(fd, deadline);
  close(fd);
  return fault;
}

const struct address *address_probe(const struct address *list, size_t count, int64_t deadline)
{
  for (size_t i = 0; i < count; i++) {
    int fault = probe(&list[i], deadline);

    if (fault == 0)
      return &list[i];
    if (fault == ETIMEDOUT)
      last_say(0, _("The session bus does not answer (%s)."), list[i].text);
    else
      last_say(0, _("The session bus can't be reached (%s): %s."), list[i].text, strerror(fault));
  }
  return NULL;
}
