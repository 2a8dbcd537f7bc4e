/* How much a message brings: see weight.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/weight.h"

#include <stdbool.h>
#include <string.h>

/* A value's padding, length and final zero, and what it costs to look at it. */
enum { VALUE_OCTETS = 16, NUMBER_OCTETS = 8 };

struct weight {
  size_t octets, limit;
};

static bool is_over(const struct weight *weight)
{
  return weight->octets > weight->limit;
}

static void add_text(struct weight *weight, DBusMessageIter *iter)
{
  const char *text;

  dbus_message_iter_get_basic(iter, &text);
  weight->octets += strnlen(text, weight->limit + 1);
}

/* Numbers of one size lie side by side, and only their count is asked for. */
static void add_numbers(struct weight *weight, DBusMessageIter *array, int type)
{
  const void *at;
  int count;

  dbus_message_iter_get_fixed_array(array, &at, &count);
  weight->octets += (size_t)count * (type == DBUS_TYPE_BYTE ? 1 : NUMBER_OCTETS);
}

/* D-Bus allows 64 containers in one another. */
static void add_all(struct weight *weight, DBusMessageIter *iter);

static void add_container(struct weight *weight, DBusMessageIter *iter, int type)
{
  DBusMessageIter inner;
  int element =
      type == DBUS_TYPE_ARRAY ? dbus_message_iter_get_element_type(iter) : DBUS_TYPE_INVALID;

  dbus_message_iter_recurse(iter, &inner);
  if (element != DBUS_TYPE_INVALID && element != DBUS_TYPE_UNIX_FD && dbus_type_is_fixed(element))
    add_numbers(weight, &inner, element);
  else
    add_all(weight, &inner);
}

static void add_all(struct weight *weight, DBusMessageIter *iter)
{
  int type;

  while (!is_over(weight) && (type = dbus_message_iter_get_arg_type(iter)) != DBUS_TYPE_INVALID) {
    weight->octets += VALUE_OCTETS;
    if (dbus_type_is_container(type))
      add_container(weight, iter, type);
    else if (!dbus_type_is_fixed(type))
      add_text(weight, iter);
    dbus_message_iter_next(iter);
  }
}

size_t bus_weight(DBusMessage *message, size_t limit)
{
  struct weight weight = {0, limit};
  DBusMessageIter iter;

  if (dbus_message_iter_init(message, &iter))
    add_all(&weight, &iter);
  return weight.octets;
}
