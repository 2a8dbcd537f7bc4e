/* One SQLite file of pins: open, verify, get, put, list, clear, undo.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The store knows nothing of D-Bus, layers, lifetimes or the clock: `now` is passed in, in
 * seconds since 1970. One thread. The file format is described in tlspin-store(5).
 *
 * Every function that can fail returns a code of tlspin-error.h. TLSPIN_E_NOT_FOUND is said only
 * where the file was readable, verified, and holds no such row; whatever can't be read is
 * TLSPIN_UNAVAILABLE. An error of a write means "unknown": the row may be there or not, and
 * the write may be tried again. What would write to a system store is TLSPIN_E_DENIED.
 */
#ifndef STORE_H
#define STORE_H

#include "common/bytes.h"
#include "common/host.h"
#include "common/tlspin-error.h"
#include "pinning/keypin.h"
#include "pinning/ticket.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What an entry of a system layer imposes on the user (always LOCK_NONE in the user's own). */
enum lock {
  LOCK_NONE,
  LOCK_ENFORCE, /* the user's entries are passed over */
  LOCK_REPORT,  /* the same, and a mismatch is reported but not enforced */
  LOCK_OFF,     /* pinning is off for the peer */
  LOCK_COUNT
};

/* The token of a lock ("enforce"); static. */
const char *lock_token(enum lock lock);
bool lock_from_token(const char *token, enum lock *lock);

/* A row of the table `ticket` (RFC 8672 section 2.3). */
struct ticket_row {
  struct peer peer;
  struct span ticket;    /* 1 to 65,535 octets; none, and no secret, may be only under LOCK_OFF */
  struct span secret;    /* the pinning secret that goes with the ticket */
  enum ticket_hash hash; /* the hash of the connection that yielded the secret */
  uint64_t series;    /* the unbroken series of tickets, each proved by the one before: never 0 */
  int64_t first_seen; /* when the series began */
  int64_t issued;     /* when this ticket was stored */
  int64_t expires;
  enum lock lock;
  void *owned; /* what ticket and secret point into, or NULL: ticket_row_clear */
};

/* Frees what the row owns, wiped first. */
void ticket_row_clear(struct ticket_row *row);

/* What was last reported about a peer that is pinned. */
struct failure_row {
  char reason[32]; /* a token */
  int64_t first;
  int64_t last;
  uint32_t count;
};

/* Which entries are meant. Unset fields (NULL, -1, 0, 0) mean any. */
struct store_filter {
  const char *pattern; /* a glob over the host: '*' and '?' (and nothing else is special) */
  const char *host;    /* exactly this normalised host; of records that of their place */
  int protocol;        /* enum protocol, or -1; a record for any protocol fits any */
  uint16_t port;       /* a record for any port fits any; but store_clear leaves it */
  int64_t since;       /* stored or renewed at or after this time; of records, made */
  /* What follows is of records only; store_list and store_clear of tickets are asked for by
   * `tickets`. */
  bool tickets;       /* tickets are meant */
  bool records;       /* records are meant */
  int kind;           /* enum keypin_kind, or -1 */
  int status;         /* enum keypin_status, or -1 */
  int origin;         /* enum keypin_origin, or -1 */
  int scope;          /* enum scope, or -1 */
  struct span digest; /* of the key; empty: any */
};
#define STORE_FILTER_ANY                                                                           \
  ((struct store_filter){.protocol = -1,                                                           \
                         .tickets = true,                                                          \
                         .records = true,                                                          \
                         .kind = -1,                                                               \
                         .status = -1,                                                             \
                         .origin = -1,                                                             \
                         .scope = -1})

enum store_kind {
  STORE_USER,  /* created where it is missing, writable, locked against being replaced under us */
  STORE_SYSTEM /* read-only, never created */
};

struct store;

