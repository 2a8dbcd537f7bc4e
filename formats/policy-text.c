/* Records as policy text: see policy-text.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A group has one level for all its pins, one list of errors for all its exceptions, one mode, and
 * one end and protocol for all of it. The first record of a place says which; of what differs from
 * it a remark says what became of it. Pins stay pinned as long as any of them; an exception or a
 * mode never becomes wider or longer than it was. */
#include "config.h"

#include "formats/policy-text-private.h"
#include "formats/policy-text.h"

#include "common/text.h"

#include <string.h>

struct policy_text {
  int64_t until;
  reading_told told;
  void *data;
  GPtrArray *groups; /* in the order in which they came */
  GArray *reported;  /* struct reported: pins that are not enforced, for the end */
  GHashTable *by_name;
};

struct reported {
  struct keypin pin; /* the note is its own, and nothing was seen with it */
  size_t line;
};

static void group_free(void *data)
{
  struct group *group = data;

  g_free(group->comment);
  g_ptr_array_unref(group->pins);
  g_ptr_array_unref(group->blocked);
  g_ptr_array_unref(group->exceptions);
  g_free(group);
}

static void reported_clear(void *data)
{
  g_free((char *)((struct reported *)data)->pin.note);
}

struct policy_text *policy_text_new(int64_t until, reading_told told, void *data)
{
  struct policy_text *text = g_new0(struct policy_text, 1);

  text->until = until;
  text->told = told;
  text->data = data;
  text->groups = g_ptr_array_new_with_free_func(group_free);
  text->reported = g_array_new(FALSE, FALSE, sizeof(struct reported));
  g_array_set_clear_func(text->reported, reported_clear);
  text->by_name = g_hash_table_new(g_str_hash, g_str_equal);
  return text;
}

static struct group *group_of(struct policy_text *text, const struct keypin *pin)
{
  char name[PLACE_TEXT_SIZE];
  struct group *group;

  place_text(&pin->place, name);
  group = g_hash_table_lookup(text->by_name, name);
  if (group != NULL)
    return group;
  group = g_new0(struct group, 1);
  memcpy(group->name, name, sizeof name);
  group->pins = g_ptr_array_new_with_free_func(g_free);
  group->blocked = g_ptr_array_new_with_free_func(g_free);
  group->exceptions = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(text->groups, group);
  g_hash_table_insert(text->by_name, group->name, group);
  return group;
}

/* False, for a caller that ends with it. */
static bool tell(const struct policy_text *text, const struct group *group, size_t line,
                 enum remark remark, const char *sentence)
{
  g_autofree char *whole = g_strdup_printf("[%s]: %s", group->name, sentence);

