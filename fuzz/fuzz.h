/* What the fuzz targets share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A target is one file, fuzz-NAME.c, that does something with octets and ends the process where a
 * promise of the code isn't kept. libFuzzer looks for such octets (scripts/fuzz); linked with
 * replay.c instead, the same file runs what was found before, in fuzz/corpus/NAME/.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "common/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* libFuzzer's entry; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process where the condition isn't true, with its text. */
#define require(condition)                                                                         \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                    \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

/* A copy that ends in a NUL, for what takes texts; to be freed. Where the octets hold a NUL, the
 * text ends there. */
static inline char *fuzz_text(struct span octets)
{
  char *text = malloc(octets.size + 1);
  struct writer w = writer_of((uint8_t *)text, octets.size + 1);

  require(text != NULL);
  writer_put(&w, octets);
  writer_u8(&w, 0);
  return text;
}

#endif
