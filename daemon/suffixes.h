/* Names below which anybody can have one: the Public Suffix List.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUFFIXES_H
#define SUFFIXES_H

#include <stdbool.h>

struct suffixes;

/* The newest list that the system has. It takes some 100 KiB, so it is not to be kept; to be freed
 * by suffixes_free. NULL, which is a list as well, where there is none. */
struct suffixes *suffixes_load(void);
void suffixes_free(struct suffixes *suffixes);

/* Whether the names below this one are of many owners, which no key is common to. So are those
 * below a name without a dot that no list has, and all names where there is no list. */
bool suffixes_have(const struct suffixes *suffixes, const char *host);

#endif
