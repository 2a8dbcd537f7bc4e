/* A small certificate authority for tests: see pki.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pki.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NOISE_OID "1.3.6.1.4.1.32473.1" /* for examples (RFC 5612) */

enum { CHAIN_MAX = 8, DAY = 24 * 60 * 60 };

static const struct {
  gnutls_pk_algorithm_t algorithm;
  unsigned bits;
} algorithms[PKI_ALGORITHMS] = {
    [PKI_ECDSA] = {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)},
    [PKI_RSA] = {GNUTLS_PK_RSA, 2048},
    [PKI_ED25519] = {GNUTLS_PK_EDDSA_ED25519, 256},
};

#define MUST(call) must(call, #call, __LINE__)

static void must(int rc, const char *call, int line)
{
  if (rc >= 0)
    return;
  fprintf(stderr, "pki.c:%d: %s: %s\n", line, call, gnutls_strerror(rc));
  abort();
}

static void make_key(struct pki_identity *identity, const struct pki_request *request)
{
  MUST(gnutls_x509_privkey_init(&identity->key));
  if (request->key != NULL)
    MUST(gnutls_x509_privkey_cpy(identity->key, request->key));
  else
    MUST(gnutls_x509_privkey_generate(identity->key, algorithms[request->algorithm].algorithm,
                                      algorithms[request->algorithm].bits, 0));
}

static void set_serial(gnutls_x509_crt_t certificate)
{
  uint8_t serial[16];

  MUST(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial));
  serial[0] = (uint8_t)((serial[0] & 0x7f) |
                        0x40); /* positive, and no leading zero octet (RFC 5280 4.1.2.2) */
  MUST(gnutls_x509_crt_set_serial(certificate, serial, sizeof serial));
}

static void set_times(gnutls_x509_crt_t certificate, const struct pki_request *request)
{
  time_t now = time(NULL);
  bool given = request->not_before != 0 || request->not_after != 0;

  MUST(gnutls_x509_crt_set_activation_time(certificate, given ? request->not_before : now - DAY));
  MUST(gnutls_x509_crt_set_expiration_time(certificate,
                                           given ? request->not_after : now + 365 * DAY));
}

/* A DNS name, or an IPv4 address. */
static void add_name(gnutls_x509_crt_t certificate, const char *name)
{
  struct in_addr address;

  if (inet_pton(AF_INET, name, &address) == 1)
    MUST(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, &address,
                                              sizeof address, GNUTLS_FSAN_APPEND));
  else
    MUST(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name,
                                              (unsigned)strlen(name), GNUTLS_FSAN_APPEND));
}

static void set_purpose(gnutls_x509_crt_t certificate, const struct pki_request *request)
{
  if (request->purpose == PKI_CA) {
    MUST(gnutls_x509_crt_set_basic_constraints(certificate, 1, -1));
    MUST(
        gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN));
    return;
  }
  MUST(gnutls_x509_crt_set_basic_constraints(certificate, 0, -1));
  MUST(gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE));
  MUST(gnutls_x509_crt_set_key_purpose_oid(
      certificate,
      request->purpose == PKI_SERVER ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT, 0));
  if (request->purpose == PKI_SERVER)
    add_name(certificate, request->name);
  if (request->second_name != NULL)
    add_name(certificate, request->second_name);
}

static void set_key_id(gnutls_x509_crt_t certificate)
{
  uint8_t id[32];
  size_t size = sizeof id;

  MUST(gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA1, id, &size));
  MUST(gnutls_x509_crt_set_subject_key_id(certificate, id, size));
}

static void add_noise(gnutls_x509_crt_t certificate, size_t size)
{
  uint8_t *noise = malloc(size);

  MUST(noise != NULL ? 0 : GNUTLS_E_MEMORY_ERROR);
  MUST(gnutls_rnd(GNUTLS_RND_NONCE, noise, size));
  MUST(gnutls_x509_crt_set_extension_by_oid(certificate, NOISE_OID, noise, size, 0));
  free(noise);
}

void pki_make(struct pki_identity *identity, const struct pki_identity *issuer,
              const struct pki_request *request)
{
  gnutls_x509_crt_t certificate;

  make_key(identity, request);
  if (issuer == NULL)
    issuer = identity;
  MUST(gnutls_x509_crt_init(&certificate));
  identity->certificate = certificate;
  MUST(gnutls_x509_crt_set_version(certificate, 3));
  MUST(gnutls_x509_crt_set_key(certificate, identity->key));
  MUST(gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, request->name,
                                     (unsigned)strlen(request->name)));
  set_serial(certificate);
  set_times(certificate, request);
  set_purpose(certificate, request);
  set_key_id(certificate);
  if (request->noise > 0)
    add_noise(certificate, request->noise);
  MUST(gnutls_x509_crt_sign2(certificate, issuer->certificate, issuer->key, GNUTLS_DIG_UNKNOWN, 0));
}

void pki_free(struct pki_identity *identity)
{
  if (identity->certificate != NULL)
    gnutls_x509_crt_deinit(identity->certificate);
  if (identity->key != NULL)
    gnutls_x509_privkey_deinit(identity->key);
  *identity = (struct pki_identity){NULL, NULL};
}

