/* Notices changes in a folder: see watch.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/watch.h"

#include "common/text.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdbool.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
  EVENTS = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB |
           IN_DELETE_SELF | IN_MOVE_SELF,
  ARM_TRIES = 8
};

struct watch {
  char *folder;
  void (*changed)(void *data);
  void *data;
  int fd;
  int armed; /* the inotify watch, or -1 */
  guint source;
  char *watched; /* the folder, or its deepest parent that exists */
};

/* The name in the watched parent on the way to the folder; NULL where the folder itself is watched.
 */
static char *awaited(const struct watch *watch)
{
  const char *rest = watch->folder + strlen(watch->watched);

  rest += strspn(rest, "/");
  return rest[0] == '\0' ? NULL : g_strndup(rest, strcspn(rest, "/"));
}

/* Where the folder can't be reached, its parent tells of the change that lets it be reached: of its
 * making, or of another mode. */
static void arm_deepest(struct watch *watch)
{
  if (watch->armed >= 0)
    inotify_rm_watch(watch->fd, watch->armed);
  g_free(watch->watched);
  watch->watched = g_strdup(watch->folder);
  while ((watch->armed = inotify_add_watch(watch->fd, watch->watched, EVENTS)) < 0 &&
         (errno == ENOENT || errno == ENOTDIR || errno == EACCES) &&
         strcmp(watch->watched, "/") != 0) {
    char *parent = g_path_get_dirname(watch->watched);

    g_free(watch->watched);
    watch->watched = parent;
  }
}

/* Watches the folder or its deepest parent that can be watched; once more where the next folder on
 * the way was made just before its parent was watched. */
static void arm(struct watch *watch)
{
  for (int tries = 0; tries < ARM_TRIES; tries++) {
    g_autofree char *name = NULL, *next = NULL;

    arm_deepest(watch);
    name = awaited(watch);
    if (name == NULL)
      return;
    next = g_build_filename(watch->watched, name, NULL);
    if (access(next, R_OK) != 0)
      return;
  }
}

/* Whether an event is about the folder; events in a parent are mostly about others. A watch that
 * was taken back says so in an event of its own, and may have left others in the queue. */
static bool concerns(const struct watch *watch, const struct inotify_event *event)
{
  g_autofree char *name = awaited(watch);

  if (event->mask & IN_Q_OVERFLOW)
    return true;
  if (event->wd != watch->armed)
    return false;
  return name == NULL || event->len == 0 || strcmp(event->name, name) == 0;
}

static bool read_events(struct watch *watch)
{
  char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
  bool concerned = false;
  ssize_t size;

  while ((size = read(watch->fd, buffer, sizeof buffer)) > 0)
    for (char *next = buffer; next < buffer + size;) {
      const struct inotify_event *event = (const void *)next;

      concerned = concerned || concerns(watch, event);
      next += sizeof *event + event->len;
    }
  return concerned;
}

static void say_blind(const struct watch *watch)
{
  g_warning(_("Changes in '%s' can't be noticed: %s."), watch->folder, g_strerror(errno));
}

static gboolean on_events(gint fd, GIOCondition condition, gpointer data)
{
  struct watch *watch = data;

  (void)fd, (void)condition;
  if (read_events(watch)) {
    arm(watch); /* the folder may have come, gone or been replaced */
    if (watch->armed < 0)
      say_blind(watch);
    watch->changed(watch->data);
  }
  return G_SOURCE_CONTINUE;
}

struct watch *watch_new(const char *folder, void (*changed)(void *data), void *data)
{
  struct watch *watch = g_new0(struct watch, 1);

  watch->folder = g_strdup(folder);
  watch->changed = changed;
  watch->data = data;
  watch->armed = -1;
  watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (watch->fd >= 0)
    arm(watch);
  if (watch->armed < 0) {
    say_blind(watch);
    watch_free(watch);
    return NULL;
  }
  watch->source = g_unix_fd_add(watch->fd, G_IO_IN, on_events, watch);
  return watch;
}

void watch_free(struct watch *watch)
{
  if (watch == NULL)
    return;
  if (watch->source != 0)
    g_source_remove(watch->source);
  if (watch->fd >= 0)
    close(watch->fd);
  g_free(watch->watched);
  g_free(watch->folder);
  g_free(watch);
}
