/* Records in the stores of tests/strata.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LEDGER_H
#define LEDGER_H

#include "tests/strata.h"

/* A record for a place, as place_read takes it, with any protocol. What kind it is follows from its
 * status; an exception's error is an unknown issuer. mark: every octet of its digest. It was made a
 * thousand seconds before STRATA_NOW. */
struct keypin ledger_pin(const char *place, enum keypin_status status, enum keypin_origin origin,
                         uint8_t mark);

/* The same for the peer host, tls, 443. */
struct keypin ledger_pin_of(const char *host, enum keypin_status status, enum keypin_origin origin,
                            uint8_t mark);

/* Puts them into the user's store, which is opened for that and closed again. */
void ledger_put(const struct strata *strata, const struct keypin *pins, size_t count);

/* Makes a system layer with these records in a folder. */
void ledger_layer(const char *folder, const char *name, const struct keypin *pins, size_t count);

#endif
