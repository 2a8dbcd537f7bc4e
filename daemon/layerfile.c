/* Making the file of a system layer: see store_write_layer in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "daemon/file.h"
#include "daemon/problem.h"
#include "daemon/schema.h"
#include "daemon/setting.h"
#include "daemon/store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { PROGRESS_STEP = 1024 };

/* A file at work. */
struct filling {
  const struct layer_contents *contents;
  struct transaction change;
  size_t done;
  char **problem;
};

static void say_progress(struct filling *filling, bool end)
{
  const struct layer_contents *contents = filling->contents;

  if (contents->progress != NULL && (end || filling->done % PROGRESS_STEP == 0))
    contents->progress(filling->done,
                       contents->ticket_count + contents->pin_count + contents->setting_count,
                       contents->data);
}

static enum tlspin_code say_invalid(struct filling *filling, const char *name)
{
  problem_set(filling->problem, _("The entry for '%s' can't be stored. Correct it."), name);
  return TLSPIN_E_ARGUMENT;
}

static enum tlspin_code say_twice(struct filling *filling, const char *name)
{
  problem_set(filling->problem, _("There are two entries for '%s'. Remove one."), name);
  return TLSPIN_E_ARGUMENT;
}

/* Two rows of one key would have the later one win without a word. */
static enum tlspin_code put_once(struct filling *filling, enum table_id table,
                                 const struct cell *cells, const char *name)
{
  uint64_t before = filling->change.contents.rows;
  enum tlspin_code code = transaction_put(&filling->change, table, cells);

  if (code == TLSPIN_OK && filling->change.contents.rows == before)
    return say_twice(filling, name);
  filling->done++;
  say_progress(filling, false);
  return code;
}

static enum tlspin_code put_tickets(struct filling *filling)
{
  const struct layer_contents *contents = filling->contents;
  struct cell cells[TABLE_COLUMNS];
  enum tlspin_code code = TLSPIN_OK;

  for (size_t i = 0; i < contents->ticket_count && code == TLSPIN_OK; i++) {
    const struct ticket_row *row = &contents->tickets[i];

    if (!ticket_row_is_valid(row, STORE_SYSTEM))
      return say_invalid(filling, row->peer.host);
    ticket_row_to_cells(row, cells);
    code = put_once(filling, TABLE_TICKET, cells, row->peer.host);
  }
  return code;
}

static enum tlspin_code put_settings(struct filling *filling)
{
  const struct layer_contents *contents = filling->contents;
  struct cell cells[TABLE_COLUMNS];
  enum tlspin_code code = TLSPIN_OK;

  for (size_t i = 0; i < contents->setting_count && code == TLSPIN_OK; i++) {
    const struct setting_row *row = &contents->settings[i];

    if (!setting_is_valid(row, STORE_SYSTEM))
      return say_invalid(filling, row->name);
    setting_to_cells(row, cells);
    code = put_once(filling, TABLE_SETTING, cells, row->name);
  }
  return code;
}

static int compare_pins(const void *a, const void *b)
{
  return keypin_compare_key(*(const struct keypin *const *)a, *(const struct keypin *const *)b);
}

/* In the order of the table, so that SQLite goes on at its end; then two of one key stand side by
 * side, too, and none has to be looked for. before: the record put last; without a note: none. */
static enum tlspin_code put_pin(struct filling *filling, const struct keypin *pin,
                                struct keypin *before)
{
  struct cell cells[PIN_COLUMNS];
  char name[PLACE_TEXT_SIZE];
  enum tlspin_code code;

  if (before->note != NULL && keypin_compare_key(before, pin) >= 0) {
    place_text(&pin->place, name);
    return say_twice(filling, name);
  }
  *before = *pin;
  pin_to_cells(pin, cells);
  database_refuel(filling->change.db);
  code = change_add(&filling->change, TABLE_PIN, cells);
  filling->done++;
  say_progress(filling, false);
  return code;
}

