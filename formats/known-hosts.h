/* known_hosts of GnuTLS (gnutls_store_pubkey, gnutls_store_commitment).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_KNOWN_HOSTS_H
#define FORMATS_KNOWN_HOSTS_H

#include "formats/reader.h"

bool known_hosts_detect(struct span octets);
bool known_hosts_read(const struct reading *reading, struct span octets);

#endif
