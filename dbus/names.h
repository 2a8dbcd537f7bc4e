/* The contract on the bus: names and limits. What they mean is documented in the XML files beside
 * this one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BUS_NAMES_H
#define BUS_NAMES_H

/* Two names, because sandboxes filter by name: what every program needs, and what only the user may
 * do. */
#define BUS_PINS       "org.tlspin.Pins1"
#define BUS_PINS_PATH  "/org/tlspin/Pins1"
#define BUS_ADMIN      "org.tlspin.Admin1"
#define BUS_ADMIN_PATH "/org/tlspin/Admin1"

enum {
  BUS_TICKET_MAX = 65535,  /* octets of a ticket */
  BUS_CALL_MAX = 16 << 20, /* octets of a call's arguments, as bus_weight counts them */
  BUS_NAME_MAX = 1024,     /* octets of a host or a pattern before it is looked at */
  BUS_WORD_MAX = 64,       /* octets of an argument that is one of some words */
  BUS_FILE_MAX = 255,      /* octets of the name of a file: a backup */
  BUS_CURSOR_MAX = 1024,   /* octets of a cursor: the name of a file, a host, and a little more */
  BUS_LIST_MAX = 1000,     /* entries in one reply of List */
  BUS_PUT_MAX = 1000,      /* entries in one call of Put */
  BUS_PROGRAM_MAX = 64,    /* octets of a program's name */
  BUS_KEYS_MAX = 4096,     /* records in one reply of Lookup */
  BUS_STORED_MAX = 65536,  /* records in one reply of Explain, which has to tell of all */
  BUS_ANCHOR_SIZE = 32,    /* octets of the anchor of StoreTicket */
  BUS_CHANGED_MAX = 64     /* peers named in one signal Changed */
};

/* `policy` of Lookup. Who doesn't know the doubts that came after the first takes them for that one:
 * it stands beside each of them, and then another bit says whether it is meant, too. */
enum bus_policy {
  BUS_POLICY_UNREADABLE = 1,
  BUS_POLICY_ANCHORS = 2,
  BUS_POLICY_UNAVAILABLE_FAILS = 4,
  BUS_POLICY_NO_LEARNING = 8,
  BUS_POLICY_CROWDED = 16,
  BUS_POLICY_LOST = 32,
  BUS_POLICY_CLOCK = 64,
  BUS_POLICY_UNREADABLE_TOO = 128
};

#endif
