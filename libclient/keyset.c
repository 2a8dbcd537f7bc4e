/* The records that a lookup brought: see keyset.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/keyset.h"

#include "dbus/names.h"
#include "libclient/entry.h"
#include "libclient/last.h"

#include <stdlib.h>

void keyset_clear(struct keyset *keys)
{
  for (size_t i = 0; keys->pins != NULL && i < keys->count; i++)
    keypin_clear(&keys->pins[i]);
  free(keys->pins);
  free(keys->entries);
  *keys = (struct keyset){.known = false};
}

/* History is not handed out, and neither is what doesn't concern the peer: it covers it, or stands
 * at a parent and ends the walk there (verdict.c). */
static bool is_expected(const struct keypin *pin, const struct peer *peer)
{
  return pin->status != KEYPIN_INACTIVE &&
         (place_covers(&pin->place, peer) || place_is_above(&pin->place, peer));
}

static int read_keys(const struct bus_key *read, size_t count, const struct peer *peer,
                     struct keyset *keys)
{
  for (size_t i = 0; i < count; i++) {
    struct keypin *pin = &keys->pins[keys->count];

    keys->entries[keys->count++] = (struct verdict_entry){pin, read[i].layer};
    if (!bus_key_to_pin(&read[i], pin) || !is_expected(pin, peer))
      return entry_garbled();
  }
  return TLSPIN_OK;
}

static int take_keys(DBusMessage *message, size_t count, const struct peer *peer,
                     struct keyset *keys)
{
  struct bus_key *read = calloc(count, sizeof *read);
  int code = TLSPIN_OK;

  keys->pins = calloc(count, sizeof *keys->pins);
  keys->entries = calloc(count, sizeof *keys->entries);
  if (read == NULL || keys->pins == NULL || keys->entries == NULL) {
    code = last_code(TLSPIN_E_MEMORY);
  } else {
    bus_read_lookup_keys(message, read, count);
    code = read_keys(read, count, peer, keys);
  }
  free(read);
  return code;
}

int keyset_read(DBusMessage *message, const struct bus_lookup_reply *reply, const struct peer *peer,
                struct keyset *keys)
{
  int code = TLSPIN_OK;

  *keys = (struct keyset){.known = true, .policy = reply->policy};
  if (reply->key_count > BUS_KEYS_MAX)
    keys->policy |= BUS_POLICY_CROWDED;
  else if (reply->key_count > 0)
    code = take_keys(message, reply->key_count, peer, keys);
  if (code != TLSPIN_OK)
    keyset_clear(keys);
  return code;
}

/* A rejected key may be that of an authority, whatever its level is. */
static bool wants_path(const struct keypin *pin)
{
  return pin->kind != KEYPIN_MODE && (pin->level != KEYPIN_LEAF || pin->status == KEYPIN_REJECTED);
}

bool keyset_is_crowded(const struct keyset *keys)
{
  return (keys->policy & BUS_POLICY_CROWDED) != 0;
}

/* Beside another doubt that bit is for libraries which don't know that. */
bool keyset_is_unreadable(const struct keyset *keys)
{
  bool others = (keys->policy & (BUS_POLICY_LOST | BUS_POLICY_CLOCK)) != 0;

  return !keys->known ||
         (keys->policy & (others ? BUS_POLICY_UNREADABLE_TOO : BUS_POLICY_UNREADABLE)) != 0;
}

bool keyset_wants_path(const struct keyset *keys)
{
  if (keyset_is_crowded(keys))
    return true;
  for (size_t i = 0; i < keys->count; i++)
    if (wants_path(&keys->pins[i]))
      return true;
  return false;
}
