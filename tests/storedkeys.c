/* GnuTLS's stored keys with the pin store behind them: see storedkeys.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/storedkeys.h"

#include <stdlib.h>
#include <string.h>

gnutls_tdb_t storedkeys_tofu, storedkeys_strict;
gnutls_datum_t storedkeys_one, storedkeys_other;

int storedkeys_open(void **state)
{
  struct stage *stage;

  stage_open(state);
  stage = *state;
  setenv("DBUS_SESSION_BUS_ADDRESS", stage->desk.bus.address, 1);
  tlspin_set_budget(tlspin_default(), 20000, 20000);
  assert_int_equal(gnutls_tdb_init(&storedkeys_tofu), 0);
  assert_int_equal(gnutls_tdb_init(&storedkeys_strict), 0);
  assert_int_equal(tlspin_gnutls_tdb(storedkeys_tofu, TLSPIN_TOFU), TLSPIN_OK);
  assert_int_equal(tlspin_gnutls_tdb(storedkeys_strict, TLSPIN_STRICT), TLSPIN_OK);
  storedkeys_one = pki_spki_der(&stage->servers[PKI_ECDSA]);
  storedkeys_other = pki_spki_der(&stage->servers[PKI_RSA]);
  return 0;
}

int storedkeys_close(void **state)
{
  gnutls_free(storedkeys_one.data);
  gnutls_free(storedkeys_other.data);
  gnutls_tdb_deinit(storedkeys_tofu);
  gnutls_tdb_deinit(storedkeys_strict);
  return stage_close(state);
}

int storedkeys_verify_as(gnutls_tdb_t tdb, const char *host, const char *service,
                         const gnutls_datum_t *key)
{
  return gnutls_verify_stored_pubkey(NULL, tdb, host, service, GNUTLS_CRT_RAWPK, key, 0);
}

int storedkeys_verify(const gnutls_datum_t *key)
{
  int rc = storedkeys_verify_as(storedkeys_tofu, STAGE_HOST, "443", key);

  assert_int_equal(storedkeys_verify_as(storedkeys_strict, STAGE_HOST, "443", key), rc);
  return rc;
}

int storedkeys_store(const gnutls_datum_t *key, time_t expires)
{
  return gnutls_store_pubkey(NULL, storedkeys_tofu, STAGE_HOST, "443", GNUTLS_CRT_RAWPK, key,
                             expires, 0);
}

void storedkeys_refuse(const gnutls_datum_t *key, const char *words)
{
  assert_int_equal(storedkeys_store(key, 0), GNUTLS_E_DB_ERROR);
  if (strstr(tlspin_last_message(), words) == NULL)
    fail_msg("%s", tlspin_last_message());
}
