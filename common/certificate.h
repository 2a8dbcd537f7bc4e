/* What of an X.509 certificate pinning looks at, read from its DER (RFC 5280 section 4.1).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include "common/bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct certificate {
  struct span serial;  /* the octets of the INTEGER */
  struct span issuer;  /* the Name, whole */
  struct span subject; /* the Name, whole */
  struct span spki;    /* exactly as it stands */
  int64_t not_before;  /* seconds since 1970 */
  int64_t not_after;
};

/* Spans point into `der`. False: not one certificate and nothing else. */
bool certificate_read(struct span der, struct certificate *certificate);

/* The same but for the times, which are left 0: *validity has the contents of the Validity. */
bool certificate_read_parts(struct span der, struct certificate *certificate,
                            struct span *validity);

/* The common name of a Name, else its organisation, cut to `size` (at least 1) with its NUL, as
 * UTF-8 without control characters; "" where it has neither. */
void certificate_name_text(struct span name, char *text, size_t size);

#endif
