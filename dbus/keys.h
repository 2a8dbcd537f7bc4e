/* The keys that Lookup of org.tlspin.Pins1 hands out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BUS_KEYS_H
#define BUS_KEYS_H

#include "common/bytes.h"
#include "pinning/keypin.h"

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUS_KEYS_TYPE "a(sssqssssyyayuttuayu)"

enum {
  BUS_KEY_LOCKED = 1, /* flags */
  BUS_KEY_ALWAYS = 2
};

/* A record as it stands in the message, not yet believed. */
struct bus_key {
  const char *host;
  const char *scope;
  const char *protocol; /* "": any */
  uint16_t port;        /* 0: any */
  const char *kind;
  const char *status;
  const char *origin;
  const char *level;
  uint8_t selector;
  uint8_t matching;
  struct span digest;
  uint32_t flags;
  uint64_t enforce_until; /* seconds since 1970 */
  uint64_t report_until;
  uint32_t errors;
  struct span seen; /* SHA-256 of a certificate, or empty */
  uint32_t layer;
};

/* The array, at the end of a message. */
bool bus_append_keys(DBusMessageIter *iter, const struct bus_key *keys, size_t count);

/* Where the iterator stands at such an array: its elements, at most `size` of them. Returns how
 * many there are in all. */
size_t bus_read_keys(DBusMessageIter *iter, struct bus_key *keys, size_t size);

/* What of a record is handed out. octets: where the key's `seen` may point to. The key points into
 * the record otherwise. */
struct bus_key bus_key_of_pin(const struct keypin *pin, unsigned layer, uint8_t octets[32]);

/* The record, to be cleared by keypin_clear; of what was seen it knows the first certificate alone.
 * False where the key is none: an unknown word, a number out of its range, a digest of another
 * size. */
bool bus_key_to_pin(const struct bus_key *key, struct keypin *pin);

#endif
