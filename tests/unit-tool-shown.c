/* What a server showed, read from a file or asked for (tools/shown.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/shown.h"

#include "tests/capture.h"
#include "tests/pki.h"
#include "tools/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CA, SERVER, OLD, STRANGER, IDENTITIES };

static struct pki_identity identities[IDENTITIES];
static char directory[] = "/tmp/tlspin-unit-shown-XXXXXX";
static char *files[IDENTITIES], *padded_file;
static const struct target target = {.host = "www.example.org", .port = 443};

static void make(int index, const struct pki_identity *issuer, time_t until)
{
  struct pki_request request = {.purpose = index == CA ? PKI_CA : PKI_SERVER,
                                .name = index == CA ? "Test CA" : "www.example.org"};
  const struct pki_identity *chain[] = {&identities[index]};
  g_autofree char *name = g_strdup_printf("%d.pem", index);

  if (until != 0) {
    request.not_before = until - 86400;
    request.not_after = until;
  }
  pki_make(&identities[index], issuer, &request);
  files[index] = g_build_filename(directory, name, NULL);
  pki_write(chain, 1, files[index], NULL);
}

static int set_up(void **state)
{
  const struct pki_identity *padded[] = {&identities[SERVER], &identities[STRANGER]};

  (void)state;
  if (mkdtemp(directory) == NULL)
    return -1;
  make(CA, NULL, 0);
  make(SERVER, &identities[CA], 0);
  make(OLD, &identities[CA], time(NULL) - 3600);
  make(STRANGER, NULL, 0);
  padded_file = g_build_filename(directory, "padded.pem", NULL);
  pki_write(padded, 2, padded_file, NULL);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  for (int i = 0; i < IDENTITIES; i++) {
    pki_free(&identities[i]);
    g_unlink(files[i]);
    g_free(files[i]);
  }
  g_unlink(padded_file);
  g_free(padded_file);
  return g_rmdir(directory);
}

static void assert_read(char *file, unsigned errors, size_t count)
{
  const struct shown_options options = {.chain_file = file, .ca_file = files[CA]};
  const struct tlspin_check *check;
  char key[SPKI_PIN_TEXT_SIZE];
  struct shown shown;

  assert_int_equal(shown_read(&options, &target, &shown), STATUS_FINE);
  check = shown_check(&shown);
  assert_non_null(check);
  assert_int_equal(check->errors, errors);
  assert_int_equal(check->pki, errors == 0 ? TLSPIN_PKI_OK : TLSPIN_PKI_FAILED);
  assert_int_equal(check->chain_size, count);
  assert_true(shown_key(&shown, key));
  assert_int_equal(strlen(key), SPKI_PIN_TEXT_SIZE - 1);
  shown_clear(&shown);
  assert_null(shown_check(&shown));
}

/* The validated path ends in its anchor, and what was added to it is not there. */
static void test_file(void **state)
{
  (void)state;
  assert_read(files[SERVER], 0, 2);
  assert_read(padded_file, 0, 2);
  assert_read(files[OLD], TLSPIN_PKI_EXPIRED, 2);
  assert_read(files[STRANGER], TLSPIN_PKI_UNKNOWN_ISSUER, 1);
}

static void test_name(void **state)
{
  const struct shown_options options = {.chain_file = files[SERVER], .ca_file = files[CA]};
  const struct target other = {.host = "mail.example.org", .port = 25};
  struct shown shown;

  (void)state;
  assert_int_equal(shown_read(&options, &other, &shown), STATUS_FINE);
  assert_int_equal(shown_check(&shown)->errors, TLSPIN_PKI_NAME);
  shown_clear(&shown);
}

/* Nothing was asked for: that is fine, and there is nothing. */
static void test_nothing(void **state)
{
  const struct shown_options options = {.connect = FALSE};
  char key[SPKI_PIN_TEXT_SIZE];
  struct shown shown;

  (void)state;
  assert_int_equal(shown_read(&options, &target, &shown), STATUS_FINE);
  assert_null(shown_check(&shown));
  assert_false(shown_key(&shown, key));
  shown_clear(&shown);
}

static void assert_refused(const struct shown_options *options, int status, const char *said)
{
  struct capture capture;
  struct shown shown;
  char *text;

  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(shown_read(options, &target, &shown), status);
  text = capture_end(&capture);
  assert_null(shown_check(&shown));
  shown_clear(&shown);
  if (strstr(text, said) == NULL)
    fail_msg("'%s' is not in '%s'", said, text);
  free(text);
}

static void test_refused(void **state)
{
  g_autofree char *missing = g_build_filename(directory, "missing.pem", NULL);

  (void)state;
  assert_refused(&(struct shown_options){.connect = TRUE, .chain_file = files[SERVER]},
                 STATUS_USAGE, "Say either --connect or --chain FILE.");
  assert_refused(&(struct shown_options){.chain_file = missing, .ca_file = files[CA]}, STATUS_USAGE,
                 "No such file or directory");
  assert_refused(&(struct shown_options){.chain_file = (char *)"/dev/null", .ca_file = files[CA]},
                 STATUS_USAGE, "'/dev/null' holds no certificate in PEM form.");
  assert_refused(&(struct shown_options){.chain_file = files[SERVER], .ca_file = missing},
                 STATUS_USAGE, "No such file or directory");
}

static void assert_why(struct shown_options options, const char *expected)
{
  g_autofree char *command = shown_why(&options, &target);

  assert_string_equal(command, expected);
}

/* The same question, for a shell. */
static void test_why(void **state)
{
  char name[] = "www.example.org";

  (void)state;
  assert_why((struct shown_options){.connect = FALSE}, "tlspin why www.example.org:443");
  assert_why((struct shown_options){.connect = TRUE}, "tlspin why --connect www.example.org:443");
  assert_why((struct shown_options){.chain_file = (char *)"a'b", .ca_file = (char *)"c\033d"},
             "tlspin why --chain 'a'\\''b' www.example.org:443 --ca 'c\xef\xbf\xbd"
             "d'");
  assert_why((struct shown_options){.connect = TRUE, .sni = name, .where = "::1"},
             "tlspin why --connect --sni www.example.org '[::1]:443'");
  assert_why((struct shown_options){.connect = TRUE, .sni = name, .where = "127.0.0.1"},
             "tlspin why --connect --sni www.example.org 127.0.0.1:443");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_file),    cmocka_unit_test(test_name), cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_refused), cmocka_unit_test(test_why),
  };

  setlocale(LC_ALL, "C.UTF-8");
  g_set_prgname("test");
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
