/* Hexadecimal constants of tests: see hex.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/hex.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span hex(const char *digits, uint8_t *buffer, size_t size)
{
  union {
    const char *given;
    unsigned char *taken; /* a datum is not const; gnutls_hex_decode only reads it */
  } text = {.given = digits};
  gnutls_datum_t datum = {text.taken, (unsigned)strlen(digits)};

  if (datum.size == 0)
    return (struct span){buffer, 0};
  if (gnutls_hex_decode(&datum, buffer, &size) < 0) {
    fprintf(stderr, "hex.c: no hexadecimal octets: %s\n", digits);
    abort();
  }
  return (struct span){buffer, size};
}
