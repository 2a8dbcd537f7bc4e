/* From policy text to layers: see compile.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/compile.h"

#include "common/text.h"
#include "policy/feed.h"
#include "policy/files.h"
#include "policy/lint.h"
#include "policy/marker.h"
#include "policy/publish.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAYER_SUFFIX ".db"

struct compile {
  const struct compile_options *options;
  struct findings *findings;
  struct compile_result *result;
  char **problem;
  char **paths;
  struct rules *rules;
  struct publish *publish;
  size_t read; /* groups, for the progress */
};

/* "NAME.db" for ".../NAME.conf"; to be freed by the caller. */
static char *layer_name(const char *path)
{
  g_autofree char *name = g_path_get_basename(path);

  name[strlen(name) - strlen(FILES_SUFFIX)] = '\0';
  return g_strconcat(name, LAYER_SUFFIX, NULL);
}

static void say_lint_progress(size_t groups, void *data)
{
  struct compile *compile = data;

  compile->read = groups;
  if (compile->options->progress != NULL)
    compile->options->progress(groups, compile->options->data);
}

/* What is written, and the progress of it. */
struct writing {
  struct compile *compile;
  struct feed *feed;
};

static const struct keypin *next_pin(void *data)
{
  struct writing *writing = data;
  const struct compile_options *options = writing->compile->options;

  if (options->progress != NULL)
    options->progress(writing->compile->read + feed_done(writing->feed), options->data);
  return feed_next(writing->feed);
}

/* What is found only now stops everything; what was found before need not be found twice. */
static void take_over(struct findings *findings, struct findings *again)
{
  for (guint i = 0; i < again->list->len; i++) {
    const struct finding *finding = &g_array_index(again->list, struct finding, i);

    findings_add(findings, finding->kind, (struct spot){finding->file, finding->line}, finding->key,
                 "%s", finding->text);
  }
  findings_clear(again);
}

static enum tlspin_code write_fed(struct compile *compile, struct feed *feed, const char *path)
{
  const GArray *settings = feed_settings(feed);
  struct writing writing = {compile, feed};
  struct layer_contents contents = {
      .pin_count = feed_count(feed), .next_pin = next_pin, .data = &writing};
  enum tlspin_code code;

  if (settings == NULL)
    return TLSPIN_E_ARGUMENT;
  contents.setting_count = settings->len;
  contents.settings = (const struct setting_row *)(const void *)settings->data;
  code = store_write_layer(path, &contents, compile->problem);
  compile->read += feed_count(feed);
  compile->result->groups += feed_count(feed);
  return code;
}

static enum tlspin_code write_layer(struct compile *compile, unsigned file)
{
  const struct compile_options *options = compile->options;
  g_autofree char *name = layer_name(compile->paths[file]);
  const char *path = publish_add(compile->publish, name);
  enum tlspin_code code = TLSPIN_E_ARGUMENT;
  struct findings again;
  struct feed *feed;

  findings_init(&again, SEVERITY_ERROR);
  feed = feed_new(compile->paths[file], compile->rules, file, TRUST_SYSTEM, options->now, &again);
  if (feed != NULL)
    code = write_fed(compile, feed, path);
  feed_free(feed);
  compile->result->layers++;
  if (again.counts[SEVERITY_ERROR] > 0)
    code = TLSPIN_E_ARGUMENT;
  else if (code == TLSPIN_E_ARGUMENT) /* a record that the store doesn't take */
    findings_add(&again, FINDING_FILE, (struct spot){compile->paths[file], 0}, NULL, "%s",
                 *compile->problem);
  take_over(compile->findings, &again);
  return code;
}

/* What somebody put there by hand, a link that takes a vendor's layer away say, is not overwritten.
 * What can't be read is: compiling is how that is mended. */
static bool may_replace(struct compile *compile, const char *path)
{
  g_autofree char *name = layer_name(path);
  g_autofree char *layer = g_build_filename(compile->options->output, name, NULL);

  if (marker_read(layer, geteuid()) != MARKER_FOREIGN)
    return true;
  findings_add(compile->findings, FINDING_FILE, (struct spot){path, 0}, NULL,
               _("It would replace %s, which was not compiled from policy text. Move that away, or "
                 "give this file another name."),
               layer);
  return false;
}

static enum tlspin_code write_layers(struct compile *compile)
{
  enum tlspin_code code = TLSPIN_OK;

