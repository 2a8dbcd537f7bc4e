/* tlspin policy compile.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin-policy.h"

#include "common/text.h"
#include "policy/compile.h"
#include "tools/progress.h"

#include <time.h>

static char *source, *output;
static gboolean vendor;

static const GOptionEntry entries[] = {
    {"source", 0, 0, G_OPTION_ARG_FILENAME, &source, N_("The folder of the text (*.conf)"),
     N_("FOLDER")},
    {"output", 0, 0, G_OPTION_ARG_FILENAME, &output, N_("The folder of the layers (*.db)"),
     N_("FOLDER")},
    {"vendor", 0, 0, G_OPTION_ARG_NONE, &vendor,
     N_("The vendor's folders, not the administrator's"), NULL},
    G_OPTION_ENTRY_NULL,
};

static const char *usual_source(void)
{
  return vendor ? POLICY_VENDOR : POLICY_ADMIN;
}

static void count_groups(size_t groups, void *data)
{
  progress_count(data, (unsigned)groups);
}

static void print_json(const struct findings *findings, const struct compile_result *result)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_number(builder, "layers", result->layers);
  json_put_number(builder, "groups", result->groups);
  json_put_number(builder, "removed", result->removed);
  json_builder_set_member_name(builder, "findings");
  json_builder_begin_array(builder);
  for (guint i = 0; i < findings->list->len; i++)
    policy_put_finding(builder, &g_array_index(findings->list, struct finding, i));
  json_builder_end_array(builder);
  json_print(json_builder_end_object(builder));
}

static void print(const struct findings *findings, const struct compile_result *result)
{
  policy_print_findings(true, findings, SEVERITY_ERROR);
  if (findings->counts[SEVERITY_ERROR] > 0)
    return;
  if (result->files == 0)
    policy_say_none();
  if (result->files == 0 && result->removed == 0)
    return;
  output_text(_("Layers written: %zu, groups: %zu, layers removed: %zu.\n"), result->layers,
              result->groups, result->removed);
  if (findings->counts[SEVERITY_WARNING] > 0)
    complain(STATUS_FINE, _("There are warnings (%zu). 'tlspin policy lint' names them."),
             findings->counts[SEVERITY_WARNING]);
}

/* The one without the other would make layers of a draft in the place of those in force, or take
 * those in force for what the draft of somebody else gives. */
static int check_folders(void)
{
  if ((source == NULL) != (output == NULL))
    return complain(STATUS_USAGE, _("Say both --source and --output, or neither: layers of another "
                                    "folder's text would replace those in force, or the other way "
                                    "round."));
  if (vendor && source != NULL)
    return complain(STATUS_USAGE,
                    _("Say either --vendor or --source and --output: each names the folders."));
  return STATUS_FINE;
}

/* from: NULL: the usual folder, which need not be there; another one was meant to be. */
static int compile(const char *from, const char *to)
{
  struct findings findings;
  struct progress *progress = progress_start(_("Groups read:"));
  const struct compile_options options = {.source = from != NULL ? from : usual_source(),
                                          .may_miss = from == NULL,
                                          .output = to,
                                          .now = time(NULL),
                                          .progress = count_groups,
                                          .data = progress};
  struct compile_result result;
  g_autofree char *problem = NULL;
  enum tlspin_code code;
  int status = STATUS_FINE;

  findings_init(&findings, shared_options.json ? SEVERITY_NOTE : SEVERITY_ERROR);
  code = policy_compile(&options, &findings, &result, &problem);
  progress_stop(progress);
  if (shared_options.json)
    print_json(&findings, &result);
  else if (code != TLSPIN_UNAVAILABLE)
    print(&findings, &result);
  if (findings.counts[SEVERITY_ERROR] > 0)
    status = complain(STATUS_ERRORS,
                      _("Nothing was compiled; the layers are as they were. Correct "
                        "the errors (%zu) and compile again."),
                      findings.counts[SEVERITY_ERROR]);
  else if (code != TLSPIN_OK) {
    g_autofree char *clean = output_clean(problem != NULL ? problem : tlspin_code_text(code));

    status = complain(STATUS_STORE, "%s", clean);
  }
  findings_clear(&findings);
  return status;
}

int run_policy_compile(int argc, char **argv)
{
  g_autofree char *description = g_strdup_printf(
      _("Makes layers of policy text: each file NAME.conf of\n"
        "  %s\n"
        "becomes NAME.db in\n"
        "  %s\n"
        "where running daemons take it up within a second. All or nothing: where anything\n"
        "in any file is wrong, all layers stay as they are. A layer whose file is gone is\n"
        "removed, if it was made by this command.\n"
        "\n"
        "Examples:\n"
        "  tlspin policy lint && tlspin policy compile\n"
        "  tlspin policy compile --vendor\n"
        "  tlspin policy compile --source policy.d --output build/layers.d\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 2 errors in the text, 4 the layers can't be\n"
        "written."),
      POLICY_ADMIN, LAYERS_ADMIN);
  int status = read_options("policy compile", NULL, description, entries, 0, 0, &argc, &argv);

  if (status == STATUS_FINE)
    status = check_folders();
  if (status == STATUS_FINE)
    status = compile(source, output != NULL ? output : vendor ? LAYERS_VENDOR : LAYERS_ADMIN);
  g_free(source);
  g_free(output);
  return status;
}
