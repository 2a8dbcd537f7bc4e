/* What was found in policy text: which file and line, which key, and what to do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FINDING_H
#define FINDING_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum severity {
  SEVERITY_NOTE,    /* worth knowing */
  SEVERITY_WARNING, /* most likely not what was meant */
  SEVERITY_ERROR,   /* nothing is compiled */
  SEVERITIES
};

/* The token of a severity ("error"), and the word for people; static. */
const char *severity_token(enum severity severity);
const char *severity_text(enum severity severity);

enum finding_kind {
  /* errors */
  FINDING_FILE,            /* "file": it can't be read, or not be trusted */
  FINDING_SYNTAX,          /* "syntax" */
  FINDING_PLACE,           /* "place": a group's name is no host */
  FINDING_DUPLICATE_GROUP, /* "duplicate-group" in one file */
  FINDING_DUPLICATE_KEY,   /* "duplicate-key" in one group */
  FINDING_UNKNOWN_KEY,     /* "unknown-key" */
  FINDING_VALUE,           /* "value" */
  FINDING_DATE,            /* "date" */
  FINDING_PIN,             /* "pin": a key pin in no known form */
  FINDING_PEM,             /* "pem" */
  FINDING_CONTRADICTION,   /* "contradiction": two keys of a group that don't go together */
  /* warnings */
  FINDING_OWNER,          /* "owner": compile would not trust the file */
  FINDING_EMPTY,          /* "empty": a group that says nothing */
  FINDING_SINGLE_PIN,     /* "single-pin": no backup */
  FINDING_EXPIRED,        /* "expired" */
  FINDING_EXPIRING,       /* "expiring" within 30 days */
  FINDING_PUBLIC_SUFFIX,  /* "public-suffix" */
  FINDING_EVERY_HOST,     /* "every-host": pins for all of them */
  FINDING_SAME_KEY,       /* "same-key" twice in a list */
  FINDING_UNREACHABLE,    /* "unreachable": another group or key decides always */
  FINDING_HOLE,           /* "hole": names below are not pinned any more */
  FINDING_BLOCKED_PIN,    /* "blocked-pin": another group blocks the key */
  FINDING_IDLE_EXCEPTION, /* "idle-exception": it excuses nothing */
  FINDING_TLSA_LEVEL,     /* "tlsa-level": a TLSA record says another level than the group */
  FINDING_SECONDS,        /* "seconds": of a span that may have been meant as days */
  FINDING_LAYER,          /* "layer": one that can't be read, and has no text */
  /* notes */
  FINDING_OVERRIDDEN, /* "overridden": by the same group of another file */
  FINDING_HIDDEN,     /* "hidden": a file by its namesake of the administrator */
  FINDING_KINDS
};

/* The token of a kind ("single-pin"); static. */
const char *finding_kind_token(enum finding_kind kind);
enum severity finding_kind_severity(enum finding_kind kind);

struct finding {
  enum finding_kind kind;
  const char *file; /* in UTF-8 */
  unsigned line;    /* from 1; 0: the file as a whole */
  const char *key;  /* the key's name, or NULL */
  const char *text; /* what is wrong, and what to do; UTF-8 */
};

struct findings {
  GArray *list; /* struct finding; the texts are in `texts` */
  GStringChunk *texts;
  size_t counts[SEVERITIES];
  enum severity least; /* what is less severe is counted, and not kept */
};

void findings_init(struct findings *findings, enum severity least);
void findings_clear(struct findings *findings);

/* Where something stands. */
struct spot {
  const char *file; /* a path, not always in UTF-8 */
  unsigned line;
};

void findings_add(struct findings *findings, enum finding_kind kind, struct spot spot,
                  const char *key, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* The same of what is named behind a key: the text says which, unless key is NULL. */
void findings_add_named(struct findings *findings, enum finding_kind kind, struct spot spot,
                        const char *key, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* By the names of the files, as they take precedence, and by line. */
void findings_sort(struct findings *findings);

/* "FILE:LINE: error: TEXT", without a line feed; to be freed by the caller. */
char *finding_text(const struct finding *finding);

#endif
