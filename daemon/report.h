/* The report of a pin that was not met, as JSON (RFC 7469 section 3). It is written to the event
 * log and never sent.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef REPORT_H
#define REPORT_H

#include "common/host.h"
#include "pinning/chain.h"

struct report {
  int64_t now; /* seconds since 1970 */
  const struct peer *peer;
  const char *noted; /* the host that the pins were noted for */
  bool subdomains;
  int64_t expires; /* of the pins */
  size_t pins;
  const uint8_t (*pin)[32]; /* SHA-256 of SPKIs */
  const struct chain *chain;
  const struct span *served; /* the certificates as the server sent them */
  size_t served_count;       /* 0: they are not known */
};

/* Where the text would be longer than `most` octets, certificates are left out of it: those that
 * were served first. To be freed by g_free. */
char *report_text(const struct report *report, size_t most);

#endif
