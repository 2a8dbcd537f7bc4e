/* Erasing for good: see forever.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/forever.h"

#include "common/text.h"
#include "tools/consent.h"
#include "tools/copies.h"
#include "tools/tlspin.h"

#include <unistd.h>

static unsigned long count_of(const tlspin_entry_t *report, const char *key)
{
  return (unsigned long)MAX(tlspin_entry_number(report, key), 0);
}

static int look_at_files(tlspin_t *context, struct forever *files)
{
  tlspin_doctor_t *doctor;
  int status = copies_ask(context, false, &doctor);

  if (status != STATUS_FINE)
    return status;
  files->backups = (unsigned long)tlspin_doctor_backups(doctor);
  files->asides = count_of(tlspin_doctor_report(doctor), "asides"); /* not all are listed */
  tlspin_doctor_free(doctor);
  return STATUS_FINE;
}

/* They were counted before, and others may have come since; an older daemon doesn't tell. */
static struct forever files_done(tlspin_t *context, const struct forever *counted)
{
  struct forever done = *counted;
  tlspin_doctor_t *doctor;
  const tlspin_entry_t *report;

  if (tlspin_doctor(context, 0, &doctor) != TLSPIN_OK)
    return done;
  report = tlspin_doctor_report(doctor);
  if (tlspin_entry_number(report, "erased") > 0)
    done = (struct forever){count_of(report, "erased-backups"), count_of(report, "erased-damaged"),
                            count_of(report, "erased-asides")};
  tlspin_doctor_free(doctor);
  return done;
}

static void print_done(const struct forever *files)
{
  if (files->backups > 0)
    output_said(text_translate_count("The %lu backup was written anew without it.",
                                     "All %lu backups were written anew without it.",
                                     files->backups),
                files->backups);
  if (files->damaged > 0)
    output_said(text_translate_count("%lu damaged backup was removed.",
                                     "%lu damaged backups were removed.", files->damaged),
                files->damaged);
  if (files->asides > 0)
    output_said(text_translate_count("%lu damaged file that had been set aside was removed.",
                                     "%lu damaged files that had been set aside were removed.",
                                     files->asides),
                files->asides);
}

void forever_print(tlspin_t *context, const struct forever *files)
{
  const struct forever done = files_done(context, files);

  print_done(&done);
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
