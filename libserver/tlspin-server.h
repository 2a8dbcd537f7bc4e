/* libtlspin-server: the server's half of RFC 8672 (TLS Server Identity Pinning with Tickets) for
 * GnuTLS.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server that uses it hands out pinning tickets, and proves in later handshakes that it is the
 * one that handed them out. Whoever doesn't hold its protection keys can't, whatever certificate
 * they have.
 *
 *   tlspin_server_t *server;
 *   if (tlspin_server_new(&server) != TLSPIN_OK)
 *     ...
 *   tlspin_server_set_log(server, log_message, NULL);
 *   if (tlspin_server_load_keys(server, "/etc/example/tlspin.keys") != TLSPIN_OK)
 *     ...                                            // again after each change of the file
 *
 *   gnutls_init(&session, GNUTLS_SERVER);            // for each connection
 *   ...
 *   if (tlspin_server_attach(server, session) != TLSPIN_OK)
 *     ...
 *   gnutls_handshake(session);
 *   tlspin_server_result(session);                   // for a log line
 *
 * The key file is made and changed with tlspin-server(1); tlspin-keys(5) describes it.
 *
 * Threads: sessions may run in any threads, also while another thread loads keys or changes a
 * setting; for one session GnuTLS's own rule holds: one thread at a time. Errors: every function
 * returns TLSPIN_OK or a code from 32 on (tlspin-error.h), and has then changed nothing. Nothing
 * here ends the process, writes to a terminal, changes the locale or starts a thread.
 */
#ifndef TLSPIN_SERVER_H
#define TLSPIN_SERVER_H

#include <gnutls/gnutls.h>
#include <stddef.h>
#include <stdint.h>

#include "tlspin-error.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/* The settings and protection keys of a server. Opaque. */
typedef struct tlspin_server tlspin_server_t;

/* The life of a ticket in seconds: what is used, and the bounds that RFC 8672 section 5.2
 * recommends. */
#define TLSPIN_SERVER_LIFETIME_DEFAULT 2678400u /* 31 days */
#define TLSPIN_SERVER_LIFETIME_LEAST   604800u  /* 7 days */
#define TLSPIN_SERVER_LIFETIME_MOST    2678400u /* 31 days */

/* What became of pinning in one handshake. */
enum tlspin_server_result {
  TLSPIN_SERVER_NOT_ASKED = 0, /* the client doesn't pin, or nothing was attached to the session */
  TLSPIN_SERVER_LEFT_OUT =
      1, /* it asked and got no answer: a resumed session, no server name, no key for the name, a
          * ramp-down, an older TLS, or a GnuTLS with which no proof can be made */
  TLSPIN_SERVER_PINNED = 2,    /* it asked, and got its first ticket */
  TLSPIN_SERVER_PROVED = 3,    /* it sent a ticket, and got the proof and a fresh ticket */
  TLSPIN_SERVER_RAMP_DOWN = 4, /* it sent a ticket, and got the proof alone, so that it keeps
                                * that ticket: a ramp-down, or no key for the name is active yet */
  TLSPIN_SERVER_REFUSED = 5 /* its ticket was not this server's, or its extension was malformed: the
                             * handshake was ended with handshake_failure */
};

/* Told about what an operator should know: a refused ticket, which may belong to the victim of an
 * attack; a key file that can't be used; settings that don't look right. user: as given to
 * tlspin_server_set_log. session: the one concerned, or NULL; from it a program finds the address
 * of the client. It is in the middle of its handshake: only ask it, don't change it.
 * priority: LOG_ERR or LOG_WARNING of syslog(3). message: one sentence without a line feed, in the
 * language of the process; valid for the call. It never holds a secret. Called from whichever
 * thread runs the session or loads keys, several at once. */
typedef void (*tlspin_server_log_func)(void *user, gnutls_session_t session, int priority,
                                       const char *message);

/* Makes a server without keys, with the default lifetime, no ramp-down and no log.
 * server: written on success; to be freed with tlspin_server_free.
 * Returns TLSPIN_OK, TLSPIN_E_ARGUMENT or TLSPIN_E_MEMORY. */
enum tlspin_code tlspin_server_new(tlspin_server_t **server);