/* Opens a store and reads it through once: every row's digest and the digest over all of them.
 * path: the file. A user store's folder is made with mode 0700 where it is missing.
 * owner: who must own file and folder. Nobody else may be able to write to them; a user store must
 * not be readable by others either.
 * On success *store is to be closed by store_close. Otherwise *store is NULL, the code is
 * TLSPIN_UNAVAILABLE, and *problem (to be freed by g_free) says in the user's language which file
 * it is, what is wrong with it, and what to do. Where it is the content of a user's store that is
 * damaged, or the file is missing that was there before (the lock file beside it remembers, or
 * there are backups), the code is TLSPIN_STORE_DAMAGED: recovery_run saves what can be saved. Lost
 * pins must not look like none. */
enum tlspin_code store_open(const char *path, enum store_kind kind, uid_t owner,
                            struct store **store, char **problem);

/* The same without a wait for another process or thread that makes, recovers or replaces it, for
 * which store_open waits some time. */
enum tlspin_code store_open_at_once(const char *path, enum store_kind kind, uid_t owner,
                                    struct store **store, char **problem);

/* NULL is fine. */
void store_close(struct store *store);

/* Whether an open system layer is still its owner's, and nobody else may write to it or its folder,
 * and there is no journal beside it: what store_open asks for before it reads the content. */
bool store_is_trusted(const struct store *store, const char *path, uid_t owner);

/* Whether stores may be used in several threads at once, each of them in one. */
bool store_knows_threads(void);

/* Whether there is a mask in the place of a system layer: a symbolic link to /dev/null, by which
 * the administrator takes the vendor's layer of the same name away. Like a layer, it must be the
 * owner's, in a folder of the owner's that nobody else may write to. */
bool store_is_mask(const char *path, uid_t owner);

/* False once the file was renamed, replaced or deleted behind us, or damage was found in it; then
 * the store must be opened again and not be believed. One stat(2). */
bool store_in_place(struct store *store);

/* Whether it may be believed that a row is not there: reads a file that others have changed through
 * (contents_trust), but a large layer. True inside a transaction, which looks when it begins. */
bool store_trust(struct store *store);

/* Whether the file could only be read when it was opened, its file system being mounted read-only,
 * and can be written by now: it must be opened again for that. */
bool store_was_freed(const struct store *store);

/* Whether anything is left of a user's store at `path`: the file, what remembers it, or backups. */
bool store_leaves_trace(const char *path);

/* The row of a peer, expired or not. The row owns its octets. */
enum tlspin_code store_get(struct store *store, const struct peer *peer, struct ticket_row *row);

/* Stores a row if the peer's row there is still of the series `expected` (0: there is no row, or
 * only one that had expired at `now`); otherwise nothing is changed and TLSPIN_MISMATCH is
 * returned, so that of two programs that meet a server for the first time the first one's pin
 * stands, and what a user cleared meanwhile does not come back. row->digest and such are the
 * store's own business. */
enum tlspin_code store_put(struct store *store, const struct ticket_row *row, uint64_t expected,
                           int64_t now);

/* Counts a failure for a peer. */
enum tlspin_code store_put_failure(struct store *store, const struct peer *peer, const char *reason,
                                   int64_t now);
enum tlspin_code store_get_failure(struct store *store, const struct peer *peer,
                                   struct failure_row *failure);

/* Told of each row in the order (host, protocol, port); row is the store's, for the call. Returning
 * false ends the walk. It may call store_get, and neither store_list nor what writes. */
typedef bool (*store_visit)(const struct ticket_row *row, void *data);

/* Walks over the rows that fit the filter and come after `after` (NULL: from the start), at most
 * `limit` of them. Every row's digest is checked. */
enum tlspin_code store_list(struct store *store, const struct store_filter *filter,
                            const struct peer *after, uint32_t limit, store_visit visit,
                            void *data);

enum tlspin_code store_count(struct store *store, uint64_t *count);

/* When a ticket was stored last, something was changed, or logged: the newest of these times, by the
 * clock that was believed then; 0: there is none. */
enum tlspin_code store_latest(struct store *store, int64_t *latest);

