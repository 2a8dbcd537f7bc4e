/* Changes of records: see store_edit_begin and store_meet in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal.h"

struct store_edit {
  struct work work;
  enum store_journal journal;
  int64_t now;
  enum tlspin_code failed; /* what spoiled the transaction: nothing of it may be kept */
  bool resumed;            /* the operation is a draft that was there already */
};

/* One that isn't held here is about to be dropped. */
static enum tlspin_code resume(struct store_edit *edit, uint64_t operation)
{
  struct operation_row *row = &edit->work.operation;
  enum tlspin_code code = journal_find(edit->work.store, operation, row);

  if (code == TLSPIN_OK &&
      (row->kind != OPERATION_DRAFT || !draft_is_held(edit->work.store, row->id)))
    code = TLSPIN_E_NOT_FOUND;
  edit->work.done.operation = operation;
  edit->resumed = true;
  return code;
}

static enum tlspin_code hand_over(struct store_edit *begun, enum tlspin_code code,
                                  struct store_edit **edit)
{
  if (code == TLSPIN_OK)
    *edit = begun;
  else
    g_free(begun);
  return code;
}

enum tlspin_code edit_begin_applying(struct store *store, struct store_edit **edit)
{
  struct store_edit *begun = g_new0(struct store_edit, 1);
  enum tlspin_code code = journal_begin(&begun->work, store);

  *edit = NULL;
  if (code == TLSPIN_OK) {
    code = journal_find_applying(store, &begun->work.operation);
    if (code == TLSPIN_OK && !draft_take(store, begun->work.operation.id))
      code = TLSPIN_E_BUSY; /* another daemon is at it, and has somebody to tell */
    if (code != TLSPIN_OK)
      code = transaction_end(&begun->work.change, code);
  }
  return hand_over(begun, code, edit);
}

enum tlspin_code store_edit_begin(struct store *store, enum store_journal journal,
                                  uint64_t operation, int64_t now, struct store_edit **edit)
{
  struct store_edit *begun;
  enum tlspin_code code;

  *edit = NULL;
  if (!time_is_valid(now) ||
      (operation != 0 && (journal == STORE_LEARNED || journal == STORE_TOLD)))
    return TLSPIN_E_ARGUMENT;
  begun = g_new0(struct store_edit, 1);
  begun->journal = journal;
  begun->now = now;
  code = journal_begin(&begun->work, store);
  if (code == TLSPIN_OK && operation != 0) {
    code = resume(begun, operation);
    if (code != TLSPIN_OK)
      code = transaction_end(&begun->work.change, code);
  }
  return hand_over(begun, code, edit);
}

/* It is held before anybody can see it. */
static enum tlspin_code number(struct store_edit *edit)
{
  static const enum operation_kind kinds[] = {[STORE_UNDOABLE] = OPERATION_EDIT,
                                              [STORE_TOLD] = OPERATION_TOLD,
                                              [STORE_DRAFT] = OPERATION_DRAFT};
  enum tlspin_code code = journal_number(&edit->work, kinds[edit->journal], 0, edit->now);

  if (code == TLSPIN_OK && edit->journal == STORE_DRAFT)
    draft_hold(edit->work.store, edit->work.operation.id);
  return code;
}

/* Notes in the journal what becomes of a record. The operation gets its number with the first
 * change. */
static enum tlspin_code keep(struct store_edit *edit, const struct keypin *before,
                             const struct keypin *after)
{
  enum tlspin_code code = TLSPIN_OK;

  if (edit->journal == STORE_LEARNED)
    return TLSPIN_OK;
  if (edit->work.operation.id == 0)
    code = number(edit);
  if (code == TLSPIN_OK)
    code = journal_keep_pin(&edit->work, before, after);
  if (after == NULL && before->status == KEYPIN_INACTIVE)
    return code; /* no pin is less, and what was reported stands */
  return code == TLSPIN_OK
             ? journal_drop_failure_of(&edit->work, before != NULL ? &before->place : &after->place)
             : code;
}

