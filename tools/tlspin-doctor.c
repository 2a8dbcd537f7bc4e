/* tlspin doctor.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/copies.h"
#include "tools/json.h"
#include "tools/remains.h"
#include "tools/sheet.h"
#include "tools/when.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN = 10 };

static gboolean seen, verify;

static const GOptionEntry entries[] = {
    {"seen", 0, 0, G_OPTION_ARG_NONE, &seen, N_("You know what was lost: go on with what is there"),
     NULL},
    {"verify", 0, 0, G_OPTION_ARG_NONE, &verify, N_("Read every backup through"), NULL},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static bool is_damaged(const tlspin_entry_t *report)
{
  return tlspin_entry_string(report, "cause") != NULL;
}

/* Not even what is unknown may be nothing. */
static bool is_lossy(const tlspin_entry_t *report)
{
  return is_damaged(report) && tlspin_entry_number(report, "missing") != 0;
}

static void say_cause(const tlspin_entry_t *report)
{
  g_autofree char *when = when_to_text((uint64_t)tlspin_entry_number(report, "found"));
  g_autofree char *path = output_clean(tlspin_entry_string(report, "path"));

  if (strcmp(tlspin_entry_string(report, "cause"), "missing") == 0)
    output_said(_("%s: the pin store was gone. Its file %s had been deleted, or moved away."), when,
                path);
  else
    output_said(_("%s: the pin store was damaged. Octets of its file %s had been changed or lost: "
                  "by a failing disk, by an end without warning, by another program."),
                when, path);
}

static void say_saved(const tlspin_entry_t *report)
{
  unsigned long saved = (unsigned long)tlspin_entry_number(report, "saved");
  unsigned long carved = (unsigned long)tlspin_entry_number(report, "carved");
  unsigned long merged = (unsigned long)tlspin_entry_number(report, "merged");
  int64_t backup = tlspin_entry_number(report, "backup");
  g_autofree char *when = backup > 0 ? when_to_text((uint64_t)backup) : NULL;

  if (saved + carved > 0)
    output_said(
        text_translate_count("%lu entry was still whole in it, of pins, journal and log.",
                             "%lu entries were still whole in it, of pins, journal and log.",
                             saved + carved),
        saved + carved);
  if (merged > 0)
    output_said(text_translate_count("%lu entry came from the backup of %s.",
                                     "%lu entries came from the backup of %s.", merged),
                merged, when != NULL ? when : "?");
  else if (when == NULL)
    output_said("%s", _("There was no backup that could be used."));
}

static void say_missing(const tlspin_entry_t *report)
{
  int64_t missing = tlspin_entry_number(report, "missing");

  if (missing == 0)
    output_said("%s", _("Nothing was lost: a sum over all entries proves it."));
  else if (missing < 0)
    output_said("%s", _("How many were lost isn't known."));
  else
    output_said(text_translate_count("%lu entry was missing, and may be lost.",
                                     "%lu entries were missing, and may be lost.",
                                     (unsigned long)missing),
                (unsigned long)missing);
}

static void say_aside(const tlspin_entry_t *report)
{
  const char *aside = tlspin_entry_string(report, "aside");
  g_autofree char *clean = aside != NULL ? output_clean(aside) : NULL;

  if (clean != NULL)
    output_said(_("The damaged file was set aside, in the same folder: %s."), clean);
}

static void say_remedies(const tlspin_entry_t *report, bool backups)
{
  if (is_lossy(report))
    output_said("%s",
                _("Until you say that you have seen this, a server without a pin is not taken "
                  "for one that never had any: nothing new is learned about it, and strict "
                  "programs refuse it. No backup goes until then."));
  output_text("\n%s\n", _("What you can do:"));
  if (!is_lossy(report)) {
    output_text("%s\n", _("  tlspin doctor --seen    have this report put away"));
    return;
  }
  output_text("%s\n", _("  tlspin doctor --seen    go on: such servers are learned anew\n"
                        "  tlspin list             look at what is there"));
  if (backups)
    output_text("%s\n", _("  tlspin restore          put a backup in the place of the store"));
}

static void say_damage(const tlspin_entry_t *report, bool backups)
{
  say_cause(report);
  say_saved(report);
  say_missing(report);
  say_aside(report);
  say_remedies(report, backups);
}

