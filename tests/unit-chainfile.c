/* The certificates of a server in a file, and files that are anything else (tools/chainfile.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/chainfile.h"

#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ONE, OTHER, IDENTITIES, LARGE = 1 << 20, MANY = 100 };

static char directory[] = "/tmp/tlspin-unit-chainfile-XXXXXX";
static char *path, *text[IDENTITIES];
static struct pki_identity identities[IDENTITIES];

/* A certificate that is fine but for an extension of so many octets. */
static void enlarge(struct pki_identity *identity, size_t size)
{
  g_autofree uint8_t *octets = g_malloc0(size);

  assert_int_equal(gnutls_x509_crt_set_extension_by_oid(identity->certificate, "1.2.3.4", octets,
                                                        (unsigned)size, 0),
                   0);
  assert_int_equal(gnutls_x509_crt_sign2(identity->certificate, identity->certificate,
                                         identity->key, GNUTLS_DIG_SHA256, 0),
                   0);
}

/* To be freed. */
static char *pem_of(const struct pki_identity *identity)
{
  gnutls_datum_t pem;
  char *copy;

  assert_int_equal(gnutls_x509_crt_export2(identity->certificate, GNUTLS_X509_FMT_PEM, &pem), 0);
  copy = g_strndup((const char *)pem.data, pem.size);
  gnutls_free(pem.data);
  return copy;
}

static int set_up(void **state)
{
  (void)state;
  if (mkdtemp(directory) == NULL)
    return -1;
  path = g_build_filename(directory, "chain.pem", NULL);
  for (int i = 0; i < IDENTITIES; i++) {
    pki_make(&identities[i], NULL, &(struct pki_request){.purpose = PKI_SERVER, .name = "a.test"});
    text[i] = pem_of(&identities[i]);
  }
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  for (int i = 0; i < IDENTITIES; i++) {
    pki_free(&identities[i]);
    g_free(text[i]);
  }
  g_unlink(path);
  g_free(path);
  return g_rmdir(directory);
}

static void assert_certificates(const char *octets, gssize size, unsigned count)
{
  g_autofree char *problem = NULL;
  struct chainfile file;

  assert_true(g_file_set_contents(path, octets, size, NULL));
  if (!chainfile_read(path, &file, &problem))
    fail_msg("%s", problem);
  assert_null(problem);
  assert_int_equal(file.count, count);
  for (unsigned i = 0; i < count; i++) {
    gnutls_datum_t der = pki_certificate_der(&identities[i]);

    assert_int_equal(file.certificates[i].size, der.size);
    assert_memory_equal(file.certificates[i].data, der.data, der.size);
    gnutls_free(der.data);
  }
  chainfile_clear(&file);
  assert_int_equal(file.count, 0);
}

static void assert_file_refused(const char *name, const char *const *said)
{
  g_autofree char *problem = NULL;
  struct chainfile file;

  assert_false(chainfile_read(name, &file, &problem));
  chainfile_clear(&file);
  assert_non_null(problem);
  if (strstr(problem, name) == NULL)
    fail_msg("the file is not named in '%s'", problem);
  for (; *said != NULL; said++)
    if (strstr(problem, *said) == NULL)
      fail_msg("'%s' is not in '%s'", *said, problem);
}

/* said: what is wrong, and what to do about it. */
static void assert_refused(const char *octets, gssize size, const char *wrong, const char *remedy)
{
  const char *said[] = {wrong, remedy, NULL};

  assert_true(g_file_set_contents(path, octets, size, NULL));
  assert_file_refused(path, said);
}

static void test_read(void **state)
{
  g_autofree char *both = g_strconcat("depth=1 CN = a.test\n", text[ONE], " 1 s:CN = a.test\n",
                                      text[OTHER], "---\nServer certificate\n", NULL);
  g_auto(GStrv) lines = g_strsplit(text[ONE], "\n", -1);
  g_autofree char *carriage = g_strjoinv("\r\n", lines);
  g_autofree char *with_key = g_strconcat(
      text[ONE], "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", NULL);

  (void)state;
  assert_certificates(text[ONE], -1, 1);
  assert_certificates(both, -1, 2);
  assert_certificates(carriage, -1, 1);
  assert_certificates(with_key, -1, 1); /* as some servers want their file */
}

/* What stands behind a NUL is no less in the file. */
static void test_nul(void **state)
{
  size_t size = strlen(text[ONE]) + 1 + strlen(text[OTHER]);
  g_autofree char *octets = g_malloc(size);

  (void)state;
  memcpy(octets, text[ONE], strlen(text[ONE]) + 1);
  memcpy(octets + strlen(text[ONE]) + 1, text[OTHER], strlen(text[OTHER]));
  assert_certificates(octets, (gssize)size, 2);
}

