/* The commands that would change what is said: see advice.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/advice.h"

#include "common/text.h"
#include "tools/entry.h"
#include "tools/record.h"
#include "tools/thing.h"

#include <string.h>

struct question {
  const char *server;
  const struct tlspin_check *check;
  const char *answer;
  const char *reason;
  const tlspin_entry_t *decided; /* or NULL */
  GArray *list;
};

static bool is(const char *text, const char *other)
{
  return strcmp(text, other) == 0;
}

static const tlspin_entry_t *decided_of(const tlspin_explanation_t *explanation)
{
  int64_t index = tlspin_entry_number(tlspin_explanation_verdict(explanation), "decided");

  return index >= 0 ? tlspin_explanation_at(explanation, TLSPIN_ENTRIES, (size_t)index) : NULL;
}

static bool is_users(const tlspin_entry_t *entry)
{
  return is(tlspin_entry_layer(entry), "user");
}

static bool is_locked(const tlspin_entry_t *entry)
{
  return !is_users(entry) && !is(tlspin_entry_lock(entry), "none");
}

/* A blocked key of the system's can't be excused by anything, be it locked or not. */
const char *advice_lock(const tlspin_explanation_t *explanation)
{
  const tlspin_entry_t *verdict = tlspin_explanation_verdict(explanation);
  const tlspin_entry_t *decided = decided_of(explanation);
  bool rejected = is(thing_text(verdict, "reason"), "key-rejected");

  if (is(thing_text(verdict, "reason"), "locked-off"))
    return thing_text(verdict, "layer");
  if (decided != NULL && (is_locked(decided) || (rejected && !is_users(decided))))
    return tlspin_entry_layer(decided);
  return NULL;
}

static void advice_clear(gpointer data)
{
  g_free(((struct advice *)data)->command);
}

/* Takes the command. */
static void add(struct question *q, char *command, const char *what)
{
  struct advice advice = {command, what};

  g_array_append_val(q->list, advice);
}

static void add_for_server(struct question *q, const char *format, const char *what)
{
  add(q, g_strdup_printf("tlspin %s %s", format, q->server), what);
}

/* A place may hold what a shell would take for a pattern. */
static char *place_for_shell(const tlspin_entry_t *entry)
{
  char *place = entry_server(entry);
  char *quoted;

  if (strchr(place, '*') == NULL)
    return place;
  quoted = g_shell_quote(place);
  g_free(place);
  return quoted;
}

/* The entry that decided, where it is the user's own; a ticket decides without being one. */
static void add_clear(struct question *q)
{
  g_autofree char *place = q->decided != NULL ? place_for_shell(q->decided) : g_strdup(q->server);

  if (q->decided != NULL && !is_users(q->decided))
    return;
  add(q, g_strdup_printf("tlspin clear %s", place),
      is(q->reason, "excepted") ? _("take the exception back")
                                : _("forget that, and learn the server anew when it is met again"));
}

static void advise_rejected(struct question *q)
{
  g_autofree char *key = g_shell_quote(q->decided != NULL ? thing_text(q->decided, "key") : "");

  add(q, g_strdup_printf("tlspin clear --status rejected --key %s", key),
      _("no longer block the key"));
}

static void advise_failed(struct question *q)
{
  unsigned errors = q->check != NULL ? q->check->errors : 0;
  GString *command = g_string_new("tlspin except --from-server --until 30d");

  for (unsigned bit = 1; bit <= TLSPIN_PKI_OTHER; bit <<= 1) {
    g_autofree char *name = record_errors_text(errors & bit);

    if (name[0] != '\0')
      g_string_append_printf(command, " --error %s", name);
  }
  g_string_append_printf(command, " %s", q->server);
  if (errors != 0 && (errors & (TLSPIN_PKI_REVOKED | TLSPIN_PKI_OTHER)) == 0)
    add(q, g_string_free(command, FALSE),
        _("make an exception, once you know that the key is right"));
  else
    g_string_free(command, TRUE);
}

static void advise_mismatch(struct question *q)
{
  if (is(q->reason, "key-rejected")) {
    advise_rejected(q);
  } else if (is(q->reason, "pki-failed")) {
    advise_failed(q);
  } else {
    add_clear(q);
    add_for_server(q, "pin --from-server", _("accept the key that it shows now"));
    add_for_server(q, "off", _("trust the PKI alone there"));
  }
}

static void advise_opted_out(struct question *q)
{
  if (is(q->reason, "added-anchor"))
    add_for_server(q, "pin --from-server", _("pin the key that it shows now, there too"));
  else
    add_for_server(q, "on", _("pin there again"));
}

static void advise(struct question *q)
{
  if (is(q->answer, "mismatch")) {
    advise_mismatch(q);
  } else if (is(q->answer, "opted-out")) {
    advise_opted_out(q);
  } else if (is(q->answer, "no-pin")) {
    if (is(q->reason, "pki-failed"))
      advise_failed(q);
    else
      add_for_server(q, "pin --from-server", _("pin the key that it shows now"));
    add_for_server(q, "off", _("trust the PKI alone there"));
  } else if (is(q->answer, "match")) {
    add_clear(q);
    if (!is(q->reason, "excepted"))
      add_for_server(q, "off", _("trust the PKI alone there"));
  } else {
    add(q, g_strdup("tlspin status"), _("see what is wrong with the store"));
  }
}

GArray *advice_new(const tlspin_explanation_t *explanation, const char *server,
                   const struct tlspin_check *check)
{
  const tlspin_entry_t *verdict = tlspin_explanation_verdict(explanation);
  struct question q = {.server = server,
                       .check = check,
                       .answer = thing_text(verdict, "answer"),
                       .reason = thing_text(verdict, "reason"),
                       .decided = decided_of(explanation),
                       .list = g_array_new(FALSE, FALSE, sizeof(struct advice))};

  g_array_set_clear_func(q.list, advice_clear);
  if (advice_lock(explanation) == NULL)
    advise(&q);
  return q.list;
}
