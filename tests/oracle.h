/* The verdict once more, written in another way, to test the one in pinning/verdict.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ORACLE_H
#define ORACLE_H

#include "pinning/verdict.h"

enum { ORACLE_MAX = 64 }; /* entries: a bit each */

void oracle_judge(const struct verdict_input *input, struct verdict *verdict);

#endif
