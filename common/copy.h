/* The octets of one file in another.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef COPY_H
#define COPY_H

#include <stdbool.h>

/* Writes what comes yet of a file to another one, until the disk has it. There may be secrets in
 * it: none stay in memory. False with errno; some of it may be written by then. */
bool copy_octets(int from, int to);

#endif
