/* tlspin: pinning for programs that use GnuTLS (RFC 8672).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   gnutls_init(&session, GNUTLS_CLIENT);
 *   ...credentials, priorities, gnutls_session_set_verify_cert(session, host, 0)...
 *   tlspin_gnutls_attach(session, host, port, TLSPIN_TOFU);
 *   ...connect...
 *   rc = gnutls_handshake(session);
 *   ...where the certificate is checked by hand, check it here...
 *   if (tlspin_gnutls_finish(session, rc, 0) != TLSPIN_OK)
 *     complain(tlspin_gnutls_message(session));
 *
 * A server that does not meet its pin never gets a byte of application data: the handshake ends
 * before the client's certificate and Finished, with the alert handshake_failure. Pins don't
 * replace the check of the certificate.
 *
 * Threads: as GnuTLS has it, a session belongs to one thread at a time.
 */
#ifndef TLSPIN_GNUTLS_H
#define TLSPIN_GNUTLS_H

#include <gnutls/gnutls.h>

#include "tlspin.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What to do when the pin store has no clear answer. In every case a server that does not meet its
 * pin is refused, unless `advisory` is set.
 *
 *                               strict   tofu                  advisory
 *   mismatch                    fail     fail                  report
 *   unavailable                 fail     go on, store nothing  go on, store nothing
 *   store damaged, clock        fail     go on, store nothing  go on, store nothing
 *   no pin                      store    store                 store
 *
 * Where nothing is known of a server the program decides, at every level: before finish
 * tlspin_gnutls_answer says TLSPIN_NO_PIN. Whoever calls finish with the success of the handshake
 * has accepted the server, and its key is learned as that of a first use, so that the next
 * connection is protected. A program that goes on with pinned servers only calls finish with
 * GNUTLS_E_CERTIFICATE_ERROR instead; then nothing is stored. */
enum tlspin_gnutls_flags {
  TLSPIN_TOFU = 0,
  TLSPIN_STRICT = 1 << 0,
  TLSPIN_ADVISORY = 1 << 1,
  /* The program is going to offer a session to resume (gnutls_session_set_data). The ticket is then
   * left out, as RFC 8672 section 2.2 wants it; if the server declines the session and is pinned,
   * the handshake is refused with the reason "resumption-declined": connect again without the
   * session. By setting this the program says that the session was kept after
   * tlspin_gnutls_may_resume had returned 1. */
  TLSPIN_RESUMING = 1 << 2,
  /* tlspin checks the certificate too, in place of gnutls_session_set_verify_cert: against the
   * trust of the session's credentials, with the user's exceptions, against anchors that are
   * pinned, and raw public keys (RFC 7250) by their pins alone: those of the user, of policy and of
   * a first use, while they are enforced. The handshake fails with GNUTLS_E_CERTIFICATE_ERROR where
   * it says no. */
  TLSPIN_VERIFY = 1 << 3,
  /* The pins are looked up and enforced, and nothing is stored: no ticket, no key, no log. */
  TLSPIN_PRIVATE = 1 << 4
};

/* Prepares a client's session for one pinned handshake. To be called once, after the priorities are
 * set and before gnutls_handshake; the earlier, the better: the question goes to the daemon at once
 * and is waited for only when ClientHello is written. Takes the session's handshake hook
 * (gnutls_handshake_set_hook_function) and its key-log function, which is chained; sets the server
 * name (SNI) to the normalised host. The program must change none of these afterwards. host: the
 * name that the certificate is checked for, UTF-8. port: 1 to 65535. flags: of enum
 * tlspin_gnutls_flags. Returns TLSPIN_OK; or, with the session unchanged, TLSPIN_CANNOT_BE_PINNED
 * (host is an address or NULL, or the session is DTLS: GnuTLS has no DTLS 1.3), TLSPIN_E_ARGUMENT,
 * TLSPIN_E_TLS (a GnuTLS that can't be used, or attached already), TLSPIN_E_MEMORY. */
TLSPIN_API int tlspin_gnutls_attach(gnutls_session_t session, const char *host, unsigned port,
                                    unsigned flags);

/* The same by another way to the store. context: must live as long as the session. */
TLSPIN_API int tlspin_gnutls_attach_with(gnutls_session_t session, tlspin_t *context,
                                         const char *host, unsigned port, unsigned flags);

enum tlspin_gnutls_finish_flags {
  TLSPIN_WAIT = 1 << 0 /* wait until the new ticket is on the disk */
};

/* To be called once the handshake is over and the certificate accepted, before any application
 * data. handshake: what gnutls_handshake returned; on an error nothing is stored, and the report
 * says whether the pin was the cause. A program that refuses the certificate afterwards calls it
 * with GNUTLS_E_CERTIFICATE_ERROR. Stores the new ticket, where that is right. A handshake without
 * finish stores nothing. Returns TLSPIN_OK: go on; TLSPIN_MISMATCH: the server did not meet its
 * pin; TLSPIN_UNAVAILABLE, TLSPIN_STORE_DAMAGED, TLSPIN_CLOCK_SUSPECT: refused at level strict;
 * TLSPIN_E_TLS: the handshake failed for another reason; TLSPIN_E_ARGUMENT: nothing is attached to
 * the session. */
TLSPIN_API int tlspin_gnutls_finish(gnutls_session_t session, int handshake, unsigned flags);

/* The report: what happened. Valid from attach until gnutls_deinit; before finish it says what is
 * known so far. */
TLSPIN_API int tlspin_gnutls_answer(
    gnutls_session_t session); /* what the store said: an answer of tlspin-error.h; where it has no
                                  ticket, what its keys said once the server's was judged */
