/* The library's own verdict over what the server of a session showed, by the records that the
 * lookup brought.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_OPINION_H
#define CLIENT_OPINION_H

#include "libclient/pin.h"

/* What became of the ticket; it must have been judged. */
enum ticket_result opinion_ticket(const struct pin *pin);

/* Whether the ticket has this lock ("enforce", "report"). */
bool opinion_is_locked(const struct pin *pin, const char *lock);

/* What the PKI says, as far as it was asked. */
enum pki_status opinion_pki(const struct pin *pin, const struct shown *shown);

/* Forms it. */
void opinion_form(const struct pin *pin, struct shown *shown, struct verdict *verdict);

/* Whether the pins alone, without the PKI, say whose key it is that was shown: it would be a match
 * without those that are only reported, that a program noted from a header, or that one was told by
 * its user. */
bool opinion_vouches(const struct pin *pin, struct shown *shown);

#endif
