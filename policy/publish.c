/* Several files at once: see publish.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/publish.h"

#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is to be put in place or to go. No name of these ends as that of a layer. */
struct change {
  char *path;
  char *new;  /* NULL: it is to go */
  char *old;  /* the second name of what was there */
  bool saved; /* it has that name */
  bool done;
};

struct publish {
  char *folder;
  int fd;
  GArray *changes; /* struct change */
};

static void clear(gpointer data)
{
  struct change *change = data;

  g_free(change->path);
  g_free(change->new);
  g_free(change->old);
}

/* Everybody's daemon has to read the layers, whatever the umask of the administrator is. */
static bool make_folder(const char *folder)
{
  mode_t mask = umask(022);
  bool made = g_mkdir_with_parents(folder, 0755) == 0;

  umask(mask);
  return made;
}

/* Its owner is whom daemons trust with the layers in it. */
static bool check_owner(const char *folder, int fd, char **problem)
{
  struct stat status;

  if (fstat(fd, &status) == 0 && status.st_uid == geteuid())
    return true;
  *problem = g_strdup_printf(
      status.st_uid == 0
          ? _("The folder %s belongs to root, and so do the layers in it. Run this command as "
              "root, or name a folder of your own with --output.")
          : _("The folder %s belongs to another user, and so do the layers in it. Run this command "
              "as that user, or name a folder of your own with --output."),
      folder);
  return false;
}

struct publish *publish_begin(const char *folder, char **problem)
{
  struct publish *publish;
  int fd;

  if (!make_folder(folder) || (fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
    *problem =
        g_strdup_printf(_("The folder %s can't be used: %s. Make it, or free the way to it."),
                        folder, g_strerror(errno));
    return NULL;
  }
  if (!check_owner(folder, fd, problem)) {
    close(fd);
    return NULL;
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    *problem =
        g_strdup_printf(_("The folder %s is in use: %s. Wait until the other command has ended."),
                        folder, g_strerror(errno));
    close(fd);
    return NULL;
  }
  publish = g_new0(struct publish, 1);
  publish->folder = g_strdup(folder);
  publish->fd = fd;
  publish->changes = g_array_new(FALSE, FALSE, sizeof(struct change));
  g_array_set_clear_func(publish->changes, clear);
  return publish;
}

static char *hidden_name(const struct publish *publish, const char *name, const char *suffix)
{
  g_autofree char *hidden = g_strconcat(".", name, suffix, NULL);

  return g_build_filename(publish->folder, hidden, NULL);
}

static struct change *add(struct publish *publish, const char *name)
{
  struct change change = {.path = g_build_filename(publish->folder, name, NULL),
                          .old = hidden_name(publish, name, ".old")};

  g_array_append_val(publish->changes, change);
  unlink(change.old); /* of one that was killed */
  return &g_array_index(publish->changes, struct change, publish->changes->len - 1);
}

const char *publish_add(struct publish *publish, const char *name)
{
  struct change *change = add(publish, name);

  change->new = hidden_name(publish, name, ".new");
  unlink(change->new);
  return change->new;
}

void publish_drop(struct publish *publish, const char *name)
{
  add(publish, name);
}

static bool save(struct change *change)
{
  change->saved = link(change->path, change->old) == 0;
  return change->saved || errno == ENOENT;
}

static bool carry_out(struct change *change)
{
  change->done =
      change->new != NULL ? rename(change->new, change->path) == 0 : unlink(change->path) == 0;
  return change->done;
}

/* What can't be taken back is left with its second name, for a person to look at. */
static void take_back(struct change *change)
{
  if (!change->done)
    return;
  if (change->saved)
    rename(change->old, change->path);
  else
    unlink(change->path);
  change->saved = false;
}

static void forget_old(struct publish *publish)
{
  for (guint i = 0; i < publish->changes->len; i++) {
    struct change *change = &g_array_index(publish->changes, struct change, i);

    if (change->saved && unlink(change->old) == 0)
      change->saved = false;
  }
}

bool publish_commit(struct publish *publish, char **problem)
{
  GArray *changes = publish->changes;
  bool done = true;
  guint i;

  for (i = 0; i < changes->len && done; i++)
    done = save(&g_array_index(changes, struct change, i));
  for (i = 0; i < changes->len && done; i++)
    done = carry_out(&g_array_index(changes, struct change, i));
  done = done && fsync(publish->fd) == 0;
  if (!done) {
    *problem = g_strdup_printf(_("The files in %s can't be put in place: %s. Nothing was changed; "
                                 "make the folder writable."),
                               publish->folder, g_strerror(errno));
    for (i = changes->len; i-- > 0;)
      take_back(&g_array_index(changes, struct change, i));
  }
  forget_old(publish);
  fsync(publish->fd);
  return done;
}

void publish_end(struct publish *publish)
{
  if (publish == NULL)
    return;
  for (guint i = 0; i < publish->changes->len; i++) {
    struct change *change = &g_array_index(publish->changes, struct change, i);

    if (change->new != NULL && !change->done)
      unlink(change->new);
  }
  g_array_unref(publish->changes);
  close(publish->fd);
  g_free(publish->folder);
  g_free(publish);
}
