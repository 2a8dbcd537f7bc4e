/* Tests of libserver/seal.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/seal.h"

#include "common/vault.h"
#include "tests/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

/* Three keys: 0 for every name, 1 for a.example, 2 for b.example. */
static int make_keys(void **state)
{
  static struct keys keys;
  unsigned first, second;

  keys = (struct keys){.count = 3, .list = vault_take(3 * sizeof(struct key))};
  *state = &keys;
  return keys.list != NULL && key_generate(&keys.list[0], "*", 0, 0) &&
                 key_generate(&keys.list[1], "a.example", 0, 0) &&
                 key_generate(&keys.list[2], "b.example", 0, 0) &&
                 keys_index(&keys, &first, &second)
             ? 0
             : -1;
}

static int free_keys(void **state)
{
  keys_free(*state);
  return 0;
}

static struct seal_content content_of(uint8_t size)
{
  struct seal_content content = {.issued = 1795366800, .lifetime = 2678400};

  memset(content.secret.octets, 0xc3, size);
  content.secret.size = size;
  return content;
}

static struct span seal(uint8_t buffer[SEAL_MAX], const struct key *key, const char *host,
                        uint8_t secret_size)
{
  struct seal_content content = content_of(secret_size);
  struct writer w = writer_of(buffer, SEAL_MAX);

  assert_true(seal_write(&w, key, host, &content));
  return writer_span(&w);
}

static void opens_what_was_sealed(void **state)
{
  static const uint8_t sizes[] = {32, 48};
  const struct keys *keys = *state;
  uint8_t buffer[SEAL_MAX];

  for (size_t i = 0; i < sizeof sizes; i++)
    for (size_t k = 0; k < 2; k++) {
      struct span ticket = seal(buffer, &keys->list[k], "a.example", sizes[i]);
      struct seal_content content = {0};

      assert_int_equal(ticket.size, SEAL_MAX - TICKET_SECRET_MAX + sizes[i]);
      assert_int_equal(seal_read(ticket, keys, "a.example", &content), SEAL_OPENED);
      assert_int_equal(content.secret.size, sizes[i]);
      assert_int_equal(content.secret.octets[sizes[i] - 1], 0xc3);
      assert_true(content.issued == 1795366800);
      assert_int_equal(content.lifetime, 2678400);
    }
}

static void no_ticket_shows_its_content_or_equals_another(void **state)
{
  const struct keys *keys = *state;
  uint8_t one[SEAL_MAX], other[SEAL_MAX], secret[8];
  struct span a = seal(one, &keys->list[0], "a.example", 32);
  struct span b = seal(other, &keys->list[0], "a.example", 32);

  memset(secret, 0xc3, sizeof secret);
  assert_null(memmem(a.data, a.size, secret, sizeof secret));
  assert_null(memmem(a.data, a.size, keys->list[0].secret, 8));
  assert_memory_equal(a.data, b.data, 1 + KEY_ID_SIZE);
  for (size_t i = 1 + KEY_ID_SIZE; i + 8 <= a.size; i += 8)
    assert_memory_not_equal(a.data + i, b.data + i, 8);
}

static enum seal_outcome read_it(const struct keys *keys, struct span ticket, const char *host)
{
  struct seal_content content = {.lifetime = 77};
  enum seal_outcome outcome = seal_read(ticket, keys, host, &content);

  if (outcome != SEAL_OPENED)
    assert_int_equal(content.lifetime, 77); /* untouched */
  return outcome;
}

static void refuses_a_ticket_for_another_name(void **state)
{
  const struct keys *keys = *state;
  uint8_t buffer[SEAL_MAX];
  struct span ticket = seal(buffer, &keys->list[0], "a.example", 32);

  assert_int_equal(read_it(keys, ticket, "a.example"), SEAL_OPENED);
  assert_int_equal(read_it(keys, ticket, "b.example"), SEAL_FORGED);
  assert_int_equal(read_it(keys, ticket, "a.exampl"), SEAL_FORGED);
  assert_int_equal(read_it(keys, ticket, "a.example.org"), SEAL_FORGED);
  assert_int_equal(read_it(keys, ticket, ""), SEAL_FORGED);
  ticket = seal(buffer, &keys->list[1], "a.example", 32);
  assert_int_equal(read_it(keys, ticket, "b.example"), SEAL_OTHER_NAME);
}

