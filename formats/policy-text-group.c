/* A group of policy text: see policy-text-group.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/policy-text-group.h"

#include "common/text.h"

struct terms terms_of(const struct keypin *pin)
{
  return (struct terms){pin->place.protocol, pin->enforce_until, pin->report_until};
}

struct terms terms_of_leave(const struct keypin *pin)
{
  return (struct terms){pin->place.protocol, pin->enforce_until, pin->enforce_until};
}

static bool same_end(const struct terms *a, const struct terms *b)
{
  return a->enforce_until == b->enforce_until && a->report_until == b->report_until;
}

bool terms_are_same(const struct terms *a, const struct terms *b)
{
  return a->protocol == b->protocol && same_end(a, b);
}

static void record_clear(void *data)
{
  g_free((char *)((struct gathered_record *)data)->pin.note);
}

struct text_group *text_group_new(const struct place *place)
{
  struct text_group *group = g_new0(struct text_group, 1);

  place_text(place, group->name);
  group->place = *place;
  group->place.protocol = PLACE_ANY_PROTOCOL;
  group->records = g_array_new(FALSE, FALSE, sizeof(struct gathered_record));
  g_array_set_clear_func(group->records, record_clear);
  group->pins = g_ptr_array_new_with_free_func(g_free);
  group->blocked = g_ptr_array_new_with_free_func(g_free);
  group->exceptions = g_ptr_array_new_with_free_func(g_free);
  group->listed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return group;
}

void text_group_free(void *data)
{
  struct text_group *group = data;

  g_array_unref(group->records);
  g_ptr_array_unref(group->pins);
  g_ptr_array_unref(group->blocked);
  g_ptr_array_unref(group->exceptions);
  g_hash_table_unref(group->listed);
  g_free(group);
}

void text_group_add(struct text_group *group, const struct keypin *pin, enum keypin_force force,
                    size_t line)
{
  struct gathered_record record = {*pin, force, line};

  record.pin.note = g_strdup(pin->note);
  record.pin.seen = (struct span){NULL, 0};
  record.pin.owned = NULL;
  g_array_append_val(group->records, record);
}

const struct gathered_record *text_group_record(const struct text_group *group, guint index)
{
  return &g_array_index(group->records, struct gathered_record, index);
}

bool text_group_is_reported(const struct text_group *group)
{
  bool pins = false;

  for (guint i = 0; i < group->records->len; i++) {
    const struct gathered_record *record = text_group_record(group, i);

    if (record->pin.kind != KEYPIN_EXCEPTION && record->force == KEYPIN_ENFORCED)
      return false;
    pins = pins || record->pin.kind == KEYPIN_PIN;
  }
  return pins;
}

/* As in a TLSA record, where it isn't the SHA-256 of a key; `level` stands beside it. */
static char *key_text(const struct keypin *pin)
{
  char key[KEYPIN_KEY_TEXT_SIZE];

  if (!keypin_key_text(pin, key))
    return g_strdup("");
  if (g_str_has_prefix(key, "sha256//"))
    return g_strdup(key);
  return g_strdup_printf("%d %s", pin->level == KEYPIN_AUTHORITY ? 0 : 1, key);
}

static char *listed_text(char letter, const struct keypin *pin)
{
  char key[KEYPIN_KEY_TEXT_SIZE];

  return g_strdup_printf("%c%s", letter, keypin_key_text(pin, key) ? key : "");
}

/* Two records may name one key. */
static void list_key(struct text_group *group, char letter, GPtrArray *list,
                     const struct keypin *pin)
{
  if (g_hash_table_add(group->listed, listed_text(letter, pin)))
    g_ptr_array_add(list, key_text(pin));
}

void text_group_pin(struct text_group *group, const struct keypin *pin)
{
  list_key(group, 'p', group->pins, pin);
}

void text_group_block(struct text_group *group, const struct keypin *pin)
{
  list_key(group, 'b', group->blocked, pin);
}

void text_group_except(struct text_group *group, const struct keypin *pin)
{
  list_key(group, 'e', group->exceptions, pin);
}

bool text_group_blocks(const struct text_group *group, const struct keypin *pin)
{
  g_autofree char *text = listed_text('b', pin);

  return g_hash_table_contains(group->listed, text);
}

void text_group_comment(struct text_group *group, const struct gathered_record *record)
{
  if (group->comment == NULL && record->pin.note[0] != '\0')
    group->comment = record->pin.note;
}

bool text_group_is_off(const struct text_group *group)
{
  return group->mode != NULL && group->mode->pin.status == KEYPIN_OFF;
}

void remarks_tell(const struct remarks *remarks, const struct text_group *group, size_t line,
                  enum remark remark, const char *sentence)
{
  g_autofree char *whole = g_strdup_printf("[%s]: %s", group->name, sentence);

  remarks->told(line, remark, whole, remarks->data);
}

void remarks_tell_blocked(const struct remarks *remarks, const struct text_group *group,
                          size_t line)
{
  remarks_tell(remarks, group, line, REMARK_SKIPPED,
               _("a key is blocked and pinned or excused; it is only blocked."));
}

void text_group_join(struct text_group *group, const struct remarks *remarks,
                     const struct terms *terms, size_t line)
{
  if (!group->standing)
    group->terms = *terms;
  group->standing = true;
  if (group->terms.protocol != terms->protocol) {
    remarks_tell(remarks, group, line, REMARK_NOTE,
                 _("a group has one protocol; it is made that of any."));
    group->terms.protocol = PLACE_ANY_PROTOCOL;
  }
  if (!same_end(&group->terms, terms))
    remarks_tell(remarks, group, line, REMARK_NOTE,
                 _("a group has one end; it is the latest one."));
  group->terms.enforce_until = MAX(group->terms.enforce_until, terms->enforce_until);
  group->terms.report_until = MAX(group->terms.report_until, terms->report_until);
}
