/* The pin store behind GnuTLS's own interface for stored keys: see tlspin-gnutls.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GnuTLS hands no data of ours to these functions, so that there are two of them for checking. It
 * hands over the key alone, and keeps the certificate to itself. */
#include "config.h"

#include "libclient/tlspin-gnutls.h"

#include "common/text.h"
#include "libclient/check.h"
#include "libclient/describe.h"
#include "libclient/last.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SERVICE_ROOM = 1024 }; /* octets for getservbyname_r */

/* A port, or a name of services(5); 0: neither. */
static unsigned port_of(const char *service)
{
  char room[SERVICE_ROOM], *end;
  struct servent found, *entry = NULL;
  unsigned long number;

  if (service == NULL || service[0] == '\0')
    return 0;
  number = strtoul(service, &end, 10);
  if (service[0] >= '0' && service[0] <= '9' && *end == '\0')
    return number <= UINT16_MAX ? (unsigned)number : 0;
  if (getservbyname_r(service, "tcp", &found, room, sizeof room, &entry) != 0 || entry == NULL)
    return 0;
  return ntohs((uint16_t)entry->s_port);
}

/* What the store says of the key, by what is enforced alone: a pin that is only reported blocks no
 * key, and so vouches for none. Where the server showed a raw one (RFC 7250) GnuTLS hands over just
 * the same. */
static int check(const char *host, const char *service, const gnutls_datum_t *key, unsigned flags,
                 time_t expires, tlspin_verdict_t **verdict)
{
  const struct tlspin_octets chain = {key->data, key->size};
  const struct tlspin_check check = {
      .chain = &chain,
      .chain_size = 1,
      .flags = TLSPIN_CHECK_KEY_ALONE | flags,
      .pki = TLSPIN_PKI_UNCHECKED,
      .expires = expires > 0 ? (uint64_t)expires : 0,
  };
  tlspin_t *context = tlspin_default();
  int answer;

  *verdict = NULL;
  if (context == NULL)
    return TLSPIN_E_MEMORY;
  answer = tlspin_check_chain(context, host, "tls", port_of(service), &check, verdict);
  return *verdict != NULL ? (*verdict)->otherwise : answer;
}

/* The last message: why the server is refused, and what to do about it. */
static void tell_refusal(const tlspin_verdict_t *verdict)
{
  char text[LAST_SIZE];

  describe_verdict(verdict, text, sizeof text);
  describe_remedy(verdict, text, sizeof text);
  last_say(TLSPIN_MISMATCH, "%s", text);
}

/* The last message: why the key was not stored. What could not be asked or written was told. */
static void tell_not_stored(const tlspin_verdict_t *verdict, int answer)
{
  if (verdict == NULL || tlspin_last_message()[0] != '\0')
    return;
  if (answer == TLSPIN_MISMATCH)
    tell_refusal(verdict);
  else if (answer == TLSPIN_NO_PIN)
    last_say(answer, _("The key was not stored: the administrator doesn't let keys be accepted for "
                       "this server."));
  else
    last_say(answer, _("The key was not stored: %s"), verdict->text);
}

/* Programs take GNUTLS_E_NO_CERTIFICATE_FOUND for "never seen", and then store what they have. */
static int code_of(int answer, bool strict)
{
  switch (answer) {
  case TLSPIN_MATCH:
    return 0;
  case TLSPIN_MISMATCH:
    return GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
  case TLSPIN_NO_PIN:
  case TLSPIN_OPTED_OUT:
  case TLSPIN_CANNOT_BE_PINNED:
    return GNUTLS_E_NO_CERTIFICATE_FOUND;
  default:
    return strict ? GNUTLS_E_CERTIFICATE_KEY_MISMATCH : GNUTLS_E_NO_CERTIFICATE_FOUND;
  }
}

static int verify(const char *host, const char *service, const gnutls_datum_t *key, bool strict)
{
  tlspin_verdict_t *verdict;
  int answer = check(host, service, key, 0, 0, &verdict);

  if (verdict != NULL && answer == TLSPIN_MISMATCH)
    tell_refusal(verdict);
  tlspin_verdict_free(verdict);
  return code_of(answer, strict);
}

static int verify_tofu(const char *name, const char *host, const char *service,
                       const gnutls_datum_t *key)
{
  (void)name;
  return verify(host, service, key, false);
}

static int verify_strict(const char *name, const char *host, const char *service,
                         const gnutls_datum_t *key)
{
  (void)name;
  return verify(host, service, key, true);
}

/* The program says that its user accepted the key. */
static int store(const char *name, const char *host, const char *service, time_t expires,
                 const gnutls_datum_t *key)
{
  tlspin_verdict_t *verdict;
  int answer =
      check(host, service, key, TLSPIN_CHECK_LEARN | TLSPIN_CHECK_ACCEPTED, expires, &verdict);
  bool stored = answer == TLSPIN_MATCH || (verdict != NULL && tlspin_verdict_learned(verdict));

  (void)name;
  if (!stored)
    tell_not_stored(verdict, answer);
  tlspin_verdict_free(verdict);
  return stored ? 0 : GNUTLS_E_DB_ERROR;
}

/* A hash alone can't be told from a key that was never seen. */
static int store_commitment(const char *name, const char *host, const char *service, time_t expires,
                            gnutls_digest_algorithm_t algorithm, const gnutls_datum_t *hash)
{
  (void)name, (void)host, (void)service, (void)expires, (void)algorithm, (void)hash;
  return GNUTLS_E_UNIMPLEMENTED_FEATURE;
}

int tlspin_gnutls_tdb(gnutls_tdb_t tdb, unsigned flags)
{
  if (tdb == NULL || (flags & ~(unsigned)TLSPIN_STRICT) != 0)
    return TLSPIN_E_ARGUMENT;
  gnutls_tdb_set_verify_func(tdb, (flags & TLSPIN_STRICT) != 0 ? verify_strict : verify_tofu);
  gnutls_tdb_set_store_func(tdb, store);
  gnutls_tdb_set_store_commitment_func(tdb, store_commitment);
  return TLSPIN_OK;
}
