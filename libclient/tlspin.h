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

/* A ticket to be stored (RFC 8672 section 2.1). */
struct tlspin_ticket {
  const void *ticket; /* octets */
  size_t ticket_size; /* at most 65,535 */
  const void *secret; /* the pinning secret of the connection that brought the ticket */
  size_t secret_size; /* 32 with "sha256", 48 with "sha384" */
  const char *hash;   /* "sha256" or "sha384" */
  uint32_t lifetime;  /* seconds, as the server said */
  uint64_t series; /* tlspin_entry_series of what was looked up before the handshake; 0: there was
                      no pin */
};

/* Stores a ticket. To be called only once the handshake is complete, the certificate was accepted
 * and, for a pinned peer, the proof was right. *expires: seconds since 1970; 0 where nothing was
 * stored, because lifetime or ticket were zero or because the pin is not the one any more that was
 * looked up. NULL: the call is sent and not waited for. Returns TLSPIN_OK, TLSPIN_UNAVAILABLE,
 * TLSPIN_CANNOT_BE_PINNED, TLSPIN_E_ARGUMENT or TLSPIN_E_MEMORY. */
TLSPIN_API int tlspin_store(tlspin_t *context, const char *host, const char *protocol,
                            unsigned port, const struct tlspin_ticket *ticket, uint64_t *expires);

/* Reports that a server did not meet its pin. The call is sent and not waited for.
 * reason: a word that org.tlspin.Pins1 lists at ReportFailure. */
TLSPIN_API int tlspin_report_failure(tlspin_t *context, const char *host, const char *protocol,
                                     unsigned port, const char *reason);

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

#ifdef __cplusplus
}
#endif
#endif
