/* The check of the server's certificate with TLSPIN_VERIFY: see verify.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/verify.h"

#include "libclient/decision.h"
#include "libclient/shown.h"

#include <gnutls/x509.h>

/* As gnutls_session_set_verify_cert would have it checked. */
static void ask_pki(gnutls_session_t session, struct pin *pin)
{
  gnutls_typed_vdata_st wanted[] = {
      {GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)pin->peer.host, 0},
      {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER, 0}};
  unsigned status = 0, count = 0;
  const gnutls_datum_t *sent = gnutls_certificate_get_peers(session, &count);

  if (gnutls_certificate_verify_peers(session, wanted, 2, &status) < 0 || sent == NULL)
    status = GNUTLS_CERT_INVALID;
  pin->errors = sent != NULL ? path_errors(sent, status) : (unsigned)PKI_OTHER;
  pin->pki = pin->errors == 0 ? PKI_OK : PKI_FAILED;
}

/* Whether the exception is about this certificate above the server's own. */
static bool names(const struct keypin *pin, struct chain *chain, size_t index)
{
  struct span digest, wanted = {pin->digest, matching_size(pin->matching)};

  return pin->kind == KEYPIN_EXCEPTION && pin->level != KEYPIN_LEAF &&
         chain_digest_at(chain, index, pin->selector, pin->matching, &digest) &&
         span_equal(digest, wanted);
}

static bool is_named(const struct pin *pin, struct chain *chain, size_t index)
{
  for (size_t i = 0; i < pin->keys.count; i++)
    if (names(&pin->keys.pins[i], chain, index))
      return true;
  return false;
}

/* What stands against the server once this certificate is an anchor; false: its chain doesn't lead
 * there. */
static bool leads_to(gnutls_session_t session, struct pin *pin, struct span anchor)
{
  struct path_question question;
  struct path path;
  bool leads;

  if (!shown_question(session, pin->peer.host, &question))
    return false;
  path_find_by(&question, anchor, &path);
  leads = path.count > 0;
  if (leads)
    pin->errors = path.errors | PKI_UNKNOWN_ISSUER;
  path_clear(&path);
  return leads;
}

/* An authority that nobody but the user or the administrator knows: one that the server sent and an
 * exception names becomes the only anchor, as in TLSA usage 2 (RFC 6698 section 2.1.1). */
static void find_anchor(gnutls_session_t session, struct pin *pin)
{
  struct shown shown;

  shown_read(session, &shown);
  for (size_t i = 1; shown.there && i < shown.chain.count && pin->anchor == 0; i++)
    if (is_named(pin, &shown.chain, i) && leads_to(session, pin, shown.chain.at[i].der))
      pin->anchor = i;
  shown_clear(&shown);
}

/* Where the PKI says no, only an exception stands for it; where it has no say, as of a raw key,
 * only a pin that says whose key it is. Neither is what is only reported. */
static bool is_vouched_for(const struct pin *pin)
{
  return pin->verdict.answer == TLSPIN_MATCH && pin->verdict.enforced &&
         (pin->pki == PKI_FAILED || pin->vouched);
}

static bool is_accepted(gnutls_session_t session, struct pin *pin)
{
  if ((pin->errors & PKI_UNKNOWN_ISSUER) != 0)
    find_anchor(session, pin);
  pin_judge_ticket(session, pin);
  return pin_decide(session, pin) && is_vouched_for(pin);
}

/* Where the PKI says yes, all the rest is judged where it is without TLSPIN_VERIFY. */
int verify_peer(gnutls_session_t session)
{
  struct pin *pin = pin_of(session);

  if (pin == NULL || !pin_may_go_on(pin))
    return GNUTLS_E_CERTIFICATE_ERROR;
  pin->verified = true;
  pin->pki = PKI_UNCHECKED;
  if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_SERVER) == GNUTLS_CRT_X509)
    ask_pki(session, pin);
  if (pin->pki == PKI_OK || is_accepted(session, pin))
    return 0;
  pin->refused = true;
  if (pin->verdict.answer == TLSPIN_MISMATCH)
    pin_refuse(session, pin);
  return GNUTLS_E_CERTIFICATE_ERROR;
}
