/* Chromium's static pins, in tlspin's own JSON: see tlspin-formats(5).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_CHROMIUM_H
#define FORMATS_CHROMIUM_H

#include "formats/reader.h"

bool chromium_detect(struct span octets);
bool chromium_read(const struct reading *reading, struct span octets);

#endif
