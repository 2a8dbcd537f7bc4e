/* Locales for tests, also where the system has none but C.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LOCALES_H
#define LOCALES_H

#include <stdbool.h>

/* Switches the program to the locale of a language and country ("tr_TR"), with UTF-8. One that is
 * not installed is compiled into a temporary directory. False: neither is possible here, and
 * nothing has changed. */
bool locale_use(const char *name);

#endif
