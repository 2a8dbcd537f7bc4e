/* What a policy lists at STRATA_NOW, as lines of text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An entry is "LAYER HOST/PORT STATE" for a ticket, with "COUNT*REASON" where it was not met, and
 * "LAYER PLACE STATUS DIGEST STATE" for a record, with the digest's first octet; then its role.
 */
#ifndef LISTING_H
#define LISTING_H

#include "daemon/catalogue.h"

/* Appends the line of an entry to a GString. */
void listing_append(const struct policy_entry *entry, void *data);

/* Appends a page of the list of all entries, behind the cursor. */
void listing_page(struct policy *policy, struct policy_cursor *cursor, uint32_t limit,
                  GString *text);

/* All pages of a list, one after the other; *pages: how many there were. To be freed. */
char *listing_pages(struct policy *policy, const struct store_filter *filter, uint32_t limit,
                    unsigned *pages);

/* The list must be this, whatever the size of its pages. */
void listing_expect(struct policy *policy, const struct store_filter *filter, const char *expected);

/* The entries of one host instead of what the text was. *problem: NULL, or to be freed. */
enum tlspin_code listing_get(struct policy *policy, const char *host, GString *text,
                             char **problem);

#endif
