/* The certificates of a server in a file: see chainfile.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/chainfile.h"

#include "common/certificate.h"
#include "common/text.h"
#include "pinning/chain.h"
#include "pinning/digest.h"
#include "tools/input.h"

#include <gnutls/x509.h>
#include <string.h>

enum { FILE_MOST = 4 << 20 };

void chainfile_clear(struct chainfile *file)
{
  for (unsigned i = 0; i < file->count; i++)
    gnutls_free(file->certificates[i].data);
  g_free(file->certificates);
  *file = (struct chainfile){NULL, 0};
}

/* What may have happened to somebody whose file has no certificate. */
static const char *guess(struct span octets)
{
  static const char key[] = "PRIVATE KEY-----";
  struct certificate certificate;

  if (octets.size == 0)
    return _("It is empty.");
  if (certificate_read(octets, &certificate))
    return _("It is a certificate in DER form: 'openssl x509 -inform der' makes PEM of it.");
  if (memmem(octets.data, octets.size, key, strlen(key)) != NULL)
    return _("It holds a private key. Keep that to yourself, and name the file of its "
             "certificate.");
  return _("What a server sends is printed by 'openssl s_client -showcerts -connect HOST:PORT'.");
}

static char *say_none(const char *name, struct span octets)
{
  return g_strdup_printf(_("'%s' holds no certificate in PEM form. %s"), name, guess(octets));
}

static char *say_fault(const char *name, unsigned number, const char *fault)
{
  return g_strdup_printf(_("Certificate %u in '%s' can't be used: %s. Put into the file what the "
                           "server sends, whole and each certificate once."),
                         number, name, fault);
}

static char *say_many(const char *name, unsigned count)
{
  return g_strdup_printf(_("'%s' holds %u certificates, and a server's chain has %d at the most. "
                           "Leave the server's own in it, and those that vouch for it."),
                         name, count, CHAIN_MAX);
}

/* Appends the certificate whose first line is at the start of the text. GnuTLS looks for its last
 * line, and takes what is between for damage where that is the next one's. */
static bool add(const char *text, size_t size, struct chainfile *file)
{
  const gnutls_datum_t pem = {(unsigned char *)(uintptr_t)text, (unsigned)size};
  gnutls_x509_crt_t certificate;
  bool added;

  if (gnutls_x509_crt_init(&certificate) < 0)
    return false;
  added = gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM) >= 0 &&
          gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER,
                                  &file->certificates[file->count]) >= 0;
  gnutls_x509_crt_deinit(certificate);
  file->count += added;
  return added;
}

/* The next line in which a certificate begins, of whatever kind; NULL: none. A NUL hides nothing of
 * what stands behind it. */
static const char *next(const char *from, const char *end)
{
  static const char begin[] = "-----BEGIN ", kind[] = "CERTIFICATE-----";

  while ((from = memmem(from, (size_t)(end - from), begin, strlen(begin))) != NULL) {
    const char *label = from + strlen(begin), *stop = label;

    while (stop < end && *stop != '-' && *stop != '\n')
      stop++;
    if (stop + strlen("-----") <= end && stop + strlen("-----") >= label + strlen(kind) &&
        memcmp(stop + strlen("-----") - strlen(kind), kind, strlen(kind)) == 0)
      return from;
    from = label;
  }
  return NULL;
}

static unsigned count_all(const char *text, const char *end)
{
  unsigned count = 0;

  for (const char *at = next(text, end); at != NULL; at = next(at + 1, end))
    count++;
  return count;
}

/* Returns 0, or the number of the first that can't be used; *fault: why not. */
static unsigned find_fault(const struct chainfile *file, const char **fault)
{
  struct span certificates[CHAIN_MAX];
  struct chain chain;

  for (unsigned i = 0; i < file->count; i++) {
    enum chain_fault found;

    certificates[i] = (struct span){file->certificates[i].data, file->certificates[i].size};
    found = chain_read(certificates, i + 1, false, false, digest_gnutls, &chain);
    *fault = _(chain_fault_text(found));
    if (found != CHAIN_FINE)
      return i + 1;
  }
  return 0;
}

static char *read_certificates(const char *name, struct span octets, struct chainfile *file)
{
  const char *text = (const char *)octets.data, *end = text + octets.size, *fault;
  unsigned count = octets.size > 0 ? count_all(text, end) : 0, faulty;

  if (count == 0)
    return say_none(name, octets);
  if (count > CHAIN_MAX)
    return say_many(name, count);
  file->certificates = g_new0(gnutls_datum_t, count);
  for (const char *at = next(text, end); at != NULL; at = next(at + 1, end))
    if (!add(at, (size_t)(end - at), file))
      return say_fault(name, file->count + 1, _(chain_fault_text(CHAIN_NOT_DER)));
  faulty = find_fault(file, &fault);
  return faulty != 0 ? say_fault(name, faulty, fault) : NULL;
}

bool chainfile_read(const char *path, struct chainfile *file, char **problem)
{
  g_autofree char *name = input_name(path);
  g_autoptr(GBytes) bytes = NULL;

  *file = (struct chainfile){NULL, 0};
  bytes = input_read_small(path, FILE_MOST, problem);
  if (bytes == NULL)
    return false;
  *problem = read_certificates(name, input_span(bytes), file);
  return *problem == NULL;
}
