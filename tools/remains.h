/* What a store that was damaged can still be put together of, once the user goes on without.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef REMAINS_H
#define REMAINS_H

#include "libclient/tlspin-admin.h"

#include <stdbool.h>

/* Says which backup from before the damage there is, and how long it and the damaged file stay.
 * doctor: from before the user went on. period: of undo, in seconds; below 0: not known. */
void remains_print(const tlspin_doctor_t *doctor, int64_t period);

#endif