static void refuses_a_ticket_under_an_unknown_key(void **state)
{
  const struct keys *keys = *state;
  uint8_t buffer[SEAL_MAX];
  struct span ticket;
  struct key stranger;

  assert_true(key_generate(&stranger, "*", 0, 0));
  ticket = seal(buffer, &stranger, "a.example", 32);
  assert_int_equal(read_it(keys, ticket, "a.example"), SEAL_UNKNOWN_KEY);
}

static void refuses_a_ticket_of_another_key_with_the_same_identifier(void **state)
{
  const struct keys *keys = *state;
  uint8_t buffer[SEAL_MAX];
  struct span ticket;
  struct key impostor;

  assert_true(key_generate(&impostor, "*", 0, 0));
  memcpy(impostor.id, keys->list[0].id, KEY_ID_SIZE);
  ticket = seal(buffer, &impostor, "a.example", 32);
  assert_int_equal(read_it(keys, ticket, "a.example"), SEAL_FORGED);
}

static void refuses_every_flipped_bit(void **state)
{
  const struct keys *keys = *state;
  uint8_t buffer[SEAL_MAX];
  struct span ticket = seal(buffer, &keys->list[0], "a.example", 48);

  for (size_t bit = 0; bit < 8 * ticket.size; bit++) {
    buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_int_not_equal(read_it(keys, ticket, "a.example"), SEAL_OPENED);
    buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  assert_int_equal(read_it(keys, ticket, "a.example"), SEAL_OPENED);
}

static void refuses_every_other_length(void **state)
{
  const struct keys *keys = *state;
  uint8_t buffer[SEAL_MAX], longer[SEAL_MAX + 1];
  struct span ticket = seal(buffer, &keys->list[0], "a.example", 32);

  for (size_t size = 0; size < ticket.size; size++)
    assert_int_not_equal(read_it(keys, (struct span){buffer, size}, "a.example"), SEAL_OPENED);
  assert_int_equal(read_it(keys, (struct span){NULL, 0}, "a.example"), SEAL_MALFORMED);
  memcpy(longer, buffer, ticket.size);
  longer[ticket.size] = 0;
  assert_int_equal(read_it(keys, (struct span){longer, ticket.size + 1}, "a.example"), SEAL_FORGED);
  ticket = seal(buffer, &keys->list[0], "a.example", 48);
  memcpy(longer, buffer, ticket.size);
  assert_int_equal(read_it(keys, (struct span){longer, sizeof longer}, "a.example"),
                   SEAL_MALFORMED);
}

static void refuses_another_version(void **state)
{
  const struct keys *keys = *state;
  uint8_t buffer[SEAL_MAX];
  struct span ticket = seal(buffer, &keys->list[0], "a.example", 32);

  buffer[0] = SEAL_VERSION + 1;
  assert_int_equal(read_it(keys, ticket, "a.example"), SEAL_MALFORMED);
}

/* What seal.h documents, done step by step: a ticket made by anybody who follows it opens. content:
 * what is sealed. */
static struct span seal_by_hand(uint8_t buffer[SEAL_MAX + 64], const struct key *key,
                                struct span content)
{
  uint8_t info[21 + 8 + 32] = "tlspin pinning ticket", material[44], bound[1 + 8 + 9] = {1};
  gnutls_datum_t secret = {(uint8_t *)(uintptr_t)key->secret, 32}, info_datum = {info, sizeof info};
  gnutls_datum_t cipher_key = {material, 32};
  gnutls_aead_cipher_hd_t cipher;
  size_t size = SEAL_MAX + 64 - 41;

  buffer[0] = 1;
  memcpy(buffer + 1, key->id, 8);
  memset(buffer + 9, 0x77, 32);
  memcpy(info + 21, buffer + 1, 40);
  memcpy(bound + 1, key->id, 8);
  memcpy(bound + 9, "a.example", 9);
  assert_int_equal(gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &secret, &info_datum, material, 44), 0);
  assert_int_equal(gnutls_aead_cipher_init(&cipher, GNUTLS_CIPHER_AES_256_GCM, &cipher_key), 0);
  assert_int_equal(gnutls_aead_cipher_encrypt(cipher, material + 32, 12, bound, sizeof bound, 16,
                                              content.data, content.size, buffer + 41, &size),
                   0);
  gnutls_aead_cipher_deinit(cipher);
  return (struct span){buffer, 41 + size};
}

