/* Records as dictionaries, with the chains that were seen with their keys: what List and Put of
 * org.tlspin.Admin1 have in common.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BUS_RECORD_H
#define BUS_RECORD_H

#include "dbus/fields.h"

/* Not yet believed; what was read points into the message. */
struct bus_record {
  const char *host;
  const char *scope;
  const char *protocol;
  uint16_t port;
  const char *kind;
  const char *status;
  const char *origin;
  const char *level;
  uint8_t selector;
  uint8_t matching;
  struct span digest;
  uint64_t expires; /* seconds since 1970 */
  uint64_t enforced_until;
  bool always;
  uint32_t errors;
  const char *note;
  uint64_t first_seen;
  uint64_t last_seen;
  uint64_t count_seen;
  bool backed;           /* only of Put */
  DBusMessageIter chain; /* stands at the first dictionary of a struct bus_seen; only read */
};

/* The bits of the fields for bus_dict_put_fields and bus_dict_read, in their order. */
enum bus_record_bit {
  BUS_RECORD_HOST = 1 << 0,
  BUS_RECORD_SCOPE = 1 << 1,
  BUS_RECORD_PROTOCOL = 1 << 2,
  BUS_RECORD_PORT = 1 << 3,
  BUS_RECORD_KIND = 1 << 4,
  BUS_RECORD_STATUS = 1 << 5,
  BUS_RECORD_ORIGIN = 1 << 6,
  BUS_RECORD_LEVEL = 1 << 7,
  BUS_RECORD_SELECTOR = 1 << 8,
  BUS_RECORD_MATCHING = 1 << 9,
  BUS_RECORD_DIGEST = 1 << 10,
  BUS_RECORD_EXPIRES = 1 << 11,
  BUS_RECORD_ENFORCED_UNTIL = 1 << 12,
  BUS_RECORD_ALWAYS = 1 << 13,
  BUS_RECORD_ERRORS = 1 << 14,
  BUS_RECORD_NOTE = 1 << 15,
  BUS_RECORD_FIRST_SEEN = 1 << 16,
  BUS_RECORD_LAST_SEEN = 1 << 17,
  BUS_RECORD_COUNT_SEEN = 1 << 18,
  BUS_RECORD_BACKED = 1 << 19,
  BUS_RECORD_CHAIN = 1 << 20
};

extern const struct bus_fields bus_record_fields;

/* A certificate of a chain; a raw key has a key alone. */
struct bus_seen {
  const char *subject;
  uint64_t not_before; /* seconds since 1970 */
  uint64_t not_after;
  struct span certificate; /* SHA-256 */
  const char *key;         /* "sha256//BASE64" */
};

enum { BUS_SEEN_KEY = 1 << 4, BUS_SEEN_ALL = (1 << 5) - 1 };

extern const struct bus_fields bus_seen_fields;

#endif
