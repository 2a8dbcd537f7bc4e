/* Base64 of a digest: see base64.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool read_digit(uint8_t octet, uint32_t *value)
{
  const char *found = octet != '\0' ? strchr(digits, octet) : NULL;

  if (found == NULL)
    return false;
  *value = (uint32_t)(found - digits);
  return true;
}

bool base64_read(struct span text, uint8_t digest[BASE64_DIGEST])
{
  uint32_t bits = 0, digit;
  unsigned have = 0;
  size_t used = 0;

  if (text.size != BASE64_TEXT || text.data[BASE64_TEXT - 1] != '=')
    return false;
  for (size_t i = 0; i < BASE64_TEXT - 1; i++) {
    if (!read_digit(text.data[i], &digit))
      return false;
    bits = bits << 6 | digit;
    have += 6;
    if (have >= 8)
      digest[used++] = (uint8_t)(bits >> (have -= 8));
  }
  return true;
}

void base64_write(const uint8_t digest[BASE64_DIGEST], char text[BASE64_TEXT + 1])
{
  for (size_t i = 0; i < BASE64_TEXT - 1; i++) {
    size_t bit = i * 6, octet = bit / 8;
    unsigned next = octet + 1 < BASE64_DIGEST ? digest[octet + 1] : 0;
    unsigned pair = (unsigned)digest[octet] << 8 | next;

    text[i] = digits[pair >> (10 - bit % 8) & 63];
  }
  text[BASE64_TEXT - 1] = '=';
  text[BASE64_TEXT] = '\0';
}

static const char key_prefix[] = "sha256//";

bool base64_read_key(const char *text, uint8_t digest[BASE64_DIGEST])
{
  const size_t prefix = sizeof key_prefix - 1;

  return strncmp(text, key_prefix, prefix) == 0 &&
         base64_read((struct span){(const uint8_t *)text + prefix, strlen(text + prefix)}, digest);
}

void base64_write_key(const uint8_t digest[BASE64_DIGEST], char text[BASE64_KEY_SIZE])
{
  memcpy(text, key_prefix, sizeof key_prefix);
  base64_write(digest, text + sizeof key_prefix - 1);
}
