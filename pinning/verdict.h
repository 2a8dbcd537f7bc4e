/* The one decision over all that is known about a peer and all that it showed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pure function: no store, no clock, no bus. The daemon and the library both call it. Its rules
 * stand above verdict_judge in verdict.c.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "common/tlspin-error.h"
#include "pinning/change.h"
#include "pinning/keypin.h"
#include "pinning/refusal.h"

/* One record of one layer. */
struct verdict_entry {
  const struct keypin *pin;
  unsigned layer; /* 0: the user's; then the system's in order of precedence, 1 the highest */
};

enum pki_status { PKI_OK, PKI_FAILED, PKI_UNCHECKED };

/* What is known of the pinning ticket. */
enum ticket_result {
  TICKET_NONE,   /* the peer has none */
  TICKET_STANDS, /* it has one, of which this check knows nothing more */
  TICKET_PROVED,
  TICKET_FAILED /* see `refusal` */
};

struct verdict_input {
  const struct peer *peer;
  const struct verdict_entry *entries; /* of all layers that could be read; those that don't cover
                                          the peer or are not in force are passed over */
  size_t count;
  bool unreadable;     /* some layer could not be read */
  bool lost;           /* pins were lost from a layer that can be read */
  bool suspect;        /* the clock can't be trusted, and by another time there would be a pin */
  struct chain *chain; /* NULL: nothing was shown (a lookup) */
  enum pki_status pki;
  unsigned errors;       /* enum pki_error, with PKI_FAILED */
  bool added_anchor;     /* the path ends in an anchor that a user or an administrator added */
  bool anchors_enforced; /* policy wants pins enforced there too */
  unsigned changes;      /* bits 1 << enum change: which changes are accepted without a word */
  enum ticket_result ticket;
  enum refusal refusal; /* with TICKET_FAILED */
  bool ticket_reported; /* a lock says that the ticket is only to be reported */
  bool ticket_locked;   /* the ticket is a locked one of a system layer */
  int64_t now;
};

enum verdict_reason {
  VERDICT_NONE,         /* "none": nothing is stored for the peer */
  VERDICT_KEY_REJECTED, /* "key-rejected" */
  VERDICT_OFF,          /* "off": by the user or an unlocked entry */
  VERDICT_LOCKED_OFF,   /* "locked-off" */
  VERDICT_TICKET,       /* the refusal's own token */
  VERDICT_PROVED,       /* "proved": by the ticket alone */
  VERDICT_PKI_FAILED,   /* "pki-failed" */
  VERDICT_EXCEPTED,     /* "excepted": an exception excuses the PKI's errors, and no pin differs */
  VERDICT_ADDED_ANCHOR, /* "added-anchor" */
  /* "critical-matched". Where a pin of HPKP's says it, no enforced pin of a first use stands for
   * the peer: else HPKP's are met as well, but what is said is the word of that one, with `change`
   */
  VERDICT_CRITICAL_MATCHED,
  VERDICT_CRITICAL_DIFFERS, /* "critical-differs" */
  /* "path-unknown": a pin above the leaf and no validated path; or of a certificate and a key alone
   */
  VERDICT_PATH_UNKNOWN,
  VERDICT_ACTIVE_MATCHED,  /* "active-matched" */
  VERDICT_ACTIVE_DIFFERS,  /* "active-differs": none matched; the PKI decides */
  VERDICT_CHANGE_ACCEPTED, /* "change-accepted": see `change` */
  VERDICT_CHANGED,         /* "changed": another key than the learned one, and nothing explains it;
                              or of a key alone for which no PKI was asked, than an active one */
  VERDICT_UNREADABLE,      /* "unreadable" */
  VERDICT_LOST,            /* "pins-lost": nothing is stored, but what was may be lost */
  VERDICT_CLOCK,           /* "clock-suspect": nothing is in force, by a clock that isn't trusted */
  VERDICT_STANDS,          /* "stands": nothing was shown, and something is pinned */
  VERDICT_REASONS
};

/* Static. VERDICT_TICKET has the token "ticket". */
const char *verdict_reason_token(enum verdict_reason reason);
bool verdict_reason_from_token(const char *token, enum verdict_reason *reason);

/* A sentence for gettext; static. */
const char *verdict_reason_text(enum verdict_reason reason);

struct verdict {
  enum tlspin_code answer; /* match, mismatch, no-pin, store-damaged, unavailable,
                               clock-suspect, opted-out */
  enum verdict_reason reason;
  enum refusal refusal; /* with VERDICT_TICKET */
  enum change change;   /* with a change that was met, accepted or not */
  int decided_by;       /* an index into the entries, or -1 */
  unsigned rule;        /* the number of the rule in verdict.c */
  bool enforced;        /* false: a mismatch that is only to be reported */
  bool learn;           /* what was shown may be recorded, or counted: see daemon/learn.h */
};

/* Whether "no pin" can't be said: see verdict.c. */
bool verdict_in_doubt(const struct verdict_input *input);

void verdict_judge(const struct verdict_input *input, struct verdict *verdict);

/* The answer but for what is only reported, which is no word for a server either: for programs that
 * take a match for all that they need to know. */
enum tlspin_code verdict_otherwise(const struct verdict_input *input);

/* What became of each entry, for people who ask why. role: an array of input->count. */
enum verdict_role {
  VERDICT_ELSEWHERE, /* it does not cover the peer */
  VERDICT_EXPIRED,
  VERDICT_HISTORY,    /* inactive */
  VERDICT_MASKED,     /* a more specific entry, another layer, or an opt-out decides */
  VERDICT_LOCKED_OUT, /* a locked entry decides */
  VERDICT_EXEMPTED,   /* passed over for the added anchor */
  VERDICT_LOOKED_AT,  /* compared, and did not match; or there was nothing to compare with */
  VERDICT_MATCHED,    /* of a mode: it is "on", and stands */
  VERDICT_DECIDED,    /* in a lookup: it stands */
  VERDICT_ROLES
};
const char *verdict_role_token(enum verdict_role role);
void verdict_explain(const struct verdict_input *input, struct verdict *verdict,
                     enum verdict_role *roles);

/* The enforcement levels of a program. */
enum verdict_level { LEVEL_TOFU, LEVEL_STRICT, LEVEL_ADVISORY };

/* Whether a program of this level goes on: the table of tlspin-gnutls.h. unavailable_fails: the
 * administrator's word on a store that can't be read. */
bool verdict_permits(enum tlspin_code answer, bool enforced, enum verdict_level level,
                     bool unavailable_fails);

#endif
