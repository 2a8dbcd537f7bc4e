/* The records of the store and their columns: see pinrow.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/pinrow.h"

#include "daemon/row.h"

#include <string.h>

enum { LAST_SEEN = 17, COUNT_SEEN = 18 };

bool pin_is_valid(const struct keypin *pin, enum store_kind kind)
{
  struct chain_seen seen;

  return keypin_is_valid(pin) && (kind == STORE_SYSTEM || !pin->locked) &&
         chain_seen_decode(pin->seen, &seen);
}

bool pin_key_is_valid(const struct keypin *pin)
{
  return place_is_valid(&pin->place) && (unsigned)pin->kind < KEYPIN_KINDS &&
         (unsigned)pin->origin < KEYPIN_ORIGINS && (unsigned)pin->level < KEYPIN_LEVELS &&
         (unsigned)pin->selector < SELECTOR_COUNT && (unsigned)pin->matching < MATCHING_COUNT &&
         matching_size(pin->matching) != 0;
}

void place_to_cells(const struct place *place, struct cell *cells)
{
  cells[0] = cell_text(place->host);
  cells[1] = cell_text(scope_token(place->scope));
  cells[2] = cell_text(place_protocol_token(place->protocol));
  cells[3] = cell_integer(place->port);
}

void pin_key_to_cells(const struct keypin *pin, struct cell *cells)
{
  place_to_cells(&pin->place, cells);
  cells[4] = cell_text(keypin_kind_token(pin->kind));
  cells[5] = cell_text(keypin_origin_token(pin->origin));
  cells[6] = cell_text(keypin_level_token(pin->level));
  cells[7] = cell_integer(pin->selector);
  cells[8] = cell_integer(pin->matching);
  cells[9] = cell_blob((struct span){pin->digest, matching_size(pin->matching)});
}

void pin_first_key_to_cells(const char *host, struct cell *cells)
{
  cells[0] = cell_text(host);
  for (int i = 1; i < PIN_KEY - 1; i++)
    cells[i] = tables[TABLE_PIN].types[i] == 'i' ? cell_integer(0) : cell_text("");
  cells[PIN_KEY - 1] = cell_blob((struct span){NULL, 0});
}

void pin_to_cells(const struct keypin *pin, struct cell *cells)
{
  pin_key_to_cells(pin, cells);
  cells[10] = cell_text(keypin_status_token(pin->status));
  cells[11] = cell_integer(pin->locked);
  cells[12] = cell_integer(pin->always);
  cells[13] = cell_integer(pin->enforce_until);
  cells[14] = cell_integer(pin->report_until);
  cells[15] = cell_integer(pin->errors);
  cells[16] = cell_integer(pin->first_seen);
  cells[17] = cell_integer(pin->last_seen);
  cells[18] = cell_integer((int64_t)pin->count_seen);
  cells[19] = cell_text(pin->note);
  cells[20] = cell_blob(pin->seen);
}

/* A number from 0 up to an end that is below INT_MAX; what else stands there becomes the end, which
 * is in no range. */
static int bounded(const struct cell *cell, int end)
{
  return cell->number >= 0 && cell->number < end ? (int)cell->number : end;
}

static bool place_of_cells(const struct cell *cells, struct place *place)
{
  char scope[TOKEN_MAX + 1], protocol[TOKEN_MAX + 1];

  if (!cell_read_text(&cells[0], place->host, sizeof place->host) ||
      !cell_read_text(&cells[1], scope, sizeof scope) || !scope_from_token(scope, &place->scope) ||
      !cell_read_text(&cells[2], protocol, sizeof protocol) ||
      !place_protocol_from_token(protocol, &place->protocol) || cells[3].number < 0 ||
      cells[3].number > UINT16_MAX)
    return false;
  place->port = (uint16_t)cells[3].number;
  return true;
}

static bool key_of_cells(const struct cell *cells, struct keypin *pin)
{
  char kind[TOKEN_MAX + 1], origin[TOKEN_MAX + 1], level[TOKEN_MAX + 1];

  if (!place_of_cells(cells, &pin->place) || !cell_read_text(&cells[4], kind, sizeof kind) ||
      !keypin_kind_from_token(kind, &pin->kind) ||
      !cell_read_text(&cells[5], origin, sizeof origin) ||
      !keypin_origin_from_token(origin, &pin->origin) ||
      !cell_read_text(&cells[6], level, sizeof level) ||
      !keypin_level_from_token(level, &pin->level))
    return false;
  pin->selector = (enum selector)bounded(&cells[7], SELECTOR_COUNT);
  pin->matching = (enum matching)bounded(&cells[8], MATCHING_COUNT);
  if (matching_size(pin->matching) == 0 || cells[9].bytes.size != matching_size(pin->matching))
    return false;
  memcpy(pin->digest, cells[9].bytes.data, cells[9].bytes.size);
  return true;
}

