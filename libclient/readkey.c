/* Reading a key as people write it: see tlspin-admin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/tlspin-admin.h"

#include "common/spki.h"
#include "common/text.h"
#include "libclient/argument.h"
#include "libclient/last.h"
#include "pinning/digest.h"
#include "pinning/keypin.h"

#include <gnutls/gnutls.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 }; /* octets of a PEM file */

static bool spki_of(const char *header, struct span octets, struct span *spki)
{
  *spki = octets;
  return strcmp(header, "CERTIFICATE") == 0 ? spki_of_certificate(octets, spki)
                                            : spki_is_whole(octets);
}

static bool read_block(const char *text, const char *header, struct keypin *pin)
{
  const gnutls_datum_t pem = {(unsigned char *)(uintptr_t)text, (unsigned)strlen(text)};
  gnutls_datum_t der = {NULL, 0};
  struct span spki;
  bool read;

  if (gnutls_pem_base64_decode2(header, &pem, &der) < 0)
    return false;
  read = spki_of(header, (struct span){der.data, der.size}, &spki) &&
         digest_gnutls(MATCHING_SHA256, spki, pin->digest);
  gnutls_free(der.data);
  return read;
}

/* Whose key it is, the server's or an authority's, is told by the path. Of several certificates
 * nobody knows which one is meant. */
static bool read_pem(const char *text, struct keypin *pin)
{
  const char *begin = strstr(text, "-----BEGIN ");

  if (begin == NULL || strstr(begin + 1, "-----BEGIN ") != NULL)
    return false;
  pin->level = KEYPIN_ANY;
  pin->selector = SELECTOR_SPKI;
  pin->matching = MATCHING_SHA256;
  return read_block(text, "CERTIFICATE", pin) || read_block(text, "PUBLIC KEY", pin);
}

static bool wants_errors(const struct tlspin_record *record)
{
  return record->errors == 0 && record->kind != NULL &&
         strcmp(record->kind, keypin_kind_token(KEYPIN_EXCEPTION)) == 0;
}

int tlspin_read_key(const char *text, struct tlspin_record *record, unsigned char storage[64])
{
  struct keypin pin = {.note = ""};
  unsigned errors = 0;
  int code;

  last_clear();
  code = argument_there(text, "text");
  if (code == TLSPIN_OK)
    code = argument_there(record, "record");
  if (code == TLSPIN_OK)
    code = argument_there(storage, "storage");
  if (code != TLSPIN_OK)
    return code;
  if (strnlen(text, TEXT_MAX + 1) > TEXT_MAX ||
      (!keypin_read_key(text, &pin, &errors) && !read_pem(text, &pin)))
    return last_say(
        TLSPIN_E_ARGUMENT,
        _("This is no key: 'sha256//BASE64', the SHA-256 of a public key in hex, a TLSA "
          "record, or a PEM file with one certificate or public key is."));
  if (wants_errors(record))
    record->errors = errors;
  record->level = keypin_level_token(pin.level);
  record->selector = (unsigned)pin.selector;
  record->matching = (unsigned)pin.matching;
  record->digest = (struct tlspin_octets){storage, matching_size(pin.matching)};
  memcpy(storage, pin.digest, record->digest.size);
  return TLSPIN_OK;
}
