/* The textual form of a key pin: see spki.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Apart from spki.c, which what doesn't link GnuTLS uses too. */
#include "config.h"

#include "common/spki.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

bool spki_pin_text(struct span spki, char text[SPKI_PIN_TEXT_SIZE])
{
  uint8_t digest[32];
  gnutls_datum_t raw = {digest, sizeof digest}, base64;
  bool fits;

  if (gnutls_hash_fast(GNUTLS_DIG_SHA256, spki.data, spki.size, digest) < 0 ||
      gnutls_base64_encode2(&raw, &base64) < 0)
    return false;
  fits = base64.size == SPKI_PIN_TEXT_SIZE - 9;
  if (fits) {
    memcpy(text, "sha256//", 8);
    memcpy(text + 8, base64.data, base64.size);
    text[8 + base64.size] = '\0';
  }
  gnutls_free(base64.data);
  return fits;
}
