/* What may be stored of Public-Key-Pins: RFC 7469 sections 2.3.1, 2.5 and 2.6.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/hpkp.h"

#include "pinning/digest.h"
#include "tests/field.h"
#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

enum { KEYS = 3 };

/* The digests of keys 1, 2, 3... */
static void number_keys(uint8_t spki[][32], size_t count)
{
  for (size_t i = 0; i < count; i++)
    memset(spki[i], (int)i + 1, 32);
}

/* What becomes of a field over a path with so many keys: its outcome, and why it is ignored. */
static void expect(const char *field, bool report_only, size_t count, enum hpkp_outcome outcome,
                   const char *why)
{
  struct hpkp hpkp = field_taken(field);
  uint8_t spki[KEYS][32];
  const char *reason = NULL;

  number_keys(spki, KEYS);
  assert_int_equal(
      hpkp_judge_digests(&hpkp, report_only, (const uint8_t(*)[32])spki, count, &reason), outcome);
  assert_non_null(reason);
  assert_int_equal(*reason == '\0', outcome != HPKP_IGNORE);
  assert_non_null(strstr(reason, why));
}

static void notes_with_a_match_and_a_backup(void **state)
{
  (void)state;
  expect("max-age=1;" TWO ";" FOUR, false, KEYS, HPKP_NOTE, "");
  expect("max-age=1;" FOUR ";" TWO, false, KEYS, HPKP_NOTE, "");
  expect("max-age=1;" TWO ";" THREE ";" FOUR, false, KEYS, HPKP_NOTE, "");
  expect("max-age=1;pin-x=a;" TWO ";" FOUR, false, KEYS, HPKP_NOTE, "");
  /* The third key is the backup of a path of two. */
  expect("max-age=1;" TWO ";" THREE, false, 2, HPKP_NOTE, "");
}

static void ignores_what_section_2_5_does_not_allow(void **state)
{
  (void)state;
  expect("max-age=1;" FOUR, false, KEYS, HPKP_IGNORE, "none of its pins");
  expect("max-age=1;" TWO, false, KEYS, HPKP_IGNORE, "backup");
  expect("max-age=1;" TWO ";" THREE, false, KEYS, HPKP_IGNORE, "backup");
  expect("max-age=1;" TWO ";" TWO, false, KEYS, HPKP_IGNORE, "backup");
  expect("max-age=1;" TWO ";" FOUR, false, 1, HPKP_IGNORE, "none of its pins");
  expect("max-age=1;" TWO ";" FOUR, false, 0, HPKP_IGNORE, "path");
  expect("max-age=1", false, KEYS, HPKP_IGNORE, "no pin");
  expect("max-age=1;pin-x=a", false, KEYS, HPKP_IGNORE, "no pin");
  expect(TWO ";" FOUR, false, KEYS, HPKP_IGNORE, "max-age");
  expect("includeSubDomains", false, KEYS, HPKP_IGNORE, "max-age");
}

/* Section 2.3.1: nothing but max-age counts. */
static void removes_at_max_age_0(void **state)
{
  static const char *const fields[] = {
      "max-age=0",       "max-age=\"0\";includeSubDomains", "max-age=00;" TWO,
      "max-age=0;" FOUR, "max-age=0;" TWO ";" FOUR,         "max-age=0;pin-x=a",
  };

  (void)state;
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
    for (size_t count = 0; count <= KEYS; count++)
      expect(fields[i], false, count, HPKP_REMOVE, "");
}

/* Section 2.3.2: a match is what it is evaluated for; max-age has no meaning. */
static void only_evaluates_what_is_to_be_reported(void **state)
{
  (void)state;
  expect(TWO ";" FOUR, true, KEYS, HPKP_EVALUATE, "");
  expect("max-age=1;" TWO ";" FOUR, true, KEYS, HPKP_EVALUATE, "");
  expect("max-age=0;" TWO, true, KEYS, HPKP_EVALUATE, "");
  expect(FOUR, true, KEYS, HPKP_EVALUATE, "");
  expect("max-age=0", true, KEYS, HPKP_IGNORE, "no pin");
  expect("pin-x=a", true, KEYS, HPKP_IGNORE, "no pin");
  expect(TWO ";" FOUR, true, 0, HPKP_IGNORE, "path");
}

