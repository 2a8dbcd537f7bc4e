/* The octets of a pinning ticket: see seal.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/seal.h"

#include "common/text.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

enum { CIPHER_KEY_SIZE = 32, NONCE_SIZE = 12 };

struct cipher {
  gnutls_aead_cipher_hd_t handle;
  uint8_t nonce[NONCE_SIZE];
};

static const char *const texts[] = {
    [SEAL_OPENED] = N_("it is fine"),
    [SEAL_MALFORMED] = N_("it is not of the form of this server's tickets"),
    [SEAL_UNKNOWN_KEY] = N_("its protection key is not in the key file"),
    [SEAL_OTHER_NAME] = N_("its protection key belongs to another server name"),
    [SEAL_FORGED] = N_("it was changed, or not issued by this server for this name"),
};

const char *seal_outcome_text(enum seal_outcome outcome)
{
  return texts[outcome];
}

/* HKDF-Expand only (RFC 5869 section 2.3): a protection key is uniformly random. */
static bool derive(const struct key *key, struct span salt,
                   uint8_t out[CIPHER_KEY_SIZE + NONCE_SIZE])
{
  static const char label[] = "tlspin pinning ticket";
  uint8_t info[sizeof label - 1 + KEY_ID_SIZE + SEAL_SALT_SIZE];
  struct writer w = writer_of(info, sizeof info);
  gnutls_datum_t secret = {(uint8_t *)(uintptr_t)key->secret, KEY_SECRET_SIZE};
  gnutls_datum_t info_datum = {info, sizeof info};

  writer_put(&w, (struct span){(const uint8_t *)label, sizeof label - 1});
  writer_put(&w, (struct span){key->id, KEY_ID_SIZE});
  writer_put(&w, salt);
  return !w.failed && gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &secret, &info_datum, out,
                                         CIPHER_KEY_SIZE + NONCE_SIZE) >= 0;
}

static bool cipher_open(struct cipher *cipher, const struct key *key, struct span salt)
{
  uint8_t material[CIPHER_KEY_SIZE + NONCE_SIZE];
  gnutls_datum_t cipher_key = {material, CIPHER_KEY_SIZE};
  bool opened =
      derive(key, salt, material) &&
      gnutls_aead_cipher_init(&cipher->handle, GNUTLS_CIPHER_AES_256_GCM, &cipher_key) >= 0;

  if (opened)
    memcpy(cipher->nonce, material + CIPHER_KEY_SIZE, NONCE_SIZE);
  explicit_bzero(material, sizeof material);
  return opened;
}

/* The additional data of the AEAD: version, key_id and the name, whose length is then fixed by the
 * whole's. */
static struct span write_bound(struct writer *w, const struct key *key, const char *host)
{
  writer_u8(w, SEAL_VERSION);
  writer_put(w, (struct span){key->id, KEY_ID_SIZE});
  writer_put(w, (struct span){(const uint8_t *)host, strlen(host)});
  return writer_span(w);
}

static bool encrypt(const struct cipher *cipher, struct span bound, struct span content,
                    struct writer *w)
{
  uint8_t sealed[SEAL_CONTENT_MAX + SEAL_TAG_SIZE];
  size_t size = sizeof sealed;

  if (gnutls_aead_cipher_encrypt(cipher->handle, cipher->nonce, NONCE_SIZE, bound.data, bound.size,
                                 SEAL_TAG_SIZE, content.data, content.size, sealed, &size) < 0)
    return false;
  writer_put(w, (struct span){sealed, size});
  return true;
}

static void write_content(struct writer *w, const struct seal_content *content)
{
  writer_vector8(w, ticket_secret_span(&content->secret));
  writer_u64(w, content->issued);
  writer_u32(w, content->lifetime);
}

static bool seal(struct writer *w, const struct key *key, const char *host, struct span salt,
                 struct span content)
{
  uint8_t bound_octets[1 + KEY_ID_SIZE + HOST_MAX];
  struct writer bound_writer = writer_of(bound_octets, sizeof bound_octets);
  struct span bound = write_bound(&bound_writer, key, host);
  struct cipher cipher;
  bool sealed;