  for (unsigned i = 0; compile->paths[i] != NULL; i++)
    if (!may_replace(compile, compile->paths[i]))
      code = TLSPIN_E_ARGUMENT;
  for (unsigned i = 0; compile->paths[i] != NULL && code == TLSPIN_OK; i++)
    code = write_layer(compile, i);
  return code;
}

static bool has_text(const struct compile *compile, const char *layer)
{
  for (size_t i = 0; compile->paths[i] != NULL; i++) {
    g_autofree char *name = layer_name(compile->paths[i]);

    if (strcmp(name, layer) == 0)
      return true;
  }
  return false;
}

static void drop_layer(struct compile *compile, const char *name)
{
  g_autofree char *path = g_build_filename(compile->options->output, name, NULL);
  enum marker marker = marker_read(path, geteuid());

  if (marker == MARKER_COMPILED) {
    publish_drop(compile->publish, name);
    compile->result->removed++;
  } else if (marker == MARKER_UNREADABLE) {
    findings_add(compile->findings, FINDING_LAYER, (struct spot){path, 0}, NULL,
                 _("It can't be read, and no policy file has its name. Remove it unless it is "
                   "somebody else's."));
  }
}

/* Layers whose text is gone. */
static enum tlspin_code drop_layers(struct compile *compile)
{
  GDir *dir = g_dir_open(compile->options->output, 0, NULL);
  const char *name;

  if (dir == NULL) {
    *compile->problem = g_strdup_printf(_("The folder %s can't be read. Make it readable."),
                                        compile->options->output);
    return TLSPIN_UNAVAILABLE;
  }
  while ((name = g_dir_read_name(dir)) != NULL)
    if (name[0] != '.' && g_str_has_suffix(name, LAYER_SUFFIX) && !has_text(compile, name))
      drop_layer(compile, name);
  g_dir_close(dir);
  return TLSPIN_OK;
}

/* A folder that is gone by accident must not lift what is locked. */
static enum tlspin_code keep_layers(struct compile *compile)
{
  const struct compile_options *options = compile->options;
  GDir *dir = g_dir_open(options->output, 0, NULL);
  const char *name;
  bool compiled = false;

  while (dir != NULL && !compiled && (name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *path = g_build_filename(options->output, name, NULL);

    compiled = name[0] != '.' && g_str_has_suffix(name, LAYER_SUFFIX) &&
               marker_read(path, geteuid()) == MARKER_COMPILED;
  }
  g_clear_pointer(&dir, g_dir_close);
  if (!compiled)
    return TLSPIN_OK;
  findings_add(compile->findings, FINDING_FILE, (struct spot){options->source, 0}, NULL,
               _("The folder isn't there, but %s has layers that were compiled from text. Make it "
                 "again; once it is there and empty, they are removed."),
               options->output);
  return TLSPIN_E_ARGUMENT;
}

static bool is_missing(const struct compile_options *options)
{
  struct stat status;

  return options->may_miss && lstat(options->source, &status) != 0 && errno == ENOENT;
}

static enum tlspin_code replace_layers(struct compile *compile)
{
  enum tlspin_code code = TLSPIN_UNAVAILABLE;

  compile->publish = publish_begin(compile->options->output, compile->problem);
  if (compile->publish != NULL)
    code = write_layers(compile);
  if (code == TLSPIN_OK)
    code = drop_layers(compile);
  if (code == TLSPIN_OK && !publish_commit(compile->publish, compile->problem))
    code = TLSPIN_UNAVAILABLE;
  publish_end(compile->publish);
  return code;
}

enum tlspin_code policy_compile(const struct compile_options *options, struct findings *findings,
                                struct compile_result *result, char **problem)
{
  struct compile compile = {options, findings, result, problem, .read = 0};
  const struct lint_options lint = {TRUST_SYSTEM, options->now, say_lint_progress, &compile};
  const char *const places[] = {options->source, NULL};
  enum tlspin_code code = TLSPIN_E_ARGUMENT;
  bool missing = is_missing(options);

  *problem = NULL;
  *result = (struct compile_result){.layers = 0};
  compile.paths = files_list(places, TRUST_SYSTEM, missing, findings);
  compile.rules = lint_files(compile.paths, &lint, findings);
  rules_forget_hosts(compile.rules);
  if (findings->counts[SEVERITY_ERROR] == 0)
    code = missing ? keep_layers(&compile) : replace_layers(&compile);
  findings_sort(findings);
  rules_free(compile.rules);
  if (code != TLSPIN_OK)
    *result = (struct compile_result){.layers = 0};
  result->files = g_strv_length(compile.paths);
  g_strfreev(compile.paths);
  return code;
}
