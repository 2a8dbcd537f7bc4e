/* Introspection data, made from the table of methods: see dispatch.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/dispatch.h"

#include <string.h>

static void add_arguments(GString *xml, const struct argument *arguments, const char *direction)
{
  for (; arguments->name != NULL; arguments++)
    g_string_append_printf(xml, "      <arg name=\"%s\" type=\"%s\"%s/>\n", arguments->name,
                           arguments->type, direction);
}

static void add_interface(GString *xml, const struct interface *interface)
{
  g_string_append_printf(xml, "  <interface name=\"%s\">\n", interface->name);
  for (const struct method *m = interface->methods; m->name != NULL; m++) {
    g_string_append_printf(xml, "    <method name=\"%s\">\n", m->name);
    add_arguments(xml, m->in, " direction=\"in\"");
    add_arguments(xml, m->out, " direction=\"out\"");
    g_string_append(xml, "    </method>\n");
  }
  for (const struct bus_signal *s = interface->signals; s->name != NULL; s++) {
    g_string_append_printf(xml, "    <signal name=\"%s\">\n", s->name);
    add_arguments(xml, s->arguments, "");
    g_string_append(xml, "    </signal>\n");
  }
  g_string_append(xml, "  </interface>\n");
}

/* Every object can be asked for its data and pinged; libdbus answers the ping itself. */
static const char standard[] = "  <interface name=\"" DBUS_INTERFACE_INTROSPECTABLE "\">\n"
                               "    <method name=\"Introspect\">\n"
                               "      <arg name=\"xml\" type=\"s\" direction=\"out\"/>\n"
                               "    </method>\n"
                               "  </interface>\n"
                               "  <interface name=\"" DBUS_INTERFACE_PEER "\">\n"
                               "    <method name=\"Ping\"/>\n"
                               "  </interface>\n";

/* The name of the node directly below `path` on the way to `object`, or NULL where that is not
 * below it. */
static char *child_towards(const char *path, const char *object)
{
  size_t size = strcmp(path, "/") == 0 ? 0 : strlen(path);
  const char *rest = object + size;

  if (strncmp(path, object, size) != 0 || rest[0] != '/')
    return NULL;
  return g_strndup(rest + 1, strcspn(rest + 1, "/"));
}

static void add_children(GString *xml, GHashTable *children)
{
  g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(children), (GCompareFunc)strcmp);

  for (GList *item = names; item != NULL; item = item->next)
    g_string_append_printf(xml, "  <node name=\"%s\"/>\n", (const char *)item->data);
}

char *dispatch_introspect(const struct interface *interfaces, const char *path)
{
  g_autoptr(GString) xml = g_string_new(DBUS_INTROSPECT_1_0_XML_DOCTYPE_DECL_NODE "<node>\n");
  g_autoptr(GHashTable) children = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  bool object = false;

  for (const struct interface *i = interfaces; i->name != NULL; i++) {
    char *child = child_towards(path, i->path);

    if (strcmp(i->path, path) == 0) {
      g_string_append(xml, standard);
      add_interface(xml, i);
      object = true;
    } else if (child != NULL) {
      g_hash_table_add(children, child);
    }
  }
  if (!object && g_hash_table_size(children) == 0)
    return NULL;
  add_children(xml, children);
  g_string_append(xml, "</node>\n");
  return g_string_free(g_steal_pointer(&xml), FALSE);
}
