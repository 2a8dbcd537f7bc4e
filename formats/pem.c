/* Certificates and public keys in PEM: see pem.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first certificate is the server's own; one that issued a certificate before it belongs to the
 * chain, and is no key of the server. */
#include "config.h"

#include "formats/pem.h"

#include "common/certificate.h"
#include "common/spki.h"
#include "common/text.h"
#include "formats/key.h"
#include "formats/lines.h"
#include "formats/quote.h"

#include <gnutls/x509.h>
#include <string.h>

struct work {
  const struct reading *reading; /* NULL: only the keys are wanted */
  GHashTable *issuers;           /* of GBytes: the Names of who issued the certificates so far */
  GPtrArray *spkis;              /* GBytes */
};

bool pem_detect(struct span octets)
{
  return span_holds(octets, "-----BEGIN CERTIFICATE-----") ||
         span_holds(octets, "-----BEGIN PUBLIC KEY-----");
}

static bool skipped(const struct reading *reading, size_t line, const char *text)
{
  if (reading != NULL)
    reading_remark(reading, line, REMARK_SKIPPED, "%s", text);
  return false;
}

static GBytes *bytes_of(struct span octets)
{
  return g_bytes_new(octets.data, octets.size);
}

/* Also remembers whom the certificate is from. */
static bool is_authority(struct work *work, struct span der)
{
  struct certificate certificate;
  g_autoptr(GBytes) subject = NULL;
  bool found;

  if (!certificate_read(der, &certificate))
    return false;
  subject = bytes_of(certificate.subject);
  found = g_hash_table_contains(work->issuers, subject);
  if (!span_equal(certificate.subject, certificate.issuer))
    g_hash_table_add(work->issuers, bytes_of(certificate.issuer));
  return found;
}

static bool is_for_host(struct span der, const char *host)
{
  gnutls_datum_t datum = {(void *)(uintptr_t)der.data, (unsigned)der.size};
  gnutls_x509_crt_t certificate;
  bool fits;

  if (gnutls_x509_crt_init(&certificate) < 0)
    return false;
  fits = gnutls_x509_crt_import(certificate, &datum, GNUTLS_X509_FMT_DER) >= 0 &&
         gnutls_x509_crt_check_hostname(certificate, host) != 0;
  gnutls_x509_crt_deinit(certificate);
  return fits;
}

static void put_for(const struct reading *reading, size_t line, const struct place *place,
                    struct span octets, bool certificate)
{
  struct keypin pin = reading_accepted(reading, place);

  if (!(certificate ? key_of_certificate(octets, &pin) : key_of_spki(octets, &pin))) {
    skipped(reading, line, _("the certificate or key is damaged."));
    return;
  }
  if (certificate && place->scope == SCOPE_EXACT && !is_for_host(octets, place->host))
    reading_remark(reading, line, REMARK_NOTE, _("the certificate is for another name than %s."),
                   place->host);
  reading_put(reading, line, &pin);
}

static void add_spki(const struct work *work, struct span octets, bool certificate)
{
  struct span spki = octets;

  if (certificate ? spki_of_certificate(octets, &spki) : spki_is_whole(octets))
    g_ptr_array_add(work->spkis, bytes_of(spki));
}

static void read_octets(struct work *work, size_t line, struct span octets, bool certificate)
{
  const struct reading *reading = work->reading;

  if (certificate && is_authority(work, octets)) {
    reading_remark(reading, line, REMARK_NOTE,
                   _("this certificate issued one before it: it is no key of the server, and isn't "
                     "pinned."));
    return;
  }
  for (size_t i = 0; i < reading->place_count; i++)
    put_for(reading, line, &reading->places[i], octets, certificate);
}

static void skip_label(const struct reading *reading, size_t line, struct span label)
{
  g_autofree char *quoted = quote(label);

  if (reading != NULL)
    reading_remark(reading, line, REMARK_SKIPPED,
                   _("%s is neither a certificate nor a public key."), quoted);
}

static void read_block(struct work *work, size_t line, struct span label, struct span block)
{
  bool certificate = span_is(label, "CERTIFICATE") || span_is(label, "X509 CERTIFICATE");
  g_autofree uint8_t *octets = NULL;
  size_t size;

  if (span_holds(label, "PRIVATE KEY"))
    skipped(work->reading, line, _("a private key is passed over."));
  else if (!certificate && !span_is(label, "PUBLIC KEY"))
    skip_label(work->reading, line, label);
  else if (!key_read_pem(block, &octets, &size))
    skipped(work->reading, line, _("the certificate or key is damaged."));
  else if (work->reading == NULL)
    add_spki(work, (struct span){octets, size}, certificate);
  else
    read_octets(work, line, (struct span){octets, size}, certificate);
}

/* "CERTIFICATE" of "-----BEGIN CERTIFICATE-----". */
static bool read_label(struct span line, const char *start, struct span *label)
{
  struct reader r = reader_of(line);
  size_t frame = strlen(start) + strlen("-----");

  if (!span_begins(line, start) || line.size < frame)
    return false;
  reader_take(&r, strlen(start));
  *label = reader_take(&r, line.size - frame);
  return span_is((struct span){r.next, r.left}, "-----");
}

static void read_blocks(struct work *work, struct span octets)
{
  struct lines lines = lines_of(octets);
  struct span line, label = {NULL, 0}, end, start = {NULL, 0};
  size_t begun = 0;

  while (lines_next(&lines, &line)) {
    if (read_label(line, "-----BEGIN ", &label)) {
      if (begun != 0)
        skipped(work->reading, begun, _("the certificate or key is broken off."));
      begun = lines.number;
      start = line;
    } else if (begun != 0 && read_label(line, "-----END ", &end)) {
      size_t size = (size_t)(line.data + line.size - start.data);

      read_block(work, begun, label, (struct span){start.data, size});
      begun = 0;
    }
  }
  if (begun != 0)
    skipped(work->reading, begun, _("the certificate or key is broken off."));
}

bool pem_read(const struct reading *reading, struct span octets)
{
  g_autoptr(GHashTable) issuers =
      g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
  struct work work = {.reading = reading, .issuers = issuers};

  if (reading->place_count == 0) {
    reading_remark(
        reading, 0, REMARK_REFUSED,
        _("for which servers the keys are doesn't stand in the file. Name them behind it: "
          "HOST or HOST:PORT."));
    return false;
  }
  read_blocks(&work, octets);
  return true;
}

GPtrArray *pem_spkis(struct span octets)
{
  struct work work = {.spkis = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref)};

  read_blocks(&work, octets);
  return work.spkis;
}
