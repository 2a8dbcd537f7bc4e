/* ksslcertificatemanager of KDE (kssld).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_KDE_H
#define FORMATS_KDE_H

#include "formats/reader.h"

bool kde_detect(struct span octets);
bool kde_read(const struct reading *reading, struct span octets);

#endif
