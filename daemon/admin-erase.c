/* Clear of org.tlspin.Admin1 where nothing shall be left: see handlers.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "common/text.h"
#include "daemon/changes.h"
#include "daemon/keeper.h"

/* Who waits for an erasure. */
struct eraser {
  struct handlers *handlers;
  struct erasure *erasure;
  DBusMessage *reply;
};

static void eraser_free(struct eraser *eraser)
{
  erasure_free(eraser->erasure);
  g_free(eraser);
}

static enum tlspin_code fill(DBusMessage *reply, const struct erased *erased)
{
  dbus_uint64_t operation = 0, count = erased->entries;

  return handlers_filled(dbus_message_append_args(reply, DBUS_TYPE_UINT64, &operation,
                                                  DBUS_TYPE_UINT64, &count, DBUS_TYPE_INVALID));
}

/* The store comes last, so that it still knows what is meant where something before it fails; and
 * where nothing was found, too, since what was deleted before may stand in its file yet. */
static enum tlspin_code finish(struct eraser *eraser, enum tlspin_code code,
                               const struct traces *traces, GString *problem)
{
  struct handlers *handlers = eraser->handlers;
  struct erased erased;
  char *trouble = NULL;
  enum tlspin_code done = policy_erase(handlers->policy, eraser->erasure, traces->asides > 0,
                                       handlers->now(), &erased, &trouble);

  handlers_explain(done, trouble, problem);
  if (done != TLSPIN_OK)
    return done;
  if (code == TLSPIN_E_NOT_FOUND && erased.entries + erased.others == 0)
    return code;
  handlers->erased =
      (struct last_erasure){handlers->now(), traces->backups, traces->removed, traces->asides};
  announce_changed(&handlers->announce, "cleared", NULL, 0);
  return fill(eraser->reply, &erased);
}

static void on_erased(enum tlspin_code code, const struct traces *traces, const char *problem,
                      void *data)
{
  struct eraser *eraser = data;
  g_autoptr(GString) text = g_string_new(problem);

  if (code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND)
    code = finish(eraser, code, traces, text);
  dispatch_send(eraser->handlers->announce.connection, eraser->reply, code, text->str);
  handlers_served(eraser->handlers);
  eraser_free(eraser);
}

static enum tlspin_code ask(struct eraser *eraser, bool found, DBusMessage *reply, GString *problem)
{
  struct keeper_terms terms = handlers_terms(eraser->handlers);

  eraser->reply = dispatch_keep(reply);
  if (keeper_erase(eraser->handlers->keeper, &terms, eraser->erasure, found, on_erased, eraser) ==
      TLSPIN_OK)
    return TLSPIN_OK;
  dbus_message_unref(eraser->reply);
  g_string_assign(problem, _("Something is being erased. Try again in a moment."));
  return TLSPIN_E_BUSY;
}

enum tlspin_code handlers_erase(struct handlers *handlers, const struct store_filter *filter,
                                DBusMessage *reply, GString *problem)
{
  struct eraser *eraser;
  char *trouble = NULL;
  bool found;
  enum tlspin_code code;

  eraser = g_new0(struct eraser, 1);
  *eraser = (struct eraser){.handlers = handlers, .erasure = erasure_new(filter)};
  code = eraser->erasure != NULL ? policy_erase_survey(handlers->policy, eraser->erasure,
                                                       handlers->now(), &found, &trouble)
                                 : TLSPIN_E_ARGUMENT;
  handlers_explain(code, trouble, problem);
  if (code == TLSPIN_OK)
    code = ask(eraser, found, reply, problem);
  if (code != TLSPIN_OK)
    eraser_free(eraser);
  return code;
}
