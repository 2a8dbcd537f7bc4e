/* Which keys of a file have a second one beside them: see backups.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/backups.h"

#include <glib.h>
#include <string.h>

enum {
  MARK_SIZE = 12
}; /* octets of a SHA-256: nobody finds two places that share them by chance */

struct mark {
  uint8_t place[MARK_SIZE]; /* and origin */
  uint8_t key[MARK_SIZE];
};

struct backups {
  int64_t now;
  GArray *marks;
  GChecksum *checksum;
  bool sorted;
};

struct backups *backups_new(int64_t now)
{
  struct backups *backups = g_new(struct backups, 1);

  *backups = (struct backups){.now = now,
                              .marks = g_array_new(FALSE, FALSE, sizeof(struct mark)),
                              .checksum = g_checksum_new(G_CHECKSUM_SHA256)};
  return backups;
}

void backups_free(struct backups *backups)
{
  g_array_unref(backups->marks);
  g_checksum_free(backups->checksum);
  g_free(backups);
}

/* The numbers, then the octets. */
static void digest(GChecksum *checksum, const int *numbers, size_t count, const void *octets,
                   size_t size, uint8_t out[MARK_SIZE])
{
  uint8_t whole[32];
  gsize length = sizeof whole;

  g_checksum_reset(checksum);
  g_checksum_update(checksum, (const guchar *)numbers, (gssize)(count * sizeof *numbers));
  g_checksum_update(checksum, octets, (gssize)size);
  g_checksum_get_digest(checksum, whole, &length);
  memcpy(out, whole, MARK_SIZE);
}

static struct mark mark_of(const struct backups *backups, const struct keypin *pin)
{
  const struct place *place = &pin->place;
  const int where[] = {(int)place->scope, place->protocol, place->port, (int)pin->origin};
  const int what[] = {(int)pin->level, (int)pin->selector, (int)pin->matching};
  struct mark mark;

  digest(backups->checksum, where, G_N_ELEMENTS(where), place->host, strlen(place->host),
         mark.place);
  digest(backups->checksum, what, G_N_ELEMENTS(what), pin->digest, matching_size(pin->matching),
         mark.key);
  return mark;
}

void backups_note(struct backups *backups, const struct keypin *pin)
{
  struct mark mark;

  if (pin->kind != KEYPIN_PIN || (pin->status != KEYPIN_ACTIVE && pin->status != KEYPIN_CRITICAL) ||
      keypin_force(pin, backups->now) == KEYPIN_EXPIRED)
    return;
  mark = mark_of(backups, pin);
  g_array_append_val(backups->marks, mark);
}

static int compare(gconstpointer a, gconstpointer b)
{
  return memcmp(a, b, sizeof(struct mark));
}

/* The first mark that is not before the place, or behind it where `behind`. */
static guint find(const GArray *marks, const struct mark *wanted, bool behind)
{
  guint low = 0, high = marks->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    int order = memcmp(g_array_index(marks, struct mark, middle).place, wanted->place, MARK_SIZE);

    if (order < 0 || (behind && order == 0))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The marks of a place are in the order of their keys: were all one key, the first and the last
 * would be it. */
bool backups_have(struct backups *backups, const struct keypin *pin)
{
  const GArray *marks = backups->marks;
  struct mark mark;
  guint first, end;

  if (pin->kind != KEYPIN_PIN || pin->status != KEYPIN_CRITICAL)
    return false;
  if (!backups->sorted)
    g_array_sort(backups->marks, compare);
  backups->sorted = true;
  mark = mark_of(backups, pin);
  first = find(marks, &mark, false);
  end = find(marks, &mark, true);
  return first < end &&
         (memcmp(g_array_index(marks, struct mark, first).key, mark.key, MARK_SIZE) != 0 ||
          memcmp(g_array_index(marks, struct mark, end - 1).key, mark.key, MARK_SIZE) != 0);
}
