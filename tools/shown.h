/* What a server showed, for a question to the store: asked for over the network, or read from a
 * file, and judged by the PKI.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SHOWN_H
#define SHOWN_H

#include "common/spki.h"
#include "libclient/tlspin-gnutls.h"
#include "tools/hosts.h"

struct shown_options {
  gboolean connect;               /* ask the server */
  char *chain_file;               /* or read PEM certificates, the server's own first */
  char *ca_file;                  /* PEM: whom to trust; NULL: whom the system trusts */
  char *sni;                      /* who the server is to be; NULL: who the argument says */
  char where[HOST_INPUT_MAX + 1]; /* to connect; "": to the target's host */
};

struct shown {
  tlspin_gnutls_shown_t *shown; /* NULL: nothing was shown */
};

/* Reads the argument of a command: the server, and where to connect. Returns STATUS_FINE, or
 * STATUS_USAGE after a message. */
int shown_read_target(struct shown_options *options, const char *argument, struct target *target);

/* Returns STATUS_FINE, or the status after a message. To be cleared in any case. */
int shown_read(const struct shown_options *options, const struct target *target,
               struct shown *shown);
void shown_clear(struct shown *shown);

/* Reads it and asks the store about it: the status of what `ask` returns, or of what failed. */
int shown_ask(const struct shown_options *options, const struct target *target,
              int (*ask)(tlspin_t *context, const struct target *target,
                         const struct shown *shown));

/* `tlspin why` that asks the same and says more, for a shell; to be freed. */
char *shown_why(const struct shown_options *options, const struct target *target);

/* NULL where nothing was shown. */
const struct tlspin_check *shown_check(const struct shown *shown);

/* "sha256//..." of the server's own key. False where it can't be read. */
bool shown_key(const struct shown *shown, char text[SPKI_PIN_TEXT_SIZE]);

#endif
