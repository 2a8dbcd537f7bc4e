/* One record of a list: see record.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/record.h"

#include "common/text.h"
#include "pinning/keypin.h"
#include "tools/thing.h"
#include "tools/when.h"

#include <string.h>
#include <time.h>

bool record_is(const tlspin_entry_t *entry)
{
  return strcmp(tlspin_entry_kind(entry), "ticket") != 0;
}

char *record_place(const tlspin_entry_t *entry)
{
  char text[PLACE_TEXT_SIZE];
  struct place place = {.protocol = PLACE_ANY_PROTOCOL, .port = (uint16_t)tlspin_entry_port(entry)};

  if (strlen(tlspin_entry_host(entry)) > HOST_MAX ||
      !scope_from_token(thing_text(entry, "scope"), &place.scope))
    return g_strdup(tlspin_entry_host(entry)); /* of a newer daemon */
  strcpy(place.host, tlspin_entry_host(entry));
  place_text(&place, text);
  return g_strdup(text);
}

static const struct {
  enum keypin_status status;
  const char *text;    /* in a list */
  const char *meaning; /* in full */
} says[] = {
    {KEYPIN_INACTIVE, N_("history"), N_("a key that the server had before")},
    {KEYPIN_ACTIVE, N_("accepted"), N_("this key is accepted; others are left to the PKI")},
    {KEYPIN_CRITICAL, N_("critical"), N_("the server must have this key, or another critical one")},
    {KEYPIN_REJECTED, N_("blocked"), N_("this key is never acceptable")},
    {KEYPIN_EXCEPTED, N_("exception"), N_("this key is accepted although the PKI says no")},
    {KEYPIN_ON, N_("on"), N_("pinning is on")},
    {KEYPIN_OFF, N_("off"), N_("pinning is off")},
};

static bool is_learned(const tlspin_entry_t *entry, enum keypin_status status)
{
  return status == KEYPIN_ACTIVE && thing_is(entry, "origin", "tofu");
}

const char *record_says(const tlspin_entry_t *entry)
{
  enum keypin_status status;

  if (!keypin_status_from_token(thing_text(entry, "status"), &status))
    return thing_text(entry, "status");
  if (is_learned(entry, status))
    return _("learned");
  for (size_t i = 0; i < G_N_ELEMENTS(says); i++)
    if (says[i].status == status)
      return _(says[i].text);
  return thing_text(entry, "status");
}

static const char *meaning_of(const tlspin_entry_t *entry)
{
  enum keypin_status status;

  if (!keypin_status_from_token(thing_text(entry, "status"), &status))
    return thing_text(entry, "status");
  if (is_learned(entry, status))
    return _("from the first connection; a change that nothing explains is refused");
  for (size_t i = 0; i < G_N_ELEMENTS(says); i++)
    if (says[i].status == status)
      return _(says[i].meaning);
  return thing_text(entry, "status");
}

uint64_t record_end(const tlspin_entry_t *entry)
{
  return thing_number(entry, "expires");
}

char *record_errors_text(unsigned errors)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new();

  for (unsigned bit = 0; bit < PKI_ERRORS; bit++)
    if ((errors >> bit & 1) != 0)
      g_ptr_array_add(names, (char *)pki_error_token((enum pki_error)(1u << bit)));
  g_ptr_array_add(names, NULL);
  return g_strjoinv(", ", (char **)names->pdata);
}

/* As the sheet says it (add_report), where there is no column for it. */
static char *report_terms(const tlspin_entry_t *entry)
{
  int64_t since = tlspin_entry_number(entry, "enforced-until");
  g_autofree char *from = when_to_text((uint64_t)since);

  if (since < 0)
    return NULL;
  return since > time(NULL) ? g_strdup_printf(_("only reported from %s on"), from)
                            : g_strdup(_("only reported"));
}

char *record_terms(const tlspin_entry_t *entry)
{
  g_autofree char *errors = record_errors_text((unsigned)thing_number(entry, "errors"));
  g_autofree char *reported = report_terms(entry);
  GString *terms = g_string_new(NULL);

  if (thing_text(entry, "level")[0] != '\0' && thing_text(entry, "key")[0] != '\0')
    g_string_append_printf(terms, _("level %s"), thing_text(entry, "level"));
  if (errors[0] != '\0')
    g_string_append_printf(terms, _("%sexcuses %s"), terms->len > 0 ? "; " : "", errors);
  if (reported != NULL)
    g_string_append_printf(terms, "%s%s", terms->len > 0 ? "; " : "", reported);
  return g_string_free(terms, FALSE);
}

static void add_chain(struct sheet *sheet, const tlspin_entry_t *entry)
{
  for (size_t i = 0; i < tlspin_entry_chain(entry); i++) {
    const tlspin_entry_t *certificate = tlspin_entry_chain_at(entry, i);
    g_autofree char *until = when_to_day(thing_number(certificate, "not-after"));

    sheet_add(sheet, i == 0 ? _("Seen with") : "", _("%s, valid until %s"),
              thing_text(certificate, "subject"), until);
  }
}

