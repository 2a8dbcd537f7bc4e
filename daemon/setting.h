/* The rows of the table of settings, and the columns that they are made of.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * store_settings and store_put_settings of store.h are in setting.c, too.
 */
#ifndef SETTING_H
#define SETTING_H

#include "daemon/cell.h"
#include "daemon/row.h"
#include "daemon/store.h"

enum { SETTING_VALUE_MAX = 1024 }; /* octets */

/* The texts of a setting with their NULs, which no column has. */
struct setting_texts {
  char name[TOKEN_MAX + 1];
  char value[SETTING_VALUE_MAX + 1];
};

/* Only a system layer's setting may be locked. */
bool setting_is_valid(const struct setting_row *setting, enum store_kind kind);

/* The columns of TABLE_SETTING, as in events.h. */
void setting_to_cells(const struct setting_row *setting, struct cell *cells);
bool setting_of_cells(const struct cell *cells, enum store_kind kind, struct setting_row *setting,
                      struct setting_texts *texts);

#endif