void pki_credentials_add(gnutls_certificate_credentials_t credentials,
                         const struct pki_identity *const *chain, size_t count)
{
  gnutls_x509_crt_t list[CHAIN_MAX];

  MUST(count > 0 && count <= CHAIN_MAX ? 0 : GNUTLS_E_INVALID_REQUEST);
  for (size_t i = 0; i < count; i++)
    list[i] = chain[i]->certificate;
  MUST(gnutls_certificate_set_x509_key(credentials, list, (int)count, chain[0]->key));
}

gnutls_certificate_credentials_t pki_credentials(const struct pki_identity *const *chain,
                                                 size_t count)
{
  gnutls_certificate_credentials_t credentials;

  MUST(gnutls_certificate_allocate_credentials(&credentials));
  pki_credentials_add(credentials, chain, count);
  return credentials;
}

static gnutls_privkey_t private_key_of(const struct pki_identity *identity)
{
  gnutls_privkey_t key;

  MUST(gnutls_privkey_init(&key));
  MUST(gnutls_privkey_import_x509(key, identity->key, GNUTLS_PRIVKEY_IMPORT_COPY));
  return key;
}

gnutls_certificate_credentials_t pki_credentials_as_given(const struct pki_identity *const *chain,
                                                          size_t count)
{
  gnutls_certificate_credentials_t credentials;
  gnutls_pcert_st *certificates = calloc(count, sizeof *certificates);

  MUST(certificates != NULL ? 0 : GNUTLS_E_MEMORY_ERROR);
  for (size_t i = 0; i < count; i++)
    MUST(gnutls_pcert_import_x509(&certificates[i], chain[i]->certificate, 0));
  MUST(gnutls_certificate_allocate_credentials(&credentials));
  MUST(gnutls_certificate_set_key(credentials, NULL, 0, certificates, (int)count,
                                  private_key_of(chain[0])));
  free(certificates); /* what is in it belongs to the credentials now, like the key */
  return credentials;
}

gnutls_certificate_credentials_t pki_raw_credentials(const struct pki_identity *identity)
{
  gnutls_certificate_credentials_t credentials;
  gnutls_datum_t spki = pki_spki_der(identity), key;

  MUST(gnutls_certificate_allocate_credentials(&credentials));
  MUST(gnutls_x509_privkey_export2_pkcs8(identity->key, GNUTLS_X509_FMT_DER, NULL, 0, &key));
  MUST(gnutls_certificate_set_rawpk_key_mem(credentials, &spki, &key, GNUTLS_X509_FMT_DER, NULL, 0,
                                            NULL, 0, 0));
  gnutls_free(spki.data);
  gnutls_free(key.data);
  return credentials;
}

void pki_trust(gnutls_certificate_credentials_t credentials, const struct pki_identity *anchor)
{
  gnutls_x509_crt_t list[1] = {anchor->certificate};

  MUST(gnutls_certificate_set_x509_trust(credentials, list, 1));
}

gnutls_datum_t pki_certificate_der(const struct pki_identity *identity)
{
  gnutls_datum_t der;

  MUST(gnutls_x509_crt_export2(identity->certificate, GNUTLS_X509_FMT_DER, &der));
  return der;
}

gnutls_datum_t pki_spki_der(const struct pki_identity *identity)
{
  gnutls_pubkey_t key;
  gnutls_datum_t der;

  MUST(gnutls_pubkey_init(&key));
  MUST(gnutls_pubkey_import_x509(key, identity->certificate, 0));
  MUST(gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &der));
  gnutls_pubkey_deinit(key);
  return der;
}

static FILE *must_open(const char *path)
{
  FILE *file = fopen(path, "we");

  if (file == NULL) {
    perror(path);
    abort();
  }
  return file;
}

static void must_close(FILE *file, const char *path)
{
  if (fclose(file) != 0) {
    perror(path);
    abort();
  }
}

static void write_datum(FILE *file, const gnutls_datum_t *pem)
{
  fwrite(pem->data, 1, pem->size, file);
  gnutls_free(pem->data);
}

static void write_certificates(const struct pki_identity *const *chain, size_t count,
                               const char *path)
{
  FILE *file = must_open(path);
  gnutls_datum_t pem;

  for (size_t i = 0; i < count; i++) {
    MUST(gnutls_x509_crt_export2(chain[i]->certificate, GNUTLS_X509_FMT_PEM, &pem));
    write_datum(file, &pem);
  }
  must_close(file, path);
}

void pki_write(const struct pki_identity *const *chain, size_t count, const char *certificate_path,
               const char *key_path)
{
  gnutls_datum_t pem;
  FILE *file;

  if (certificate_path != NULL)
    write_certificates(chain, count, certificate_path);
  if (key_path == NULL)
    return;
  file = must_open(key_path);
  MUST(fchmod(fileno(file), 0600));
  MUST(gnutls_x509_privkey_export2(chain[0]->key, GNUTLS_X509_FMT_PEM, &pem));
  write_datum(file, &pem);
  must_close(file, key_path);
}
