/* network-security.data of Emacs (nsm.el).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_EMACS_H
#define FORMATS_EMACS_H

#include "formats/reader.h"

bool emacs_detect(struct span octets);
bool emacs_read(const struct reading *reading, struct span octets);

#endif