  if (bound.size == 0 || content.size == 0 || !cipher_open(&cipher, key, salt))
    return false;
  sealed = encrypt(&cipher, bound, content, w);
  gnutls_aead_cipher_deinit(cipher.handle);
  return sealed;
}

bool seal_write(struct writer *w, const struct key *key, const char *host,
                const struct seal_content *content)
{
  uint8_t ticket[SEAL_MAX], plain[SEAL_CONTENT_MAX], salt[SEAL_SALT_SIZE];
  struct writer ticket_writer = writer_of(ticket, sizeof ticket);
  struct writer plain_writer = writer_of(plain, sizeof plain);
  bool sealed;

  if (gnutls_rnd(GNUTLS_RND_NONCE, salt, sizeof salt) < 0)
    return false;
  writer_u8(&ticket_writer, SEAL_VERSION);
  writer_put(&ticket_writer, (struct span){key->id, KEY_ID_SIZE});
  writer_put(&ticket_writer, (struct span){salt, sizeof salt});
  write_content(&plain_writer, content);
  sealed =
      seal(&ticket_writer, key, host, (struct span){salt, sizeof salt}, writer_span(&plain_writer));
  explicit_bzero(plain, sizeof plain);
  if (sealed)
    writer_put(w, writer_span(&ticket_writer));
  return sealed && !w->failed;
}

static bool read_content(struct span plain, struct seal_content *content)
{
  struct reader r = reader_of(plain);
  struct span secret = reader_vector8(&r);

  content->issued = reader_u64(&r);
  content->lifetime = reader_u32(&r);
  return reader_done(&r) && ticket_secret_set(&content->secret, secret);
}

static bool decrypt(const struct cipher *cipher, struct span bound, struct span sealed,
                    struct seal_content *content)
{
  uint8_t plain[SEAL_CONTENT_MAX];
  size_t size = sizeof plain;
  struct seal_content read;
  bool opened =
      gnutls_aead_cipher_decrypt(cipher->handle, cipher->nonce, NONCE_SIZE, bound.data, bound.size,
                                 SEAL_TAG_SIZE, sealed.data, sealed.size, plain, &size) >= 0 &&
      read_content((struct span){plain, size}, &read);

  if (opened)
    *content = read;
  explicit_bzero(plain, sizeof plain);
  explicit_bzero(&read, sizeof read);
  return opened;
}

static bool unseal(const struct key *key, const char *host, struct span salt, struct span sealed,
                   struct seal_content *content)
{
  uint8_t bound_octets[1 + KEY_ID_SIZE + HOST_MAX];
  struct writer w = writer_of(bound_octets, sizeof bound_octets);
  struct span bound = write_bound(&w, key, host);
  struct cipher cipher;
  bool opened;

  if (bound.size == 0 || !cipher_open(&cipher, key, salt))
    return false;
  opened = decrypt(&cipher, bound, sealed, content);
  gnutls_aead_cipher_deinit(cipher.handle);
  return opened;
}

enum seal_outcome seal_read(struct span ticket, const struct keys *keys, const char *host,
                            struct seal_content *content)
{
  struct reader r = reader_of(ticket);
  uint8_t version = reader_u8(&r);
  struct span id = reader_take(&r, KEY_ID_SIZE), salt = reader_take(&r, SEAL_SALT_SIZE);
  struct span sealed = reader_take(&r, r.left);
  const struct key *key;

  if (r.failed || version != SEAL_VERSION || sealed.size <= SEAL_TAG_SIZE ||
      sealed.size > SEAL_CONTENT_MAX + SEAL_TAG_SIZE)
    return SEAL_MALFORMED;
  key = keys_find(keys, id.data);
  if (key == NULL)
    return SEAL_UNKNOWN_KEY;
  if (!key_is_for(key, host))
    return SEAL_OTHER_NAME;
  return unseal(key, host, salt, sealed, content) ? SEAL_OPENED : SEAL_FORGED;
}
