/* Chromium's static pins: see chromium.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   {"pins_list_timestamp": SECONDS, "entries": [{"host": NAME, "include_subdomains": true|false,
 *     "pins": [BASE64...], "bad_pins": [BASE64...]}...]}
 *
 * A chain passes where one of its keys is in "pins" and none in "bad_pins". Each becomes a record
 * of policy. */
#include "config.h"

#include "formats/chromium.h"

#include "common/text.h"
#include "formats/json-text.h"
#include "formats/lines.h"
#include "formats/quote.h"
#include "pinning/base64.h"

#include <string.h>

bool chromium_detect(struct span octets)
{
  return span_begins(octets, "{") && span_holds(octets, "\"entries\"") &&
         (span_holds(octets, "\"pins\"") || span_holds(octets, "\"bad_pins\""));
}

static struct span span_of_text(const char *text)
{
  return (struct span){(const uint8_t *)text, strlen(text)};
}

/* Where an entry stands. */
struct spot {
  guint number; /* from 1 */
  size_t line;  /* in which it begins */
};

static bool skipped(const struct reading *reading, struct spot spot, const char *text)
{
  reading_remark(reading, spot.line, REMARK_SKIPPED, _("entry %u: %s"), spot.number, text);
  return false;
}

static bool read_place(const struct reading *reading, struct spot spot, JsonObject *entry,
                       struct place *place)
{
  const char *host = json_text_string(entry, "host");
  bool subdomains = false;
  enum host_fault fault;

  *place = (struct place){.protocol = PLACE_ANY_PROTOCOL};
  if (host == NULL)
    return skipped(reading, spot, _("it has no host."));
  fault = host_normalise(host, strlen(host), place->host);
  if (fault != HOST_FINE) {
    g_autofree char *quoted = quote(span_of_text(host));

    reading_remark(reading, spot.line, REMARK_SKIPPED, _("entry %u: %s is not a host name: %s."),
                   spot.number, quoted, _(host_fault_text(fault)));
    return false;
  }
  json_text_flag(entry, "include_subdomains", &subdomains);
  place->scope = subdomains ? SCOPE_SUBTREE : SCOPE_EXACT;
  return true;
}

static bool read_pin(JsonArray *list, guint index, struct keypin *pin)
{
  JsonNode *node = json_array_get_element(list, index);
  bool is_text = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;

  return is_text && base64_read(span_of_text(json_node_get_string(node)), pin->digest);
}

/* A set with one pin less would be another set, so that all of them must be right. */
static bool check_list(const struct reading *reading, struct spot spot, JsonArray *list)
{
  struct keypin pin;

  for (guint i = 0; list != NULL && i < json_array_get_length(list); i++)
    if (!read_pin(list, i, &pin))
      return skipped(reading, spot, _("one of its pins is not the Base64 of a SHA-256."));
  return true;
}

static void put_list(const struct reading *reading, size_t line, const struct place *place,
                     JsonArray *list, enum keypin_status status)
{
  struct keypin pin = keypin_new(place, KEYPIN_PIN, status, KEYPIN_POLICY);

  pin.level = KEYPIN_ANY;
  for (guint i = 0; list != NULL && i < json_array_get_length(list); i++)
    if (read_pin(list, i, &pin))
      reading_put(reading, line, &pin);
}

static void read_entry(const struct reading *reading, struct spot spot, JsonNode *node)
{
  JsonArray *pins, *bad;
  JsonObject *entry;
  struct place place;

  if (!JSON_NODE_HOLDS_OBJECT(node)) {
    skipped(reading, spot, _("it is no object."));
    return;
  }
  entry = json_node_get_object(node);
  pins = json_text_array(entry, "pins");
  bad = json_text_array(entry, "bad_pins");
  if (!read_place(reading, spot, entry, &place) || !check_list(reading, spot, pins) ||
      !check_list(reading, spot, bad))
    return;
  put_list(reading, spot.line, &place, pins, KEYPIN_CRITICAL);
  put_list(reading, spot.line, &place, bad, KEYPIN_REJECTED);
}

/* Chromium trusts a list for ten weeks from its making, as those who are pinned were promised. */
static void note_age(const struct reading *reading, JsonObject *root)
{
  const int64_t weeks = INT64_C(10) * 7 * 86400;
  int64_t made = 0;

  if (!json_object_has_member(root, "pins_list_timestamp"))
    return;
  if (!json_text_number(root, "pins_list_timestamp", &made) || made < 0)
    reading_remark(reading, 0, REMARK_NOTE,
                   _("'pins_list_timestamp' is no number of seconds since 1970: how old the list "
                     "is isn't known. Chromium itself enforces none for more than ten weeks."));
  else if (made < reading->now - weeks)
    reading_remark(
        reading, 0, REMARK_NOTE,
        _("the list is more than ten weeks old; Chromium itself would not enforce it any "
          "more. Look for a newer one, or give it an end with --until."));
}

bool chromium_read(const struct reading *reading, struct span octets)
{
  size_t line = 1;
  g_autoptr(GHashTable) lines = g_hash_table_new(NULL, NULL);
  g_autoptr(JsonNode) root = json_text_read_lines(octets, &line, lines);
  JsonArray *entries = NULL;

  if (root != NULL && JSON_NODE_HOLDS_OBJECT(root))
    entries = json_text_array(json_node_get_object(root), "entries");
  if (entries == NULL) {
    reading_remark(reading, line, REMARK_REFUSED,
                   _("this is not JSON with a list 'entries' of pins, so nothing of the file is "
                     "taken; tlspin-formats(5) describes it."));
    return false;
  }
  note_age(reading, json_node_get_object(root));
  for (guint i = 0; i < json_array_get_length(entries); i++) {
    JsonNode *node = json_array_get_element(entries, i);

    read_entry(reading, (struct spot){i + 1, GPOINTER_TO_SIZE(g_hash_table_lookup(lines, node))},
               node);
  }
  return true;
}
