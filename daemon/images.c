/* What records were before operations touched them: see journal.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal.h"

#include <string.h>

enum tlspin_code journal_find_pin(struct store *store, uint64_t operation, const struct keypin *pin,
                                  struct pin_image *image)
{
  struct cell key[TABLE_KEY], cells[TABLE_COLUMNS];
  struct pin_note note;
  struct digest digest;
  enum tlspin_code code;

  key[0] = cell_integer((int64_t)operation);
  pin_key_to_cells(pin, key + 1);
  code = contents_get(&store->db, TABLE_IMAGE, key, cells, &digest);
  if (code == TLSPIN_OK && !pin_image_of_cells(cells, image, &note))
    code = TLSPIN_UNAVAILABLE;
  if (code == TLSPIN_OK && !keypin_own(&image->pin))
    code = TLSPIN_E_MEMORY;
  if (code != TLSPIN_OK)
    image->pin = (struct keypin){.note = ""};
  database_reset(store->db.get[TABLE_IMAGE]);
  return code;
}

static enum tlspin_code store_image(struct work *work, const struct pin_image *image, bool fresh)
{
  struct cell cells[TABLE_COLUMNS];

  pin_image_to_cells(image, cells);
  return fresh ? change_add(&work->change, TABLE_IMAGE, cells)
               : transaction_put(&work->change, TABLE_IMAGE, cells);
}

/* Where the operation touched the record before, what was there before that counts. */
static enum tlspin_code write_image(struct work *work, const struct keypin *key,
                                    const struct keypin *before, const struct keypin *after)
{
  struct pin_image image;
  enum tlspin_code code = journal_find_pin(work->store, work->operation.id, key, &image);
  bool fresh = code == TLSPIN_E_NOT_FOUND;

  if (fresh) {
    image =
        (struct pin_image){.operation = work->operation.id, .present = before != NULL, .pin = *key};
    image.pin.owned = NULL;
    code = TLSPIN_OK;
  }
  if (code != TLSPIN_OK)
    return code;
  image.left = after != NULL;
  image.noted = false;
  if (after != NULL && !pin_digest(work->store->db.checksum, after, &image.result))
    code = TLSPIN_UNAVAILABLE;
  if (code == TLSPIN_OK)
    code = store_image(work, &image, fresh);
  keypin_clear(&image.pin);
  return code;
}

/* A record that was learned beside one that the operation touches: it is met, and stays. */
static enum tlspin_code note(struct work *work, const struct keypin *pin)
{
  const struct pin_image image = {
      .operation = work->operation.id, .present = true, .pin = *pin, .left = true, .noted = true};
  bool has;
  enum tlspin_code code = journal_has_pin(work->store, image.operation, pin, &has);

  return code == TLSPIN_OK && !has ? store_image(work, &image, true) : code;
}

static enum tlspin_code note_all(struct work *work, const struct place *place)
{
  sqlite3_stmt *statement = work->store->db.statements[STATEMENT_LEARNED_AT];
  struct cell cells[PIN_COLUMNS];
  enum tlspin_code code;
  struct pin_note text;
  struct keypin pin;

  place_to_cells(place, cells);
  cells[1] = cells[2]; /* without the scope */
  cells[2] = cells[3];
  if (!cells_bind(statement, cells, 3))
    return TLSPIN_UNAVAILABLE;
  while ((code = store_step(work->store, TABLE_PIN, statement, cells)) == TLSPIN_OK) {
    if (!pin_of_cells(cells, STORE_USER, &pin, &text))
      code = TLSPIN_UNAVAILABLE;
    else
      code = note(work, &pin);
    if (code != TLSPIN_OK)
      break;
  }
  database_reset(statement);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

/* What is learned at a place afterwards is told by that there is no image of it: see
 * forget_learned in undo.c. Once for each place, as far as its records follow each other: none is
 * there yet that the operation put, or it has an image. */
static enum tlspin_code keep(struct work *work, const struct keypin *key,
                             const struct keypin *before, const struct keypin *after)
{
  enum tlspin_code code = write_image(work, key, before, after);

  if (code != TLSPIN_OK || !journal_is_learned(key) || place_equal(&work->met, &key->place))
    return code;
  work->met = key->place;
  return note_all(work, &key->place);
}

enum tlspin_code journal_keep_pin(struct work *work, const struct keypin *before,
                                  const struct keypin *after)
{
  return keep(work, before != NULL ? before : after, before, after);
}

enum tlspin_code journal_keep_absent(struct work *work, const struct keypin *key)
{
  return keep(work, key, NULL, NULL);
}

bool journal_is_learned(const struct keypin *pin)
{
  return pin->kind == KEYPIN_PIN && pin->origin == KEYPIN_TOFU && pin->place.scope == SCOPE_EXACT;
}

enum tlspin_code journal_has_pin(struct store *store, uint64_t operation, const struct keypin *pin,
                                 bool *has)
{
  struct cell key[TABLE_KEY], cells[TABLE_COLUMNS];
  struct digest digest;
  enum tlspin_code code;

  key[0] = cell_integer((int64_t)operation);
  pin_key_to_cells(pin, key + 1);
  code = contents_get(&store->db, TABLE_IMAGE, key, cells, &digest);
  database_reset(store->db.get[TABLE_IMAGE]);
  *has = code == TLSPIN_OK;
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

enum tlspin_code journal_put_later(struct store *store, const struct keypin *pin, uint64_t after,
                                   uint64_t before, bool *put)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_LATER_PIN_IMAGE];
  struct cell cells[PIN_KEY + 2];
  enum step step = STEP_FAILED;

