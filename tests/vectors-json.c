/* Reading and judging test vectors: see vectors.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/vectors.h"

#include <stdio.h>
#include <string.h>

/* JSON-GLib's strings end at a NUL and it reads lone surrogates in its own way, so that both are
 * replaced by noncharacters before it sees them. */
#define MARK_NUL       "\\ufdda"
#define MARK_SURROGATE "\\ufddb"

static const struct {
  const char *mark;
  struct span octets;
} marks[] = {
    {"\ufdda", {(const uint8_t *)"", 1}},
    {"\ufddb", {(const uint8_t *)"\xed\xa0\x80", 3}},
};

static bool is_surrogate(gint64 value, gint64 first)
{
  return value >= first && value < first + 0x400;
}

/* The number of "\uXXXX" at text, or -1. */
static gint64 escape_at(const char *text)
{
  gint64 value = 0;

  if (text[0] != '\\' || text[1] != 'u')
    return -1;
  for (int i = 2; i < 6; i++) {
    if (!g_ascii_isxdigit(text[i]))
      return -1;
    value = value << 4 | g_ascii_xdigit_value(text[i]);
  }
  return value;
}

/* Copies one escape, or what stands for it. Returns the octets of text that are done with. */
static size_t copy_escape(GString *out, const char *text)
{
  gint64 value = escape_at(text);
  size_t size = value < 0 ? MIN(2, strlen(text)) : 6;

  if (is_surrogate(value, 0xd800) && is_surrogate(escape_at(text + 6), 0xdc00))
    size = 12;
  else if (is_surrogate(value, 0xd800) || is_surrogate(value, 0xdc00))
    text = MARK_SURROGATE;
  else if (value == 0)
    text = MARK_NUL;
  g_string_append_len(out, text, (gssize)size);
  return size;
}

char *vectors_prepare(const char *text)
{
  GString *out = g_string_new(NULL);

  while (*text != '\0') {
    size_t plain = strcspn(text, "\\");

    g_string_append_len(out, text, (gssize)plain);
    text += plain;
    if (*text == '\\')
      text += copy_escape(out, text);
  }
  return g_string_free(out, FALSE);
}

void vectors_wrong(struct vectors *v, const char *name, const char *what)
{
  if (v->wrong == NULL)
    v->wrong = g_strdup_printf("\"%s\": %s", name, what);
}

bool vectors_has(JsonObject *object, const char *name)
{
  return object != NULL && json_object_has_member(object, name);
}

static JsonNode *member(struct vectors *v, JsonObject *object, const char *name)
{
  if (vectors_has(object, name))
    return json_object_get_member(object, name);
  vectors_wrong(v, name, "is missing");
  return NULL;
}

JsonObject *vectors_object(struct vectors *v, JsonObject *object, const char *name)
{
  JsonNode *node = member(v, object, name);

  if (node != NULL && JSON_NODE_HOLDS_OBJECT(node))
    return json_node_get_object(node);
  vectors_wrong(v, name, "is not an object");
  return NULL;
}

JsonArray *vectors_array(struct vectors *v, JsonObject *object, const char *name)
{
  JsonNode *node = member(v, object, name);

  if (node != NULL && JSON_NODE_HOLDS_ARRAY(node))
    return json_node_get_array(node);
  vectors_wrong(v, name, "is not an array");
  return NULL;
}

/* The member where it is a value of the type; else NULL. */
static JsonNode *value(struct vectors *v, JsonObject *object, const char *name, GType type)
{
  JsonNode *node = member(v, object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type
             ? node
             : NULL;
}

const char *vectors_text(struct vectors *v, JsonObject *object, const char *name)
{
  JsonNode *node = value(v, object, name, G_TYPE_STRING);

  if (node != NULL)
    return json_node_get_string(node);
  vectors_wrong(v, name, "is not a string");
  return "";
}

bool vectors_flag(struct vectors *v, JsonObject *object, const char *name)
{
  JsonNode *node = value(v, object, name, G_TYPE_BOOLEAN);

  if (node != NULL)
    return json_node_get_boolean(node);
  vectors_wrong(v, name, "is neither true nor false");
  return false;
}

/* What is greater than 63 bits hold is a negative number to JSON-GLib 1.6. */
gint64 vectors_number(struct vectors *v, JsonObject *object, const char *name)
{
  JsonNode *node = value(v, object, name, G_TYPE_INT64);

  if (node != NULL)
    return json_node_get_int(node) < 0 ? G_MAXINT64 : json_node_get_int(node);
  vectors_wrong(v, name, "is not a whole number");
  return 0;
}

JsonObject *vectors_element(struct vectors *v, JsonArray *array, guint i)
{
  JsonNode *node = json_array_get_element(array, i);

  if (JSON_NODE_HOLDS_OBJECT(node))
    return json_node_get_object(node);
  vectors_wrong(v, "element", "is not an object");
  return NULL;
}

static struct span keep(struct vectors *v, GByteArray *bytes)
{
  size_t size = bytes->len;
  uint8_t *data = g_byte_array_free(bytes, FALSE);

  g_ptr_array_add(v->octets, data);
  return (struct span){data, size};
}

struct span vectors_hex(struct vectors *v, JsonObject *object, const char *name)
{
  const char *text = vectors_text(v, object, name);
  GByteArray *bytes = g_byte_array_new();

  if (strlen(text) % 2 != 0 || text[strspn(text, "0123456789abcdefABCDEF")] != '\0')
    vectors_wrong(v, name, "is not hexadecimal");
  for (size_t i = 0; v->wrong == NULL && text[i] != '\0'; i += 2) {
    guint8 octet = (guint8)(g_ascii_xdigit_value(text[i]) << 4 | g_ascii_xdigit_value(text[i + 1]));

    g_byte_array_append(bytes, &octet, 1);
  }
  return keep(v, bytes);
}

struct span vectors_octets(struct vectors *v, JsonObject *object, const char *name)
{
  const char *text = vectors_text(v, object, name);
  GByteArray *bytes = g_byte_array_new();

  while (*text != '\0') {
    struct span octets = {(const uint8_t *)text, 1};
    size_t step = 1;

    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
      if (g_str_has_prefix(text, marks[i].mark)) {
        octets = marks[i].octets;
        step = strlen(marks[i].mark);
      }
    g_byte_array_append(bytes, octets.data, (guint)octets.size);
    text += step;
  }
  return keep(v, bytes);
}

void vectors_result(struct vectors *v, bool passed, const char *name, const char *found,
                    const char *expected)
{
  if (passed) {
    v->passed++;
    return;
  }
  v->failed++;
  printf("failed: %s: expected %s, found %s\n", name, expected, found);
}

static char *as_text(struct span octets)
{
  GString *text = g_string_new(octets.size > 0 ? NULL : "nothing");

  for (size_t i = 0; i < octets.size; i++)
    g_string_append_printf(text, "%02x", octets.data[i]);
  return g_string_free(text, FALSE);
}

void vectors_compare(struct vectors *v, const char *name, struct span found, struct span expected)
{
  g_autofree char *found_text = as_text(found), *expected_text = as_text(expected);

  vectors_result(v, span_equal(found, expected), name, found_text, expected_text);
}