static void add_seen(struct sheet *sheet, const tlspin_entry_t *entry)
{
  unsigned long count = (unsigned long)thing_number(entry, "count-seen");
  g_autofree char *first = when_to_text(thing_number(entry, "first-seen"));
  g_autofree char *last = when_to_text(thing_number(entry, "last-seen"));

  sheet_add(sheet, _("Since"), "%s", first);
  if (count > 0)
    sheet_add(sheet, _("Met"),
              text_translate_count("%lu time, on %s", "%lu times, the last on %s", count), count,
              last);
}

/* 0 is a moment, too: what policy only wants reported is enforced until then. */
static void add_report(struct sheet *sheet, const tlspin_entry_t *entry)
{
  int64_t since = tlspin_entry_number(entry, "enforced-until");
  g_autofree char *from = when_to_text((uint64_t)since);

  if (since > time(NULL))
    sheet_add(sheet, _("Only reported"), _("from %s on"), from);
  else if (since >= 0)
    sheet_add(sheet, _("Only reported"), "%s", _("yes"));
}

static void add_end(struct sheet *sheet, const tlspin_entry_t *entry)
{
  g_autofree char *end = when_to_text(record_end(entry));

  add_report(sheet, entry);
  sheet_add(sheet, _("Until"), "%s", record_end(entry) > 0 ? end : _("it is cleared"));
}

static void add_key(struct sheet *sheet, const tlspin_entry_t *entry)
{
  g_autofree char *errors = record_errors_text((unsigned)thing_number(entry, "errors"));

  if (thing_text(entry, "key")[0] != '\0')
    sheet_add(sheet, _("Key"), "%s (%s)", thing_text(entry, "key"), thing_text(entry, "level"));
  if (errors[0] != '\0')
    sheet_add(sheet, _("Excuses"), "%s", errors);
}

char *record_server(const tlspin_entry_t *entry)
{
  char *place = record_place(entry), *server;
  const char *protocol = tlspin_entry_protocol(entry);

  if (protocol[0] == '\0' || strcmp(protocol, protocol_token(PROTOCOL_TLS)) == 0)
    return place;
  server = g_strdup_printf("%s (%s)", place, protocol);
  g_free(place);
  return server;
}

void record_add_facts(struct sheet *sheet, const tlspin_entry_t *entry)
{
  g_autofree char *server = record_server(entry);

  sheet_add(sheet, _("Server"), "%s", strcmp(server, "*") == 0 ? _("every server") : server);
  sheet_add(sheet, _("Kind"), "%s: %s", record_says(entry), meaning_of(entry));
  add_key(sheet, entry);
  sheet_add(sheet, _("From"), "%s", thing_text(entry, "origin"));
  if (thing_text(entry, "note")[0] != '\0')
    sheet_add(sheet, _("Note"), "%s", thing_text(entry, "note"));
  add_seen(sheet, entry);
  add_chain(sheet, entry);
  add_end(sheet, entry);
}

static void put_chain(JsonBuilder *builder, const tlspin_entry_t *entry)
{
  json_builder_set_member_name(builder, "chain");
  json_builder_begin_array(builder);
  for (size_t i = 0; i < tlspin_entry_chain(entry); i++) {
    const tlspin_entry_t *certificate = tlspin_entry_chain_at(entry, i);

    json_builder_begin_object(builder);
    json_put_text(builder, "subject", thing_text(certificate, "subject"));
    json_put_time(builder, "not-before", thing_number(certificate, "not-before"));
    json_put_time(builder, "not-after", thing_number(certificate, "not-after"));
    json_put_text(builder, "key", thing_text(certificate, "key"));
    json_builder_end_object(builder);
  }
  json_builder_end_array(builder);
}

void record_put_errors(JsonBuilder *builder, unsigned errors)
{
  json_builder_begin_array(builder);
  for (unsigned bit = 0; bit < PKI_ERRORS; bit++)
    if ((errors >> bit & 1) != 0)
      json_builder_add_string_value(builder, pki_error_token((enum pki_error)(1u << bit)));
  json_builder_end_array(builder);
}

/* A mode has no key. */
static void put_optional(JsonBuilder *builder, const tlspin_entry_t *entry, const char *name)
{
  if (tlspin_entry_number(entry, name) >= 0)
    json_put_number(builder, name, thing_number(entry, name));
  else
    json_put_text(builder, name, NULL);
}

/* null: as long as it stands. The first second of 1970: never. */
static void put_enforced_until(JsonBuilder *builder, const tlspin_entry_t *entry)
{
  int64_t until = tlspin_entry_number(entry, "enforced-until");

  json_put_time(builder, "enforced-until", until >= 0 ? (uint64_t)MAX(until, 1) : 0);
}

void record_put_members(JsonBuilder *builder, const tlspin_entry_t *entry)
{
  static const char *const texts[] = {"scope", "status", "origin", "level", "key", "note"};

  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
    json_put_text(builder, texts[i], thing_text(entry, texts[i]));
  put_optional(builder, entry, "selector");
  put_optional(builder, entry, "matching");
  json_put_flag(builder, "always", thing_number(entry, "always") == 1);
  put_enforced_until(builder, entry);
  json_put_time(builder, "last-seen", thing_number(entry, "last-seen"));
  json_put_number(builder, "count-seen", thing_number(entry, "count-seen"));
  json_builder_set_member_name(builder, "errors");
  record_put_errors(builder, (unsigned)thing_number(entry, "errors"));
  put_chain(builder, entry);
}