/* Frees a server; NULL is fine. Sessions that it is attached to keep what they need, including the
 * log function and its user data, until their gnutls_deinit. */
void tlspin_server_free(tlspin_server_t *server);

/* Sets the log function; NULL for none. user: belongs to the caller, and must live as long as the
 * last session. To be called before the first session is attached. Returns TLSPIN_OK or
 * TLSPIN_E_ARGUMENT. */
enum tlspin_code tlspin_server_set_log(tlspin_server_t *server, tlspin_server_log_func log,
                                       void *user);

/* Sets how long tickets shall be kept (RFC 8672 section 5.2). seconds: 1 or more; outside 7 to 31
 * days a warning is logged once, since a shorter pin protects little and a longer one locks clients
 * out for long. Key files are kept by tlspin-server(1) for 31 days: with a longer lifetime, keep
 * old keys longer. Returns TLSPIN_OK, or TLSPIN_E_ARGUMENT for 0: see tlspin_server_set_ramp_down.
 */
enum tlspin_code tlspin_server_set_lifetime(tlspin_server_t *server, uint32_t seconds);

/* Switches ramp-down on (not 0) or off (0), the orderly end of pinning: clients that have tickets
 * get their proof, nobody gets a ticket (RFC 8672 section 5.5). It is also on while the key file
 * says so. After the lifetime of the last ticket, pinning can be taken out without locking anybody
 * out. Returns TLSPIN_OK or TLSPIN_E_ARGUMENT. */
enum tlspin_code tlspin_server_set_ramp_down(tlspin_server_t *server, int on);

/* Reads the protection keys from a file; to be called again whenever the file may have changed.
 * Handshakes that have begun go on with the keys that they began with. On any error the keys that
 * were loaded before stay, and the message, which says what to do, goes to the log. The file has to
 * be a regular one, not a link, of this user or of root, and unreadable for others. Blocks for as
 * long as reading it takes. Returns TLSPIN_OK, TLSPIN_E_ARGUMENT, TLSPIN_E_MEMORY or TLSPIN_E_KEYS.
 */
enum tlspin_code tlspin_server_load_keys(tlspin_server_t *server, const char *file);

/* The same from memory, for programs that keep their secrets elsewhere.
 * text: `size` octets in the form of tlspin-keys(5); they are copied, and the caller's to wipe. */
enum tlspin_code tlspin_server_load_keys_from_memory(tlspin_server_t *server, const void *text,
                                                     size_t size);

/* Makes a session take part in pinning (RFC 8672 sections 2 to 4). To be called once for a session,
 * after gnutls_init with GNUTLS_SERVER and before gnutls_handshake. It registers the TLS extension
 * ticket_pinning (32) with the session, takes its handshake hook
 * (gnutls_handshake_set_hook_function), and chains its key-log function: a program that sets one of
 * these two itself has to do so before, and the hook is then lost to it. Each server name (SNI) is
 * pinned for itself. Clients that send none are not pinned. A client whose ticket is not this
 * server's is refused: gnutls_handshake returns an error, and the alert handshake_failure has been
 * sent. Returns TLSPIN_OK, TLSPIN_E_ARGUMENT, TLSPIN_E_MEMORY, TLSPIN_E_KEYS where no keys were
 * loaded, or TLSPIN_E_TLS where GnuTLS refuses, as it does the second time. */
enum tlspin_code tlspin_server_attach(tlspin_server_t *server, gnutls_session_t session);

/* What became of pinning, once gnutls_handshake has returned. All but TLSPIN_SERVER_REFUSED counts
 * only if the handshake succeeded: a client may still have broken off. */
enum tlspin_server_result tlspin_server_result(gnutls_session_t session);

/* The server name that the client was pinned under, in its normal form (lower case, A-labels, no
 * final dot); "" where it sent none that can be pinned, or did not ask. Valid until gnutls_deinit.
 */
const char *tlspin_server_name(gnutls_session_t session);

/* The life in seconds of the ticket that the client was given; 0 where it got none. */
uint32_t tlspin_server_ticket_lifetime(gnutls_session_t session);

/* A short word for a result ("proved"), untranslated, for logs; never NULL. Static. */
const char *tlspin_server_result_token(enum tlspin_server_result result);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
