/* Reads a dump: see dump.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/dump-private.h"
#include "formats/dump.h"

#include "common/text.h"
#include "formats/json-text.h"
#include "formats/lines.h"

#include <string.h>

enum { START_MOST = 256 };

bool dump_detect(struct span octets)
{
  struct span start = {octets.data, MIN(octets.size, START_MOST)};

  return span_begins(start, "{") && span_holds(start, "\"" DUMP_NAME "\"");
}

static bool refused(const struct reading *reading, size_t line, const char *text)
{
  reading_remark(reading, line, REMARK_REFUSED, "%s", text);
  return false;
}

static JsonNode *read_object(struct span line)
{
  size_t number;
  g_autoptr(JsonNode) node = json_text_read(line, &number);

  return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? g_steal_pointer(&node) : NULL;
}

static bool check_first(const struct reading *reading, struct span line)
{
  g_autoptr(JsonNode) node = read_object(line);
  int64_t version = 0;

  if (node != NULL && json_text_number(json_node_get_object(node), DUMP_NAME, &version) &&
      version == DUMP_VERSION)
    return true;
  return refused(reading, 1,
                 version > DUMP_VERSION
                     ? _("the dump is of a newer version of tlspin. Update this one first.")
                     : _("this is no dump of tlspin."));
}

static bool digest_fits(JsonObject *last, struct span before)
{
  const char *wanted = json_text_string(last, DUMP_DIGEST);
  g_autofree char *found = NULL;

  if (!json_object_has_member(last, DUMP_DIGEST))
    return true;
  found = g_compute_checksum_for_data(G_CHECKSUM_SHA256, before.data, before.size);
  return g_strcmp0(wanted, found) == 0;
}

/* The last line, its number, and what stands before it. */
static struct span find_last(struct span octets, size_t *number, struct span *before)
{
  struct lines lines = lines_of(octets);
  struct span line, last = {NULL, 0};

  *before = (struct span){octets.data, 0};
  while (lines_next(&lines, &line))
    last = line;
  if (last.size > 0)
    before->size = (size_t)(last.data - octets.data);
  *number = lines.number;
  return last;
}

/* Whether it is all there, as it was written. Which records are missing nobody could tell. */
static bool check_last(const struct reading *reading, struct span octets, size_t *number)
{
  struct span before, last = find_last(octets, number, &before);
  g_autoptr(JsonNode) node = read_object(last);
  int64_t count = -1;

  if (node == NULL || !json_text_number(json_node_get_object(node), DUMP_COUNT, &count))
    return refused(reading, *number,
                   _("the dump is cut off: its last line is missing, so nothing of it is taken. "
                     "Copy it again."));
  if (!digest_fits(json_node_get_object(node), before))
    return refused(reading, *number,
                   _("the dump was changed since it was written, so nothing of it is taken. If "
                     "that was meant, take 'sha256' out of its last line."));
  if (count < 0 || (uint64_t)count + 2 != *number)
    return refused(reading, *number,
                   _("the dump holds more or fewer records than its last line says, so nothing of "
                     "it is taken. If that was meant, correct the number."));
  return true;
}

static bool read_token(JsonObject *object, const char *name, const char **token)
{
  if (json_object_has_member(object, name))
    *token = json_text_string(object, name);
  return *token != NULL;
}

/* A record that is being read. */
struct record {
  const struct reading *reading;
  size_t line;
  JsonObject *object;
  bool told; /* what is wrong with it */
};

/* Tells of the first member that can't be used. */
static bool check(struct record *record, const char *name, bool fine)
{
  if (!fine && !record->told)
    reading_remark(record->reading, record->line, REMARK_SKIPPED,
                   _("this is no record: its '%s' is missing or wrong; tlspin-formats(5) says how "
                     "one looks."),
                   name);
  record->told = record->told || !fine;
  return fine;
}

