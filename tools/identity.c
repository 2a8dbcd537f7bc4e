/* What is shown of a server's certificate: see identity.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/identity.h"

#include <glib.h>
#include <gnutls/x509.h>
#include <string.h>

typedef int (*name_get)(gnutls_x509_crt_t certificate, gnutls_datum_t *name, unsigned flags);

static char *name_text(gnutls_x509_crt_t certificate, name_get get)
{
  gnutls_datum_t name = {NULL, 0};
  char *text;

  if (get(certificate, &name, 0) < 0)
    return NULL;
  text = g_strndup((const char *)name.data, name.size);
  gnutls_free(name.data);
  return text;
}

/* GnuTLS answers -1 for a time that can't be read. */
static uint64_t time_of(time_t moment)
{
  return moment > 0 ? (uint64_t)moment : 0;
}

static void read_names(gnutls_x509_crt_t x509, struct identity *certificate)
{
  certificate->subject = name_text(x509, gnutls_x509_crt_get_dn3);
  certificate->issuer = name_text(x509, gnutls_x509_crt_get_issuer_dn3);
  certificate->not_before = time_of(gnutls_x509_crt_get_activation_time(x509));
  certificate->not_after = time_of(gnutls_x509_crt_get_expiration_time(x509));
}

static bool read_certificate(const gnutls_datum_t *der, struct identity *certificate)
{
  gnutls_x509_crt_t x509 = NULL;
  struct span spki;
  bool read;

  if (gnutls_x509_crt_init(&x509) < 0)
    return false;
  read = gnutls_x509_crt_import(x509, der, GNUTLS_X509_FMT_DER) >= 0;
  if (read)
    read_names(x509, certificate);
  if (read && spki_of_certificate((struct span){der->data, der->size}, &spki))
    spki_pin_text(spki, certificate->key);
  gnutls_x509_crt_deinit(x509);
  return read;
}

static bool read_raw(const gnutls_datum_t *der, struct identity *certificate)
{
  struct span spki = {der->data, der->size};

  certificate->raw = true;
  return spki_is_whole(spki) && spki_pin_text(spki, certificate->key);
}

bool identity_read(gnutls_session_t session, struct identity *certificate)
{
  unsigned count = 0;
  const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);

  memset(certificate, 0, sizeof *certificate);
  if (chain == NULL || count == 0)
    return false;
  switch (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_SERVER)) {
  case GNUTLS_CRT_X509:
    return read_certificate(&chain[0], certificate);
  case GNUTLS_CRT_RAWPK:
    return read_raw(&chain[0], certificate);
  default:
    return false;
  }
}

void identity_clear(struct identity *certificate)
{
  g_free(certificate->subject);
  g_free(certificate->issuer);
}
