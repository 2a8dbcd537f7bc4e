/* One record (a key pin, an exception, a mode) of a list, as people and programs read it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef RECORD_H
#define RECORD_H

#include "libclient/tlspin.h"
#include "tools/json.h"
#include "tools/sheet.h"

#include <stdbool.h>

/* False: the entry is a ticket. */
bool record_is(const tlspin_entry_t *entry);

/* Where it applies, as the commands read it: "imap.example.org:993", "*.example.org",
 * ".example.org", "*" for every host. To be freed. */
char *record_place(const tlspin_entry_t *entry);

/* The same for people, "(dtls)" behind it where it is for DTLS alone, as for a ticket. To be freed.
 */
char *record_server(const tlspin_entry_t *entry);

/* What it says, in a word or two of the user's language: "critical", "learned", "blocked"... */
const char *record_says(const tlspin_entry_t *entry);

/* When it ends; 0: never. */
uint64_t record_end(const tlspin_entry_t *entry);

/* "unknown-issuer, name": PKI errors, enum tlspin_pki_error, by their names; "" for none. To be
 * freed. */
char *record_errors_text(unsigned errors);

/* The same as an array of names. */
void record_put_errors(JsonBuilder *builder, unsigned errors);

/* "level any; only reported": what a row of a table has no room for, but for the key and the note.
 * "" where there is nothing. To be freed. */
char *record_terms(const tlspin_entry_t *entry);

/* Facts: place, what it says, key, level, seen. */
void record_add_facts(struct sheet *sheet, const tlspin_entry_t *entry);

/* Members of the object that is open: those of a record in org.tlspin.Admin1.List. */
void record_put_members(JsonBuilder *builder, const tlspin_entry_t *entry);

#endif
