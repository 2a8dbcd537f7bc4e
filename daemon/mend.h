/* Finding the octet that was changed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef MEND_H
#define MEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mend_change {
  MEND_BIT,  /* one bit of one octet */
  MEND_OCTET /* one octet, in more than a bit */
};

/* Changes one of the octets after the other, in every way of the kind, until fits says yes: then
 * true, and the octets stay so. Otherwise they are as they were. *work: what may be done still,
 * which fits counts down; nothing is tried once it is 0. */
bool mend(uint8_t *octets, size_t size, enum mend_change change, const uint64_t *work,
          bool (*fits)(void *data), void *data);

#endif
