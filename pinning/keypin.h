/* Key pins, exceptions and opt-outs: one record each, and how a chain matches it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A record says, for a place (pinning/place.h): what of a key. Three kinds:
 *   pin        a key, with a status
 *   exception  this key is accepted although the PKI says no, for the errors that are listed
 *   mode       whether pinning is on or off at all
 * "Pin" has two meanings that are kept apart so: a restriction (a critical pin: nothing else is
 * accepted) and an exception.
 */
#ifndef KEYPIN_H
#define KEYPIN_H

#include "pinning/chain.h"
#include "pinning/place.h"

enum keypin_kind { KEYPIN_PIN, KEYPIN_EXCEPTION, KEYPIN_MODE, KEYPIN_KINDS };

enum keypin_status {
  KEYPIN_INACTIVE, /* history: seen, and nothing more */
  KEYPIN_ACTIVE,   /* a match is accepted; without a match the PKI decides, see verdict.h */
  KEYPIN_CRITICAL, /* one of them must match */
  KEYPIN_REJECTED, /* never acceptable */
  KEYPIN_EXCEPTED, /* the only status of an exception */
  KEYPIN_ON,       /* the two of a mode */
  KEYPIN_OFF,
  KEYPIN_STATUSES
};

enum keypin_origin {
  KEYPIN_TOFU,    /* learned at a first connection */
  KEYPIN_HPKP,    /* the server's Public-Key-Pins */
  KEYPIN_PROGRAM, /* a program said that its user accepted this key */
  KEYPIN_USER,    /* by command */
  KEYPIN_IMPORT,
  KEYPIN_POLICY, /* a system layer's */
  KEYPIN_ORIGINS
};

/* Which certificates of the path are looked at. */
enum keypin_level {
  KEYPIN_LEAF,      /* the server's own, or its raw key */
  KEYPIN_ISSUER,    /* the one above it */
  KEYPIN_ANCHOR,    /* the last */
  KEYPIN_AUTHORITY, /* any above the server's own (TLSA usages 0 and 2) */
  KEYPIN_ANY,       /* any at all (HPKP) */
  KEYPIN_LEVELS
};

/* PKI errors that an exception may excuse, as bits. The names are those of tokens below. */
enum pki_error {
  PKI_UNKNOWN_ISSUER = 1 << 0, /* "unknown-issuer", also self-signed */
  PKI_EXPIRED = 1 << 1,        /* "expired" */
  PKI_NOT_YET_VALID = 1 << 2,  /* "not-yet-valid" */
  PKI_NAME = 1 << 3,           /* "name" */
  PKI_WEAK = 1 << 4,           /* "weak": an insecure algorithm */
  PKI_PURPOSE = 1 << 5,        /* "purpose": not for TLS servers */
  PKI_REVOKED = 1 << 6,        /* "revoked": never excused */
  PKI_OTHER = 1 << 7,          /* "other": never excused */
  PKI_EXCUSABLE =
      PKI_UNKNOWN_ISSUER | PKI_EXPIRED | PKI_NOT_YET_VALID | PKI_NAME | PKI_WEAK | PKI_PURPOSE,
  PKI_ERRORS = 8 /* how many bits */
};

enum { KEYPIN_NOTE_MAX = 1024 }; /* octets */

struct keypin {
  struct place place;
  enum keypin_kind kind;
  enum keypin_status status;
  enum keypin_origin origin;
  enum keypin_level level;          /* of a mode: KEYPIN_LEAF */
  enum selector selector;           /* of a mode: SELECTOR_SPKI */
  enum matching matching;           /* of a mode: MATCHING_SHA256 */
  uint8_t digest[CHAIN_DIGEST_MAX]; /* matching_size octets; of a mode: zeros */
  bool locked;                      /* the user can't override it (system layers only) */
  bool always;           /* also where the path ends in an anchor that was added to the system */
  int64_t enforce_until; /* seconds since 1970; KEYPIN_FOREVER: no end */
  int64_t report_until;  /* from enforce_until to here it is only reported; not before it */
  unsigned errors;       /* of an exception: enum pki_error */
  int64_t first_seen;    /* or made */
  int64_t last_seen;     /* 0: never */
  uint64_t count_seen;
  const char *note; /* UTF-8; a comment, or the report-uri of HPKP; "" */
  struct span seen; /* an encoded struct chain_seen, or empty */
  void *owned;      /* what note and seen point into, or NULL: keypin_clear */
};

