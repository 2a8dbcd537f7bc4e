/* The vendor's trust anchors: what is among them, and what isn't known.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/anchors.h"

#include "daemon/digest.h"
#include "tests/folder.h"
#include "tests/nobody.h"
#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { AUTHORITIES = 3 };

/* The authorities are made once. */
static struct pki_identity authorities[AUTHORITIES];
static gnutls_datum_t ders[AUTHORITIES];

struct place {
  char *dir; /* empty, but for what a test writes */
  struct anchors *anchors;
};

static int setup(void **state)
{
  struct place *place = g_new0(struct place, 1);

  place->dir = g_dir_make_tmp("tlspin-XXXXXX", NULL);
  assert_non_null(place->dir);
  place->anchors = anchors_new(place->dir);
  *state = place;
  return 0;
}

static int teardown(void **state)
{
  struct place *place = *state;

  anchors_free(place->anchors);
  folder_remove(place->dir);
  g_free(place->dir);
  g_free(place);
  return 0;
}

static int make_authorities(void **state)
{
  (void)state;
  for (size_t i = 0; i < AUTHORITIES; i++) {
    pki_make(&authorities[i], NULL,
             &(struct pki_request){.purpose = PKI_CA, .name = "Test Authority"});
    ders[i] = pki_certificate_der(&authorities[i]);
  }
  return 0;
}

static int free_authorities(void **state)
{
  (void)state;
  for (size_t i = 0; i < AUTHORITIES; i++) {
    gnutls_free(ders[i].data);
    pki_free(&authorities[i]);
  }
  return 0;
}

/* NAME in the folder; `count` authorities from the one of this number. */
static void write_anchors(const struct place *place, const char *name, size_t first, size_t count)
{
  const struct pki_identity *chain[AUTHORITIES];
  g_autofree char *path = g_build_filename(place->dir, name, NULL);

  for (size_t i = 0; i < count; i++)
    chain[i] = &authorities[first + i];
  pki_write(chain, count, path, NULL);
}

static void write_text(const struct place *place, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename(place->dir, name, NULL);

  assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void make_folder(const struct place *place, const char *name)
{
  g_autofree char *path = g_build_filename(place->dir, name, NULL);

  assert_int_equal(g_mkdir(path, 0755), 0);
}

/* By the certificate and by its digest. */
static bool is_added(const struct place *place, size_t number)
{
  struct span der = {ders[number].data, ders[number].size};
  uint8_t octets[CHAIN_DIGEST_MAX];
  bool added = anchors_added(place->anchors, der);

  assert_true(digest_glib(MATCHING_SHA256, der, octets));
  assert_int_equal(anchors_added_digest(place->anchors, (struct span){octets, 32}), added);
  return added;
}

static void test_among_them(void **state)
{
  struct place *place = *state;

  write_anchors(place, "one.crt", 0, 1);
  assert_false(is_added(place, 0));
  assert_true(is_added(place, 1));
  assert_true(anchors_added(place->anchors, (struct span){(const uint8_t *)"x", 1}));
}

static void test_several_in_a_file(void **state)
{
  struct place *place = *state;

  write_anchors(place, "bundle.crt", 0, 2);
  assert_false(is_added(place, 0));
  assert_false(is_added(place, 1));
  assert_true(is_added(place, 2));
}

static void test_folders(void **state)
{
  struct place *place = *state;

  make_folder(place, "mozilla");
  make_folder(place, "mozilla/old");
  make_folder(place, "empty");
  write_anchors(place, "mozilla/one.crt", 0, 1);
  write_anchors(place, "mozilla/old/two.crt", 1, 1);
  assert_false(is_added(place, 0));
  assert_false(is_added(place, 1));
  assert_true(is_added(place, 2));
}

/* Other files are none of ours, and a symbolic link is what it leads to. */
static void test_other_files(void **state)
{
  struct place *place = *state;
  g_autofree char *link = g_build_filename(place->dir, "link.crt", NULL);

  write_anchors(place, "one.pem", 0, 1);
  write_text(place, "README", "nothing\n");
  assert_int_equal(symlink("one.pem", link), 0);
  assert_false(is_added(place, 0));
  assert_true(is_added(place, 1));
}

/* What is no digest is no anchor's. */
static void test_wrong_digest(void **state)
{
  static const uint8_t octets[33];
  struct place *place = *state;

  write_anchors(place, "one.crt", 0, 1);
  assert_true(anchors_added_digest(place->anchors, (struct span){octets, 32}));
  assert_false(anchors_added_digest(place->anchors, (struct span){octets, 31}));
  assert_false(anchors_added_digest(place->anchors, (struct span){octets, 33}));
  assert_false(anchors_added_digest(place->anchors, (struct span){NULL, 0}));
}

/* It isn't known which anchors the vendor ships: none counts as added. */
static void test_nothing_known(void **state)
{
  struct place *place = *state;
  g_autofree char *missing = g_build_filename(place->dir, "missing", NULL);
  struct anchors *others[] = {anchors_new(NULL), anchors_new(missing)};
  struct span der = {ders[0].data, ders[0].size};

  assert_false(is_added(place, 0)); /* an empty folder */
  for (size_t i = 0; i < 2; i++) {
    assert_false(anchors_added(others[i], der));
    assert_false(anchors_added(others[i], der));
    anchors_free(others[i]);
  }
  anchors_free(NULL);
}

/* One file that can't be read may be the one that holds it. */
static void test_damaged(void **state)
{
  static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
  static const char *const texts[] = {
      "", "no certificate\n", begin, "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"};
  struct place *place = *state;

  write_anchors(place, "one.crt", 0, 1);
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    write_text(place, "two.crt", texts[i]);
    assert_false(is_added(place, 0));
    assert_false(is_added(place, 1));
  }
  write_anchors(place, "new.crt", 2, 1); /* so that the folder is read anew */
  write_anchors(place, "two.crt", 2, 1);
  assert_true(is_added(place, 1));
}