/* "" is every host; others are written as the name system knows them. */
static bool read_host(struct record *record, struct place *place)
{
  const char *host = json_text_string(record->object, "host");
  struct place normal;

  if (!check(record, "host", host != NULL))
    return false;
  if (host[0] == '\0')
    return true;
  if (!reading_place(record->reading, record->line,
                     (struct span){(const uint8_t *)host, strlen(host)}, 0, &normal)) {
    record->told = true;
    return false;
  }
  strcpy(place->host, normal.host);
  return check(record, "host", strcmp(host, normal.host) == 0);
}

static bool read_place(struct record *record, struct place *place)
{
  JsonObject *object = record->object;
  const char *scope = "exact", *protocol = "";
  int64_t port = 0;

  *place = (struct place){.scope = SCOPE_EXACT};
  if (!read_host(record, place) ||
      !check(record, "scope",
             read_token(object, "scope", &scope) && scope_from_token(scope, &place->scope)) ||
      !check(record, "protocol",
             read_token(object, "protocol", &protocol) &&
                 place_protocol_from_token(protocol, &place->protocol)) ||
      !check(record, "port",
             (!json_object_has_member(object, "port") || json_text_number(object, "port", &port)) &&
                 port >= 0 && port <= UINT16_MAX))
    return false;
  place->port = (uint16_t)port;
  return true;
}

/* A text of keypin_key_text, which leaves TLSA's usage out. */
static bool read_key_text(const char *text, struct keypin *pin)
{
  g_autofree char *record = g_strconcat("1 ", text, NULL);
  unsigned errors;

  return keypin_read_key(g_str_has_prefix(text, "sha256//") ? text : record, pin, &errors);
}

/* A mode has neither. */
static bool read_key(struct record *record, struct keypin *pin)
{
  const char *key = json_text_string(record->object, "key");
  const char *level = json_text_string(record->object, "level");
  bool none = pin->kind == KEYPIN_MODE;

  return check(record, "key", none ? key == NULL : key != NULL && read_key_text(key, pin)) &&
         check(record, "level",
               none ? level == NULL : level != NULL && keypin_level_from_token(level, &pin->level));
}

static bool read_errors(JsonObject *object, unsigned *errors)
{
  JsonArray *list = json_text_array(object, "errors");

  if (list == NULL)
    return !json_object_has_member(object, "errors");
  for (guint i = 0; i < json_array_get_length(list); i++) {
    JsonNode *node = json_array_get_element(list, i);
    enum pki_error error;

    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING ||
        !pki_error_from_token(json_node_get_string(node), &error))
      return false;
    *errors |= error;
  }
  return true;
}

static bool read_number(JsonObject *object, const char *name, int64_t *number)
{
  return !json_object_has_member(object, name) || json_text_number(object, name, number);
}

static bool read_times(struct record *record, struct keypin *pin)
{
  JsonObject *object = record->object;
  int64_t count = 0;

  if (!check(record, "expires", read_number(object, "expires", &pin->report_until)))
    return false;
  pin->enforce_until = pin->report_until;
  if (!check(record, "enforced-until",
             read_number(object, "enforced-until", &pin->enforce_until)) ||
      !check(record, "first-seen", read_number(object, "first-seen", &pin->first_seen)) ||
      !check(record, "last-seen", read_number(object, "last-seen", &pin->last_seen)) ||
      !check(record, "count-seen", read_number(object, "count-seen", &count) && count >= 0))
    return false;
  pin->count_seen = (uint64_t)count;
  return true;
}

static bool read_digest(JsonObject *object, const char *name, enum selector selector,
                        uint8_t digest[32])
{
  const char *text = json_text_string(object, name);
  struct keypin pin = {.owned = NULL};

  if (text == NULL || !read_key_text(text, &pin) || pin.selector != selector ||
      pin.matching != MATCHING_SHA256)
    return false;
  memcpy(digest, pin.digest, 32);
  return true;
}

