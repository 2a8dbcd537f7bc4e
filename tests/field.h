/* Fields of Public-Key-Pins for tests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FIELD_H
#define FIELD_H

#include "pinning/hpkp.h"

/* Pins by keys whose digests are 32 octets 2, 3 or 4. */
#define TWO   "pin-sha256=\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\""
#define THREE "pin-sha256=\"AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=\""
#define FOUR  "pin-sha256=\"BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=\""

/* hpkp_read over a copy of just this size. Whatever comes out must hold together, and agree with
 * hpkp_read_strict where that takes the field. strict: whether it does; may be NULL. */
bool field_read(struct span octets, struct hpkp *hpkp, bool *strict);

/* What must come of a text: */
void field_refused(const char *text);
struct hpkp field_taken(const char *text);     /* by the RFC's grammar */
struct hpkp field_tolerated(const char *text); /* only with tolerance */

/* Whether there is a pin of 32 such octets. */
bool field_has_pin(const struct hpkp *hpkp, uint8_t octet);

#endif
