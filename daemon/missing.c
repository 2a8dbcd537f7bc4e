/* Which rows were in a store: see missing.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/missing.h"

#include <string.h>

enum { WORDS = MISSING_MAX / 64 };

/* A sum of candidates: which ones, and what they give together. */
struct vector {
  struct digest sum;
  uint64_t of[WORDS];
};

/* Vectors of which none has its own first bit in common with another's. */
struct basis {
  struct vector vectors[MISSING_MAX];
  int first[MISSING_MAX];
  size_t count;
};

static bool bit_is_set(const struct digest *digest, int bit)
{
  return (digest->octets[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

/* -1: all of them are 0. */
static int first_bit(const struct digest *digest)
{
  for (int bit = 0; bit < DIGEST_SIZE * 8; bit++)
    if (bit_is_set(digest, bit))
      return bit;
  return -1;
}

static void add(struct vector *to, const struct vector *vector)
{
  digest_toggle(&to->sum, &vector->sum);
  for (size_t i = 0; i < WORDS; i++)
    to->of[i] ^= vector->of[i];
}

/* What is left of the vector once the basis is taken out of it. In the order in which they came:
 * each later one has none of the first bits of those before it. */
static void reduce(const struct basis *basis, struct vector *vector)
{
  for (size_t i = 0; i < basis->count; i++)
    if (bit_is_set(&vector->sum, basis->first[i]))
      add(vector, &basis->vectors[i]);
}

/* False where the vector is a sum of those that are there. */
static bool extend(struct basis *basis, struct vector *vector)
{
  int first;

  reduce(basis, vector);
  first = first_bit(&vector->sum);
  if (first < 0)
    return false;
  basis->vectors[basis->count] = *vector;
  basis->first[basis->count++] = first;
  return true;
}

static uint64_t choose(const struct vector *solution, size_t count, bool *chosen)
{
  uint64_t chosen_count = 0;

  for (size_t i = 0; i < count; i++) {
    chosen[i] = (solution->of[i / 64] >> i % 64 & 1) != 0;
    chosen_count += chosen[i];
  }
  return chosen_count;
}

/* Any choice. */
static bool find_any(const struct digest *candidates, size_t count, uint64_t wanted,
                     const struct digest *sum, bool *chosen)
{
  struct basis basis = {.count = 0};
  struct vector solution = {.sum = *sum};

  for (size_t i = 0; i < count; i++) {
    struct vector vector = {.sum = candidates[i]};

    vector.of[i / 64] = UINT64_C(1) << i % 64;
    if (!extend(&basis, &vector))
      return false;
  }
  reduce(&basis, &solution);
  return first_bit(&solution.sum) < 0 && choose(&solution, count, chosen) == wanted;
}

static bool is_equal(const struct digest *a, const struct digest *b)
{
  return memcmp(a, b, sizeof *a) == 0;
}

/* Chooses the one candidate, or the only two, that give the sum; how many choices there are. */
static size_t choose_one(const struct digest *candidates, size_t count, const struct digest *sum,
                         bool *chosen)
{
  size_t choices = 0;

  for (size_t i = 0; i < count; i++)
    if (is_equal(&candidates[i], sum)) {
      chosen[i] = true;
      choices++;
    }
  return choices;
}

static size_t choose_two(const struct digest *candidates, size_t count, const struct digest *sum,
                         bool *chosen)
{
  size_t choices = 0;

  for (size_t i = 0; i < count; i++) {
    struct digest other = *sum;

    digest_toggle(&other, &candidates[i]);
    for (size_t j = i + 1; j < count; j++)
      if (is_equal(&candidates[j], &other)) {
        chosen[i] = chosen[j] = true;
        choices++;
      }
  }
  return choices;
}

static bool find_few(const struct digest *candidates, size_t count, uint64_t wanted,
                     const struct digest *sum, bool *chosen)
{
  static const struct digest nothing;

  if (wanted == 0)
    return is_equal(sum, &nothing);
  return (wanted == 1 ? choose_one(candidates, count, sum, chosen)
                      : choose_two(candidates, count, sum, chosen)) == 1;
}

/* Those that are left out are as few. */
static bool find_most(const struct digest *candidates, size_t count, uint64_t wanted,
                      const struct digest *sum, bool *chosen)
{
  struct digest rest = *sum;

  for (size_t i = 0; i < count; i++)
    digest_toggle(&rest, &candidates[i]);
  if (!find_few(candidates, count, count - wanted, &rest, chosen))
    return false;
  for (size_t i = 0; i < count; i++)
    chosen[i] = !chosen[i];
  return true;
}

static bool find(const struct digest *candidates, size_t count, uint64_t wanted,
                 const struct digest *sum, bool *chosen)
{
  if (wanted > count || count > MISSING_MANY)
    return false;
  if (count <= MISSING_MAX)
    return find_any(candidates, count, wanted, sum, chosen);
  if (wanted <= MISSING_FEW)
    return find_few(candidates, count, wanted, sum, chosen);
  return count - wanted <= MISSING_FEW && find_most(candidates, count, wanted, sum, chosen);
}

bool missing_find(const struct digest *candidates, size_t count, uint64_t wanted,
                  const struct digest *sum, bool *chosen)
{
  memset(chosen, 0, count * sizeof *chosen);
  if (find(candidates, count, wanted, sum, chosen))
    return true;
  memset(chosen, 0, count * sizeof *chosen);
  return false;
}
