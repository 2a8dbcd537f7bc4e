/* One pinned handshake with a server, and what became of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef MEETING_H
#define MEETING_H

#include "libclient/tlspin.h"
#include "tools/identity.h"

#include <glib.h>

struct meeting_plan {
  const char *host; /* where to connect: a name or an address */
  const char *name; /* who that shall be: the key of the pin; normalised, or an address */
  guint16 port;
  const char *ca_file; /* NULL: whom the system trusts */
  unsigned level;      /* enum tlspin_gnutls_flags */
  bool raw_keys;       /* a raw public key will do (RFC 7250) */
  unsigned timeout;    /* seconds for all of it */
};

/* Texts are "" or NULL, and numbers 0, where it didn't come so far. */
struct meeting {
  int status;        /* enum exit_status */
  char *message;     /* for people: a sentence or two */
  char *address;     /* that was connected to */
  bool greeted;      /* ClientHello was sent, so that the store was asked */
  bool is_private;   /* nothing was to be stored */
  bool done;         /* the handshake is complete */
  int answer;        /* the store's: a code of tlspin-error.h */
  char *reason;      /* why the pin was not met */
  char *layer;       /* whose pin it is */
  char *change;      /* that the server's key went through: "same-issuer"... */
  unsigned rule;     /* of tlspin-verdict(7) */
  bool reported;     /* it was not met, and is one that is only to be reported */
  bool unlearned;    /* no key is known of the server after the first meeting either */
  char *no_learning; /* where it is set that keys aren't learned: a layer or "tlspind.conf"; or NULL
                      */
  bool exempt;       /* an added authority vouches for the server: nothing is learned there */
  char *excused; /* what the PKI has against the certificate, and an exception excuses; or NULL */
  bool asked, sent, proved;
  uint32_t lifetime; /* of the new ticket, in seconds */
  int kept;          /* what became of it: see tlspin_gnutls_kept */
  uint64_t stored;   /* when it ends */
  bool tls13;
  const char *tls; /* static */
  const char *cipher;
  struct identity certificate;
};

/* Meets the server, and leaves it again. To be cleared. */
void meeting_hold(tlspin_t *context, const struct meeting_plan *plan, struct meeting *meeting);
void meeting_clear(struct meeting *meeting);

#endif
