/* trustedcerts.xml of FileZilla.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_FILEZILLA_H
#define FORMATS_FILEZILLA_H

#include "formats/reader.h"

bool filezilla_detect(struct span octets);
bool filezilla_read(const struct reading *reading, struct span octets);

#endif
