/* cert_override.txt of Firefox and Thunderbird.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_FIREFOX_H
#define FORMATS_FIREFOX_H

#include "formats/reader.h"

bool firefox_detect(struct span octets);
bool firefox_read(const struct reading *reading, struct span octets);

#endif