static void names_the_outcomes(void **state)
{
  static const char *const tokens[HPKP_OUTCOMES] = {"ignore", "note", "remove", "evaluate"};

  (void)state;
  for (int i = 0; i < HPKP_OUTCOMES; i++)
    assert_string_equal(hpkp_outcome_token((enum hpkp_outcome)i), tokens[i]);
}

/* A server's certificate, its issuer's and its anchor's, and one key more. */
struct authority {
  struct pki_identity anchor, issuer, server, spare;
  gnutls_datum_t der[KEYS];
  struct span path[KEYS];
};

static struct authority authority;

static int make_authority(void **state)
{
  struct authority *a = &authority;
  const struct pki_identity *path[KEYS] = {&a->server, &a->issuer, &a->anchor};

  (void)state;
  pki_make(&a->anchor, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Anchor"});
  pki_make(&a->issuer, &a->anchor, &(struct pki_request){.purpose = PKI_CA, .name = "Issuer"});
  pki_make(&a->server, &a->issuer,
           &(struct pki_request){.purpose = PKI_SERVER, .name = "www.example.org"});
  pki_make(&a->spare, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Spare"});
  for (size_t i = 0; i < KEYS; i++) {
    a->der[i] = pki_certificate_der(path[i]);
    a->path[i] = (struct span){a->der[i].data, a->der[i].size};
  }
  return 0;
}

static int free_authority(void **state)
{
  struct authority *a = &authority;

  (void)state;
  for (size_t i = 0; i < KEYS; i++)
    gnutls_free(a->der[i].data);
  pki_free(&a->anchor);
  pki_free(&a->issuer);
  pki_free(&a->server);
  pki_free(&a->spare);
  return 0;
}

/* max-age and the pins of two keys, by GnuTLS's own digests and Base64. */
static struct hpkp pins_of(const struct pki_identity *a, const struct pki_identity *b)
{
  const struct pki_identity *both[] = {a, b};
  char field[200] = "max-age=3000";

  for (size_t i = 0; i < 2; i++) {
    unsigned char digest[32];
    size_t size = sizeof digest, used = strlen(field);
    gnutls_datum_t raw = {digest, sizeof digest}, text;

    assert_int_equal(
        gnutls_x509_crt_get_key_id(both[i]->certificate, GNUTLS_KEYID_USE_SHA256, digest, &size),
        0);
    assert_int_equal(gnutls_base64_encode2(&raw, &text), 0);
    snprintf(field + used, sizeof field - used, ";pin-sha256=\"%s\"", (const char *)text.data);
    gnutls_free(text.data);
  }
  return field_taken(field);
}

static enum hpkp_outcome judge(const struct hpkp *hpkp, size_t count, bool path)
{
  struct chain chain;
  const char *reason;

  assert_int_equal(chain_read(authority.path, count, false, path, digest_gnutls, &chain),
                   CHAIN_FINE);
  return hpkp_judge(hpkp, false, &chain, &reason);
}

static void compares_with_the_keys_of_a_path(void **state)
{
  struct authority *a = &authority;
  const struct pki_identity *path[KEYS] = {&a->server, &a->issuer, &a->anchor};

  (void)state;
  for (size_t i = 0; i < KEYS; i++) {
    struct hpkp hpkp = pins_of(path[i], &a->spare);

    for (size_t count = 1; count <= KEYS; count++)
      assert_int_equal(judge(&hpkp, count, true), i < count ? HPKP_NOTE : HPKP_IGNORE);
  }
  for (size_t i = 0; i < KEYS; i++) {
    struct hpkp hpkp = pins_of(path[i], path[(i + 1) % KEYS]);

    assert_int_equal(judge(&hpkp, KEYS, true), HPKP_IGNORE);
  }
}

/* Section 2.6: superfluous certificates don't count, and without a path all may be superfluous. */
static void notes_nothing_by_what_is_no_path(void **state)
{
  struct hpkp hpkp = pins_of(&authority.server, &authority.spare);

  (void)state;
  assert_int_equal(judge(&hpkp, 1, false), HPKP_IGNORE);
  assert_int_equal(judge(&hpkp, KEYS, false), HPKP_IGNORE);
  hpkp.max_age = 0;
  assert_int_equal(judge(&hpkp, KEYS, false), HPKP_REMOVE);
}

/* No PKI has validated it. */
static void notes_nothing_by_a_raw_key(void **state)
{
  struct hpkp hpkp = pins_of(&authority.server, &authority.spare);
  gnutls_datum_t spki = pki_spki_der(&authority.server);
  struct span span = {spki.data, spki.size};
  struct chain chain;
  const char *reason;

  (void)state;
  assert_int_equal(chain_read(&span, 1, true, true, digest_gnutls, &chain), CHAIN_FINE);
  assert_int_equal(hpkp_judge(&hpkp, false, &chain, &reason), HPKP_IGNORE);
  assert_true(hpkp_met(&hpkp, &chain));
  gnutls_free(spki.data);
}

static bool met(const struct pki_identity *pinned, size_t count, bool path)
{
  struct hpkp hpkp = pins_of(pinned, &authority.spare);
  struct chain chain;

  assert_int_equal(chain_read(authority.path, count, false, path, digest_gnutls, &chain),
                   CHAIN_FINE);
  return hpkp_met(&hpkp, &chain);
}

static void is_met_by_any_key_of_a_path_else_by_the_first(void **state)
{
  struct authority *a = &authority;

  (void)state;
  assert_true(met(&a->server, KEYS, true));
  assert_true(met(&a->issuer, KEYS, true));
  assert_true(met(&a->anchor, KEYS, true));
  assert_false(met(&a->anchor, 2, true));
  assert_false(met(&a->spare, KEYS, true));
  assert_true(met(&a->server, KEYS, false));
  assert_false(met(&a->issuer, KEYS, false));
  assert_false(met(&a->anchor, KEYS, false));
}

/* Digests that fail from some call on. */
static unsigned digests_left;

static bool failing_digest(enum matching matching, struct span octets,
                           uint8_t digest[CHAIN_DIGEST_MAX])
{
  return digests_left-- > 0 && digest_gnutls(matching, octets, digest);
}

/* Never a match, and never a backup pin, by what could not be digested. */
static void notes_nothing_where_a_digest_fails(void **state)
{
  struct hpkp hpkp = pins_of(&authority.server, &authority.anchor);
  struct span twice[] = {authority.path[0], authority.path[1]};
  struct chain chain;
  const char *reason;

  (void)state;
  for (unsigned working = 0; working <= 2; working++) {
    assert_int_equal(chain_read(twice, 2, false, true, failing_digest, &chain), CHAIN_FINE);
    digests_left = working;
    assert_int_equal(hpkp_judge(&hpkp, false, &chain, &reason),
                     working == 2 ? HPKP_NOTE : HPKP_IGNORE);
    digests_left = 0;
    assert_int_equal(hpkp_met(&hpkp, &chain), working == 2);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(notes_with_a_match_and_a_backup),
      cmocka_unit_test(ignores_what_section_2_5_does_not_allow),
      cmocka_unit_test(removes_at_max_age_0),
      cmocka_unit_test(only_evaluates_what_is_to_be_reported),
      cmocka_unit_test(names_the_outcomes),
      cmocka_unit_test(compares_with_the_keys_of_a_path),
      cmocka_unit_test(notes_nothing_by_what_is_no_path),
      cmocka_unit_test(notes_nothing_by_a_raw_key),
      cmocka_unit_test(is_met_by_any_key_of_a_path_else_by_the_first),
      cmocka_unit_test(notes_nothing_where_a_digest_fails),
  };

  return cmocka_run_group_tests(tests, make_authority, free_authority);
}
