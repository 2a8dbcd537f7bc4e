/* Asking the daemon for its verdict over what a server showed (CheckChain of org.tlspin.Pins1).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_CHECK_H
#define CLIENT_CHECK_H

#include "dbus/check.h"
#include "libclient/context.h"
#include "libclient/tlspin.h"
#include "pinning/chain.h"

#include <limits.h>

/* The daemon's word, or our own in its place. */
struct tlspin_verdict {
  struct peer peer;
  int answer;
  char reason[32];
  char layer[NAME_MAX + 1]; /* "": none, or not known */
  char change[32];
  bool enforced;
  bool learned;
  unsigned rule;
  unsigned excused; /* enum pki_error */
  int otherwise;    /* the answer but for what is only reported */
  char text[1024];
};

/* The name of this program, as the log wants it; "" where it has none that can be told. */
const char *check_program(void);

/* The certificates of a chain, or its raw key, as they are sent. */
struct bus_chain check_chain_of(const struct chain *chain);

/* The words of CheckChain. */
const char *check_pki_token(unsigned pki);

/* Asks and waits, within the budget. peer: normalised; goes into the call. Returns TLSPIN_OK;
 * TLSPIN_UNAVAILABLE where no answer came that could be understood; TLSPIN_E_ARGUMENT,
 * TLSPIN_E_MEMORY or TLSPIN_E_LIMIT. The bus is not to be locked. */
int check_ask(tlspin_t *context, const struct peer *peer, struct bus_check_call *call,
              struct tlspin_verdict *verdict);

/* The same without waiting for an answer. */
int check_post(tlspin_t *context, const struct peer *peer, struct bus_check_call *call);

/* Reads an answer; TLSPIN_OK or TLSPIN_UNAVAILABLE with a last message. */
int check_read(DBusMessage *reply, const struct peer *peer, struct tlspin_verdict *verdict);

/* A chain that a program gave, checked. The same codes; the result points into what was given. */
int check_read_chain(const struct tlspin_octets *certificates, size_t count, bool raw, bool path,
                     struct bus_chain *chain);

/* Reads and checks the public struct. Returns TLSPIN_OK or TLSPIN_E_ARGUMENT with a last message.
 * The call points into the struct. */
int check_read_question(const struct tlspin_check *check, struct bus_check_call *call);

#endif
