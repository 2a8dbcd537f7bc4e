/* Columns that a hostile file could hold, for tables of them in tests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "daemon/cell.h"

/* A column and what stands in it. */
struct hostile {
  int column;
  struct cell cell;
};

/* Texts and blobs may have NULs in them. */
#define TEXT(text)                                                                                 \
  {                                                                                                \
    CELL_TEXT, 0,                                                                                  \
    {                                                                                              \
      (const uint8_t *)(text), sizeof(text) - 1                                                    \
    }                                                                                              \
  }
#define BLOB(text)                                                                                 \
  {                                                                                                \
    CELL_BLOB, 0,                                                                                  \
    {                                                                                              \
      (const uint8_t *)(text), sizeof(text) - 1                                                    \
    }                                                                                              \
  }
/* What no column of ours is that has one of a few words. */
#define LONG_TOKEN TEXT("a token that is much longer than any of ours can be, by far")
#define NUMBER(n)                                                                                  \
  {                                                                                                \
    CELL_INTEGER, (n),                                                                             \
    {                                                                                              \
      NULL, 0                                                                                      \
    }                                                                                              \
  }

#endif
