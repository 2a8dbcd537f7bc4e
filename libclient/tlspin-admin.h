/* tlspin: what the user does with the store: list, clear, undo, see how it is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For commands and settings panels; see tlspin.h for contexts, codes, threads and entries, and
 * org.tlspin.Admin1 for what is said on the bus. These calls may take as long as the bus lets them
 * (25 seconds) and not only the budget of a lookup.
 */
#ifndef TLSPIN_ADMIN_H
#define TLSPIN_ADMIN_H

#include "tlspin.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which entries are meant; unset members (NULL, 0) mean any. Set to zero first. */
struct tlspin_filter {
  const char *host;            /* exactly this host */
  const char *pattern;         /* a glob over the host: '*' and '?' */
  const char *protocol;        /* "tls" or "dtls" */
  unsigned port;               /* also what is for any port; but tlspin_clear leaves that */
  uint64_t since;              /* stored or renewed at or after this time, seconds since 1970 */
  int all;                     /* tlspin_clear: everything; to be set alone */
  const char *kind;            /* "ticket", "pin", "exception" or "mode" */
  const char *status;          /* of records: "critical"... */
  const char *origin;          /* of records: "tofu"... */
  const char *scope;           /* of records: "subtree"... */
  struct tlspin_octets digest; /* of a record's key */
  int forever;                 /* tlspin_clear: leave no trace in any file; beside others */
};

/* Told of each entry, which is valid for the call. Not 0 ends the walk. */
typedef int (*tlspin_visit)(const tlspin_entry_t *entry, void *data);

/* Walks over the entries that fit (NULL: all), layer by layer, in pages. */
TLSPIN_API int tlspin_list(tlspin_t *context, const struct tlspin_filter *filter,
                           tlspin_visit visit, void *data);

/* The entries of one peer in all layers; the one that decides first. TLSPIN_E_NOT_FOUND where there
 * is none. */
TLSPIN_API int tlspin_get(tlspin_t *context, const char *host, const char *protocol, unsigned port,
                          tlspin_visit visit, void *data);

/* What a clear or an undo did. */
struct tlspin_change {
  uint64_t operation; /* its number, by which it can be taken back */
  uint64_t count;     /* peers that were changed */
  uint64_t replaced;  /* by an undo: newer entries that made way */
  int unknown;        /* tlspin_put failed, but may have been carried out all the same */
};

/* Removes the user's entries that fit; host, pattern, since or all must be set. TLSPIN_E_NOT_FOUND
 * where none fits. With `forever` it can't be taken back, and the operation is 0; the count may be
 * 0 where there was something in the journal, the log or a backup only. It takes a while then,
 * since all backups are written anew: TLSPIN_E_BUSY while another one is under way. */
TLSPIN_API int tlspin_clear(tlspin_t *context, const struct tlspin_filter *filter,
                            struct tlspin_change *change);

/* Takes an operation back. operation: its number, from a clear, put or undo, or from an event; 0
 * for the newest clear or put that still stands, never what a server or a program brought about,
 * nor what may have lost a part with a damaged store: of that, and of any up to "undo-partly" of
 * tlspin_status, what is left is taken back by its number.
 * TLSPIN_E_NOTHING_TO_UNDO; TLSPIN_E_LIMIT where there is no room for what would come back. */
TLSPIN_API int tlspin_undo(tlspin_t *context, uint64_t operation, struct tlspin_change *change);

/* A certificate that was seen with a key, in the form in which an entry's chain has it. A raw key
 * has no certificate: then only `key` counts. */
struct tlspin_seen {
  const char *subject; /* a name for people; NULL: none */
  uint64_t not_before; /* seconds since 1970 */
  uint64_t not_after;
  struct tlspin_octets certificate; /* its SHA-256; size 0: a raw key */
  const char *key;                  /* "sha256//BASE64" */
};

/* A record to be stored: see Put of org.tlspin.Admin1. Set to zero first; what is NULL or 0 is as
 * said there. */
