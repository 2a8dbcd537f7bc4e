/* A file that is being imported: how it is opened, and what is said about it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/intake.h"

#include "tests/capture.h"
#include "tools/tlspin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES TEST_DATA "/import/"

static char *no_hosts[] = {NULL};

static char **words(const char *text)
{
  return g_strsplit(text, "|", -1);
}

static int setup(void **state)
{
  (void)state;
  shared_options.json = FALSE;
  return 0;
}

/* Opens it, and says what it says; to be freed with free. */
static char *open_it(struct intake *intake, int expected, const char *path, const char *format,
                     char **certs, char *const *hosts)
{
  struct capture capture;
  int status;

  capture_begin(&capture, STDERR_FILENO);
  status = intake_open(intake, path, format, certs, hosts);
  intake->reading.now = 1796000000;
  intake->reading.exceptions_end = 1827622400;
  assert_int_equal(status, expected);
  return capture_end(&capture);
}

static void assert_opened(struct intake *intake, const char *path, const char *format)
{
  char *said = open_it(intake, STATUS_FINE, path, NULL, NULL, no_hosts);

  assert_string_equal(said, "");
  assert_string_equal(intake->format->name, format);
  free(said);
}

static void refuse(const char *path, const char *format, char **certs, char *const *hosts,
                   const char *expected)
{
  struct intake intake;
  char *said = open_it(&intake, STATUS_USAGE, path, format, certs, hosts);

  if (strstr(said, expected) == NULL)
    fail_msg("'%s' is not in '%s'", expected, said);
  free(said);
  intake_clear(&intake);
}

static void test_open(void **state)
{
  struct intake intake;

  (void)state;
  assert_opened(&intake, FILES "known_hosts", "known-hosts");
  assert_true(g_str_has_suffix(intake.name, "/import/known_hosts"));
  assert_int_equal(intake.reading.place_count, 0);
  assert_int_equal(intake.reading.spki_count, 0);
  intake_clear(&intake);
}

static void test_refused(void **state)
{
  g_auto(GStrv) certs = words(FILES "known_hosts"), missing = words(FILES "missing");
  g_auto(GStrv) address = words("a.example|192.0.2.7");

  (void)state;
  refuse(FILES "missing", NULL, NULL, no_hosts, "No such file");
  refuse(TEST_DATA "/README", NULL, NULL, no_hosts, "can't be found out");
  refuse(FILES "known_hosts", "gnutls", NULL, no_hosts, "'gnutls' is no format");
  refuse(FILES "known_hosts", NULL, certs, no_hosts, "is not a PEM file");
  refuse(FILES "known_hosts", NULL, missing, no_hosts, "No such file");
  refuse(FILES "chain.pem", NULL, NULL, address, "'192.0.2.7' can't be used: it is an address");
}

/* A file that says for whom its keys are can't be told so; they would be imported for all. */
static void test_hosts_refused(void **state)
{
  static const char *const files[] = {"known_hosts", "trustedcerts.xml", "cert_override.txt",
                                      "ksslcertificatemanager", "../chromium_static_pins.json"};
  g_auto(GStrv) host = words("a.example");

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
    g_autofree char *path = g_strconcat(FILES, files[i], NULL);

    refuse(path, NULL, NULL, host, "which servers it is about. Leave 'a.example' out.");
  }
  refuse(FILES "server.pem", "dump", NULL, host, "is read as a dump of tlspin: that says");
}

