/* A file of policy text: see source.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/source.h"

#include "common/text.h"
#include "policy/linefile.h"

#include <string.h>

struct source {
  const char *path;
  struct linefile file;
  struct findings *findings;
  unsigned number;     /* of the line that was read last */
  int64_t line_offset; /* of that line */
  GString *line;       /* without its line feed */
  bool overlong;       /* there was more of it */
  bool at_heading;     /* `line` was the heading of the next group: */
  bool next_usable;    /* it is as it should be */
  bool usable;         /* that of the group was */
  GString *next;       /* its name */
  GString *name;       /* of the group */
  GString *text;       /* of the group, for GKeyFile */
  GKeyFile *values;    /* of the group */
};

struct source *source_open(const char *path, enum trust trust, struct findings *findings)
{
  struct source *source;
  int fd;

  if (!trust_open(path, trust, (struct spot){path, 0}, NULL, findings, &fd))
    return NULL;
  source = g_new0(struct source, 1);
  source->path = path;
  source->findings = findings;
  linefile_open(&source->file, fd);
  source->line = g_string_new(NULL);
  source->next = g_string_new(NULL);
  source->name = g_string_new(NULL);
  source->text = g_string_new(NULL);
  return source;
}

void source_close(struct source *source)
{
  if (source == NULL)
    return;
  linefile_close(&source->file);
  g_string_free(source->line, TRUE);
  g_string_free(source->next, TRUE);
  g_string_free(source->name, TRUE);
  g_string_free(source->text, TRUE);
  g_clear_pointer(&source->values, g_key_file_unref);
  g_free(source);
}

static struct spot here(const struct source *source)
{
  return (struct spot){source->path, source->number};
}

/* False at the end. */
static bool read_line(struct source *source)
{
  source->line_offset = linefile_offset(&source->file);
  if (!linefile_next(&source->file, source->line, SOURCE_LINE_MAX, &source->overlong))
    return false;
  source->number++;
  return true;
}

/* False: it can't be one more key of the group, which was found. */
static bool add_key(struct source *source, struct section *section, const char *name, size_t size)
{
  struct section_key *key = &section->keys[section->count];

  for (size_t i = 0; i < section->count; i++)
    if (strlen(section->keys[i].name) == size && strncmp(section->keys[i].name, name, size) == 0) {
      findings_add(source->findings, FINDING_DUPLICATE_KEY, here(source), section->keys[i].name,
                   _("'%s' stands in [%.300s] already, on line %u. Make one of the two."),
                   section->keys[i].name, section->name, section->keys[i].line);
      return false;
    }
  if (section->count == SECTION_KEYS_MAX) {
    findings_add(source->findings, FINDING_SYNTAX, here(source), NULL,
                 _("A group has at most %d keys. Take some out."), SECTION_KEYS_MAX);
    return false;
  }
  g_strlcpy(key->name, name, MIN(sizeof key->name, size + 1));
  key->line = source->number;
  section->count++;
  return true;
}

/* A line below a heading, which is neither empty nor a comment. */
static void read_entry(struct source *source, struct section *section, const char *line)
{
  size_t size = sourceline_key(line, here(source), source->findings);

  if (size == 0 || !add_key(source, section, line, size))
    return;
  if (source->text->len + strlen(line) > SOURCE_GROUP_MAX) {
    findings_add_named(
        source->findings, FINDING_SYNTAX, here(source), section->keys[section->count - 1].name,
        _("The group is larger than %d octets. Spread the keys over several groups."),
        SOURCE_GROUP_MAX);
    section->count--;
    return;
  }
  g_string_append(source->text, line);
  g_string_append_c(source->text, '\n');
}

/* Goes on to the next line that says something, which `*line` then is; false at the end. */
static bool read_words(struct source *source, const char **line)
{
  while (read_line(source)) {
    if (!sourceline_check(source->line, source->overlong, here(source), source->findings))
      continue;
    *line = source->line->str + strspn(source->line->str, " \t");
    if ((*line)[0] != '\0' && (*line)[0] != '#')
      return true;
  }
  return false;
}

static void begin_next(struct source *source, const char *line)
{
  source->at_heading = true;
  g_string_assign(source->next, line); /* for messages, where it isn't usable */
  source->next_usable = sourceline_heading(line, here(source), source->findings, source->next);
}

/* Up to the first heading. GKeyFile would refuse the file for a key there, too. */
static void find_heading(struct source *source)
{
  const char *line;
  bool complained = false;

  while (!source->at_heading && read_words(source, &line)) {
    if (line[0] == '[') {
      begin_next(source, line);
    } else if (!complained && sourceline_key(line, here(source), source->findings) > 0) {
      complained = true;
      findings_add(source->findings, FINDING_SYNTAX, here(source), NULL,
                   _("'%.60s' stands in no group. Put [HOST] above it."), line);
    }
  }
}

static bool load(struct source *source, struct section *section)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = g_strdup_printf("[%s]\n%s", section->name, source->text->str);

  section->values = source->values = g_key_file_new();
  if (g_key_file_load_from_data(source->values, text, (gsize)-1, G_KEY_FILE_KEEP_TRANSLATIONS,
                                &error))
    return true;
  findings_add(source->findings, FINDING_SYNTAX, section->spot, NULL,
               _("The group can't be read: %s. Correct it."), error->message);
  return false;
}

/* A read that fails must not look like the end of the file. */
static bool check_end(struct source *source)
{
  if (source->file.fault != 0)
    findings_add(source->findings, FINDING_FILE, (struct spot){source->path, 0}, NULL,
                 _("%s can't be read: %s. Correct the name, or make it readable."), source->path,
                 g_strerror(source->file.fault));
  return false;
}

/* False at the end. */
static bool read_group(struct source *source, struct section *section)
{
  GString *name = source->name;
  const char *line;

  if (!source->at_heading)
    find_heading(source);
  if (!source->at_heading)
    return false;
  source->name = source->next;
  source->next = name;
  source->usable = source->next_usable;
  source->at_heading = false;
  g_string_truncate(source->text, 0);
  section->name = source->name->str;
  section->spot = here(source);
  section->offset = source->line_offset;
  section->count = 0;
  while (!source->at_heading && read_words(source, &line))
    if (line[0] == '[')
      begin_next(source, line);
    else
      read_entry(source, section, line);
  return true;
}

bool source_next(struct source *source, struct section *section)
{
  do {
    g_clear_pointer(&source->values, g_key_file_unref);
    if (!read_group(source, section))
      return check_end(source);
  } while (!source->usable || !load(source, section));
  return true;
}

void source_seek(struct source *source, int64_t offset, unsigned line)
{
  linefile_seek(&source->file, offset);
  source->number = line - 1;
  source->at_heading = false;
}