#define KEYPIN_FOREVER INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* Tokens ("rejected"); static. */
const char *keypin_kind_token(enum keypin_kind kind);
bool keypin_kind_from_token(const char *token, enum keypin_kind *kind);
const char *keypin_status_token(enum keypin_status status);
bool keypin_status_from_token(const char *token, enum keypin_status *status);
const char *keypin_origin_token(enum keypin_origin origin);
bool keypin_origin_from_token(const char *token, enum keypin_origin *origin);
const char *keypin_level_token(enum keypin_level level);
bool keypin_level_from_token(const char *token, enum keypin_level *level);
const char *pki_error_token(enum pki_error error);
bool pki_error_from_token(const char *token, enum pki_error *error);

/* A new record with nothing set but what a valid one needs: no end, no note, seen never. */
struct keypin keypin_new(const struct place *place, enum keypin_kind kind,
                         enum keypin_status status, enum keypin_origin origin);

/* True where every field is in its range and they fit together: statuses to kinds, errors to
 * exceptions (at least one, all excusable), times 0 to KEYPIN_FOREVER, a valid note and place. */
bool keypin_is_valid(const struct keypin *pin);

/* What keeps it from being valid, by the name that it has in org.tlspin.Admin1 ("host", "status");
 * static. NULL: nothing. */
const char *keypin_fault(const struct keypin *pin);

/* Whether two are one record: place, kind, origin, level, selector, matching and digest, which are
 * the key of the store's table. Below, at or above 0 in its order. */
int keypin_compare_key(const struct keypin *a, const struct keypin *b);

/* Copies note and seen, so that the record owns them. False: no memory. */
bool keypin_own(struct keypin *pin);
void keypin_clear(struct keypin *pin);

enum keypin_force { KEYPIN_EXPIRED, KEYPIN_REPORTED, KEYPIN_ENFORCED };
enum keypin_force keypin_force(const struct keypin *pin, int64_t now);

enum keypin_match {
  KEYPIN_MATCHES,
  KEYPIN_DIFFERS,
  KEYPIN_UNKNOWN /* the certificates that it is about are not known: no path, a key alone, no
                    digest */
};

/* Whether the chain holds the key where the record wants it. A rejected one is looked for in all
 * that was shown, whatever its level is; what was not shown, as the certificate of a key alone, is
 * no place where it could be. */
enum keypin_match keypin_match(const struct keypin *pin, struct chain *chain);

/* The forms in which people write a key: "sha256//BASE64" (curl, RFC 7469), "pin-sha256=..." with
 * or without quotes, 64 or 128 hex digits with or without colons (of the SPKI), and a TLSA record
 * "USAGE SELECTOR MATCHING HEX" (RFC 6698 section 2.2; usage 0 and 2 are KEYPIN_AUTHORITY, 1 and 3
 * KEYPIN_LEAF, and the other forms KEYPIN_ANY; for usages 2 and 3 *errors says what a matching
 * exception would have to excuse, else it is 0; a full record, matching 0, is kept by its SHA-256).
 * Writes level, selector, matching and digest of *pin. False: no such form. */
bool keypin_read_key(const char *text, struct keypin *pin, unsigned *errors);

enum { KEYPIN_KEY_TEXT_SIZE = 160 };

/* "sha256//BASE64" of an SPKI's SHA-256, else "SELECTOR MATCHING HEX" as in a TLSA record.
 * keypin_read_key reads both back. */
bool keypin_key_text(const struct keypin *pin, char text[KEYPIN_KEY_TEXT_SIZE]);

#endif
