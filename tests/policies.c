/* Policy text for tests: see policies.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/policies.h"

#include "policy/files.h"
#include "policy/lint.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int policies_setup(void **state)
{
  struct policies *policies = g_new0(struct policies, 1);

  policies->folder = g_dir_make_tmp("tlspin-XXXXXX", NULL);
  assert_non_null(policies->folder);
  policies->text = g_build_filename(policies->folder, "policy.d", NULL);
  policies->layers = g_build_filename(policies->folder, "layers.d", NULL);
  assert_int_equal(g_mkdir(policies->text, 0755), 0);
  assert_int_equal(g_chmod(policies->text, 0755), 0);
  findings_init(&policies->findings, SEVERITY_NOTE);
  *state = policies;
  return 0;
}

int policies_teardown(void **state)
{
  struct policies *policies = *state;

  folder_remove(policies->folder);
  findings_clear(&policies->findings);
  g_free(policies->folder);
  g_free(policies->text);
  g_free(policies->layers);
  g_free(policies);
  return 0;
}

static void write_key(GString *text, char letter)
{
  uint8_t digest[32];
  g_autofree char *base64 = NULL;

  policies_key(letter, digest);
  base64 = g_base64_encode(digest, sizeof digest);
  g_string_append_printf(text, "sha256//%s", base64);
}

void policies_key(char letter, uint8_t digest[32])
{
  memset(digest, letter, 32);
}

static char *expand(const char *text)
{
  GString *expanded = g_string_new(NULL);

  for (; *text != '\0'; text++)
    if (text[0] == '$' && g_ascii_isupper(text[1]))
      write_key(expanded, *++text);
    else
      g_string_append_c(expanded, *text);
  return g_string_free(expanded, FALSE);
}

const char *policies_write_octets(struct policies *policies, const char *name, const void *octets,
                                  size_t size)
{
  g_autofree char *path = g_build_filename(policies->text, name, NULL);

  assert_true(g_file_set_contents(path, octets, (gssize)size, NULL));
  assert_int_equal(g_chmod(path, 0644), 0);
  return g_intern_string(path);
}

const char *policies_write(struct policies *policies, const char *name, const char *text)
{
  g_autofree char *expanded = expand(text);

  return policies_write_octets(policies, name, expanded, strlen(expanded));
}

struct source *policies_open(struct policies *policies, const char *text, struct section *first)
{
  const char *path = policies_write(policies, "10-test.conf", text);
  struct source *source = source_open(path, TRUST_SYSTEM, &policies->findings);

  assert_true(source_next(source, first));
  return source;
}

static bool are_several(const struct findings *findings)
{
  const struct finding *list = (const struct finding *)(void *)findings->list->data;

  for (guint i = 1; i < findings->list->len; i++)
    if (strcmp(list[i].file, list[0].file) != 0)
      return true;
  return false;
}

static char *list_findings(const struct findings *findings)
{
  GString *found = g_string_new(NULL);
  bool several = are_several(findings);

  for (guint i = 0; i < findings->list->len; i++) {
    const struct finding *finding = &g_array_index(findings->list, struct finding, i);
    g_autofree char *name = g_path_get_basename(finding->file);

    g_string_append_printf(found, "%s%s%s%u:%s%s%s", i == 0 ? "" : " ", several ? name : "",
                           several ? ":" : "", finding->line, finding_kind_token(finding->kind),
                           finding->key != NULL ? ":" : "",
                           finding->key != NULL ? finding->key : "");
    assert_true(g_utf8_validate(finding->text, -1, NULL));
    if (finding->key != NULL && finding_kind_severity(finding->kind) == SEVERITY_ERROR &&
        strstr(finding->text, finding->key) == NULL)
      fail_msg("'%s' doesn't name '%s'", finding->text, finding->key);
  }
  return g_string_free(found, FALSE);
}

static void print_findings(const struct findings *findings)
{
  for (guint i = 0; i < findings->list->len; i++) {
    g_autofree char *text = finding_text(&g_array_index(findings->list, struct finding, i));

    print_error("%s\n", text);
  }
}

void policies_expect(struct policies *policies, const char *expected)
{
  g_autofree char *found = list_findings(&policies->findings);

  if (strcmp(found, expected) == 0)
    return;
  print_findings(&policies->findings);
  fail_msg("found '%s', not '%s'", found, expected);
}

void policies_expect_words(struct policies *policies, const char *words)
{
  GArray *list = policies->findings.list;

  for (guint i = 0; i < list->len; i++)
    if (strstr(g_array_index(list, struct finding, i).text, words) != NULL)
      return;
  print_findings(&policies->findings);
  fail_msg("nothing says '%s'", words);
}

void policies_forget(struct policies *policies)
{
  findings_clear(&policies->findings);
  findings_init(&policies->findings, SEVERITY_NOTE);
}

void policies_lint(struct policies *policies)
{
  const struct lint_options options = {TRUST_SYSTEM, POLICIES_NOW, NULL, NULL};
  const char *const places[] = {policies->text, NULL};
  g_auto(GStrv) paths = files_list(places, TRUST_SYSTEM, false, &policies->findings);

  rules_free(lint_files(paths, &options, &policies->findings));
}

void policies_check(struct policies *policies, const char *text, const char *expected)
{
  const char *path = policies_write(policies, "10-test.conf", text);

  policies_forget(policies);
  policies_lint(policies);
  policies_expect(policies, expected);
  g_unlink(path);
}
