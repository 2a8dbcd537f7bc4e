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

static enum tlspin_code read_records(DBusMessageIter *in, GArray *pins, GArray *backed,
                                     GString *problem)
{
  enum tlspin_code code = check_count(dbus_message_iter_get_element_count(in), problem);
  DBusMessageIter array;

  dbus_message_iter_recurse(in, &array);
  while (code == TLSPIN_OK && dbus_message_iter_get_arg_type(&array) != DBUS_TYPE_INVALID) {
    struct keypin pin;
    bool is_backed;

    code = record_read(&array, &pin, &is_backed, problem);
    g_array_append_val(pins, pin);
    g_array_append_val(backed, is_backed);
    dbus_message_iter_next(&array);
  }
  if (code != TLSPIN_OK && pins->len > 0) {
    g_autofree char *number = g_strdup_printf(_("entry %u: "), pins->len);

    g_string_prepend(problem, number);
  }
  return code;
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
    drafts_end(handlers->drafts, put->operation);
}

/* Nobody else may go on with a draft, nor can anybody have many. */
static enum tlspin_code check_draft(const struct handlers *handlers, const struct policy_put *put,
                                    const char *caller, GString *problem)
{
  if (put->operation != 0 && !drafts_has(handlers->drafts, caller, put->operation)) {
    g_string_printf(problem, _("key '%s' of argument '%s': %s"), "operation", "options",
                    _("there is no such operation of Put, or it was taken back"));
    return TLSPIN_E_ARGUMENT;
  }
  if (put->operation != 0 || !put->more || put->dry_run ||
      drafts_count(handlers->drafts, caller) < DRAFTS_EACH)
    return TLSPIN_OK;
  g_string_printf(problem,
                  _("The caller has begun %d operations of Put already; it must finish one of them "
                    "first, or take one back"),
                  DRAFTS_EACH);
  return TLSPIN_E_LIMIT;
}

enum tlspin_code handlers_apply(struct handlers *handlers, struct store_applied *applied,
                                GString *problem)
{
  char *trouble = NULL;
  enum tlspin_code code = policy_apply(handlers->policy, handlers->now(), applied, &trouble);
  struct store_change change;

  handlers_explain(code, trouble, problem);
  if (code == TLSPIN_OK && applied->over) {
    change = waiting_change(applied);
    if (change.operation != 0)
      handlers_changed(handlers, "edited", &change);
    waiting_over(handlers->waiting, applied);
  } else if (code != TLSPIN_OK && code != TLSPIN_E_NOT_FOUND && code != TLSPIN_E_BUSY) {
    waiting_failed(handlers->waiting, code, problem->str);
  }
  return code;
}

/* What is short is done at once; for the rest, and for what another daemon applies before it, the
 * caller waits, while others are served. */
static enum tlspin_code finish(struct handlers *handlers, uint64_t operation, GPtrArray *warnings,
                               DBusMessage *reply, GString *problem)
{
  struct store_applied applied;
  struct store_change change;
  enum tlspin_code code = handlers_apply(handlers, &applied, problem);

  if (code != TLSPIN_OK && code != TLSPIN_E_BUSY)
    return code;
  if (applied.operation != operation || !applied.over) {
    waiting_add(handlers->waiting, operation, dispatch_keep(reply), warnings);
    return TLSPIN_OK;
  }
  change = waiting_change(&applied);
  policy_warn_of_applied(&applied, warnings);
  return handlers_filled(waiting_fill(reply, &change, warnings));
}

static enum tlspin_code put(struct handlers *handlers, const struct policy_put *put,
                            const char *caller, DBusMessage *reply, GString *problem)
{
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  struct store_change change;
  char *trouble = NULL;
  enum tlspin_code code = check_draft(handlers, put, caller, problem);

  if (code != TLSPIN_OK)
    return code;
  code = policy_put(handlers->policy, put, handlers->now(), &change, warnings, &trouble);
  if (code != TLSPIN_OK)
    return handlers_explain(code, trouble, problem);
  note_draft(handlers, put, change.operation, caller);
  if (policy_put_finishes(put))
    return finish(handlers, change.operation, warnings, reply, problem);
  if (change.operation != 0 && !put->more)
    handlers_changed(handlers, "edited", &change);
  return handlers_filled(waiting_fill(reply, &change, warnings));
}

enum tlspin_code admin_put(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  g_autoptr(GArray) pins = g_array_new(FALSE, FALSE, sizeof(struct keypin));
  g_autoptr(GArray) backed = g_array_new(FALSE, FALSE, sizeof(bool));
  struct put_options options = {.operation = 0};
  struct bus_fault fault;
  DBusMessageIter in;
  enum tlspin_code code;

  g_array_set_clear_func(pins, clear_pin);
  dbus_message_iter_init(call, &in);
  code = read_records(&in, pins, backed, problem);
  dbus_message_iter_next(&in);
  if (code == TLSPIN_OK && !bus_dict_read(&in, fields, &options, NULL, &fault))
    code = handlers_fault("options", &fault, problem);
  if (code != TLSPIN_OK)
    return code;
  return put(handlers,
             &(struct policy_put){(const struct keypin *)pins->data, pins->len, options.operation,
                                  options.dry_run, options.more, (const bool *)backed->data},
             dbus_message_get_sender(call), reply, problem);
}
