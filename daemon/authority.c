/* Who may call what: see authority.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/authority.h"

#include "common/text.h"
#include "dbus/names.h"

#include <dbus/dbus.h>
#include <string.h>

enum {
  UNKNOWN = 1u << CALLER_UNKNOWN,
  CONFINED = 1u << CALLER_CONFINED,
  PLAIN = 1u << CALLER_PLAIN,
  OWN = UNKNOWN | CONFINED | PLAIN
};

/* org.tlspin.Pins1 tells about a server that the caller names, and changes what is known of it.
 *
 * org.tlspin.Admin1 tells which servers the user has met. Status does, too: by how many, and by the
 * names of files; what a program needs to know of the store it is told by each Lookup.
 *
 * What an object looks like is known to everybody who has its documentation. */
static const struct rule {
  const char *interface;
  unsigned kinds;
} rules[] = {
    {BUS_PINS, OWN},
    {BUS_ADMIN, PLAIN},
    {DBUS_INTERFACE_INTROSPECTABLE, OWN},
};

static unsigned kinds_of(const char *interface)
{
  for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
    if (strcmp(rules[i].interface, interface) == 0)
      return rules[i].kinds;
  return 0;
}

enum tlspin_code authority_decide(enum caller_kind kind, const char *interface, const char *member,
                                  GString *problem)
{
  if (kinds_of(interface) & (1u << kind))
    return TLSPIN_OK;
  if (kind == CALLER_FOREIGN)
    g_string_assign(problem, _("This pin store serves one user, and the caller is another. Each "
                               "user has a session bus and a pin store of their own."));
  else if (kind == CALLER_CONFINED)
    g_string_printf(problem,
                    _("'%s' of %s is not for programs in a sandbox, since it is about servers that "
                      "they needn't know of. Do it outside of the sandbox; %s is open to them."),
                    member, interface, BUS_PINS);
  else
    g_string_printf(problem,
                    _("'%s' of %s is not for programs in a sandbox, and it can't be told whether "
                      "the caller is in one. tlspind(8) says how callers are told apart; %s is "
                      "open to all."),
                    member, interface, BUS_PINS);
  return TLSPIN_E_DENIED;
}
