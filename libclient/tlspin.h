/* tlspin: one TLS pin store for every program of a desktop user.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * This header is access to the store: look a peer up, store a ticket, report a failure. Programs
 * that use GnuTLS need only tlspin-gnutls.h, which does all of it.
 *
 * A peer is host, protocol and port. The host may be written as the user wrote it (Unicode, upper
 * case, a final dot); it is normalised. The protocol is "tls" or "dtls".
 *
 * Functions return a code of tlspin-error.h: TLSPIN_OK, an answer, or an error. The library prints
 * nothing, never ends the program, doesn't touch its signals or its locale, and never blocks longer
 * than the budget. Everything may be called from any thread, also on one context, and after fork()
 * in the child.
 */
#ifndef TLSPIN_H
#define TLSPIN_H

#include <stddef.h>
#include <stdint.h>

#include "tlspin-error.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined __GNUC__
#define TLSPIN_API __attribute__((visibility("default")))
#else
#define TLSPIN_API
#endif

/* A way to the daemon: a private connection to the session bus, made when it is first needed and
 * again when it is lost. */
typedef struct tlspin tlspin_t;

/* What the store holds for a peer, or an entry of a list. */
typedef struct tlspin_entry tlspin_entry_t;

/* Makes a context.
 * bus_address: a D-Bus address, copied; NULL: that of the user's session bus
 * (DBUS_SESSION_BUS_ADDRESS, else $XDG_RUNTIME_DIR/bus). A bus is never started. *context: to be
 * freed by tlspin_free. Returns TLSPIN_OK or TLSPIN_E_MEMORY. That no bus is there shows only when
 * it is asked. */
TLSPIN_API int tlspin_new(tlspin_t **context, const char *bus_address);

/* Frees the context and closes its connection. NULL is fine. No other thread may be using it. */
TLSPIN_API void tlspin_free(tlspin_t *context);

/* The context that all of the program shares, made at the first call, or NULL without memory. Not
 * to be freed. */
TLSPIN_API tlspin_t *tlspin_default(void);

/* How long a call may take, in milliseconds: `warm` where the daemon runs (250), `cold` where it
 * has to be started (1000). One retry is part of it. */
TLSPIN_API void tlspin_set_budget(tlspin_t *context, unsigned warm, unsigned cold);

/* Looks a peer up.
 * host: UTF-8 with a NUL at the end. port: 1 to 65535.
 * *entry: where TLSPIN_MATCH is returned, what is stored, to be freed by tlspin_entry_free; else
 * NULL. Returns an answer: TLSPIN_MATCH, TLSPIN_NO_PIN, TLSPIN_STORE_DAMAGED, TLSPIN_UNAVAILABLE,
 * TLSPIN_CLOCK_SUSPECT, TLSPIN_OPTED_OUT or TLSPIN_CANNOT_BE_PINNED (the host is an address); or
 * TLSPIN_E_ARGUMENT or TLSPIN_E_MEMORY. Only TLSPIN_NO_PIN and TLSPIN_OPTED_OUT say that there is
 * no pin: whatever goes wrong on the way to the store is TLSPIN_UNAVAILABLE. */
TLSPIN_API int tlspin_lookup(tlspin_t *context, const char *host, const char *protocol,
                             unsigned port, tlspin_entry_t **entry);

/* A ticket to be stored (RFC 8672 section 2.1). Set to zero first. */
struct tlspin_ticket {
  const void *ticket; /* octets */
  size_t ticket_size; /* at most 65,535 */
  const void *secret; /* the pinning secret of the connection that brought the ticket */
  size_t secret_size; /* 32 with "sha256", 48 with "sha384" */
  const char *hash;   /* "sha256" or "sha384" */
  uint32_t lifetime;  /* seconds, as the server said */
  uint64_t series; /* tlspin_entry_series of what was looked up before the handshake; 0: there was
                      no pin */
  const void *anchor; /* where there was no pin: SHA-256 of the certificate (DER) in which the
                         validated path ends; NULL where that isn't known */
  size_t anchor_size; /* 32, or 0 */
};

/* Stores a ticket. To be called only once the handshake is complete, the certificate was accepted
 * and, for a pinned peer, the proof was right. *expires: seconds since 1970; 0 where nothing was
 * stored, because lifetime or ticket were zero or because the pin is not the one any more that was
 * looked up. NULL: the call is sent and not waited for. Returns TLSPIN_OK; where it was waited for,
 * TLSPIN_OPTED_OUT: nothing was stored, because the path ends in an anchor that was added to the
 * system, and policy exempts those; TLSPIN_UNAVAILABLE, TLSPIN_CANNOT_BE_PINNED, TLSPIN_E_ARGUMENT
 * or TLSPIN_E_MEMORY. */
TLSPIN_API int tlspin_store(tlspin_t *context, const char *host, const char *protocol,
                            unsigned port, const struct tlspin_ticket *ticket, uint64_t *expires);

/* Reports that a server did not meet its pin. The call is sent and not waited for.
 * reason: a word that org.tlspin.Pins1 lists at ReportFailure. */
