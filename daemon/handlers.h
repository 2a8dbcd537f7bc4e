/* The methods of org.tlspin.Pins1 and org.tlspin.Admin1: decode, ask the policy, encode.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef HANDLERS_H
#define HANDLERS_H

#include "daemon/announce.h"
#include "daemon/clock.h"
#include "daemon/dispatch.h"
#include "daemon/drafts.h"
#include "daemon/keeper.h"
#include "daemon/policy.h"
#include "daemon/waiting.h"
#include "dbus/check.h"
#include "dbus/messages.h"

/* What Clear with "forever" did last in the files beside the store. */
struct last_erasure {
  int64_t made;                      /* 0: it wasn't called since the daemon was started */
  unsigned backups, removed, asides; /* as in struct traces */
};

struct handlers {
  struct policy *policy;
  struct announce announce;
  struct drafts *drafts;
  struct waiting *waiting;    /* for operations that are being applied */
  struct keeper *keeper;      /* of the backups */
  int64_t (*now)(void);       /* the time to go by: seconds since 1970 */
  void (*served)(void *data); /* told after each call */
  void *data;
  uint32_t idle_timeout;           /* seconds; for Status */
  const struct clock_guard *clock; /* why it is that time; NULL: it is not known */
  const char *config_problem;      /* for Status; NULL: none */
  struct last_erasure erased;      /* for Doctor */
  const struct dispatch *pins;     /* over which calls to pins_check_chain come; NULL: none */
};

/* The tables of all methods, one for each connection; the handlers' data is a struct handlers. */
extern const struct interface handlers_pins[];
extern const struct interface handlers_admin[];

/* How things are now, for the keeper. */
struct keeper_terms handlers_terms(const struct handlers *handlers);

/* For struct dispatch. */
void handlers_served(void *handlers);

/* Checks a peer of a message and normalises its host. Otherwise TLSPIN_E_ARGUMENT with a text that
 * names the argument, or TLSPIN_CANNOT_BE_PINNED for an address. */
enum tlspin_code handlers_read_peer(const struct bus_peer *in, struct peer *out, GString *problem);

/* The same for one of its parts. */
enum tlspin_code handlers_read_host(const char *name, char host[HOST_MAX + 1], GString *problem);
enum tlspin_code handlers_read_protocol(const char *token, enum protocol *protocol,
                                        GString *problem);

/* TLSPIN_E_ARGUMENT, with a text that names what is strange in a dictionary. */
enum tlspin_code handlers_fault(const char *argument, const struct bus_fault *fault,
                                GString *problem);

/* Moves the policy's text, which is freed, into the handler's. Returns the code. */
enum tlspin_code handlers_explain(enum tlspin_code code, char *text, GString *problem);

/* TLSPIN_OK where the reply could be filled. */
enum tlspin_code handlers_filled(bool filled);

/* Sends the signal Logged for an event that was logged; 0: none was. */
void handlers_logged(struct handlers *handlers, uint64_t event);

/* TLSPIN_E_ARGUMENT where the argument has more than `most` octets: what is quoted in an error is
 * looked at before. */
enum tlspin_code handlers_check_length(const char *argument, const char *text, int most,
                                       GString *problem);

/* TLSPIN_E_ARGUMENT where so many entries must not be asked for at once. */
enum tlspin_code handlers_check_limit(uint32_t limit, GString *problem);

/* Sends Changed for an operation: few peers are named, many are not, nor is what holds for more
 * than one. */
void handlers_changed(struct handlers *handlers, const char *what,
                      const struct store_change *change);

/* Drops a draft. */
enum tlspin_code handlers_drop_draft(struct handlers *handlers, uint64_t operation,
                                     GString *problem);

/* Clear where nothing shall be left, in any file: the files beside the store are seen to aside, and
 * the reply waits for it. */
enum tlspin_code handlers_erase(struct handlers *handlers, const struct store_filter *filter,
                                DBusMessage *reply, GString *problem);

/* Goes on with what is being applied; where an operation is over, sends Changed for it and answers
 * who waits for that. TLSPIN_E_NOT_FOUND: there was nothing to do. *applied: as of policy_apply. */
enum tlspin_code handlers_apply(struct handlers *handlers, struct store_applied *applied,
                                GString *problem);

/* Appends the dictionaries of Status about the layers. */
bool handlers_put_layers(DBusMessageIter *iter, const struct layers *layers);

/* Appends to a dictionary whether the clock is trusted, and if not, since when, and until when. */
bool handlers_put_clock(DBusMessageIter *dict, const struct handlers *handlers);

/* The token of the reason; of a ticket's refusal its own. Static. */
const char *handlers_reason(const struct verdict *verdict);

/* The methods, for the table: a file each, or pins.c and admin.c. */
enum tlspin_code pins_lookup(void *data, DBusMessage *call, DBusMessage *reply, GString *problem);
enum tlspin_code pins_store_ticket(void *data, DBusMessage *call, DBusMessage *reply,
                                   GString *problem);
enum tlspin_code pins_report_failure(void *data, DBusMessage *call, DBusMessage *reply,
                                     GString *problem);
enum tlspin_code pins_check_chain(void *data, DBusMessage *call, DBusMessage *reply,
                                  GString *problem);
enum tlspin_code pins_note_hpkp(void *data, DBusMessage *call, DBusMessage *reply,
                                GString *problem);
enum tlspin_code admin_list(void *data, DBusMessage *call, DBusMessage *reply, GString *problem);
enum tlspin_code admin_get(void *data, DBusMessage *call, DBusMessage *reply, GString *problem);
enum tlspin_code admin_clear(void *data, DBusMessage *call, DBusMessage *reply, GString *problem);
enum tlspin_code admin_undo(void *data, DBusMessage *call, DBusMessage *reply, GString *problem);
enum tlspin_code admin_status(void *data, DBusMessage *call, DBusMessage *reply, GString *problem);
enum tlspin_code admin_doctor(void *data, DBusMessage *call, DBusMessage *reply, GString *problem);
enum tlspin_code admin_acknowledge(void *data, DBusMessage *call, DBusMessage *reply,
                                   GString *problem);
enum tlspin_code admin_backup(void *data, DBusMessage *call, DBusMessage *reply, GString *problem);
enum tlspin_code admin_restore(void *data, DBusMessage *call, DBusMessage *reply, GString *problem);
enum tlspin_code admin_put(void *data, DBusMessage *call, DBusMessage *reply, GString *problem);
enum tlspin_code admin_explain(void *data, DBusMessage *call, DBusMessage *reply, GString *problem);
enum tlspin_code admin_events(void *data, DBusMessage *call, DBusMessage *reply, GString *problem);

#endif
