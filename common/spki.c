/* The SubjectPublicKeyInfo of a certificate: see spki.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/spki.h"

#include "common/certificate.h"
#include "common/der.h"

bool spki_of_certificate(struct span certificate, struct span *spki)
{
  struct certificate parts;
  struct span validity;

  if (!certificate_read_parts(certificate, &parts, &validity))
    return false;
  *spki = parts.spki;
  return true;
}

bool spki_is_whole(struct span spki)
{
  struct reader outer = reader_of(spki), inner;

  inner = reader_of(der_read(&outer, DER_SEQUENCE));
  der_read(&inner, DER_SEQUENCE);
  der_read(&inner, DER_BIT_STRING);
  return reader_done(&outer) && reader_done(&inner);
}
