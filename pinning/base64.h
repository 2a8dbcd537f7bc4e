/* Base64 (RFC 4648 section 4) of a SHA-256 digest, as pins are written.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Neither GnuTLS's, which the daemon doesn't link, nor GLib's, which programs don't, serves both.
 */
#ifndef BASE64_H
#define BASE64_H

#include "common/bytes.h"

#include <stdbool.h>

enum { BASE64_DIGEST = 32, BASE64_TEXT = 44, BASE64_KEY_SIZE = 8 + BASE64_TEXT + 1 };

/* Of the last digit only four bits count; the other two are ignored, as deployed decoders do: pins
 * whose text is not the canonical one (RFC 4648 section 3.5) are in use. False: not 43 digits and a
 * '='. */
bool base64_read(struct span text, uint8_t digest[BASE64_DIGEST]);

void base64_write(const uint8_t digest[BASE64_DIGEST], char text[BASE64_TEXT + 1]);

/* The same as the text of a key, "sha256//BASE64". */
bool base64_read_key(const char *text, uint8_t digest[BASE64_DIGEST]);
void base64_write_key(const uint8_t digest[BASE64_DIGEST], char text[BASE64_KEY_SIZE]);

#endif