/* cells: those after the key. */
static bool rest_of_cells(const struct cell *cells, struct keypin *pin, struct pin_note *note)
{
  char status[TOKEN_MAX + 1];

  if (!cell_read_text(&cells[0], status, sizeof status) ||
      !keypin_status_from_token(status, &pin->status) || bounded(&cells[1], 2) == 2 ||
      bounded(&cells[2], 2) == 2 || bounded(&cells[5], 1 << PKI_ERRORS) == 1 << PKI_ERRORS ||
      cells[8].number < 0 || !cell_read_text(&cells[9], note->text, sizeof note->text))
    return false;
  pin->locked = cells[1].number == 1;
  pin->always = cells[2].number == 1;
  pin->enforce_until = cells[3].number;
  pin->report_until = cells[4].number;
  pin->errors = (unsigned)cells[5].number;
  pin->first_seen = cells[6].number;
  pin->last_seen = cells[7].number;
  pin->count_seen = (uint64_t)cells[8].number;
  pin->note = note->text;
  pin->seen = cells[10].bytes;
  return true;
}

bool pin_of_cells(const struct cell *cells, enum store_kind kind, struct keypin *pin,
                  struct pin_note *note)
{
  *pin = (struct keypin){.note = ""};
  return key_of_cells(cells, pin) && rest_of_cells(cells + PIN_KEY, pin, note) &&
         pin_is_valid(pin, kind);
}

static void cells_of_what_is_said(const struct keypin *pin, struct cell *cells)
{
  pin_to_cells(pin, cells);
  cells[LAST_SEEN] = cells[COUNT_SEEN] = cell_integer(0);
}

bool pin_equal(const struct keypin *a, const struct keypin *b)
{
  struct cell left[PIN_COLUMNS], right[PIN_COLUMNS];

  cells_of_what_is_said(a, left);
  cells_of_what_is_said(b, right);
  for (int i = 0; i < PIN_COLUMNS; i++)
    if (left[i].number != right[i].number || !span_equal(left[i].bytes, right[i].bytes))
      return false;
  return true;
}

bool pin_digest(GChecksum *checksum, const struct keypin *pin, struct digest *digest)
{
  struct cell cells[PIN_COLUMNS];

  cells_of_what_is_said(pin, cells);
  return cells_digest(checksum, &tables[TABLE_PIN], cells, digest);
}

/* The result of a record that was only met: no record has this digest. */
static const struct digest met;

/* Where there was no record, the columns after the key hold what a new one has. */
void pin_image_to_cells(const struct pin_image *image, struct cell *cells)
{
  const struct digest *result = image->noted ? &met : &image->result;
  struct keypin nothing = keypin_new(&image->pin.place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_USER);
  struct cell columns[PIN_COLUMNS];

  pin_to_cells(image->present ? &image->pin : &nothing, columns);
  pin_key_to_cells(&image->pin, columns);
  cells[0] = cell_integer((int64_t)image->operation);
  memcpy(&cells[1], columns, PIN_KEY * sizeof *cells);
  cells[1 + PIN_KEY] = cell_integer(image->present);
  memcpy(&cells[2 + PIN_KEY], columns + PIN_KEY, (PIN_COLUMNS - PIN_KEY) * sizeof *cells);
  cells[2 + PIN_COLUMNS] = cell_blob((struct span){result->octets, image->left ? DIGEST_SIZE : 0});
}

bool pin_image_of_cells(const struct cell *cells, struct pin_image *image, struct pin_note *note)
{
  struct span result = cells[2 + PIN_COLUMNS].bytes;
  struct cell columns[PIN_COLUMNS];

  memcpy(columns, &cells[1], PIN_KEY * sizeof *cells);
  memcpy(columns + PIN_KEY, &cells[2 + PIN_KEY], (PIN_COLUMNS - PIN_KEY) * sizeof *cells);
  image->operation = (uint64_t)cells[0].number;
  image->present = cells[1 + PIN_KEY].number == 1;
  image->left = result.size == DIGEST_SIZE;
  image->pin = (struct keypin){.note = ""};
  if (cells[0].number < 1 || bounded(&cells[1 + PIN_KEY], 2) == 2 ||
      (result.size != 0 && !image->left))
    return false;
  if (image->left)
    memcpy(image->result.octets, result.data, DIGEST_SIZE);
  image->noted = image->left && memcmp(&image->result, &met, sizeof met) == 0;
  if (image->noted && !image->present)
    return false;
  if (image->present)
    return pin_of_cells(columns, STORE_USER, &image->pin, note);
  return key_of_cells(columns, &image->pin) && pin_key_is_valid(&image->pin);
}
