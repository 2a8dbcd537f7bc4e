/* What can still be restored: see remains.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/remains.h"

#include "common/text.h"
#include "tools/output.h"
#include "tools/when.h"

#include <string.h>

/* The newest from before that, unless it is known to be damaged. They are listed from the newest
 * on. */
static const tlspin_entry_t *find_backup(const tlspin_doctor_t *doctor, int64_t found)
{
  for (size_t i = 0; i < tlspin_doctor_backups(doctor); i++) {
    const tlspin_entry_t *backup = tlspin_doctor_backup(doctor, i);
    const char *state = tlspin_entry_string(backup, "state");

    if (tlspin_entry_number(backup, "made") < found && g_strcmp0(state, "damaged") != 0 &&
        tlspin_entry_string(backup, "name") != NULL)
      return backup;
  }
  return NULL;
}

/* By the rules in daemon/rotation.c: the newest stays in any case. */
static void say_backup(const tlspin_entry_t *backup, int64_t period)
{
  uint64_t made = (uint64_t)tlspin_entry_number(backup, "made");
  g_autofree char *name = output_clean(tlspin_entry_string(backup, "name"));
  g_autofree char *when = when_to_text(made);
  g_autofree char *end = period >= 0 ? when_to_text(made + (uint64_t)period) : NULL;

  output_said(_("The newest backup from before that is of %s. To come back to it: tlspin restore "
                "%s"),
              when, name);
  if (end != NULL)
    output_said(_("It stays while there is no newer one; else it goes on %s, when the undo period "
                  "is over, or sooner if there are many."),
                end);
}

static void say_aside(const char *aside, int64_t period)
{
  g_autofree char *name = output_clean(aside);
  g_autofree char *span = period > 0 ? when_span((uint64_t)period) : NULL;

  if (span == NULL)
    output_said(_("The damaged file %s stays until you remove it, or clear a server that may be in "
                  "it."),
                name);
  else
    output_said(_("The damaged file %s stays until you remove it; but once a server that may be in "
                  "it is cleared, for %s, and with --forever no longer."),
                name, span);
}

void remains_print(const tlspin_doctor_t *doctor, int64_t period)
{
  const tlspin_entry_t *report = tlspin_doctor_report(doctor), *backup;
  const char *aside = tlspin_entry_string(report, "aside");

  backup = find_backup(doctor, tlspin_entry_number(report, "found"));
  if (backup != NULL)
    say_backup(backup, period);
  if (aside != NULL)
    say_aside(aside, period);
}
