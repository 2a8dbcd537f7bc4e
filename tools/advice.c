/* The commands that would change what is said: see advice.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/advice.h"

#include "common/text.h"
#include "pinning/keypin.h"
#include "pinning/refusal.h"
#include "tools/clearing.h"
#include "tools/output.h"
#include "tools/record.h"
#include "tools/thing.h"

#include <string.h>

struct question {
  const struct advice_question *asked;
  const tlspin_explanation_t *explanation; /* it is about this one */
  const char *answer;
  const char *reason;
  const tlspin_entry_t *decided; /* or NULL */
};

static bool is(const char *text, const char *other)
{
  return strcmp(text, other) == 0;
}

static struct question question_of(const struct advice_question *asked,
                                   const tlspin_explanation_t *explanation)
{
  const tlspin_entry_t *verdict = tlspin_explanation_verdict(explanation);
  int64_t index = tlspin_entry_number(verdict, "decided");

  return (struct question){
      .asked = asked,
      .explanation = explanation,
      .answer = thing_text(verdict, "answer"),
      .reason = thing_text(verdict, "reason"),
      .decided =
          index >= 0 ? tlspin_explanation_at(explanation, TLSPIN_ENTRIES, (size_t)index) : NULL};
}

static bool is_users(const tlspin_entry_t *entry)
{
  return is(tlspin_entry_layer(entry), "user");
}

static bool is_locked(const tlspin_entry_t *entry)
{
  return !is_users(entry) && !is(tlspin_entry_lock(entry), "none");
}

static bool is_pin(const tlspin_entry_t *entry)
{
  return is(tlspin_entry_kind(entry), "pin") &&
         (thing_is(entry, "status", "critical") || thing_is(entry, "status", "active"));
}

static bool is_in_force(const tlspin_entry_t *entry)
{
  return !thing_is(entry, "role", "expired") && !thing_is(entry, "role", "elsewhere") &&
         !thing_is(entry, "role", "history");
}

/* The ways in which entries are meant: clearing_is_meant. */

static bool has_shown(const tlspin_entry_t *entry, bool decided)
{
  return decided || thing_is(entry, "role", "matched");
}

static bool is_blocked(const tlspin_entry_t *entry, bool decided)
{
  return thing_is(entry, "status", "rejected") && has_shown(entry, decided);
}

static bool is_excuse(const tlspin_entry_t *entry, bool decided)
{
  return is_users(entry) && is(tlspin_entry_kind(entry), "exception") && has_shown(entry, decided);
}

static bool is_decider(const tlspin_entry_t *entry, bool decided)
{
  return decided && is_users(entry);
}

/* A pin that was not met. */
static bool is_unmet(const tlspin_entry_t *entry, bool decided)
{
  return is_users(entry) && is_pin(entry) &&
         (decided ||
          (thing_is(entry, "role", "looked-at") &&
           (thing_is(entry, "status", "critical") || thing_is(entry, "origin", "tofu"))));
}

/* What stands against a pin that `tlspin pin` makes: one that another program made has a word of
 * its own, and one for the protocol is nearer. */
static bool is_beside(const tlspin_entry_t *entry, bool decided)
{
  return is_unmet(entry, decided) && !thing_is(entry, "origin", "tofu") &&
         !thing_is(entry, "origin", "hpkp") && !thing_is(entry, "origin", "program") &&
         (!thing_is(entry, "origin", "user") || tlspin_entry_protocol(entry)[0] != '\0');
}

/* A pin of the user's against which `tlspin off` doesn't help, as it is for a narrower place. */
static bool is_narrower(const tlspin_entry_t *entry, bool decided)
{
  (void)decided;
  return is_users(entry) && is_pin(entry) && is_in_force(entry) &&
         !thing_is(entry, "origin", "tofu") && !thing_is(entry, "origin", "hpkp") &&
         !thing_is(entry, "origin", "program") && thing_is(entry, "scope", "exact") &&
         tlspin_entry_port(entry) != 0 && tlspin_entry_protocol(entry)[0] != '\0';
}

/* The administrator's, which also shut out exceptions and opt-outs. */
static bool is_commanding(const tlspin_entry_t *entry, bool decided)
{
  (void)decided;
  return is_locked(entry) && is_in_force(entry) && !is(tlspin_entry_state(entry), "reported") &&
         (is_pin(entry) || is(tlspin_entry_kind(entry), "mode"));
}

