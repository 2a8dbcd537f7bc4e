/* Who calls: see caller.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 8192 };

/* A file of a process, or NULL. One that doesn't fit is not one that could be understood. */
static char *read_text(int process, const char *name)
{
  int fd = openat(process, name, O_RDONLY | O_CLOEXEC);
  char *text = g_malloc(TEXT_MAX);
  size_t size = 0;
  ssize_t more = fd >= 0 ? 1 : -1;

  while (more > 0 && size < TEXT_MAX) {
    more = read(fd, text + size, TEXT_MAX - size);
    size += more > 0 ? (size_t)more : 0;
  }
  if (fd >= 0)
    close(fd);
  if (more < 0 || size == TEXT_MAX) {
    g_free(text);
    return NULL;
  }
  text[size] = '\0';
  return text;
}

/* What stands behind NAME: in the text; NULL where it has no such line. */
static char *find_field(const char *text, const char *name)
{
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix(*line, name))
      return g_strstrip(g_strdup(*line + strlen(name)));
  return NULL;
}

/* "Uid:" has the real number first and the effective one next (proc(5)). */
static bool is_of_user(const char *status, uid_t user)
{
  g_autofree char *field = find_field(status, "Uid:");
  unsigned real, effective;

  return field != NULL && sscanf(field, "%u %u", &real, &effective) == 2 && effective == user;
}

/* "NSpid:" has a number for each namespace, from that of the procfs down to the process's own. */
static enum caller_kind judge_namespace(const char *status)
{
  g_autofree char *field = find_field(status, "NSpid:");

  if (field == NULL || field[0] == '\0')
    return CALLER_UNKNOWN;
  return strpbrk(field, " \t") != NULL ? CALLER_CONFINED : CALLER_PLAIN;
}

static bool is_sandbox(const char *group)
{
  return (g_str_has_prefix(group, "app-flatpak-") && g_str_has_suffix(group, ".scope")) ||
         g_str_has_prefix(group, "snap.");
}

/* Of systemd's instance for a user, or of a session of theirs. */
static bool is_systemds(const char *group)
{
  return (g_str_has_prefix(group, "user@") && g_str_has_suffix(group, ".service")) ||
         (g_str_has_prefix(group, "session-") && g_str_has_suffix(group, ".scope"));
}

static bool has_group(const char *text, bool (*is)(const char *group))
{
  g_auto(GStrv) groups = g_strsplit_set(text, "/\n", -1);

  for (char **group = groups; *group != NULL; group++)
    if (is(*group))
      return true;
  return false;
}

/* The root of a process may be a file system of its own making, which never answers: nothing is
 * asked of it that the kernel doesn't know already. */
static bool identify_root(int root, struct statx *is)
{
  return statx(root, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, is) == 0;
}

static bool is_own_root(int root, const char *proc)
{
  g_autofree char *path = g_build_filename(proc, "self", "root", NULL);
  int own = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct statx theirs, ours;
  bool same = own >= 0 && identify_root(own, &ours) && identify_root(root, &theirs) &&
              ours.stx_ino == theirs.stx_ino && ours.stx_dev_major == theirs.stx_dev_major &&
              ours.stx_dev_minor == theirs.stx_dev_minor;

  if (own >= 0)
    close(own);
  return same;
}

static enum caller_kind judge_seen_root(int root, const char *proc)
{
  struct stat info;

  if (!is_own_root(root, proc))
    return CALLER_CONFINED;
  if (fstatat(root, ".flatpak-info", &info, AT_SYMLINK_NOFOLLOW) == 0)
    return CALLER_CONFINED;
  return errno == ENOENT ? CALLER_PLAIN : CALLER_UNKNOWN;
}

/* Whether the daemon is in a user namespace of its own: not every user is mapped. */
static bool is_set_apart(const char *proc)
{
  g_autofree char *path = g_build_filename(proc, "self", NULL);
  int self = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_autofree char *map = self >= 0 ? read_text(self, "uid_map") : NULL;
  unsigned inside, outside, count;

  if (self >= 0)
    close(self);
  return map != NULL && sscanf(map, "%u %u %u", &inside, &outside, &count) == 3 &&
         count != UINT32_MAX;
}

static enum caller_kind judge_root(int process, const char *groups, const char *proc)
{
  int root = openat(process, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  enum caller_kind kind = CALLER_UNKNOWN;

  if (root >= 0) {
    kind = judge_seen_root(root, proc);
    close(root);
  } else if ((errno == EACCES || errno == EPERM) && is_set_apart(proc) &&
             has_group(groups, is_systemds)) {
    kind = CALLER_PLAIN;
  }
  return kind;
}

static enum caller_kind judge_process(int process, uid_t user, const char *proc)
{
  g_autofree char *status = read_text(process, "status");
  g_autofree char *groups = read_text(process, "cgroup");
  enum caller_kind kind;

  if (status == NULL || groups == NULL || !is_of_user(status, user))
    return CALLER_UNKNOWN;
  kind = judge_namespace(status);
  if (kind != CALLER_PLAIN)
    return kind;
  return has_group(groups, is_sandbox) ? CALLER_CONFINED : judge_root(process, groups, proc);
}

/* Who calls. The first rule that applies decides:
 *
 *  1. Another user than the daemon's: foreign. Where the bus tells of none: unknown.
 *  2. A label that Snap or Flatpak gives: confined. It was noted as the caller connected.
 *  3. No process is told, or it is gone, or what there is by its number is another user's by now,
 * or not all of what follows can be read: unknown.
 *  4. In a pid namespace below the daemon's: confined. Flatpak and containers have one.
 *  5. In a control group of Flatpak's or Snap's: confined. Flatpak's proxy for the bus, which is
 * who calls for its programs, has no pid namespace.
 *  6. With another root than the daemon's, or with /.flatpak-info in it: confined.
 *  7. With a root that is hidden from the daemon: as a rule, unknown. But where the daemon is in a
 *     user namespace of its own, all of them are hidden, the command tlspin's too. It was systemd
 *     that put it there, and Flatpak then gets its scope from the same systemd, so that rule 5 has
 *     told it: plain, if the control group shows that the caller belongs to systemd's user or
 *     session; else unknown.
 *  8. Otherwise: plain. */
enum caller_kind caller_identify(const struct caller_credentials *told, uid_t user,
                                 const char *proc)
{
  enum caller_kind kind = CALLER_UNKNOWN;
  char path[PATH_MAX];
  int process;

  if (!told->has_user || told->user != user)
    return told->has_user ? CALLER_FOREIGN : CALLER_UNKNOWN;
  if (g_str_has_prefix(told->label, "snap.") || g_str_has_prefix(told->label, "flatpak"))
    return CALLER_CONFINED;
  if (told->process <= 0)
    return CALLER_UNKNOWN;
  g_snprintf(path, sizeof path, "%s/%ld", proc, (long)told->process);
  process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (process >= 0) {
    kind = judge_process(process, user, proc);
    close(process);
  }
  return kind;
}

bool caller_is_self(const struct caller_credentials *self, const char *proc)
{
  g_autofree char *path = g_build_filename(proc, "self", NULL);
  char link[32] = "";

  return self->has_user && self->process == getpid() && readlink(path, link, sizeof link - 1) > 0 &&
         atol(link) == (long)getpid();
}
