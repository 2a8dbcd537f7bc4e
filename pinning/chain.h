/* What a server showed of itself: its certificates or its raw key, and their digests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pins are matched against the path that was validated, not against whatever the server sent
 * (RFC 7469 section 2.6): the caller says how much of a chain is such a path.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include "common/bytes.h"

#include <stdbool.h>
#include <stdint.h>

/* TLSA's numbers (RFC 6698 section 7). */
enum selector { SELECTOR_CERTIFICATE = 0, SELECTOR_SPKI = 1, SELECTOR_COUNT };
enum matching { MATCHING_SHA256 = 1, MATCHING_SHA512 = 2, MATCHING_COUNT };

enum {
  CHAIN_MAX = 16,                /* certificates */
  CHAIN_CERTIFICATE_MAX = 65535, /* octets of one */
  CHAIN_DIGEST_MAX = 64,         /* octets */
  CHAIN_SEEN_MAX = 8192          /* octets of an encoded struct chain_seen */
};

/* 32 or 64; 0 for a number that is none. */
size_t matching_size(enum matching matching);

/* Digests octets into `digest`. False where it can't. The daemon has GLib's, programs have
 * GnuTLS's: pinning/digest.h. */
typedef bool (*chain_digest)(enum matching matching, struct span octets,
                             uint8_t digest[CHAIN_DIGEST_MAX]);

struct chain_certificate {
  struct span der;  /* empty for a raw key */
  struct span spki; /* RFC 5280 section 4.1.2.7 */
  struct {
    bool known;
    uint8_t octets[CHAIN_DIGEST_MAX];
  } digests[SELECTOR_COUNT][MATCHING_COUNT]; /* made when they are first asked for */
};

struct chain {
  chain_digest digest;
  size_t count; /* the server's own first, its anchor last */
  bool raw;     /* one bare SPKI instead of certificates: that is all there is (RFC 7250) */
  bool alone; /* with `raw`, set by whoever knows: it is the key of a certificate that isn't known,
                 nor what is above it */
  bool path;  /* validated, from the first to the last; else only the first is known to count */
  struct chain_certificate at[CHAIN_MAX];
};

enum chain_fault {
  CHAIN_FINE,
  CHAIN_EMPTY,
  CHAIN_LONG,    /* more than CHAIN_MAX */
  CHAIN_LARGE,   /* a certificate of more than CHAIN_CERTIFICATE_MAX octets */
  CHAIN_NOT_DER, /* no certificate, or no SPKI */
  CHAIN_TWICE    /* the same certificate twice: a path has no cycles */
};

/* certificates: DER each, or one SPKI where `raw`; they must outlive the chain. */
enum chain_fault chain_read(const struct span *certificates, size_t count, bool raw, bool path,
                            chain_digest digest, struct chain *chain);

/* A sentence for gettext; static. */
const char *chain_fault_text(enum chain_fault fault);

/* The digest of a certificate or its key; `digest` points into the chain. False where the digest
 * can't be made, or a raw key's certificate is asked for. */
bool chain_digest_at(struct chain *chain, size_t index, enum selector selector,
                     enum matching matching, struct span *digest);

/* What is kept of a chain: enough to show a change, and to pin at another level later. */
struct chain_seen_certificate {
  char subject[128];  /* its common name, else its organisation, cut; UTF-8 without control
                         characters */
  int64_t not_before; /* seconds since 1970 */
  int64_t not_after;
  uint8_t certificate[32]; /* SHA-256 */
  uint8_t spki[32];        /* SHA-256 */
};

struct chain_seen {
  size_t count; /* 0: nothing was seen */
  bool raw;
  struct chain_seen_certificate at[CHAIN_MAX];
};

/* Only the first certificate where the chain is no path; nothing where it is a key alone, which
 * would be taken for a raw one. False where a digest can't be made. */
bool chain_see(struct chain *chain, struct chain_seen *seen);

/* To and from octets, for the store: version 1, then per certificate its fields. An empty span is a
 * chain of 0. Decoding takes the octets as hostile. */
bool chain_seen_encode(const struct chain_seen *seen, struct writer *writer);
bool chain_seen_decode(struct span octets, struct chain_seen *seen);

#endif
