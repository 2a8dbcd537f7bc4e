/* Digests by GLib: see digest.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/digest.h"

#include <glib.h>

bool digest_glib(enum matching matching, struct span octets, uint8_t digest[CHAIN_DIGEST_MAX])
{
  GChecksumType type = matching == MATCHING_SHA512 ? G_CHECKSUM_SHA512 : G_CHECKSUM_SHA256;
  g_autoptr(GChecksum) checksum = NULL;
  gsize size = CHAIN_DIGEST_MAX;

  if (matching_size(matching) == 0 || octets.size > G_MAXSSIZE)
    return false;
  checksum = g_checksum_new(type);
  g_checksum_update(checksum, octets.data, (gssize)octets.size);
  g_checksum_get_digest(checksum, digest, &size);
  return true;
}