struct tlspin_record {
  const char *host;     /* of the place; "": every host, with scope "subtree" */
  const char *scope;    /* "exact" (NULL), "one-label", "subtree" */
  const char *protocol; /* NULL or "": any */
  unsigned port;        /* 0: any */
  const char *kind;     /* "pin" (NULL), "exception", "mode" */
  const char *status;   /* "critical" (NULL), ... */
  const char *origin;   /* "user" (NULL) or "import"; of a dump "program", "tofu" or "hpkp" */
  const char *level;    /* "leaf" (NULL), ... */
  unsigned selector;    /* of pins and exceptions: 0 certificate, 1 key */
  unsigned matching;    /* 1 SHA-256, 2 SHA-512 */
  struct tlspin_octets digest;
  uint64_t expires;        /* seconds since 1970; 0: never */
  uint64_t enforced_until; /* only reported from then on; 0: enforced as long as it stands */
  int not_always;          /* not where the path ends in an anchor that was added to the system */
  unsigned errors;         /* of an exception: enum tlspin_pki_error */
  const char *note;
  uint64_t first_seen; /* seconds since 1970; 0: now */
  uint64_t last_seen;
  uint64_t count_seen;
  const struct tlspin_seen *chain; /* what was seen with the key, the server's own first; NULL: what
                                      is known of it stays */
  size_t chain_size;               /* at most 16 */
  int backed; /* another call of the same operation stores a second key for the place: then there is
                 no warning that this is the only one */
};

/* Reads a key as people write it ("sha256//BASE64", hex of the key's SHA-256, a TLSA record, one
 * without its usage as keys are told, or the text of a PEM file with one certificate or public key)
 * into selector, matching, digest and level
 * of a record; and into errors, where the record is an exception without any: what a TLSA record of
 * usage 2 or 3 has nobody else vouch for (RFC 7671 section 5), and 0 with every other form.
 * storage: what digest then points to. TLSPIN_E_ARGUMENT. */
TLSPIN_API int tlspin_read_key(const char *text, struct tlspin_record *record,
                               unsigned char storage[64]);

/* Told of a warning about what was stored, in the user's language. */
typedef void (*tlspin_warn)(const char *warning, void *data);

enum tlspin_put_flags {
  TLSPIN_DRY_RUN = 1 << 0, /* check everything, store nothing */
  TLSPIN_MORE = 1 << 1     /* it is a part of an operation, which a call without this finishes */
};

/* Stores records of the user's: all or, on an error, none; at most 1,000. operation: 0, or that of
 * an earlier call with TLSPIN_MORE to which these belong too, so that one undo takes all back; what
 * was put with that is not in force before a call without it. change: may be NULL; of that last
 * call the number for tlspin_undo, and the count of all. TLSPIN_E_BUSY while an import is being
 * stored. The message of an error names the record by its number, from 1. */
TLSPIN_API int tlspin_put(tlspin_t *context, const struct tlspin_record *records, size_t count,
                          uint64_t operation, unsigned flags, struct tlspin_change *change,
                          tlspin_warn warn, void *data);

/* What would be answered about a peer, and why. */
typedef struct tlspin_explanation tlspin_explanation_t;

/* check: what a server showed, or NULL: the pins alone. *explanation: to be freed by
 * tlspin_explanation_free. Returns TLSPIN_OK, TLSPIN_UNAVAILABLE (the daemon can't be reached), or
 * an error; what would be answered is in the explanation. */
TLSPIN_API int tlspin_explain(tlspin_t *context, const char *host, const char *protocol,
                              unsigned port, const struct tlspin_check *check,
                              tlspin_explanation_t **explanation);
TLSPIN_API void tlspin_explanation_free(tlspin_explanation_t *explanation);

/* The parts of it, each a thing to be read by tlspin_entry_string and tlspin_entry_number: the
 * verdict (with "locked-by"); and lists of entries (each with "role"), layers, settings, and
 * commands that would change the answer (each with "command", as it is typed into a shell, "does"
 * and "asks": see Explain of org.tlspin.Admin1). They belong to it. */
enum tlspin_part { TLSPIN_ENTRIES, TLSPIN_LAYERS, TLSPIN_SETTINGS, TLSPIN_COMMANDS };
TLSPIN_API const tlspin_entry_t *
tlspin_explanation_verdict(const tlspin_explanation_t *explanation);
TLSPIN_API size_t tlspin_explanation_count(const tlspin_explanation_t *explanation,
                                           enum tlspin_part part);
TLSPIN_API const tlspin_entry_t *tlspin_explanation_at(const tlspin_explanation_t *explanation,
                                                       enum tlspin_part part, size_t index);

/* Walks over the events of the log with a number above `after`, oldest first; host: only of this
 * one, or NULL. An event is read by tlspin_entry_string and tlspin_entry_number ("id", "made",
 * "kind", "reason", "program", "operation", by which tlspin_undo takes it back...). */
