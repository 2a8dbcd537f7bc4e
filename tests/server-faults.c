/* libserver while the calls that it makes fail, one after the other: memory, GnuTLS, the disk.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The linker puts each function below before the real one (--wrap). A deed is done again and again,
 * and the first, second, third ... of these calls fails in it, until one time all went well;
 * whatever failed, what has to hold afterwards is the same. So nothing here depends on which calls
 * are made, or in which order.
 */
#include "config.h"

#include "common/vault.h"
#include "libserver/keyfile.h"
#include "libserver/keytext.h"
#include "tests/attached.h"
#include "tests/nth.h"

#include <dirent.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 1000 };

#define WRAP(type, name, parameters, arguments, failure)                                           \
  NTH(type, name, parameters, arguments, EIO, failure)

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, vault_take, (size_t size), (size), NULL)
WRAP(int, fstat, (int fd, struct stat *status), (fd, status), -1)
WRAP(int, flock, (int fd, int operation), (fd, operation), -1)
WRAP(ssize_t, read, (int fd, void *octets, size_t size), (fd, octets, size), -1)
WRAP(ssize_t, write, (int fd, const void *octets, size_t size), (fd, octets, size), -1)
WRAP(int, fsync, (int fd), (fd), -1)
WRAP(int, mkostemp, (char *name, int flags), (name, flags), -1)
WRAP(int, rename, (const char *from, const char *to), (from, to), -1)
WRAP(int, link, (const char *from, const char *to), (from, to), -1)
WRAP(int, gnutls_rnd, (gnutls_rnd_level_t level, void *octets, size_t size), (level, octets, size),
     GNUTLS_E_RANDOM_FAILED)
WRAP(int, gnutls_hkdf_expand,
     (gnutls_mac_algorithm_t mac, const gnutls_datum_t *key, const gnutls_datum_t *info, void *out,
      size_t size),
     (mac, key, info, out, size), GNUTLS_E_INTERNAL_ERROR)
WRAP(int, gnutls_hmac_fast,
     (gnutls_mac_algorithm_t mac, const void *key, size_t key_size, const void *text, size_t size,
      void *digest),
     (mac, key, key_size, text, size, digest), GNUTLS_E_INTERNAL_ERROR)
WRAP(int, gnutls_aead_cipher_init,
     (gnutls_aead_cipher_hd_t * handle, gnutls_cipher_algorithm_t cipher,
      const gnutls_datum_t *key),
     (handle, cipher, key), GNUTLS_E_MEMORY_ERROR)
WRAP(int, gnutls_aead_cipher_encrypt,
     (gnutls_aead_cipher_hd_t handle, const void *nonce, size_t nonce_size, const void *bound,
      size_t bound_size, size_t tag_size, const void *plain, size_t plain_size, void *sealed,
      size_t *sealed_size),
     (handle, nonce, nonce_size, bound, bound_size, tag_size, plain, plain_size, sealed,
      sealed_size),
     GNUTLS_E_INTERNAL_ERROR)
WRAP(int, gnutls_base64_encode2, (const gnutls_datum_t *raw, gnutls_datum_t *text), (raw, text),
     GNUTLS_E_MEMORY_ERROR)
WRAP(int, gnutls_base64_decode2, (const gnutls_datum_t *text, gnutls_datum_t *raw), (text, raw),
     GNUTLS_E_MEMORY_ERROR)
WRAP(const gnutls_datum_t *, gnutls_certificate_get_ours, (gnutls_session_t session), (session),
     NULL)

/* A pinned client is proved to, or the connection fails; it is never left without an answer. */
static void a_pinned_client_is_proved_to_or_refused(void **state)
{
  struct pin pin;
  bool through = false;
  unsigned which, refused = 0;

  (void)state;
  get_pin(&pin, HOST);
  for (which = 1; which < MOST && !through; which++) {
    struct pinner pinner = {.ticket = ticket_of(&pin)};
    struct wire wire;

    connect_with(&wire, &(struct wire_request){0}, HOST, &pinner);
    nth_arm(which);
    wire_shake(&wire);
    through = nth_disarm();
    if (wire.client.result == 0 && wire.server.result == 0) {
      assert_int_equal(tlspin_server_result(wire.server.session), TLSPIN_SERVER_PROVED);
      assert_true(pinner.answer.has_ticket);
      if (pinner.pinning.size > 0) /* the client itself may have lacked something */
        assert_true(pinner_proved(&pinner, wire.client.session, &pin.secret));
    } else {
      assert_false(through);
      refused++;
    }
    wire_close(&wire);
  }
  assert_true(through);
  assert_true(refused >= 5);
}

