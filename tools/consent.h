/* A question that is answered by yes or no.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CONSENT_H
#define CONSENT_H

#include <stdbool.h>

/* Whether the next line of standard input says yes. */
bool consent_given(void);

#endif
