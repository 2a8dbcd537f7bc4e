/* CheckChain and NoteHpkp of org.tlspin.Pins1 as structs, for both ends of the bus.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As in dbus/messages.h, what was read points into the message.
 */
#ifndef BUS_CHECK_H
#define BUS_CHECK_H

#include "dbus/fields.h"
#include "dbus/messages.h"

/* Everything is 0, false or "" (never NULL, once read) where it isn't there. */
struct bus_check_options {
  bool path;
  bool raw_key;
  bool key_alone;
  bool leaf_alone;
  const char *pki;
  uint32_t errors;
  const char *ticket;
  bool learn;
  bool is_private;
  bool accepted;
  uint64_t expires; /* seconds since 1970 */
  const char *program;
  struct bus_chain served; /* what the server sent */
};

/* Explain of org.tlspin.Admin1 has the same arguments. */
struct bus_check_call {
  struct bus_peer peer;
  struct bus_chain chain;
  struct bus_check_options options;
};

struct bus_check_reply {
  const char *answer;
  const char *reason;
  const char *layer;
  bool enforced;
  uint32_t rule; /* the details: */
  const char *change;
  bool learned;
  uint32_t excused;
  uint64_t event;
  const char *otherwise;
  bool limited;
};

struct bus_note_call {
  struct bus_peer peer;
  struct span header;
  bool report_only;
  struct bus_chain chain;
};

struct bus_note_reply {
  const char *outcome;
  const char *reason;
  uint64_t expires; /* seconds since 1970 */
};

/* Appending: false without memory. Reading: false where the arguments are of other types. */
bool bus_append_check_call(DBusMessage *message, const struct bus_check_call *call);
/* False also for an option that isn't known or has another type; then fault->key is not NULL. */
bool bus_read_check_call(DBusMessage *message, struct bus_check_call *call,
                         struct bus_fault *fault);
bool bus_append_check_reply(DBusMessage *message, const struct bus_check_reply *reply);
/* Details that are not known are passed over. */
bool bus_read_check_reply(DBusMessage *message, struct bus_check_reply *reply);
bool bus_append_note_call(DBusMessage *message, const struct bus_note_call *call);
bool bus_read_note_call(DBusMessage *message, struct bus_note_call *call);
bool bus_append_note_reply(DBusMessage *message, const struct bus_note_reply *reply);
bool bus_read_note_reply(DBusMessage *message, struct bus_note_reply *reply);

#endif
