/* The one table of outcomes: see tlspin-error.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/tlspin-error.h"

#include "common/text.h"

#include <string.h>

#define NAME(suffix) "org.tlspin.Error." suffix

static const struct row {
  enum tlspin_code code;
  const char *token;
  const char *dbus_name;
  const char *text;
} rows[] = {
    {TLSPIN_OK, "ok", NAME("None"), N_("Done.")},
    {TLSPIN_MATCH, "match", NAME("Match"), N_("The server is the one that was pinned.")},
    {TLSPIN_MISMATCH, "mismatch", NAME("Mismatch"),
     N_("The server did not prove that it is the one that was pinned.")},
    {TLSPIN_NO_PIN, "no-pin", NAME("NoPin"), N_("The server is not pinned.")},
    {TLSPIN_STORE_DAMAGED, "store-damaged", NAME("StoreDamaged"),
     N_("No pin was found, but pins were lost. Run 'tlspin doctor'.")},
    {TLSPIN_UNAVAILABLE, "unavailable", NAME("Unavailable"),
     N_("The pin store can't be read. Look at 'tlspin status'.")},
    {TLSPIN_CLOCK_SUSPECT, "clock-suspect", NAME("ClockSuspect"),
     N_("The clock can't be trusted to tell whether the pin still holds. Set the clock.")},
    {TLSPIN_OPTED_OUT, "opted-out", NAME("OptedOut"),
     N_("Pinning is switched off for this server.")},
    {TLSPIN_CANNOT_BE_PINNED, "cannot-be-pinned", NAME("CannotBePinned"),
     N_("This server can't be pinned: a pin needs a host name, and a ticket TLS 1.3 as well.")},
    {TLSPIN_E_ARGUMENT, "invalid-argument", NAME("InvalidArgument"),
     N_("An argument is not what it should be.")},
    {TLSPIN_E_MEMORY, "no-memory", NAME("NoMemory"), N_("There is no memory left.")},
    {TLSPIN_E_NOT_FOUND, "not-found", NAME("NotFound"), N_("There is no such entry.")},
    {TLSPIN_E_NOTHING_TO_UNDO, "nothing-to-undo", NAME("NothingToUndo"),
     N_("There is nothing that could be undone.")},
    {TLSPIN_E_UNKNOWN_METHOD, "unknown-method", NAME("UnknownMethod"),
     N_("The daemon has no such method; are library and daemon of one version?")},
    {TLSPIN_E_REPLY, "bad-reply", NAME("BadReply"),
     N_("The daemon's reply was not understood; are library and daemon of one version?")},
    {TLSPIN_E_TLS, "tls", NAME("TLS"), N_("GnuTLS refused a call that tlspin needs.")},
    {TLSPIN_E_KEYS, "bad-keys", NAME("BadKeys"), N_("The file of protection keys can't be used.")},
    {TLSPIN_E_DENIED, "denied", NAME("AccessDenied"), N_("The caller may not do this.")},
    {TLSPIN_E_LIMIT, "limit-exceeded", NAME("LimitsExceeded"),
     N_("A limit of the pin store is reached: of calls at once, or of entries. Try again in a "
        "few seconds.")},
    {TLSPIN_E_BUSY, "busy", NAME("Busy"),
     N_("An import is being stored; try again in a moment.")},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

/* Every code of the enum has a row (a test counts them); a number from elsewhere gets the one that
 * can't be mistaken for success. */
static const struct row *row_of(enum tlspin_code code)
{
  const struct row *fallback = NULL;

  for (size_t i = 0; i < ROWS; i++) {
    if (rows[i].code == code)
      return &rows[i];
    if (rows[i].code == TLSPIN_E_REPLY)
      fallback = &rows[i];
  }
  return fallback;
}

const char *tlspin_code_token(enum tlspin_code code)
{
  return row_of(code)->token;
}

const char *tlspin_code_text(enum tlspin_code code)
{
  return text_translate(row_of(code)->text);
}

const char *tlspin_code_dbus_name(enum tlspin_code code)
{
  return row_of(code)->dbus_name;
}

enum tlspin_code tlspin_code_from_token(const char *token)
{
  for (size_t i = 0; i < ROWS; i++)
    if (strcmp(rows[i].token, token) == 0)
      return rows[i].code;
  return TLSPIN_E_REPLY;
}

enum tlspin_code tlspin_code_from_dbus_name(const char *name)
{
  for (size_t i = 0; i < ROWS; i++)
    if (strcmp(rows[i].dbus_name, name) == 0)
      return rows[i].code;
  return TLSPIN_UNAVAILABLE;
}
