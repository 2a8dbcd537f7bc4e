/* Looks policy text over: see lint.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/lint.h"

#include "common/text.h"
#include "policy/defaults.h"

#include <libpsl.h>
#include <string.h>

/* What lasts while the files are read. */
struct lint {
  const struct lint_options *options;
  struct findings *findings;
  struct pemfiles *pemfiles;
  struct rules *rules;
  struct group group;
  psl_ctx_t *suffixes; /* NULL until a group asks for it */
  size_t groups;
  bool broken; /* some group can't be used */
};

static void read_defaults(struct lint *lint, const struct section *section, unsigned file)
{
  g_autoptr(GArray) settings = defaults_new();
  GArray *known = lint->rules->defaults;
  const struct rule_defaults *last =
      known->len > 0 ? &g_array_index(known, struct rule_defaults, known->len - 1) : NULL;
  struct rule_defaults defaults = {file, section->spot.line, section->offset};

  if (last != NULL && last->file == file)
    findings_add(lint->findings, FINDING_DUPLICATE_GROUP, section->spot, NULL,
                 _("[%s] is there already, on line %u. Make one of the two."), DEFAULTS_GROUP,
                 last->line);
  g_array_append_val(known, defaults);
  defaults_read(settings, section, lint->findings);
}

static void read_group(struct lint *lint, const struct section *section, unsigned file)
{
  const struct lint_options *options = lint->options;

  if (!group_read(&lint->group, section, lint->pemfiles, options->now, lint->findings)) {
    lint->broken = true;
    if (place_is_valid(&lint->group.place)) /* so that its double is found along with that */
      rules_add(lint->rules, &lint->group, section->offset, file);
    return;
  }
  if (lint->suffixes == NULL && lint->group.place.scope != SCOPE_EXACT)
    lint->suffixes = psl_latest(NULL);
  lint_group(&lint->group, lint->suffixes, options->now, lint->findings);
  rules_add(lint->rules, &lint->group, section->offset, file);
}

static void read_file(struct lint *lint, const char *path, unsigned file)
{
  const struct lint_options *options = lint->options;
  struct source *source = source_open(path, options->trust, lint->findings);
  struct section section;

  while (source != NULL && source_next(source, &section)) {
    if (strcmp(section.name, DEFAULTS_GROUP) == 0)
      read_defaults(lint, &section, file);
    else
      read_group(lint, &section, file);
    if (options->progress != NULL)
      options->progress(++lint->groups, options->data);
  }
  source_close(source);
}

/* The rules don't hold their keys: what is wrong with the groups was found when they were read
 * first. */
static void read_again(struct lint *lint, const char *path, unsigned file)
{
  const struct lint_options *options = lint->options;
  struct source *source;
  struct section section;
  struct findings known;

  findings_init(&known, SEVERITIES);
  source = source_open(path, options->trust, &known);
  while (source != NULL && source_next(source, &section))
    if (strcmp(section.name, DEFAULTS_GROUP) != 0 &&
        group_read(&lint->group, &section, lint->pemfiles, options->now, &known))
      lint_blocked(lint->rules, &lint->group, file, options->now, lint->findings);
  source_close(source);
  findings_clear(&known);
}

static void compare_groups(struct lint *lint, char *const *paths)
{
  rules_sort(lint->rules);
  if (!lint_duplicates(lint->rules, lint->findings))
    return;
  if (!lint->broken) /* one that can't be used may be what reaches further */
    lint_reach(lint->rules, lint->options->now, lint->findings);
  for (unsigned i = 0; lint->rules->blocked->len > 0 && paths[i] != NULL; i++)
    read_again(lint, paths[i], i);
}

struct rules *lint_files(char *const *paths, const struct lint_options *options,
                         struct findings *findings)
{
  struct lint lint = {.options = options,
                      .findings = findings,
                      .pemfiles = pemfiles_new(options->trust),
                      .rules = rules_new()};

  group_init(&lint.group);
  for (unsigned i = 0; paths[i] != NULL; i++)
    read_file(&lint, paths[i], i);
  compare_groups(&lint, paths);
  findings_sort(findings);
  group_clear(&lint.group);
  psl_free(lint.suffixes);
  pemfiles_free(lint.pemfiles);
  return lint.rules;
}
