/* Digests by GnuTLS: see digest.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

bool digest_gnutls(enum matching matching, struct span octets, uint8_t digest[CHAIN_DIGEST_MAX])
{
  gnutls_digest_algorithm_t algorithm =
      matching == MATCHING_SHA512 ? GNUTLS_DIG_SHA512 : GNUTLS_DIG_SHA256;

  return matching_size(matching) != 0 &&
         gnutls_hash_fast(algorithm, octets.data, octets.size, digest) == 0;
}
