/* Taking an operation back: see store_undo in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/restore.h"
#include "daemon/torn.h"

#include <string.h>

/* Once an undo is taken back, its own target is in force again, and so on down to the clear or edit
 * at the bottom; operations that were forgotten, or are being so, need no mark. */
static enum tlspin_code mark_chain(struct work *work, struct operation_row row)
{
  enum tlspin_code code = TLSPIN_OK;

  for (bool undone = true; code == TLSPIN_OK && row.kind != OPERATION_GONE; undone = !undone) {
    row.undone = undone;
    code = journal_put(&work->change, &row);
    if (code != TLSPIN_OK || row.target == 0)
      return code;
    code = journal_find(work->store, row.target, &row);
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

/* Counts a row that isn't what the target of this undo left there: nothing after a clear, and after
 * an undo what had been there before that one's own target. Where that was forgotten, the row
 * counts as newer. */
static enum tlspin_code count_newer(struct work *work, const struct operation_row *target,
                                    const struct ticket_row *current)
{
  struct cell key[TABLE_KEY], cells[TABLE_COLUMNS];
  struct digest digest;
  struct image_row image = {.present = false};
  enum tlspin_code code;

  key[0] = cell_integer((int64_t)target->target);
  peer_to_cells(&current->peer, key + 1);
  code = contents_get(&work->store->db, TABLE_BEFORE, key, cells, &digest);
  if (code == TLSPIN_OK && !image_row_of_cells(cells, &image))
    code = TLSPIN_UNAVAILABLE;
  work->done.replaced += !image.present || !ticket_row_equal(&image.ticket, current);
  database_reset(work->store->db.get[TABLE_BEFORE]);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

/* current: NULL where there is none. */
static enum tlspin_code restore(struct work *work, const struct image_row *image,
                                const struct ticket_row *current)
{
  const struct peer *peer = &image->ticket.peer;
  struct cell cells[TABLE_COLUMNS];
  enum tlspin_code code = journal_keep(work, peer, current);

  ticket_row_to_cells(&image->ticket, cells); /* the key, and for a row that was there the rest */
  if (code == TLSPIN_OK)
    code = image->present ? transaction_put(&work->change, TABLE_TICKET, cells)
                          : transaction_drop(&work->change, TABLE_TICKET, cells);
  return code == TLSPIN_OK ? journal_drop_failure(work, peer) : code;
}

/* A peer that already is what it was before needs nothing. */
static enum tlspin_code undo_peer(struct work *work, const struct operation_row *target,
                                  const struct image_row *image)
{
  struct ticket_row current;
  enum tlspin_code code = store_get(work->store, &image->ticket.peer, &current);
  bool present = code == TLSPIN_OK;

  if (code != TLSPIN_OK && code != TLSPIN_E_NOT_FOUND)
    return code;
  code = TLSPIN_OK;
  if (present != image->present || (present && !ticket_row_equal(&current, &image->ticket))) {
    code = restore(work, image, present ? &current : NULL);
    work->done.changed++;
    if (code == TLSPIN_OK && present)
      code = count_newer(work, target, &current);
  }
  ticket_row_clear(&current);
  return code;
}

static enum tlspin_code undo_peers(struct work *work, const struct operation_row *target)
{
  enum tlspin_code code = TLSPIN_OK;
  const struct peer *after = NULL;
  struct image_row image;
  struct peer last;

  while (code == TLSPIN_OK) {
    code = journal_next(work->store, target->id, after, &image);
    if (code != TLSPIN_OK)
      break;
    last = image.ticket.peer;
    after = &last;
    code = undo_peer(work, target, &image);
    ticket_row_clear(&image.ticket);
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

/* As in edit.c, the history has a limit of its own. */
static bool takes_room(bool present, const struct keypin *pin)
{
  return present && pin->status != KEYPIN_INACTIVE;
}

/* The image is kept in any case: it says, too, which operations touched the record. */
static enum tlspin_code restore_pin(struct work *work, const struct pin_image *state,
                                    const struct found *current)
{
  enum tlspin_code code;

  if (!current->present && !state->present)
    return journal_keep_absent(work, &state->pin);
  code = journal_keep_pin(work, current->present ? &current->pin : NULL,
                          state->present ? &state->pin : NULL);
  if (code != TLSPIN_OK || restore_is_so(current, state))
    return code;
  work->done.changed++;
  if (takes_room(state->present, &state->pin) && !takes_room(current->present, &current->pin))
    work->grown[state->pin.origin == KEYPIN_TOFU] = true;
  code = restore_put(&work->change, state);
  return code == TLSPIN_OK ? journal_drop_failure_of(work, &state->pin.place) : code;
}

/* By rules 2 and 3 of forget_learned. The walk has passed only pins of the same host. */
static enum tlspin_code is_learned_since(struct work *work, const struct operation_row *target,
                                         const struct place *place, const struct keypin *pin,
                                         bool *since)
{
  bool has, put = false;
  enum tlspin_code code;

  *since = false;
  if (pin->place.protocol != place->protocol || pin->place.port != place->port)
    return TLSPIN_OK;
  code = journal_has_pin(work->store, target->id, pin, &has);
  if (code == TLSPIN_OK && !has)
    code = journal_put_later(work->store, pin, target->id, work->operation.id, &put);
  *since = code == TLSPIN_OK && !has && !put;
  return code;
}

/* The read ends before its row is deleted. */
static enum tlspin_code forget_next(struct work *work, const struct operation_row *target,
                                    const struct place *place, struct keypin *last, bool first)
{
  const struct store_filter filter = {.host = place->host,
                                      .protocol = -1,
                                      .records = true,
                                      .kind = KEYPIN_PIN,
                                      .status = -1,
                                      .origin = KEYPIN_TOFU,
                                      .scope = SCOPE_EXACT};
  struct cell key[PIN_KEY];
  struct pin_note note;
  struct keypin pin;
  struct walk walk;
  enum tlspin_code code = walk_init(&walk, &filter) ? TLSPIN_OK : TLSPIN_E_ARGUMENT;
  bool newer = false;

  if (code == TLSPIN_OK)
    code = walk_next_pin(work->store, &walk, first ? NULL : last, &pin, &note);
  if (code == TLSPIN_OK) {
    *last = pin;
    code = is_learned_since(work, target, place, &pin, &newer);
    if (code == TLSPIN_OK && newer)
      code = journal_keep_pin(work, &pin, NULL);
  }
  database_reset(work->store->db.statements[STATEMENT_LIST_PINS]);
  if (code != TLSPIN_OK || !newer)
    return code;
  pin_key_to_cells(last, key);
  work->done.replaced++;
  return transaction_drop(&work->change, TABLE_PIN, key);
}

/* Which learned records make way for one that an undo brings back, so that it stands again:
 *
 * 1. Those at the same place that were learned since the target took it away: who spoke for the
 *    server then may have been an impostor, and beside the old key his would be accepted, too. It
 *    is no matter what the target was: a clear, an edit, what a server or a program brought about,
 *    or an undo.
 * 2. "Since" is not asked of the clock. An operation that touches a learned record has an image of
 *    every learned record of its place, also of those that it only met (images.c). So what has no
 *    image of the target's was learned afterwards.
 * 3. But not what a later operation put there, who found none: the user brought it back, say, by
 *    another undo.
 * 4. They are in the journal as images of this undo: taken back, it brings them back. */
static enum tlspin_code forget_learned(struct work *work, const struct operation_row *target,
                                       const struct keypin *restored)
{
  enum tlspin_code code = TLSPIN_OK;
  struct keypin last;

  for (bool first = true; code == TLSPIN_OK; first = false)
    code = forget_next(work, target, &restored->place, &last, first);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

/* As undo_peer, for a record. */
static enum tlspin_code undo_pin(struct work *work, const struct operation_row *target,
                                 const struct pin_image *image, const struct pin_image *state)
{
  bool back = false;
  struct found current;
  enum tlspin_code code = restore_find(work->store, &image->pin, &current);

  if (code == TLSPIN_OK) {
    work->done.replaced += current.present && !restore_is_so(&current, state) &&
                           !restore_is_left(work, image, &current);
    back = journal_is_learned(&state->pin) && takes_room(state->present, &state->pin) &&
           !takes_room(current.present, &current.pin);
    code = restore_pin(work, state, &current);
  }
  keypin_clear(&current.pin);
  return code == TLSPIN_OK && back ? forget_learned(work, target, &state->pin) : code;
}

static enum tlspin_code check_room(struct work *work, bool learned, uint64_t target)
{
  uint32_t count = 0;
  enum tlspin_code code = TLSPIN_OK;

  if (work->grown[learned])
    code = store_count_at(work->store, &work->place, learned, 0, STORE_PLACE_MAX + 1, &count);
  work->grown[learned] = false;
  if (code != TLSPIN_OK || count <= STORE_PLACE_MAX)
    return code;
  work->store->crowd.place = work->place;
  work->store->crowd.operation = target;
  return TLSPIN_E_LIMIT;
}

/* What comes back at a place may come before what makes way there: they are counted when the walk,
 * in which the images of a place follow each other, has left it. */
static enum tlspin_code leave_place(struct work *work, uint64_t target)
{
  enum tlspin_code code = check_room(work, false, target);

  return code == TLSPIN_OK ? check_room(work, true, target) : code;
}

static enum tlspin_code enter_place(struct work *work, uint64_t target, const struct place *place)
{
  enum tlspin_code code = TLSPIN_OK;

  if (!place_equal(&work->place, place))
    code = leave_place(work, target);
  work->place = *place;
  return code;
}

static enum tlspin_code undo_image(struct work *work, const struct operation_row *target,
                                   const struct trail *trail, const struct pin_image *image)
{
  struct pin_image state;
  enum tlspin_code code;

  if (image->noted)
    return TLSPIN_OK; /* the target didn't touch it */
  code = enter_place(work, target->id, &image->pin.place);
  if (code == TLSPIN_OK)
    code = trail_follow(trail, image, &state);
  if (code != TLSPIN_OK)
    return code;
  code = undo_pin(work, target, image, &state);
  keypin_clear(&state.pin);
  return code;
}

/* Each clear, edit or told change touched something: where no image of that is left, since a
 * damaged file lost them, nothing could come back, and that must not look as if it had; nor may an
 * older one be taken back in the place of the newest, which nobody meant. What an undo met was
 * perhaps as it should be already: it may have none, unless it may have lost them. Of what may have
 * lost a part the rest comes back, but only where just that operation is meant. */
static enum tlspin_code find_images(struct store *store, bool meant,
                                    const struct operation_row *target)
{
  struct torn torn;
  enum tlspin_code code = torn_get(store, &torn);
  bool whole = target->id > torn.operation, none;

  if (code == TLSPIN_OK)
    code = journal_touched(store, target->id);
  none = code == TLSPIN_E_NOT_FOUND;
  if (code != TLSPIN_OK && !none)
    return code;
  if (none ? whole && target->kind == OPERATION_UNDO : whole || meant)
    return TLSPIN_OK;
  store->bereft.operation = target->id;
  store->bereft.partly = !none;
  return TLSPIN_E_NOT_FOUND;
}

static enum tlspin_code find_target(struct work *work, uint64_t id, struct operation_row *target)
{
  enum tlspin_code code = journal_find(work->store, id, target);

  if (code == TLSPIN_OK && (target->undone || target->kind == OPERATION_DRAFT))
    code = TLSPIN_E_NOT_FOUND;
  if (code == TLSPIN_OK)
    code = find_images(work->store, id != 0, target);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_E_NOTHING_TO_UNDO : code;
}

static enum tlspin_code undo_all(struct work *work, uint64_t id, int64_t now)
{
  struct operation_row target;
  enum tlspin_code code = journal_check_ready(work->store);

  if (code == TLSPIN_OK)
    code = find_target(work, id, &target);
  if (code == TLSPIN_OK)
    code = journal_number(work, OPERATION_UNDO, target.id, now);
  if (code == TLSPIN_OK)
    code = mark_chain(work, target);
  if (code == TLSPIN_OK)
    code = undo_peers(work, &target);
  if (code == TLSPIN_OK)
    code = restore_walk(work, &target, undo_image);
  return code == TLSPIN_OK ? leave_place(work, target.id) : code;
}

const struct place *store_crowd(const struct store *store, uint64_t *operation)
{
  *operation = store->crowd.operation;
  return &store->crowd.place;
}

uint64_t store_bereft(const struct store *store, bool *partly)
{
  *partly = store->bereft.partly;
  return store->bereft.operation;
}

enum tlspin_code store_undo(struct store *store, uint64_t operation, int64_t now,
                            struct store_change *change)
{
  enum tlspin_code code;
  struct work work;

  *change = (struct store_change){.operation = 0};
  store->bereft.operation = 0;
  if (!time_is_valid(now))
    return TLSPIN_E_ARGUMENT;
  code = journal_begin(&work, store);
  return code == TLSPIN_OK ? journal_end(&work, undo_all(&work, operation, now), change) : code;
}
