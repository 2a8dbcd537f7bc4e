/* Stores tickets as a program that met the servers would, for scripts.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   store-ticket LIFETIME HOST:PORT...
 *
 * LIFETIME in seconds. "-" for LIFETIME: reports instead that the pins were not met. */
#include "config.h"

#include "libclient/tlspin.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool worked, const char *what)
{
  if (worked)
    return;
  fprintf(stderr, "store-ticket: %s %s\n", what, tlspin_last_message());
  exit(EXIT_FAILURE);
}

static void store(tlspin_t *context, const char *host, unsigned port, uint32_t lifetime)
{
  const char octets[48] = "ticket and secret";
  struct tlspin_ticket ticket = {.ticket = octets,
                                 .ticket_size = 40,
                                 .secret = octets,
                                 .secret_size = 48,
                                 .hash = "sha384",
                                 .lifetime = lifetime};
  uint64_t expires = 0;

  must(tlspin_store(context, host, "tls", port, &ticket, &expires) == TLSPIN_OK && expires > 0,
       host);
}

int main(int argc, char **argv)
{
  tlspin_t *context;
  int code = TLSPIN_OK;

  must(argc > 2, "usage: store-ticket LIFETIME HOST:PORT...");
  must(tlspin_new(&context, NULL) == TLSPIN_OK, "no context");
  for (int i = 2; i < argc; i++) {
    char *port = strrchr(argv[i], ':');

    must(port != NULL, "no port");
    *port++ = '\0';
    if (strcmp(argv[1], "-") == 0)
      code = tlspin_report_failure(context, argv[i], "tls", (unsigned)atoi(port), "proof-wrong");
    else
      store(context, argv[i], (unsigned)atoi(port), (uint32_t)atoi(argv[1]));
    must(code == TLSPIN_OK, argv[i]);
  }
  tlspin_free(context);
  return EXIT_SUCCESS;
}
