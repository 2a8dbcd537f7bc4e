/* Why a handshake with a pinned server is refused: the rules of RFC 8672 for a client.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#include <stdbool.h>

enum refusal {
  REFUSAL_NONE,
  REFUSAL_EXTENSION_MISSING,
  REFUSAL_EXTENSION_MALFORMED,
  REFUSAL_EXTENSION_TWICE,
  REFUSAL_EXTENSION_UNEXPECTED, /* in a handshake that must not carry it */
  REFUSAL_PROOF_MISSING,
  REFUSAL_PROOF_WRONG,
  REFUSAL_PROOF_UNASKED,
  REFUSAL_TLS_VERSION,
  REFUSAL_TICKET_REFUSED,      /* by the server, with handshake_failure */
  REFUSAL_RESUMPTION_DECLINED, /* try again without the session's data */
  REFUSAL_SECRET_NOT_FOUND,    /* this GnuTLS can't prove anything */
  REFUSAL_HOOKS_DISPLACED,     /* the program took our place in the session */
  REFUSAL_NAME_DIFFERS,        /* the program sent another SNI than it looked up */
  REFUSAL_COUNT
};

/* The token ("proof-wrong"); static. */
const char *refusal_token(enum refusal refusal);

/* False where the token names no refusal; REFUSAL_NONE has none. */
bool refusal_from_token(const char *token, enum refusal *refusal);

/* What happened, as an untranslated sentence for gettext; static. */
const char *refusal_text(enum refusal refusal);

/* What a client knows after the server's flight. */
struct ticket_evidence {
  bool pinned;         /* a ticket is stored for the peer */
  bool ticket_sent;    /* and ClientHello carried it */
  bool asked;          /* ClientHello carried the extension, with a ticket or without */
  bool tls13;          /* what was negotiated */
  bool resumed;        /* a PSK was selected */
  bool secrets_found;  /* the secrets of RFC 8672 section 4 are known */
  unsigned extensions; /* how often the extension came */
  bool malformed;
  bool proof_came;
  bool proof_right;
};

/* The one decision over a pinning ticket. */
enum refusal refusal_judge(const struct ticket_evidence *evidence);

#endif
