/* Erasing for good: see forever.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/forever.h"

#include "common/text.h"
#include "tools/consent.h"
#include "tools/copies.h"
#include "tools/tlspin.h"

#include <unistd.h>

static int look_at_files(tlspin_t *context, struct forever *files)
{
  tlspin_doctor_t *doctor;
  int status = copies_ask(context, false, &doctor);

  if (status != STATUS_FINE)
    return status;
  files->backups = (unsigned long)tlspin_doctor_backups(doctor);
  files->asides = (unsigned long)tlspin_doctor_set_aside(doctor);
  tlspin_doctor_free(doctor);
  return STATUS_FINE;
}

void forever_print(const struct forever *files)
{
  if (files->backups > 0)
    output_said(text_translate_count("The %lu backup was written anew without it.",
                                     "All %lu backups were written anew without it.",
                                     files->backups),
                files->backups);
  if (files->asides > 0)
    output_said(text_translate_count("%lu damaged file that had been set aside was removed.",
                                     "%lu damaged files that had been set aside were removed.",
                                     files->asides),
                files->asides);
}

static int ask(bool all, const struct forever *files)
{
  if (!isatty(STDIN_FILENO))
    return complain(STATUS_USAGE,
                    _("There is no terminal to ask at; say --yes to erase pins for good."));
  g_printerr("%s\n", _("This can't be taken back: 'tlspin undo' doesn't know of it, and the "
                       "backups are written anew without it."));
  if (files->asides > 0)
    g_printerr(text_translate_count("%lu damaged file that was set aside is removed, too.\n",
                                    "%lu damaged files that were set aside are removed, too.\n",
                                    files->asides),
               files->asides);
  g_printerr("%s", all ? _("Erase all pins of yours for good? [y/N] ")
                       : _("Erase this for good? [y/N] "));
  return consent_given() ? STATUS_FINE : complain(STATUS_USAGE, _("Nothing was changed."));
}

int forever_confirm(tlspin_t *context, bool all, bool yes, struct forever *files)
{
  int status = look_at_files(context, files);

  return status == STATUS_FINE && !yes ? ask(all, files) : status;
}
