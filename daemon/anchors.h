/* The trust anchors that the vendor of the system ships: a path that ends in another one ends in an
 * anchor that its user or administrator added.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ANCHORS_H
#define ANCHORS_H

#include "common/bytes.h"

#include <stdbool.h>

struct anchors;

/* dir: a folder; its files *.crt, and those of the folders in it, hold certificates as PEM. NULL:
 * it isn't known. Nothing is read yet. */
struct anchors *anchors_new(const char *dir);
void anchors_free(struct anchors *anchors);

/* Whether the certificate (DER) is not among them. False also where that isn't known, since pins
 * would not be enforced otherwise: the folder, one of its files or a certificate in them can't be
 * read, or there is none. It is read when this is first asked, and again after files came or went.
 */
bool anchors_added(struct anchors *anchors, struct span certificate);

/* The same by the SHA-256 of a certificate. */
bool anchors_added_digest(struct anchors *anchors, struct span digest);

#endif
