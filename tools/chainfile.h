/* The certificates of a server, in a file that the user names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server that sends a certificate twice or too many of them is judged by those that count; of a
 * file nobody but its user can say which are meant, so that nothing of it is left out in silence.
 */
#ifndef CHAINFILE_H
#define CHAINFILE_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

struct chainfile {
  gnutls_datum_t *certificates; /* DER, in the order of the file */
  unsigned count;
};

/* Reads PEM certificates and the text between them, as `openssl s_client -showcerts` prints it.
 * False: *problem names the file, what is wrong with it and what to do, to be freed by the caller.
 * To be cleared in any case. */
bool chainfile_read(const char *path, struct chainfile *file, char **problem);
void chainfile_clear(struct chainfile *file);

#endif