TLSPIN_API int tlspin_report_failure(tlspin_t *context, const char *host, const char *protocol,
                                     unsigned port, const char *reason);

/* Octets that belong to the caller. */
struct tlspin_octets {
  const void *data;
  size_t size;
};

enum tlspin_check_flags {
  TLSPIN_CHECK_PATH = 1 << 0, /* the chain is exactly the validated path, its anchor last; without
                                 it only the first certificate is known to be of the path, and
                                 pins above it can't be met */
  TLSPIN_CHECK_RAW_KEY = 1 << 1, /* the chain is one bare SubjectPublicKeyInfo (RFC 7250) */
  TLSPIN_CHECK_LEARN = 1 << 2,   /* the handshake is complete, and the program goes on if the answer
                                    lets it: the key is learned or counted, where policy allows */
  TLSPIN_CHECK_PRIVATE = 1 << 3, /* nothing is stored or logged */
  TLSPIN_CHECK_ACCEPTED = 1 << 4, /* with LEARN: the user told this program that the key is right */
  TLSPIN_CHECK_KEY_ALONE = 1 << 5 /* the chain is one SubjectPublicKeyInfo, of a certificate of
                                     which the program knows no more: a pin above the server's own
                                     key, or of a certificate, is answered by a TLSPIN_MISMATCH with
                                     the reason "path-unknown", and with PKI_UNCHECKED another key
                                     than that of an active pin by one with the reason "changed";
                                     not with PATH or RAW_KEY */
};

enum tlspin_pki { TLSPIN_PKI_UNCHECKED, TLSPIN_PKI_OK, TLSPIN_PKI_FAILED };

/* The PKI's errors, as bits. The last two are never excused. */
enum tlspin_pki_error {
  TLSPIN_PKI_UNKNOWN_ISSUER = 1 << 0,
  TLSPIN_PKI_EXPIRED = 1 << 1,
  TLSPIN_PKI_NOT_YET_VALID = 1 << 2,
  TLSPIN_PKI_NAME = 1 << 3,
  TLSPIN_PKI_WEAK = 1 << 4,
  TLSPIN_PKI_PURPOSE = 1 << 5,
  TLSPIN_PKI_REVOKED = 1 << 6,
  TLSPIN_PKI_OTHER = 1 << 7
};

/* What a server showed, and what the PKI says of it. Set to zero first. */
struct tlspin_check {
  const struct tlspin_octets *chain; /* certificates in DER, the server's own first; at most 16 */
  size_t chain_size;                 /* how many */
  unsigned flags;                    /* enum tlspin_check_flags */
  enum tlspin_pki pki;
  unsigned errors;     /* enum tlspin_pki_error, with TLSPIN_PKI_FAILED */
  const char *ticket;  /* NULL; "proved", or the reason for which the ticket was not met */
  uint64_t expires;    /* with ACCEPTED: seconds since 1970; 0: never */
  const char *program; /* for the log; NULL: the program's short name */
  const struct tlspin_octets *served; /* the certificates that the server sent, in its order and no
                                         others, for the report that the log has of a pin of HPKP
                                         that was not met (RFC 7469 section 3), and for nothing
                                         else; at most 16, of 65,535 octets; NULL: not known */
  size_t served_size;                 /* how many */
};

/* What was answered, and why. */
typedef struct tlspin_verdict tlspin_verdict_t;

/* The one decision over all pins of a peer, for programs with a handshake of their own: to be asked
 * after the PKI's check and before any application data.
 * *verdict: to be freed by tlspin_verdict_free; NULL where an error is returned, or verdict is
 * NULL. Returns an answer, or TLSPIN_E_ARGUMENT (a chain that is empty, too long, or not DER),
 * TLSPIN_E_LIMIT (with ACCEPTED: there is no room for one more key of this server, say 16 that the
 * user accepted; the last message names the remedy) or TLSPIN_E_MEMORY. Go on only with
 * TLSPIN_MATCH, TLSPIN_NO_PIN and TLSPIN_OPTED_OUT, and with a TLSPIN_MISMATCH that is not
 * enforced; what else may be gone on with is the table of tlspin-gnutls.h. */
TLSPIN_API int tlspin_check_chain(tlspin_t *context, const char *host, const char *protocol,
                                  unsigned port, const struct tlspin_check *check,
                                  tlspin_verdict_t **verdict);

TLSPIN_API void tlspin_verdict_free(tlspin_verdict_t *verdict);
TLSPIN_API const char *
tlspin_verdict_reason(const tlspin_verdict_t *verdict); /* a word of CheckChain */
/* Whose word it was: "user" or the file name of a layer of the system; "" where none decided, or
 * where it isn't known which. */
