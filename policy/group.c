/* One group of policy text: see group.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/group-private.h"

#include "common/text.h"
#include "policy/value.h"

void group_init(struct group *group)
{
  *group = (struct group){.records = g_array_new(FALSE, FALSE, sizeof(struct keypin))};
}

static void reset(struct group *group, struct spot spot)
{
  GArray *records = group->records;

  g_free(group->note);
  g_array_set_size(records, 0);
  *group = (struct group){.spot = spot,
                          .status = KEYPIN_CRITICAL,
                          .enforce_until = KEYPIN_FOREVER,
                          .report_until = KEYPIN_FOREVER,
                          .records = records};
}

void group_clear(struct group *group)
{
  g_free(group->note);
  g_array_unref(group->records);
  *group = (struct group){.records = NULL};
}

static bool read_place(struct draft *draft)
{
  const char *name = draft->section->name;
  enum host_fault fault = place_read(name, &draft->group->place);

  if (fault == HOST_FINE)
    return true;
  findings_add(
      draft->findings, FINDING_PLACE, draft->section->spot, NULL,
      _("'[%.300s]' is no host: %s. Write [example.com], [*.example.com], [.example.com] or "
        "[*], and :PORT behind it where only one is meant."),
      name, _(host_fault_text(fault)));
  return false;
}

static bool read_protocol(struct draft *draft)
{
  const char *words[PROTOCOL_COUNT];
  int choice = draft->group->place.protocol;

  for (int i = 0; i < PROTOCOL_COUNT; i++)
    words[i] = protocol_token((enum protocol)i);
  if (!value_choice(draft->section, "protocol", words, PROTOCOL_COUNT, draft->findings, &choice))
    return false;
  draft->group->place.protocol = choice;
  return true;
}

static bool read_level(struct draft *draft)
{
  const char *words[KEYPIN_LEVELS];

  for (int i = 0; i < KEYPIN_LEVELS; i++)
    words[i] = keypin_level_token((enum keypin_level)i);
  return value_choice(draft->section, "level", words, KEYPIN_LEVELS, draft->findings,
                      &draft->level);
}

static bool read_status(struct draft *draft)
{
  static const enum keypin_status statuses[] = {KEYPIN_CRITICAL, KEYPIN_ACTIVE};
  const char *const words[] = {keypin_status_token(statuses[0]), keypin_status_token(statuses[1])};
  int choice = 0;

  if (!value_choice(draft->section, "status", words, G_N_ELEMENTS(words), draft->findings, &choice))
    return false;
  draft->group->status = statuses[choice];
  return true;
}

static bool read_mode(struct draft *draft)
{
  static const char *const words[GROUP_MODES] = {
      [GROUP_ENFORCE] = "enforce",
      [GROUP_REPORT] = "report",
      [GROUP_OFF] = "off",
      [GROUP_ON] = "on",
  };
  int choice = GROUP_ENFORCE;

  if (!value_choice(draft->section, "mode", words, GROUP_MODES, draft->findings, &choice))
    return false;
  draft->group->mode = (enum group_mode)choice;
  return true;
}

static bool read_anchors(struct draft *draft)
{
  static const char *const words[] = {"exempt", "enforce"};
  int choice = 0;

  if (!value_choice(draft->section, "anchors", words, G_N_ELEMENTS(words), draft->findings,
                    &choice))
    return false;
  draft->group->always = choice == 1;
  return true;
}

void draft_note_idle(struct draft *draft, const char *name, const char *why)
{
  const struct section_key *key = value_find(draft->section, name);

  if (key != NULL)
    findings_add(draft->findings, FINDING_UNREACHABLE, section_spot(draft->section, key), name,
                 "%s", why);
}

static void check_dates(struct draft *draft, bool expires, bool report_until)
{
  if (draft->group->mode == GROUP_OFF || draft->group->mode == GROUP_ON)
    draft_note_idle(draft, "report-until",
                    _("'report-until' says nothing where the mode is 'off' or 'on'. Take it out."));
  else if (draft->group->mode == GROUP_REPORT && expires && report_until)
    draft_note_idle(
        draft, "expires",
        _("'expires' says nothing, since the mode is 'report' and 'report-until' says when "
          "that ends. Take one of the two out."));
  else if (draft->group->mode == GROUP_ENFORCE && report_until && !expires)
    draft_note_idle(
        draft, "report-until",
        _("'report-until' says nothing without 'expires', which says until when the group "
          "is enforced. Add that."));
}

/* From the two dates and the mode to the two times of a record. */
static void set_times(struct group *group, const int64_t *expires, const int64_t *report)
{
  int64_t end = expires != NULL ? *expires : KEYPIN_FOREVER;

  group->enforce_until = group->report_until = end;
  if (group->mode == GROUP_REPORT)
    group->enforce_until = 0;
  if (report != NULL &&
      (group->mode == GROUP_REPORT || (group->mode == GROUP_ENFORCE && expires != NULL)))
    group->report_until = *report;
}

