/* Who calls: an ordinary program of the user, one in a sandbox, or one of which that can't be told.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What it rests on is what the bus noted when the caller connected (user, process, label), and what
 * /proc says of that process. It is meant to keep honest sandboxes honest: Flatpak, Snap, and
 * containers that were given the session bus. It tells apart, where the sandbox
 *   - runs programs in a pid namespace, or under another root, of their own,
 *   - or is a Flatpak or a Snap in a scope of systemd's, or has their label.
 * What it can't do:
 *   - Whoever runs outside of a sandbox as the same user is an ordinary program; nothing here
 *     defends against that.
 *   - A home-made sandbox that shares root and pid namespace with its user isn't seen to be one.
 *   - Where the daemon runs in a user namespace of its own (PrivateUsers=yes), the kernel shows it
 *     no other process's root. A Flatpak is known by its scope then, and one that was started past
 *     systemd in a session of the user's isn't seen to be one (rule 7 in caller.c).
 *   - The bus tells a process by its number. A process that ends and leaves its connection to a
 *     child may have its number given to another program before its first call is served. dbus 1.14
 *     has nothing better; a label, which the bus itself noted, doesn't suffer from it, nor does a
 *     Flatpak, whose connection belongs to a proxy that lives as long.
 */
#ifndef CALLER_H
#define CALLER_H

#include <stdbool.h>
#include <sys/types.h>

enum caller_kind {
  CALLER_UNKNOWN,  /* not identifiable: it may do what a confined one may */
  CALLER_CONFINED, /* in a sandbox */
  CALLER_PLAIN,    /* an ordinary program of the user */
  CALLER_FOREIGN   /* another user's */
};

/* What the bus says. */
struct caller_credentials {
  bool has_user;
  uid_t user;
  pid_t process;     /* 0: it doesn't say */
  const char *label; /* of the security module; "": none */
};

/* The rules are in caller.c. proc: where procfs is mounted. user: who the daemon is to the bus. */
enum caller_kind caller_identify(const struct caller_credentials *told, uid_t user,
                                 const char *proc);

/* Whether processes are known to the bus by the same numbers as here. self: what the bus says of
 * the daemon itself. */
bool caller_is_self(const struct caller_credentials *self, const char *proc);

#endif
