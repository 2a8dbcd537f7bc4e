/* The backups of the pin store: see copies.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/copies.h"

#include "common/copy.h"
#include "common/text.h"
#include "tools/columns.h"
#include "tools/progress.h"
#include "tools/tlspin.h"
#include "tools/when.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_TRIED = 99 };

int copies_ask(tlspin_t *context, bool verify, tlspin_doctor_t **doctor)
{
  struct progress *progress = progress_start(_("Reading the backups ..."));
  int code = tlspin_doctor(context, verify, doctor);

  progress_stop(progress);
  return code == TLSPIN_OK ? STATUS_FINE : complain_of(code);
}

static const char *say_state(const char *state)
{
  if (strcmp(state, "ok") == 0)
    return _("fine");
  return strcmp(state, "damaged") == 0 ? _("damaged") : _("not read");
}

static bool is_damaged(const tlspin_entry_t *backup)
{
  const char *state = tlspin_entry_string(backup, "state");

  return state == NULL || strcmp(state, "damaged") == 0;
}

bool copies_any(const tlspin_doctor_t *doctor)
{
  for (size_t i = 0; i < tlspin_doctor_backups(doctor); i++)
    if (!is_damaged(tlspin_doctor_backup(doctor, i)))
      return true;
  return false;
}

/* GLib joins the number and the unit with a character that not every character set has. */
static char *say_size(uint64_t octets)
{
  g_autofree char *text = g_format_size(octets);
  g_auto(GStrv) parts = g_strsplit(text, "\xc2\xa0", -1);

  return g_strjoinv(" ", parts);
}

static void add_row(struct columns *table, const tlspin_entry_t *backup)
{
  const char *state = tlspin_entry_string(backup, "state");
  const char *problem = tlspin_entry_string(backup, "problem");
  const char *name = tlspin_entry_string(backup, "name");
  g_autofree char *made = when_to_text((uint64_t)tlspin_entry_number(backup, "made"));
  g_autofree char *size = say_size((uint64_t)tlspin_entry_number(backup, "size"));
  const struct cell cells[] = {
      {name != NULL ? name : "?", PAINT_NONE},
      {made, PAINT_NONE},
      {size, PAINT_NONE},
      {state != NULL ? say_state(state) : "?", is_damaged(backup) ? PAINT_BAD : PAINT_NONE}};

  columns_add(table, cells);
  if (problem != NULL)
    columns_remark(table, problem);
}

void copies_print(const tlspin_doctor_t *doctor)
{
  static const struct column columns[] = {{N_("BACKUP"), false, true, 0},
                                          {N_("MADE"), false, false, 0},
                                          {N_("SIZE"), true, false, 1},
                                          {N_("STATE"), false, false, 2}};
  const struct columns_style style = columns_style_of_output();
  struct columns *table = columns_new(columns, G_N_ELEMENTS(columns), &style);

  for (size_t i = 0; i < tlspin_doctor_backups(doctor); i++)
    add_row(table, tlspin_doctor_backup(doctor, i));
  columns_end(table);
}

void copies_put_one(JsonBuilder *builder, const tlspin_entry_t *backup)
{
  if (tlspin_entry_string(backup, "name") == NULL) {
    json_builder_add_null_value(builder);
    return;
  }
  json_builder_begin_object(builder);
  json_put_text(builder, "name", tlspin_entry_string(backup, "name"));
  json_put_text(builder, "path", tlspin_entry_string(backup, "path"));
  json_put_time(builder, "made", (uint64_t)tlspin_entry_number(backup, "made"));
  json_put_number(builder, "size", (uint64_t)tlspin_entry_number(backup, "size"));
  json_put_text(builder, "state", tlspin_entry_string(backup, "state"));
  json_put_text(builder, "problem", tlspin_entry_string(backup, "problem"));
  json_builder_end_object(builder);
}

