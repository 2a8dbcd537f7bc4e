/* Finding the octet that was changed: see mend.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/mend.h"

static bool is_of_kind(unsigned mask, enum mend_change change)
{
  bool bit = (mask & (mask - 1)) == 0;

  return bit == (change == MEND_BIT);
}

static bool mend_octet(uint8_t *octet, enum mend_change change, const uint64_t *work,
                       bool (*fits)(void *data), void *data)
{
  for (unsigned mask = 1; mask <= UINT8_MAX && *work > 0; mask++) {
    if (!is_of_kind(mask, change))
      continue;
    *octet ^= (uint8_t)mask;
    if (fits(data))
      return true;
    *octet ^= (uint8_t)mask;
  }
  return false;
}

bool mend(uint8_t *octets, size_t size, enum mend_change change, const uint64_t *work,
          bool (*fits)(void *data), void *data)
{
  for (size_t i = 0; i<size && * work> 0; i++)
    if (mend_octet(&octets[i], change, work, fits, data))
      return true;
  return false;
}