/* The newest; they are for people, who may remove them. */
static void add_asides(struct sheet *sheet, const tlspin_doctor_t *doctor)
{
  size_t named = tlspin_doctor_set_aside(doctor), first = named > SHOWN ? named - SHOWN : 0;
  const tlspin_entry_t *report = tlspin_doctor_report(doctor);
  int64_t count = tlspin_entry_number(report, "asides");
  int64_t size = tlspin_entry_number(report, "asides-size");
  g_autofree char *room = g_format_size(size > 0 ? (guint64)size : 0);

  if (count > 1)
    sheet_add(sheet, _("Set aside"), _("%lu files, %s; remove those that you don't need"),
              (unsigned long)count, room);
  for (size_t i = first; i < named; i++)
    sheet_add(sheet, count > 1 ? "" : _("Set aside"), "%s",
              tlspin_entry_string(tlspin_doctor_aside(doctor, i), "name"));
}

static void add_files(struct sheet *sheet, const tlspin_doctor_t *doctor)
{
  size_t count = tlspin_doctor_backups(doctor);
  const tlspin_entry_t *newest = tlspin_doctor_backup(doctor, 0);
  g_autofree char *when =
      newest != NULL ? when_to_text((uint64_t)tlspin_entry_number(newest, "made")) : NULL;

  if (newest == NULL)
    sheet_add(sheet, _("Backups"), "%s", _("none yet"));
  else
    sheet_add(sheet, _("Backups"),
              text_translate_count("%lu, of %s", "%lu, the newest of %s", (unsigned long)count),
              (unsigned long)count, when);
  add_asides(sheet, doctor);
}

static const char *say_state(const tlspin_entry_t *report)
{
  if (strcmp(tlspin_entry_string(report, "state"), "ok") != 0)
    return _("can't be read");
  return is_lossy(report) ? _("pins were lost") : _("fine");
}

static void print_report(const tlspin_doctor_t *doctor)
{
  const struct columns_style style = columns_style_of_output();
  const tlspin_entry_t *report = tlspin_doctor_report(doctor);
  const char *path = tlspin_entry_string(report, "path"), *state = say_state(report);
  struct sheet *sheet = sheet_new();

  sheet_add_painted(sheet, _("Pin store"), strcmp(state, _("fine")) == 0 ? PAINT_GOOD : PAINT_BAD,
                    state);
  sheet_add(sheet, _("File"), "%s", path != NULL ? path : "?");
  add_files(sheet, doctor);
  sheet_end(sheet, &style);
  if (is_damaged(report)) {
    output_text("\n");
    say_damage(report, copies_any(doctor));
  }
}

static void put_count(JsonBuilder *builder, const tlspin_entry_t *report, const char *key)
{
  int64_t number = tlspin_entry_number(report, key);

  if (number >= 0)
    json_put_number(builder, key, (uint64_t)number);
  else
    json_put_text(builder, key, NULL);
}

static void put_damage(JsonBuilder *builder, const tlspin_entry_t *report)
{
  int64_t backup = tlspin_entry_number(report, "backup");

  json_builder_set_member_name(builder, "damage");
  if (!is_damaged(report)) {
    json_builder_add_null_value(builder);
    return;
  }
  json_builder_begin_object(builder);
  json_put_text(builder, "cause", tlspin_entry_string(report, "cause"));
  json_put_time(builder, "found", (uint64_t)tlspin_entry_number(report, "found"));
  put_count(builder, report, "saved");
  put_count(builder, report, "carved");
  put_count(builder, report, "merged");
  put_count(builder, report, "missing");
  json_put_time(builder, "backup", backup > 0 ? (uint64_t)backup : 0);
  json_put_text(builder, "aside", tlspin_entry_string(report, "aside"));
  json_builder_end_object(builder);
}