static bool any(const struct question *q, clearing_is_meant is_meant)
{
  g_autoptr(GPtrArray) found = clearing_find(q->explanation, is_meant);

  return found->len > 0;
}

static const char *layer_of_first(const struct question *q, clearing_is_meant is_meant)
{
  g_autoptr(GPtrArray) found = clearing_find(q->explanation, is_meant);

  return found->len > 0 ? tlspin_entry_layer(found->pdata[0]) : NULL;
}

static bool is_systems_block(const tlspin_entry_t *entry, bool decided)
{
  return !is_users(entry) && is_blocked(entry, decided);
}

/* A blocked key of the system's can't be excused by anything, be it locked or not. */
static const char *lock_of(const struct question *q)
{
  if (is(q->reason, "locked-off"))
    return thing_text(tlspin_explanation_verdict(q->explanation), "layer");
  if (is(q->reason, "key-rejected"))
    return layer_of_first(q, is_systems_block);
  if (is(q->reason, "pki-failed"))
    return layer_of_first(q, is_commanding);
  return q->decided != NULL && is_locked(q->decided) ? tlspin_entry_layer(q->decided) : NULL;
}

const char *advice_lock(const struct advice_question *asked)
{
  struct question q = question_of(asked, asked->explanation), excused;
  const char *lock = lock_of(&q);

  if (lock != NULL || asked->excused == NULL)
    return lock;
  excused = question_of(asked, asked->excused);
  return lock_of(&excused);
}

static void advice_clear(gpointer data)
{
  g_free(((struct advice *)data)->command);
}

/* Takes the command; NULL: there is none. Some of its words may come from a layer or a path. */
static void add(GArray *list, char *command, const char *what)
{
  struct advice advice = {NULL, what};

  if (command == NULL)
    return;
  advice.command = output_clean(command);
  g_free(command);
  g_array_append_val(list, advice);
}

static char *for_server(const struct question *q, const char *words)
{
  return g_strdup_printf("tlspin %s %s", words, q->asked->server);
}

/* NULL where nothing of the user's decided; a ticket decides without being an entry that did. */
static char *clear_command(const struct question *q, clearing_is_meant is_meant)
{
  g_autoptr(GPtrArray) meant = clearing_find(q->explanation, is_meant);

  if (meant->len > 0)
    return clearing_command(q->explanation, meant);
  return q->decided == NULL ? clearing_of_ticket(q->explanation, q->asked->server) : NULL;
}

/* NULL where no pin of the user's would be heard, or nobody knows the key. */
static char *pin_command(const struct question *q)
{
  const struct advice_question *asked = q->asked;
  enum refusal refusal;

  if (refusal_from_token(q->reason, &refusal) || any(q, is_beside))
    return NULL;
  if (asked->key[0] != '\0')
    return g_strdup_printf("tlspin pin --level leaf --key %s %s", asked->key, asked->server);
  if (asked->check != NULL || asked->ask == NULL)
    return NULL;
  return g_strdup_printf("tlspin pin --from-server %s%s", asked->server, asked->ask);
}

static void add_pin(GArray *list, const struct question *q, const char *what)
{
  add(list, pin_command(q), what);
}

static void add_off(GArray *list, const struct question *q)
{
  if (!any(q, is_narrower) && !any(q, is_commanding))
    add(list, for_server(q, "off"), _("trust the PKI alone there"));
}

/* As a TLSA record, which says that it is the server's own key. */
static char *except_command(const struct question *q)
{
  const struct advice_question *asked = q->asked;
  unsigned errors = asked->check != NULL ? asked->check->errors : 0;
  unsigned char digest[64];
  struct tlspin_record record = {NULL};
  GString *command;

  if (errors == 0 || (errors & ~(unsigned)PKI_EXCUSABLE) != 0 ||
      tlspin_read_key(asked->key, &record, digest) != TLSPIN_OK)
    return NULL;
  command = g_string_new("tlspin except --key '3 1 1 ");
  for (size_t i = 0; i < record.digest.size; i++)
    g_string_append_printf(command, "%02x", digest[i]);
  g_string_append(command, "' --until 30d");
  for (unsigned bit = 1; bit <= TLSPIN_PKI_OTHER; bit <<= 1)
    if ((errors & bit) != 0)
      g_string_append_printf(command, " --error %s", pki_error_token((enum pki_error)bit));
  g_string_append_printf(command, " %s", asked->server);
  return g_string_free(command, FALSE);
}

