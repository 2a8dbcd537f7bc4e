/* The method Put of org.tlspin.Admin1: see handlers.h and dbus/org.tlspin.Admin1.xml.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "common/text.h"
#include "daemon/changes.h"
#include "daemon/record-read.h"
#include "dbus/fields.h"
#include "dbus/names.h"

struct put_options {
  uint64_t operation;
  bool dry_run;
  bool more;
};

static const struct bus_field members[] = {
    {"operation", DBUS_TYPE_UINT64, offsetof(struct put_options, operation)},
    {"dry-run", DBUS_TYPE_BOOLEAN, offsetof(struct put_options, dry_run)},
    {"more", DBUS_TYPE_BOOLEAN, offsetof(struct put_options, more)},
};

static const struct bus_fields fields = {members, G_N_ELEMENTS(members)};

static enum tlspin_code check_count(int count, GString *problem)
{
  if (count >= 1 && count <= BUS_PUT_MAX)
    return TLSPIN_OK;
  g_string_printf(problem, _("argument '%s' has %d entries; it must have 1 to %d"), "entries",
                  count, BUS_PUT_MAX);
  return TLSPIN_E_ARGUMENT;
}

static void clear_pin(void *pin)
{
  keypin_clear(pin);
}

static enum tlspin_code read_records(DBusMessageIter *in, GArray *pins, GString *problem)
{
  enum tlspin_code code = check_count(dbus_message_iter_get_element_count(in), problem);
  DBusMessageIter array;

  dbus_message_iter_recurse(in, &array);
  while (code == TLSPIN_OK && dbus_message_iter_get_arg_type(&array) != DBUS_TYPE_INVALID) {
    struct keypin pin;

    code = record_read(&array, &pin, problem);
    g_array_append_val(pins, pin);
    dbus_message_iter_next(&array);
  }
  if (code != TLSPIN_OK && pins->len > 0) {
    g_autofree char *number = g_strdup_printf(_("entry %u: "), pins->len);

    g_string_prepend(problem, number);
  }
  return code;
}

static bool append_warnings(DBusMessageIter *iter, const GPtrArray *warnings)
{
  DBusMessageIter array;

  if (!dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "s", &array))
    return false;
  for (guint i = 0; i < warnings->len; i++)
    if (!dbus_message_iter_append_basic(&array, DBUS_TYPE_STRING, &warnings->pdata[i]))
      return false;
  return dbus_message_iter_close_container(iter, &array);
}

static bool append_reply(DBusMessage *reply, const struct store_change *change,
                         const GPtrArray *warnings)
{
  DBusMessageIter iter;

  dbus_message_iter_init_append(reply, &iter);
  return dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT64, &change->operation) &&
         dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT64, &change->changed) &&
         append_warnings(&iter, warnings);
}

/* A draft stands as long as its caller is on the bus. */
static void note_draft(struct handlers *handlers, const struct policy_put *put, uint64_t operation,
                       const char *caller)
{
  if (put->dry_run || operation == 0)
    return;
  if (put->more)
    drafts_begin(handlers->drafts, caller, operation);
  else
    drafts_end(handlers->drafts, operation);
}

static enum tlspin_code put(struct handlers *handlers, const struct policy_put *put,
                            const char *caller, DBusMessage *reply, GString *problem)
{
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  struct store_change change;
  char *trouble = NULL;
  enum tlspin_code code =
      policy_put(handlers->policy, put, handlers->now(), &change, warnings, &trouble);

  if (code != TLSPIN_OK)
    return handlers_explain(code, trouble, problem);
  note_draft(handlers, put, change.operation, caller);
  if (change.operation != 0)
    handlers_changed(handlers, "edited", &change);
  return handlers_filled(append_reply(reply, &change, warnings));
}

enum tlspin_code admin_put(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  g_autoptr(GArray) pins = g_array_new(FALSE, FALSE, sizeof(struct keypin));
  struct put_options options = {.operation = 0};
  struct bus_fault fault;
  DBusMessageIter in;
  enum tlspin_code code;

  g_array_set_clear_func(pins, clear_pin);
  dbus_message_iter_init(call, &in);
  code = read_records(&in, pins, problem);
  dbus_message_iter_next(&in);
  if (code == TLSPIN_OK && !bus_dict_read(&in, fields, &options, NULL, &fault))
    code = handlers_fault("options", &fault, problem);
  if (code != TLSPIN_OK)
    return code;
  return put(handlers,
             &(struct policy_put){(const struct keypin *)pins->data, pins->len, options.operation,
                                  options.dry_run, options.more},
             dbus_message_get_sender(call), reply, problem);
}