static void print_json(const tlspin_doctor_t *doctor)
{
  const tlspin_entry_t *report = tlspin_doctor_report(doctor);
  int64_t count = tlspin_entry_number(report, "asides");
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_text(builder, "state",
                is_lossy(report) ? "damaged" : tlspin_entry_string(report, "state"));
  json_put_text(builder, "path", tlspin_entry_string(report, "path"));
  json_put_text(builder, "problem", tlspin_entry_string(report, "problem"));
  put_damage(builder, report);
  json_builder_set_member_name(builder, "backups");
  copies_put(builder, doctor);
  json_put_number(builder, "asides", count > 0 ? (uint64_t)count : 0);
  json_builder_set_member_name(builder, "set-aside");
  json_builder_begin_array(builder);
  for (size_t i = 0; i < tlspin_doctor_set_aside(doctor); i++)
    json_builder_add_string_value(builder,
                                  tlspin_entry_string(tlspin_doctor_aside(doctor, i), "name"));
  json_builder_end_array(builder);
  json_builder_end_object(builder);
  json_print(builder);
}

/* What can't be read counts more than what was lost. */
static int status_of_report(const tlspin_doctor_t *doctor)
{
  const tlspin_entry_t *report = tlspin_doctor_report(doctor);
  const char *problem = tlspin_entry_string(report, "problem");
  const char *backups = tlspin_entry_string(report, "backups-problem");

  if (problem != NULL) {
    g_autofree char *clean = output_clean(problem);

    return complain(STATUS_STORE, "%s", clean);
  }
  if (backups != NULL) {
    g_autofree char *clean = output_clean(backups);

    return complain(STATUS_STORE, "%s", clean);
  }
  return is_lossy(report) ? STATUS_STORE : STATUS_FINE;
}

/* -1 where it isn't told. */
static int64_t ask_period(tlspin_t *context)
{
  tlspin_status_t *status;
  int64_t period = -1;

  if (tlspin_status(context, &status) == TLSPIN_OK) {
    period = tlspin_status_number(status, "undo-period");
    tlspin_status_free(status);
  }
  return period;
}

static void say_seen(tlspin_t *context, const tlspin_doctor_t *doctor)
{
  if (is_lossy(tlspin_doctor_report(doctor)))
    output_said("%s", _("From now on a server without a pin is learned anew."));
  remains_print(doctor, ask_period(context));
}

/* What happens while this runs, nobody has seen. */
static int acknowledge(tlspin_t *context)
{
  tlspin_doctor_t *doctor;
  int status = copies_ask(context, false, &doctor), code;

  if (status != STATUS_FINE)
    return status;
  code = tlspin_acknowledge(context, tlspin_entry_number(tlspin_doctor_report(doctor), "found"));
  if (code == TLSPIN_E_NOT_FOUND)
    status =
        complain(STATUS_NOT_FOUND, _("Nothing happened to the pin store that you haven't seen."));
  else if (code != TLSPIN_OK)
    status = complain_of(code);
  else if (!shared_options.json)
    say_seen(context, doctor);
  tlspin_doctor_free(doctor);
  return status;
}

static int examine(tlspin_t *context)
{
  tlspin_doctor_t *doctor;
  int status = copies_ask(context, verify, &doctor);

  if (status != STATUS_FINE)
    return status;
  (shared_options.json ? print_json : print_report)(doctor);
  if (verify && !shared_options.json)
    copies_print(doctor);
  status = status_of_report(doctor);
  tlspin_doctor_free(doctor);
  return status;
}

int run_doctor(int argc, char **argv)
{
  const char *description =
      _("Says what happened to the pin store, and what can be done. A store that was damaged\n"
        "is made anew by itself, of what is still whole and of the newest backup, and the\n"
        "damaged file is set aside. Where pins may have been lost nothing new is learned\n"
        "until you have seen it and said so with --seen.\n"
        "\n"
        "Examples:\n"
        "  tlspin doctor\n"
        "  tlspin doctor --verify\n"
        "      read all backups through\n"
        "  tlspin doctor --seen\n"
        "      go on with what is there\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the pin store can't be read, or pins were\n"
        "lost, 5 with --seen: nothing happened.");
  int status = read_options("doctor", NULL, description, entries, 0, 0, &argc, &argv);
  tlspin_t *context;

  if (status != STATUS_FINE)
    return status;
  context = store_context();
  if (seen)
    status = acknowledge(context);
  if (status == STATUS_FINE && (!seen || shared_options.json))
    status = examine(context);
  tlspin_free(context);
  return status;
}
