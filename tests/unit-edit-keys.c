/* The keys that a command names (tools/edit-keys.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/edit-keys.h"

#include "common/spki.h"
#include "tests/pki.h"
#include "tests/said.h"
#include "tools/tlspin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct pki_identity ca, server;
static char directory[] = "/tmp/tlspin-unit-edit-keys-XXXXXX";
static char *ca_file, *server_file, *both_file, *text_file;
static char key[SPKI_PIN_TEXT_SIZE];

static int set_up(void **state)
{
  const struct pki_identity *chain[] = {&server, &ca};
  gnutls_datum_t spki;

  (void)state;
  pki_make(&ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Test CA"});
  pki_make(&server, &ca, &(struct pki_request){.purpose = PKI_SERVER, .name = "localhost"});
  if (mkdtemp(directory) == NULL)
    return -1;
  ca_file = g_build_filename(directory, "ca.pem", NULL);
  server_file = g_build_filename(directory, "server.pem", NULL);
  both_file = g_build_filename(directory, "both.pem", NULL);
  text_file = g_build_filename(directory, "text.pem", NULL);
  pki_write(&chain[1], 1, ca_file, NULL);
  pki_write(chain, 1, server_file, NULL);
  pki_write(chain, 2, both_file, NULL);
  spki = pki_spki_der(&server);
  spki_pin_text((struct span){spki.data, spki.size}, key);
  gnutls_free(spki.data);
  return g_file_set_contents(text_file, key, -1, NULL) ? 0 : -1;
}

static int tear_down(void **state)
{
  char **files[] = {&ca_file, &server_file, &both_file, &text_file};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
    g_unlink(*files[i]);
    g_free(*files[i]);
  }
  pki_free(&ca);
  pki_free(&server);
  return g_rmdir(directory);
}

/* Fills edits from the keys. Returns the status; the message must hold the text. */
static int fill(const struct edit_keys *keys, const char *level, const char *said, GPtrArray *edits)
{
  struct edit model = {.record = {.note = "mine"}};
  struct capture capture;
  int status;

  assert_int_equal(edit_read_place("localhost:9", &model), STATUS_FINE);
  model.record.level = level;
  capture_begin(&capture, STDERR_FILENO);
  status = edit_keys_read(keys, "localhost:9", &model, edits);
  assert_said(&capture, said);
  return status;
}

/* Each is whole by itself: it points at no other's host or digest. */
static void assert_edit(const GPtrArray *edits, guint index, const char *level)
{
  const struct edit *edit = edits->pdata[index];

  assert_ptr_equal(edit->record.host, edit->place.host);
  assert_ptr_equal(edit->record.digest.data, edit->digest);
  assert_int_equal(edit->record.digest.size, 32);
  assert_string_equal(edit->record.host, "localhost");
  assert_int_equal(edit->record.port, 9);
  assert_string_equal(edit->record.level, level);
  assert_string_equal(edit->record.note, "mine");
  assert_int_equal(edit->record.selector, 1);
  assert_int_equal(edit->record.matching, 1);
}

static void test_keys(void **state)
{
  static char tlsa[] = "3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  char *texts[] = {key, tlsa, NULL}, *files[] = {ca_file, server_file, NULL};
  const struct edit_keys keys = {.texts = texts, .files = files};
  g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GPtrArray) levelled = g_ptr_array_new_with_free_func(g_free);

  (void)state;
  assert_int_equal(fill(&keys, NULL, NULL, edits), STATUS_FINE);
  assert_int_equal(edits->len, 3); /* the file of the server holds the first again */
  assert_edit(edits, 0, "any");
  assert_edit(edits, 1, "leaf");
  assert_edit(edits, 2, "any");
  assert_memory_not_equal(((struct edit *)edits->pdata[0])->digest,
                          ((struct edit *)edits->pdata[2])->digest, 32);
  assert_int_equal(
      fill(&keys, "authority", "a key of level leaf, but --level authority counts", levelled),
      STATUS_FINE);
  assert_int_equal(levelled->len, 3);
  for (guint i = 0; i < 3; i++)
    assert_edit(levelled, i, "authority");
}

/* No backup of itself; but another level of the same key is another pin. */
static void test_keys_repeated(void **state)
{
  static char leaf[] = "3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  static char any[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  static char written[] = "1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  char *texts[] = {any, any, leaf, written, key, leaf, any, NULL};
  const struct edit_keys keys = {.texts = texts};
  g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free);

  (void)state;
  assert_int_equal(fill(&keys, NULL, NULL, edits), STATUS_FINE);
  assert_int_equal(edits->len, 3);
  assert_edit(edits, 0, "any");
  assert_edit(edits, 1, "leaf");
  assert_edit(edits, 2, "any");
}

/* What holds everywhere can only be a block. */
static void test_every_server(void **state)
{
  char *texts[] = {key, NULL};
  const struct edit_keys keys = {.texts = texts};
  struct edit model = {.record = {.status = "critical"}, .place = {.scope = SCOPE_SUBTREE}};
  g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free);
  struct capture capture;

  (void)state;
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(edit_keys_read(&keys, "*", &model, edits), STATUS_USAGE);
  assert_said(&capture, "No key is that of every server there is. Name a host");
  assert_int_equal(edits->len, 0);
  model.record.status = "rejected";
  assert_int_equal(edit_keys_read(&keys, "*", &model, edits), STATUS_FINE);
  assert_int_equal(edits->len, 1);
}

