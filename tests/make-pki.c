/* make-pki: a certificate authority on the spot, for scripts that need a TLS server.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   make-pki DIR FILE=HOST...
 *
 * writes DIR/ca.crt, and for each FILE a key and a certificate of that authority for the host:
 * DIR/FILE.key and DIR/FILE.crt. */
#include "config.h"

#include "tests/pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool worked, const char *what)
{
  if (worked)
    return;
  fprintf(stderr, "make-pki: %s\n", what);
  exit(EXIT_FAILURE);
}

static char *path_of(const char *dir, const char *name, const char *suffix)
{
  char *path = NULL;

  must(asprintf(&path, "%s/%s%s", dir, name, suffix) > 0, "out of memory");
  return path;
}

static void write_identity(const struct pki_identity *identity, const char *dir, const char *name)
{
  char *certificate = path_of(dir, name, ".crt"), *key = path_of(dir, name, ".key");

  pki_write(&identity, 1, certificate, key);
  free(certificate);
  free(key);
}

static void make_server(const struct pki_identity *ca, const char *dir, char *argument)
{
  char *host = strchr(argument, '=');
  struct pki_identity server = {0};

  must(host != NULL && host[1] != '\0', "an argument is not FILE=HOST");
  *host++ = '\0';
  pki_make(&server, ca, &(struct pki_request){.purpose = PKI_SERVER, .name = host});
  write_identity(&server, dir, argument);
  pki_free(&server);
}

int main(int argc, char **argv)
{
  struct pki_identity ca = {0};
  char *path;

  must(argc > 2, "usage: make-pki DIR FILE=HOST...");
  pki_make(&ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Story CA"});
  path = path_of(argv[1], "ca", ".crt");
  pki_write(&(const struct pki_identity *){&ca}, 1, path, NULL);
  free(path);
  for (int i = 2; i < argc; i++)
    make_server(&ca, argv[1], argv[i]);
  pki_free(&ca);
  return EXIT_SUCCESS;
}