/* What a clear or an undo did. */
struct store_change {
  uint64_t operation; /* its number in the journal; 0 where nothing was done */
  uint64_t changed;   /* entries removed by a clear; brought back or removed again by an undo */
  uint64_t replaced;  /* by an undo: newer entries that made way, and are in the journal now */
};

/* Removes the rows that fit, with their failures, and keeps them in the journal until
 * store_forget. TLSPIN_E_NOT_FOUND where no row fits: then the journal is unchanged too. */
enum tlspin_code store_clear(struct store *store, const struct store_filter *filter, int64_t now,
                             struct store_change *change);

/* Takes an operation of the journal back: every row that it touched becomes again what it was
 * before; a record whose earlier changes were taken back, too, what it was before those (the rules
 * are in trail.c). That is itself an operation, so that an undo can be undone by its number.
 * operation: 0 means the newest of the user's own, a clear or an edit, that was not taken back yet:
 * no server and no program gets in front of it. TLSPIN_E_NOTHING_TO_UNDO where there is none, that
 * one was taken back already, or a damaged file lost all that it had kept; of one that may have lost
 * a part what is left is taken back, but only by its number. Once an undo is taken back, what it
 * took back is in force again, and can be undone again. TLSPIN_E_LIMIT where more than STORE_PLACE_MAX records would come to be
 * at a place: nothing is changed, and store_crowd tells more. */
enum tlspin_code store_undo(struct store *store, uint64_t operation, int64_t now,
                            struct store_change *change);

/* After TLSPIN_E_NOTHING_TO_UNDO from store_undo: the operation that would have been taken back if a
 * damaged file hadn't lost what it had kept; 0: there is none. *partly: some of it is left, and can
 * be taken back by the operation's number. */
uint64_t store_bereft(const struct store *store, bool *partly);

/* After TLSPIN_E_LIMIT from store_undo: the place, and the operation that is not taken back. */
const struct place *store_crowd(const struct store *store, uint64_t *operation);

/* Forgets the operations made before `before`, and of the images beyond those of the user's newest
 * operation the oldest, so that at most `keep` are left, and STORE_TOLD_IMAGES of what servers and
 * programs brought about: see the rules in forget.c. They can't be undone any more. Much is
 * forgotten in several calls: *more says that it isn't all. With the last the file is written anew,
 * after which no octet of their rows is left in it, and it is as small as it can be; after an error
 * the next call sees to that. */
enum { STORE_TOLD_IMAGES = 10000 };
enum tlspin_code store_forget(struct store *store, int64_t before, uint64_t keep, bool *more);

/* The peers that an operation touched, at most `limit`, for the signal; of a record whose place is
 * wider than a peer its host, with port 0. */
enum tlspin_code store_touched(struct store *store, uint64_t operation, uint32_t limit,
                               void (*visit)(const struct peer *peer, void *data), void *data);

/* Told of a record, which is the store's, for the call. Returning false ends the walk. It may not
 * call what writes. */
typedef bool (*store_pin_visit)(const struct keypin *pin, void *data);

/* The records whose place covers the peer, of every kind and status, expired or not, in the order
 * of the table; TLSPIN_OK too where there are none. Where the store has a record whose scope isn't
 * exact, there are among them the pins of names above the peer's that don't cover it and weren't
 * learned: by these the walk of verdict_judge over wider ones ends. The ticket and the records of
 * one lookup are to be read between store_read_begin and store_read_end, which makes them one
 * snapshot and takes the file's lock once. */
enum tlspin_code store_pins(struct store *store, const struct peer *peer, store_pin_visit visit,
                            void *data);
enum tlspin_code store_read_begin(struct store *store);
void store_read_end(struct store *store);

/* How many records there are. */
enum tlspin_code store_count_pins(struct store *store, uint64_t *count);

/* Walks over the records that fit the filter and come after `after` (NULL: from the start; only its
 * key counts), at most `limit`. Every row's digest is checked. */
enum tlspin_code store_list_pins(struct store *store, const struct store_filter *filter,
                                 const struct keypin *after, uint32_t limit, store_pin_visit visit,
                                 void *data);

