/* What is wrong with a store, as one line for people.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PROBLEM_H
#define PROBLEM_H

#include "common/tlspin-error.h"

/* Puts a text into *problem (to be freed by g_free), in place of an earlier one; a line break from
 * a file's name becomes a '?', so that a log keeps one line for it. problem may be NULL. Always
 * TLSPIN_UNAVAILABLE, so that a failure is said and returned in one statement. */
enum tlspin_code problem_set(char **problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
