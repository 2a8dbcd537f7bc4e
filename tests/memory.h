/* What is in the memory of a process.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A secret that is looked for must not be found in the test itself, on its stack, say: it is kept
 * masked.
 */
#ifndef TESTS_MEMORY_H
#define TESTS_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct memory_mark {
  uint8_t masked[32];
};

enum memory_where {
  MEMORY_ALL,       /* everything that the process may write to */
  MEMORY_UNGUARDED, /* of that what is not excluded from core files by MADV_DONTDUMP */
  MEMORY_DUMPED     /* of that what the process's filter for core files lets through (core(5)) */
};

/* Makes a random mark. */
void memory_mark(struct memory_mark *mark);

/* The mark of a secret in 64 hexadecimal digits. Ends the test where it is none. */
void memory_mark_hex(struct memory_mark *mark, const char *digits);

/* Writes its 32 octets. */
void memory_unmask(const struct memory_mark *mark, uint8_t octets[32]);

/* How often any 16 octets in a row of its two halves are there; printed with their mappings. Ends
 * the test where the memory may not be read. */
size_t memory_find(pid_t process, const struct memory_mark *mark, enum memory_where where);

#endif