/* A raw key has nothing but `key`. */
static bool read_certificate(JsonNode *node, struct chain_seen_certificate *at, bool *raw)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
  const char *subject = "";

  if (object == NULL || !read_digest(object, "key", SELECTOR_SPKI, at->spki))
    return false;
  if (!json_object_has_member(object, "certificate")) {
    *raw = true;
    return true;
  }
  return read_digest(object, "certificate", SELECTOR_CERTIFICATE, at->certificate) &&
         read_token(object, "subject", &subject) &&
         g_strlcpy(at->subject, subject, sizeof at->subject) < sizeof at->subject &&
         json_text_number(object, "not-before", &at->not_before) &&
         json_text_number(object, "not-after", &at->not_after);
}

/* octets: what the record then points to. */
static bool read_chain(JsonObject *object, uint8_t octets[CHAIN_SEEN_MAX], struct keypin *pin)
{
  JsonArray *list = json_text_array(object, "chain");
  struct writer writer = writer_of(octets, CHAIN_SEEN_MAX);
  struct chain_seen seen = {.count = 0};

  if (list == NULL)
    return !json_object_has_member(object, "chain");
  if (pin->kind == KEYPIN_MODE || json_array_get_length(list) > CHAIN_MAX)
    return false;
  for (; seen.count < json_array_get_length(list); seen.count++)
    if (!read_certificate(json_array_get_element(list, (guint)seen.count), &seen.at[seen.count],
                          &seen.raw))
      return false;
  if (seen.count == 0 || !chain_seen_encode(&seen, &writer))
    return false;
  pin->seen = writer_span(&writer);
  return true;
}

static bool read_words(struct record *record, struct keypin *pin)
{
  const char *kind = json_text_string(record->object, "kind");
  const char *status = json_text_string(record->object, "status");
  const char *origin = json_text_string(record->object, "origin");

  return check(record, "kind", kind != NULL && keypin_kind_from_token(kind, &pin->kind)) &&
         check(record, "status",
               status != NULL && keypin_status_from_token(status, &pin->status)) &&
         check(record, "origin",
               origin != NULL && keypin_origin_from_token(origin, &pin->origin) &&
                   pin->origin != KEYPIN_POLICY);
}

/* seen: octets that the record then points to. */
static bool read_rest(struct record *record, uint8_t seen[CHAIN_SEEN_MAX], struct keypin *pin)
{
  JsonObject *object = record->object;
  const char *note = "";

  if (!read_words(record, pin) || !check(record, "note", read_token(object, "note", &note)))
    return false;
  pin->note = note;
  return check(record, "always",
               !json_object_has_member(object, "always") ||
                   json_text_flag(object, "always", &pin->always)) &&
         read_key(record, pin) && read_times(record, pin) &&
         check(record, "errors", read_errors(object, &pin->errors)) &&
         check(record, "chain", read_chain(object, seen, pin));
}

static void read_record(const struct reading *reading, size_t line, struct span text)
{
  g_autoptr(JsonNode) node = read_object(text);
  struct record record = {reading, line, NULL, false};
  uint8_t seen[CHAIN_SEEN_MAX];
  struct place place;
  struct keypin pin;

  if (node == NULL) {
    reading_remark(reading, line, REMARK_SKIPPED,
                   _("this is no record; tlspin-formats(5) says how one looks."));
    return;
  }
  record.object = json_node_get_object(node);
  if (!read_place(&record, &place))
    return;
  pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_USER);
  if (!read_rest(&record, seen, &pin))
    return;
  if (pin.kind == KEYPIN_EXCEPTION)
    reading_limit(reading, line, &pin);
  reading_put(reading, line, &pin);
}

bool dump_read(const struct reading *reading, struct span octets)
{
  struct lines lines = lines_of(octets);
  struct span line = {NULL, 0};
  size_t last;

  lines_next(&lines, &line);
  if (!check_first(reading, line) || !check_last(reading, octets, &last))
    return false;
  while (lines_next(&lines, &line) && lines.number < last)
    read_record(reading, lines.number, line);
  return true;
}