static enum tlspin_code put_next(struct filling *filling)
{
  const struct layer_contents *contents = filling->contents;
  enum tlspin_code code = TLSPIN_OK;
  struct keypin before = {.note = NULL};
  const struct keypin *pin;

  while (code == TLSPIN_OK && (pin = contents->next_pin(contents->data)) != NULL)
    code = pin_is_valid(pin, STORE_SYSTEM) ? put_pin(filling, pin, &before)
                                           : say_invalid(filling, pin->place.host);
  return code;
}

static enum tlspin_code put_pins(struct filling *filling)
{
  size_t count = filling->contents->pin_count;
  g_autofree const struct keypin **pins = NULL;
  enum tlspin_code code = TLSPIN_OK;
  struct keypin before = {.note = NULL};

  if (filling->contents->next_pin != NULL)
    return put_next(filling);
  pins = g_new(const struct keypin *, count);
  for (size_t i = 0; i < count; i++) {
    pins[i] = &filling->contents->pins[i];
    if (!pin_is_valid(pins[i], STORE_SYSTEM))
      return say_invalid(filling, pins[i]->place.host);
  }
  if (count > 0)
    qsort(pins, count, sizeof *pins, compare_pins);
  for (size_t i = 0; i < count && code == TLSPIN_OK; i++)
    code = put_pin(filling, pins[i], &before);
  return code;
}

static enum tlspin_code put_all(struct filling *filling)
{
  enum tlspin_code code = put_tickets(filling);

  if (code == TLSPIN_OK)
    code = put_pins(filling);
  if (code == TLSPIN_OK)
    code = put_settings(filling);
  if (code == TLSPIN_OK)
    say_progress(filling, true);
  return code;
}

/* Opened as a user store is, so that the file is in a rollback mode and on the disk at the end. */
static enum tlspin_code fill(const char *path, const struct layer_contents *contents,
                             char **problem)
{
  struct filling filling = {.contents = contents, .problem = problem};
  enum tlspin_code code = TLSPIN_UNAVAILABLE;
  struct database db;

  if (database_open(&db, path, STORE_USER) && schema_migrate(db.handle, &schema_current) &&
      database_prepare(&db))
    code = transaction_begin(&filling.change, &db);
  if (code == TLSPIN_OK)
    code = transaction_end(&filling.change, put_all(&filling));
  if (code == TLSPIN_UNAVAILABLE)
    problem_set(problem, _("%s can't be written: %s. Make room on the disk."), path,
                database_fault(&db));
  database_close(&db);
  return code;
}

/* An empty file of a name that nobody uses, in the folder of the layer, so that rename(2) can be
 * atomic. */
static char *make_temporary(const char *path, char **problem)
{
  g_autofree char *folder = g_path_get_dirname(path);
  g_autofree char *name = g_path_get_basename(path);
  g_autofree char *template = g_strdup_printf(".%s.XXXXXX", name);
  g_autofree char *unresolved = g_build_filename(folder, template, NULL);
  int fd = g_mkstemp_full(unresolved, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0) {
    problem_set(problem, _("No file can be made in the folder %s: %s. Make it writable for you."),
                folder, g_strerror(errno));
    return NULL;
  }
  close(fd);
  return g_steal_pointer(&unresolved);
}

enum tlspin_code store_write_layer(const char *path, const struct layer_contents *contents,
                                   char **problem)
{
  struct file_rule rule = {STORE_SYSTEM, geteuid()};
  g_autofree char *resolved = NULL, *temporary = NULL, *journal = NULL;
  enum tlspin_code code;

  *problem = NULL;
  code = file_resolve(path, rule, &resolved, problem);
  if (code != TLSPIN_OK)
    return code;
  temporary = make_temporary(resolved, problem);
  if (temporary == NULL)
    return TLSPIN_UNAVAILABLE;
  code = fill(temporary, contents, problem);
  if (code == TLSPIN_OK)
    code = file_publish(temporary, resolved, 0644, problem);
  journal = g_strconcat(temporary, "-journal", NULL);
  unlink(journal);
  if (code != TLSPIN_OK)
    unlink(temporary);
  return code;
}