static void test_no_file(void **state)
{
  struct place *place = *state;
  g_autofree char *large = g_strnfill((2 << 20), 'x'), *broken = NULL;

  write_anchors(place, "one.crt", 0, 1);
  write_text(place, "large.crt", large);
  assert_false(is_added(place, 1));
  broken = g_build_filename(place->dir, "large.crt", NULL);
  g_unlink(broken);
  assert_true(is_added(place, 1));
  assert_int_equal(symlink("nowhere", broken), 0);
  assert_false(is_added(place, 1));
  g_unlink(broken);
  assert_int_equal(g_mkdir(broken, 0755), 0); /* a folder of that name is a folder */
  assert_true(is_added(place, 1));
}

static void expect_unknown(void **state)
{
  assert_false(is_added(*state, 2));
}

static void expect_added(void **state)
{
  assert_true(is_added(*state, 2));
}

static void test_forbidden(void **state)
{
  struct place *place = *state;
  g_autofree char *file = g_build_filename(place->dir, "two.crt", NULL);
  g_autofree char *folder = g_build_filename(place->dir, "closed", NULL);

  assert_int_equal(g_chmod(place->dir, 0755), 0);
  write_anchors(place, "one.crt", 0, 1);
  write_anchors(place, "two.crt", 1, 1);
  assert_int_equal(g_chmod(file, 0), 0);
  nobody_checks(expect_unknown, state);
  g_unlink(file);
  nobody_checks(expect_added, state);
  assert_int_equal(g_mkdir(folder, 0), 0);
  nobody_checks(expect_unknown, state);
  assert_int_equal(g_chmod(folder, 0755), 0);
}

/* Folders without an end are given up. */
static void test_deep(void **state)
{
  struct place *place = *state;
  g_autoptr(GString) path = g_string_new("d");

  write_anchors(place, "one.crt", 0, 1);
  for (int depth = 0; depth < 8; depth++) {
    make_folder(place, path->str);
    g_string_append(path, "/d");
  }
  assert_true(is_added(place, 1));
  make_folder(place, path->str);
  assert_false(is_added(place, 1));
}

/* Files come and go while the daemon runs, also in a folder below. */
static void test_changes(void **state)
{
  struct place *place = *state;
  g_autofree char *one = g_build_filename(place->dir, "mozilla", "one.crt", NULL);

  make_folder(place, "mozilla");
  write_anchors(place, "mozilla/one.crt", 0, 1);
  assert_true(is_added(place, 1));
  write_anchors(place, "mozilla/two.crt", 1, 1);
  assert_false(is_added(place, 1));
  assert_true(is_added(place, 2));
  assert_int_equal(g_unlink(one), 0);
  assert_true(is_added(place, 0));
  make_folder(place, "more");
  write_anchors(place, "more/three.crt", 2, 1);
  assert_false(is_added(place, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_among_them),  TEST(test_several_in_a_file), TEST(test_folders),
      TEST(test_other_files), TEST(test_nothing_known),     TEST(test_damaged),
      TEST(test_no_file),     TEST(test_forbidden),         TEST(test_deep),
      TEST(test_changes),     TEST(test_wrong_digest),
  };

  return cmocka_run_group_tests(tests, make_authorities, free_authorities);
}