/* A file of so many octets is read through in some milliseconds. */
enum { STORE_SMALL = 256 << 10 };

/* The most records at one place of a user's store, the history apart; and as many again that were
 * learned at a first use, so that what others put there can't keep a server from being pinned. */
enum { STORE_PLACE_MAX = 256 };

/* Several changes of records as one transaction. */
struct store_edit;

enum store_journal {
  STORE_UNDOABLE, /* an operation of the journal, kind "edit": store_undo takes it back */
  STORE_TOLD,    /* the same, kind "told": what a server or a program said, which only by its number
                    can be undone */
  STORE_LEARNED, /* what the daemon learned by itself: not in the journal */
  STORE_DRAFT    /* a part of an operation that isn't finished: not in force */
};

/* Begins. operation: 0, or the number of a draft, which this goes on with (STORE_DRAFT) or finishes
 * (STORE_UNDOABLE): TLSPIN_E_NOT_FOUND where there is none. STORE_TOLD and STORE_LEARNED have none.
 *
 * What is put into a draft only waits there: nobody sees it before the draft is finished, and then
 * it is put as one operation, with a number of its own which is the highest there is, so that the
 * order of the numbers is the order of the changes; store_apply does that. A draft can be finished
 * only as long as the store that began it is open: afterwards whoever opens the file drops it. */
enum tlspin_code store_edit_begin(struct store *store, enum store_journal journal,
                                  uint64_t operation, int64_t now, struct store_edit **edit);

/* Stores a record in place of the one with its key; one that is equal in all but last_seen and
 * count_seen is left alone. TLSPIN_E_ARGUMENT for one that is not valid, or locked in a user's
 * store; TLSPIN_E_LIMIT where there are STORE_PLACE_MAX at its place already. Either spoils nothing
 * that was put before. */
enum tlspin_code store_edit_put(struct store_edit *edit, const struct keypin *pin);

/* The newest edit by STORE_TOLD that changed or removed a record of this origin at the place, with
 * whatever scope, stands and can be undone; 0: there is none. */
enum tlspin_code store_told_stands(struct store *store, const struct place *place,
                                   enum keypin_origin origin, uint64_t *operation);

/* Removes the record of the key; TLSPIN_E_NOT_FOUND. */
enum tlspin_code store_edit_drop(struct store_edit *edit, const struct keypin *pin);

/* How many records were changed up to now. */
uint64_t store_edit_changed(const struct store_edit *edit);

/* Drops a draft that was begun here; what was put into it is deleted by store_forget. Whatever the
 * code, it can't be gone on with. TLSPIN_E_NOT_FOUND. */
enum tlspin_code store_drop_draft(struct store *store, uint64_t operation);

/* Does the same to all drafts that nobody sees to any more. What fails is said in the log, and to
 * be tried again. */
enum tlspin_code store_drop_drafts(struct store *store);

/* Commits where code is TLSPIN_OK, else takes all back; frees the edit. change: number and count.
 * An edit that changed nothing makes no operation: its number is 0. Of a draft the number is its
 * own, and the count what would be changed as things are; of one that is finished now the number is
 * that of the operation, of which nothing is done yet. */
enum tlspin_code store_edit_end(struct store_edit *edit, enum tlspin_code code,
                                struct store_change *change);

/* What was done of an operation whose draft was finished. */
struct store_applied {
  uint64_t operation;
  uint64_t changed;  /* records */
  uint64_t left_out; /* for which there was no room at their place any more */
  uint64_t dropped;  /* of the history, as store_edit_trim does */
  bool over;         /* all of it is done; where it changed nothing there is no such operation */
};

/* Goes on with the first operation whose draft was finished and whose records aren't all put yet:
 * some hundreds of them, so that others can be served between two calls. Until all is done no
 * operation gets a number but further such ones: TLSPIN_E_BUSY. That ends for sure: after a crash
 * whoever opens the file goes on. TLSPIN_E_NOT_FOUND: there is none. TLSPIN_E_BUSY: it is that of
 * another process, which goes on with it. */
