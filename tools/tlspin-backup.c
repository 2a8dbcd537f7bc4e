/* tlspin backup.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/copies.h"
#include "tools/progress.h"

static void print_backup(const tlspin_entry_t *backup, const char *file)
{
  if (shared_options.json) {
    JsonBuilder *builder = json_builder_new();

    copies_put_one(builder, backup);
    json_print(builder);
  } else if (file != NULL) {
    output_said(_("The pins are in '%s' now, and in the backup %s."), file,
                tlspin_entry_string(backup, "name"));
  } else {
    output_said(_("The pins are in the backup %s now. To come back to it: tlspin restore %s"),
                tlspin_entry_string(backup, "name"), tlspin_entry_string(backup, "name"));
  }
}

static int back_up(tlspin_t *context, const char *file)
{
  struct progress *progress;
  tlspin_entry_t *backup = NULL;
  int code, status = STATUS_FINE;

  if (file != NULL && g_file_test(file, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK))
    return complain(STATUS_USAGE,
                    _("'%s' is there already, and stays as it is. Name another file."), file);
  progress = progress_start(_("Copying the pins ..."));
  code = tlspin_backup(context, &backup);
  progress_stop(progress);
  if (code != TLSPIN_OK)
    return complain_of(code);
  if (file != NULL)
    status = copies_take_out(backup, file);
  if (status == STATUS_FINE)
    print_backup(backup, file);
  tlspin_entry_free(backup);
  return status;
}

static int list(tlspin_t *context)
{
  tlspin_doctor_t *doctor;
  int status = copies_ask(context, true, &doctor);

  if (status != STATUS_FINE)
    return status;
  if (!copies_show(doctor))
    output_said("%s", _("There is no backup yet. 'tlspin backup' makes one."));
  tlspin_doctor_free(doctor);
  return STATUS_FINE;
}

int run_backup(int argc, char **argv)
{
  gboolean wanted = FALSE;
  const GOptionEntry options[] = {
      {"list", 'l', 0, G_OPTION_ARG_NONE, &wanted, N_("List the backups, and read them through"),
       NULL},
      {NULL, 0, 0, 0, NULL, NULL, NULL},
  };
  const char *description =
      _("Makes a backup of your pins now. That is done by itself, too, some minutes after\n"
        "the last change; the newest backups are kept, and of older ones one a day and one\n"
        "a week. With a FILE, which must not be there yet, the backup is copied to it: it has\n"
        "secrets in it, and only you can read it.\n"
        "\n"
        "Examples:\n"
        "  tlspin backup\n"
        "  tlspin backup /media/stick/pins.db\n"
        "  tlspin backup --list\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, or FILE can't be written, 4 the pin store\n"
        "can't be read.");
  int status = read_options("backup", "[FILE]", description, options, 0, 1, &argc, &argv);
  tlspin_t *context;

  if (status != STATUS_FINE)
    return status;
  if (wanted && argc > 1)
    return complain(STATUS_USAGE, _("'%s' is too much: a list is of all backups."), argv[1]);
  context = store_context();
  status = wanted ? list(context) : back_up(context, argc > 1 ? argv[1] : NULL);
  tlspin_free(context);
  return status;
}
