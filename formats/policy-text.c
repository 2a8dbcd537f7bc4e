/* Records as policy text: see policy-text.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A group has one level for all its pins, one list of errors for all its exceptions, and one end
 * and protocol for all of it. The first record of a place says which; of what differs from it a
 * remark says what became of it. Pins stay pinned as long as any of them; an exception never
 * becomes wider or longer than it was. */
#include "config.h"

#include "formats/policy-text.h"

#include "common/text.h"

#include <string.h>

/* When and over what it holds. */
struct terms {
  int protocol;
  int64_t enforce_until, report_until;
};

struct group {
  char name[PLACE_TEXT_SIZE];
  bool standing; /* it has more than exceptions: */
  struct terms terms;
  enum keypin_level level;
  bool critical;
  bool always;
  const char *mode;   /* NULL: not said */
  char *comment;      /* NULL: none */
  GPtrArray *pins;    /* texts */
  GPtrArray *blocked; /* the same */
  struct terms exception_terms;
  unsigned errors;
  GPtrArray *exceptions; /* texts */
};

struct policy_text {
  int64_t until;
  reading_told told;
  void *data;
  GPtrArray *groups; /* in the order in which they came */
  GHashTable *by_name;
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

struct policy_text *policy_text_new(int64_t until, reading_told told, void *data)
{
  struct policy_text *text = g_new0(struct policy_text, 1);

  text->until = until;
  text->told = told;
  text->data = data;
  text->groups = g_ptr_array_new_with_free_func(group_free);
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

static bool put_exception(const struct policy_text *text, struct group *group,
                          const struct keypin *pin, size_t line)
{
  struct terms terms = terms_of(pin);

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
static void join(const struct policy_text *text, struct group *group, const struct keypin *pin,
                 size_t line)
{
  struct terms terms = terms_of(pin);

  if (!group->standing)
    group->terms = terms;
  group->standing = true;
  if (group->terms.protocol != terms.protocol) {
    tell(text, group, line, REMARK_NOTE, _("a group has one protocol; it is made that of any."));
    group->terms.protocol = PLACE_ANY_PROTOCOL;
  }
  if (!same_end(&group->terms, &terms))
    tell(text, group, line, REMARK_NOTE, _("a group has one end; it is the latest one."));
  group->terms.enforce_until = MAX(group->terms.enforce_until, terms.enforce_until);
  group->terms.report_until = MAX(group->terms.report_until, terms.report_until);
}

static bool put_standing(const struct policy_text *text, struct group *group,
                         const struct keypin *pin, size_t line)
{
  if (pin->kind == KEYPIN_MODE)
    group->mode = pin->status == KEYPIN_OFF ? "off" : "on";
  else if (pin->status == KEYPIN_REJECTED)
    g_ptr_array_add(group->blocked, key_text(pin));
  else if (!put_pin(text, group, pin, line))
    return false;
  join(text, group, pin, line);
  return true;
}

void policy_text_put(struct policy_text *text, const struct keypin *pin, size_t line)
{
  struct group *group;

  if (pin->kind == KEYPIN_PIN && pin->status == KEYPIN_INACTIVE)
    return;
  group = group_of(text, pin);
  if (!(pin->kind == KEYPIN_EXCEPTION ? put_exception(text, group, pin, line)
                                      : put_standing(text, group, pin, line)))
    return;
  group->always = group->always || pin->always;
  if (group->comment == NULL && pin->note[0] != '\0')
    group->comment = g_strdup(pin->note);
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

static void set(GKeyFile *file, const struct group *group, const char *key, const char *value)
{
  g_key_file_set_string(file, group->name, key, value);
}

static void set_list(GKeyFile *file, const struct group *group, const char *key,
                     const GPtrArray *texts)
{
  if (texts->len > 0)
    g_key_file_set_string_list(file, group->name, key, (const char *const *)texts->pdata,
                               texts->len);
}

static void set_exceptions(GKeyFile *file, const struct group *group)
{
  g_autoptr(GPtrArray) tokens = g_ptr_array_new();

  set_list(file, group, "exceptions", group->exceptions);
  for (unsigned bit = 0; bit < PKI_ERRORS && group->exceptions->len > 0; bit++)
    if ((group->errors & 1U << bit) != 0)
      g_ptr_array_add(tokens, (void *)(uintptr_t)pki_error_token((enum pki_error)(1U << bit)));
  set_list(file, group, "excuse", tokens);
}

static void set_time(GKeyFile *file, const struct group *group, const char *key, int64_t seconds)
{
  g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(seconds);
  g_autofree char *text = date != NULL ? g_date_time_format(date, "%Y-%m-%dT%H:%M:%SZ") : NULL;

  if (text != NULL && seconds != KEYPIN_FOREVER)
    set(file, group, key, text);
}

/* Nothing enforced at all is a mode of its own. */
static void set_times(GKeyFile *file, const struct group *group, int64_t until)
{
  int64_t enforce = group->terms.enforce_until, report = group->terms.report_until;
  const char *mode = enforce == 0 && group->mode == NULL ? "report" : group->mode;

  if (until != 0) {
    enforce = MIN(enforce, until);
    report = MIN(report, until);
  }
  if (mode != NULL)
    set(file, group, "mode", mode);
  if (enforce != 0)
    set_time(file, group, "expires", enforce);
  if (report != enforce)
    set_time(file, group, "report-until", report);
}

static void write_group(GKeyFile *file, const struct group *group, int64_t until)
{
  if (group->pins->len > 0) {
    set_list(file, group, "pins", group->pins);
    set(file, group, "level", keypin_level_token(group->level));
    set(file, group, "status", group->critical ? "critical" : "active");
  }
  set_list(file, group, "blocked", group->blocked);
  set_exceptions(file, group);
  set_times(file, group, until);
  if (group->terms.protocol != PLACE_ANY_PROTOCOL)
    set(file, group, "protocol", place_protocol_token(group->terms.protocol));
  if (group->always)
    set(file, group, "anchors", "enforce");
  if (group->comment != NULL)
    set(file, group, "comment", group->comment);
}

char *policy_text_end(struct policy_text *text)
{
  g_autoptr(GKeyFile) file = g_key_file_new();
  char *written;

  for (guint i = 0; i < text->groups->len; i++) {
    struct group *group = text->groups->pdata[i];

    drop_exceptions(text, group);
    write_group(file, group, text->until);
  }
  written = g_key_file_to_data(file, NULL, NULL);
  g_hash_table_unref(text->by_name);
  g_ptr_array_unref(text->groups);
  g_free(text);
  return written;
}