/* current: the record of the same key, or NULL. draft: as for store_count_at. */
static enum tlspin_code find_room(struct store *store, const struct keypin *current,
                                  const struct keypin *pin, uint64_t draft)
{
  enum tlspin_code code;
  uint32_t count;

  if (pin->status == KEYPIN_INACTIVE || (current != NULL && current->status != KEYPIN_INACTIVE))
    return TLSPIN_OK;
  code = store_count_at(store, &pin->place, pin->origin == KEYPIN_TOFU, draft, STORE_PLACE_MAX,
                        &count);
  return code == TLSPIN_OK && count >= STORE_PLACE_MAX ? TLSPIN_E_LIMIT : code;
}

static enum tlspin_code put(struct store_edit *edit, const struct keypin *pin)
{
  struct store *store = edit->work.store;
  struct cell cells[PIN_COLUMNS];
  struct pin_note note;
  struct keypin current;
  enum tlspin_code code = store_find_pin(store, pin, &current, &note);
  bool present = code == TLSPIN_OK, equal = present && pin_equal(&current, pin);

  if (code == TLSPIN_E_NOT_FOUND || (present && !equal))
    code = find_room(store, present ? &current : NULL, pin, 0);
  if (code == TLSPIN_OK && !equal)
    code = keep(edit, present ? &current : NULL, pin);
  database_reset(store->db.get[TABLE_PIN]);
  if (code != TLSPIN_OK || equal)
    return code;
  pin_to_cells(pin, cells);
  code = present ? transaction_put(&edit->work.change, TABLE_PIN, cells)
                 : change_add(&edit->work.change, TABLE_PIN, cells);
  edit->work.done.changed += code == TLSPIN_OK;
  return code;
}

/* Puts a record into the draft. before: what would stand without it, or NULL; staged: which is of
 * the draft itself. One that is stored like that already waits there, too: it may be gone once the
 * draft is finished. */
static enum tlspin_code stage_over(struct store_edit *edit, const struct keypin *before,
                                   bool staged, const struct keypin *pin)
{
  bool equal = before != NULL && pin_equal(before, pin);
  enum tlspin_code code = TLSPIN_OK;

  if (!equal)
    code = find_room(edit->work.store, before, pin, edit->work.operation.id);
  if (code == TLSPIN_OK && edit->work.operation.id == 0)
    code = number(edit);
  if (code == TLSPIN_OK && !(staged && equal))
    code = journal_stage(&edit->work, pin, !staged);
  edit->work.done.changed += code == TLSPIN_OK && !equal;
  return code;
}

static enum tlspin_code stage(struct store_edit *edit, const struct keypin *pin)
{
  struct store *store = edit->work.store;
  struct keypin current;
  struct pin_note note;
  struct pin_image image;
  enum tlspin_code code = journal_find_pin(store, edit->work.operation.id, pin, &image);

  if (code == TLSPIN_OK)
    code = stage_over(edit, &image.pin, true, pin);
  else if (code == TLSPIN_E_NOT_FOUND) {
    code = store_find_pin(store, pin, &current, &note);
    if (code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND)
      code = stage_over(edit, code == TLSPIN_OK ? &current : NULL, false, pin);
    database_reset(store->db.get[TABLE_PIN]);
  }
  keypin_clear(&image.pin);
  return code;
}

static bool is_draft(const struct store_edit *edit)
{
  return edit->journal == STORE_DRAFT || edit->resumed;
}

static enum tlspin_code drop(struct store_edit *edit, const struct keypin *pin)
{
  struct store *store = edit->work.store;
  struct cell key[PIN_KEY];
  struct pin_note note;
  struct keypin current;
  enum tlspin_code code = store_find_pin(store, pin, &current, &note);

  if (code == TLSPIN_OK)
    code = keep(edit, &current, NULL);
  database_reset(store->db.get[TABLE_PIN]);
  if (code != TLSPIN_OK)
    return code;
  pin_key_to_cells(pin, key);
  code = transaction_drop(&edit->work.change, TABLE_PIN, key);
  edit->work.done.changed += code == TLSPIN_OK;
  return code;
}

/* What failed in its midst leaves the transaction in a state that nobody knows. */
static bool spoils(enum tlspin_code code)
{
  return code != TLSPIN_OK && code != TLSPIN_E_NOT_FOUND && code != TLSPIN_E_LIMIT;
}

