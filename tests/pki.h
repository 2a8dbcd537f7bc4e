/* A small certificate authority for tests: keys and certificates made on the spot.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nothing here returns an error: a test that can't have its certificate can't run, so what goes
 * wrong is printed and the program is aborted.
 *
 *   struct pki_identity ca = {0}, server = {0};
 *   pki_make(&ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Test CA"});
 *   pki_make(&server, &ca, &(struct pki_request){.purpose = PKI_SERVER, .name =
 * "www.example.org"});
 */
#ifndef PKI_H
#define PKI_H

#include "common/bytes.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

enum pki_algorithm {
  PKI_ECDSA, /* P-256; the quickest to make */
  PKI_RSA,   /* 2048 bits */
  PKI_ED25519,
  PKI_ALGORITHMS
};

enum pki_purpose {
  PKI_CA,
  PKI_SERVER, /* the name is a DNS name, or an IPv4 address */
  PKI_CLIENT  /* the name is a common name */
};

struct pki_request {
  enum pki_algorithm algorithm; /* of a new key */
  enum pki_purpose purpose;
  const char *name;
  const char *second_name;      /* a further DNS name, or NULL */
  time_t not_before, not_after; /* both 0: from yesterday, for a year */
  gnutls_x509_privkey_t
      key;      /* a key that is certified again (it is copied), or NULL for a new one */
  size_t noise; /* octets of an extension that nobody knows and nobody has to; or 0 */
};

/* A key with its certificate. */
struct pki_identity {
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
};

/* Makes a key and a certificate for it. issuer: NULL for a self-signed one. */
void pki_make(struct pki_identity *identity, const struct pki_identity *issuer,
              const struct pki_request *request);
void pki_free(struct pki_identity *identity);

/* Credentials with the key of chain[0] and the certificates of the whole chain, leaf first.
 * Freed by the caller with gnutls_certificate_free_credentials. */
gnutls_certificate_credentials_t pki_credentials(const struct pki_identity *const *chain,
                                                 size_t count);

/* Adds one more chain to credentials: GnuTLS picks by SNI and algorithm. */
void pki_credentials_add(gnutls_certificate_credentials_t credentials,
                         const struct pki_identity *const *chain, size_t count);

/* The same, but just what is given is sent: GnuTLS leaves out what belongs to no chain otherwise,
 * and the root. */
gnutls_certificate_credentials_t pki_credentials_as_given(const struct pki_identity *const *chain,
                                                          size_t count);

/* Credentials with nothing but the raw public key (RFC 7250). The session needs GNUTLS_ENABLE_RAWPK
 * and
 * "+CTYPE-SRV-RAWPK" or "+CTYPE-CLI-RAWPK" in its priorities. */
gnutls_certificate_credentials_t pki_raw_credentials(const struct pki_identity *identity);

/* Makes the identity a trust anchor of the credentials. */
void pki_trust(gnutls_certificate_credentials_t credentials, const struct pki_identity *anchor);

/* The DER of the certificate, and of its SubjectPublicKeyInfo; freed by the caller with
 * gnutls_free. */
gnutls_datum_t pki_certificate_der(const struct pki_identity *identity);
gnutls_datum_t pki_spki_der(const struct pki_identity *identity);

/* Writes PEM files: the certificates of a chain, leaf first, and the key of its leaf (mode 0600).
 * Each path may be NULL. */
void pki_write(const struct pki_identity *const *chain, size_t count, const char *certificate_path,
               const char *key_path);

#endif
