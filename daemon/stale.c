/* Rows that the journal has outlived: see stale.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/stale.h"

#include "daemon/pinrow.h"
#include "daemon/row.h"
#include "daemon/sift.h"

struct search {
  struct database *db;
  const struct touched *touched;
  bool failed; /* an image could not be read */
};

/* The image that an operation has of a row: false where it has none. */
static bool find_image(struct search *search, enum table_id table, uint64_t operation,
                       const struct cell *row, struct cell *image)
{
  const enum table_id images = table == TABLE_TICKET ? TABLE_BEFORE : TABLE_IMAGE;
  struct cell key[TABLE_KEY] = {cell_integer((int64_t)operation)};
  struct digest digest;
  enum tlspin_code code;

  for (int i = 0; i < tables[table].key; i++)
    key[i + 1] = row[i];
  database_refuel(search->db);
  code = contents_get(search->db, images, key, image, &digest);
  search->failed |= code == TLSPIN_UNAVAILABLE;
  return code == TLSPIN_OK;
}

/* The walks have looked at what the cells hold, of both. */
static bool is_old_ticket(const struct cell *row, const struct cell *image)
{
  struct ticket_row ticket;
  struct image_row before;

  (void)ticket_row_of_cells(row, STORE_USER, &ticket);
  (void)image_row_of_cells(image, &before);
  return before.present && ticket_row_equal(&ticket, &before.ticket);
}

/* How often it was seen, and when last, counts for nothing: no operation is made of that. One that
 * left the record as it had been is no reason. */
static bool is_old_record(const struct search *search, const struct cell *row,
                          const struct cell *image)
{
  struct pin_note note, old_note;
  struct digest digest = {{0}};
  struct pin_image before;
  struct keypin pin;

  (void)pin_of_cells(row, STORE_USER, &pin, &note);
  (void)pin_image_of_cells(image, &before, &old_note);
  if (!before.present || !pin_equal(&pin, &before.pin))
    return false;
  (void)pin_digest(search->db->checksum, &pin, &digest);
  return !before.left || !digest_same(&digest, &before.result);
}

static bool is_stale(enum table_id table, const struct cell *cells, const struct digest *digest,
                     void *data)
{
  struct search *search = data;
  const enum table_id images = table == TABLE_TICKET ? TABLE_BEFORE : TABLE_IMAGE;
  struct cell image[TABLE_COLUMNS];
  uint64_t operation;
  bool stale;

  (void)digest;
  operation = touched_in_force(search->touched, table, cells);
  if (operation == 0)
    return false;
  stale =
      find_image(search, table, operation, cells, image) &&
      (table == TABLE_TICKET ? is_old_ticket(cells, image) : is_old_record(search, cells, image));
  database_reset(search->db->get[images]);
  return stale;
}

bool stale_drop(struct rebuild *rebuild, const struct touched *touched, uint64_t *count)
{
  struct search search = {rebuild_database(rebuild), touched, false};

  return sift_drop(rebuild, is_stale, &search, count) && !search.failed;
}
