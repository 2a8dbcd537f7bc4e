/* A path of three certificates for tests of key pins: a server's, an authority's, an anchor.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PATH_H
#define PATH_H

#include "pinning/keypin.h"
#include "tests/pki.h"

enum { PATH_SERVER, PATH_ISSUER, PATH_ANCHOR, PATH_SIZE };

struct path {
  struct pki_identity identity[PATH_SIZE];
  gnutls_datum_t der[PATH_SIZE], key[PATH_SIZE];
  struct span certificate[PATH_SIZE], spki[PATH_SIZE];
};

/* server: of NULL, one for www.example.org that is valid for a year. */
void path_make(struct path *path, const struct pki_request *server);

/* The same authorities, and another server. */
void path_make_below(struct path *path, const struct path *authorities,
                     const struct pki_request *server);
void path_free(struct path *path);

/* The first `count` certificates, digested by GnuTLS; validated, or as they were sent. */
void path_read(const struct path *path, size_t count, bool validated, struct chain *chain);

/* The server's bare key. */
void path_read_raw(const struct path *path, struct chain *chain);

/* Makes the record one of this key or certificate of the path. */
void path_pin(const struct path *path, size_t index, enum selector selector, enum matching matching,
              struct keypin *pin);

#endif
