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
  uint32_t *order; /* of the file's rules */
  size_t count, next;
  struct group group;
  guint record; /* the next one of the group */
};

static void find_rules(struct feed *feed)
{
  size_t all = feed->rules->list->len;

  feed->order = g_new(uint32_t, all + 1);
  for (size_t i = 0; i < all; i++)
    if (rules_sorted(feed->rules, i)->file == feed->file)
      feed->order[feed->count++] = feed->rules->sorted[i];
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
  find_rules(feed);
  return feed;
}

void feed_free(struct feed *feed)
{
  if (feed == NULL)
    return;
  source_close(feed->source);
  pemfiles_free(feed->pemfiles);
  g_array_unref(feed->settings);
  g_free(feed->order);
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

static bool is_same_place(const struct place *place, const struct rule *rule)
{
  return strcmp(place->host, rule->host) == 0 && place->scope == (enum scope)rule->scope &&
         place->protocol == rule->protocol && place->port == rule->port;
}

/* The next group; false after a finding. */
static bool read_group(struct feed *feed)
{
  const struct rule *rule = rules_at(feed->rules, feed->order[feed->next]);
  GArray *records = feed->group.records;
  struct section section;

  source_seek(feed->source, rule->offset, rule->spot.line);
  if (!source_next(feed->source, &section))
    return complain_of_change(feed);
  if (!group_read(&feed->group, &section, feed->pemfiles, feed->now, feed->findings))
    return false;
  if (!is_same_place(&feed->group.place, rule))
    return complain_of_change(feed);
  g_array_sort(records, compare);
  feed->record = 0;
  feed->next++;
  return true;
}

const struct keypin *feed_next(void *data)
{
  struct feed *feed = data;

  while (feed->record == feed->group.records->len)
    if (feed->next == feed->count || !read_group(feed))
      return NULL;
  return &g_array_index(feed->group.records, struct keypin, feed->record++);
}

size_t feed_count(const struct feed *feed)
{
  return feed->count;
}

size_t feed_done(const struct feed *feed)
{
  return feed->next;
}
