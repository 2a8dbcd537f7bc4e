/* Writes a dump: see dump.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/dump-private.h"
#include "formats/dump.h"

#include <json-glib/json-glib.h>
#include <string.h>

struct dump {
  dump_sink sink;
  void *data;
  GChecksum *checksum; /* of all lines but the last, for which it is NULL */
  uint64_t count;
};

static void write_line(struct dump *dump, JsonBuilder *builder)
{
  g_autoptr(JsonGenerator) generator = json_generator_new();
  g_autoptr(JsonNode) root = json_builder_get_root(builder);
  g_autofree char *text = NULL, *line = NULL;

  json_generator_set_root(generator, root);
  text = json_generator_to_data(generator, NULL);
  line = g_strconcat(text, "\n", NULL);
  if (dump->checksum != NULL)
    g_checksum_update(dump->checksum, (const uint8_t *)line, -1);
  dump->sink(line, dump->data);
}

static void put_text(JsonBuilder *builder, const char *name, const char *text)
{
  if (text[0] == '\0')
    return;
  json_builder_set_member_name(builder, name);
  json_builder_add_string_value(builder, text);
}

static void put_number(JsonBuilder *builder, const char *name, int64_t number)
{
  json_builder_set_member_name(builder, name);
  json_builder_add_int_value(builder, number);
}

static void put_number_set(JsonBuilder *builder, const char *name, int64_t number)
{
  if (number != 0)
    put_number(builder, name, number);
}

struct dump *dump_begin(dump_sink sink, void *data)
{
  struct dump *dump = g_new0(struct dump, 1);
  g_autoptr(JsonBuilder) builder = json_builder_new();

  dump->sink = sink;
  dump->data = data;
  dump->checksum = g_checksum_new(G_CHECKSUM_SHA256);
  json_builder_begin_object(builder);
  put_number(builder, DUMP_NAME, DUMP_VERSION);
  json_builder_set_member_name(builder, "left-out");
  json_builder_begin_array(builder);
  json_builder_add_string_value(builder, "tickets");
  json_builder_end_array(builder);
  write_line(dump, json_builder_end_object(builder));
  return dump;
}

static void put_place(JsonBuilder *builder, const struct place *place)
{
  json_builder_set_member_name(builder, "host");
  json_builder_add_string_value(builder, place->host);
  put_text(builder, "scope", scope_token(place->scope));
  put_text(builder, "protocol", place_protocol_token(place->protocol));
  put_number_set(builder, "port", place->port);
}

static void put_key(JsonBuilder *builder, const struct keypin *pin)
{
  char key[KEYPIN_KEY_TEXT_SIZE];

  put_text(builder, "kind", keypin_kind_token(pin->kind));
  put_text(builder, "status", keypin_status_token(pin->status));
  put_text(builder, "origin", keypin_origin_token(pin->origin));
  if (pin->kind == KEYPIN_MODE || !keypin_key_text(pin, key))
    return;
  put_text(builder, "level", keypin_level_token(pin->level));
  put_text(builder, "key", key);
}

static void put_errors(JsonBuilder *builder, unsigned errors)
{
  if (errors == 0)
    return;
  json_builder_set_member_name(builder, "errors");
  json_builder_begin_array(builder);
  for (unsigned bit = 0; bit < PKI_ERRORS; bit++)
    if ((errors & 1U << bit) != 0)
      json_builder_add_string_value(builder, pki_error_token((enum pki_error)(1U << bit)));
  json_builder_end_array(builder);
}

static void put_times(JsonBuilder *builder, const struct keypin *pin)
{
  if (pin->enforce_until != pin->report_until)
    put_number(builder, "enforced-until", pin->enforce_until);
  if (pin->report_until != KEYPIN_FOREVER)
    put_number(builder, "expires", pin->report_until);
  put_number_set(builder, "first-seen", pin->first_seen);
  put_number_set(builder, "last-seen", pin->last_seen);
  put_number_set(builder, "count-seen", (int64_t)pin->count_seen);
}

/* The digest of a certificate or a key, as the text of a pin. */
static void put_digest(JsonBuilder *builder, const char *name, enum selector selector,
                       const uint8_t digest[32])
{
  struct keypin pin = {.selector = selector, .matching = MATCHING_SHA256};
  char text[KEYPIN_KEY_TEXT_SIZE];

  memcpy(pin.digest, digest, 32);
  if (keypin_key_text(&pin, text))
    put_text(builder, name, text);
}

static void put_certificate(JsonBuilder *builder, const struct chain_seen_certificate *at, bool raw)
{
  json_builder_begin_object(builder);
  if (!raw) {
    put_text(builder, "subject", at->subject);
    put_number(builder, "not-before", at->not_before);
    put_number(builder, "not-after", at->not_after);
    put_digest(builder, "certificate", SELECTOR_CERTIFICATE, at->certificate);
  }
  put_digest(builder, "key", SELECTOR_SPKI, at->spki);
  json_builder_end_object(builder);
}

static void put_chain(JsonBuilder *builder, const struct keypin *pin)
{
  struct chain_seen seen;

  if (pin->kind == KEYPIN_MODE || !chain_seen_decode(pin->seen, &seen) || seen.count == 0)
    return;
  json_builder_set_member_name(builder, "chain");
  json_builder_begin_array(builder);
  for (size_t i = 0; i < seen.count; i++)
    put_certificate(builder, &seen.at[i], seen.raw);
  json_builder_end_array(builder);
}

void dump_put(struct dump *dump, const struct keypin *pin)
{
  g_autoptr(JsonBuilder) builder = json_builder_new();

  json_builder_begin_object(builder);
  put_place(builder, &pin->place);
  put_key(builder, pin);
  put_times(builder, pin);
  if (pin->always) {
    json_builder_set_member_name(builder, "always");
    json_builder_add_boolean_value(builder, TRUE);
  }
  put_errors(builder, pin->errors);
  put_text(builder, "note", pin->note);
  put_chain(builder, pin);
  write_line(dump, json_builder_end_object(builder));
  dump->count++;
}

static void write_last(struct dump *dump)
{
  g_autoptr(JsonBuilder) builder = json_builder_new();
  g_autofree char *digest = g_strdup(g_checksum_get_string(dump->checksum));

  json_builder_begin_object(builder);
  put_number(builder, DUMP_COUNT, (int64_t)dump->count);
  put_text(builder, DUMP_DIGEST, digest);
  g_clear_pointer(&dump->checksum, g_checksum_free);
  write_line(dump, json_builder_end_object(builder));
}

void dump_end(struct dump *dump, bool whole)
{
  if (whole)
    write_last(dump);
  g_clear_pointer(&dump->checksum, g_checksum_free);
  g_free(dump);
}
