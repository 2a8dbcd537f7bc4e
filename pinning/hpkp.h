/* Public-Key-Pins (RFC 7469): the header, and what may be stored of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef HPKP_H
#define HPKP_H

#include "pinning/chain.h"

enum {
  HPKP_HEADER_MAX = 16384,  /* octets of a field; a longer one is ignored unread */
  HPKP_PINS_MAX = 64,       /* different pins of a field; one with more is ignored, since a part of
                               a set would lock its server out */
  HPKP_URI_MAX = 1024,      /* octets; a longer URI is left out, and the pins count */
  HPKP_AGE_MAX = 60 * 86400 /* seconds: the cap on max-age (section 4.1) */
};

enum hpkp_outcome {
  HPKP_IGNORE,   /* malformed, or against the rules: the old pins stay */
  HPKP_NOTE,     /* to be stored in place of the old ones */
  HPKP_REMOVE,   /* max-age=0 */
  HPKP_EVALUATE, /* report-only: judged once, never stored */
  HPKP_OUTCOMES
};

struct hpkp {
  size_t pins;
  uint8_t pin[HPKP_PINS_MAX][32]; /* SHA-256 of SPKIs, each once */
  bool other_hashes;              /* there were pins by other hashes, which are passed over */
  bool has_max_age;
  uint64_t max_age; /* seconds, as the server said (at most INT64_MAX) */
  bool subdomains;
  char report_uri[HPKP_URI_MAX + 1]; /* "": none; ASCII, and DEL perhaps; http or https */
};

const char *hpkp_outcome_token(enum hpkp_outcome outcome); /* "note"... */

/* The grammar (section 2.1), with what deployed clients tolerate: see hpkp.c. header: the field's
 * value, any octets. False: ignore the field. */
bool hpkp_read(struct span header, struct hpkp *hpkp);

/* The grammar as the RFC has it, without tolerance. */
bool hpkp_read_strict(struct span header, struct hpkp *hpkp);

/* The rules for storing (section 2.5) or removing (2.3.1). chain: the validated path; a chain that
 * is no path is never enough to note by. reason: static, for a log: why it is ignored. */
enum hpkp_outcome hpkp_judge(const struct hpkp *hpkp, bool report_only, struct chain *chain,
                             const char **reason);

/* The same over SHA-256 digests of SPKIs, for test vectors. */
enum hpkp_outcome hpkp_judge_digests(const struct hpkp *hpkp, bool report_only,
                                     const uint8_t (*spki)[32], size_t count, const char **reason);

/* Whether a field that is ignored unpins the host all the same: all its pins are by hashes that are
 * not known here (section 2.1.1). */
bool hpkp_forgets(const struct hpkp *hpkp, bool report_only);

/* Whether one of the pins is among the path's keys; of a chain that is no path, only the first
 * counts. */
bool hpkp_met(const struct hpkp *hpkp, struct chain *chain);

/* max-age, capped. */
uint32_t hpkp_age(const struct hpkp *hpkp);

#endif