void copies_put(JsonBuilder *builder, const tlspin_doctor_t *doctor)
{
  json_builder_begin_array(builder);
  for (size_t i = 0; i < tlspin_doctor_backups(doctor); i++)
    copies_put_one(builder, tlspin_doctor_backup(doctor, i));
  json_builder_end_array(builder);
}

/* Never over a file that is there: it may be the only copy of something. */
static int copy_file(const char *from, const char *to)
{
  int in = open(from, O_RDONLY | O_CLOEXEC), out = -1, status = STATUS_FINE;

  if (in < 0)
    return complain(STATUS_USAGE, _("'%s' can't be read: %s."), from, g_strerror(errno));
  out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (out < 0)
    status = complain(STATUS_USAGE, _("'%s' can't be made: %s."), to, g_strerror(errno));
  else if (!copy_octets(in, out)) {
    status = complain(STATUS_USAGE, _("'%s' can't be written: %s."), to, g_strerror(errno));
    g_unlink(to);
  }
  close(in);
  if (out >= 0)
    close(out);
  return status;
}

int copies_take_out(const tlspin_entry_t *backup, const char *file)
{
  const char *path = tlspin_entry_string(backup, "path");

  return path != NULL ? copy_file(path, file) : complain_of(TLSPIN_UNAVAILABLE);
}

bool copies_show(const tlspin_doctor_t *doctor)
{
  bool any = tlspin_doctor_backups(doctor) > 0;

  if (shared_options.json) {
    JsonBuilder *builder = json_builder_new();

    copies_put(builder, doctor);
    json_print(builder);
  } else if (any) {
    copies_print(doctor);
  }
  return any || shared_options.json;
}

static char *folder_of(const tlspin_doctor_t *doctor)
{
  const char *path = tlspin_entry_string(tlspin_doctor_report(doctor), "path");
  g_autofree char *home = g_path_get_dirname(path != NULL ? path : "");

  return g_build_filename(home, "backups", NULL);
}

/* As the daemon names them: by the time, and a number from the second one on. */
static char *name_by_time(GDateTime *time, int number)
{
  g_autofree char *text = g_date_time_format(time, "pins-%Y%m%dT%H%M%SZ");

  return number == 1 ? g_strconcat(text, ".db", NULL) : g_strdup_printf("%s_%02d.db", text, number);
}

static char *find_name(const char *folder, GDateTime *time)
{
  for (int number = 1; number <= NAMES_TRIED; number++) {
    g_autofree char *name = name_by_time(time, number);
    g_autofree char *path = g_build_filename(folder, name, NULL);

    if (!g_file_test(path, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK))
      return g_steal_pointer(&name);
  }
  return name_by_time(time, NAMES_TRIED);
}

static GDateTime *time_of(const char *file)
{
  GStatBuf status;

  return g_stat(file, &status) == 0 && S_ISREG(status.st_mode)
             ? g_date_time_new_from_unix_utc(status.st_mtime)
             : NULL;
}

int copies_take_in(const tlspin_doctor_t *doctor, const char *file, char **name)
{
  g_autofree char *folder = folder_of(doctor), *to = NULL;
  g_autoptr(GDateTime) time = time_of(file);
  int status;

  *name = NULL;
  if (time == NULL)
    return complain(STATUS_NOT_FOUND, _("There is no file '%s', and no backup of that name."),
                    file);
  if (g_mkdir(folder, 0700) != 0 && errno != EEXIST)
    return complain(STATUS_STORE, _("The folder %s can't be made: %s."), folder, g_strerror(errno));
  *name = find_name(folder, time);
  to = g_build_filename(folder, *name, NULL);
  status = copy_file(file, to);
  if (status != STATUS_FINE)
    g_clear_pointer(name, g_free);
  return status;
}

void copies_remove(const tlspin_doctor_t *doctor, const char *name)
{
  g_autofree char *folder = folder_of(doctor);
  g_autofree char *path = g_build_filename(folder, name, NULL);

  g_unlink(path);
}
