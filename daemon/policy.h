/* What may be stored, answered and kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knows no SQLite, no D-Bus and no clock: `now` is passed in, in seconds since 1970. Codes are
 * those of tlspin-error.h; *problem, where there is one, is a text for the user, to be freed by
 * g_free.
 */
#ifndef POLICY_H
#define POLICY_H

#include "daemon/config-file.h"
#include "daemon/gathering.h"
#include "daemon/layers.h"
#include "daemon/settings.h"
#include "pinning/hpkp.h"
#include "pinning/refusal.h"
#include "pinning/verdict.h"

struct policy;

/* layers, config: must outlive the policy. vendor_anchors: the folder of the certificates that the
 * vendor of the system trusts; NULL: it isn't known, and no anchor counts as added. */
struct policy *policy_new(struct layers *layers, const struct config *config,
                          const char *vendor_anchors);
void policy_free(struct policy *policy);
const struct config *policy_config(const struct policy *policy);
struct layers *policy_layers(const struct policy *policy);

/* What is set: see settings_resolve. visit: may be NULL. Asked for at the start and whenever the
 * layers were read anew, lest what is locked be unknown once they can't be read. */
void policy_settings(struct policy *policy, struct settings *settings, settings_visit visit,
                     void *data);

/* What is known about the peer: gathering_make, and its ticket with regard to modes: where one says
 * so, it is TLSPIN_OPTED_OUT, with the reason "off" or "locked-off". To be cleared by
 * gathering_clear. */
void policy_lookup(struct policy *policy, const struct peer *peer, int64_t now,
                   struct gathering *gathering, struct settings *settings);

/* A ticket that a program asks to store. */
struct policy_ticket {
  struct peer peer;
  struct span ticket;
  struct span secret;
  enum ticket_hash hash;
  uint32_t lifetime;  /* seconds */
  uint64_t series;    /* of the pin that was looked up; 0: none */
  struct span anchor; /* SHA-256 of the certificate in which the validated path ends; empty: it is
                         not known, or a ticket was proved */
};

enum policy_outcome {
  POLICY_STORED,   /* a new pin */
  POLICY_RENEWED,  /* the next ticket of a series */
  POLICY_REPEATED, /* it was stored already */
  POLICY_NOTHING,
  POLICY_SUPERSEDED,
  POLICY_OPTED_OUT /* a new pin from behind an anchor that was added to the system */
};

enum tlspin_code policy_store(struct policy *policy, const struct policy_ticket *ticket,
                              int64_t now, enum policy_outcome *outcome, int64_t *expires,
                              char **problem);

/* Counts a failure of a pinned peer, and logs it; TLSPIN_E_NOT_FOUND for one that is not pinned.
 * *event: its number in the log; 0 where it could not be logged. */
enum tlspin_code policy_report(struct policy *policy, const struct peer *peer, enum refusal refusal,
                               int64_t now, uint64_t *event, char **problem);

/* Asked before something is written: whether it may be. ask: NULL: it may. */
struct policy_leave {
  bool (*ask)(void *data);
  void *data;
};

/* What a server showed to a program: see CheckChain of org.tlspin.Pins1. */
struct policy_shown {
  struct chain *chain; /* NULL: nothing (Explain without a chain) */
  enum pki_status pki;
  unsigned errors;
  enum ticket_result ticket; /* TICKET_NONE: not known; then TICKET_STANDS where there is one */
  enum refusal refusal;
  bool learn, private, accepted;
  bool leaf_alone;           /* the program may know a path, and left it out */
  int64_t expires;           /* with accepted; 0: never */
  const char *program;       /* its name, for the log; "": not known. Only policy_check needs it */
  const struct span *served; /* the certificates that the server sent, for the log's report */
  size_t served_count;       /* 0: they are not known */
  struct policy_leave leave; /* to learn and to log */
};

struct policy_judged {
  struct verdict verdict;
  struct verdict_input input; /* what it was judged on; points into the gathering */
  struct gathering gathering; /* cleared by policy_judged_clear */
  struct settings settings;
  struct policy_leave leave; /* of what was shown */
  enum verdict_role *roles; /* of the entries; only policy_explain */
  const char *layer;        /* that decided, or ""; valid until the layers are reloaded */
  unsigned excused;
  bool learned;        /* something was stored: Changed "learned" is to be sent */
  uint64_t event;      /* 0: not logged */
  uint64_t acceptance; /* the event of the user's word that overruled pins; 0: not logged */
};

/* Judges, logs, learns. TLSPIN_UNAVAILABLE only where what was to be learned could not be written,
 * TLSPIN_E_LIMIT where there was no room, or no leave (then without a problem), for what was accepted;
 * *judged is filled in all the same. Without leave nothing else is learned or logged. */
enum tlspin_code policy_check(struct policy *policy, const struct peer *peer,
                              const struct policy_shown *shown, int64_t now,
                              struct policy_judged *judged, char **problem);

/* Judges with roles; changes nothing. */
void policy_explain(struct policy *policy, const struct peer *peer,
                    const struct policy_shown *shown, int64_t now, struct policy_judged *judged);
/* Whether what follows from it may be written. */
bool policy_may_write(const struct policy_judged *judged);
void policy_judged_clear(struct policy_judged *judged);

/* A header Public-Key-Pins: see NoteHpkp of org.tlspin.Pins1. */
struct policy_header {
  struct span text;
  bool report_only;
  struct chain *chain; /* the validated path */
};

struct policy_noted {
  enum hpkp_outcome outcome;
  const char *reason; /* static; "": none */
  int64_t expires;    /* with HPKP_NOTE, else 0 */
  bool changed;       /* Changed "learned" is to be sent */
  uint64_t event;     /* 0: not logged */
};

/* TLSPIN_UNAVAILABLE or TLSPIN_E_LIMIT where it could not be stored; nothing is changed then. */
enum tlspin_code policy_note(struct policy *policy, const struct peer *peer,
                             const struct policy_header *header, int64_t now,
                             struct policy_noted *noted, char **problem);

/* The event of this number, for the signal, if it can be read. */
void policy_logged(struct policy *policy, uint64_t event, store_event_visit visit, void *data);

/* Writes what was counted meanwhile (last_seen, count_seen), and what is locked where it could not
 * be written before: now and then, before a list, and before the daemon leaves. */
void policy_flush(struct policy *policy, int64_t now);

/* The most images that the journal keeps beside those of the user's newest operation. */
enum { POLICY_IMAGES = 100000 };

/* Forgets what the undo period has passed for and what is more than POLICY_IMAGES, and drops drafts
 * that nobody sees to any more; shortens the history of the records (learn.h). To be called at the
 * start and now and then, and at once where the journal has grown. True where there is more to be
 * done: a call takes a fraction of a second, but for the last of those that forgot something. */
bool policy_tidy(struct policy *policy, int64_t now);

/* Whether there is something to be done by that, or by policy_apply. */
bool policy_has_grown(const struct policy *policy);

#endif
