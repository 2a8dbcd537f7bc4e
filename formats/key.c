/* Keys out of files: see key.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/key.h"

#include "common/certificate.h"
#include "common/spki.h"
#include "pinning/digest.h"

#include <glib.h>
#include <gnutls/gnutls.h>
#include <string.h>

static bool fill(enum selector selector, struct span octets, struct keypin *pin)
{
  pin->selector = selector;
  pin->matching = MATCHING_SHA256;
  return digest_gnutls(MATCHING_SHA256, octets, pin->digest);
}

bool key_of_spki(struct span spki, struct keypin *pin)
{
  return spki_is_whole(spki) && fill(SELECTOR_SPKI, spki, pin);
}

bool key_of_certificate(struct span certificate, struct keypin *pin)
{
  struct certificate read;

  return certificate.size <= CHAIN_CERTIFICATE_MAX && certificate_read(certificate, &read) &&
         fill(SELECTOR_SPKI, read.spki, pin);
}

bool key_of_whole_certificate(struct span certificate, struct keypin *pin)
{
  struct certificate read;

  return certificate.size <= CHAIN_CERTIFICATE_MAX && certificate_read(certificate, &read) &&
         fill(SELECTOR_CERTIFICATE, certificate, pin);
}

bool key_has_digest(struct span octets, enum key_digest algorithm, struct span digest)
{
  GChecksumType type = algorithm == KEY_MD5 ? G_CHECKSUM_MD5 : G_CHECKSUM_SHA1;
  g_autoptr(GChecksum) checksum = g_checksum_new(type);
  uint8_t made[20];
  gsize size = sizeof made;

  g_checksum_update(checksum, octets.data, (gssize)octets.size);
  g_checksum_get_digest(checksum, made, &size);
  return span_equal(digest, (struct span){made, size});
}

/* GLib and GnuTLS both pass over what isn't Base64. */
static bool is_base64(struct span text)
{
  size_t padding = 0;

  if (text.size == 0 || text.size % 4 != 0)
    return false;
  for (size_t i = 0; i < text.size; i++) {
    char c = (char)text.data[i];

    padding += c == '=';
    if (c != '=' && (padding > 0 || !(g_ascii_isalnum(c) || c == '+' || c == '/')))
      return false;
  }
  return padding <= 2;
}

static bool copy_out(int rc, gnutls_datum_t *datum, uint8_t **octets, size_t *size)
{
  if (rc < 0)
    return false;
  *size = datum->size;
  *octets = g_memdup2(datum->data, datum->size);
  gnutls_free(datum->data);
  return *octets != NULL;
}

bool key_read_base64(struct span text, uint8_t **octets, size_t *size)
{
  gnutls_datum_t in = {(void *)(uintptr_t)text.data, (unsigned)text.size}, out = {NULL, 0};

  return text.size <= UINT32_MAX && is_base64(text) &&
         copy_out(gnutls_base64_decode2(&in, &out), &out, octets, size);
}

bool key_read_pem(struct span block, uint8_t **octets, size_t *size)
{
  gnutls_datum_t in = {(void *)(uintptr_t)block.data, (unsigned)block.size}, out = {NULL, 0};

  return block.size <= UINT32_MAX &&
         copy_out(gnutls_pem_base64_decode2(NULL, &in, &out), &out, octets, size);
}
