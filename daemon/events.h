/* The rows of the event log, and the columns that they are made of.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * store_log and store_events of store.h are in events.c, too.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include "daemon/cell.h"
#include "daemon/row.h"
#include "daemon/store.h"

enum {
  EVENT_LAYER_MAX = 255,        /* octets: a file name */
  EVENT_PROGRAM_MAX = 64,       /* octets: a name */
  EVENT_PERIOD = 86400,         /* seconds within which the same event again is counted up */
  EVENTS_REPORT_TOTAL = 4 << 20 /* characters of all reports together; the oldest go beyond it */
};

/* The layer of what the user's own entries decided. */
#define EVENT_LAYER_USER "user"

/* The texts of an event with their NULs, which no column has. */
struct event_texts {
  char kind[TOKEN_MAX + 1];
  char reason[TOKEN_MAX + 1];
  char layer[EVENT_LAYER_MAX + 1];
  char key[KEYPIN_KEY_TEXT_SIZE];
  char report[EVENT_REPORT_MAX + 1];
  char program[EVENT_PROGRAM_MAX + 1];
};

/* Whether it may be logged; its number, times and count are the log's business. */
bool event_is_valid(const struct event_row *event);

/* The columns of TABLE_EVENT. event_to_cells points into its arguments; event_of_cells points into
 * *texts, and takes what a file says as hostile. */
void event_to_cells(const struct event_row *event, struct cell *cells);
bool event_of_cells(const struct cell *cells, struct event_row *event, struct event_texts *texts);

#endif
