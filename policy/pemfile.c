/* The keys of PEM files: see pemfile.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/pemfile.h"

#include "common/spki.h"
#include "common/text.h"
#include "pinning/digest.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct pemfiles {
  enum trust trust;
  GHashTable *read; /* path: GArray of struct pemfile_key */
};

/* What is being read, and who wants it. */
struct reading {
  const char *path;
  struct spot spot;
  const char *key;
  struct findings *findings;
  GArray *keys;
};

struct pemfiles *pemfiles_new(enum trust trust)
{
  struct pemfiles *files = g_new0(struct pemfiles, 1);

  files->trust = trust;
  files->read =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
  return files;
}

void pemfiles_free(struct pemfiles *files)
{
  if (files == NULL)
    return;
  g_hash_table_unref(files->read);
  g_free(files);
}

static bool read_octets(const struct reading *reading, enum trust trust, GString *text)
{
  char chunk[4096];
  ssize_t size = 0;
  int fd;

  if (!trust_open(reading->path, trust, reading->spot, reading->key, reading->findings, &fd))
    return false;
  while (text->len <= PEMFILE_MAX && (size = read(fd, chunk, sizeof chunk)) > 0)
    g_string_append_len(text, chunk, size);
  if (size < 0)
    findings_add_named(reading->findings, FINDING_FILE, reading->spot, reading->key,
                       _("%s can't be read: %s. Correct the name, or make it readable."),
                       reading->path, g_strerror(errno));
  close(fd);
  if (size >= 0 && text->len <= PEMFILE_MAX)
    return true;
  if (size >= 0)
    findings_add_named(
        reading->findings, FINDING_PEM, reading->spot, reading->key,
        _("%s is larger than %d octets. Name a file that holds only the certificates that "
          "are to be pinned."),
        reading->path, PEMFILE_MAX);
  return false;
}

static bool add_key(struct reading *reading, struct span spki)
{
  struct pemfile_key key;
  uint8_t digest[CHAIN_DIGEST_MAX];

  if (!digest_gnutls(MATCHING_SHA256, spki, digest))
    return false;
  memcpy(key.digest, digest, sizeof key.digest);
  g_array_append_val(reading->keys, key);
  return true;
}

static bool is_certificate(const char *label)
{
  return strcmp(label, "CERTIFICATE") == 0 || strcmp(label, "X509 CERTIFICATE") == 0;
}

/* block: from -----BEGIN to the end of -----END LABEL----- (RFC 7468 section 2). */
static bool read_block(struct reading *reading, const char *label, const gnutls_datum_t *block)
{
  gnutls_datum_t der;
  struct span octets, spki;
  bool done = false;

  if (gnutls_pem_base64_decode2(label, block, &der) != 0)
    return false;
  octets = spki = (struct span){der.data, der.size};
  if (is_certificate(label) ? spki_of_certificate(octets, &spki) : spki_is_whole(octets))
    done = add_key(reading, spki);
  gnutls_free(der.data);
  return done;
}

static void complain_of_block(const struct reading *reading, const char *label, unsigned line)
{
  if (strstr(label, "PRIVATE KEY") != NULL)
    findings_add_named(
        reading->findings, FINDING_PEM, reading->spot, reading->key,
        _("There is a private key on line %u of %s. Name a file with the certificate or "
          "the public key, and keep the private one where it belongs."),
        line, reading->path);
  else if (!is_certificate(label) && strcmp(label, "PUBLIC KEY") != 0)
    findings_add_named(reading->findings, FINDING_PEM, reading->spot, reading->key,
                       _("On line %u of %s begins a '%.60s', which can't be pinned. Name a file of "
                         "certificates or public keys only."),
                       line, reading->path, label);
  else
    findings_add_named(reading->findings, FINDING_PEM, reading->spot, reading->key,
                       _("The '%.60s' that begins on line %u of %s is damaged. Put it in again."),
                       label, line, reading->path);
}

static unsigned line_at(const GString *text, const char *at)
{
  unsigned line = 1;

  for (const char *c = text->str; c < at; c++)
    line += *c == '\n';
  return line;
}

/* *next: behind the block. False: no more, or after a finding. */
static bool next_block(struct reading *reading, const GString *text, const char **next)
{
  static const char begin[] = "-----BEGIN ";
  const char *start = g_strstr_len(*next, -1, begin);
  g_autofree char *label = NULL, *end = NULL;
  const char *tail, *stop;

  if (start == NULL)
    return false;
  tail = start + strlen(begin);
  label = g_strndup(tail, strcspn(tail, "-\r\n"));
  end = g_strdup_printf("-----END %s-----", label);
  stop = g_strstr_len(tail, -1, end);
  if (stop != NULL) {
    gnutls_datum_t block = {(unsigned char *)(uintptr_t)start,
                            (unsigned)((size_t)(stop - start) + strlen(end))};

    *next = stop + strlen(end);
    if ((is_certificate(label) || strcmp(label, "PUBLIC KEY") == 0) &&
        read_block(reading, label, &block))
      return true;
  }
  complain_of_block(reading, label, line_at(text, start));
  g_array_set_size(reading->keys, 0);
  return false;
}

/* All or nothing: a file of which one certificate is damaged would pin less than was meant. */
static void read_blocks(struct reading *reading, const GString *text)
{
  size_t errors = reading->findings->counts[SEVERITY_ERROR];
  const char *next = text->str;

  if (strlen(text->str) == text->len) /* no NUL, which would hide what comes behind it */
    while (next_block(reading, text, &next))
      continue;
  if (reading->keys->len == 0 && reading->findings->counts[SEVERITY_ERROR] == errors)
    findings_add_named(
        reading->findings, FINDING_PEM, reading->spot, reading->key,
        _("There is neither a certificate nor a public key in %s. It has to be in PEM form: "
          "'certtool --inder --certificate-info' converts."),
        reading->path);
}

static char *find(const char *name, struct spot spot)
{
  g_autofree char *folder = g_path_get_dirname(spot.file);

  return g_path_is_absolute(name) ? g_strdup(name) : g_build_filename(folder, name, NULL);
}

const struct pemfile_key *pemfiles_get(struct pemfiles *files, const char *name, struct spot spot,
                                       const char *key, struct findings *findings, size_t *count)
{
  g_autofree char *path = find(name, spot);
  GArray *keys = g_hash_table_lookup(files->read, path);

  if (keys == NULL) {
    struct reading reading = {path, spot, key, findings,
                              g_array_new(FALSE, FALSE, sizeof(struct pemfile_key))};
    g_autoptr(GString) text = g_string_new(NULL);

    keys = reading.keys;
    if (read_octets(&reading, files->trust, text))
      read_blocks(&reading, text);
    if (keys->len == 0) {
      g_array_unref(keys);
      return NULL;
    }
    g_hash_table_insert(files->read, g_steal_pointer(&path), keys);
  }
  *count = keys->len;
  return (const struct pemfile_key *)(void *)keys->data;
}