static void test_none(void **state)
{
  gnutls_datum_t der = pki_certificate_der(&identities[ONE]);
  g_autofree char *large = g_strnfill(LARGE, 'A');

  (void)state;
  assert_refused("", 0, "holds no certificate in PEM form", "It is empty.");
  assert_refused("\0\xff\x30\x82", 4, "holds no certificate in PEM form", "openssl s_client");
  assert_refused(large, LARGE, "holds no certificate in PEM form", "openssl s_client");
  assert_refused("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", -1,
                 "holds no certificate in PEM form", "openssl s_client");
  assert_refused("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", -1,
                 "It holds a private key", "name the file of its certificate");
  assert_refused((const char *)der.data, der.size, "in DER form", "openssl x509 -inform der");
  gnutls_free(der.data);
}

static void test_file(void **state)
{
  g_autofree char *missing = g_build_filename(directory, "missing.pem", NULL);

  (void)state;
  assert_file_refused("/dev/null", (const char *const[]){"It is empty.", NULL});
  assert_file_refused("/dev/zero",
                      (const char *const[]){"has more than 4 MiB", "Name a file", NULL});
  assert_file_refused(directory, (const char *const[]){"Is a directory", NULL});
  assert_file_refused(missing, (const char *const[]){"No such file", NULL});
}

/* Cut off at every octet before its last line, where all of it has been said. */
static void test_truncated(void **state)
{
  gssize whole = strstr(text[ONE], "-----END ") - text[ONE];
  g_autofree char *both = g_strconcat(text[OTHER], text[ONE], NULL);

  (void)state;
  for (gssize size = 27; size < whole; size++)
    assert_refused(text[ONE], size, "Certificate 1 in", "whole and each certificate once");
  assert_refused(both, (gssize)strlen(text[OTHER]) + 200, "Certificate 2 in",
                 "a certificate is malformed");
  both[200] = '\0'; /* the first is cut off by the second */
  {
    g_autofree char *torn = g_strconcat(both, "\n", text[OTHER], NULL);

    assert_refused(torn, -1, "Certificate 1 in", "a certificate is malformed");
  }
}

static void test_malformed(void **state)
{
  g_autofree char *noise = g_strconcat("-----BEGIN CERTIFICATE-----\nMIIB+++/\n"
                                       "-----END CERTIFICATE-----\n",
                                       NULL);
  g_autofree char *trusted = g_strconcat(text[ONE],
                                         "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n"
                                         "-----END TRUSTED CERTIFICATE-----\n",
                                         NULL);

  (void)state;
  assert_refused(noise, -1, "Certificate 1 in", "a certificate is malformed");
  assert_refused(trusted, -1, "Certificate 2 in", "a certificate is malformed");
}

/* A cycle is the shortest way to say one twice; the leaf is no other case. */
static void test_twice(void **state)
{
  g_autofree char *leaf = g_strconcat(text[ONE], text[ONE], NULL);
  g_autofree char *cycle = g_strconcat(text[ONE], text[OTHER], text[ONE], NULL);

  (void)state;
  assert_refused(leaf, -1, "Certificate 2 in", "a certificate comes twice");
  assert_refused(cycle, -1, "Certificate 3 in", "a certificate comes twice");
}

static void test_many(void **state)
{
  g_autoptr(GString) all = g_string_new(text[ONE]);

  (void)state;
  for (int i = 1; i < MANY; i++)
    g_string_append(all, text[OTHER]);
  assert_refused(all->str, -1, "holds 100 certificates", "16 at the most");
}

static void test_large(void **state)
{
  struct pki_identity identity = {0};
  g_autofree char *large = NULL;

  (void)state;
  pki_make(&identity, NULL, &(struct pki_request){.purpose = PKI_SERVER, .name = "a.test"});
  enlarge(&identity, LARGE);
  large = pem_of(&identity);
  assert_true(strlen(large) > LARGE);
  assert_refused(large, -1, "Certificate 1 in", "a certificate is longer than 65535 octets");
  pki_free(&identity);
}

/* Whoever chose the name of a file chooses nothing else of what is said. */
static void test_hostile_name(void **state)
{
  static const char *const contents[] = {"", "-----BEGIN CERTIFICATE-----\nAAAA\n", NULL};
  g_autofree char *name = g_build_filename(directory, "a\nb\033[2J.pem", NULL);

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(contents); i++) {
    g_autofree char *problem = NULL;
    struct chainfile file;

    if (contents[i] != NULL)
      assert_true(g_file_set_contents(name, contents[i], -1, NULL));
    else
      assert_int_equal(g_unlink(name), 0);
    assert_false(chainfile_read(name, &file, &problem));
    chainfile_clear(&file);
    assert_non_null(strstr(problem, "[2J.pem'"));
    assert_null(strpbrk(problem, "\n\033"));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_read),      cmocka_unit_test(test_nul),
      cmocka_unit_test(test_none),      cmocka_unit_test(test_file),
      cmocka_unit_test(test_twice),     cmocka_unit_test(test_malformed),
      cmocka_unit_test(test_many),      cmocka_unit_test(test_large),
      cmocka_unit_test(test_truncated), cmocka_unit_test(test_hostile_name),
  };

  setlocale(LC_ALL, "C.UTF-8");
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
