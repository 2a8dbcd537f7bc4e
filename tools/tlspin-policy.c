/* tlspin policy: what an administrator does with policy text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin-policy.h"

#include "common/text.h"

#include <string.h>
#include <unistd.h>

static const struct command commands[] = {
    {"lint", "[FILE|FOLDER...]", N_("look policy text over"), run_policy_lint},
    {"compile", "", N_("make layers of policy text"), run_policy_compile},
    {"show", "[HOST[:PORT]]", N_("show the policy that is in force"), run_policy_show},
    {NULL, NULL, NULL, NULL},
};

static enum paint paint_of(enum severity severity)
{
  static const enum paint paints[SEVERITIES] = {[SEVERITY_NOTE] = PAINT_FAINT,
                                                [SEVERITY_WARNING] = PAINT_WARNING,
                                                [SEVERITY_ERROR] = PAINT_BAD};

  return paints[severity];
}

/* Not broken at blanks: programs read these lines, too. */
void policy_print_findings(bool to_errors, const struct findings *findings, enum severity least)
{
  bool coloured = output_is_coloured(to_errors ? STDERR_FILENO : STDOUT_FILENO);

  for (guint i = 0; i < findings->list->len; i++) {
    const struct finding *finding = &g_array_index(findings->list, struct finding, i);
    enum severity severity = finding_kind_severity(finding->kind);
    g_autofree char *text = finding_text(finding), *clean = output_clean(text);
    g_autofree char *line = output_paint(clean, paint_of(severity), coloured);

    if (severity >= least)
      (to_errors ? g_printerr : output_text)("%s\n", line);
  }
}

void policy_put_finding(JsonBuilder *builder, const struct finding *finding)
{
  json_builder_begin_object(builder);
  json_put_text(builder, "file", finding->file);
  if (finding->line > 0)
    json_put_number(builder, "line", finding->line);
  else
    json_put_text(builder, "line", NULL);
  json_put_text(builder, "severity", severity_token(finding_kind_severity(finding->kind)));
  json_put_text(builder, "kind", finding_kind_token(finding->kind));
  json_put_text(builder, "key", finding->key);
  json_put_text(builder, "text", finding->text);
  json_builder_end_object(builder);
}

void policy_say_none(void)
{
  complain(STATUS_FINE,
           _("There is no policy file. One is written as %s/NAME.conf; see "
             "tlspin-policy(5)."),
           POLICY_ADMIN);
}

char *policy_count(const struct findings *findings)
{
  size_t errors = findings->counts[SEVERITY_ERROR], warnings = findings->counts[SEVERITY_WARNING];
  size_t notes = findings->counts[SEVERITY_NOTE];
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);

  if (errors > 0)
    g_ptr_array_add(
        parts, g_strdup_printf(text_translate_count("%zu error", "%zu errors", errors), errors));
  if (warnings > 0)
    g_ptr_array_add(
        parts,
        g_strdup_printf(text_translate_count("%zu warning", "%zu warnings", warnings), warnings));
  if (notes > 0)
    g_ptr_array_add(parts,
                    g_strdup_printf(text_translate_count("%zu note", "%zu notes", notes), notes));
  g_ptr_array_add(parts, NULL);
  return g_strjoinv(", ", (char **)parts->pdata);
}

int run_policy(int argc, char **argv)
{
  g_autofree char *list = command_list(commands);

  if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
    output_text(
        _("Usage:\n  tlspin policy COMMAND [OPTION...]\n\n"
          "What the administrator of a computer says of servers for all who use it: which\n"
          "keys they must have, which keys nobody may have, and where pinning is off. It is\n"
          "written as text in files %s/*.conf:\n"
          "\n"
          "  [.example.com]\n"
          "  pins=sha256//BASE64;file:backup.pem\n"
          "  mode=report\n"
          "\n"
          "Commands:\n%s\n"
          "Each has a --help of its own. The text is described in tlspin-policy(5); which\n"
          "entry decides where several do, in tlspin-verdict(7).\n"),
        POLICY_ADMIN, list);
    return STATUS_FINE;
  }
  return command_run(commands, "tlspin policy", argc, argv);
}
