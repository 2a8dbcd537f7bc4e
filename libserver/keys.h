/* The set of protection keys, under which pinning tickets are sealed (RFC 8672 sections 4.3
 * and 5.1).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each key belongs to one SNI name, or to "*", that is every name that has none of its own. A key
 * seals from its activation until the next key for the same name is activated. It opens tickets
 * from its creation on, so that all members of a cluster know it before one of them uses it, and as
 * long as it stands in the set: nothing expires by itself, because a server with a wrong clock
 * would then refuse everybody whom it has pinned.
 *
 * Pure functions: no clock, no I/O. A set does not change once it is indexed, so any thread may
 * read it.
 */
#ifndef KEYS_H
#define KEYS_H

#include "common/bytes.h"
#include "common/host.h"

enum {
  KEY_ID_SIZE = 8,
  KEY_ID_TEXT_SIZE = 2 * KEY_ID_SIZE + 1,
  KEY_SECRET_SIZE = 32,
  KEYS_MAX = 10000,
  KEYS_TICKET_LIFE = 31 * 24 * 60 * 60, /* seconds a ticket lives at most (RFC 8672 section 5.2) */
  KEYS_CLOCK_SKEW = 24 * 60 * 60        /* seconds clocks may differ */
};

#define KEYS_ANY_NAME "*"

struct key {
  uint8_t id[KEY_ID_SIZE];
  char name[HOST_MAX + 1]; /* a normalised host, or KEYS_ANY_NAME */
  int64_t created;         /* seconds since 1970 */
  int64_t activates;       /* the same; not before `created` */
  uint8_t secret[KEY_SECRET_SIZE];
  unsigned line; /* of the key file */
};

struct keys {
  bool ramp_down;          /* prove, but pin nobody anew (RFC 8672 section 5.5) */
  unsigned ramp_down_line; /* of the key file */
  size_t count;
  struct key *list;           /* in the order of the file */
  const struct key **by_name; /* the same keys by name, then activation, creation and identifier */
  const struct key **by_id;   /* the same keys by identifier */
};

/* Makes by_name and by_id from the list. False: two keys have the same identifier, and *first and
 * *second are their lines; or there is no memory, and both are 0. */
bool keys_index(struct keys *keys, unsigned *first, unsigned *second);

/* Wipes the secrets and frees the members. */
void keys_free(struct keys *keys);

/* The key with an identifier, or NULL. */
const struct key *keys_find(const struct keys *keys, const uint8_t id[KEY_ID_SIZE]);

/* The key under which tickets for a host are sealed at `now` (seconds since 1970), or NULL where no
 * key is for it, or none yet. */
const struct key *keys_sealing(const struct keys *keys, const char *host, int64_t now);

/* True where at least one key is active at `now`. If none is, the clock is likely wrong. */
bool keys_any_active(const struct keys *keys, int64_t now);

/* True where a key may seal and open tickets for a host. */
bool key_is_for(const struct key *key, const char *host);

/* Since when no ticket under the key can be alive: the activation of the next key for the same
 * name, the life of a ticket and the clocks' skew later. INT64_MAX where no other key follows: the
 * key is in use. key: one of the list. */
int64_t keys_removable_from(const struct keys *keys, const struct key *key);

/* How many keys of an older set are gone from a newer one although tickets under them may live at
 * `now`. */
size_t keys_count_lost(const struct keys *older, const struct keys *newer, int64_t now);

/* Makes a key with a random identifier and secret. name: normalised, or KEYS_ANY_NAME.
 * False: no random octets. */
bool key_generate(struct key *key, const char *name, int64_t created, int64_t activates);

void key_id_text(const struct key *key, char text[KEY_ID_TEXT_SIZE]);

/* False unless the text is 16 hexadecimal digits in lower case. */
bool key_id_parse(struct span text, uint8_t id[KEY_ID_SIZE]);

#endif
