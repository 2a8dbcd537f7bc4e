/* The text of a key: see keypin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Apart from keypin-read.c, which needs GnuTLS. */
#include "config.h"

#include "pinning/base64.h"
#include "pinning/keypin.h"

#include <stdio.h>
#include <string.h>

static void write_hex(struct span octets, char *text)
{
  static const char digits[] = "0123456789abcdef";

  for (size_t i = 0; i < octets.size; i++) {
    *text++ = digits[octets.data[i] >> 4];
    *text++ = digits[octets.data[i] & 15];
  }
  *text = '\0';
}

bool keypin_key_text(const struct keypin *pin, char text[KEYPIN_KEY_TEXT_SIZE])
{
  size_t size = matching_size(pin->matching);

  if (size == 0 || (unsigned)pin->selector >= SELECTOR_COUNT)
    return false;
  if (pin->selector == SELECTOR_SPKI && pin->matching == MATCHING_SHA256) {
    base64_write_key(pin->digest, text);
    return true;
  }
  snprintf(text, KEYPIN_KEY_TEXT_SIZE, "%u %u ", (unsigned)pin->selector, (unsigned)pin->matching);
  write_hex((struct span){pin->digest, size}, text + 4);
  return true;
}