/* Nor does the name of a file steer a terminal, or make a line of policy or of a message. */
static void test_name(void **state)
{
  g_autofree char *dir = g_dir_make_tmp("tlspin-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(dir, "kh\n[*]\nmode=off\n#\033[2J", NULL);
  g_auto(GStrv) missing = words("no\nsuch\033file"), host = words("a\nb");
  struct intake intake;

  (void)state;
  assert_true(g_file_set_contents(path, "|g0|*|443|0|AAAA\n", -1, NULL));
  assert_opened(&intake, path, "known-hosts");
  assert_null(strpbrk(intake.name, "\n\033"));
  assert_non_null(strstr(intake.name, "mode=off"));
  intake_clear(&intake);
  refuse(path, "nothing", NULL, no_hosts, "'nothing' is no format");
  refuse("no\nsuch\033file", NULL, NULL, no_hosts, "'no?such?file' can't be read");
  refuse(FILES "known_hosts", NULL, missing, no_hosts, "'no?such?file' can't be read");
  refuse(FILES "server.pem", NULL, NULL, host, "'a?b' can't be used");
  g_unlink(path);
  g_rmdir(dir);
}

static void test_hosts_and_certs(void **state)
{
  g_auto(GStrv) certs = words(FILES "others.pem|" FILES "chain.pem");
  g_auto(GStrv) hosts = words("Mail.Example.Org:993|*.example.net");
  struct intake intake;
  char *said = open_it(&intake, STATUS_FINE, FILES "network-security.data", NULL, certs, hosts);

  (void)state;
  free(said);
  assert_int_equal(intake.reading.place_count, 2);
  assert_string_equal(intake.reading.places[0].host, "mail.example.org");
  assert_int_equal(intake.reading.places[0].port, 993);
  assert_int_equal(intake.reading.places[1].scope, SCOPE_ONE_LABEL);
  assert_int_equal(intake.reading.spki_count, 4);
  intake_clear(&intake);
}

struct seen {
  unsigned count;
  size_t last;
};

static void count_record(const struct keypin *pin, size_t line, void *data)
{
  struct seen *seen = data;

  assert_true(keypin_is_valid(pin));
  seen->count++;
  seen->last = line;
}

/* Says what is said while it is looked at; to be freed with free. */
static char *look(struct intake *intake, int expected)
{
  struct capture capture;
  int status;

  capture_begin(&capture, STDERR_FILENO);
  status = intake_look(intake);
  intake_sum_up(intake);
  assert_int_equal(status, expected);
  return capture_end(&capture);
}

/* The second time gives the same records, without a word. */
static void test_twice(void **state)
{
  struct seen first = {0, 0}, second = {0, 0};
  struct capture capture;
  struct intake intake;
  char *said;

  (void)state;
  assert_opened(&intake, FILES "known_hosts", "known-hosts");
  intake.record = count_record;
  intake.data = &first;
  said = look(&intake, STATUS_FINE);
  assert_non_null(strstr(said, "/known_hosts:4: the key has expired.\n"));
  assert_non_null(strstr(said, "1 line or entry could not be used.\n"));
  free(said);
  assert_int_equal(intake.records, 4);
  assert_int_equal(intake.skipped, 1);
  capture_begin(&capture, STDERR_FILENO);
  intake_repeat(&intake, count_record, &second);
  said = capture_end(&capture);
  assert_string_equal(said, "");
  free(said);
  assert_int_equal(first.count, 4);
  assert_int_equal(second.count, 4);
  assert_int_equal(second.last, first.last);
  intake_clear(&intake);
}

static void write_file(char **path, const char *text)
{
  int fd = g_file_open_tmp("tlspin-XXXXXX", path, NULL);

  assert_true(fd >= 0);
  close(fd);
  assert_true(g_file_set_contents(*path, text, -1, NULL));
}

static void assert_ends(const char *text, int status, const char *expected)
{
  g_autofree char *path = NULL;
  struct intake intake;
  char *said;

  write_file(&path, text);
  free(open_it(&intake, STATUS_FINE, path, NULL, NULL, no_hosts));
  said = look(&intake, status);
  if (strstr(said, expected) == NULL)
    fail_msg("'%s' is not in '%s'", expected, said);
  free(said);
  intake_clear(&intake);
  g_unlink(path);
}

static void test_nothing_usable(void **state)
{
  (void)state;
  assert_ends("|g0|*|443|0|AAAA\n", STATUS_NOT_FOUND, "holds no pin that can be used.");
  assert_ends("<FileZilla3>\n", STATUS_USAGE, "Nothing was imported.");
  assert_ends("<FileZilla3/>\n", STATUS_NOT_FOUND, "holds no pin that can be used.");
}

/* What a file says comes to no terminal as it is. */
static void test_harmless(void **state)
{
  g_autofree char *path = NULL;
  struct intake intake;
  char *said;

  (void)state;
  write_file(&path, "|g0|\033[2J\xc2\x9b\xe2\x80\xae|443|0|AAAA\n|g0|a\xff|443|0|AAAA\n");
  free(open_it(&intake, STATUS_FINE, path, NULL, NULL, no_hosts));
  said = look(&intake, STATUS_NOT_FOUND);
  assert_null(strchr(said, '\033'));
  assert_true(g_utf8_validate(said, -1, NULL));
  assert_non_null(strstr(said, ":1: "));
  assert_non_null(strstr(said, "'a\\xff' is not a host name"));
  free(said);
  intake_clear(&intake);
  g_unlink(path);
}

static void open_many(struct intake *intake, char **path, size_t count)
{
  GString *text = g_string_new(NULL);

  for (size_t i = 0; i < count; i++)
    g_string_append(text, "|g0|a.example|443|0|AAAA\n");
  write_file(path, text->str);
  g_string_free(text, TRUE);
  free(open_it(intake, STATUS_FINE, *path, NULL, NULL, no_hosts));
}

static size_t count_lines(const char *text)
{
  size_t lines = 0;

  for (; *text != '\0'; text++)
    lines += *text == '\n';
  return lines;
}

/* A file gets all of it, a terminal the beginning. */
static void test_many_remarks(void **state)
{
  g_autofree char *path = NULL, *other = NULL;
  struct capture capture;
  struct intake intake;
  char *said;

  (void)state;
  open_many(&intake, &path, 200);
  said = look(&intake, STATUS_NOT_FOUND);
  assert_int_equal(count_lines(said), 200 + 2);
  free(said);
  intake_clear(&intake);
  g_unlink(path);
  open_many(&intake, &other, 60);
  for (int i = 0; i < 49; i++) /* a captured terminal holds few characters */
    intake.remarks++;
  capture_begin_terminal(&capture, STDERR_FILENO, 200);
  assert_int_equal(intake_look(&intake), STATUS_NOT_FOUND);
  intake_sum_up(&intake);
  said = capture_end(&capture);
  assert_true(count_lines(said) < 10);
  assert_non_null(strstr(said, "... and 59 more"));
  free(said);
  intake_clear(&intake);
  g_unlink(other);
}

static char *to_json(struct intake *intake)
{
  JsonBuilder *builder = json_builder_new();
  g_autoptr(JsonGenerator) generator = json_generator_new();
  g_autoptr(JsonNode) root = NULL;

  json_builder_begin_object(builder);
  intake_to_json(intake, builder);
  json_builder_end_object(builder);
  root = json_builder_get_root(builder);
  json_generator_set_root(generator, root);
  g_object_unref(builder);
  return json_generator_to_data(generator, NULL);
}

static void test_json(void **state)
{
  g_autofree char *text = NULL;
  struct intake intake;
  char *said;

  (void)state;
  shared_options.json = TRUE;
  assert_opened(&intake, FILES "known_hosts", "known-hosts");
  said = look(&intake, STATUS_FINE);
  assert_null(strstr(said, "expired")); /* it stands in the JSON */
  free(said);
  intake_remark(0, REMARK_NOTE, "about no line", &intake);
  text = to_json(&intake);
  assert_non_null(
      strstr(text, "\"format\":\"known-hosts\",\"records\":4,\"skipped\":1,\"remark-count\":2,"
                   "\"remarks\":[{\"line\":4,\"remark\":\"skipped\",\"text\":\"the key has "
                   "expired.\"},{\"line\":null,\"remark\":\"note\",\"text\":\"about no line\"}]}"));
  intake_clear(&intake);
}

/* There are as many as there are; not all of them are kept. */
static void test_json_limit(void **state)
{
  g_autofree char *path = NULL, *text = NULL;
  struct intake intake;

  (void)state;
  shared_options.json = TRUE;
  open_many(&intake, &path, 10500);
  free(look(&intake, STATUS_NOT_FOUND));
  assert_int_equal(json_array_get_length(intake.list), 10000);
  text = to_json(&intake);
  assert_non_null(strstr(text, "\"skipped\":10500,\"remark-count\":10500,"));
  intake_clear(&intake);
  g_unlink(path);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_open, setup),
      cmocka_unit_test_setup(test_refused, setup),
      cmocka_unit_test_setup(test_hosts_and_certs, setup),
      cmocka_unit_test_setup(test_hosts_refused, setup),
      cmocka_unit_test_setup(test_name, setup),
      cmocka_unit_test_setup(test_twice, setup),
      cmocka_unit_test_setup(test_nothing_usable, setup),
      cmocka_unit_test_setup(test_harmless, setup),
      cmocka_unit_test_setup(test_many_remarks, setup),
      cmocka_unit_test_setup(test_json, setup),
      cmocka_unit_test_setup(test_json_limit, setup),
  };

  setenv("LC_ALL", "C.UTF-8", 1);
  g_set_prgname("program");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
