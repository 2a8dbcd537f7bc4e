/* The octets of a pinning ticket: the original pinning secret, sealed under a protection key (RFC
 * 8672 section 4.2). Only servers read them, so the form is ours:
 *
 *   struct {
 *     uint8 version = 1;
 *     opaque key_id[8];          // in clear
 *     opaque salt[32];           // random
 *     opaque sealed[];           // AES-256-GCM of the content, with its tag
 *   } Ticket;
 *   struct {
 *     opaque pinning_secret<32..48>;
 *     uint64 issued;             // seconds since 1970
 *     uint32 lifetime;           // seconds
 *   } Content;
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Key and nonce are made for each ticket: HKDF-Expand(SHA-256, protection key, "tlspin pinning
 * ticket" || key_id || salt) gives 32 octets of key and 12 of nonce. This is the third way that RFC
 * 8672 section 6.8 names. With random nonces under the protection key itself the birthday bound of
 * GCM would be near after 2^32 tickets, which a cluster can reach; 32 octets of salt put it out of
 * reach, and no member has to count. Version, key_id and the SNI name are authenticated: a ticket
 * is good for one name only.
 *
 * Pure functions but for the random salt. Any thread.
 */
#ifndef SEAL_H
#define SEAL_H

#include "libserver/keys.h"
#include "pinning/ticket.h"

enum {
  SEAL_VERSION = 1,
  SEAL_SALT_SIZE = 32,
  SEAL_TAG_SIZE = 16,
  SEAL_HEAD_SIZE = 1 + KEY_ID_SIZE + SEAL_SALT_SIZE,
  SEAL_CONTENT_MAX = 1 + TICKET_SECRET_MAX + 8 + 4,
  SEAL_MAX = SEAL_HEAD_SIZE + SEAL_CONTENT_MAX + SEAL_TAG_SIZE
};

struct seal_content {
  struct ticket_secret secret;
  uint64_t issued;
  uint32_t lifetime;
};

enum seal_outcome {
  SEAL_OPENED,
  SEAL_MALFORMED,   /* not of this form, or of another version */
  SEAL_UNKNOWN_KEY, /* no key with this identifier */
  SEAL_OTHER_NAME,  /* the key is for another name */
  SEAL_FORGED       /* changed, made by somebody else, or issued for another name */
};

/* Writes a ticket. host: the normalised SNI name. False: GnuTLS refused; nothing was written. */
bool seal_write(struct writer *w, const struct key *key, const char *host,
                const struct seal_content *content);

/* Reads a ticket. Its age is no reason to refuse it: the client drops it at the end of its
 * lifetime, and a server whose clock is wrong must not lock out its clients. content: written on
 * SEAL_OPENED alone; to be wiped by the caller. */
enum seal_outcome seal_read(struct span ticket, const struct keys *keys, const char *host,
                            struct seal_content *content);

/* Why a ticket was refused, as an untranslated sentence for gettext; static. */
const char *seal_outcome_text(enum seal_outcome outcome);

#endif
