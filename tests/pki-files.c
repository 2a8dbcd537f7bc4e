/* Makes the PEM files that shell tests need, in the current directory.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   pki-files HOST
 *
 * ca.pem; server.pem and server.key for HOST; client.pem and client.key; stranger.pem and
 * stranger.key, a client of no known authority.
 */
#include "config.h"

#include "tests/pki.h"

#include <stdio.h>

static void make(const struct pki_identity *ca, enum pki_purpose purpose, const char *name,
                 const char *certificate_path, const char *key_path)
{
  struct pki_identity identity = {NULL, NULL};
  const struct pki_identity *chain[] = {&identity};

  pki_make(&identity, ca, &(struct pki_request){.purpose = purpose, .name = name});
  pki_write(chain, 1, certificate_path, key_path);
  pki_free(&identity);
}

int main(int argc, char **argv)
{
  struct pki_identity ca = {NULL, NULL};
  const struct pki_identity *chain[] = {&ca};

  if (argc != 2) {
    fprintf(stderr, "usage: pki-files HOST\n");
    return 2;
  }
  pki_make(&ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Test CA"});
  pki_write(chain, 1, "ca.pem", NULL);
  make(&ca, PKI_SERVER, argv[1], "server.pem", "server.key");
  make(&ca, PKI_CLIENT, "somebody", "client.pem", "client.key");
  make(NULL, PKI_CLIENT, "stranger", "stranger.pem", "stranger.key");
  pki_free(&ca);
  return 0;
}