TLSPIN_API const char *tlspin_verdict_layer(const tlspin_verdict_t *verdict);
TLSPIN_API int tlspin_verdict_enforced(const tlspin_verdict_t *verdict); /* 0: only reported */
TLSPIN_API unsigned tlspin_verdict_rule(const tlspin_verdict_t *verdict);
TLSPIN_API const char *
tlspin_verdict_change(const tlspin_verdict_t *verdict); /* "same-key"...; or "" */
TLSPIN_API int tlspin_verdict_learned(const tlspin_verdict_t *verdict);
TLSPIN_API unsigned
tlspin_verdict_excused(const tlspin_verdict_t *verdict); /* enum tlspin_pki_error */
/* One sentence about it, in the user's language; belongs to the verdict. */
TLSPIN_API const char *tlspin_verdict_text(const tlspin_verdict_t *verdict);

/* Hands over a header Public-Key-Pins (RFC 7469) that came over a connection without any error. Its
 * pins hold for this protocol and port alone, unlike the RFC's, whose programs know only HTTP.
 * header: the value of the first such field, octets. report_only: it was
 * Public-Key-Pins-Report-Only. chain: the validated path, its anchor last. *outcome: "note",
 * "remove", "ignore" or "evaluate"; static; NULL: the call is sent and not waited for. Returns
 * TLSPIN_OK, TLSPIN_UNAVAILABLE, TLSPIN_CANNOT_BE_PINNED, TLSPIN_E_ARGUMENT, TLSPIN_E_LIMIT or
 * TLSPIN_E_MEMORY. */
TLSPIN_API int tlspin_note_hpkp(tlspin_t *context, const char *host, const char *protocol,
                                unsigned port, struct tlspin_octets header, int report_only,
                                const struct tlspin_octets *chain, size_t chain_size,
                                const char **outcome);

/* What went wrong in this thread's last call, as a sentence in the user's language that says what
 * to do; it may be empty. Valid until the thread's next call. */
TLSPIN_API const char *tlspin_last_message(void);

/* Wipes and frees. NULL is fine. */
TLSPIN_API void tlspin_entry_free(tlspin_entry_t *entry);

/* What an entry says. Strings and octets belong to the entry; what it doesn't say is "", NULL with
 * size 0, or 0. */
TLSPIN_API const char *tlspin_entry_host(const tlspin_entry_t *entry); /* normalised */
TLSPIN_API const char *tlspin_entry_protocol(const tlspin_entry_t *entry);
TLSPIN_API unsigned tlspin_entry_port(const tlspin_entry_t *entry);
TLSPIN_API const char *tlspin_entry_kind(const tlspin_entry_t *entry);  /* "ticket" */
TLSPIN_API const char *tlspin_entry_layer(const tlspin_entry_t *entry); /* "user" or a file name */
TLSPIN_API const char *
tlspin_entry_lock(const tlspin_entry_t *entry); /* "none", "enforce", "report", "off" */
TLSPIN_API const char *tlspin_entry_hash(const tlspin_entry_t *entry); /* "sha256" or "sha384" */
TLSPIN_API uint64_t tlspin_entry_expires(const tlspin_entry_t *entry); /* seconds since 1970 */
TLSPIN_API uint64_t tlspin_entry_series(const tlspin_entry_t *entry);  /* of a lookup */
TLSPIN_API const void *tlspin_entry_ticket(const tlspin_entry_t *entry,
                                           size_t *size); /* of a lookup */
TLSPIN_API const void *tlspin_entry_secret(const tlspin_entry_t *entry,
                                           size_t *size); /* of a lookup */
TLSPIN_API const char *
tlspin_entry_state(const tlspin_entry_t *entry); /* of a list: "active", "expired", "masked" */
TLSPIN_API unsigned tlspin_entry_ticket_size(const tlspin_entry_t *entry); /* octets */
TLSPIN_API uint64_t
tlspin_entry_first_seen(const tlspin_entry_t *entry); /* of a list; seconds since 1970 */
TLSPIN_API uint64_t tlspin_entry_issued(const tlspin_entry_t *entry);   /* of a list */
TLSPIN_API unsigned tlspin_entry_failures(const tlspin_entry_t *entry); /* of a list */
TLSPIN_API uint64_t tlspin_entry_failed(const tlspin_entry_t *entry);   /* of a list: when last */
TLSPIN_API const char *
tlspin_entry_failure_reason(const tlspin_entry_t *entry); /* of a list: why last */

/* Whatever else stands in an entry of a list, by its name in org.tlspin.Admin1.List ("scope",
 * "status", "key", "note", "role"; "count-seen", "errors", "always"; "digest"): NULL, -1, or size 0
 * where it isn't there. */
TLSPIN_API const char *tlspin_entry_string(const tlspin_entry_t *entry, const char *name);
TLSPIN_API int64_t tlspin_entry_number(const tlspin_entry_t *entry, const char *name);
TLSPIN_API const void *tlspin_entry_octets(const tlspin_entry_t *entry, const char *name,
                                           size_t *size);
/* The certificates that were seen with a key, the server's own first: how many, and each as an
 * entry of its own ("subject", "key", "not-before", "not-after", "certificate") that belongs to
 * this one. */
TLSPIN_API size_t tlspin_entry_chain(const tlspin_entry_t *entry);
TLSPIN_API const tlspin_entry_t *tlspin_entry_chain_at(const tlspin_entry_t *entry, size_t index);

#ifdef __cplusplus
}
#endif
#endif
