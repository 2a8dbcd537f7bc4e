/* Records as import and export pass them on: the library's forms and that of the code below it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "libclient/tlspin-admin.h"
#include "pinning/keypin.h"

/* An entry of a list. seen: room for what the record's `seen` will point to; the rest points into
 * the entry. False for a ticket, and for what this version doesn't understand. */
bool exchange_of_entry(const tlspin_entry_t *entry, uint8_t seen[CHAIN_SEEN_MAX],
                       struct keypin *pin);

/* An encoded chain in the library's form; to be freed by g_free. NULL where nothing was seen. */
struct exchange_chain;
struct exchange_chain *exchange_chain_new(struct span seen);

/* For tlspin_put. It points into the record and the chain, which may be NULL. */
struct tlspin_record exchange_of_pin(const struct keypin *pin, const struct exchange_chain *chain);

/* "www.example.org:443  pin  active  sha256//...": a line for people, with a line feed; to be
 * freed. */
char *exchange_text(const struct keypin *pin);

#endif
