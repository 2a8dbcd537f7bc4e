/* What the PKI says, and the path that it found: see path.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/path.h"

#include "common/certificate.h"

#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

/* The certificates that the peer sent. */
struct peers {
  gnutls_x509_crt_t at[CHAIN_MAX];
  unsigned count;
};

/* What a path can be known in spite of. */
enum { HARMLESS = PKI_NAME | PKI_EXPIRED | PKI_NOT_YET_VALID | PKI_PURPOSE };

/* GnuTLS hands no data of ours to the function that it tells of each step. The path grows from the
 * anchor downwards, and starts anew with each attempt. */
static _Thread_local struct {
  struct path *path;
  bool failed;
} collecting;

void path_clear(struct path *path)
{
  while (path->count > 0)
    gnutls_free(path->at[--path->count].data);
}

static struct span span_of(gnutls_datum_t datum)
{
  return (struct span){datum.data, datum.size};
}

/* Name and key of both are the same: then the upper one is no step of the path. It is an anchor
 * that the server sent, or a certificate that GnuTLS takes for an anchor because it has an anchor's
 * name and key; nobody has verified it. */
static bool is_twin(gnutls_datum_t one, gnutls_datum_t other)
{
  struct certificate a, b;

  return certificate_read(span_of(one), &a) && certificate_read(span_of(other), &b) &&
         span_equal(a.subject, b.subject) && span_equal(a.spki, b.spki);
}

static bool push(struct path *path, gnutls_datum_t *certificate)
{
  if (path->count == CHAIN_MAX)
    return false;
  path->at[path->count++] = *certificate;
  certificate->data = NULL;
  return true;
}

static bool grow(struct path *path, gnutls_datum_t *certificate, gnutls_datum_t *issuer)
{
  bool leads_on =
      path->count > 0 && span_equal(span_of(path->at[path->count - 1]), span_of(*issuer));

  if (!leads_on)
    path_clear(path);
  if (is_twin(*certificate, *issuer)) {
    path_clear(path);
    return true;
  }
  return (leads_on || push(path, issuer)) && push(path, certificate);
}

/* gnutls_verify_output_function: one step, from the anchor downwards. With a CRL it is about
 * revocation and no step. */
static int collect(gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, gnutls_x509_crl_t crl,
                   unsigned status)
{
  gnutls_datum_t lower = {NULL, 0}, upper = {NULL, 0};

  if (crl != NULL)
    return 0;
  if (status != 0 || issuer == NULL)
    path_clear(collecting.path);
  else if (gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &lower) < 0 ||
           gnutls_x509_crt_export2(issuer, GNUTLS_X509_FMT_DER, &upper) < 0 ||
           !grow(collecting.path, &lower, &upper))
    collecting.failed = true;
  gnutls_free(lower.data);
  gnutls_free(upper.data);
  return 0;
}

static void peers_clear(struct peers *peers)
{
  while (peers->count > 0)
    gnutls_x509_crt_deinit(peers->at[--peers->count]);
}

static bool add_peer(struct peers *peers, const gnutls_datum_t *der)
{
  gnutls_x509_crt_t certificate;

  if (gnutls_x509_crt_init(&certificate) < 0)
    return false;
  peers->at[peers->count++] = certificate;
  return gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) >= 0;
}

/* False where there are none, too many, or one that can't be read. */
static bool read_peers(const gnutls_datum_t *sent, unsigned count, struct peers *peers)
{
  bool fine = count > 0 && count <= CHAIN_MAX;

  peers->count = 0;
  for (unsigned i = 0; fine && i < count; i++)
    fine = add_peer(peers, &sent[i]);
  if (!fine)
    peers_clear(peers);
  return fine;
}

static unsigned date_errors(gnutls_x509_crt_t certificate)
{
  time_t now = time(NULL);

  return (gnutls_x509_crt_get_expiration_time(certificate) < now ? PKI_EXPIRED : 0U) |
         (gnutls_x509_crt_get_activation_time(certificate) > now ? PKI_NOT_YET_VALID : 0U);
}

/* Where the signer isn't known, GnuTLS looks at the dates of the topmost certificate alone. */
static unsigned errors_of(unsigned status, gnutls_x509_crt_t leaf)
{
  static const struct {
    unsigned status, error;
  } rows[] = {
      {GNUTLS_CERT_SIGNER_NOT_FOUND, PKI_UNKNOWN_ISSUER},
      {GNUTLS_CERT_EXPIRED, PKI_EXPIRED},
      {GNUTLS_CERT_NOT_ACTIVATED, PKI_NOT_YET_VALID},
      {GNUTLS_CERT_UNEXPECTED_OWNER, PKI_NAME},
      {GNUTLS_CERT_INSECURE_ALGORITHM, PKI_WEAK},
      {GNUTLS_CERT_PURPOSE_MISMATCH, PKI_PURPOSE},
      {GNUTLS_CERT_REVOKED, PKI_REVOKED},
  };
  unsigned errors = 0, left = status & ~(unsigned)GNUTLS_CERT_INVALID;

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if ((left & rows[i].status) != 0) {
      errors |= rows[i].error;
      left &= ~rows[i].status;
    }
  if (left != 0 || (status != 0 && errors == 0))
    errors |= PKI_OTHER;
  return (errors & PKI_UNKNOWN_ISSUER) != 0 ? errors | date_errors(leaf) : errors;
}

