/* What one policy file says: see feed.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/feed.h"

#include "common/text.h"
#include "daemon/settings.h"
#include "policy/defaults.h"

#include <string.h>

struct feed {
  const char *path;
  const struct rules *rules;
  unsigned file;
  int64_t now;
  struct findings *findings;
  struct source *source;
  struct pemfiles *pemfiles;
  GArray *settings;
  size_t at;          /* the next rule in their order, of whatever file */
  size_t count, done; /* rules of the file */
  struct group group;
  guint record; /* the next one of the group */
};

static bool is_mine(const struct feed *feed, size_t index)
{
  return rules_at(feed->rules, index).file == feed->file;
}

static size_t count_rules(const struct feed *feed)
{
  size_t count = 0;

  for (size_t i = 0; i < feed->rules->list->len; i++)
    count += is_mine(feed, i);
  return count;
}

struct feed *feed_new(const char *path, const struct rules *rules, unsigned file, enum trust trust,
                      int64_t now, struct findings *findings)
{
  struct source *source = source_open(path, trust, findings);
  struct feed *feed;

  if (source == NULL)
    return NULL;
  feed = g_new0(struct feed, 1);
  *feed = (struct feed){.path = path,
                        .rules = rules,
                        .file = file,
                        .now = now,
                        .findings = findings,
                        .source = source,
                        .pemfiles = pemfiles_new(trust),
                        .settings = defaults_new()};
  group_init(&feed->group);
  feed->count = count_rules(feed);
  return feed;
}

void feed_free(struct feed *feed)
{
  if (feed == NULL)
    return;
  source_close(feed->source);
  pemfiles_free(feed->pemfiles);
  g_array_unref(feed->settings);
  group_clear(&feed->group);
  g_free(feed);
}

/* The file may be edited while it is compiled. */
static bool complain_of_change(struct feed *feed)
{
  findings_add(feed->findings, FINDING_FILE, (struct spot){feed->path, 0}, NULL,
               _("%s was changed while it was read. Compile again."), feed->path);
  return false;
}

const GArray *feed_settings(struct feed *feed)
{
  g_autofree char *path = g_filename_display_name(feed->path);
  struct section section;

  for (guint i = 0; i < feed->rules->defaults->len; i++) {
    const struct rule_defaults *defaults =
        &g_array_index(feed->rules->defaults, struct rule_defaults, i);

    if (defaults->file != feed->file)
      continue;
    source_seek(feed->source, defaults->offset, defaults->line);
    if (!source_next(feed->source, &section) || strcmp(section.name, DEFAULTS_GROUP) != 0) {
      complain_of_change(feed);
      return NULL;
    }
    if (!defaults_read(feed->settings, &section, feed->findings))
      return NULL;
  }
  defaults_add(feed->settings, SETTINGS_COMPILED_FROM, path, false);
  return feed->settings;
}

static int compare(const void *a, const void *b)
{
  return keypin_compare_key(a, b);
}

/* The group of a rule; false after a finding. */
static bool read_group(struct feed *feed, const struct rule *rule)
{
  GArray *records = feed->group.records;
  struct section section;

  source_seek(feed->source, rule->offset, rule->spot.line);
  if (!source_next(feed->source, &section))
    return complain_of_change(feed);
  if (!group_read(&feed->group, &section, feed->pemfiles, feed->now, feed->findings))
    return false;
  if (!rules_is_at(feed->rules, rule, &feed->group.place))
    return complain_of_change(feed);
  g_array_sort(records, compare);
  feed->record = 0;
  feed->done++;
  return true;
}

/* The next group of the file; false at the end, and after a finding. */
static bool next_group(struct feed *feed)
{
  while (feed->at < feed->rules->list->len) {
    const struct rule rule = rules_sorted(feed->rules, feed->at++);

    if (rule.file == feed->file)
      return read_group(feed, &rule);
  }
  return false;
}

const struct keypin *feed_next(void *data)
{
  struct feed *feed = data;

  while (feed->record == feed->group.records->len)
    if (!next_group(feed))
      return NULL;
  return &g_array_index(feed->group.records, struct keypin, feed->record++);
}

size_t feed_count(const struct feed *feed)
{
  return feed->count;
}

size_t feed_done(const struct feed *feed)
{
  return feed->done;
}
