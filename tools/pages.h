/* Stores any number of records as one operation: all of them, or none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon takes a thousand at a time. What was stored before something went wrong is taken back.
 */
#ifndef PAGES_H
#define PAGES_H

#include "formats/reader.h"
#include "libclient/tlspin-admin.h"

struct pages;

/* flags: enum tlspin_put_flags. told: what the daemon says of single records; data: its last
 * argument. */
struct pages *pages_new(tlspin_t *context, unsigned flags, reading_told told, void *data);

/* The record is copied. False once something went wrong, or the user broke it off: then it needn't
 * be called again. line: where the record stands, for what is told. backed: another key for its
 * place is put, too, on whatever page. */
bool pages_put(struct pages *pages, const struct keypin *pin, size_t line, bool backed);

/* Stores what is left, or takes everything back; frees. Returns the status, after a message where
 * it isn't STATUS_FINE. change: the operation (0: nothing had to be changed), and the sum of what
 * was changed. */
int pages_end(struct pages *pages, struct tlspin_change *change);

#endif
