/* Hexadecimal constants of tests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef HEX_H
#define HEX_H

#include "common/bytes.h"

/* The octets of an even number of hexadecimal digits, written to buffer. What can't be read, or
 * is longer than size, is a mistake in the test itself: it is printed and the program is aborted.
 */
struct span hex(const char *digits, uint8_t *buffer, size_t size);

#endif
