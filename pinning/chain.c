/* What a server showed of itself: see chain.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/chain.h"

#include "common/certificate.h"
#include "common/spki.h"
#include "common/text.h"

#include <string.h>

static const char *const faults[] = {
    [CHAIN_FINE] = N_("the chain is fine"),
    [CHAIN_EMPTY] = N_("there is no certificate"),
    [CHAIN_LONG] = N_("there are more than 16 certificates, or more than one raw key"),
    [CHAIN_LARGE] = N_("a certificate is longer than 65535 octets"),
    [CHAIN_NOT_DER] = N_("a certificate is malformed"),
    [CHAIN_TWICE] = N_("a certificate comes twice"),
};

const char *chain_fault_text(enum chain_fault fault)
{
  return faults[fault];
}

size_t matching_size(enum matching matching)
{
  return matching == MATCHING_SHA256 ? 32 : matching == MATCHING_SHA512 ? 64 : 0;
}

static enum chain_fault read_one(struct span octets, struct chain *chain)
{
  struct chain_certificate *at = &chain->at[chain->count];
  struct certificate certificate;

  if (octets.size > CHAIN_CERTIFICATE_MAX)
    return CHAIN_LARGE;
  if (chain->raw) {
    at->spki = octets;
    return spki_is_whole(octets) ? CHAIN_FINE : CHAIN_NOT_DER;
  }
  if (!certificate_read(octets, &certificate))
    return CHAIN_NOT_DER;
  for (size_t i = 0; i < chain->count; i++)
    if (span_equal(chain->at[i].der, octets))
      return CHAIN_TWICE;
  at->der = octets;
  at->spki = certificate.spki;
  return CHAIN_FINE;
}

enum chain_fault chain_read(const struct span *certificates, size_t count, bool raw, bool path,
                            chain_digest digest, struct chain *chain)
{
  enum chain_fault fault = CHAIN_FINE;

  *chain = (struct chain){.digest = digest, .raw = raw, .path = path && !raw};
  if (count == 0)
    return CHAIN_EMPTY;
  if (count > (raw ? 1 : CHAIN_MAX))
    return CHAIN_LONG;
  for (size_t i = 0; i < count && fault == CHAIN_FINE; i++) {
    fault = read_one(certificates[i], chain);
    if (fault == CHAIN_FINE)
      chain->count++;
  }
  if (fault != CHAIN_FINE)
    chain->count = 0;
  return fault;
}

bool chain_digest_at(struct chain *chain, size_t index, enum selector selector,
                     enum matching matching, struct span *digest)
{
  struct chain_certificate *at;
  struct span octets;

  if (index >= chain->count || matching_size(matching) == 0 ||
      (selector != SELECTOR_CERTIFICATE && selector != SELECTOR_SPKI))
    return false;
  at = &chain->at[index];
  octets = selector == SELECTOR_SPKI ? at->spki : at->der;
  if (octets.size == 0)
    return false;
  if (!at->digests[selector][matching].known)
    at->digests[selector][matching].known =
        chain->digest(matching, octets, at->digests[selector][matching].octets);
  *digest = (struct span){at->digests[selector][matching].octets, matching_size(matching)};
  return at->digests[selector][matching].known;
}

static bool digest_into(struct chain *chain, size_t index, enum selector selector,
                        uint8_t octets[32])
{
  struct span digest;

  if (!chain_digest_at(chain, index, selector, MATCHING_SHA256, &digest))
    return false;
  memcpy(octets, digest.data, digest.size);
  return true;
}

static bool see_one(struct chain *chain, size_t index, struct chain_seen_certificate *seen)
{
  struct certificate certificate;

  if (!chain->raw) {
    if (!certificate_read(chain->at[index].der, &certificate) ||
        !digest_into(chain, index, SELECTOR_CERTIFICATE, seen->certificate))
      return false;
    certificate_name_text(certificate.subject, seen->subject, sizeof seen->subject);
    seen->not_before = certificate.not_before;
    seen->not_after = certificate.not_after;
  }
  return digest_into(chain, index, SELECTOR_SPKI, seen->spki);
}

static size_t count_to_see(const struct chain *chain)
{
  if (chain->alone)
    return 0;
  return chain->path || chain->count == 0 ? chain->count : 1;
}

bool chain_see(struct chain *chain, struct chain_seen *seen)
{
  size_t count = count_to_see(chain);

  *seen = (struct chain_seen){.raw = chain->raw && !chain->alone};
  for (size_t i = 0; i < count; i++)
    if (!see_one(chain, i, &seen->at[i]))
      return false;
  seen->count = count;
  return true;
}