  pin_key_to_cells(pin, cells);
  cells[PIN_KEY] = cell_integer((int64_t)after);
  cells[PIN_KEY + 1] = cell_integer((int64_t)before);
  if (cells_bind(statement, cells, PIN_KEY + 2))
    step = database_step(statement);
  *put = step == STEP_ROW && sqlite3_column_int64(statement, 0) == 0;
  database_reset(statement);
  return step == STEP_FAILED ? TLSPIN_UNAVAILABLE : TLSPIN_OK;
}

enum tlspin_code journal_stage(struct work *work, const struct keypin *pin, bool fresh)
{
  const struct pin_image image = {.operation = work->operation.id, .present = true, .pin = *pin};

  return store_image(work, &image, fresh);
}

static enum tlspin_code read_next(struct store *store, uint64_t operation,
                                  const struct keypin *after, struct pin_image *image,
                                  struct pin_note *note)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_PIN_IMAGES];
  struct cell parameters[TABLE_KEY], cells[TABLE_COLUMNS];
  enum tlspin_code code;

  parameters[0] = cell_integer((int64_t)operation);
  pin_first_key_to_cells("", parameters + 1);
  if (after != NULL)
    pin_key_to_cells(after, parameters + 1);
  if (!cells_bind(statement, parameters, TABLE_KEY))
    return TLSPIN_UNAVAILABLE;
  code = store_step(store, TABLE_IMAGE, statement, cells);
  return code == TLSPIN_OK && !pin_image_of_cells(cells, image, note) ? TLSPIN_UNAVAILABLE : code;
}

enum tlspin_code journal_next_pin(struct store *store, uint64_t operation,
                                  const struct keypin *after, struct pin_image *image)
{
  struct pin_note note;
  enum tlspin_code code;

  if (!store_has(store, TABLE_IMAGE))
    return TLSPIN_E_NOT_FOUND;
  code = read_next(store, operation, after, image, &note);
  if (code == TLSPIN_OK && !keypin_own(&image->pin))
    code = TLSPIN_E_MEMORY;
  database_reset(store->db.statements[STATEMENT_PIN_IMAGES]);
  return code;
}

enum tlspin_code journal_forget_pin(struct store *store, struct transaction *change,
                                    uint64_t operation, char host[HOST_MAX + 1])
{
  struct cell key[TABLE_KEY];
  struct pin_image image;
  enum tlspin_code code = journal_next_pin(store, operation, NULL, &image);

  if (code != TLSPIN_OK)
    return code;
  key[0] = cell_integer((int64_t)operation);
  pin_key_to_cells(&image.pin, key + 1);
  code = transaction_drop(change, TABLE_IMAGE, key);
  memcpy(host, image.pin.place.host, sizeof image.pin.place.host);
  keypin_clear(&image.pin);
  return code;
}

enum tlspin_code store_told_stands(struct store *store, const struct place *place,
                                   enum keypin_origin origin, uint64_t *operation)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_TOLD_STANDS];
  enum step step = STEP_FAILED;
  struct cell cells[5];

  place_to_cells(place, cells);
  cells[1] = cells[2];
  cells[2] = cells[3];
  cells[3] = cell_text(keypin_origin_token(origin));
  database_refuel_all(&store->db);
  if (cells_bind(statement, cells, 4))
    step = database_step(statement);
  *operation = step == STEP_ROW ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
  database_reset(statement);
  return step == STEP_FAILED ? TLSPIN_UNAVAILABLE : TLSPIN_OK;
}

struct peer journal_peer_of(const struct place *place)
{
  bool wide = place->scope != SCOPE_EXACT || place->protocol == PLACE_ANY_PROTOCOL;
  struct peer peer = {.port = wide ? 0 : place->port};

  memcpy(peer.host, place->host, sizeof peer.host);
  if (place->protocol != PLACE_ANY_PROTOCOL)
    peer.protocol = (enum protocol)place->protocol;
  return peer;
}

enum tlspin_code journal_drop_failure_of(struct work *work, const struct place *place)
{
  struct peer peer = journal_peer_of(place);

  if (place->scope != SCOPE_EXACT || place->protocol == PLACE_ANY_PROTOCOL ||
      place->port == PLACE_ANY_PORT)
    return TLSPIN_OK;
  return journal_drop_failure(work, &peer);
}
