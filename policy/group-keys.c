/* The lists of keys of a group: see group.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/group-private.h"

#include "common/text.h"
#include "policy/value.h"

#include <string.h>

static const char *const list_names[GROUP_LISTS] = {
    [GROUP_PINS] = "pins", [GROUP_BLOCKED] = "blocked", [GROUP_EXCEPTIONS] = "exceptions"};

const char *group_list_name(enum group_list list)
{
  return list_names[list];
}

bool group_lists(enum group_list list, const struct keypin *record)
{
  switch (list) {
  case GROUP_PINS:
    return record->status == KEYPIN_CRITICAL || record->status == KEYPIN_ACTIVE;
  case GROUP_BLOCKED:
    return record->status == KEYPIN_REJECTED;
  default:
    return record->status == KEYPIN_EXCEPTED;
  }
}

/* A list of keys that is being read. */
struct listing {
  const struct section_key *key;
  enum group_list list;
  enum keypin_level level; /* of keys that say none */
};

static struct keypin begin_record(const struct draft *draft, const struct listing *listing)
{
  static const enum keypin_status statuses[GROUP_LISTS] = {
      [GROUP_BLOCKED] = KEYPIN_REJECTED, [GROUP_EXCEPTIONS] = KEYPIN_EXCEPTED};
  const struct group *group = draft->group;
  struct keypin record = keypin_new(
      &group->place, listing->list == GROUP_EXCEPTIONS ? KEYPIN_EXCEPTION : KEYPIN_PIN,
      listing->list == GROUP_PINS ? group->status : statuses[listing->list], KEYPIN_POLICY);

  record.level = listing->level;
  record.locked = group->locked;
  record.always = group->always;
  record.report_until = group->report_until;
  record.enforce_until = listing->list == GROUP_EXCEPTIONS && group->mode == GROUP_REPORT
                             ? group->report_until
                             : group->enforce_until;
  if (listing->list == GROUP_EXCEPTIONS) /* it excuses, and then it doesn't */
    record.report_until = record.enforce_until;
  record.first_seen = draft->now;
  if (group->note != NULL)
    record.note = group->note;
  return record;
}

static bool complain_of_key(struct draft *draft, const struct listing *listing, const char *text)
{
  struct spot spot = section_spot(draft->section, listing->key);
  size_t size = strlen(text);

  if (!g_str_has_prefix(text, "sha256//"))
    findings_add(draft->findings, FINDING_PIN, spot, listing->key->name,
                 _("In '%s', '%.100s' is no key. Write sha256//BASE64 of the key's SHA-256, a TLSA "
                   "record as in '3 1 1 HEX', or file:PATH of a PEM file, with ';' between."),
                 listing->key->name, text);
  else if (size != 8 + 44)
    findings_add(draft->findings, FINDING_PIN, spot, listing->key->name,
                 _("In '%s', the Base64 of '%.100s' has %zu characters, and a SHA-256 has 44. Copy "
                   "it again."),
                 listing->key->name, text, size - 8);
  else
    findings_add(draft->findings, FINDING_PIN, spot, listing->key->name,
                 _("In '%s', what stands behind the 'sha256//' of '%.100s' is not the Base64 of a "
                   "SHA-256. Copy it again."),
                 listing->key->name, text);
  return false;
}

static bool add_file(struct draft *draft, const struct listing *listing, const char *name)
{
  struct keypin record = begin_record(draft, listing);
  size_t count = 0;
  const struct pemfile_key *keys =
      pemfiles_get(draft->files, name, section_spot(draft->section, listing->key),
                   listing->key->name, draft->findings, &count);

  record.errors = listing->list == GROUP_EXCEPTIONS ? draft->errors : 0;
  for (size_t i = 0; i < count; i++) {
    memcpy(record.digest, keys[i].digest, sizeof keys[i].digest);
    g_array_append_val(draft->group->records, record);
  }
  return keys != NULL;
}

static bool is_tlsa(const char *text)
{
  return g_ascii_isdigit(text[0]) && g_ascii_isspace(text[1]);
}

