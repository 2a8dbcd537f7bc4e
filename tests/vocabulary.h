/* Words, numbers and types for hostile calls.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `which` may be any number.
 */
#ifndef VOCABULARY_H
#define VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

struct vocabulary_key {
  const char *key, *type; /* of a dictionary, and its value's signature */
};

/* A key of the dictionaries that an argument or a key of this name holds; of any where nothing is
 * known of it, or the name is NULL. */
const struct vocabulary_key *vocabulary_key(const char *name, unsigned which);

/* The keys, counted from 0, without which such a dictionary says nothing; NULL: no more. */
const struct vocabulary_key *vocabulary_needed(const char *name, unsigned which);

const char *vocabulary_word(unsigned which);
const char *vocabulary_type(unsigned which);
uint64_t vocabulary_number(unsigned which);

/* Of octets. */
size_t vocabulary_size(unsigned which);

/* What an argument or a key of this name may say: a word, or a number, which of octets is their
 * size. NULL where nothing is known of it. To be freed by g_free. */
char *vocabulary_right(const char *name, unsigned which);

#endif