/* Each change has the time of a lookup, however many there are. */
static enum tlspin_code apply(struct store_edit *edit, const struct keypin *pin,
                              enum tlspin_code (*change)(struct store_edit *edit,
                                                         const struct keypin *pin))
{
  enum tlspin_code code = edit->failed;

  if (code != TLSPIN_OK)
    return code;
  database_refuel(&edit->work.store->db);
  code = change(edit, pin);
  if (spoils(code))
    edit->failed = code;
  return code;
}

enum tlspin_code store_edit_put(struct store_edit *edit, const struct keypin *pin)
{
  return pin_is_valid(pin, STORE_USER) ? apply(edit, pin, is_draft(edit) ? stage : put)
                                       : TLSPIN_E_ARGUMENT;
}

enum tlspin_code store_edit_drop(struct store_edit *edit, const struct keypin *pin)
{
  return pin_key_is_valid(pin) && !is_draft(edit) ? apply(edit, pin, drop) : TLSPIN_E_ARGUMENT;
}

uint64_t store_edit_changed(const struct store_edit *edit)
{
  return edit->work.done.changed;
}

struct work *store_edit_work(struct store_edit *edit)
{
  return &edit->work;
}

/* The draft's records are the operation's from here on: see apply.c. */
static enum tlspin_code finish(struct store_edit *edit)
{
  struct work *work = &edit->work;
  uint64_t draft = work->operation.id;
  enum tlspin_code code = journal_drop(&work->change, draft);

  if (code == TLSPIN_OK)
    code = journal_number(work, OPERATION_APPLYING, draft, edit->now);
  if (code == TLSPIN_OK)
    draft_hold(work->store, work->operation.id);
  return code;
}

enum tlspin_code store_edit_end(struct store_edit *edit, enum tlspin_code code,
                                struct store_change *change)
{
  struct store *store = edit->work.store;
  uint64_t operation = edit->work.operation.id;
  bool over = edit->resumed && edit->journal == STORE_UNDOABLE;

  *change = (struct store_change){.operation = 0};
  if (code == TLSPIN_OK)
    code = edit->failed;
  database_refuel(&store->db);
  if (code == TLSPIN_OK && over)
    code = finish(edit);
  code = journal_end(&edit->work, code, change);
  if (code == TLSPIN_OK ? over : edit->journal == STORE_DRAFT && !edit->resumed)
    draft_let_go(store, operation);
  if (code != TLSPIN_OK && edit->work.operation.id != operation) /* of what was to be applied */
    draft_let_go(store, edit->work.operation.id);
  g_free(edit);
  return code;
}

static enum tlspin_code meet(struct store *store, struct transaction *change,
                             const struct store_met *met)
{
  struct cell cells[PIN_COLUMNS];
  struct pin_note note;
  struct keypin pin;
  enum tlspin_code code;

  database_refuel(&store->db);
  code = store_find_pin(store, &met->pin, &pin, &note);
  if (code == TLSPIN_OK && !keypin_own(&pin))
    code = TLSPIN_E_MEMORY;
  database_reset(store->db.get[TABLE_PIN]);
  if (code != TLSPIN_OK)
    return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
  pin.last_seen = MAX(pin.last_seen, met->last_seen);
  pin.count_seen += MIN(met->count, INT64_MAX - pin.count_seen);
  pin_to_cells(&pin, cells);
  code = transaction_put(change, TABLE_PIN, cells);
  keypin_clear(&pin);
  return code;
}

enum tlspin_code store_meet(struct store *store, const struct store_met *met, size_t count)
{
  struct transaction change;
  enum tlspin_code code;

  for (size_t i = 0; i < count; i++)
    if (!pin_key_is_valid(&met[i].pin) || !time_is_valid(met[i].last_seen))
      return TLSPIN_E_ARGUMENT;
  code = store_begin(store, &change);
  if (code != TLSPIN_OK)
    return code;
  for (size_t i = 0; i < count && code == TLSPIN_OK; i++)
    code = meet(store, &change, &met[i]);
  return transaction_end(&change, code);
}
