/* What is known of a place whose keys become options, and which of them a program may be given.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_OPTIONS_PRIVATE_H
#define FORMATS_OPTIONS_PRIVATE_H

#include "formats/options.h"

enum { OPTION_DIGEST = 32 };

/* A digest of a server's key or certificate, by a pin of a layer and origin. */
struct option_item {
  uint8_t digest[OPTION_DIGEST];
  bool fits;    /* else the program doesn't know what is pinned, and there is no digest */
  int64_t seen; /* when last */
  bool critical;
  const char *layer; /* lives as long as the program */
  enum keypin_origin origin;
  bool wanted; /* it is a key's digest, and the program wants that of its certificate */
};

/* A certificate that was seen with a pin of the place, whether that counts or not. */
struct option_seen {
  uint8_t key[OPTION_DIGEST], certificate[OPTION_DIGEST];
  int64_t seen;
};

/* Why pins are left out, as bits. */
enum option_reason {
  OPTION_BLOCKED = 1 << 0,
  OPTION_UNCERTAIN = 1 << 1, /* whether it is blocked */
  OPTION_UNFIT = 1 << 2,     /* in no form that the program knows */
  OPTION_MASKED = 1 << 3,
  OPTION_REPORTED = 1 << 4,
  OPTION_DTLS = 1 << 5,
  OPTION_EXPIRED = 1 << 6,
  OPTION_CONFLICT = 1 << 7
};

struct option_target {
  struct place place;
  GArray *items; /* struct option_item */
  GArray *seen;  /* struct option_seen, where the program compares certificates */
  unsigned reasons;
};

struct options {
  enum options_program program;
  int64_t now;
  struct place *asked; /* NULL: each place by itself */
  GArray *blocked;     /* struct keypin, without note and chain */
  GPtrArray *targets;  /* struct option_target, in the order in which they came */
  GHashTable *by_name;
};

/* Whether it compares certificates, and not keys. */
bool options_program_wants_certificates(enum options_program program);

/* The items that the program may be given: those that fit, each digest once. Array to be freed. */
GArray *options_choose(struct option_target *target);

void options_free(struct options *options);

#endif
