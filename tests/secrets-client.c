/* A program that uses the library, and looks afterwards for what it left in its memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   secrets-client HOST
 *
 * Stores a ticket for the host with a random secret and looks it up, as the library's handshake
 * does. Prints how often the secret is in memory, and in what a core file would have: while an
 * entry holds it, and once all is closed. */
#include "config.h"

#include "libclient/tlspin.h"
#include "tests/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check(int code, int right)
{
  if (code == right)
    return;
  (void)printf("%d: %s\n", code, tlspin_last_message());
  exit(1);
}

static void store(tlspin_t *context, const char *host, const struct memory_mark *mark)
{
  static uint8_t secret[32], octets[200];
  const struct tlspin_ticket ticket = {.ticket = octets,
                                       .ticket_size = sizeof octets,
                                       .secret = secret,
                                       .secret_size = sizeof secret,
                                       .hash = "sha256",
                                       .lifetime = 100000};

  uint64_t expires;

  memory_unmask(mark, secret);
  check(tlspin_store(context, host, "tls", 443, &ticket, &expires), TLSPIN_OK);
  explicit_bzero(secret, sizeof secret);
}

int main(int argc, char **argv)
{
  struct memory_mark mark;
  tlspin_entry_t *entry;
  tlspin_t *context;
  size_t held, dumped, left;

  if (argc != 2)
    return 2;
  memory_mark(&mark);
  check(tlspin_new(&context, NULL), TLSPIN_OK);
  store(context, argv[1], &mark);
  for (int i = 0; i < 3; i++) {
    check(tlspin_lookup(context, argv[1], "tls", 443, &entry), TLSPIN_MATCH);
    if (i < 2)
      tlspin_entry_free(entry);
  }
  held = memory_find(getpid(), &mark, MEMORY_ALL);
  tlspin_entry_free(entry);
  tlspin_free(context);
  dumped = memory_find(getpid(), &mark, MEMORY_DUMPED);
  left = memory_find(getpid(), &mark, MEMORY_ALL);
  (void)printf("%zu %zu %zu\n", held, dumped, left);
  return held > 0 && dumped == 0 && left == 0 ? 0 : 1;
}