TLSPIN_API int tlspin_events(tlspin_t *context, uint64_t after, const char *host,
                             tlspin_visit visit, void *data);

/* Told of what happens. signal: "Logged" (the event), "Changed" (one call per peer, or one without
 * host; the word is "change"), or "Lost" (the bus or the daemon went away, or came back: ask
 * again). */
typedef int (*tlspin_heard)(const char *signal, const tlspin_entry_t *what, void *data);

/* Listens until `heard` returns not 0, which is returned, or for `milliseconds` (-1: for ever),
 * then TLSPIN_OK. stop: a file descriptor that ends it once it is readable, or -1. The daemon is
 * started where it isn't running. TLSPIN_UNAVAILABLE where there is no bus. */
TLSPIN_API int tlspin_listen(tlspin_t *context, int milliseconds, int stop, tlspin_heard heard,
                             void *data);

/* How the store is. */
typedef struct tlspin_status tlspin_status_t;

/* *status: to be freed by tlspin_status_free. TLSPIN_UNAVAILABLE where the daemon can't be reached.
 */
TLSPIN_API int tlspin_status(tlspin_t *context, tlspin_status_t **status);
TLSPIN_API void tlspin_status_free(tlspin_status_t *status);

/* A string ("version", "state") or a number ("entries", "records", "lifetime-cap", "undo-period",
 * "idle-timeout") of org.tlspin.Admin1.Status; NULL, or -1, where it isn't there. */
TLSPIN_API const char *tlspin_status_string(const tlspin_status_t *status, const char *key);
TLSPIN_API int64_t tlspin_status_number(const tlspin_status_t *status, const char *key);

/* The layers: how many, and a string ("name", "path", "state", "problem") of one, or NULL. */
TLSPIN_API size_t tlspin_status_layers(const tlspin_status_t *status);
TLSPIN_API const char *tlspin_status_layer(const tlspin_status_t *status, size_t layer,
                                           const char *key);

/* What happened to the user's store, and its backups: see org.tlspin.Admin1.Doctor. */
typedef struct tlspin_doctor tlspin_doctor_t;

/* read: not 0: every backup is read through, which takes a while. *doctor: to be freed by
 * tlspin_doctor_free. TLSPIN_UNAVAILABLE where the daemon can't be reached. */
TLSPIN_API int tlspin_doctor(tlspin_t *context, int read, tlspin_doctor_t **doctor);
TLSPIN_API void tlspin_doctor_free(tlspin_doctor_t *doctor);

/* The report ("path", "state", "cause", ...); of the backups, the newest first, and of the files
 * that were set aside how many there are, and one of them, or NULL. Valid as long as the doctor is;
 * tlspin_entry_string and tlspin_entry_number read them. */
TLSPIN_API const tlspin_entry_t *tlspin_doctor_report(const tlspin_doctor_t *doctor);
TLSPIN_API size_t tlspin_doctor_backups(const tlspin_doctor_t *doctor);
TLSPIN_API const tlspin_entry_t *tlspin_doctor_backup(const tlspin_doctor_t *doctor, size_t index);
TLSPIN_API size_t tlspin_doctor_set_aside(const tlspin_doctor_t *doctor);
TLSPIN_API const tlspin_entry_t *tlspin_doctor_aside(const tlspin_doctor_t *doctor, size_t index);

/* The user has seen what happened to the store, and was "found" at this moment; 0: whatever it is.
 * TLSPIN_E_NOT_FOUND: nothing did. TLSPIN_E_BUSY: something else did since then. */
TLSPIN_API int tlspin_acknowledge(tlspin_t *context, int64_t found);

/* Makes a backup of the user's store now. *backup: as in tlspin_doctor_backup, to be freed by
 * tlspin_entry_free; or NULL, where it isn't wanted. TLSPIN_E_BUSY. */
TLSPIN_API int tlspin_backup(tlspin_t *context, tlspin_entry_t **backup);

/* Puts the backup of this name in the place of the user's store. *before: the backup that was made
 * of that, without a "name" where it could not be read; to be freed by tlspin_entry_free; or NULL.
 * TLSPIN_E_NOT_FOUND: there is no such backup; TLSPIN_E_BUSY. */
TLSPIN_API int tlspin_restore(tlspin_t *context, const char *name, tlspin_entry_t **before);

#ifdef __cplusplus
}
#endif
#endif
