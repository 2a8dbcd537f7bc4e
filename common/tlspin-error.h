/* The one table of outcomes: code, token, D-Bus name, text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * 0 is success. Codes 1 to 31 are answers: the exact words in which a lookup or a check ends.
 * Codes from 32 on are errors: the call did nothing, and says why.
 */
#ifndef TLSPIN_ERROR_H
#define TLSPIN_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

enum tlspin_code {
  TLSPIN_OK = 0, /* done */

  /* Answers. "no-pin" is said only when the whole store was readable and says so. */
  TLSPIN_MATCH = 1,            /* a pin stands; in a check: and the server met it */
  TLSPIN_MISMATCH = 2,         /* a pin stands and the server did not meet it */
  TLSPIN_NO_PIN = 3,           /* the whole store was read and holds no pin for the peer */
  TLSPIN_STORE_DAMAGED = 4,    /* no pin found, but pins were lost */
  TLSPIN_UNAVAILABLE = 5,      /* the store could not be asked or could not be read */
  TLSPIN_CLOCK_SUSPECT = 6,    /* the clock can't be trusted to expire this pin */
  TLSPIN_OPTED_OUT = 7,        /* pinning is switched off for the peer */
  TLSPIN_CANNOT_BE_PINNED = 8, /* the peer has no host name, or no protocol that can carry pins */

  /* Errors. */
  TLSPIN_E_ARGUMENT = 32,        /* an argument is not what it should be; the text names it */
  TLSPIN_E_MEMORY = 33,          /* out of memory */
  TLSPIN_E_NOT_FOUND = 34,       /* no such entry */
  TLSPIN_E_NOTHING_TO_UNDO = 35, /* the journal holds nothing that can be taken back */
  TLSPIN_E_UNKNOWN_METHOD = 36,  /* the daemon has no such method, interface or object */
  TLSPIN_E_REPLY = 37,           /* the daemon's reply was not understood */
  TLSPIN_E_TLS = 38,             /* GnuTLS refused a call that tlspin needs */
  TLSPIN_E_KEYS = 39,            /* a file of protection keys can't be used; the text says why */
  TLSPIN_E_DENIED = 40,          /* the caller may not do this */
  TLSPIN_E_LIMIT = 41,           /* there is as much of it as there may be; the text says of what */
  TLSPIN_E_BUSY = 42             /* not while an import is being stored; a moment later */
};

/* The token of a code, as it stands in D-Bus answers and in JSON ("no-pin"); never NULL.
 * Static; any thread. */
const char *tlspin_code_token(enum tlspin_code code);

/* The code of a token; TLSPIN_E_REPLY for a token that stands in no row. Any thread. */
enum tlspin_code tlspin_code_from_token(const char *token);

/* One sentence about the code, in the language of the user; never NULL. Static; any thread. */
const char *tlspin_code_text(enum tlspin_code code);

/* The D-Bus error name of a code ("org.tlspin.Error.Unavailable"); never NULL. Static. */
const char *tlspin_code_dbus_name(enum tlspin_code code);

/* The code of a D-Bus error name; TLSPIN_UNAVAILABLE for a name that stands in no row: whatever
 * else the bus reports, the store could not be asked. */
enum tlspin_code tlspin_code_from_dbus_name(const char *name);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