/* Takes the first command; NULL: there is none. */
static char *both(char *first, const char *second)
{
  char *joined = first != NULL ? g_strconcat(first, " && ", second, NULL) : NULL;

  g_free(first);
  return joined;
}

/* An exception excuses the PKI; pins that the server doesn't meet, either, have to go as well, and
 * before it, as it would go with them. */
static void advise_failed(GArray *list, const struct question *q)
{
  g_autofree char *except = except_command(q);
  struct question excused = *q;

  if (except == NULL)
    return;
  if (q->asked->excused != NULL)
    excused = question_of(q->asked, q->asked->excused);
  if (excused.explanation == q->explanation || !is(excused.answer, "mismatch")) {
    add(list, g_steal_pointer(&except),
        _("make an exception, once you know that the key is right"));
    return;
  }
  add(list, both(pin_command(&excused), except),
      _("make an exception, and accept the key in spite of the pins, once you know that it is "
        "right"));
  add(list, both(clear_command(&excused, is_unmet), except),
      _("make an exception, and forget the pins that are not met, once you know that the key is "
        "right"));
}

/* Whether an entry stands behind that which decided, and is heard without it. */
static bool is_next(const tlspin_entry_t *entry, bool decided)
{
  return !decided &&
         ((is_pin(entry) && thing_is(entry, "role", "masked")) ||
          (is(tlspin_entry_kind(entry), "exception") && thing_is(entry, "role", "matched")));
}

static void add_clear(GArray *list, const struct question *q, clearing_is_meant is_meant)
{
  g_autoptr(GPtrArray) meant = clearing_find(q->explanation, is_meant);
  g_autoptr(GPtrArray) next = clearing_find(q->explanation, is_next);

  add(list, clear_command(q, is_meant),
      clearing_leaves(q->explanation, meant, next)
          ? _("forget that; another entry decides then")
          : _("forget that, and learn the server anew when it is met again"));
}

static void advise_mismatch(GArray *list, const struct question *q)
{
  if (is(q->reason, "key-rejected")) {
    add(list, clear_command(q, is_blocked), _("no longer block the key"));
  } else if (is(q->reason, "pki-failed")) {
    advise_failed(list, q);
  } else {
    add_clear(list, q, is_unmet);
    add_pin(list, q, _("accept the key that it shows now"));
    add_off(list, q);
  }
}

static void advise_opted_out(GArray *list, const struct question *q)
{
  if (is(q->reason, "added-anchor"))
    add_pin(list, q, _("pin the key that it shows now, there too"));
  else
    add(list, for_server(q, "on"), _("pin there again"));
}

static void advise_unpinned(GArray *list, const struct question *q)
{
  if (is(q->reason, "pki-failed"))
    advise_failed(list, q);
  else
    add_pin(list, q, _("pin the key that it shows now"));
  add_off(list, q);
}

static void advise_match(GArray *list, const struct question *q)
{
  if (!is(q->reason, "excepted")) {
    add_clear(list, q, is_decider);
    add_off(list, q);
  }
  if (any(q, is_excuse))
    add(list, clear_command(q, is_excuse), _("take the exception back"));
}

static void advise(GArray *list, const struct question *q)
{
  if (is(q->answer, "mismatch"))
    advise_mismatch(list, q);
  else if (is(q->answer, "opted-out"))
    advise_opted_out(list, q);
  else if (is(q->answer, "no-pin"))
    advise_unpinned(list, q);
  else if (is(q->answer, "match"))
    advise_match(list, q);
  else
    add(list, g_strdup("tlspin status"), _("see what is wrong with the store"));
}

GArray *advice_new(const struct advice_question *asked)
{
  struct question q = question_of(asked, asked->explanation);
  GArray *list = g_array_new(FALSE, FALSE, sizeof(struct advice));

  g_array_set_clear_func(list, advice_clear);
  if (advice_lock(asked) == NULL)
    advise(list, &q);
  return list;
}
