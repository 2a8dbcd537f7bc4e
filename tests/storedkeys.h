/* GnuTLS's stored keys with the pin store behind them, as programs use them that know nothing of
 * tlspin.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef STOREDKEYS_H
#define STOREDKEYS_H

#include "tests/pinned.h"

#include <time.h>

/* At TLSPIN_TOFU and at TLSPIN_STRICT. */
extern gnutls_tdb_t storedkeys_tofu, storedkeys_strict;

/* Of two servers for STAGE_HOST: the keys of ECDSA and of RSA. */
extern gnutls_datum_t storedkeys_one, storedkeys_other;

/* For cmocka_run_group_tests: a stage whose bus the program's own context finds. */
int storedkeys_open(void **state);
int storedkeys_close(void **state);

/* gnutls_verify_stored_pubkey for STAGE_HOST, port 443; both levels must say the same. */
int storedkeys_verify(const gnutls_datum_t *key);
int storedkeys_verify_as(gnutls_tdb_t tdb, const char *host, const char *service,
                         const gnutls_datum_t *key);

/* gnutls_store_pubkey. */
int storedkeys_store(const gnutls_datum_t *key, time_t expires);

/* Fails the test unless it is refused for a reason that is told. */
void storedkeys_refuse(const gnutls_datum_t *key, const char *words);

#endif