static void assert_no_keys(const struct edit_keys *keys, int status, const char *said)
{
  g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free);

  assert_int_equal(fill(keys, NULL, said, edits), status);
}

static void test_keys_refused(void **state)
{
  g_autofree char *missing = g_build_filename(directory, "missing.pem", NULL);
  char *wrong[] = {(char *)"sha256//AAAA", NULL}, *files[] = {NULL, NULL};
  char *const unfit[] = {both_file, text_file, (char *)"/dev/null"};

  (void)state;
  assert_no_keys(&(struct edit_keys){.texts = NULL}, STATUS_USAGE, "A key is missing");
  assert_no_keys(&(struct edit_keys){.texts = wrong}, STATUS_USAGE, "'sha256//AAAA' is no key.");
  files[0] = missing;
  assert_no_keys(&(struct edit_keys){.files = files}, STATUS_USAGE, "No such file or directory");
  files[0] = directory;
  assert_no_keys(&(struct edit_keys){.files = files}, STATUS_USAGE, "Is a directory");
  files[0] = (char *)"/dev/zero";
  assert_no_keys(&(struct edit_keys){.files = files}, STATUS_USAGE, "has more than 1 MiB");
  for (size_t i = 0; i < G_N_ELEMENTS(unfit); i++) {
    files[0] = unfit[i];
    assert_no_keys(&(struct edit_keys){.files = files}, STATUS_USAGE,
                   "is not a PEM file with one certificate or one public key.");
  }
}

/* A port that nobody listens on, since it is bound and not listened on. */
static int closed_port(char text[32])
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
  g_snprintf(text, 32, "localhost:%u", ntohs(address.sin_port));
  return fd;
}

static void assert_not_asked(const char *place, const char *level, int status, const char *said)
{
  const struct edit_keys keys = {.from_server = TRUE, .ca_file = ca_file};
  g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free);
  struct edit model = {.record = {.level = level}};
  struct capture capture;

  assert_int_equal(edit_read_place(place, &model), STATUS_FINE);
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(edit_keys_read(&keys, place, &model, edits), status);
  assert_said(&capture, said);
  assert_int_equal(edits->len, 0);
}

static void test_from_server(void **state)
{
  char place[32];
  int fd = closed_port(place);

  (void)state;
  assert_not_asked("localhost", NULL, STATUS_USAGE, "needs a server to ask: HOST:PORT.");
  assert_not_asked(".localhost:443", NULL, STATUS_USAGE, "needs a server to ask: HOST:PORT.");
  assert_not_asked("localhost:443", "issuer", STATUS_USAGE, "takes the server's own key");
  assert_not_asked(place, "leaf", STATUS_CONNECTION, "localhost, port");
  close(fd);
}

/* --ca and --sni are of --from-server alone; with --sni the host is where to connect. */
static void test_server(void **state)
{
  char ca_name[] = "ca.pem", sni[] = "www.example.org", wrong[] = "a..b";
  struct edit_keys keys = {.ca_file = ca_name}, met = {.from_server = TRUE, .sni = sni};
  struct edit edit = {.record = {NULL}};
  struct capture capture;

  (void)state;
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(edit_keys_read_server(&keys, "localhost:9", &edit), STATUS_USAGE);
  assert_said(&capture, "--ca goes with --from-server alone.");
  keys = (struct edit_keys){.sni = sni};
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(edit_keys_read_server(&keys, "localhost:9", &edit), STATUS_USAGE);
  assert_said(&capture, "--sni goes with --from-server alone;");
  assert_int_equal(edit_keys_read_server(&met, "127.0.0.1:9", &edit), STATUS_FINE);
  assert_string_equal(edit.record.host, "www.example.org");
  assert_string_equal(edit.record.scope, "exact");
  assert_int_equal(edit.record.port, 9);
  assert_string_equal(met.where, "127.0.0.1");
  met.sni = NULL;
  assert_int_equal(edit_keys_read_server(&met, ".localhost", &edit), STATUS_FINE);
  assert_string_equal(edit.record.scope, "subtree");
  assert_string_equal(met.where, "");
  met.sni = wrong;
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(edit_keys_read_server(&met, "127.0.0.1:9", &edit), STATUS_USAGE);
  assert_said(&capture, "a..b");
}

static void test_hostile_texts(void **state)
{
  g_autofree char *name = g_build_filename(directory, "a\ntlspin: b\033[2J.pem", NULL);
  char *hostile = strrchr(name, '/') + 1;
  char *files[] = {name, NULL}, *texts[] = {hostile, NULL};
  const struct edit_keys keys[] = {{.files = files}, {.texts = texts}};
  struct edit model = {.record.status = "critical"};
  struct capture capture;

  (void)state;
  assert_true(g_file_set_contents(name, "", -1, NULL));
  assert_int_equal(edit_read_place("localhost", &model), STATUS_FINE);
  for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
    g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free);

    capture_begin(&capture, STDERR_FILENO);
    assert_int_equal(edit_keys_read(&keys[i], "localhost", &model, edits), STATUS_USAGE);
    assert_one_line(&capture);
  }
  assert_int_equal(g_unlink(name), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_keys),          cmocka_unit_test(test_keys_repeated),
      cmocka_unit_test(test_every_server),  cmocka_unit_test(test_keys_refused),
      cmocka_unit_test(test_from_server),   cmocka_unit_test(test_server),
      cmocka_unit_test(test_hostile_texts),
  };

  setlocale(LC_ALL, "C.UTF-8");
  g_set_prgname("test");
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