enum tlspin_code store_apply(struct store *store, uint64_t keep, uint64_t keep_each,
                             struct store_applied *applied);

/* Whether there is an operation for store_apply to go on with. */
bool store_is_applying(struct store *store);

/* Records that were met again: last_seen and count_seen of those that are still there; one
 * transaction, not in the journal. */
struct store_met {
  struct keypin pin; /* its key counts */
  int64_t last_seen;
  uint64_t count; /* to be added */
};
enum tlspin_code store_meet(struct store *store, const struct store_met *met, size_t count);

/* Drops the inactive records that were seen longest ago, so that at most `keep` of them are left in
 * the store, and at most `keep_each` at one place. Others are never touched. As a part of an edit,
 * with which they come back; *dropped: how many. Or by itself, and not in the journal. */
enum tlspin_code store_edit_trim(struct store_edit *edit, uint64_t keep, uint64_t keep_each,
                                 uint64_t *dropped);
enum tlspin_code store_trim_history(struct store *store, uint64_t keep, uint64_t keep_each);

/* A line of the event log. */
struct event_row {
  uint64_t id; /* 1 and up; 0: not logged yet */
  int64_t made;
  int64_t last;
  uint32_t count;
  const char
      *kind; /* "mismatch", "reported", "change", "accepted", "crowded", "exception", "hpkp" */
  struct peer peer;
  const char *reason;  /* a token */
  const char *layer;   /* UTF-8 */
  const char *key;     /* the text of the key that was shown, or "" */
  const char *report;  /* JSON of RFC 7469 section 3, or "" */
  const char *program; /* that told of it, as it calls itself, or "" */
  uint64_t operation;  /* of the journal, that takes it back; 0: none */
};
enum { EVENTS_KEPT = 1000, EVENT_REPORT_MAX = 131072 };

/* Logs an event. The same kind, peer, reason, key and program again within a day of the last one
 * counts that one up, which names the newer operation then. The oldest beyond EVENTS_KEPT go. *id:
 * its number. */
enum tlspin_code store_log(struct store *store, const struct event_row *event, int64_t now,
                           uint64_t *id);
typedef bool (*store_event_visit)(const struct event_row *event, void *data);
/* Events with an id above `after`, oldest first. host: NULL: of all. */
enum tlspin_code store_events(struct store *store, uint64_t after, const char *host, uint32_t limit,
                              store_event_visit visit, void *data);

/* A setting of a system layer; in a user's store, what is recalled of one: see recall.h. */
struct setting_row {
  const char *name; /* a token */
  const char *value;
  bool locked;
};
typedef bool (*store_setting_visit)(const struct setting_row *setting, void *data);
enum tlspin_code store_settings(struct store *store, store_setting_visit visit, void *data);

/* Puts these rows in the place of all that are there; one transaction, not in the journal.
 * TLSPIN_E_ARGUMENT for one that is not valid, or locked. */
enum tlspin_code store_put_settings(struct store *store, const struct setting_row *settings,
                                    size_t count);

/* What a system layer is made of. */
struct layer_contents {
  size_t ticket_count;
  const struct ticket_row *tickets;
  size_t pin_count;
  const struct keypin *pins; /* in any order; no key twice */
  /* Or, where it isn't NULL, instead of `pins`: the next record in the order of keypin_compare_key,
   * until it is called again; NULL at the end. pin_count is then only for the progress. */
  const struct keypin *(*next_pin)(void *data);
  size_t setting_count;
  const struct setting_row *settings;
  void (*progress)(size_t done, size_t all, void *data); /* or NULL */
  void *data;
};

/* Makes a file that store_open takes as a system layer; for the policy compiler and for tests. An
 * existing file is replaced atomically, or kept on any error. */
enum tlspin_code store_write_layer(const char *path, const struct layer_contents *contents,
                                   char **problem);

#endif
