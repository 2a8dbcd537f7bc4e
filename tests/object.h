/* The methods of an object on the bus, as it describes them itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TESTS_OBJECT_H
#define TESTS_OBJECT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct object {
  const char *service, *path;
  char *owner; /* of the service's name */
};

struct method {
  const struct object *object;
  char *interface, *name;
  GString *in, *out;    /* signatures */
  GPtrArray *arguments; /* the names of what goes in */
  uint64_t calls, replies, refusals;
  uint64_t understood; /* replies, and errors that aren't about the arguments */
  gint64 took;         /* microseconds of all together */
};

/* Adds the methods of introspection data (D-Bus specification, "Introspection Data Format"), which
 * stay until the program's end. False where it is none. */
bool object_methods(const struct object *object, const char *xml, GPtrArray *methods);

#endif
