/* What would be answered, and why: see tlspin-admin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/admin.h"

#include "dbus/names.h"
#include "libclient/argument.h"
#include "libclient/check.h"
#include "libclient/last.h"

#include <stdlib.h>

enum {
  PARTS = TLSPIN_COMMANDS + 1,
  LAYERS_MAX = 1024, /* more than any system has */
  SETTINGS_MAX = 256,
  COMMANDS_MAX = 64
};

struct tlspin_explanation {
  tlspin_entry_t *verdict;
  struct entry_list parts[PARTS];
};

void tlspin_explanation_free(tlspin_explanation_t *explanation)
{
  if (explanation == NULL)
    return;
  tlspin_entry_free(explanation->verdict);
  for (int i = 0; i < PARTS; i++)
    entry_list_clear(&explanation->parts[i]);
  free(explanation);
}

static bool all_have(const struct entry_list *list, const char *name)
{
  for (size_t i = 0; i < list->count; i++)
    if (tlspin_entry_string(list->at[i], name) == NULL)
      return false;
  return true;
}

/* The verdict has an answer, every entry a role, and every command says what it does. */
static bool is_whole(const tlspin_explanation_t *explanation)
{
  const struct entry_list *commands = &explanation->parts[TLSPIN_COMMANDS];

  return tlspin_entry_string(explanation->verdict, "answer") != NULL &&
         all_have(&explanation->parts[TLSPIN_ENTRIES], "role") && all_have(commands, "command") &&
         all_have(commands, "does");
}

static int read_explanation(DBusMessage *reply, void *data)
{
  static const struct {
    enum entry_kind kind;
    size_t max;
  } rows[PARTS] = {
      [TLSPIN_ENTRIES] = {ENTRY_STORED, BUS_STORED_MAX},
      [TLSPIN_LAYERS] = {ENTRY_OTHER, LAYERS_MAX},
      [TLSPIN_SETTINGS] = {ENTRY_OTHER, SETTINGS_MAX},
      [TLSPIN_COMMANDS] = {ENTRY_OTHER, COMMANDS_MAX},
  };
  tlspin_explanation_t *explanation = data;
  DBusMessageIter iter, dict;
  int code;

  if (!dbus_message_has_signature(reply, "a{sv}aa{sv}aa{sv}aa{sv}aa{sv}"))
    return entry_garbled();
  dbus_message_iter_init(reply, &iter);
  dbus_message_iter_recurse(&iter, &dict);
  code = entry_of_dict(&dict, ENTRY_OTHER, &explanation->verdict);
  dbus_message_iter_next(&iter);
  for (int i = 0; i < PARTS && code == TLSPIN_OK; i++)
    code = entry_list_read(&iter, rows[i].kind, rows[i].max, &explanation->parts[i]);
  return code == TLSPIN_OK && !is_whole(explanation) ? entry_garbled() : code;
}

static DBusMessage *explain_message(const struct peer *peer, struct bus_check_call *call)
{
  DBusMessage *message = bus_call(BUS_ADMIN, "Explain");

  call->peer = (struct bus_peer){peer->host, protocol_token(peer->protocol), peer->port};
  if (message != NULL && !bus_append_check_call(message, call)) {
    dbus_message_unref(message);
    message = NULL;
  }
  return message;
}

static int ask(tlspin_t *context, const struct peer *peer, struct bus_check_call *call,
               tlspin_explanation_t **explanation)
{
  tlspin_explanation_t *made = calloc(1, sizeof *made);
  int code;

  if (made == NULL)
    return last_code(TLSPIN_E_MEMORY);
  code = admin_call(context, explain_message(peer, call), true, read_explanation, made);
  if (code == TLSPIN_OK)
    *explanation = made;
  else
    tlspin_explanation_free(made);
  return code;
}

int tlspin_explain(tlspin_t *context, const char *host, const char *protocol, unsigned port,
                   const struct tlspin_check *check, tlspin_explanation_t **explanation)
{
  struct bus_check_call call = {.chain = {.count = 0}};
  struct peer peer;
  int code;

  last_clear();
  if (explanation != NULL)
    *explanation = NULL;
  code = argument_there(context, "context");
  if (code == TLSPIN_OK)
    code = argument_there(explanation, "explanation");
  if (code == TLSPIN_OK && check != NULL)
    code = check_read_question(check, &call);
  if (code == TLSPIN_OK)
    code = argument_peer(host, protocol, port, &peer);
  return code == TLSPIN_OK ? ask(context, &peer, &call, explanation) : code;
}

const tlspin_entry_t *tlspin_explanation_verdict(const tlspin_explanation_t *explanation)
{
  return explanation->verdict;
}

size_t tlspin_explanation_count(const tlspin_explanation_t *explanation, enum tlspin_part part)
{
  return (unsigned)part < PARTS ? explanation->parts[part].count : 0;
}

const tlspin_entry_t *tlspin_explanation_at(const tlspin_explanation_t *explanation,
                                            enum tlspin_part part, size_t index)
{
  return index < tlspin_explanation_count(explanation, part) ? explanation->parts[part].at[index]
                                                             : NULL;
}