static void opens_what_follows_the_description(void **state)
{
  const struct keys *keys = *state;
  uint8_t buffer[SEAL_MAX + 64], plain[64];
  struct seal_content content;
  struct span ticket =
      seal_by_hand(buffer, &keys->list[0],
                   hex("20"
                       "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                       "000000006b031b90"
                       "0028de80",
                       plain, sizeof plain));

  assert_int_equal(seal_read(ticket, keys, "a.example", &content), SEAL_OPENED);
  assert_int_equal(content.secret.size, 32);
  assert_int_equal(content.secret.octets[31], 0x1f);
  assert_true(content.issued == 0x6b031b90);
  assert_int_equal(content.lifetime, 2678400);
}

/* Sealed under the right key, and still not what we write. */
static void refuses_contents_of_another_form(void **state)
{
  static const char *const contents[] = {
      "00",
      "20000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000000006b031b90",
      "20000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000000006b031b900028de800"
      "0",
      "1f000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e000000006b031b900028de80",
      "00000000006b031b900028de80",
      "ff000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000000006b031b900028de80",
  };
  const struct keys *keys = *state;
  uint8_t buffer[SEAL_MAX + 64], plain[64];

  for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
    struct span ticket =
        seal_by_hand(buffer, &keys->list[0], hex(contents[i], plain, sizeof plain));

    assert_int_equal(read_it(keys, ticket, "a.example"), SEAL_FORGED);
  }
}

static void fails_where_it_can_not_be_written(void **state)
{
  const struct keys *keys = *state;
  uint8_t buffer[SEAL_MAX];
  char name[HOST_MAX + 2];
  struct seal_content content = content_of(48);
  struct writer w = writer_of(buffer, SEAL_MAX - 1);

  assert_false(seal_write(&w, &keys->list[0], "a.example", &content));
  memset(name, 'a', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  w = writer_of(buffer, SEAL_MAX);
  assert_false(seal_write(&w, &keys->list[0], name, &content));
  assert_int_equal(w.used, 0);
}

static void each_outcome_has_its_text(void **state)
{
  (void)state;
  for (int i = SEAL_OPENED; i <= SEAL_FORGED; i++)
    for (int k = SEAL_OPENED; k < i; k++)
      assert_string_not_equal(seal_outcome_text((enum seal_outcome)i),
                              seal_outcome_text((enum seal_outcome)k));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opens_what_was_sealed),
      cmocka_unit_test(no_ticket_shows_its_content_or_equals_another),
      cmocka_unit_test(refuses_a_ticket_for_another_name),
      cmocka_unit_test(refuses_a_ticket_under_an_unknown_key),
      cmocka_unit_test(refuses_a_ticket_of_another_key_with_the_same_identifier),
      cmocka_unit_test(refuses_every_flipped_bit),
      cmocka_unit_test(refuses_every_other_length),
      cmocka_unit_test(refuses_another_version),
      cmocka_unit_test(opens_what_follows_the_description),
      cmocka_unit_test(refuses_contents_of_another_form),
      cmocka_unit_test(fails_where_it_can_not_be_written),
      cmocka_unit_test(each_outcome_has_its_text),
  };

  return cmocka_run_group_tests(tests, make_keys, free_keys);
}
