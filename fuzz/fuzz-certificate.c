/* Certificates, raw keys, the texts of keys, and what is kept of a chain.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz/fuzz.h"

#include "common/certificate.h"
#include "common/spki.h"
#include "common/utf8.h"
#include "pinning/digest.h"
#include "pinning/keypin.h"

#include <gnutls/x509.h>
#include <string.h>

static void require_text(const char *text, size_t size)
{
  size_t length = strnlen(text, size);

  require(length < size && utf8_is_text((struct span){(const uint8_t *)text, length}));
}

/* GnuTLS reads the same times, where it takes the certificate at all. It knows none before 1970. */
static void compare(struct span der, const struct certificate *certificate)
{
  gnutls_datum_t datum = {(uint8_t *)(uintptr_t)der.data, (unsigned)der.size};
  gnutls_x509_crt_t other;

  require(gnutls_x509_crt_init(&other) == 0);
  if (gnutls_x509_crt_import(other, &datum, GNUTLS_X509_FMT_DER) == 0) {
    if (certificate->not_before >= 0)
      require(gnutls_x509_crt_get_activation_time(other) == certificate->not_before);
    if (certificate->not_after >= 0)
      require(gnutls_x509_crt_get_expiration_time(other) == certificate->not_after);
  }
  gnutls_x509_crt_deinit(other);
}

static void try_certificate(struct span der)
{
  char text[16], name[128], pin[SPKI_PIN_TEXT_SIZE];
  struct certificate certificate;
  struct span spki;
  bool fine = certificate_read(der, &certificate);

  if (!fine)
    return;
  require(spki_of_certificate(der, &spki) && span_equal(spki, certificate.spki));
  require(spki.data > der.data && spki.data + spki.size <= der.data + der.size);
  require(spki_is_whole(spki) && spki_pin_text(spki, pin));
  certificate_name_text(certificate.subject, name, sizeof name);
  require_text(name, sizeof name);
  certificate_name_text(certificate.issuer, text, sizeof text);
  require_text(text, sizeof text);
  compare(der, &certificate);
}

/* What is kept of a chain is read again as it was written. */
static void try_seen(struct chain *chain)
{
  uint8_t octets[CHAIN_SEEN_MAX];
  struct writer w = writer_of(octets, sizeof octets);
  struct chain_seen seen, again;

  require(chain_see(chain, &seen) && seen.count <= CHAIN_MAX);
  require(chain_seen_encode(&seen, &w));
  require(chain_seen_decode(writer_span(&w), &again) && again.count == seen.count);
  for (size_t i = 0; i < seen.count; i++)
    require_text(again.at[i].subject, sizeof again.at[i].subject);
}

/* The octets as one certificate, as a raw key, and as two certificates, of which the first is as
 * long as it says. */
static void try_chain(struct span octets)
{
  struct span parts[2] = {octets, {NULL, 0}};
  struct chain chain;

  for (int raw = 0; raw < 2; raw++)
    if (chain_read(parts, 1, raw, true, digest_gnutls, &chain) == CHAIN_FINE)
      try_seen(&chain);
  for (size_t first = 4; first < octets.size; first++) {
    if (octets.data[first] != 0x30)
      continue;
    parts[0].size = first;
    parts[1] = (struct span){octets.data + first, octets.size - first};
    if (chain_read(parts, 2, false, true, digest_gnutls, &chain) == CHAIN_FINE) {
      require(!span_equal(parts[0], parts[1]));
      try_seen(&chain);
    }
  }
}

/* What was decoded is encoded to the same octets. */
static void try_decode(struct span octets)
{
  uint8_t encoded[CHAIN_SEEN_MAX];
  struct writer w = writer_of(encoded, sizeof encoded);
  struct chain_seen seen;

  if (!chain_seen_decode(octets, &seen))
    return;
  require(seen.count <= CHAIN_MAX);
  require(chain_seen_encode(&seen, &w) && span_equal(writer_span(&w), octets));
}

static void try_key(const char *text)
{
  struct keypin pin = {.kind = KEYPIN_PIN, .status = KEYPIN_ACTIVE}, again = pin;
  char written[KEYPIN_KEY_TEXT_SIZE];
  unsigned errors;

  if (!keypin_read_key(text, &pin, &errors))
    return;
  require((errors & ~(unsigned)PKI_EXCUSABLE) == 0 && matching_size(pin.matching) > 0);
  require(pin.level < KEYPIN_LEVELS && pin.selector < SELECTOR_COUNT);
  require(keypin_key_text(&pin, written));
  require(keypin_read_key(written, &again, &errors));
  require(pin.selector == again.selector && pin.matching == again.matching);
  require(memcmp(pin.digest, again.digest, matching_size(pin.matching)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span octets = {data, size};
  char *text = fuzz_text(octets);

  try_certificate(octets);
  try_chain(octets);
  try_decode(octets);
  try_key(text);
  free(text);
  return 0;
}
