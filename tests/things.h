/* Entries, events, explanations and reports as the library hands them out, made of words.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   entry = thing_new("host=www.example.org;port=#443;kind=pin;scope=exact;...");
 *
 * '#' before a value: it is a number. An explanation is made here, too, in place of the library's
 * own, which only a daemon can make: whoever links this gets at no other.
 */
#ifndef THINGS_H
#define THINGS_H

#include "libclient/tlspin-admin.h"
#include "tools/columns.h"

#include <glib.h>

/* To be freed by tlspin_entry_free. */
tlspin_entry_t *thing_new(const char *words);

/* Adds a certificate to what was seen with a key. */
void thing_add_certificate(tlspin_entry_t *entry, const char *words);

tlspin_explanation_t *explained(const char *verdict);
void explained_add(tlspin_explanation_t *explanation, enum tlspin_part part, const char *words);
void explained_end(tlspin_explanation_t *explanation);

/* A report on the store with its backups, in place of the library's own as well; what asks for one
 * is the test's to define. To be freed by tlspin_doctor_free. */
tlspin_doctor_t *doctored(const char *report);
void doctored_add(tlspin_doctor_t *doctor, const char *words);

/* A style that collects what is written; paper: to be freed with g_string_free. */
struct columns_style thing_style(GString *paper, unsigned width);

#endif
