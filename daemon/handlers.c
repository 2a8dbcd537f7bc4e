/* The table of methods, and what their handlers share: see handlers.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "common/text.h"
#include "daemon/changes.h"
#include "dbus/names.h"

#include <string.h>

#define PEER                                                                                       \
  {"host", "s"}, {"protocol", "s"},                                                                \
  {                                                                                                \
    "port", "q"                                                                                    \
  }

static const struct method pins_methods[] = {
    {"Lookup",
     {PEER},
     {{"answer", "s"},
      {"reason", "s"},
      {"layer", "s"},
      {"ticket", "ay"},
      {"secret", "ay"},
      {"hash", "s"},
      {"series", "t"},
      {"expires", "t"},
      {"lock", "s"},
      {"keys", BUS_KEYS_TYPE},
      {"policy", "u"}},
     pins_lookup,
     METHOD_READS},
    {"StoreTicket",
     {PEER,
      {"ticket", "ay"},
      {"secret", "ay"},
      {"hash", "s"},
      {"lifetime", "u"},
      {"series", "t"},
      {"anchor", "ay"}},
     {{"outcome", "s"}, {"expires", "t"}},
     pins_store_ticket,
     METHOD_STORES},
    {"ReportFailure", {PEER, {"reason", "s"}}, {{NULL, NULL}}, pins_report_failure, METHOD_STORES},
    {"CheckChain",
     {PEER, {"chain", "aay"}, {"options", "a{sv}"}},
     {{"answer", "s"}, {"reason", "s"}, {"layer", "s"}, {"enforced", "b"}, {"details", "a{sv}"}},
     pins_check_chain,
     METHOD_JUDGES},
    {"NoteHpkp",
     {PEER, {"header", "ay"}, {"report-only", "b"}, {"chain", "aay"}},
     {{"outcome", "s"}, {"reason", "s"}, {"expires", "t"}},
     pins_note_hpkp,
     METHOD_STORES},
    {NULL, {{NULL, NULL}}, {{NULL, NULL}}, NULL, METHOD_READS},
};

static const struct method admin_methods[] = {
    {"List",
     {{"filter", "a{sv}"}, {"cursor", "s"}, {"limit", "u"}},
     {{"entries", "aa{sv}"}, {"next", "s"}},
     admin_list,
     METHOD_READS},
    {"Get", {PEER}, {{"entries", "aa{sv}"}}, admin_get, METHOD_READS},
    {"Clear", {{"filter", "a{sv}"}}, {{"operation", "t"}, {"count", "t"}}, admin_clear, METHOD_STORES},
    {"Undo",
     {{"operation", "t"}},
     {{"done", "t"}, {"count", "t"}, {"replaced", "t"}},
     admin_undo,
     METHOD_STORES},
    {"Status", {{NULL, NULL}}, {{"status", "a{sv}"}, {"layers", "aa{sv}"}}, admin_status, METHOD_READS},
    {"Doctor",
     {{"read", "b"}},
     {{"report", "a{sv}"}, {"backups", "aa{sv}"}, {"set-aside", "aa{sv}"}},
     admin_doctor,
     METHOD_READS},
    {"Acknowledge", {{"found", "t"}}, {{NULL, NULL}}, admin_acknowledge, METHOD_STORES},
    {"Backup", {{NULL, NULL}}, {{"backup", "a{sv}"}}, admin_backup, METHOD_STORES},
    {"Restore", {{"name", "s"}}, {{"before", "a{sv}"}}, admin_restore, METHOD_STORES},
    {"Put",
     {{"entries", "aa{sv}"}, {"options", "a{sv}"}},
     {{"operation", "t"}, {"count", "t"}, {"warnings", "as"}},
     admin_put,
     METHOD_STORES},
    {"Explain",
     {PEER, {"chain", "aay"}, {"options", "a{sv}"}},
     {{"verdict", "a{sv}"},
      {"entries", "aa{sv}"},
      {"layers", "aa{sv}"},
      {"settings", "aa{sv}"},
      {"commands", "aa{sv}"}},
     admin_explain,
     METHOD_READS},
    {"Events",
     {{"after", "t"}, {"host", "s"}, {"limit", "u"}},
     {{"events", "aa{sv}"}},
     admin_events,
     METHOD_READS},
    {NULL, {{NULL, NULL}}, {{NULL, NULL}}, NULL, METHOD_READS},
};

static const struct bus_signal no_signals[] = {{NULL, {{NULL, NULL}}}};

static const struct bus_signal admin_signals[] = {
    {"Changed", {{"change", "s"}, {"peers", "a(ssq)"}}},
    {"PinFailed", {PEER, {"reason", "s"}}},
    {"Logged", {{"event", "a{sv}"}}},
    {NULL, {{NULL, NULL}}},
};

const struct interface handlers_pins[] = {
    {BUS_PINS, BUS_PINS_PATH, pins_methods, no_signals},
    {NULL, NULL, NULL, NULL},
};

const struct interface handlers_admin[] = {
    {BUS_ADMIN, BUS_ADMIN_PATH, admin_methods, admin_signals},
    {NULL, NULL, NULL, NULL},
};

void handlers_served(void *data)
{
  struct handlers *handlers = data;

  if (handlers->served != NULL)
    handlers->served(handlers->data);
}

enum tlspin_code handlers_read_host(const char *name, char host[HOST_MAX + 1], GString *problem)
{
  enum host_fault fault = host_normalise(name, strlen(name), host);

  if (fault == HOST_FINE)
    return TLSPIN_OK;
  g_string_printf(problem, _("argument '%s' can't be used: %s"), "host", _(host_fault_text(fault)));
  return fault == HOST_IP ? TLSPIN_CANNOT_BE_PINNED : TLSPIN_E_ARGUMENT;
}

enum tlspin_code handlers_read_protocol(const char *token, enum protocol *protocol,
                                        GString *problem)
{
  enum tlspin_code code = handlers_check_length("protocol", token, BUS_WORD_MAX, problem);

  if (code != TLSPIN_OK || protocol_from_token(token, protocol))
    return code;
  g_string_printf(problem, _("argument '%s' is '%s'; it must be 'tls' or 'dtls'"), "protocol",
                  token);
  return TLSPIN_E_ARGUMENT;
}

enum tlspin_code handlers_read_peer(const struct bus_peer *in, struct peer *out, GString *problem)
{
  enum tlspin_code code = handlers_read_protocol(in->protocol, &out->protocol, problem);

  if (code != TLSPIN_OK)
    return code;
  if (in->port == 0) {
    g_string_printf(problem, _("argument '%s' is 0; it must be 1 to 65535"), "port");
    return TLSPIN_E_ARGUMENT;
  }
  out->port = in->port;
  return handlers_read_host(in->host, out->host, problem);
}

enum tlspin_code handlers_check_length(const char *argument, const char *text, int most,
                                       GString *problem)
{
  if (strnlen(text, (size_t)most + 1) <= (size_t)most)
    return TLSPIN_OK;
  g_string_printf(problem, _("argument '%s' is longer than %d octets"), argument, most);
  return TLSPIN_E_ARGUMENT;
}

enum tlspin_code handlers_check_limit(uint32_t limit, GString *problem)
{
  if (limit >= 1 && limit <= BUS_LIST_MAX)
    return TLSPIN_OK;
  g_string_printf(problem, _("argument '%s' is %u; it must be 1 to %d"), "limit", limit,
                  BUS_LIST_MAX);
  return TLSPIN_E_ARGUMENT;
}

enum tlspin_code handlers_fault(const char *argument, const struct bus_fault *fault,
                                GString *problem)
{
  if (fault->kind == BUS_KEY_UNKNOWN)
    g_string_printf(problem, _("argument '%s' has no key '%s'"), argument, fault->key);
  else if (fault->kind == BUS_KEY_TYPE)
    g_string_printf(problem, _("key '%s' of argument '%s' must have type '%s'"), fault->key,
                    argument, fault->type);
  else
    g_string_printf(problem, _("key '%s' stands twice in argument '%s'"), fault->key, argument);
  return TLSPIN_E_ARGUMENT;
}

enum tlspin_code handlers_explain(enum tlspin_code code, char *text, GString *problem)
{
  if (text != NULL)
    g_string_assign(problem, text);
  g_free(text);
  return code;
}

enum tlspin_code handlers_filled(bool filled)
{
  return filled ? TLSPIN_OK : TLSPIN_E_MEMORY;
}

/* What was touched of many peers at once is not to be told by the name of one. */
struct touched {
  GArray *peers;
  bool many;
};