static bool read_dates(struct draft *draft)
{
  int64_t expires = 0, report = 0;
  bool has_expires = value_find(draft->section, "expires") != NULL;
  bool has_report = value_find(draft->section, "report-until") != NULL;

  if (!value_date(draft->section, "expires", draft->findings, &expires) ||
      !value_date(draft->section, "report-until", draft->findings, &report))
    return false;
  if (has_expires && has_report && report < expires) {
    findings_add(draft->findings, FINDING_CONTRADICTION,
                 section_spot(draft->section, value_find(draft->section, "report-until")),
                 "report-until",
                 _("'report-until' is before 'expires'. It says how long mismatches are reported "
                   "once they aren't enforced any more: give it a later date, or take it out."));
    return false;
  }
  check_dates(draft, has_expires, has_report);
  set_times(draft->group, has_expires ? &expires : NULL, has_report ? &report : NULL);
  return true;
}

static bool complain_of_error(struct draft *draft, const struct section_key *key, const char *word)
{
  findings_add(draft->findings, FINDING_VALUE, section_spot(draft->section, key), key->name,
               _("'%.100s' can't be excused. Write 'unknown-issuer', 'expired', 'not-yet-valid', "
                 "'name', 'weak' or 'purpose', with ';' between."),
               word);
  return false;
}

static bool read_excuse(struct draft *draft)
{
  const struct section_key *key = value_find(draft->section, "excuse");
  g_auto(GStrv) words = key != NULL ? section_list(draft->section, key, draft->findings) : NULL;
  enum pki_error error;

  for (size_t i = 0; words != NULL && words[i] != NULL; i++)
    if (pki_error_from_token(words[i], &error) && (error & PKI_EXCUSABLE) != 0)
      draft->errors |= error;
    else
      return complain_of_error(draft, key, words[i]);
  if (words != NULL && words[0] == NULL)
    return complain_of_error(draft, key, "");
  if (key == NULL || value_find(draft->section, "exceptions") != NULL)
    return key == NULL || words != NULL;
  findings_add(draft->findings, FINDING_CONTRADICTION, section_spot(draft->section, key), "excuse",
               _("'excuse' names errors and there are no 'exceptions', whose keys it is for. Add "
                 "them, or take it out."));
  return false;
}

/* The record of the modes that are one. */
static void add_mode(struct draft *draft)
{
  const struct group *group = draft->group;
  struct keypin record = keypin_new(
      &group->place, KEYPIN_MODE, group->mode == GROUP_OFF ? KEYPIN_OFF : KEYPIN_ON, KEYPIN_POLICY);

  if (group->mode != GROUP_OFF && group->mode != GROUP_ON)
    return;
  record.locked = group->locked;
  record.enforce_until = group->enforce_until;
  record.report_until = group->report_until;
  record.first_seen = draft->now;
  if (group->note != NULL)
    record.note = group->note;
  g_array_append_val(group->records, record);
}

static void check_effect(struct draft *draft)
{
  if (draft->group->mode == GROUP_OFF)
    draft_note_idle(draft, "pins",
                    _("'pins' says nothing, since the mode is 'off'. Take one of the two out."));
  if (draft->group->records->len == 0)
    findings_add(
        draft->findings, FINDING_EMPTY, draft->group->spot, NULL,
        _("[%.300s] says nothing. Add 'pins', 'blocked' or 'exceptions', or 'mode=off', or "
          "take it out."),
        draft->section->name);
}

/* All of them are looked at, so that all that is wrong is found at once. */
static bool read_words(struct draft *draft)
{
  static const char *const known[] = {"pins",     "level",   "status", "blocked", "exceptions",
                                      "excuse",   "mode",    "lock",   "expires", "report-until",
                                      "protocol", "anchors", "comment"};
  struct group *group = draft->group;
  const struct section *section = draft->section;
  bool good = value_check_names(section, known, G_N_ELEMENTS(known), draft->findings);

  good = read_protocol(draft) && good;
  good = read_level(draft) && good;
  good = read_status(draft) && good;
  good = read_mode(draft) && good;
  good = read_anchors(draft) && good;
  good = value_flag(section, "lock", draft->findings, &group->locked) && good;
  good = value_text(section, "comment", KEYPIN_NOTE_MAX, draft->findings, &group->note) && good;
  good = read_dates(draft) && good;
  return read_excuse(draft) && good;
}

bool group_read(struct group *group, const struct section *section, struct pemfiles *files,
                int64_t now, struct findings *findings)
{
  struct draft draft = {group, section, files, findings, now, .level = -1};
  bool good;

  reset(group, section->spot);
  good = read_place(&draft);
  good = read_words(&draft) && good;
  for (int list = 0; list < GROUP_LISTS; list++)
    good = draft_read_list(&draft, (enum group_list)list) && good;
  if (!good || !draft_check_keys(&draft))
    return false;
  add_mode(&draft);
  check_effect(&draft);
  return true;
}