static bool add_key(struct draft *draft, const struct listing *listing, const char *text)
{
  struct keypin record = begin_record(draft, listing);
  unsigned errors = 0;

  if (g_str_has_prefix(text, "file:"))
    return add_file(draft, listing, text + strlen("file:"));
  if (!keypin_read_key(text, &record, &errors))
    return complain_of_key(draft, listing, text);
  if (is_tlsa(text) && listing->list == GROUP_PINS && draft->level >= 0 &&
      record.level != listing->level)
    findings_add(draft->findings, FINDING_TLSA_LEVEL, section_spot(draft->section, listing->key),
                 listing->key->name,
                 _("In '%s', '%.12s...' is a key of level %s, but 'level=%s' counts. Take 'level' "
                   "out, or write the key as sha256//BASE64."),
                 listing->key->name, text, keypin_level_token(record.level),
                 keypin_level_token(listing->level));
  if (!is_tlsa(text) || listing->list == GROUP_BLOCKED ||
      (listing->list == GROUP_PINS && draft->level >= 0))
    record.level = listing->level;
  if (listing->list == GROUP_EXCEPTIONS)
    record.errors = draft->errors != 0 ? draft->errors : errors;
  g_array_append_val(draft->group->records, record);
  return true;
}

/* An exception that excuses nothing would look like one that does. */
static bool check_errors(struct draft *draft, const struct listing *listing)
{
  for (guint i = 0; i < draft->group->records->len; i++) {
    const struct keypin *record = &g_array_index(draft->group->records, struct keypin, i);

    if (record->kind != KEYPIN_EXCEPTION || record->errors != 0)
      continue;
    findings_add(draft->findings, FINDING_CONTRADICTION, section_spot(draft->section, listing->key),
                 listing->key->name,
                 _("'exceptions' needs 'excuse', which says what errors of these keys are excused: "
                   "'excuse=unknown-issuer', say."));
    return false;
  }
  return true;
}

/* All of a place's keys are looked at in every handshake with it. */
static bool check_count(struct draft *draft, const struct listing *listing)
{
  if (draft->group->records->len <= GROUP_KEYS_MAX)
    return true;
  findings_add(
      draft->findings, FINDING_VALUE, section_spot(draft->section, listing->key),
      listing->key->name,
      _("With those of '%s', the group has more than %d keys. Take out those that no server "
        "has any more, or name the one of an issuer in place of many servers' own."),
      listing->key->name, GROUP_KEYS_MAX);
  return false;
}

static bool add_keys(struct draft *draft, const struct listing *listing, char *const *keys)
{
  bool good = true, few = true;

  for (; *keys != NULL; keys++) {
    good = add_key(draft, listing, *keys) && good;
    few = few && check_count(draft, listing);
    if (!few) /* what comes behind is still looked at */
      g_array_set_size(draft->group->records, 0);
  }
  return good && few;
}

bool draft_read_list(struct draft *draft, enum group_list list)
{
  const enum keypin_level levels[GROUP_LISTS] = {
      [GROUP_PINS] = draft->level >= 0 ? (enum keypin_level)draft->level : KEYPIN_ANY,
      [GROUP_BLOCKED] = KEYPIN_ANY,
      [GROUP_EXCEPTIONS] = KEYPIN_LEAF};
  struct listing listing = {value_find(draft->section, list_names[list]), list, levels[list]};
  g_auto(GStrv) keys = NULL;
  bool good;

  if (listing.key == NULL)
    return true;
  draft->group->at[list] = listing.key->line;
  keys = section_list(draft->section, listing.key, draft->findings);
  if (keys == NULL)
    return false;
  good = add_keys(draft, &listing, keys);
  if (keys[0] == NULL) {
    findings_add(draft->findings, FINDING_VALUE, section_spot(draft->section, listing.key),
                 listing.key->name, _("'%s' lists no key. Add one, or take the line out."),
                 listing.key->name);
    return false;
  }
  if (list == GROUP_EXCEPTIONS && value_find(draft->section, "excuse") == NULL)
    good = check_errors(draft, &listing) && good;
  return good;
}