  text->told(line, remark, whole, text->data);
  return false;
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

static bool put_pin(const struct policy_text *text, struct group *group, const struct keypin *pin,
                    size_t line)
{
  if (group->pins->len > 0 && group->level != pin->level)
    return tell(text, group, line, REMARK_SKIPPED,
                _("a group's pins have one level; a pin of another level is left out."));
  group->level = pin->level;
  group->critical = group->critical || pin->status == KEYPIN_CRITICAL;
  g_ptr_array_add(group->pins, key_text(pin));
  return true;
}

static struct terms terms_of(const struct keypin *pin)
{
  return (struct terms){pin->place.protocol, pin->enforce_until, pin->report_until};
}

static bool same_end(const struct terms *a, const struct terms *b)
{
  return a->enforce_until == b->enforce_until && a->report_until == b->report_until;
}

static bool same_terms(const struct terms *a, const struct terms *b)
{
  return a->protocol == b->protocol && same_end(a, b);
}

/* Of what lets a server through: it has no time in which it is only reported. */
static struct terms brief_terms_of(const struct keypin *pin)
{
  return (struct terms){pin->place.protocol, pin->enforce_until, pin->enforce_until};
}

static bool put_exception(const struct policy_text *text, struct group *group,
                          const struct keypin *pin, size_t line)
{
  struct terms terms = brief_terms_of(pin);

  if (group->exceptions->len == 0) {
    group->exception_terms = terms;
    group->errors = pin->errors;
  }
  if (group->errors != pin->errors || !same_terms(&group->exception_terms, &terms))
    return tell(text, group, line, REMARK_SKIPPED,
                _("a group's exceptions excuse the same errors until the same time; another one is "
                  "left out."));
  g_ptr_array_add(group->exceptions, key_text(pin));
  return true;
}

/* The widest and the longest. */
static void join(const struct policy_text *text, struct group *group, const struct terms *terms,
                 size_t line)
{
  if (!group->standing)
    group->terms = *terms;
  group->standing = true;
  if (group->terms.protocol != terms->protocol) {
    tell(text, group, line, REMARK_NOTE, _("a group has one protocol; it is made that of any."));
    group->terms.protocol = PLACE_ANY_PROTOCOL;
  }
  if (!same_end(&group->terms, terms))
    tell(text, group, line, REMARK_NOTE, _("a group has one end; it is the latest one."));
  group->terms.enforce_until = MAX(group->terms.enforce_until, terms->enforce_until);
  group->terms.report_until = MAX(group->terms.report_until, terms->report_until);
}

/* Of two that differ, "on" stays: it lets nobody through. */
static bool put_mode(const struct policy_text *text, struct group *group, const struct keypin *pin,
                     size_t line)
{
  const char *mode = pin->status == KEYPIN_OFF ? "off" : "on";
  struct terms terms = brief_terms_of(pin);
  bool differs = group->mode != NULL &&
                 (strcmp(group->mode, mode) != 0 || !same_terms(&group->mode_terms, &terms));

  if (differs)
    tell(text, group, line, REMARK_SKIPPED,
         _("a group has one mode, with one end and protocol; another one is left out."));
  if (differs && pin->status == KEYPIN_OFF)
    return false;
  group->mode = mode;
  group->mode_terms = terms;
  group->mode_line = line;
  return true;
}

static bool put_key(const struct policy_text *text, struct group *group, const struct keypin *pin,
                    size_t line)
{
  struct terms terms = terms_of(pin);

  if (pin->status == KEYPIN_REJECTED)
    g_ptr_array_add(group->blocked, key_text(pin));
  else if (!put_pin(text, group, pin, line))
    return false;
  join(text, group, &terms, line);
  return true;
}

static bool put_record(const struct policy_text *text, struct group *group,
                       const struct keypin *pin, size_t line)
{
  switch (pin->kind) {
  case KEYPIN_EXCEPTION:
    return put_exception(text, group, pin, line);
  case KEYPIN_MODE:
    return put_mode(text, group, pin, line);
  default:
    return put_key(text, group, pin, line);
  }
}

static void put(const struct policy_text *text, struct group *group, const struct keypin *pin,
                size_t line)
{
  if (!put_record(text, group, pin, line))
    return;
  group->always = group->always || pin->always;
  if (group->comment == NULL && pin->note[0] != '\0')
    group->comment = g_strdup(pin->note);
}

/* Pins that were seen and nothing more, and exceptions that excuse nothing. */
static bool is_history(const struct keypin *pin)
{
  return (pin->kind == KEYPIN_PIN && pin->status == KEYPIN_INACTIVE) ||
         (pin->kind == KEYPIN_EXCEPTION && !policy_text_is_enforced(pin->enforce_until));
}

static void put_off(struct policy_text *text, const struct keypin *pin, size_t line)
{
  struct reported reported = {*pin, line};

  reported.pin.note = g_strdup(pin->note);
  reported.pin.seen = (struct span){NULL, 0};
  g_array_append_val(text->reported, reported);
}

void policy_text_put(struct policy_text *text, const struct keypin *pin, size_t line)
{
  struct group *group;

  if (is_history(pin))
    return;
  group = group_of(text, pin);
  if (pin->kind == KEYPIN_PIN && !policy_text_is_enforced(pin->enforce_until))
    put_off(text, pin, line);
  else
    put(text, group, pin, line);
}

/* Beside what is enforced they would be enforced, too. */
static void put_reported(struct policy_text *text)
{
  for (guint i = 0; i < text->reported->len; i++) {
    const struct reported *reported = &g_array_index(text->reported, struct reported, i);
    struct group *group = group_of(text, &reported->pin);

    if (group->mode == NULL &&
        (!group->standing || !policy_text_is_enforced(group->terms.enforce_until)))
      put(text, group, &reported->pin, reported->line);
    else
      tell(
          text, group, reported->line, REMARK_SKIPPED,
          _("a group is enforced, or only reported as a whole; a pin that is only reported is left "
            "out."));
  }
}

/* A mode that ends before the keys do, or is for another protocol, would become longer or wider
 * with them; the keys may go on as long as a mode that ends after them. */
static void settle_mode(const struct policy_text *text, struct group *group)
{
  const struct terms *terms = &group->mode_terms;
  bool fits = !group->standing || (terms->protocol == group->terms.protocol &&
                                   terms->enforce_until >= group->terms.enforce_until &&
                                   terms->report_until >= group->terms.report_until);

  if (group->mode == NULL)
    return;
  if (fits) {
    join(text, group, terms, group->mode_line);
    return;
  }
  tell(text, group, group->mode_line, REMARK_SKIPPED,
       _("a mode has the protocol of its group's pins and ends with them, and this one is for "
         "another protocol or ends before: it is left out."));
  group->mode = NULL;
}

/* What they say doesn't go into a group whose pins hold for another time or protocol. */
static void drop_exceptions(const struct policy_text *text, struct group *group)
{
  if (group->exceptions->len == 0)
    return;
  if (!group->standing)
    group->terms = group->exception_terms;
  if (same_terms(&group->terms, &group->exception_terms))
    return;
  tell(text, group, 0, REMARK_SKIPPED,
       _("an exception has the end and protocol of its group's pins, and these differ: it is left "
         "out."));
  g_ptr_array_set_size(group->exceptions, 0);
}

char *policy_text_end(struct policy_text *text)
{
  g_autoptr(GKeyFile) file = g_key_file_new();
  char *written;

  put_reported(text);
  for (guint i = 0; i < text->groups->len; i++) {
    struct group *group = text->groups->pdata[i];

    settle_mode(text, group);
    drop_exceptions(text, group);
    policy_text_write(file, group, text->until);
  }
  written = g_key_file_to_data(file, NULL, NULL);
  g_hash_table_unref(text->by_name);
  g_ptr_array_unref(text->groups);
  g_array_unref(text->reported);
  g_free(text);
  return written;
}
