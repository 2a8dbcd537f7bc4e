/* A path of three certificates for tests of key pins: see path.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/path.h"

#include "pinning/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(bool fine, const char *what)
{
  if (fine)
    return;
  fprintf(stderr, "path.c: %s\n", what);
  abort();
}

static void export(struct path *path, size_t index)
{
  path->der[index] = pki_certificate_der(&path->identity[index]);
  path->key[index] = pki_spki_der(&path->identity[index]);
  path->certificate[index] = (struct span){path->der[index].data, path->der[index].size};
  path->spki[index] = (struct span){path->key[index].data, path->key[index].size};
}

static void make_server(struct path *path, const struct pki_identity *issuer,
                        const struct pki_request *server)
{
  static const struct pki_request usual = {.purpose = PKI_SERVER, .name = "www.example.org"};

  pki_make(&path->identity[PATH_SERVER], issuer, server != NULL ? server : &usual);
  export(path, PATH_SERVER);
}

void path_make(struct path *path, const struct pki_request *server)
{
  *path = (struct path){0};
  pki_make(&path->identity[PATH_ANCHOR], NULL,
           &(struct pki_request){.purpose = PKI_CA, .name = "Test Anchor"});
  pki_make(&path->identity[PATH_ISSUER], &path->identity[PATH_ANCHOR],
           &(struct pki_request){.purpose = PKI_CA, .name = "Test Issuer"});
  export(path, PATH_ANCHOR);
  export(path, PATH_ISSUER);
  make_server(path, &path->identity[PATH_ISSUER], server);
}

void path_make_below(struct path *path, const struct path *authorities,
                     const struct pki_request *server)
{
  *path = (struct path){0};
  for (size_t i = PATH_ISSUER; i < PATH_SIZE; i++)
    path->certificate[i] = authorities->certificate[i], path->spki[i] = authorities->spki[i];
  make_server(path, &authorities->identity[PATH_ISSUER], server);
}

void path_free(struct path *path)
{
  for (size_t i = 0; i < PATH_SIZE; i++) {
    gnutls_free(path->der[i].data);
    gnutls_free(path->key[i].data);
    if (path->der[i].data != NULL)
      pki_free(&path->identity[i]);
  }
  *path = (struct path){0};
}

void path_read(const struct path *path, size_t count, bool validated, struct chain *chain)
{
  need(chain_read(path->certificate, count, false, validated, digest_gnutls, chain) == CHAIN_FINE,
       "the chain is not fine");
}

void path_read_raw(const struct path *path, struct chain *chain)
{
  need(chain_read(path->spki, 1, true, false, digest_gnutls, chain) == CHAIN_FINE,
       "the raw key is not fine");
}

void path_pin(const struct path *path, size_t index, enum selector selector, enum matching matching,
              struct keypin *pin)
{
  pin->selector = selector;
  pin->matching = matching;
  need(digest_gnutls(matching,
                     selector == SELECTOR_SPKI ? path->spki[index] : path->certificate[index],
                     pin->digest),
       "no digest");
}