unsigned path_errors(const gnutls_datum_t *certificate, unsigned status)
{
  unsigned errors = status != 0 ? PKI_OTHER : 0;
  struct peers peers;

  if (status == 0 || !read_peers(certificate, 1, &peers))
    return errors;
  errors = errors_of(status, peers.at[0]);
  peers_clear(&peers);
  return errors;
}

static void turn_round(struct path *path)
{
  for (size_t i = 0; i < path->count / 2; i++) {
    gnutls_datum_t swapped = path->at[i];

    path->at[i] = path->at[path->count - 1 - i];
    path->at[path->count - 1 - i] = swapped;
  }
}

/* Puts the path the right way round. Where GnuTLS told of no step the server's own certificate is
 * an anchor itself. */
static void finish_path(struct path *path, gnutls_x509_crt_t leaf)
{
  gnutls_datum_t own = {NULL, 0};

  if (gnutls_x509_crt_export2(leaf, GNUTLS_X509_FMT_DER, &own) < 0 || collecting.failed)
    path_clear(path);
  else if (path->count == 0)
    push(path, &own);
  else if (!span_equal(span_of(path->at[path->count - 1]), span_of(own)))
    path_clear(path);
  turn_round(path);
  gnutls_free(own.data);
}

/* One verification. Leaves a path where it went well. */
static unsigned verify(gnutls_x509_trust_list_t trust, struct peers *peers, const char *host,
                       unsigned flags, struct path *path)
{
  gnutls_typed_vdata_st wanted[] = {
      {GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)(uintptr_t)host, 0},
      {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER, 0}};
  unsigned status = GNUTLS_CERT_INVALID;

  path_clear(path);
  collecting.path = path;
  collecting.failed = false;
  if (gnutls_x509_trust_list_verify_crt2(trust, peers->at, peers->count, wanted,
                                         host != NULL ? 2 : 0, flags, &status, collect) < 0)
    status = GNUTLS_CERT_INVALID;
  collecting.path = NULL;
  if (status == 0)
    finish_path(path, peers->at[0]);
  else
    path_clear(path);
  return errors_of(status, peers->at[0]);
}

static void find(gnutls_x509_trust_list_t trust, struct peers *peers, const char *host,
                 unsigned flags, struct path *path)
{
  path->errors = verify(trust, peers, host, flags, path);
  path->pki = path->errors == 0 ? PKI_OK : PKI_FAILED;
  if (path->errors != 0 && (path->errors & ~(unsigned)HARMLESS) == 0)
    verify(trust, peers, NULL,
           flags | GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS,
           path);
}

/* Against these anchors. What can't be read, or is too much, is not good. */
static void find_in(const struct path_question *question, gnutls_x509_trust_list_t trust,
                    struct path *path)
{
  struct peers peers;

  *path = (struct path){.pki = PKI_FAILED, .errors = PKI_OTHER};
  if (!read_peers(question->sent, question->count, &peers))
    return;
  find(trust, &peers, question->host, gnutls_certificate_get_verify_flags(question->credentials),
       path);
  peers_clear(&peers);
}

void path_find(const struct path_question *question, struct path *path)
{
  gnutls_x509_trust_list_t trust;

  gnutls_certificate_get_trust_list(question->credentials, &trust);
  find_in(question, trust, path);
}

/* A list with one anchor; NULL without memory. To be freed with what is in it. */
static gnutls_x509_trust_list_t trust_in(struct span anchor)
{
  const gnutls_datum_t der = {(unsigned char *)(uintptr_t)anchor.data, (unsigned)anchor.size};
  gnutls_x509_trust_list_t trust;
  gnutls_x509_crt_t certificate;

  if (gnutls_x509_trust_list_init(&trust, 1) < 0)
    return NULL;
  if (gnutls_x509_crt_init(&certificate) >= 0) {
    if (gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER) >= 0 &&
        gnutls_x509_trust_list_add_cas(trust, &certificate, 1, 0) == 1)
      return trust;
    gnutls_x509_crt_deinit(certificate);
  }
  gnutls_x509_trust_list_deinit(trust, 1);
  return NULL;
}

void path_find_by(const struct path_question *question, struct span anchor, struct path *path)
{
  gnutls_x509_trust_list_t trust = trust_in(anchor);

  *path = (struct path){.pki = PKI_FAILED, .errors = PKI_OTHER};
  if (trust == NULL)
    return;
  find_in(question, trust, path);
  gnutls_x509_trust_list_deinit(trust, 1);
}
