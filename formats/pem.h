/* Certificates and public keys in PEM (RFC 7468), for hosts that the user names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_PEM_H
#define FORMATS_PEM_H

#include "formats/reader.h"

bool pem_detect(struct span octets);
bool pem_read(const struct reading *reading, struct span octets);

/* The public keys (SPKI, DER) of all certificates and keys in it: GBytes, to be freed by
 * g_ptr_array_unref. */
GPtrArray *pem_spkis(struct span octets);

#endif