static void collect_peer(const struct peer *peer, void *data)
{
  struct touched *touched = data;

  touched->many = touched->many || peer->port == 0;
  g_array_append_vals(touched->peers, peer, 1);
}

void handlers_changed(struct handlers *handlers, const char *what,
                      const struct store_change *change)
{
  g_autoptr(GArray) peers = g_array_new(FALSE, FALSE, sizeof(struct peer));
  struct touched touched = {peers, change->changed > BUS_CHANGED_MAX};

  if (!touched.many)
    policy_touched(handlers->policy, change->operation, BUS_CHANGED_MAX, collect_peer, &touched);
  announce_changed(&handlers->announce, what, (const struct peer *)peers->data,
                   touched.many ? 0 : peers->len);
}

enum tlspin_code handlers_drop_draft(struct handlers *handlers, uint64_t operation,
                                     GString *problem)
{
  char *trouble = NULL;
  enum tlspin_code code = policy_drop_draft(handlers->policy, operation, &trouble);

  drafts_end(handlers->drafts, operation);
  return handlers_explain(code, trouble, problem);
}

const char *handlers_reason(const struct verdict *verdict)
{
  return verdict->reason == VERDICT_TICKET ? refusal_token(verdict->refusal)
                                           : verdict_reason_token(verdict->reason);
}
