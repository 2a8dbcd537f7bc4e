/* tlspin restore.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/copies.h"
#include "tools/progress.h"

#include <string.h>

static void print_restored(const char *name, const tlspin_entry_t *before)
{
  const char *back = tlspin_entry_string(before, "name");

  if (shared_options.json) {
    JsonBuilder *builder = json_builder_new();

    json_builder_begin_object(builder);
    json_put_text(builder, "restored", name);
    json_builder_set_member_name(builder, "before");
    copies_put_one(builder, before);
    json_builder_end_object(builder);
    json_print(builder);
    return;
  }
  output_said(_("Your pins are again as they were in the backup %s."), name);
  output_said("%s", _("What was learned or changed since then is gone from the store."));
  if (back != NULL)
    output_said(_("To take that back: tlspin restore %s"), back);
}

static int restore(tlspin_t *context, const char *name)
{
  struct progress *progress = progress_start(_("Bringing pins back ..."));
  tlspin_entry_t *before = NULL;
  int code = tlspin_restore(context, name, &before);

  progress_stop(progress);
  if (code != TLSPIN_OK)
    return complain_of(code);
  print_restored(name, before);
  tlspin_entry_free(before);
  return STATUS_FINE;
}

static bool is_known(const tlspin_doctor_t *doctor, const char *name)
{
  for (size_t i = 0; i < tlspin_doctor_backups(doctor); i++)
    if (g_strcmp0(tlspin_entry_string(tlspin_doctor_backup(doctor, i), "name"), name) == 0)
      return true;
  return false;
}

/* A file of the user's becomes a backup among the others; one that can't be used doesn't stay. */
static int restore_file(tlspin_t *context, const tlspin_doctor_t *doctor, const char *file)
{
  g_autofree char *name = NULL;
  int status = copies_take_in(doctor, file, &name);

  if (status != STATUS_FINE)
    return status;
  status = restore(context, name);
  if (status == STATUS_FINE)
    return STATUS_FINE;
  copies_remove(doctor, name);
  return complain(status, _("That was a copy of '%s', and is gone again. Nothing was changed."), file);
}

static int choose(tlspin_t *context, const tlspin_doctor_t *doctor, const char *wanted)
{
  if (wanted != NULL)
    return is_known(doctor, wanted) ? restore(context, wanted)
                                    : restore_file(context, doctor, wanted);
  if (!copies_show(doctor))
    return complain(STATUS_NOT_FOUND, _("There is no backup."));
  if (!shared_options.json)
    output_said("\n%s", _("To put one in the place of your pins: tlspin restore BACKUP"));
  return STATUS_FINE;
}

int run_restore(int argc, char **argv)
{
  const char *description =
      _("Puts a backup in the place of all your pins. A backup of what is there is made\n"
        "before, so that it can be taken back. Without an argument the backups are listed.\n"
        "A FILE that 'tlspin backup FILE' made does as well.\n"
        "\n"
        "Examples:\n"
        "  tlspin restore\n"
        "  tlspin restore pins-20261123T062500Z.db\n"
        "  tlspin restore /media/stick/pins.db\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the backup is damaged, or the pin store\n"
        "can't be written, 5 there is no such backup.");
  int status = read_options("restore", "[BACKUP | FILE]", description, NULL, 0, 1, &argc, &argv);
  tlspin_doctor_t *doctor;
  tlspin_t *context;

  if (status != STATUS_FINE)
    return status;
  context = store_context();
  status = copies_ask(context, argc < 2, &doctor);
  if (status == STATUS_FINE) {
    status = choose(context, doctor, argc > 1 ? argv[1] : NULL);
    tlspin_doctor_free(doctor);
  }
  tlspin_free(context);
  return status;
}