/* A client without a ticket is served: pinned, or with no answer. A half answer would be a pin that
 * can't be met. */
static void a_first_client_is_pinned_or_not(void **state)
{
  bool through = false;
  unsigned which, left_out = 0;

  (void)state;
  for (which = 1; which < MOST && !through; which++) {
    struct pinner pinner = {0};
    struct wire wire;

    connect_with(&wire, &(struct wire_request){0}, HOST, &pinner);
    nth_arm(which);
    wire_shake(&wire);
    through = nth_disarm();
    if (wire.client.result == 0 && wire.server.result == 0 && !pinner.answered) {
      assert_int_equal(tlspin_server_result(wire.server.session), TLSPIN_SERVER_LEFT_OUT);
      assert_int_equal(tlspin_server_ticket_lifetime(wire.server.session), 0);
      left_out++;
    } else if (wire.client.result == 0 && wire.server.result == 0) {
      assert_int_equal(tlspin_server_result(wire.server.session), TLSPIN_SERVER_PINNED);
      assert_true(pinner.answer.has_ticket && !pinner.answer.has_proof);
      assert_int_equal(pinner.answer.lifetime, TLSPIN_SERVER_LIFETIME_DEFAULT);
    }
    wire_close(&wire);
  }
  assert_true(through);
  assert_true(left_out >= 3);
}

static void attaching_does_all_or_nothing(void **state)
{
  bool through = false;
  unsigned failed = 0;

  (void)state;
  for (unsigned which = 1; which < MOST && !through; which++) {
    struct wire wire;
    enum tlspin_code code;

    wire_open(&wire, &(struct wire_request){.server_credentials = attached.credentials});
    nth_arm(which);
    code = tlspin_server_attach(attached.server, wire.server.session);
    through = nth_disarm();
    assert_int_equal(code == TLSPIN_OK, through);
    assert_true(through || code == TLSPIN_E_MEMORY || code == TLSPIN_E_TLS);
    failed += !through;
    wire_shake(&wire);
    assert_int_equal(wire.server.result, 0);
    wire_close(&wire);
  }
  assert_true(through);
  assert_true(failed >= 2);
}

/* On an error the keys from before stay. */
static void loading_keys_does_all_or_nothing(void **state)
{
  static const char *const names[] = {"*", HOST};
  char text[KEYS_TEXT_MAX];
  size_t size = write_keys(text, names, 2);
  bool through = false;
  unsigned failed = 0;
  struct pin pin;

  (void)state;
  get_pin(&pin, HOST);
  for (unsigned which = 1; which < MOST && !through; which++) {
    enum tlspin_code code;

    nth_arm(which);
    code = tlspin_server_load_keys_from_memory(attached.server, text, size);
    through = nth_disarm();
    if (through)
      break;
    assert_true(code == TLSPIN_E_MEMORY || code == TLSPIN_E_KEYS);
    failed++;
    renew_pin(&pin, HOST);
  }
  assert_true(through);
  assert_true(failed >= 5);
}

static void a_new_server_is_made_or_not(void **state)
{
  tlspin_server_t *server = NULL;

  (void)state;
  nth_arm(1);
  assert_int_equal(tlspin_server_new(&server), TLSPIN_E_MEMORY);
  assert_false(nth_disarm());
  assert_null(server);
}

static char directory[64];
static char path[128];

static int make_directory(void **state)
{
  (void)state;
  strcpy(directory, "/tmp/server-faults-XXXXXX");
  snprintf(path, sizeof path, "%s/keys", mkdtemp(directory));
  return 0;
}

static int remove_directory(void **state)
{
  (void)state;
  unlink(path);
  return rmdir(directory); /* fails where a temporary file was left */
}

static struct span span_of(const char *text)
{
  return (struct span){(const uint8_t *)text, strlen(text)};
}

static bool content_is(const char *content)
{
  struct keyfile_text text;
  struct trouble trouble;
  bool is =
      keyfile_read(path, &text, &trouble) && span_equal(keyfile_text_span(&text), span_of(content));

  keyfile_text_free(&text);
  return is;
}

