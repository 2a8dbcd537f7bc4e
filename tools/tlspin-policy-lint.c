/* tlspin policy lint.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin-policy.h"

#include "common/text.h"
#include "policy/files.h"
#include "policy/lint.h"
#include "tools/progress.h"

#include <time.h>

static gboolean strict;

static const GOptionEntry entries[] = {
    {"strict", 0, 0, G_OPTION_ARG_NONE, &strict, N_("Fail for warnings, too"), NULL},
    G_OPTION_ENTRY_NULL,
};

static void count_groups(size_t groups, void *data)
{
  progress_count(data, (unsigned)groups);
}

static void print_summary(const struct findings *findings, char *const *paths, size_t groups)
{
  g_autofree char *count = policy_count(findings);
  unsigned files = g_strv_length((char **)(uintptr_t)paths);

  if (files == 0)
    policy_say_none();
  else if (count[0] == '\0')
    output_text(_("Files: %u, groups: %zu. Nothing was found.\n"), files, groups);
  else
    output_text(_("Files: %u, groups: %zu. Found: %s.\n"), files, groups, count);
}

static void print_json(const struct findings *findings)
{
  struct json_array array = {false};

  for (guint i = 0; i < findings->list->len; i++) {
    JsonBuilder *builder = json_builder_new();

    policy_put_finding(builder, &g_array_index(findings->list, struct finding, i));
    json_array_add(&array, builder);
  }
  json_array_end(&array, STATUS_FINE);
}

static int status_of_findings(const struct findings *findings)
{
  if (findings->counts[SEVERITY_ERROR] > 0)
    return STATUS_ERRORS;
  return strict && findings->counts[SEVERITY_WARNING] > 0 ? STATUS_WARNINGS : STATUS_FINE;
}

static int lint(const char *const *places, bool may_miss)
{
  struct findings findings;
  struct progress *progress = progress_start(_("Groups read:"));
  const struct lint_options options = {TRUST_ANYONE, time(NULL), count_groups, progress};
  g_auto(GStrv) paths = NULL;
  struct rules *rules;
  int status;

  findings_init(&findings, SEVERITY_NOTE);
  paths = files_list(places, TRUST_ANYONE, may_miss, &findings);
  rules = lint_files(paths, &options, &findings);
  progress_stop(progress);
  if (shared_options.json) {
    print_json(&findings);
  } else {
    policy_print_findings(false, &findings, SEVERITY_NOTE);
    print_summary(&findings, paths, rules->list->len);
  }
  status = status_of_findings(&findings);
  rules_free(rules);
  findings_clear(&findings);
  return status;
}

int run_policy_lint(int argc, char **argv)
{
  static const char *const usual[] = {POLICY_ADMIN, POLICY_VENDOR, NULL};
  g_autofree char *description = g_strdup_printf(
      _("Looks policy text over: what is wrong in it, with which nothing is compiled, and\n"
        "what is most likely not what was meant: a pin without a backup, a group that has\n"
        "expired or will within 30 days, one that another keeps from ever deciding, pins\n"
        "for a public suffix, a key that is pinned and blocked. Each line names file and\n"
        "line. Of a folder, the files *.conf are read. Without an argument it is\n"
        "%s\nand %s.\n"
        "\n"
        "Examples:\n"
        "  tlspin policy lint\n"
        "  tlspin policy lint --strict 50-site.conf\n"
        "  tlspin policy lint --json | jq -r '.[] | select(.kind == \"expiring\").file'\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, or warnings with --strict, 2 errors."),
      POLICY_ADMIN, POLICY_VENDOR);
  int status =
      read_options("policy lint", _("[FILE|FOLDER...]"), description, entries, 0, -1, &argc, &argv);

  if (status != STATUS_FINE)
    return status;
  return argc > 1 ? lint((const char *const *)argv + 1, false) : lint(usual, true);
}
