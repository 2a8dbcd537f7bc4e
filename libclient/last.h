/* What went wrong in this thread's last call: what tlspin_last_message returns.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_LAST_H
#define CLIENT_LAST_H

enum { LAST_SIZE = 1024 }; /* octets of a message with its NUL; what is longer is cut */

/* To be called first in every public function. */
void last_clear(void);

/* Keeps the sentence and returns the code, so that a failure is one line. Control characters become
 * blanks: some sentences come from the other end of the bus, and end on a terminal. */
int last_say(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with the sentence that the table has for the code. */
int last_code(int code);

#endif