TLSPIN_API const char *
tlspin_gnutls_reason(gnutls_session_t session); /* of a mismatch: "proof-wrong"...; else "" */
/* Whose pin it is: "user" or the file name of a layer of the system. "" where none decided, and
 * also where a layer of the system did and the daemon, which knows their names, had not to be
 * asked. */
TLSPIN_API const char *tlspin_gnutls_layer(gnutls_session_t session);
TLSPIN_API int
tlspin_gnutls_asked(gnutls_session_t session);               /* ClientHello carried the extension */
TLSPIN_API int tlspin_gnutls_sent(gnutls_session_t session); /* it carried a ticket */
TLSPIN_API int
tlspin_gnutls_proved(gnutls_session_t session); /* the server proved that it is the one pinned */
/* Whether this session's data may be kept to be resumed later (gnutls_session_get_data2): 1 after a
 * finish that went well in a connection with a clear answer from the store. A session that was made
 * while the store could not be asked, or in spite of a mismatch, must not be kept: resuming it
 * would pass by the pin. After the first connection with a server it is 1 only with TLSPIN_WAIT:
 * without, nobody knows yet whether the server was pinned. */
TLSPIN_API int tlspin_gnutls_may_resume(gnutls_session_t session);
TLSPIN_API uint32_t tlspin_gnutls_lifetime(
    gnutls_session_t session); /* of the new ticket, as the server said; seconds */
TLSPIN_API uint64_t tlspin_gnutls_stored(
    gnutls_session_t session); /* when the stored ticket ends; 0: not stored, or not waited for */
TLSPIN_API int
tlspin_gnutls_kept(gnutls_session_t session); /* what became of the new ticket: TLSPIN_OK: stored,
                                                 or sent to be; TLSPIN_NO_PIN: there was none to
                                                 store; TLSPIN_MISMATCH: the pin was changed
                                                 meanwhile; TLSPIN_OPTED_OUT: the path ends in an
                                                 anchor that was added to the system, and nothing
                                                 is pinned there; else the error of tlspin_store */
TLSPIN_API const char *tlspin_gnutls_host(gnutls_session_t session); /* the normalised host */

/* Of the key's judgement: what kind of change it went through ("same-issuer"...; "" for none), and
 * the number of the rule of tlspin-verdict(7) that decided. */
TLSPIN_API const char *tlspin_gnutls_change(gnutls_session_t session);
TLSPIN_API unsigned tlspin_gnutls_rule(gnutls_session_t session);

/* Hands over a header Public-Key-Pins that came over this session, which must have been finished
 * with TLSPIN_OK: see tlspin_note_hpkp. Not waited for. */
TLSPIN_API int tlspin_gnutls_note_hpkp(gnutls_session_t session, const void *header, size_t size,
                                       int report_only);

/* The report as text for the user: a sentence or two, in the user's language; after a mismatch it
 * names the command that mends it. Belongs to the session; valid until the next call. */
TLSPIN_API const char *tlspin_gnutls_message(gnutls_session_t session);

/* What a server showed, judged by the PKI and ready for tlspin_check_chain or tlspin_explain: for
 * programs that shake hands by themselves, and for tools. */
typedef struct tlspin_gnutls_shown tlspin_gnutls_shown_t;

/* Verifies certificates as GnuTLS does, and finds the path that was validated, without those that
 * were sent and don't belong to it.
 * credentials: whom to trust. certificates: DER, `count` of them, the server's own first, copied.
 * host: the name to be checked. *shown: to be freed by tlspin_gnutls_shown_free. Returns TLSPIN_OK,
 * also where the PKI says no; TLSPIN_E_ARGUMENT where one of them can't be read, TLSPIN_E_TLS,
 * TLSPIN_E_MEMORY. */
TLSPIN_API int tlspin_gnutls_examine(gnutls_certificate_credentials_t credentials,
                                     const gnutls_datum_t *certificates, unsigned count,
                                     const char *host, tlspin_gnutls_shown_t **shown);
/* Its chain, flags, pki and errors; belongs to it. Flags and what else is in it may be added to in
 * a copy. */
TLSPIN_API const struct tlspin_check *tlspin_gnutls_shown_check(const tlspin_gnutls_shown_t *shown);
TLSPIN_API void tlspin_gnutls_shown_free(tlspin_gnutls_shown_t *shown);

/* Fills a gnutls_tdb_t, so that gnutls_store_pubkey and gnutls_verify_stored_pubkey use the pin
 * store (that of tlspin_default) and not a file of the program's own:
 *
 *   gnutls_tdb_init(&tdb);
 *   tlspin_gnutls_tdb(tdb, TLSPIN_TOFU);
 *   gnutls_verify_stored_pubkey(NULL, tdb, host, service, GNUTLS_CRT_X509, &certificate, 0);
 *
 * The service is a port, or a name of services(5); without one the host can't be looked up.
 * gnutls_verify_stored_pubkey returns 0 for a key that is known; GNUTLS_E_CERTIFICATE_KEY_MISMATCH
 * for another one, where any is known, and for one that may not be used; and
 * GNUTLS_E_NO_CERTIFICATE_FOUND for everything else, which programs take for "never seen": so at
 * TLSPIN_STRICT a store that can't be read is a mismatch. gnutls_store_pubkey says that the user
 * accepted the key; it returns 0 where it is known from then on, else GNUTLS_E_DB_ERROR. What is
 * only reported counts for neither. tlspin_last_message says why. GnuTLS shows no more than the
 * server's key: a critical pin of an authority or of a certificate can't be met, and is a mismatch,
 * too; of blocked keys only the server's own is noticed. All cases: libtlspin(3). flags:
 * TLSPIN_TOFU or TLSPIN_STRICT. */
TLSPIN_API int tlspin_gnutls_tdb(gnutls_tdb_t tdb, unsigned flags);

#ifdef __cplusplus
}
#endif
#endif
