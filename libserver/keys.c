/* The set of protection keys: see keys.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/keys.h"

#include "common/vault.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

static int compare_moments(int64_t a, int64_t b)
{
  return (a > b) - (a < b);
}

static int compare_by_name(const void *left, const void *right)
{
  const struct key *a = *(const struct key *const *)left, *b = *(const struct key *const *)right;
  int order = strcmp(a->name, b->name);

  if (order == 0)
    order = compare_moments(a->activates, b->activates);
  if (order == 0)
    order = compare_moments(a->created, b->created);
  return order != 0 ? order : memcmp(a->id, b->id, KEY_ID_SIZE);
}

static int compare_by_id(const void *left, const void *right)
{
  const struct key *a = *(const struct key *const *)left, *b = *(const struct key *const *)right;

  return memcmp(a->id, b->id, KEY_ID_SIZE);
}

static bool find_duplicate(const struct keys *keys, unsigned *first, unsigned *second)
{
  for (size_t i = 1; i < keys->count; i++) {
    const struct key *a = keys->by_id[i - 1], *b = keys->by_id[i];

    if (memcmp(a->id, b->id, KEY_ID_SIZE) == 0) {
      *first = a->line < b->line ? a->line : b->line;
      *second = a->line < b->line ? b->line : a->line;
      return true;
    }
  }
  return false;
}

/* Pointers are sorted and not the keys: qsort may leave copies of what it moves. */
static const struct key **sorted(const struct keys *keys,
                                 int (*compare)(const void *, const void *))
{
  const struct key **list = calloc(keys->count, sizeof *list);

  if (list == NULL)
    return NULL;
  for (size_t i = 0; i < keys->count; i++)
    list[i] = &keys->list[i];
  qsort(list, keys->count, sizeof *list, compare);
  return list;
}

bool keys_index(struct keys *keys, unsigned *first, unsigned *second)
{
  *first = *second = 0;
  keys->by_name = sorted(keys, compare_by_name);
  keys->by_id = sorted(keys, compare_by_id);
  return keys->by_name != NULL && keys->by_id != NULL && !find_duplicate(keys, first, second);
}

void keys_free(struct keys *keys)
{
  vault_give(keys->list);
  free(keys->by_name);
  free(keys->by_id);
  *keys = (struct keys){0};
}

const struct key *keys_find(const struct keys *keys, const uint8_t id[KEY_ID_SIZE])
{
  size_t low = 0, high = keys->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = memcmp(keys->by_id[middle]->id, id, KEY_ID_SIZE);

    if (order == 0)
      return keys->by_id[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

/* Where the keys for a name begin in by_name. */
static size_t first_for(const struct keys *keys, const char *name)
{
  size_t low = 0, high = keys->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (strcmp(keys->by_name[middle]->name, name) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool is_named(const struct keys *keys, size_t index, const char *name)
{
  return index < keys->count && strcmp(keys->by_name[index]->name, name) == 0;
}

static const struct key *newest_active(const struct keys *keys, const char *name, int64_t now)
{
  const struct key *newest = NULL;

  for (size_t i = first_for(keys, name); is_named(keys, i, name); i++)
    if (keys->by_name[i]->activates <= now)
      newest = keys->by_name[i];
  return newest;
}

static const struct key *earliest(const struct keys *keys, const char *name)
{
  size_t index = first_for(keys, name);

  return is_named(keys, index, name) ? keys->by_name[index] : NULL;
}

bool keys_any_active(const struct keys *keys, int64_t now)
{
  for (size_t i = 0; i < keys->count; i++)
    if (keys->list[i].activates <= now)
      return true;
  return false;
}

/* 1. The newest active key of the name itself. 2. The newest active key for every name: a first key
 * of the name's own, just added, must reach the other members of a cluster before it is used. 3.
 * None, where keys for other names are active: then the clock is right, and the first key for this
 * name has still to wait. 4. and 5. With no active key at all the clock is wrong: the key that is
 * active first, again the name's own before the one for every name. */
const struct key *keys_sealing(const struct keys *keys, const char *host, int64_t now)
{
  const struct key *key = newest_active(keys, host, now);

  if (key == NULL)
    key = newest_active(keys, KEYS_ANY_NAME, now);
  if (key != NULL || keys_any_active(keys, now))
    return key;
  key = earliest(keys, host);
  return key != NULL ? key : earliest(keys, KEYS_ANY_NAME);
}

bool key_is_for(const struct key *key, const char *host)
{
  return strcmp(key->name, KEYS_ANY_NAME) == 0 || strcmp(key->name, host) == 0;
}

int64_t keys_removable_from(const struct keys *keys, const struct key *key)
{
  size_t i = first_for(keys, key->name);

  while (keys->by_name[i] != key)
    i++;
  if (!is_named(keys, i + 1, key->name))
    return INT64_MAX;
  return keys->by_name[i + 1]->activates + KEYS_TICKET_LIFE + KEYS_CLOCK_SKEW;
}

size_t keys_count_lost(const struct keys *older, const struct keys *newer, int64_t now)
{
  size_t lost = 0;

  for (size_t i = 0; i < older->count; i++)
    if (keys_find(newer, older->list[i].id) == NULL &&
        now < keys_removable_from(older, &older->list[i]))
      lost++;
  return lost;
}

bool key_generate(struct key *key, const char *name, int64_t created, int64_t activates)
{
  *key = (struct key){.created = created, .activates = activates};
  if (strlen(name) > HOST_MAX)
    return false;
  memcpy(key->name, name, strlen(name) + 1);
  return gnutls_rnd(GNUTLS_RND_NONCE, key->id, sizeof key->id) >= 0 &&
         gnutls_rnd(GNUTLS_RND_KEY, key->secret, sizeof key->secret) >= 0;
}

void key_id_text(const struct key *key, char text[KEY_ID_TEXT_SIZE])
{
  static const char digits[] = "0123456789abcdef";

  for (size_t i = 0; i < KEY_ID_SIZE; i++) {
    text[2 * i] = digits[key->id[i] >> 4];
    text[2 * i + 1] = digits[key->id[i] & 15];
  }
  text[2 * KEY_ID_SIZE] = '\0';
}

static int digit_value(uint8_t c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool key_id_parse(struct span text, uint8_t id[KEY_ID_SIZE])
{
  if (text.size != 2 * KEY_ID_SIZE)
    return false;
  for (size_t i = 0; i < KEY_ID_SIZE; i++) {
    int high = digit_value(text.data[2 * i]), low = digit_value(text.data[2 * i + 1]);

    if (high < 0 || low < 0)
      return false;
    id[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}