static size_t count_files(void)
{
  DIR *dir = opendir(directory);
  struct dirent *entry;
  size_t count = 0;

  while ((entry = readdir(dir)) != NULL)
    count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
  closedir(dir);
  return count;
}

static void replacing_a_file_does_all_or_nothing(void **state)
{
  bool through = false;
  unsigned failed = 0;

  (void)state;
  for (unsigned which = 1; which < MOST && !through; which++) {
    struct trouble trouble = {""};
    bool replaced;

    unlink(path);
    assert_true(keyfile_create(path, span_of("old\n"), &trouble));
    nth_arm(which);
    replaced = keyfile_replace(path, span_of("new\n"), &trouble);
    through = nth_disarm();
    assert_int_equal(replaced, through);
    if (!replaced) {
      assert_true(strncmp(trouble.text, path, strlen(path)) == 0);
      failed++;
    }
    /* Only where the directory was not synced, which is said, the new one is in place after an
     * error. */
    if (replaced || strstr(trouble.text, "The file was written") != NULL)
      assert_true(content_is("new\n"));
    else
      assert_true(content_is("old\n"));
    assert_int_equal(count_files(), 1);
  }
  assert_true(through);
  assert_true(failed >= 5); /* making, writing, syncing, renaming, syncing the directory */
}

static void creating_a_file_does_all_or_nothing(void **state)
{
  bool through = false;

  (void)state;
  for (unsigned which = 1; which < MOST && !through; which++) {
    struct trouble trouble = {""};
    bool created;

    unlink(path);
    nth_arm(which);
    created = keyfile_create(path, span_of("new\n"), &trouble);
    through = nth_disarm();
    assert_int_equal(created, through);
    if (created || strstr(trouble.text, "The file was written") != NULL)
      assert_true(content_is("new\n"));
    else
      assert_int_equal(count_files(), 0);
  }
  assert_true(through);
}

static void reading_a_file_tells_every_error(void **state)
{
  struct trouble trouble = {""};
  bool through = false;
  unsigned failed = 0;

  (void)state;
  assert_true(keyfile_create(path, span_of("content\n"), &trouble));
  for (unsigned which = 1; which < MOST && !through; which++) {
    struct keyfile_text text;
    int lock = -1;
    bool read;

    trouble.text[0] = '\0';
    nth_arm(which);
    read = keyfile_lock(path, &lock, &text, &trouble);
    through = nth_disarm();
    if (read) {
      assert_true(span_equal(keyfile_text_span(&text), span_of("content\n")));
      close(lock);
    } else {
      assert_true(strncmp(trouble.text, path, strlen(path)) == 0);
      failed++;
    }
    assert_true(read || !through);
    keyfile_text_free(&text);
  }
  assert_true(through);
  assert_true(failed >= 4); /* status, lock, memory, reading */
}

static void a_key_that_can_not_be_written_is_not_written_in_part(void **state)
{
  uint8_t octets[KEYS_TEXT_MAX];
  struct writer w = writer_of(octets, sizeof octets);
  struct key key;

  (void)state;
  assert_true(key_generate(&key, "*", NOW, NOW));
  nth_arm(1);
  keytext_write_new(&w, &key);
  assert_false(nth_disarm());
  assert_true(w.failed);
  assert_int_equal(writer_span(&w).size, 0);
  nth_arm(1);
  assert_false(key_generate(&key, "*", NOW, NOW));
  assert_false(nth_disarm());
  nth_arm(2);
  assert_false(key_generate(&key, "*", NOW, NOW));
  assert_false(nth_disarm());
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
  const struct CMUnitTest tests[] = {
      ATTACHED(a_pinned_client_is_proved_to_or_refused),
      ATTACHED(a_first_client_is_pinned_or_not),
      ATTACHED(attaching_does_all_or_nothing),
      ATTACHED(loading_keys_does_all_or_nothing),
      cmocka_unit_test(a_new_server_is_made_or_not),
      IN_DIRECTORY(replacing_a_file_does_all_or_nothing),
      IN_DIRECTORY(creating_a_file_does_all_or_nothing),
      IN_DIRECTORY(reading_a_file_tells_every_error),
      cmocka_unit_test(a_key_that_can_not_be_written_is_not_written_in_part),
  };

  return cmocka_run_group_tests(tests, attached_make_identity, attached_free_identity);
}
