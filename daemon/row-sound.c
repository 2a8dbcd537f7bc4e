/* Whether a row is one that tlspin writes: see row-sound.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/row-sound.h"

#include "daemon/events.h"
#include "daemon/pinrow.h"
#include "daemon/row.h"
#include "daemon/setting.h"
#include "daemon/state.h"

bool row_is_sound(enum table_id table, const struct cell *cells, enum store_kind kind)
{
  struct ticket_row ticket;
  struct failure_row failure;
  struct operation_row operation;
  struct image_row image;
  struct pin_image pin_image;
  struct setting_row setting;
  struct event_row event;
  struct keypin pin;
  struct peer peer;
  union {
    struct pin_note note;
    struct event_texts event;
    struct setting_texts setting;
  } texts;

  switch (table) {
  case TABLE_TICKET:
    return ticket_row_of_cells(cells, kind, &ticket);
  case TABLE_FAILURE:
    return failure_row_of_cells(cells, &peer, &failure);
  case TABLE_OPERATION:
    return operation_row_of_cells(cells, &operation);
  case TABLE_BEFORE:
    return image_row_of_cells(cells, &image);
  case TABLE_PIN:
    return pin_of_cells(cells, kind, &pin, &texts.note);
  case TABLE_EVENT:
    return event_of_cells(cells, &event, &texts.event);
  case TABLE_SETTING:
    return setting_of_cells(cells, kind, &setting, &texts.setting);
  case TABLE_STATE:
    return state_is_valid(cells, kind);
  default:
    return pin_image_of_cells(cells, &pin_image, &texts.note);
  }
}
